"""A file of leads, as spreadsheets and old programs write it. Pure: bytes in, rows out."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from callcenter.dialer.rules import known_zone
from callcenter.kernel import phone
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked

SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
ROLES = ("number", "name", "zone", "priority", "consent")
MOST_FIELDS = 40
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FREQUENT_RUSSIAN = "оеаинтсрвлкм"
_NAMES: Mapping[str, tuple[str, ...]] = {
    "number": (
        *("phone number", "phone", "telephone", "mobile", "number", "tel", "cell", "msisdn"),
        *("телефон", "номер телефона", "мобильный", "номер", "тел"),
    ),
    "name": (
        *("full name", "name", "customer", "client", "contact", "first name", "company"),
        *("фио", "имя", "клиент", "контакт", "название", "организация"),
    ),
    "zone": ("time zone", "timezone", "zone", "tz", "часовой пояс", "пояс"),
    "priority": ("priority", "приоритет"),
    "consent": ("consent", "opt-in", "opt in", "согласие"),
}
_YES = frozenset({"yes", "y", "true", "1", "да", "есть"})

NO_NUMBER = marked("The row has no number.")
BAD_NUMBER = marked("This is not a telephone number.")
TWICE_IN_FILE = marked("The number is in this list already.")
TWICE_IN_CAMPAIGN = marked("The number is in this campaign already.")


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file: `columns` maps a role to an index; the other columns keep their heading."""

    encoding: str
    delimiter: str
    heading: tuple[str, ...]
    columns: Mapping[str, int]
    has_heading: bool


@dataclass(frozen=True, slots=True)
class Good:
    """A row that may become a lead."""

    line: int
    number: str
    number_raw: str
    name: str
    zones: tuple[str, ...]
    region: str
    number_type: str
    priority: int
    consent: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that may not, and why."""

    line: int
    reason: str
    values: tuple[str, ...]


def detect(content: bytes, region: str) -> Layout:
    """Guess how a file is written; raises `Invalid` when there is nothing to read or no number column."""
    encoding = detect_encoding(content)
    sample = content[:SAMPLE].decode(encoding, errors="replace")
    first_lines = [line for line in sample.splitlines()[:30] if line.strip()]
    if not first_lines:
        raise Invalid({"file": marked("The file is empty.")})
    delimiter = _detect_delimiter(first_lines)
    rows = list(csv.reader(first_lines, delimiter=delimiter))
    heading = tuple(cell.strip() for cell in rows[0])
    has_heading = not any(phone.to_e164(cell, region) for cell in heading)
    columns = guess_columns(heading) if has_heading else {}
    if "number" not in columns:
        found = _column_of_numbers(rows[has_heading:], region)
        if found is None:
            raise Invalid({"file": marked("No column with telephone numbers was found.")})
        columns["number"] = found
    return Layout(
        encoding=encoding,
        delimiter=delimiter,
        heading=heading if has_heading else tuple(f"{n + 1}" for n in range(len(heading))),
        columns=columns,
        has_heading=has_heading,
    )


def detect_encoding(content: bytes) -> str:
    """A byte order mark, UTF-8, or the Cyrillic or western code page in which the text reads best."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    sample = content[:SAMPLE]
    runs = re.findall(rb"[\x80-\xff]{3,}", sample)
    if sum(map(len, runs)) * 2 < sum(1 for byte in sample if byte >= 0x80):
        return "cp1252"  # accents stand alone between Latin letters; Cyrillic words are runs
    return max(("cp1251", "koi8-r", "cp866"), key=lambda name: _russian_letters(sample, name))


def _russian_letters(sample: bytes, encoding: str) -> int:
    text = sample.decode(encoding, errors="replace")
    return sum(text.count(letter) for letter in _FREQUENT_RUSSIAN)


def _detect_delimiter(lines: list[str]) -> str:
    """The candidate that splits every line into the same, largest number of cells."""

    def quality(delimiter: str) -> tuple[bool, int]:
        widths = {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
        return len(widths) == 1, min(widths, default=0)

    steady = [d for d in DELIMITERS if quality(d)[0] and quality(d)[1] > 1]
    if steady:
        return max(steady, key=lambda d: quality(d)[1])
    return max(DELIMITERS, key=lambda d: lines[0].count(d))


def guess_columns(heading: tuple[str, ...]) -> dict[str, int]:
    """Roles by the words of a heading, an exact name before one that only contains it."""
    cells = [" ".join(re.split(r"[\s_.\-]+", cell.strip().lower())) for cell in heading]
    found: dict[str, int] = {}
    for role, names in _NAMES.items():
        exact = next((cells.index(name) for name in names if name in cells), None)
        part = next((i for i, cell in enumerate(cells) if any(name in cell for name in names)), None)
        index = exact if exact is not None else part
        if index is not None and index not in found.values():
            found[role] = index
    return found


def _column_of_numbers(rows: list[list[str]], region: str) -> int | None:
    width = max((len(row) for row in rows), default=0)
    hits = [
        sum(1 for row in rows if index < len(row) and phone.to_e164(row[index], region))
        for index in range(width)
    ]
    best = max(range(width), key=lambda index: hits[index], default=None)
    return best if best is not None and hits[best] else None


def override(layout: Layout, columns: Mapping[str, int]) -> Layout:
    """The same file with columns that a person chose."""
    for role, index in columns.items():
        if role not in ROLES or not 0 <= index < len(layout.heading):
            raise Invalid({"columns": marked("There is no such column.")})
    if "number" not in columns:
        raise Invalid({"columns": marked("Say which column holds the number.")})
    return Layout(layout.encoding, layout.delimiter, layout.heading, dict(columns), layout.has_heading)


def rows(content: bytes, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, without the heading and empty lines."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding=layout.encoding, errors="replace", newline="")
    reader = csv.reader(text, delimiter=layout.delimiter)
    for index, cells in enumerate(reader):
        if (index or not layout.has_heading) and any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def read_row(line: int, cells: list[str], layout: Layout, region: str) -> Good | Bad:
    """One row as a lead, or the reason why it cannot be one."""

    def cell(role: str) -> str:
        index = layout.columns.get(role)
        return cells[index].strip() if index is not None and index < len(cells) else ""

    number_raw = cell("number")
    if not number_raw:
        return Bad(line, NO_NUMBER, tuple(cells))
    number = phone.parse(number_raw, region)
    if number is None:
        return Bad(line, BAD_NUMBER, tuple(cells))
    zone = cell("zone")
    priority = cell("priority")
    used = set(layout.columns.values())
    return Good(
        line=line,
        number=number.e164,
        number_raw=number_raw[:80],
        name=cell("name")[:200],
        zones=(zone,) if zone and known_zone(zone) else number.zones,
        region=number.region,
        number_type=number.kind,
        priority=int(priority) if re.fullmatch(r"-?\d{1,4}", priority) else 0,
        consent=cell("consent").casefold() in _YES,
        fields={
            heading or str(index + 1): cells[index].strip()[:500]
            for index, heading in enumerate(layout.heading[:MOST_FIELDS])
            if index not in used and index < len(cells) and cells[index].strip()
        },
    )
