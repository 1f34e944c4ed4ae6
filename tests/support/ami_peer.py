"""An AMI server that does what a test tells it to, byte by byte: the peer nobody wants."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from callcenter.ami.connection import AmiAddress
from callcenter.ami.message import SEPARATOR, Headers, parse, text

Answer = Callable[["Peer", Headers], None]


class Peer:
    """One server; `connections` and `actions` tell what arrived, `writer` is the newest connection."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.actions: list[tuple[int, Headers]] = []
        self.connections = 0
        self.writer: asyncio.StreamWriter | None = None
        self.arrived = asyncio.Event()

    def send(self, data: bytes) -> None:
        """Raw bytes to the newest connection."""
        assert self.writer is not None
        self.writer.write(data)

    def reply(self, action: Headers, response: str = "Success", *lines: str) -> None:
        """An answer to this action."""
        head = (f"Response: {response}", f"ActionID: {text(action, 'ActionID')}")
        self.send("\r\n".join((*head, *lines)).encode() + SEPARATOR)

    def event(self, name: str, *lines: str) -> None:
        """An event."""
        self.send("\r\n".join((f"Event: {name}", *lines)).encode() + SEPARATOR)

    def named(self, name: str) -> list[int]:
        """The connections on which this action arrived."""
        return [connection for connection, action in self.actions if text(action, "Action") == name]

    async def until(self, name: str, times: int = 1) -> None:
        """Wait until an action of this name has arrived so often."""
        async with asyncio.timeout(5):
            while len(self.named(name)) < times:
                self.arrived.clear()
                await self.arrived.wait()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number, self.writer = self.connections, writer
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                action = parse((await reader.readuntil(SEPARATOR)).removesuffix(SEPARATOR))
                self.actions.append((number, action))
                self.arrived.set()
                self._answer(self, action)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def polite(peer: Peer, action: Headers) -> None:
    """Says yes to everything."""
    peer.reply(action)
    if text(action, "Action") == "Login":
        peer.event("FullyBooted", "Status: Fully Booted")


@asynccontextmanager
async def listening(answer: Answer = polite) -> AsyncIterator[tuple[Peer, AmiAddress]]:
    """The peer on a free port of loopback."""
    peer = Peer(answer)
    server = await asyncio.start_server(peer.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield peer, AmiAddress(host="127.0.0.1", port=port, username="events", secret="s")
    finally:
        server.close()
        if peer.writer is not None:
            peer.writer.transport.abort()
        await server.wait_closed()
