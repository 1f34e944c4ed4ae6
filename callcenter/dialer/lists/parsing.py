"""Rows of a file as leads, or the reason why they cannot be any. Pure; heavy enough for its own process."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import msgspec

from callcenter.dialer.lists.cohorts import Cohort
from callcenter.dialer.lists.numbers import NumberReader, Read
from callcenter.dialer.lists.reading import Column, FieldType, Layout, Role
from callcenter.dialer.rules import known_zone
from callcenter.dialer.rules.places import Place, place_of_parsed
from callcenter.kernel.i18n import marked

LONGEST_VALUE = 500
MOST_VALUES_SHOWN = 20
MOST_PLACES_KEPT = 200_000
_YES = frozenset({"yes", "y", "true", "1", "x", "+", "да", "есть", "д"})
_NO = frozenset({"no", "n", "false", "0", "-", "нет", "н", ""})

NO_NUMBER = marked("The row has no number.")
BAD_NUMBER = marked("This is not a telephone number.")
BAD_FURTHER_NUMBER = marked("One of its numbers is not a telephone number and was left out.")
BAD_VALUE = marked("A value does not fit its field and was left out.")
TWICE_IN_FILE = marked("The number is in this list already.")
ID_TWICE_IN_FILE = marked("The customer’s code is in this list already.")

Value = str | float | bool


@dataclass(frozen=True, slots=True)
class Spec:
    """How the rows of one import are read. `by_id`: the customer's code tells rows apart, not the number."""

    layout: Layout
    region: str
    by_id: bool = False
    merge: bool = False  # rows of one code are one lead with all their numbers
    as_copy: bool = False  # PostgreSQL's text format instead of tuples


@dataclass(frozen=True, slots=True)
class Further:
    """Another number of a lead."""

    number: str
    number_raw: str
    kind: str
    cohort: Cohort


@dataclass(frozen=True, slots=True)
class Good:
    """A row that may become a lead. `remarks` say what of it was left out."""

    line: int
    number: str
    number_raw: str
    kind: str
    cohort: Cohort
    name: str = ""
    external_id: str = ""
    priority: int = 0
    rank: int = 0
    consent: bool = False
    fields: dict[str, Value] = field(default_factory=dict)
    more: list[Further] = field(default_factory=list)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that may not, and why; `taken` when only a part of it was left out."""

    line: int
    reason: str
    values: tuple[str, ...]
    taken: bool = False


Staged = tuple[int, str, str, str, str, str, str, bool, int, int, str | None]


@dataclass(slots=True)
class Prepared:
    """A batch on its way to the database."""

    read: int
    good: int
    last_line: int
    rows: list[Staged] = field(default_factory=list)
    copy: bytes = b""
    bad: list[Bad] = field(default_factory=list)
    cohorts: set[Cohort] = field(default_factory=set)
    numbers: list[str] = field(default_factory=list)
    several: bool = False  # some lead has several numbers


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, layout: Layout, region: str) -> None:
        self._numbers = NumberReader(region)
        self._region = region
        self._places: dict[tuple[Place, str, str], Place] = {}
        self._one: dict[Role, int] = {c.role: c.index for c in layout.columns if c.role is not Role.FIELD}
        self._number_columns = [c for c in layout.columns if c.role is Role.NUMBER]
        self._names = [c.index for c in layout.columns if c.role is Role.NAME]
        self._fields = [c for c in layout.columns if c.role is Role.FIELD]

    def read(self, line: int, cells: Sequence[str]) -> Good | Bad:
        """One row."""
        numbers, remarks = self._numbers_of(cells)
        if not numbers:
            return Bad(line, BAD_NUMBER if remarks else NO_NUMBER, tuple(cells[:MOST_VALUES_SHOWN]))
        column, written, first = numbers[0]
        fields, misfits = self._fields_of(cells)
        if misfits:
            remarks.append(BAD_VALUE)
        return Good(
            line=line,
            number=first.number.e164,
            number_raw=written[:80],
            kind=column.kind,
            cohort=self._cohort(first, cells),
            name=" ".join(filter(None, (_cell(cells, i) for i in self._names)))[:200],
            external_id=self._value(cells, Role.EXTERNAL_ID)[:80],
            priority=_whole(self._value(cells, Role.PRIORITY)),
            rank=_whole(self._value(cells, Role.RANK)),
            consent=self._value(cells, Role.CONSENT).casefold() in _YES,
            fields=fields,
            more=[
                Further(read.number.e164, raw[:80], more.kind, self._cohort(read, cells))
                for more, raw, read in numbers[1:]
            ],
            remarks=tuple(remarks),
        )

    def _numbers_of(self, cells: Sequence[str]) -> tuple[list[tuple[Column, str, Read]], list[str]]:
        """The row's numbers, each once; a remark when one cannot be read."""
        found: list[tuple[Column, str, Read]] = []
        seen: set[str] = set()
        remarks: list[str] = []
        for column in self._number_columns:
            written = _cell(cells, column.index)
            if not written:
                continue
            read = self._numbers.read(written)
            if read is None:
                remarks = [BAD_FURTHER_NUMBER]
            elif read.number.e164 not in seen:
                seen.add(read.number.e164)
                found.append((column, written, read))
        return found, remarks

    def _cohort(self, read: Read, cells: Sequence[str]) -> Cohort:
        place = read.place
        postal_code = self._value(cells, Role.POSTAL_CODE)
        country = self._value(cells, Role.COUNTRY)
        if postal_code or country:
            # of the number only what its place says has a part in this, so few are worked out
            key = (place, postal_code, country)
            known = self._places.get(key)
            if known is None:
                code = country if len(country) == 2 and country.isalpha() else ""
                known = place_of_parsed(read.number, postal_code, code)
                if len(self._places) < MOST_PLACES_KEPT:
                    self._places[key] = known
            place = known
        zone = self._value(cells, Role.ZONE)
        return _cohort_of(place, zone if zone and known_zone(zone) else "")

    def _fields_of(self, cells: Sequence[str]) -> tuple[dict[str, Value], bool]:
        found: dict[str, Value] = {}
        misfits = False
        for column in self._fields:
            written = _cell(cells, column.index)
            if not written:
                continue
            value = value_of(written, column.type, self._region)
            if value is None:
                misfits = True
            else:
                found[column.name] = value
        return found, misfits

    def _value(self, cells: Sequence[str], role: Role) -> str:
        index = self._one.get(role)
        return _cell(cells, index) if index is not None else ""


@lru_cache(maxsize=4096)
def _cohort_of(place: Place, zone: str) -> Cohort:
    zones = (zone,) if zone else place.zones
    return Cohort(zones, place.region[:2], place.subdivision, place.number_type)


def _cell(cells: Sequence[str], index: int) -> str:
    """Without NUL, which no column of PostgreSQL holds."""
    return cells[index].replace("\0", "").strip() if index < len(cells) else ""


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d{1,6}", text) else 0


def value_of(written: str, kind: FieldType, region: str) -> Value | None:
    """A cell as the value of a field of this type; None: it is no such value."""
    match kind:
        case FieldType.TEXT:
            return written[:LONGEST_VALUE]
        case FieldType.NUMBER:
            return _number(written)
        case FieldType.DATE:
            return _date(written, region)
        case FieldType.YES_NO:
            plain = written.casefold()
            return True if plain in _YES else False if plain in _NO else None


def _number(written: str) -> float | None:
    compact = re.sub(r"[\s\u00a0']", "", written)
    if re.fullmatch(r"-?\d+(\.\d{3})*,\d+", compact):  # 1.234,50 and 12,5
        compact = compact.replace(".", "").replace(",", ".")
    compact = compact.replace(",", "")
    return float(compact) if re.fullmatch(r"-?\d{1,15}(\.\d+)?", compact) else None


def _date(written: str, region: str) -> str | None:
    """As ISO. 3/4/2026 is a month first in North America, a day first elsewhere."""
    parts = re.fullmatch(r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})", written.split()[0])
    if parts is None:
        return None
    first, second, third = (int(part) for part in parts.groups())
    if len(parts[1]) == 4:
        year, month, day = first, second, third
    elif "/" in written and region in ("US", "CA"):
        month, day, year = first, second, third
    else:
        day, month, year = first, second, third
    try:
        return date(year if year > 99 else 2000 + year, month, day).isoformat()
    except ValueError:
        return None


@lru_cache(maxsize=2)
def _reader_of(spec: Spec) -> RowReader:
    return RowReader(spec.layout, spec.region)


def prepare(batch: Sequence[tuple[int, list[str]]], spec: Spec) -> Prepared:
    """A batch of rows read, told apart, and written as the database takes them."""
    reader = _reader_of(spec)
    kept: dict[str, Good] = {}
    bad: list[Bad] = []
    for line, cells in batch:
        row = reader.read(line, cells)
        if isinstance(row, Bad):
            bad.append(row)
            continue
        key = (row.external_id or row.number) if spec.by_id else row.number
        known = kept.get(key)
        if known is None:
            kept[key] = row
            bad.extend(Bad(line, text, tuple(cells[:MOST_VALUES_SHOWN]), taken=True) for text in row.remarks)
        elif spec.merge:
            _merge(known, row)
        else:
            reason = ID_TWICE_IN_FILE if spec.by_id else TWICE_IN_FILE
            bad.append(Bad(line, reason, (row.number_raw, row.name)))
    return _written(batch, list(kept.values()), bad, spec)


def _merge(known: Good, row: Good) -> None:
    """The numbers of a later row of the same customer."""
    have = {known.number, *(further.number for further in known.more)}
    own = Further(row.number, row.number_raw, row.kind, row.cohort)
    known.more.extend(further for further in (own, *row.more) if further.number not in have)


def _written(
    batch: Sequence[tuple[int, list[str]]], good: list[Good], bad: list[Bad], spec: Spec
) -> Prepared:
    cohorts = {row.cohort for row in good} | {more.cohort for row in good for more in row.more}
    staged = [_staged(row) for row in good]
    found = Prepared(
        read=len(batch),
        good=len(good),
        last_line=batch[-1][0] if batch else 0,
        bad=bad,
        cohorts=cohorts,
        numbers=[row.number for row in good],
        several=any(row.more for row in good),
    )
    if spec.as_copy:
        found.copy = "".join(_copy_line(row) for row in staged).encode()
    else:
        found.rows = staged
    return found


def _staged(row: Good) -> Staged:
    more = None
    if row.more:
        first = [row.number, row.number_raw, row.kind, row.cohort.key]
        others = [[m.number, m.number_raw, m.kind, m.cohort.key] for m in row.more]
        more = msgspec.json.encode([first, *others]).decode()
    return (
        *(row.line, row.number, row.number_raw, row.name, row.external_id, row.cohort.key),
        msgspec.json.encode(row.fields).decode() if row.fields else "{}",
        *(row.consent, row.priority, row.rank, more),
    )


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_line(row: Staged) -> str:
    line, number, raw, name, external_id, cohort, fields, consent, priority, rank, more = row
    texts = "\t".join(text.translate(_ESCAPES) for text in (raw, name, external_id))
    rest = "\\N" if more is None else more.translate(_ESCAPES)
    start = f"{line}\t{number}\t{texts}\t{cohort}\t{fields.translate(_ESCAPES)}"
    return f"{start}\t{'t' if consent else 'f'}\t{priority}\t{rank}\t{rest}\n"
