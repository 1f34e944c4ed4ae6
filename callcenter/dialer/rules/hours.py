"""When calls are allowed: windows of a local day, holidays, zones in doubt, and the next change. Pure.

A timetable answers for one set of demands and one set of possible zones: open is what every demand allows in
every zone. It computes in whole minutes of UTC, one UTC day at a time, from the stretches of constant offset
in that day: so hours that the clock skips or repeats come out right without cases of their own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from callcenter.dialer.rules.words import OnHolidays

DAYS_AHEAD = 70  # how far a change is looked for: campaigns that open later are closed for now
FULL_DAY = 24 * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of a local day in which calls are allowed: from `start` up to but not including `end`."""

    start: int
    end: int


Week = tuple[tuple[Window, ...], ...]
"""Windows by weekday, Monday first. An empty tuple instead of seven days: no limit."""

ALWAYS: tuple[Window, ...] = (Window(0, FULL_DAY),)
Span = tuple[int, int]  # minutes since the epoch


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose public holidays count. Without a subdivision: a day that is one in any of them."""

    region: str
    subdivision: str = ""


@dataclass(frozen=True, slots=True)
class Demand:
    """The hours that one law, or the campaign, allows."""

    week: Week = ()
    closed_on: frozenset[date] = frozenset()
    on_holidays: OnHolidays = OnHolidays.AS_USUAL
    calendars: tuple[Calendar, ...] = ()

    @property
    def limits(self) -> bool:
        """Does it forbid any hour at all?"""
        return bool(self.week or self.closed_on or self.on_holidays is OnHolidays.CLOSED)

    def windows(self, day: date) -> tuple[Window, ...]:
        """Of a local day."""
        if day in self.closed_on:
            return ()
        if self.on_holidays is not OnHolidays.AS_USUAL and is_holiday(day, self.calendars):
            if self.on_holidays is OnHolidays.CLOSED:
                return ()
            return self.week[SUNDAY] if self.week else ALWAYS
        return self.week[day.weekday()] if self.week else ALWAYS


@dataclass(frozen=True, slots=True)
class State:
    """Open or closed, and the moment at which that changes; None: not within the horizon."""

    open: bool
    changes_at: datetime | None


class Timetable:
    """The hours in which all demands hold in all zones, computed as far as anybody asks."""

    __slots__ = ("_days", "_demands", "_zones")

    def __init__(self, demands: Sequence[Demand], zones: Sequence[str]) -> None:
        self._demands = tuple(demand for demand in demands if demand.limits)
        self._zones = tuple(dict.fromkeys(zones))
        self._days: dict[int, tuple[Span, ...]] = {}

    def is_open(self, moment: datetime) -> bool:
        if not self._demands:
            return True
        minute = _minute_of(moment)
        return any(start <= minute < end for start, end in self._day(minute // FULL_DAY))

    def state(self, moment: datetime) -> State:
        """How it stands, and until when."""
        if not self._demands:
            return State(open=True, changes_at=None)
        now = self.is_open(moment)
        return State(now, self._closing(moment) if now else self._opening(moment))

    def _opening(self, moment: datetime) -> datetime | None:
        minute = _minute_of(moment)
        first = minute // FULL_DAY
        for day in range(first, first + DAYS_AHEAD + 1):
            for start, _end in self._day(day):
                if start > minute:
                    return EPOCH + timedelta(minutes=start)
        return None

    def _closing(self, moment: datetime) -> datetime | None:
        minute = _minute_of(moment)
        first = minute // FULL_DAY
        for day in range(first, first + DAYS_AHEAD + 1):
            for start, end in self._day(day):
                if start <= minute < end:
                    minute = end
            if minute < (day + 1) * FULL_DAY:
                return EPOCH + timedelta(minutes=minute)
        return None

    def _day(self, day: int) -> tuple[Span, ...]:
        """The open spans of a UTC day, in order, none touching the next."""
        known = self._days.get(day)
        if known is None:
            known = ((day * FULL_DAY, (day + 1) * FULL_DAY),)
            for zone in self._zones:
                for demand in self._demands:
                    known = _both(known, _open_spans(zone, demand, day))
            self._days[day] = known
        return known


@lru_cache(maxsize=4096)
def timetable(demands: tuple[Demand, ...], zones: tuple[str, ...]) -> Timetable:
    """The same demands in the same zones are computed once."""
    return Timetable(demands, zones)


@lru_cache(maxsize=1024)  # ZoneInfo itself keeps only a few alive
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of this name; None: there is none we can compute with."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def known_zone(name: str) -> bool:
    """Is this an IANA zone that we can compute with?"""
    return zone_of(name) is not None


def is_holiday(day: date, calendars: Sequence[Calendar]) -> bool:
    """Is this a public holiday by any of these calendars?"""
    return any(day in _holidays(c.region, c.subdivision, day.year) for c in calendars)


def learn_holidays(regions: Collection[str]) -> None:
    """Import what is known of these countries, so that it need not be when a call waits."""
    for region in regions:
        _holidays(region, "-", 2026)


@lru_cache(maxsize=512)
def _holidays(region: str, subdivision: str, year: int) -> frozenset[date]:
    """Public holidays of a country, or of a part of it; a country that nobody knows has none."""
    try:
        known = holidays.country_holidays(region, years=year)
    except NotImplementedError:
        return frozenset()
    parts = type(known).subdivisions
    part = subdivision.partition("-")[2]
    chosen = [part] if part in parts else [] if part else list(parts)
    found = set(known)
    for name in chosen:
        found |= set(holidays.country_holidays(region, subdiv=name, years=year))
    return frozenset(found)


def _open_spans(zone: str, demand: Demand, day: int) -> tuple[Span, ...]:
    """Where one demand holds in one zone within a UTC day."""
    found: list[Span] = []
    for start, end, offset in _stretches(zone, day):
        for local_day in range((start + offset) // FULL_DAY, (end - 1 + offset) // FULL_DAY + 1):
            begin = local_day * FULL_DAY - offset
            for window in demand.windows(date.fromordinal(_ORDINAL + local_day)):
                span = (max(start, begin + window.start), min(end, begin + window.end))
                if span[0] < span[1]:
                    found.append(span)
    return _joined(found)


_ORDINAL = EPOCH.toordinal()


@lru_cache(maxsize=65536)
def _stretches(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """A UTC day as (first minute, end, offset in minutes): one stretch, or two when the clocks change."""
    place = zone_of(zone) or UTC
    start, end = day * FULL_DAY, (day + 1) * FULL_DAY
    before, after = _offset(place, start), _offset(place, end - 1)
    if before == after:
        return ((start, end, before),)
    low, high = start, end - 1  # the offset is `before` at low and `after` at high
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(place, middle) == before:
            low = middle
        else:
            high = middle
    return ((start, high, before), (high, end, after))


def _offset(place: tzinfo, minute: int) -> int:
    moment = (EPOCH + timedelta(minutes=minute)).astimezone(place)
    offset = moment.utcoffset()
    return int(offset.total_seconds() // 60) if offset is not None else 0


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _both(one: tuple[Span, ...], other: tuple[Span, ...]) -> tuple[Span, ...]:
    """Where both are open."""
    found = [(max(a, c), min(b, d)) for a, b in one for c, d in other if max(a, c) < min(b, d)]
    return tuple(sorted(found))


def _minute_of(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds() // 60)
