"""What leads of one cohort have in common, and whether the clock lets them be called. Pure.

Hours are judged once for a cohort instead of once for a lead: a closed zone with a million leads costs
nothing. The gate judges every dial again, with everything else.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from callcenter.dialer.rules import Policy, State, Where, openings

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


def where_of(cohort: Cohort) -> Where:
    """The place that the law is chosen by."""
    subdivisions = (cohort.subdivision,) if cohort.subdivision else ()
    return Where(cohort.region, subdivisions, cohort.number_type)


def is_open(cohort: Cohort, policy: Policy, now: datetime) -> bool:
    """May these leads be called at this moment, as far as place and clock decide?"""
    return openness(cohort, policy, now).open


def opens_at(cohort: Cohort, policy: Policy, now: datetime) -> datetime | None:
    """When they may: now, or the next opening, or (None) not as far as one can see."""
    state = openness(cohort, policy, now)
    return now if state.open else state.changes_at


def closes_at(cohort: Cohort, policy: Policy, now: datetime) -> datetime | None:
    """When an open cohort closes; None: not as far as one can see."""
    state = openness(cohort, policy, now)
    return state.changes_at if state.open else now


def openness(cohort: Cohort, policy: Policy, now: datetime) -> State:
    """Open or closed, and until when."""
    return _openness(cohort, policy, now.replace(second=0, microsecond=0))


@lru_cache(maxsize=16384)  # hours are kept in minutes, so all moments of one give the same answer
def _openness(cohort: Cohort, policy: Policy, minute: datetime) -> State:
    return openings(policy, where_of(cohort), cohort.zones, minute)
