"""What leads of one cohort have in common, and whether the clock lets them be called. Pure.

Hours are judged once for a cohort instead of once for a lead: a closed zone with a million leads costs
nothing. The gate judges every dial again, with everything else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from callcenter.dialer.rules.verdicts import DAY, Policy, next_opening, open_in_all, zone_of

DAYS_AHEAD = 8  # how far a closing is looked for: a week and today
SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Cohort:
    """`zones` are all zones the party may be in; empty means unknown."""

    zones: tuple[str, ...] = ()
    region: str = ""
    subdivision: str = ""
    number_type: str = ""

    @property
    def key(self) -> str:
        """Everything of it in one text, as rows keep it."""
        return SEPARATOR.join((",".join(self.zones), self.region, self.subdivision, self.number_type))


@lru_cache(maxsize=16384)
def cohort_of(key: str) -> Cohort:
    """The cohort that has this key."""
    zones, region, subdivision, number_type = key.split(SEPARATOR)
    return Cohort(tuple(zones.split(",")) if zones else (), region, subdivision, number_type)


def is_open(cohort: Cohort, policy: Policy, now: datetime) -> bool:
    """May these leads be called at this moment, as far as the clock decides?"""
    return _is_open(cohort, policy, _whole_minute(now))


def opens_at(cohort: Cohort, policy: Policy, now: datetime) -> datetime | None:
    """When they may: now, or the next opening, or (None) never within two weeks."""
    if is_open(cohort, policy, now):
        return now
    return next_opening(cohort.zones or policy.fallback_zones, policy, now)


def closes_at(cohort: Cohort, policy: Policy, now: datetime) -> datetime | None:
    """When an open cohort closes; None: not within a week."""
    return _closes_at(cohort, policy, _whole_minute(now))


def _whole_minute(moment: datetime) -> datetime:
    """Hours are kept in minutes, so all moments of one give the same answer."""
    return moment.replace(second=0, microsecond=0)


@lru_cache(maxsize=16384)
def _is_open(cohort: Cohort, policy: Policy, minute: datetime) -> bool:
    return open_in_all(cohort.zones or policy.fallback_zones, policy, minute)


@lru_cache(maxsize=4096)
def _closes_at(cohort: Cohort, policy: Policy, minute: datetime) -> datetime | None:
    zones = cohort.zones or policy.fallback_zones
    moments = sorted({m for zone in zones for m in _ends(zone, policy, minute) if m > minute})
    return next((m for m in moments if not open_in_all(zones, policy, m)), None)


def _ends(zone: str, policy: Policy, now: datetime) -> list[datetime]:
    """Moments at which this zone may close: the end of every window, and midnights before closed days."""
    place = zone_of(zone)
    first = now.astimezone(place).date()
    found = []
    for offset in range(DAYS_AHEAD):
        day = first + offset * DAY
        ends = {24 * 60, *(window.end for window in (policy.week[day.weekday()] if policy.week else ()))}
        for end in ends:
            wall = datetime(day.year, day.month, day.day) + timedelta(minutes=end)  # noqa: DTZ001
            found.append(wall.replace(tzinfo=place).astimezone(UTC))
    return found
