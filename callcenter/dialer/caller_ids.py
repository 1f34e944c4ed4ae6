"""Which of a pool's numbers a customer sees, and which numbers need a rest. Pure.

The number nearest to the customer goes first (same area code, then subdivision, then country), and of those
that are equally near the one used least today. A number that is answered clearly less often than the rest of
its pool has probably been marked as unwanted somewhere: it is rested. Moments are seconds since the epoch.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers

HALF_LIFE_SECONDS = 24 * 3600.0
LEAST_CALLS = 40.0  # decayed; on both sides of the comparison
Z_LIMIT = 3.0  # how unlikely chance must be as an explanation
WORSE = 0.7  # and how much worse at least
REST_SECONDS = 24 * 3600.0


@lru_cache(maxsize=65536)
def area_of(number: str) -> str:
    """Country and area code, like +4930; empty where numbers tell no area (mobiles, most small countries)."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    length = phonenumbers.length_of_geographical_area_code(parsed)
    national = phonenumbers.national_significant_number(parsed)
    return f"+{parsed.country_code}{national[:length]}" if length else ""


@dataclass(frozen=True, slots=True)
class Where:
    """What is known of where a number belongs."""

    area: str = ""
    subdivision: str = ""
    region: str = ""

    def nearness(self, other: "Where") -> int:
        """3: same area code, 2: same subdivision, 1: same country, 0: none of them."""
        if self.area and self.area == other.area:
            return 3
        if self.subdivision and self.subdivision == other.subdivision:
            return 2
        return 1 if self.region and self.region == other.region else 0


@dataclass(slots=True)
class CallerNumber:
    """A number of ours with what it has done. `daily_cap` 0: no cap."""

    number: str
    where: Where
    daily_cap: int = 0
    rested_until: float = 0.0
    used_today: int = 0
    last_used: float = 0.0
    tried: float = 0.0  # decayed calls
    answered: float = 0.0  # decayed answers
    counted_at: float = 0.0

    def usable(self, now: float) -> bool:
        return now >= self.rested_until and (not self.daily_cap or self.used_today < self.daily_cap)

    def used(self, now: float) -> None:
        """A call is placed with it."""
        self.used_today += 1
        self.last_used = now

    def ended(self, now: float, *, answered: bool) -> None:
        """A call with it was answered by anybody, or rang in vain."""
        self.decay(now)
        self.tried += 1
        self.answered += answered

    def decay(self, now: float) -> None:
        if self.counted_at:
            kept = 0.5 ** (max(0.0, now - self.counted_at) / HALF_LIFE_SECONDS)
            self.tried *= kept
            self.answered *= kept
        self.counted_at = now


@dataclass(frozen=True, slots=True)
class Rest:
    """A number to be rested, and why."""

    number: str
    until: float
    reason: Mapping[str, float]


@dataclass(slots=True)
class Pool:
    """The numbers of one pool."""

    numbers: dict[str, CallerNumber] = field(default_factory=dict)

    def choose(self, called: Where, now: float) -> CallerNumber | None:
        """The number this customer sees; None: all are used up or resting."""
        usable = [n for n in self.numbers.values() if n.usable(now)]
        return min(
            usable,
            key=lambda n: (-n.where.nearness(called), n.used_today, n.last_used, n.number),
            default=None,
        )

    def rests(self, now: float) -> list[Rest]:
        """Numbers that do clearly worse than the rest of the pool; half of the pool always stays."""
        active = [n for n in self.numbers.values() if now >= n.rested_until]
        for one in active:
            one.decay(now)
        may_rest = len(active) - math.ceil(len(self.numbers) / 2)
        found = sorted(
            (rest for one in active if (rest := _worse(one, active, now)) is not None),
            key=lambda rest: rest.reason["rate"],
        )
        return found[: max(0, may_rest)]


def _worse(one: CallerNumber, active: Sequence[CallerNumber], now: float) -> Rest | None:
    tried, answered = _sums(n for n in active if n is not one)
    if one.tried < LEAST_CALLS or tried < LEAST_CALLS:
        return None
    rate, others = one.answered / one.tried, answered / tried
    together = (one.answered + answered) / (one.tried + tried)
    spread = math.sqrt(together * (1 - together) * (1 / one.tried + 1 / tried))
    if spread == 0 or rate > others * WORSE or (others - rate) / spread < Z_LIMIT:
        return None
    reason = {"rate": round(rate, 3), "others": round(others, 3), "calls": round(one.tried)}
    return Rest(one.number, now + REST_SECONDS, reason)


def _sums(numbers: Iterable[CallerNumber]) -> tuple[float, float]:
    tried = answered = 0.0
    for one in numbers:
        tried += one.tried
        answered += one.answered
    return tried, answered
