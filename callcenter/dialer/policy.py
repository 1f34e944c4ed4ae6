"""A campaign's settings as the rules understand them, and the checks they must pass. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from callcenter.dialer.outcomes import DEFAULT_RETRY, Retry, RetryRules
from callcenter.dialer.rules import (
    FULL_DAY,
    Basis,
    Counted,
    Limit,
    Method,
    OnHolidays,
    Policy,
    Purpose,
    Week,
    Window,
    known_zone,
    law,
)
from callcenter.dialer.rules.law import FURTHEST_DAYS, Book
from callcenter.dialer.states import Mode, Outcome, TimeBox

SHORTEST_RING = 15  # seconds: a call that gives up sooner is a nuisance call in most places
LONGEST_RING = 120
LONGEST_LIMIT_HOURS = 24 * FURTHEST_DAYS
WITH_AGENT = frozenset({"progressive", "preview", "manual"})
"""Modes in which an agent is kept for every line, so nobody can be abandoned for want of one."""
_METHODS: Mapping[str, Method] = {
    "manual": Method.HUMAN,
    "preview": Method.HUMAN,
    "message": Method.RECORDED,
    "survey": Method.RECORDED,
    "agentless": Method.RECORDED,
}
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")

Hours = Mapping[str, Any]


RESULT = "result:"  # before the code of an agent's result, among the rules of retries


class BadHours(ValueError):
    """Windows that are no windows; the text names the weekday."""


class Settings(Protocol):
    """The part of a campaign's row that makes its policy."""

    hours: dict[str, Any]
    closed_on: list[Any]
    zone: str
    max_lead_attempts: int
    max_number_attempts_a_day: int
    consent_needed: bool
    id: int
    mode: Mode
    preview_seconds: int
    preview_then: TimeBox
    ring_seconds: int
    purpose: Purpose
    matter: str
    on_holidays: OnHolidays
    limits: list[Any]
    laws: list[Any]
    other_lists: list[Any]
    version: int


@dataclass(frozen=True, slots=True)
class CompanyPolicy:
    """What holds for a person's own dialling."""

    hours: Hours
    max_number_attempts_a_day: int
    version: int
    purpose: Purpose = Purpose.SERVICE


def read_week(hours: Hours) -> Week:
    """{"0": [["08:00", "21:00"]], ..} as windows; an empty mapping is no limit, a missing day is closed."""
    if not hours:
        return ()
    return tuple(_read_day(str(day), hours.get(str(day)) or []) for day in range(7))


def _read_day(day: str, windows: list[Any]) -> tuple[Window, ...]:
    try:
        found = sorted((_minute(start), _minute(end)) for start, end in windows)
    except (TypeError, ValueError) as error:
        raise BadHours(day) from error
    last = 0
    for start, end in found:
        if not last <= start < end <= FULL_DAY:
            raise BadHours(day)
        last = end
    return tuple(Window(start, end) for start, end in found)


def _minute(text: str) -> int:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return int(match[1]) * 60 + int(match[2])


def read_day_text(text: str) -> list[list[str]]:
    """“08:00-12:00, 13:00-20:00” as it is typed in a form; empty is closed."""
    windows: list[list[str]] = []
    for part in filter(None, (p.strip() for p in re.split(r"[,;]", text))):
        ends = [end.strip() for end in re.split(r"[-–—]", part)]
        if len(ends) != 2 or not all(_CLOCK.fullmatch(end) for end in ends):
            raise BadHours(text)
        windows.append(ends)
    return windows


def read_retry(rules: Mapping[str, Any]) -> RetryRules:
    """{"busy": {"delay_seconds": 900, "most": 4}, ..}; outcomes that are not named keep their default."""
    named = {
        Outcome(name): _retry(rule, DEFAULT_RETRY[Outcome(name)])
        for name, rule in rules.items()
        if name in {outcome.value for outcome in DEFAULT_RETRY}
    }
    return {**DEFAULT_RETRY, **named}


def read_result_retry(rules: Mapping[str, Any], code: str) -> Retry:
    """The rule for an agent's result that is not final, under "result:<code>"; else that for no answer."""
    usual = read_retry(rules)[Outcome.NO_ANSWER]
    rule = rules.get(RESULT + code)
    return _retry(rule, usual) if rule else usual


def _retry(rule: Mapping[str, Any], usual: Retry) -> Retry:
    return Retry(
        delay_seconds=int(rule["delay_seconds"]),
        most=int(rule["most"]),
        most_of_lead=int(rule.get("most_of_lead", usual.most_of_lead)),
        next_number=bool(rule.get("next_number", usual.next_number)),
    )


def read_limits(limits: Sequence[Any]) -> tuple[Limit, ...]:
    """[{"most": 3, "hours": 24, "counted": "number"}, ..]; raises `ValueError` on what is none."""
    try:
        found = tuple(Limit(int(i["most"]), int(i["hours"]), Counted(i["counted"])) for i in limits)
    except (KeyError, TypeError) as error:
        raise ValueError(limits) from error
    if any(limit.most < 1 or not 1 <= limit.hours <= LONGEST_LIMIT_HOURS for limit in found):
        raise ValueError(limits)
    return found


def method_of(mode: Mode) -> Method:
    """Who decides on each call, and who talks: what a campaign's mode means to the law."""
    return _METHODS.get(mode, Method.AUTOMATIC)


def _dials_by_itself(campaign: Settings) -> bool:
    """A lead that is shown and then dialled by the clock was not dialled by a person."""
    return (
        campaign.mode == Mode.PREVIEW
        and campaign.preview_seconds > 0
        and campaign.preview_then == TimeBox.DIAL
    )


def _a_day(most: int) -> tuple[Limit, ...]:
    return (Limit(most, 24, Counted.NUMBER),) if most else ()


def policy_of(campaign: Settings, book: Book | None = None) -> Policy:
    """What the gate asks for this campaign, by the law of this process or of another book."""
    return Policy(
        week=read_week(campaign.hours),
        closed_on=frozenset(date.fromisoformat(str(day)) for day in campaign.closed_on),
        on_holidays=OnHolidays(campaign.on_holidays),
        fallback_zones=(campaign.zone,),
        max_lead_attempts=campaign.max_lead_attempts,
        limits=(*_a_day(campaign.max_number_attempts_a_day), *read_limits(campaign.limits)),
        consent=Basis.IMPLIED if campaign.consent_needed else None,
        purpose=Purpose(campaign.purpose),
        method=Method.AUTOMATIC if _dials_by_itself(campaign) else method_of(campaign.mode),
        live_agent=campaign.mode in WITH_AGENT,
        ring_seconds=campaign.ring_seconds,
        campaign_id=campaign.id,
        matter=campaign.matter,
        book=book or law.book(),
        laws=tuple(str(name) for name in campaign.laws),
        other_lists=tuple(int(other) for other in campaign.other_lists),
        version=campaign.version,
    )


def manual_policy(company: CompanyPolicy, zone: str, book: Book | None = None) -> Policy:
    """What the gate asks when a person dials outside a campaign."""
    return Policy(
        week=read_week(company.hours),
        fallback_zones=(zone if known_zone(zone) else "UTC",),
        limits=_a_day(company.max_number_attempts_a_day),
        purpose=company.purpose,
        method=Method.HUMAN,
        live_agent=True,
        book=book or law.book(),
        version=company.version,
    )
