"""Legal windows and what has been spent of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Window:
    """Of the people who answered in `days` calendar days, today included, at most `limit` are abandoned."""

    name: str
    limit: float = 0.03
    days: int = 1
    zone: str = "UTC"  # where the days begin


UK_DAY = Window("day", zone="Europe/London")
US_MONTH = Window("30 days", days=30, zone="America/New_York")


@dataclass(frozen=True, slots=True)
class Count:
    """What one calendar day of a window's zone has seen: what a ledger is restored from."""

    day: int  # `date.toordinal()`
    answered: float
    abandoned: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a window stands now."""

    window: Window
    answered: float  # by a person, the abandoned among them
    abandoned: float

    @property
    def share(self) -> float:
        return self.abandoned / self.answered if self.answered > 0 else 0.0

    @property
    def room(self) -> float:
        """How many more abandoned calls the limit allows with the answers there are."""
        return self.window.limit * self.answered - self.abandoned


class Account:
    """One window's counts by day."""

    def __init__(self, window: Window, counts: Iterable[Count] = ()) -> None:
        self.window = window
        self._zone = ZoneInfo(window.zone)
        self._answered: dict[int, float] = {}
        self._abandoned: dict[int, float] = {}
        for count in counts:
            self._answered[count.day] = self._answered.get(count.day, 0.0) + count.answered
            self._abandoned[count.day] = self._abandoned.get(count.day, 0.0) + count.abandoned
        self._day = 0
        self._until = 0.0  # the day's end: until then the sums below hold
        self._begins = 0.0
        self._sums = (0.0, 0.0)

    def add(self, at: float, answered: float, abandoned: float) -> None:
        day = self._day_of(at)
        self._answered[day] = max(0.0, self._answered.get(day, 0.0) + answered)
        self._abandoned[day] = max(0.0, self._abandoned.get(day, 0.0) + abandoned)
        self._sum(day)

    def standing(self, now: float) -> Standing:
        self._day_of(now)
        return Standing(self.window, *self._sums)

    def counts(self) -> tuple[Count, ...]:
        return tuple(
            Count(day, self._answered.get(day, 0.0), self._abandoned.get(day, 0.0))
            for day in sorted(self._answered.keys() | self._abandoned.keys())
        )

    def _day_of(self, at: float) -> int:
        if not self._begins <= at < self._until:
            local = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
            midnight = datetime(local.year, local.month, local.day, tzinfo=self._zone)
            self._begins = midnight.timestamp()
            self._until = (midnight + timedelta(days=1)).timestamp()
            self._day = local.toordinal()
            self._sum(self._day)
        return self._day

    def _sum(self, today: int) -> None:
        oldest = today - self.window.days + 1
        for kept in (self._answered, self._abandoned):
            for day in [d for d in kept if d < oldest]:
                del kept[day]
        self._sums = (sum(self._answered.values()), sum(self._abandoned.values()))
