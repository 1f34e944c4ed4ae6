"""From all leads of a campaign to those that may be dialled now: each loss with its count. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callcenter.dialer.lists.cohorts import Cohort, openness, where_of
from callcenter.dialer.rules import Policy, Rule, terms
from callcenter.dialer.states import DIALABLE, CampaignStatus, LeadStatus

MOST_PARTS = 12


class Stop(StrEnum):
    """What keeps leads from being dialled now, in the order in which they are lost."""

    FINISHED = "finished"
    EXHAUSTED = "exhausted"
    BLOCKED = "blocked"
    INVALID = "invalid"
    ARCHIVED = "archived"
    LIST_ARCHIVED = "list-archived"
    LIST_INACTIVE = "list-inactive"
    LIST_EXPIRED = "list-expired"
    LIST_BUSY = "list-busy"
    CLAIMED = "claimed"
    LATER = "later"
    FILTERED = "filtered"
    FORBIDDEN = "forbidden"
    CLOSED = "closed"


DONE: Mapping[LeadStatus, Stop] = {
    LeadStatus.FINISHED: Stop.FINISHED,
    LeadStatus.EXHAUSTED: Stop.EXHAUSTED,
    LeadStatus.BLOCKED: Stop.BLOCKED,
    LeadStatus.INVALID: Stop.INVALID,
    LeadStatus.ARCHIVED: Stop.ARCHIVED,
}


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A list and what closes it, if anything does."""

    id: int
    name: str
    stop: Stop | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the leads that are lost at one stop: those of a list, refused by a rule, or in a place."""

    count: int
    name: str = ""
    rule: Rule | None = None
    cohort: Cohort | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """Leads that go no further. `left` is how many do; `next_at` when the first of the lost may come back."""

    stop: Stop
    count: int
    left: int
    next_at: datetime | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What the rows say. `dialable` counts by cohort the leads that are due and wanted by the filter."""

    lists: Sequence[ListFacts] = ()
    statuses: Mapping[tuple[int, LeadStatus], int] = field(default_factory=dict)
    cohorts: Mapping[int, tuple[int, Cohort]] = field(default_factory=dict)  # id to list and cohort
    dialable: Mapping[int, int] = field(default_factory=dict)
    later_at: datetime | None = None
    refused: Sequence[Part] = ()  # of those later, by the rule that refused them last
    blocked: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class Funnel:
    """All of it. `open_cohorts` hold the leads that are left, the largest first."""

    leads: int
    losses: tuple[Loss, ...]
    dialable: int
    next_at: datetime | None
    open_cohorts: tuple[int, ...] = ()


class _Way:
    """Leads on their way down."""

    def __init__(self, leads: int) -> None:
        self.left = leads
        self.losses: list[Loss] = []

    def lose(
        self, stop: Stop, count: int, next_at: datetime | None = None, parts: Iterable[Part] = ()
    ) -> None:
        if count > 0:
            self.left -= count
            self.losses.append(Loss(stop, count, self.left, next_at, tuple(parts)[:MOST_PARTS]))


def funnel(counts: Counts, policy: Policy, now: datetime) -> Funnel:
    """Every lead is lost once or is left at the end: the counts add up."""
    way = _Way(sum(counts.statuses.values()))
    leads = way.left
    for status, stop in DONE.items():
        gone = sum(n for (_, found), n in counts.statuses.items() if found is status)
        way.lose(stop, gone, parts=counts.blocked if stop is Stop.BLOCKED else ())
    still = {
        one.id: sum(n for (owner, s), n in counts.statuses.items() if owner == one.id and s not in DONE)
        for one in counts.lists
    }
    for stop in (Stop.LIST_ARCHIVED, Stop.LIST_INACTIVE, Stop.LIST_EXPIRED, Stop.LIST_BUSY):
        closed = [one for one in counts.lists if one.stop is stop]
        parts = _largest([Part(still[one.id], one.name) for one in closed])
        way.lose(stop, sum(still[one.id] for one in closed), parts=parts)
    usable = {one.id for one in counts.lists if one.stop is None}
    way.lose(Stop.CLAIMED, _of(counts, usable, (LeadStatus.CLAIMED,)))
    later = _of(counts, usable, (LeadStatus.LATER,))
    way.lose(Stop.LATER, later, counts.later_at, _within(counts.refused, later))
    due = _of(counts, usable, DIALABLE)
    mine = {cohort_id: cohort for cohort_id, (owner, cohort) in counts.cohorts.items() if owner in usable}
    wanted = sum(counts.dialable.get(cohort_id, 0) for cohort_id in mine)
    way.lose(Stop.FILTERED, due - wanted)
    open_cohorts = _lose_closed(way, counts, mine, policy, now)
    moments = [loss.next_at for loss in way.losses if loss.next_at is not None]
    return Funnel(leads, tuple(way.losses), way.left, min(moments, default=None), open_cohorts)


def _lose_closed(
    way: _Way, counts: Counts, mine: Mapping[int, Cohort], policy: Policy, now: datetime
) -> tuple[int, ...]:
    """Cohorts where it is too early, too late, or where the law forbids to call in this way."""
    closed: dict[Stop, dict[Cohort, int]] = {Stop.FORBIDDEN: defaultdict(int), Stop.CLOSED: defaultdict(int)}
    opens: dict[Cohort, datetime | None] = {}
    found = []
    for cohort_id, cohort in mine.items():
        count = counts.dialable.get(cohort_id, 0)
        if not count:
            continue
        state = openness(cohort, policy, now)
        if state.open:
            found.append(cohort_id)
            continue
        opens[cohort] = state.changes_at
        forbidden = bool(terms(policy, where_of(cohort), now).forbidden)
        closed[Stop.FORBIDDEN if forbidden else Stop.CLOSED][cohort] += count
    for stop, cohorts in closed.items():
        parts = [Part(n, cohort=cohort, next_at=opens[cohort]) for cohort, n in cohorts.items()]
        moments = [part.next_at for part in parts if part.next_at is not None]
        way.lose(stop, sum(cohorts.values()), min(moments, default=None), _largest(parts))
    return tuple(sorted(found, key=lambda cohort_id: -counts.dialable[cohort_id]))


def _of(counts: Counts, lists: set[int], statuses: Sequence[LeadStatus]) -> int:
    return sum(n for (owner, s), n in counts.statuses.items() if owner in lists and s in statuses)


def _largest(parts: Sequence[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: -part.count)


def _within(parts: Sequence[Part], most: int) -> list[Part]:
    """Refusals are counted apart from leads: never more of them than leads there are."""
    found = []
    for part in _largest(parts):
        count = min(part.count, most)
        if count:
            found.append(Part(count, rule=part.rule, next_at=part.next_at))
        most -= count
    return found


class Cause(StrEnum):
    """The first thing to say about a campaign that does not dial."""

    DIALS = "dials"
    NOT_RUNNING = "not-running"
    NO_LEADS = "no-leads"
    ALL_DONE = "all-done"
    METHOD = "method"
    NO_AGENTS = "no-agents"
    NOBODY_ON_SHIFT = "nobody-on-shift"
    LISTS = "lists"
    FILTER = "filter"
    CLOSED = "closed"
    WAITING = "waiting"
    REFUSED = "refused"
    NOBODY_READY = "nobody-ready"


@dataclass(frozen=True, slots=True)
class Staff:
    """The campaign's agents."""

    chosen: int
    on_shift: int
    ready: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What the gate says of the leads that are next. `refused` counts by rule, the most frequent first."""

    judged: int = 0
    allowed: int = 0
    refused: tuple[Part, ...] = ()


def cause(status: CampaignStatus, found: Funnel, sample: Sample, staff: Staff) -> Cause:
    """What has to change first."""
    stops = {loss.stop for loss in found.losses}
    answers = (
        (status is not CampaignStatus.RUNNING, Cause.NOT_RUNNING),
        (not found.leads, Cause.NO_LEADS),
        (not staff.chosen, Cause.NO_AGENTS),
        (not found.dialable and Stop.CLAIMED in stops, Cause.DIALS),
        (not found.dialable, _why_none(stops)),
        (sample.judged and not sample.allowed, Cause.REFUSED),
        (not staff.on_shift, Cause.NOBODY_ON_SHIFT),
        (not staff.ready, Cause.NOBODY_READY),
    )
    return next((answer for applies, answer in answers if applies), Cause.DIALS)


def _why_none(stops: set[Stop]) -> Cause:
    lists = {Stop.LIST_ARCHIVED, Stop.LIST_INACTIVE, Stop.LIST_EXPIRED, Stop.LIST_BUSY}
    answers = (
        (Stop.FORBIDDEN in stops, Cause.METHOD),
        (Stop.CLOSED in stops, Cause.CLOSED),
        (Stop.LATER in stops, Cause.WAITING),
        (Stop.FILTERED in stops, Cause.FILTER),
        (bool(stops & lists), Cause.LISTS),
    )
    return next((answer for applies, answer in answers if applies), Cause.ALL_DONE)
