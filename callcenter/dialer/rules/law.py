"""Jurisdictions: what a law demands of a call, as data with a version. Reads the files beside it; else pure.

A file is one jurisdiction. Its `rules` are tables that say to which calls they apply (purposes, methods,
types of number, from when to when) and what they demand. Everything that applies must hold: there is no rule
that allows what another forbids. An administrator's own folder adds jurisdictions or replaces ours, a whole
file at a time.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct, field

from callcenter.dialer.rules.hours import FULL_DAY, Demand, Week, Window, known_zone, learn_holidays
from callcenter.dialer.rules.words import Basis, Counted, Method, OnHolidays, Purpose

FOLDER = Path(__file__).parent.parent / "jurisdictions"
ELSEWHERE = "ZZ"  # the cautious rules of a country that no file knows
UNCERTAIN_TYPES = frozenset({"", "fixed-or-mobile", "other", "voip"})  # may be a mobile, and may be none
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")

FURTHEST_DAYS = 92  # how far back earlier dials are looked at: no limit and no rest may be longer

Positive = Annotated[int, Meta(ge=1)]
Hours = Annotated[int, Meta(ge=0, le=FURTHEST_DAYS * 24)]
Days = Annotated[int, Meta(ge=0, le=FURTHEST_DAYS)]


class LawError(Exception):
    """A jurisdiction's file is wrong; the message says which and why."""


class HoursText(Struct, frozen=True, forbid_unknown_fields=True):
    """Windows as “08:00-12:00, 13:00-20:00”; empty is closed."""

    weekdays: str
    saturday: str
    sunday: str
    holidays: OnHolidays = OnHolidays.AS_USUAL


class ConsentDemand(Struct, frozen=True, forbid_unknown_fields=True):
    """At least this basis. `lasts_days`: for how long a basis counts from the day it was given."""

    basis: Basis
    proof: bool = False
    lasts_days: dict[Basis, Positive] = field(default_factory=dict)


class RegistryDemand(Struct, frozen=True, forbid_unknown_fields=True):
    """A list that must have been loaded, not longer ago than this. A number on it may be called all the same
    on the basis `unless` or a stronger one."""

    code: str
    max_age_days: Positive
    unless: Basis | None = None
    lasts_days: dict[Basis, Positive] = field(default_factory=dict)


class LimitDemand(Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many dials in so many hours."""

    most: Annotated[int, Meta(ge=0)]
    hours: Annotated[int, Meta(ge=1, le=FURTHEST_DAYS * 24)]
    counted: Counted


class LockOut(Struct, frozen=True, forbid_unknown_fields=True):
    """After an abandoned call, or one that a detector took for a machine: so long no call without an agent
    who is sure to be there."""

    abandoned_hours: Hours = 0
    machine_hours: Hours = 0


class AbandonRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the calls that people answer may find nobody, as a share, over a window of days (one: the
    calendar day; more: rolling). `machine_errors`: people whom a detector took for machines count as well."""

    limit: Annotated[float, Meta(gt=0, lt=1)]
    window_days: Positive
    connect_seconds: Annotated[float, Meta(gt=0)]
    machine_errors: bool = True


class MessageRule(Struct, frozen=True, forbid_unknown_fields=True):
    """What a recorded message (to an abandoned call, or instead of a person) has to contain."""

    identity: bool = True
    number: bool = False
    opt_out: bool = False


class Clause(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of a file. Empty `purposes`, `methods`, `number_types`: all of them."""

    name: str
    purposes: tuple[Purpose, ...] = ()
    methods: tuple[Method, ...] = ()
    number_types: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    forbidden: bool = False
    hours: HoursText | None = None
    consent: ConsentDemand | None = None
    registry: RegistryDemand | None = None
    limits: tuple[LimitDemand, ...] = ()
    rest_after_refusal_days: Days = 0
    lock_out: LockOut | None = None
    ring_seconds: int = 0
    abandon: AbandonRule | None = None
    message: MessageRule | None = None

    def applies(self, purpose: Purpose, method: Method, number_type: str) -> bool:
        """To such a call? Who may have a mobile is protected like one who has."""
        return (
            (not self.purposes or purpose in self.purposes)
            and (not self.methods or method in self.methods)
            and (
                not self.number_types
                or number_type in self.number_types
                or (number_type in UNCERTAIN_TYPES and "mobile" in self.number_types)
            )
        )


class Title(Struct, frozen=True, forbid_unknown_fields=True):
    en: str
    ru: str

    def in_language(self, language: str) -> str:
        return self.ru if language == "ru" else self.en


class Jurisdiction(Struct, frozen=True, forbid_unknown_fields=True):
    """A file. `regions` are the countries it holds in, `subdivisions` the parts (none: all of them); `zone`
    says when a day begins for `since` and `until`; `sources` are names of laws."""

    id: str
    version: Positive
    title: Title
    regions: tuple[str, ...]
    zone: str
    sources: tuple[str, ...]
    rules: tuple[Clause, ...]
    subdivisions: tuple[str, ...] = ()

    def in_force(self, clause: Clause, now: datetime) -> bool:
        start, end = self.moment(clause.since), self.moment(clause.until)
        return (start is None or now >= start) and (end is None or now < end)

    def moment(self, day: date | None) -> datetime | None:
        """The first moment of a day where this law holds."""
        if day is None:
            return None
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True, eq=False)  # a book is the same as itself only, and cheap to look up by
class Book:
    """All jurisdictions, by id."""

    by_id: Mapping[str, Jurisdiction]

    def laws_for(
        self, region: str, subdivisions: Sequence[str], extra: Sequence[str] = ()
    ) -> tuple[Jurisdiction, ...]:
        """What holds for a number there: the country's law, those of its parts, and what a campaign adds.

        Where no part is known, the laws of all of them hold.
        """
        found = [
            law
            for law in self.by_id.values()
            if law.id in extra
            or (
                region in law.regions
                and (
                    not law.subdivisions
                    or not subdivisions
                    or not set(law.subdivisions).isdisjoint(subdivisions)
                )
            )
        ]
        if not any(region in law.regions for law in found):
            found += [law for law in (self.by_id.get(ELSEWHERE),) if law is not None and law not in found]
        return tuple(found)

    def shortest_ring(self, region: str, now: datetime, purpose: Purpose = Purpose.ADVERTISING) -> int:
        """The least seconds that a call must ring in this country, whatever its parts say; 0: no rule."""
        return max(
            (c.ring_seconds for _, c in self._clauses(region, (), now) if _for_any_method(c, purpose)),
            default=0,
        )

    def abandon_rules(
        self, region: str, now: datetime, purpose: Purpose, subdivisions: Sequence[str] = ()
    ) -> tuple[AbandonRule, ...]:
        """Every limit on abandoned calls that holds there; all must be kept."""
        found = self._clauses(region, subdivisions, now)
        return tuple(c.abandon for _, c in found if c.abandon is not None and _for_any_method(c, purpose))

    def message_rule(self, region: str, now: datetime, purpose: Purpose) -> MessageRule:
        """What a recorded message must contain there: everything that any of the laws asks for."""
        found = [
            c.message
            for _, c in self._clauses(region, (), now)
            if c.message is not None and _for_any_method(c, purpose)
        ]
        return MessageRule(
            identity=True,
            number=any(rule.number for rule in found),
            opt_out=any(rule.opt_out for rule in found),
        )

    def registries(self) -> frozenset[str]:
        """Codes of all lists that some law asks for."""
        return frozenset(
            c.registry.code for law in self.by_id.values() for c in law.rules if c.registry is not None
        )

    def _clauses(
        self, region: str, subdivisions: Sequence[str], now: datetime
    ) -> list[tuple[Jurisdiction, Clause]]:
        return [
            (law, clause)
            for law in self.laws_for(region, subdivisions)
            for clause in law.rules
            if law.in_force(clause, now)
        ]


NO_LAWS = Book({})


def _for_any_method(clause: Clause, purpose: Purpose) -> bool:
    return not clause.purposes or purpose in clause.purposes


def read_windows(text: str) -> tuple[Window, ...]:
    """“08:00-12:00, 13:00-20:00”; empty is closed. Raises `ValueError`."""
    found: list[Window] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        ends = [_CLOCK.fullmatch(end.strip()) for end in part.split("-")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            raise ValueError(text)
        start, end = (int(m[1]) * 60 + int(m[2]) for m in ends if m is not None)
        if not (found[-1].end if found else 0) <= start < end <= FULL_DAY:
            raise ValueError(text)
        found.append(Window(start, end))
    return tuple(found)


@lru_cache(maxsize=256)
def week_of(hours: HoursText) -> Week:
    weekday, saturday, sunday = (read_windows(t) for t in (hours.weekdays, hours.saturday, hours.sunday))
    return (*[weekday] * 5, saturday, sunday)


def demand_of(hours: HoursText) -> Demand:
    """Without calendars: whoever applies it knows the place."""
    return Demand(week=week_of(hours), on_holidays=hours.holidays)


def read(content: bytes, name: str) -> Jurisdiction:
    """One file. Raises `LawError`."""
    try:
        found = msgspec.toml.decode(content, type=Jurisdiction)
    except (msgspec.DecodeError, ValueError) as error:
        raise LawError(f"{name}: {error}") from error
    for problem in _problems(found):
        raise LawError(f"{name}: {problem}")
    return found


def _problems(law: Jurisdiction) -> Iterable[str]:
    """What no type can say."""
    if not law.id or not law.sources or not law.title.en or not law.title.ru:
        yield "a jurisdiction needs an id, a title in both languages and its sources"
    if not known_zone(law.zone):
        yield f"there is no time zone {law.zone!r}"
    if any(len(r) != 2 or not r.isupper() for r in law.regions):
        yield "regions are two capital letters, like DE"
    if any(s[:2] not in law.regions for s in law.subdivisions):
        yield "a subdivision begins with its region, like US-FL"
    for clause in law.rules:
        if clause.since and clause.until and clause.since >= clause.until:
            yield f"rule {clause.name!r} ends before it begins"
        try:
            if clause.hours is not None:
                week_of(clause.hours)
        except ValueError as error:
            yield f"rule {clause.name!r}: {str(error)!r} are no hours; write 09:00-13:00, 14:00-20:00"


def load(own: Path | None = None, ours: Path = FOLDER) -> Book:
    """The house's files, and over them those of the administrator's folder. Raises `LawError`."""
    found: dict[str, Jurisdiction] = {}
    for folder in (ours, own):
        if folder is None:
            continue
        seen: dict[str, str] = {}
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
            contents = [(path.name, path.read_bytes()) for path in paths]
        except OSError as error:
            raise LawError(f"{folder}: {error.strerror}") from error
        for name, content in contents:
            law = read(content, name)
            if law.id in seen:
                raise LawError(f"{name}: {law.id} is also in {seen[law.id]}")
            seen[law.id] = name
            found[law.id] = law
    learn_holidays({region for law in found.values() for region in law.regions})
    return Book(found)


_in_force: list[Book] = [load()]  # at import: nobody reads files while calls are made


def install(book: Book) -> None:
    """From now on this is the law of the process."""
    _in_force[:] = [book]


def book() -> Book:
    """The law of this process: what was installed, else the house's own files."""
    return _in_force[0]
