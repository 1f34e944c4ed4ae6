"""May this number be dialled now? Pure: facts and a policy in, a verdict with its reason out.

The gate asks before every dial, whoever wants it. A refusal says which rule spoke, with what values, and when
the answer may change (`next_possible_at`; None: not before somebody changes something).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callcenter.dialer.states import CampaignStatus, DialKind

VERSION = 1
DAYS_AHEAD = 15  # how far a next opening is looked for: two full weeks and today
DAY = timedelta(days=1)
FULL_DAY = 24 * 60


class Rule(StrEnum):
    """The rules, in the order in which they are asked."""

    CAMPAIGN_STATUS = "campaign-status"
    DO_NOT_CALL = "do-not-call"
    CONSENT = "consent"
    IN_PROGRESS = "in-progress"
    LEAD_ATTEMPTS = "lead-attempts"
    NUMBER_ATTEMPTS = "number-attempts"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of a local day in which calls are allowed: from `start` up to but not including `end`."""

    start: int
    end: int


Week = tuple[tuple[Window, ...], ...]
"""Windows by weekday, Monday first. An empty tuple instead of seven days: no limit."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a campaign, or the company for a person's own dialling, allows. Zero means no limit."""

    week: Week = ()
    closed_on: frozenset[date] = frozenset()
    fallback_zones: tuple[str, ...] = ("UTC",)
    max_lead_attempts: int = 0
    max_number_attempts_a_day: int = 0
    consent_needed: bool = False
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What is known about the number and the lead at this moment.

    `zones` are all zones the called party may be in; empty means unknown. `number_attempts` are the moments
    in the last 24 hours at which this number was dialled by anybody.
    """

    number: str
    kind: DialKind = DialKind.CAMPAIGN
    zones: tuple[str, ...] = ()
    status: CampaignStatus | None = None
    do_not_call: str = ""
    consent: bool = False
    in_progress: bool = False
    lead_attempts: int = 0
    number_attempts: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Allow:
    """Dial."""

    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not dial. `final`: this lead is never dialled again unless a person changes something."""

    rule: Rule
    values: Mapping[str, str | int] = field(default_factory=dict)
    next_possible_at: datetime | None = None
    final: bool = False
    version: int = VERSION


Verdict = Allow | Refuse
Check = Callable[[LeadFacts, Policy, datetime], Refuse | None]


def may_call(facts: LeadFacts, policy: Policy, now: datetime) -> Verdict:
    """Every rule must agree; the first that does not is the answer."""
    for check in _CHECKS:
        refusal = check(facts, policy, now)
        if refusal is not None:
            return refusal
    return Allow(version=policy.version)


def open_in(zone: str, policy: Policy, moment: datetime) -> bool:
    """Is this moment inside the allowed hours of that zone?"""
    local = moment.astimezone(zone_of(zone))
    if not policy.week:
        return local.date() not in policy.closed_on
    minute = local.hour * 60 + local.minute
    return local.date() not in policy.closed_on and any(
        window.start <= minute < window.end for window in policy.week[local.weekday()]
    )


def open_in_all(zones: tuple[str, ...], policy: Policy, moment: datetime) -> bool:
    """An uncertain zone counts as all zones it may be: the intersection of their hours."""
    return all(open_in(zone, policy, moment) for zone in zones)


def next_opening(zones: tuple[str, ...], policy: Policy, now: datetime) -> datetime | None:
    """The first moment from now on at which all zones are open, or None within the horizon."""
    if open_in_all(zones, policy, now):
        return now
    moments = sorted({m for zone in zones for m in _openings(zone, policy, now) if m >= now})
    return next((m for m in moments if open_in_all(zones, policy, m)), None)


def _openings(zone: str, policy: Policy, now: datetime) -> Iterator[datetime]:
    """Moments at which this zone may open: every window's start, in UTC."""
    place = zone_of(zone)
    first = now.astimezone(place).date() - DAY
    for offset in range(DAYS_AHEAD + 1):
        day = first + offset * DAY
        windows = policy.week[day.weekday()] if policy.week else (Window(0, FULL_DAY),)
        for window in windows:
            hours, minutes = divmod(window.start, 60)
            if hours < 24:
                local = datetime(day.year, day.month, day.day, hours, minutes, tzinfo=place)
                yield local.astimezone(UTC)


@lru_cache(maxsize=1024)  # ZoneInfo itself keeps only a few alive
def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def known_zone(name: str) -> bool:
    """Is this an IANA zone that we can compute with?"""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _campaign_status(facts: LeadFacts, _policy: Policy, _now: datetime) -> Refuse | None:
    if facts.kind is not DialKind.CAMPAIGN or facts.status is CampaignStatus.RUNNING:
        return None
    return Refuse(Rule.CAMPAIGN_STATUS, {"status": facts.status or ""})


def _do_not_call(facts: LeadFacts, _policy: Policy, _now: datetime) -> Refuse | None:
    if not facts.do_not_call:
        return None
    return Refuse(Rule.DO_NOT_CALL, {"scope": facts.do_not_call}, final=True)


def _consent(facts: LeadFacts, policy: Policy, _now: datetime) -> Refuse | None:
    if not policy.consent_needed or facts.consent:
        return None
    return Refuse(Rule.CONSENT, final=True)


def _in_progress(facts: LeadFacts, _policy: Policy, now: datetime) -> Refuse | None:
    if not facts.in_progress:
        return None
    return Refuse(Rule.IN_PROGRESS, next_possible_at=now + timedelta(minutes=1))


def _lead_attempts(facts: LeadFacts, policy: Policy, _now: datetime) -> Refuse | None:
    limit = policy.max_lead_attempts
    if not limit or facts.kind is not DialKind.CAMPAIGN or facts.lead_attempts < limit:
        return None
    return Refuse(Rule.LEAD_ATTEMPTS, {"attempts": facts.lead_attempts, "limit": limit}, final=True)


def _number_attempts(facts: LeadFacts, policy: Policy, now: datetime) -> Refuse | None:
    limit = policy.max_number_attempts_a_day
    recent = sorted(at for at in facts.number_attempts if at > now - DAY)
    if not limit or len(recent) < limit:
        return None
    values = {"attempts": len(recent), "limit": limit}
    return Refuse(Rule.NUMBER_ATTEMPTS, values, next_possible_at=recent[-limit] + DAY)


def _hours(facts: LeadFacts, policy: Policy, now: datetime) -> Refuse | None:
    zones = facts.zones or policy.fallback_zones
    if open_in_all(zones, policy, now):
        return None
    return Refuse(Rule.HOURS, {"zones": ", ".join(zones)}, next_possible_at=next_opening(zones, policy, now))


_CHECKS: tuple[Check, ...] = (
    _campaign_status,
    _do_not_call,
    _consent,
    _in_progress,
    _lead_attempts,
    _number_attempts,
    _hours,
)
