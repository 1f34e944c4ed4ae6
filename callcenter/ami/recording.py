"""AMI streams on disk: what Asterisk said and when, for tests, bug reports and the simulator's truth.

A recording is a sequence of `@<milliseconds> <length>\\n` lines, each followed by that many bytes of one
message and a line feed.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

_NUMBER = re.compile(rb"[0-9]{5,}")
_PERSONAL = re.compile(
    rb"^((?:Dest)?(?:CallerIDNum|ConnectedLineNum|Exten|DialString|DNID|EffectiveConnectedLineNum)"
    rb"|Value|Variable|ChanVariable|AppData|Extension|URI)(: )(.*)$",
    re.MULTILINE,
)
_NAME = re.compile(
    rb"^((?:Dest)?(?:CallerIDName|ConnectedLineName)|EffectiveConnectedLineName)(: )"
    rb"(?!<unknown>|\r|\n|$)[^\r\n]+",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One message and when it came, in seconds since the recording began."""

    after_seconds: float
    block: bytes


class Masker:
    """Replaces numbers and names of people; equal numbers stay equal within one salt."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def __call__(self, block: bytes) -> bytes:
        block = _PERSONAL.sub(lambda m: m[1] + m[2] + _NUMBER.sub(self._digits, m[3]), block)
        return _NAME.sub(rb"\1\2Somebody", block)

    def _digits(self, match: re.Match[bytes]) -> bytes:
        digest = int.from_bytes(blake2b(match[0], key=self._salt, digest_size=16).digest())
        return str(digest).encode()[: len(match[0])]


class Recorder:
    """Appends messages to a file; a full one is renamed to `.1` and so on up to `keep`.

    `write` returns at once: a thread of the recorder's own brings the messages to the disk.
    """

    def __init__(
        self,
        path: Path,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        largest_bytes: int = 64 * 1024 * 1024,
        keep: int = 4,
        mask: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._path = path
        self._monotonic = monotonic
        self._largest = largest_bytes
        self._keep = keep
        self._mask = mask
        self._since = monotonic()
        self._queue: SimpleQueue[tuple[int, bytes] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def write(self, block: bytes) -> None:
        """Note one message and when it came."""
        if self._thread is None:
            self._thread = Thread(target=self._work, name="ami:recorder", daemon=True)
            self._thread.start()
        self._queue.put((int((self._monotonic() - self._since) * 1000), block))

    def close(self) -> None:
        """Bring everything to the disk. Blocks for a moment."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while (note := self._queue.get()) is not None:
            with self._path.open("ab") as file:
                while note is not None:
                    elapsed, block = note
                    if self._mask is not None:
                        block = self._mask(block)
                    file.write(b"@%d %d\n%b\n" % (elapsed, len(block), block))
                    if file.tell() >= self._largest or self._queue.empty():
                        break
                    note = self._queue.get()
                full = file.tell() >= self._largest
            if full:
                self._rotate()
            if note is None:
                return

    def _rotate(self) -> None:
        for number in range(self._keep, 0, -1):
            newer = self._path.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
            if newer.exists():
                newer.replace(self._path.with_name(f"{self._path.name}.{number}"))


def replay(path: Path) -> Iterator[Recorded]:
    """The messages of a recording in order. A file cut off in the middle ends with its last whole message."""
    with path.open("rb") as file:
        while line := file.readline():
            if not line.startswith(b"@") or not line.endswith(b"\n"):
                return
            elapsed, length = line[1:].split()
            block = file.read(int(length))
            if len(block) < int(length):
                return
            file.read(1)
            yield Recorded(int(elapsed) / 1000, block)
