"""Recordings: Asterisk writes the two sides of a call, we join them into one stereo file.

Left is the customer, right the agent. The raw sides are `<folder>/<call id>-in.wav` (what the customer says)
and `-out.wav`; the joined file is `YYYY/MM/DD/<call id>.wav` under the recordings folder. Joining is
idempotent: it writes beside the target and renames.
"""

import asyncio
import json
import logging
import re
import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from callcenter.calls.models import CallRow, RecordingState
from callcenter.kernel.clock import Clock
from callcenter.kernel.db import Database

log = logging.getLogger(__name__)

PEAKS = 400
HEADER = 44  # bytes before the sound, as Asterisk writes them
GIVE_UP = timedelta(minutes=5)
SETTLE = timedelta(seconds=1)  # MixMonitor closes its files a moment after the hang-up
_SAFE = re.compile(r"[^A-Za-z0-9._-]")


def raw_name(call_id: str) -> str:
    """The file name stem of a call, as the dialplan makes it (Uniqueid is safe already; be sure)."""
    return _SAFE.sub("_", call_id)


@dataclass(frozen=True, slots=True)
class Joined:
    """A finished file. `peaks` are 0..100, customer and agent, `PEAKS` each."""

    seconds: float
    peaks: tuple[Sequence[int], Sequence[int]]


class NothingRecorded(Exception):
    """Both sides are empty."""


def _samples(path: Path) -> tuple["array[int]", int]:
    samples = array("h")
    try:
        with wave.open(str(path)) as side:
            samples.frombytes(side.readframes(side.getnframes()))
            return samples, side.getframerate()
    except wave.Error:
        rate, sound = _unfinished(path)
        samples.frombytes(sound)
        return samples, rate


def _unfinished(path: Path) -> tuple[int, bytes]:
    """A file that Asterisk did not live to close: no sizes in its header, the sound is there all the same."""
    content = path.read_bytes()
    if content[:4] != b"RIFF" or content[8:16] != b"WAVEfmt " or content[36:40] != b"data":
        raise wave.Error("this is no sound file")
    sound = content[HEADER:]
    return int.from_bytes(content[24:28], "little"), sound[: len(sound) // 2 * 2]


def peaks_of(samples: Sequence[int], count: int) -> list[int]:
    """Loudness over time for a waveform, 0..100."""
    if not samples:
        return [0] * count
    step = max(1, len(samples) // count // 64)
    found = []
    for index in range(count):
        start = index * len(samples) // count
        part = samples[start : max(start + 1, (index + 1) * len(samples) // count)]
        found.append(round(max((abs(s) for s in part[::step]), default=0) * 100 / 32768))
    return found


def join_sides(customer: Path, agent: Path, target: Path) -> Joined:
    """Interleave two mono files into a stereo one, padding the shorter with silence. Blocking."""
    left, rate = _samples(customer)
    right, _ = _samples(agent)
    frames = max(len(left), len(right))
    if not frames:
        raise NothingRecorded
    left.extend([0] * (frames - len(left)))
    right.extend([0] * (frames - len(right)))
    both = array("h", bytes(4 * frames))
    both[0::2], both[1::2] = left, right
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with wave.open(str(part), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(both.tobytes())
    joined = Joined(seconds=frames / rate, peaks=(peaks_of(left, PEAKS), peaks_of(right, PEAKS)))
    target.with_suffix(".json").write_text(json.dumps({"seconds": joined.seconds, "peaks": joined.peaks}))
    part.replace(target)
    return joined


@dataclass(frozen=True, slots=True)
class Sides:
    """The two files that Asterisk writes."""

    customer: Path
    agent: Path

    def remove(self) -> None:
        """They are joined. Blocking."""
        self.customer.unlink(missing_ok=True)
        self.agent.unlink(missing_ok=True)


def _make(sides: Sides, target: Path) -> bool:
    """Is the joined file there, perhaps only now? Blocking."""
    if target.exists():
        return True
    if not (sides.customer.exists() and sides.agent.exists()):
        return False
    join_sides(sides.customer, sides.agent, target)
    return True


@dataclass(frozen=True, slots=True)
class Due:
    """An ended call that may have been recorded; `late` when what is not there will not come any more."""

    call_id: str
    name: str
    connected: bool
    late: bool


class Recordings:
    """Finds ended calls with raw sides and joins them; the worker role runs `turn` every second."""

    def __init__(self, database: Database, clock: Clock, raw: Path, folder: Path) -> None:
        self._database = database
        self._clock = clock
        self._raw = raw
        self.folder = folder

    async def turn(self) -> None:
        """Join what is ready; give up on what never came."""
        now = self._clock.now()
        async with self._database.read() as session:
            rows = await session.execute(
                select(CallRow.id, CallRow.started_at, CallRow.connected_at, CallRow.ended_at)
                .where(
                    CallRow.recording_state == RecordingState.RAW,
                    CallRow.ended_at.is_not(None),
                    CallRow.ended_at < now - SETTLE,
                )
                .order_by(CallRow.ended_at)
                .limit(20)
            )
            found = [
                Due(
                    call_id=call_id,
                    name=f"{started_at:%Y/%m/%d}/{raw_name(call_id)}.wav",
                    connected=connected_at is not None,
                    late=ended_at is not None and now - ended_at > GIVE_UP,
                )
                for call_id, started_at, connected_at, ended_at in rows
            ]
        for due in found:
            await self._one(due)

    async def _one(self, due: Due) -> None:
        stem = raw_name(due.call_id)
        sides = Sides(self._raw / f"{stem}-in.wav", self._raw / f"{stem}-out.wav")
        # who never spoke to an agent left two empty files
        without = RecordingState.MISSING if due.connected else RecordingState.NONE
        try:
            ready = await asyncio.to_thread(_make, sides, self.folder / due.name)
        except NothingRecorded:
            await self._mark(due.call_id, "", without)
            await asyncio.to_thread(sides.remove)
            return
        except (OSError, EOFError, wave.Error):
            log.exception("a recording could not be joined", extra={"call_id": due.call_id})
            ready = False
        if ready:
            await self._mark(due.call_id, due.name, RecordingState.READY)
            await asyncio.to_thread(sides.remove)
        elif due.late:
            await self._mark(due.call_id, "", without)

    async def _mark(self, call_id: str, name: str, state: RecordingState) -> None:
        async with self._database.write() as session:
            row = await session.get(CallRow, call_id)
            if row is not None:
                row.recording, row.recording_state = name, state
