"""How an attempt ended, and what follows for its lead. Pure.

Asterisk's own words for a failed dial (DialStatus, the Originate's reason) say NOANSWER or 0 for most of
them; only the far end's SIP code and the Q.850 cause of the hang-up tell the truth, the code first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.dialer.states import LeadStatus, Outcome

BY_SIP_CODE: dict[int, Outcome] = {
    401: Outcome.FAILED,
    402: Outcome.FAILED,
    403: Outcome.REJECTED,
    404: Outcome.INVALID,
    406: Outcome.FAILED,
    407: Outcome.FAILED,
    408: Outcome.FAILED,  # nobody answered our INVITE: the trunk is away
    410: Outcome.INVALID,
    480: Outcome.NO_ANSWER,
    484: Outcome.INVALID,
    486: Outcome.BUSY,
    487: Outcome.NO_ANSWER,
    488: Outcome.FAILED,
    500: Outcome.CONGESTION,
    502: Outcome.CONGESTION,
    503: Outcome.CONGESTION,
    504: Outcome.CONGESTION,
    600: Outcome.BUSY,
    603: Outcome.REJECTED,
    604: Outcome.INVALID,
    607: Outcome.REJECTED,
    608: Outcome.REJECTED,
}

BY_CAUSE: dict[int, Outcome] = {
    1: Outcome.INVALID,  # unallocated
    2: Outcome.INVALID,
    3: Outcome.INVALID,
    17: Outcome.BUSY,
    18: Outcome.FAILED,  # no user responding: the trunk is away
    19: Outcome.NO_ANSWER,
    20: Outcome.NO_ANSWER,  # subscriber absent
    21: Outcome.REJECTED,
    22: Outcome.INVALID,  # number changed
    27: Outcome.FAILED,
    28: Outcome.INVALID,
    34: Outcome.CONGESTION,
    38: Outcome.CONGESTION,
    41: Outcome.CONGESTION,
    42: Outcome.CONGESTION,
    44: Outcome.CONGESTION,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known when the customer's leg is gone."""

    answered: bool = False
    connected: bool = False
    dropped: bool = False
    machine: bool = False
    cancelled: bool = False
    seen: bool = True  # false: it ended while nobody of ours was looking
    cause: int = 0
    sip_code: int | None = None


def outcome_of(ending: Ending) -> Outcome:
    """What happened comes before any cause; then the SIP code, then the cause."""
    happened = (
        (ending.machine, Outcome.MACHINE),
        (ending.connected, Outcome.ANSWERED),
        (ending.dropped, Outcome.DROPPED),
        (not ending.seen, Outcome.UNKNOWN),
        (ending.answered, Outcome.EARLY_HANG_UP),
        (ending.cancelled, Outcome.CANCELLED),
    )
    for true, outcome in happened:
        if true:
            return outcome
    if ending.sip_code in BY_SIP_CODE:
        return _with_cause(BY_SIP_CODE[ending.sip_code], ending.cause)
    return BY_CAUSE.get(ending.cause, Outcome.FAILED)


def _with_cause(outcome: Outcome, cause: int) -> Outcome:
    """480 is the code for many things; the cause beside it may know better."""
    if outcome is Outcome.NO_ANSWER and BY_CAUSE.get(cause) in (Outcome.BUSY, Outcome.REJECTED):
        return BY_CAUSE[cause]
    return outcome


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `delay_seconds`, at most `most` attempts on a number that ended so. 0: never again.

    `most_of_lead` is the same for all numbers of a lead together (0: no such limit). `next_number`: a lead
    that has several goes on with another one.
    """

    delay_seconds: int
    most: int
    most_of_lead: int = 0
    next_number: bool = False


RetryRules = Mapping[Outcome, Retry]

DEFAULT_RETRY: RetryRules = {
    Outcome.BUSY: Retry(15 * 60, 4),
    Outcome.NO_ANSWER: Retry(2 * 3600, 3, next_number=True),
    Outcome.REJECTED: Retry(24 * 3600, 1, next_number=True),
    Outcome.CONGESTION: Retry(5 * 60, 5),
    Outcome.FAILED: Retry(10 * 60, 3),
    Outcome.DROPPED: Retry(72 * 3600, 1),
    Outcome.EARLY_HANG_UP: Retry(24 * 3600, 1),
    Outcome.MACHINE: Retry(24 * 3600, 2, next_number=True),
    Outcome.CANCELLED: Retry(0, 1_000_000),
    Outcome.UNKNOWN: Retry(3600, 3),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One of several numbers of a lead, with this attempt counted."""

    position: int
    attempts: int
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """What a lead has been through: earlier attempts that ended the same way, and its numbers.

    `lines` is empty for a lead with one number; `current` is the position of the one just tried.
    """

    same_of_number: int = 0
    same_of_lead: int = 0
    lines: tuple[Line, ...] = ()
    current: int = 0


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of the lead. `move_to`: the position of the number that is dialled next, if another."""

    status: LeadStatus
    at: datetime
    move_to: int | None = None
    closes_number: bool = False


def after(outcome: Outcome, past: Past, rules: RetryRules, now: datetime) -> Next:
    """What an outcome means for its lead."""
    if outcome is Outcome.ANSWERED:
        return Next(LeadStatus.FINISHED, now)
    if outcome is Outcome.INVALID:
        other = _other_line(past)
        if other is None:
            return Next(LeadStatus.INVALID, now, closes_number=True)
        return _moved(other, past, timedelta(0), now, closes=True)
    return by_rule(rules.get(outcome) or DEFAULT_RETRY[outcome], past, now)


def by_rule(rule: Retry, past: Past, now: datetime) -> Next:
    """Again later, on with another number, or enough."""
    if rule.most_of_lead and past.same_of_lead >= rule.most_of_lead:
        return Next(LeadStatus.EXHAUSTED, now)
    delay = timedelta(seconds=rule.delay_seconds)
    closes = past.same_of_number >= rule.most
    other = _other_line(past) if closes or rule.next_number else None
    if other is not None:
        return _moved(other, past, delay, now, closes=closes)
    if closes:
        return Next(LeadStatus.EXHAUSTED, now, closes_number=True)
    return Next(*_when(now + delay, now))


def _other_line(past: Past) -> Line | None:
    """The open number tried least, the nearest after the present one among equals."""
    size = len(past.lines)
    others = [line for line in past.lines if not line.closed and line.position != past.current]
    return min(
        others, key=lambda line: (line.attempts, (line.position - past.current) % (size + 1)), default=None
    )


def _moved(other: Line, past: Past, delay: timedelta, now: datetime, *, closes: bool) -> Next:
    """At once when the other number is behind the present one; after the delay when all had their turn."""
    present = next((line.attempts for line in past.lines if line.position == past.current), 0)
    status, at = _when(now if other.attempts < present else now + delay, now)
    return Next(status, at, move_to=other.position, closes_number=closes)


def _when(at: datetime, now: datetime) -> tuple[LeadStatus, datetime]:
    return (LeadStatus.LATER if at > now else LeadStatus.WAITING), at
