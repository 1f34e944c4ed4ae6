"""What must hold for one kind of dial to one place: the laws there and the campaign's own wishes. Pure.

Nothing is merged into a single number: every demand stays beside the one who makes it, and a dial is allowed
when all of them hold. So what a campaign adds can only be stricter, and a refusal can say who refuses.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from callcenter.dialer.rules.facts import Limit, Policy
from callcenter.dialer.rules.hours import Calendar, Demand, State, known_zone, timetable
from callcenter.dialer.rules.law import (
    Clause,
    ConsentDemand,
    Jurisdiction,
    LockOut,
    RegistryDemand,
    demand_of,
)
from callcenter.dialer.rules.places import WORLD

CAMPAIGN, COMPANY = "campaign", "company"
T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class By:
    """Who demands it: a jurisdiction's id, the campaign or the company, with the version."""

    who: str
    version: int
    what: str = ""  # the rule's name in the jurisdiction's file


@dataclass(frozen=True, slots=True)
class Where:
    """The place that laws are chosen by. No `subdivisions`: any of them."""

    region: str = ""
    subdivisions: tuple[str, ...] = ()
    number_type: str = ""


Demanded = tuple[tuple[By, T], ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that is demanded, each with who demands it. `until`: a law changes then; ask again."""

    policy: Policy
    where: Where
    forbidden: tuple[By, ...] = ()
    hours: Demanded[Demand] = ()
    consents: Demanded[ConsentDemand] = ()
    registries: Demanded[RegistryDemand] = ()
    limits: Demanded[Limit] = ()
    rests: Demanded[int] = ()
    lock_outs: Demanded[LockOut] = ()
    rings: Demanded[int] = ()
    named: frozenset[str] = frozenset()  # registries that some law speaks of, whether or not it applies here
    laws: tuple[str, ...] = ()
    until: datetime | None = None

    @property
    def demands(self) -> tuple[Demand, ...]:
        return tuple(demand for _, demand in self.hours)

    @property
    def own(self) -> By:
        """The campaign, or the company outside campaigns."""
        who = COMPANY if self.policy.campaign_id is None else CAMPAIGN
        return By(who, self.policy.version)


def terms(policy: Policy, where: Where, now: datetime) -> Terms:
    """What holds for this policy's dials to that place at this moment."""
    return _series(policy, where).at(now)


@lru_cache(maxsize=4096)
def _series(policy: Policy, where: Where) -> "_Series":
    return _Series(policy, where)


class _Series:
    """The terms of one policy and place through the years: from one change of the law to the next."""

    __slots__ = ("_changes", "_known", "_laws", "_policy", "_where")

    def __init__(self, policy: Policy, where: Where) -> None:
        self._policy, self._where = policy, where
        self._laws = policy.book.laws_for(where.region, where.subdivisions, policy.laws)
        moments = {
            law.moment(day)
            for law in self._laws
            for clause in law.rules
            for day in (clause.since, clause.until)
        }
        self._changes = sorted(moment for moment in moments if moment is not None)
        self._known: dict[int, Terms] = {}

    def at(self, now: datetime) -> Terms:
        stretch = bisect_right(self._changes, now)
        if stretch not in self._known:
            until = self._changes[stretch] if stretch < len(self._changes) else None
            self._known[stretch] = _terms(self._policy, self._where, self._laws, now, until)
        return self._known[stretch]


def _terms(
    policy: Policy, where: Where, laws: Sequence[Jurisdiction], now: datetime, until: datetime | None
) -> Terms:
    found = [
        (By(law.id, law.version, clause.name), clause)
        for law in laws
        for clause in law.rules
        if law.in_force(clause, now) and clause.applies(policy.purpose, policy.method, where.number_type)
    ]
    calendars = tuple(Calendar(where.region, part) for part in (where.subdivisions or ("",)) if where.region)
    without_agent = not policy.live_agent
    bare = Terms(policy, where)
    own_hours = Demand(policy.week, policy.closed_on, policy.on_holidays, calendars)
    own_consent = () if policy.consent is None else ((bare.own, ConsentDemand(policy.consent)),)
    return replace(
        bare,
        forbidden=tuple(by for by, clause in found if clause.forbidden),
        hours=(
            *((bare.own, demand) for demand in (own_hours,) if demand.limits),
            *_each(found, lambda c: replace(demand_of(c.hours), calendars=calendars) if c.hours else None),
        ),
        consents=(*own_consent, *_each(found, lambda c: c.consent)),
        registries=_each(found, lambda c: c.registry),
        limits=(
            *((bare.own, limit) for limit in policy.limits),
            *((By(COMPANY, policy.version), limit) for limit in policy.company),
            *(
                (by, Limit(limit.most, limit.hours, limit.counted))
                for by, clause in found
                for limit in clause.limits
            ),
        ),
        rests=_each(found, lambda c: c.rest_after_refusal_days or None),
        lock_outs=_each(found, lambda c: c.lock_out if without_agent else None),
        rings=_each(found, lambda c: c.ring_seconds or None),
        named=policy.book.registries(),
        laws=tuple(law.id for law in laws),
        until=until,
    )


def _each(found: Sequence[tuple[By, Clause]], pick: Callable[[Clause], D | None]) -> tuple[tuple[By, D], ...]:
    return tuple((by, demand) for by, clause in found if (demand := pick(clause)) is not None)


def openings(policy: Policy, where: Where, zones: tuple[str, ...], now: datetime) -> State:
    """Whether calls to such a place are allowed by what does not depend on the number: ways of calling that
    are forbidden there, and hours. `changes_at` may be a moment at which a law changes."""
    found = terms(policy, where, now)
    if found.forbidden:
        return State(open=False, changes_at=found.until)
    state = timetable(found.demands, possible_zones(zones, policy)).state(now)
    changes = [moment for moment in (state.changes_at, found.until) if moment is not None]
    return State(state.open, min(changes, default=None))


def possible_zones(zones: tuple[str, ...], policy: Policy) -> tuple[str, ...]:
    """Every zone the called party may be in; one that does not exist may be any."""
    chosen = zones or policy.fallback_zones
    return chosen if all(known_zone(zone) for zone in chosen) else WORLD
