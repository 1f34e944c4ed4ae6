"""A TCP line that a test can cut and mend."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from callcenter.kernel.tasks import Tasks

CHUNK = 65536


class Line:
    """Carries bytes to a port of loopback while it is whole."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._tasks = Tasks()
        self._writers: set[asyncio.StreamWriter] = set()
        self._whole = True
        self.port = 0
        self.carried = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.close()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        self.carried += 1
        self._writers |= {writer, far_writer}
        self._tasks.spawn("line: there", self._carry(reader, far_writer))
        self._tasks.spawn("line: back", self._carry(far_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()
        self._writers.discard(writer)
        writer.close()

    def cut(self) -> None:
        """Both ends see the connection reset; new ones are closed at once."""
        self._whole = False
        for writer in tuple(self._writers):
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def aclose(self) -> None:
        self.cut()
        await self._tasks.aclose()


@asynccontextmanager
async def cuttable(target: int) -> AsyncIterator[Line]:
    """A line to this port, on a port of its own."""
    line = Line(target)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        await line.aclose()
