"""What a trunk bears: lines at once, calls in a second, and a rest when it refuses. Pure.

Moments are seconds since the epoch.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

SECOND = 1.0


class Throttle:
    """So many calls in any second, counted exactly; 0 is no limit."""

    def __init__(self, calls_per_second: float = 0.0) -> None:
        self.calls_per_second = calls_per_second
        self._placed: deque[float] = deque()

    def room(self, now: float) -> int | None:
        """How many calls may be placed at this moment; None: any number.

        A rate below one is a call every so many seconds.
        """
        rate = self.calls_per_second
        if rate <= 0:
            return None
        span = max(SECOND, 1 / rate)
        while self._placed and self._placed[0] <= now - span:
            self._placed.popleft()
        return max(0, int(max(1.0, rate)) - len(self._placed))

    def placed(self, lines: int, now: float) -> None:
        if self.calls_per_second > 0:
            self._placed.extend([now] * lines)


class BreakerState(StrEnum):
    """What a breaker lets through."""

    CLOSED = "closed"  # everything
    OPEN = "open"  # nothing
    TRYING = "trying"  # one call, to see


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a trunk is left alone, and for how long. Each rest after an unlucky try is twice as long."""

    window_seconds: float = 20.0
    least_results: int = 5
    share: float = 0.5
    first_rest_seconds: float = 5.0
    longest_rest_seconds: float = 300.0


USUAL_RULES = BreakerRules()


@dataclass(frozen=True, slots=True)
class Standing:
    """What pages tell of a breaker."""

    state: BreakerState
    refused: int
    results: int
    until: float


class Breaker:
    """Leaves a trunk alone that refuses most calls, then tries it with one."""

    def __init__(self, rules: BreakerRules = USUAL_RULES) -> None:
        self._rules = rules
        self._results: deque[tuple[float, bool]] = deque()
        self._rest = rules.first_rest_seconds
        self._until = 0.0
        self._told = (0, 0)
        self.state = BreakerState.CLOSED

    def room(self, now: float, in_flight: int) -> int | None:
        """How many calls it lets through now; None: any number. `in_flight` are not answered yet."""
        if self.state is BreakerState.OPEN and now >= self._until:
            self.state = BreakerState.TRYING
        if self.state is BreakerState.CLOSED:
            return None
        if self.state is BreakerState.OPEN:
            return 0
        return 0 if in_flight else 1

    def result(self, now: float, *, refused: bool) -> None:
        """A call on this trunk has come to something, or the trunk has refused it."""
        if self.state is BreakerState.OPEN:
            return  # placed before the rest began
        if self.state is BreakerState.TRYING:
            self._tried(now, refused=refused)
            return
        self._results.append((now, refused))
        while self._results[0][0] <= now - self._rules.window_seconds:
            self._results.popleft()
        count = len(self._results)
        bad = sum(1 for _, was_refused in self._results if was_refused)
        if refused and count >= self._rules.least_results and bad >= self._rules.share * count:
            self._told = (bad, count)
            self._open(now)

    def standing(self) -> Standing:
        return Standing(self.state, *self._told, self._until)

    def _tried(self, now: float, *, refused: bool) -> None:
        if refused:
            self._rest = min(self._rest * 2, self._rules.longest_rest_seconds)
            self._open(now)
        else:
            self.state = BreakerState.CLOSED
            self._rest = self._rules.first_rest_seconds

    def _open(self, now: float) -> None:
        self.state = BreakerState.OPEN
        self._until = now + self._rest
        self._results.clear()


@dataclass(frozen=True, slots=True)
class TrunkLimits:
    """Zero is no limit."""

    max_lines: int = 0
    calls_per_second: float = 0.0
