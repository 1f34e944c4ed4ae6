"""What one AMI event costs: read raw, read by panoramisk alone, read by us, folded, and journaled.

One recorded stream, sent again and again with fresh ids, goes through every reader in turn. Figures are
events per second of this process's CPU; the sender is another process. Only ratios of one run say anything.
"""

import asyncio
import json
import multiprocessing
import random
import re
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from panoramisk import Manager
from typing_extensions import override

from callcenter.ami.connection import AmiAddress, AmiConnection, Listening
from callcenter.ami.decode import DECODED, KNOWN, decode
from callcenter.ami.message import SEPARATOR, Headers, parse, text
from callcenter.ami.recording import replay
from callcenter.calls.events import CallEvent, CallStarted, FloorKnown, LegAnswered, LegFinished, LegStarted
from callcenter.calls.journal import DEFAULT_LIMITS, Journal, Thresholds
from callcenter.calls.tracker import Tracker
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.db import Database
from callcenter.kernel.tasks import Tasks
from tests.support.database import make_sqlite_template

RECORDING = Path(__file__).parents[1] / "tests" / "support" / "recordings" / "calls.ami"
LAST = "BenchmarkEnds"
_LOGGED_IN = b"Response: Success\r\nActionID: %s\r\nMessage: Authentication accepted" + SEPARATOR
_END = b"Event: BenchmarkEnds\r\nTimestamp: 1.0" + SEPARATOR
_CHANGING = re.compile(
    rb"(Uniqueid|Linkedid|ActionID): (attempt-[0-9]+|[a-z][^\r]*)|(BridgeUniqueid|BridgeID): ([^\r]+)"
)
_NUMBER_ROOM = 1000

Reader = Callable[[int], Awaitable[None]]


def stream(repetitions: int) -> tuple[bytes, int]:
    """The recording's events so often, every time with other legs and bridges; and how many events."""
    blocks = [
        m.block for m in replay(RECORDING) if m.block.startswith(b"Event: ") and b"FullyBooted" not in m.block
    ]

    def renamed(block: bytes, turn: int) -> bytes:
        def fresh(match: re.Match[bytes]) -> bytes:
            if match[3]:
                return b"%b: %b-%d" % (match[3], match[4], turn)
            if match[2].startswith(b"attempt-"):
                return b"%b: attempt-%d" % (match[1], int(match[2][8:]) + _NUMBER_ROOM * (turn + 1))
            return b"%b: %b-%d" % (match[1], match[2], turn)

        return _CHANGING.sub(fresh, block)

    turns = [renamed(block, turn) for turn in range(repetitions) for block in blocks]
    return SEPARATOR.join(turns) + SEPARATOR + _END, len(turns)


def _serve(listener: socket.socket, data: bytes) -> None:
    """Each connection: a login, then the stream. Runs in a process of its own."""
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"Asterisk Call Manager/11.0.0\r\n")
            said = b""
            while not said.endswith(SEPARATOR):
                said += connection.recv(65536)
            login = parse(said.removesuffix(SEPARATOR))
            connection.sendall(_LOGGED_IN % text(login, "ActionID").encode())
            connection.sendall(data)
            while connection.recv(65536):
                pass


class _Counting(asyncio.Protocol):
    """Reads and counts, nothing else."""

    def __init__(self, done: asyncio.Event) -> None:
        self._done = done
        self.events = 0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.WriteTransport", transport).write(b"Action: Login\r\nActionID: 1" + SEPARATOR)

    @override
    def data_received(self, data: bytes) -> None:
        self.events += data.count(b"Event: ")
        if data.endswith(_END):
            self._done.set()


async def raw(port: int) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: _Counting(done), "127.0.0.1", port)
    await done.wait()
    transport.close()


async def panoramisk_alone(port: int) -> None:
    done = asyncio.Event()

    def take(_: Manager, event: dict[str, str]) -> None:
        if event["event"] == LAST:
            done.set()

    manager = Manager(loop=asyncio.get_running_loop(), host="127.0.0.1", port=port, username="a", secret="b")  # noqa: S106
    manager.register_event("*", take)
    manager.forgetable_actions = ("login", "ping")
    manager.connect()
    await done.wait()
    manager.close()


async def _ours(port: int, take: Callable[[Headers], None]) -> None:
    done = asyncio.Event()

    def hear(headers: Headers) -> None:
        if text(headers, "Event") == LAST:
            done.set()
        else:
            take(headers)

    listening = Listening(
        on_event=hear, wanted=DECODED | {LAST}, known=KNOWN | {LAST}, inbox_limit=10_000_000
    )
    address = AmiAddress(host="127.0.0.1", port=port, username="a", secret="b")  # noqa: S106 - nobody checks
    dice = random.Random(1)  # noqa: S311 - jitter
    connection = AmiConnection(address, random=dice, listening=listening)
    tasks = Tasks()
    tasks.spawn("bench: connection", connection.run())
    await done.wait()
    await tasks.aclose()
    if connection.counters.listener_errors:
        raise RuntimeError("a reader failed on an event")


async def decoded(port: int) -> None:
    await _ours(port, lambda headers: void(decode(headers)))


async def folded(port: int) -> None:
    tracker = Tracker("DE")

    def take(headers: Headers) -> None:
        if (fact := decode(headers)) is not None:
            tracker.apply(fact)

    await _ours(port, take)


async def journaled(port: int) -> None:
    """The whole line up to call rows in SQLite."""
    tracker = Tracker("DE")
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{make_sqlite_template(Path(folder) / 'bench.sqlite')}")
        bus = LocalBus()
        journal = Journal(database, _usual)
        kinds = (CallStarted, CallEvent, LegStarted, LegAnswered, LegFinished, FloorKnown)
        bus.subscribe("calls.journal", kinds, journal.receive, limit=10_000_000, max_batch=200)

        def take(headers: Headers) -> None:
            if (fact := decode(headers)) is not None:
                bus.publish(*tracker.apply(fact))

        await _ours(port, take)
        await bus.drain()
        await bus.aclose()
        await database.aclose()


def _usual(_: str) -> Thresholds:
    return DEFAULT_LIMITS


def void(_: object) -> None:
    """What is measured is the work before."""


READERS: dict[str, Reader] = {
    "raw_socket": raw,
    "panoramisk_alone": panoramisk_alone,
    "parsed_and_decoded": decoded,
    "folded": folded,
    "journaled": journaled,
}


def measure(repetitions: int = 60, rounds: int = 3) -> dict[str, object]:
    """Events per CPU second of every reader (median of the rounds), and the ratios."""
    data, events = stream(repetitions)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    sender = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, data), daemon=True)
    sender.start()
    seconds: dict[str, list[float]] = {name: [] for name in READERS}
    try:
        for _ in range(rounds):
            for name, reader in READERS.items():
                started = time.process_time()
                asyncio.run(reader(port))  # type: ignore[arg-type]
                seconds[name].append(time.process_time() - started)
    finally:
        sender.terminate()
        sender.join()
        listener.close()
    rates = {name: round(events / statistics.median(spent)) for name, spent in seconds.items()}
    return {
        "events": events,
        "bytes_per_event": round(len(data) / events),
        "events_per_cpu_second": rates,
        "times_panoramisk_alone": {n: round(r / rates["panoramisk_alone"], 2) for n, r in rates.items()},
        "share_of_raw_socket": {n: round(r / rates["raw_socket"], 4) for n, r in rates.items()},
    }


if __name__ == "__main__":
    json.dump(measure(), sys.stdout, indent=2)
