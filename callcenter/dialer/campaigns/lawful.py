"""What the law says of a campaign's calls, place by place, in sentences. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from callcenter.dialer.reasons import BASES, COUNTED
from callcenter.dialer.rules.hours import FULL_DAY, Demand, Window
from callcenter.dialer.rules.law import AbandonRule, Book
from callcenter.dialer.rules.terms import By, Terms
from callcenter.dialer.rules.words import OnHolidays
from callcenter.kernel.i18n import marked

Say = Callable[[str, Mapping[str, object] | None], str]
D = TypeVar("D")
HOURS_A_DAY = 24
A_DAY = marked("Of the people who answer in a day at most {share} % may get no agent within {seconds} s.")
IN_DAYS = marked(
    "Of the people who answer in {days} days at most {share} % may get no agent within {seconds} s."
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence with its icon. `forbids`: these calls may not be made at all."""

    text: str
    icon: str
    forbids: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A country or a part of it, with the leads that are there."""

    title: str
    leads: int
    facts: tuple[Fact, ...]


def place_of(
    terms: Terms, book: Book, abandons: Sequence[AbandonRule], leads: int, language: str, say: Say
) -> Place:
    """`say` translates a msgid and fills it."""
    titles = [book.by_id[law].title.in_language(language) for law in terms.laws if law in book.by_id]
    named = terms.where.region or say(marked("Country not known"), None)
    return Place(", ".join(titles) or named, leads, (*_facts(terms, say), *_abandoned(abandons, say)))


def _facts(terms: Terms, say: Say) -> Iterator[Fact]:
    if _of_law((by, True) for by in terms.forbidden):
        yield Fact(
            say(
                marked("This mode is forbidden there for this purpose. Choose another mode or purpose."), None
            ),
            "alert",
            forbids=True,
        )
    for demand in _of_law(terms.hours):
        yield Fact(_hours(demand, say), "clock")
    for consent in _of_law(terms.consents):
        text = (
            marked("Consent is needed, at least: {basis}, and its proof must be kept.")
            if consent.proof
            else marked("Consent is needed, at least: {basis}.")
        )
        yield Fact(say(text, {"basis": say(BASES[consent.basis], None)}), "shield")
    for registry in _of_law(terms.registries):
        text = marked(
            "Numbers on the registry {code} are not called; its file may be {days} days old at most."
        )
        yield Fact(say(text, {"code": registry.code, "days": registry.max_age_days}), "list")
    for limit in _of_law(terms.limits):
        days, rest = divmod(limit.hours, HOURS_A_DAY)
        text = (
            marked("At most {most} calls in {span} h: {counted}.")
            if rest or days == 1
            else marked("At most {most} calls in {span} days: {counted}.")
        )
        span = limit.hours if rest or days == 1 else days
        counted = say(COUNTED[limit.counted], None)
        yield Fact(say(text, {"most": limit.most, "span": span, "counted": counted}), "refresh")
    for days in _of_law(terms.rests):
        yield Fact(
            say(marked("After a refusal the customer is left alone for {days} days."), {"days": days}),
            "pause",
        )
    for lock in _of_law(terms.lock_outs):
        text = marked("After an abandoned call no dialer may call the number for {hours} h.")
        if lock.abandoned_hours:
            yield Fact(say(text, {"hours": lock.abandoned_hours}), "lock")
    for seconds in _of_law(terms.rings):
        yield Fact(say(marked("It has to ring for {seconds} s at least."), {"seconds": seconds}), "bell")


def _abandoned(rules: Sequence[AbandonRule], say: Say) -> Iterator[Fact]:
    for rule in dict.fromkeys(rules):
        text = A_DAY if rule.window_days == 1 else IN_DAYS
        values = {
            "share": f"{rule.limit * 100:g}",
            "seconds": f"{rule.connect_seconds:g}",
            "days": rule.window_days,
        }
        yield Fact(say(text, values), "miss")


def _of_law(demanded: Iterable[tuple[By, D]]) -> list[D]:
    """What laws demand, each thing once; what the campaign or the company asks of itself is left out."""
    found: list[D] = []
    for by, demand in demanded:
        if by.who not in ("campaign", "company") and demand not in found:
            found.append(demand)
    return found


def _hours(demand: Demand, say: Say) -> str:
    closed = say(marked("closed"), None)

    def day(weekday: int) -> str:
        windows = demand.week[weekday] if demand.week else (Window(0, FULL_DAY),)
        return ", ".join(f"{_clock(w.start)}–{_clock(w.end)}" for w in windows) or closed

    text = marked("Hours: weekdays {weekdays}, Saturday {saturday}, Sunday {sunday}.")
    found = say(text, {"weekdays": day(0), "saturday": day(5), "sunday": day(6)})
    if demand.on_holidays is OnHolidays.CLOSED:
        found += " " + say(marked("No calls on public holidays."), None)
    elif demand.on_holidays is OnHolidays.SUNDAY:
        found += " " + say(marked("Public holidays count as Sundays."), None)
    return found


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
