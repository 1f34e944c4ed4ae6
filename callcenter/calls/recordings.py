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
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from callcenter.calls.models import CallRow, RecordingState
from callcenter.kernel.clock import Clock
from callcenter.kernel.db import Database

log = logging.getLogger(__name__)

PEAKS = 400
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


def _samples(path: Path) -> tuple["array[int]", int]:
    with wave.open(str(path)) as side:
        samples = array("h")
        samples.frombytes(side.readframes(side.getnframes()))
        return samples, side.getframerate()


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
                select(CallRow.id, CallRow.ended_at, CallRow.started_at)
                .where(
                    CallRow.recording_state == RecordingState.RAW,
                    CallRow.ended_at.is_not(None),
                    CallRow.ended_at < now - SETTLE,
                )
                .order_by(CallRow.ended_at)
                .limit(20)
            )
            due = [(call_id, ended_at, started_at) for call_id, ended_at, started_at in rows]
        for call_id, ended_at, started_at in due:
            await self._one(call_id, ended_at or now, started_at, now)

    async def _one(self, call_id: str, ended_at: datetime, started_at: datetime, now: datetime) -> None:
        stem = raw_name(call_id)
        sides = Sides(self._raw / f"{stem}-in.wav", self._raw / f"{stem}-out.wav")
        name = f"{started_at:%Y/%m/%d}/{stem}.wav"
        try:
            ready = await asyncio.to_thread(_make, sides, self.folder / name)
        except (OSError, EOFError, wave.Error):
            log.exception("a recording could not be joined", extra={"call_id": call_id})
            ready = False
        if ready:
            await self._mark(call_id, name, RecordingState.READY)
            await asyncio.to_thread(sides.remove)
        elif now - ended_at > GIVE_UP:
            await self._mark(call_id, "", RecordingState.MISSING)

    async def _mark(self, call_id: str, name: str, state: RecordingState) -> None:
        async with self._database.write() as session:
            row = await session.get(CallRow, call_id)
            if row is not None:
                row.recording, row.recording_state = name, state
