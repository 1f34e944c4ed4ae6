"""The simulator's own time: real time at any speed, or time that moves only when told."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

from callcenter.kernel.clock import Clock, ManualClock


class Timer(Protocol):
    """Something that will happen, unless it is called off."""

    def cancel(self) -> None: ...


class Timeline(Protocol):
    """A clock that can also call back."""

    def now(self) -> datetime: ...

    def later(self, seconds: float, act: Callable[[], None]) -> Timer: ...


class LiveTimeline:
    """Time that runs by itself, `speed` times as fast as the event loop's."""

    def __init__(self, clock: Clock, speed: float = 1.0) -> None:
        self._start = clock.now()
        self._loop = asyncio.get_running_loop()
        self._origin = self._loop.time()
        self._speed = speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(self._loop.time() - self._origin) * self._speed)

    def later(self, seconds: float, act: Callable[[], None]) -> Timer:
        return self._loop.call_later(seconds / self._speed, act)


class _Due:
    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def cancel(self) -> None:
        self.act = None


class ManualTimeline:
    """Time that stands still between `advance` calls; shares its clock with whoever is under test."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._order = count()
        self._due: list[tuple[datetime, int, _Due]] = []

    def now(self) -> datetime:
        return self._clock.now()

    def later(self, seconds: float, act: Callable[[], None]) -> Timer:
        due = _Due(act)
        heapq.heappush(self._due, (self.now() + timedelta(seconds=seconds), next(self._order), due))
        return due

    def advance(self, seconds: float) -> None:
        """Move on, and let everything happen that falls into this time, in order."""
        until = self.now() + timedelta(seconds=seconds)
        while self._due and self._due[0][0] <= until:
            at, _, due = heapq.heappop(self._due)
            self._clock.advance((at - self.now()).total_seconds())
            if due.act is not None:
                due.act()
        self._clock.advance((until - self.now()).total_seconds())
