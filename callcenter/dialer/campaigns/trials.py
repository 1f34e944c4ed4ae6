"""Trials that run or have run, kept in memory: one process at a time, each trial once."""

import asyncio
import logging
import sys
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from callcenter.dialer.campaigns.setups import Cell, Done, Line, Setup, cells_of, lines_of
from callcenter.dialer.simulation.measures import Measures
from callcenter.kernel.tasks import Tasks

log = logging.getLogger(__name__)

KEPT = 40
T = TypeVar("T")
LONGEST_SECONDS = 600
HOUSE = Path(__file__).parents[3]


class TrialState(StrEnum):
    """Where a trial stands."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(slots=True)
class Trial:
    """A setup and the days that have been run of it."""

    setup: Setup
    total: int
    state: TrialState = TrialState.RUNNING
    found: dict[Cell, Measures] = field(default_factory=dict)

    @property
    def lines(self) -> list[Line]:
        return lines_of(self.found)


class Trials:
    """One for a web process. The same setup gives the same days, so nothing is lost with it."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._trials: OrderedDict[Setup, Trial] = OrderedDict()
        self._running: dict[Setup, asyncio.Task[None]] = {}
        self._glances: dict[str, Setup] = {}
        self._turn = asyncio.Semaphore(1)

    def get(self, setup: Setup) -> Trial | None:
        return self._trials.get(setup)

    def start(self, setup: Setup) -> Trial:
        """The trial of this setup: begun now unless it runs or is done."""
        trial = self._trials.get(setup)
        if trial is None or trial.state in (TrialState.CANCELLED, TrialState.FAILED):
            trial = self._trials[setup] = Trial(setup, len(cells_of(setup)))
            self._running[setup] = self._tasks.start("dialer:trial", self._run(trial))
            self._forget()
        self._trials.move_to_end(setup)
        return trial

    def glance(self, owner: str, setup: Setup) -> Trial:
        """As `start`, for figures beside a form: what the same owner asked before is given up."""
        before = self._glances.get(owner)
        if before is not None and before != setup:
            self.cancel(before)
        self._glances[owner] = setup
        return self.start(setup)

    def cancel(self, setup: Setup) -> None:
        """End it; the days that are done stay."""
        task = self._running.pop(setup, None)
        trial = self._trials.get(setup)
        if trial is not None and trial.state is TrialState.RUNNING:
            trial.state = TrialState.CANCELLED
        if task is not None:
            task.cancel()

    def _forget(self) -> None:
        old = [setup for setup, trial in self._trials.items() if trial.state is not TrialState.RUNNING]
        for setup in old[: max(0, len(self._trials) - KEPT)]:
            del self._trials[setup]
        self._glances = {owner: s for owner, s in self._glances.items() if s in self._trials}

    async def _run(self, trial: Trial) -> None:
        try:
            async with self._turn, asyncio.timeout(LONGEST_SECONDS):
                ended = await self._work(trial)
            trial.state = TrialState.DONE if ended else TrialState.FAILED
        except TimeoutError:
            trial.state = TrialState.FAILED
            log.warning("a trial took too long", extra={"days": len(trial.found)})
        finally:
            self._running.pop(trial.setup, None)

    async def _work(self, trial: Trial) -> bool:
        """Did the worker run all days?"""
        # a process whose start is interrupted would be nobody's: its start is always waited for
        starting = asyncio.ensure_future(_start())  # noqa: TID251 - `Tasks` would cut it short
        try:
            worker = await asyncio.shield(starting)
        except asyncio.CancelledError:
            with suppress(asyncio.CancelledError):
                await _to_the_end(starting)
            await _end(starting.result())
            raise
        try:
            if worker.stdin is None or worker.stdout is None:
                return False
            worker.stdin.write(msgspec.json.encode(trial.setup))
            worker.stdin.write_eof()
            async for line in worker.stdout:
                done = msgspec.json.decode(line, type=Done)
                trial.found[done.cell] = done.measures
            return await worker.wait() == 0 and len(trial.found) == trial.total
        finally:
            await _end(worker)


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callcenter.dialer.campaigns.worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=HOUSE,
    )


async def _end(worker: asyncio.subprocess.Process) -> None:
    """Nothing of it stays: neither the process nor its pipes."""
    if worker.returncode is None:
        with suppress(ProcessLookupError):
            worker.kill()
    ending = asyncio.ensure_future(worker.communicate())  # noqa: TID251 - as above
    await _to_the_end(ending)


async def _to_the_end(work: asyncio.Future[T]) -> None:
    """Wait for what takes a moment and must not be left half done, however often one is told to stop."""
    asked = False
    while not work.done():
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            asked = True
    if asked:
        raise asyncio.CancelledError
