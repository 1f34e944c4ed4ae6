"""A Redis server on loopback that a test may kill and start again."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support import programs


class RedisServer:
    """One redis-server. It keeps its port, and with `append` its contents, over a restart."""

    def __init__(self, folder: Path, *, append: bool = False) -> None:
        self.folder = folder
        self.port = programs.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._append = append
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run and wait until it answers."""
        program = programs.find("redis-server", "redis-server", "/usr/bin")
        keep = ["--appendonly", "yes", "--appendfsync", "always"] if self._append else []
        self._process = programs.start(
            [
                *(program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder),
                *("--save", "", "--daemonize", "no", *keep),
            ],
            log=self.folder / "log",
        )
        deadline = time.monotonic() + 15
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.ask("PING") == b"+PONG\r\n":
                    return
            time.sleep(0.02)
        raise RuntimeError(f"redis-server did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            programs.end(self._process, how)
            self._process = None

    def kill(self) -> None:
        """The worst moment: no good-bye."""
        self.stop(signal.SIGKILL)

    def ask(self, command: str) -> bytes:
        """One inline command without an answer of several parts."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as wire:
            wire.sendall(f"{command}\r\n".encode())
            return wire.recv(4096)

    def empty(self) -> None:
        self.ask("FLUSHALL")


@contextlib.contextmanager
def running_redis(*, append: bool = False) -> Iterator[RedisServer]:
    """A fresh server for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix="cc-redis-"))
    server = RedisServer(folder, append=append)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
