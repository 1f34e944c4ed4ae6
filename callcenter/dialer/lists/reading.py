"""How a file of leads is written, and what its columns mean. Pure: bytes in, a layout out.

A layout is guessed from the beginning of the file, shown to a person, changed, and remembered.
"""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import TextIO

from callcenter.kernel import phone
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked

SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8-r", "cp866", "cp1252")
MOST_FIELDS = 40
MOST_NUMBERS = 10
LONGEST_NAME = 80
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FREQUENT_RUSSIAN = "оеаинтсрвлкм"


class Role(StrEnum):
    """What a column is for."""

    NUMBER = "number"
    NAME = "name"
    EXTERNAL_ID = "external-id"
    ZONE = "zone"
    POSTAL_CODE = "postal-code"
    COUNTRY = "country"
    PRIORITY = "priority"
    RANK = "rank"
    CONSENT = "consent"
    FIELD = "field"
    SKIP = "skip"


class NumberKind(StrEnum):
    """Whose telephone it is, in the owner's words."""

    MOBILE = "mobile"
    WORK = "work"
    HOME = "home"
    OTHER = "other"


class FieldType(StrEnum):
    """What a lead's own field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes-no"


REPEATABLE = frozenset({Role.NUMBER, Role.NAME, Role.FIELD, Role.SKIP})
_NAMES: Mapping[Role, tuple[str, ...]] = {
    Role.NAME: (
        *("full name", "name", "customer", "client", "contact", "first name", "last name", "surname"),
        *("company", "фио", "имя", "фамилия", "отчество", "клиент", "контакт", "название", "организация"),
    ),
    Role.EXTERNAL_ID: (
        *("external id", "customer id", "client id", "lead id", "account", "id", "код клиента"),
        *("номер договора", "лицевой счет", "лицевой счёт", "идентификатор"),
    ),
    Role.ZONE: ("time zone", "timezone", "zone", "tz", "часовой пояс", "пояс"),
    Role.POSTAL_CODE: ("postal code", "postcode", "zip code", "zip", "индекс", "почтовый индекс"),
    Role.COUNTRY: ("country", "country code", "страна"),
    Role.PRIORITY: ("priority", "приоритет"),
    Role.RANK: ("rank", "score", "ранг", "балл"),
    Role.CONSENT: ("consent", "opt-in", "opt in", "согласие"),
}
_TELEPHONES = (
    *("phone number", "phone", "telephone", "mobile", "number", "tel", "cell", "msisdn"),
    *("телефон", "номер телефона", "мобильный", "номер", "тел"),
)
_KIND_WORDS: Mapping[NumberKind, tuple[str, ...]] = {
    NumberKind.MOBILE: ("mobile", "cell", "msisdn", "мобильн", "сотов"),
    NumberKind.WORK: ("work", "office", "business", "рабоч", "служебн"),
    NumberKind.HOME: ("home", "домашн"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file. `kind` is of a number; `name` and `type` are of a lead's own field."""

    index: int
    role: Role
    kind: NumberKind = NumberKind.OTHER
    name: str = ""
    type: FieldType = FieldType.TEXT


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file. Columns that nobody gave a meaning are fields under their heading."""

    encoding: str
    delimiter: str
    heading: tuple[str, ...]
    columns: tuple[Column, ...]
    has_heading: bool

    @property
    def roles(self) -> dict[str, int]:
        """The first column of every role but fields."""
        found: dict[str, int] = {}
        for column in self.columns:
            if column.role not in (Role.FIELD, Role.SKIP):
                found.setdefault(column.role.value, column.index)
        return found


def detect(content: bytes, region: str, *, encoding: str = "", delimiter: str = "") -> Layout:
    """Guess how a file is written from its beginning; what is given is not guessed.

    Raises `Invalid` when there is nothing to read or no column of numbers.
    """
    encoding = encoding or detect_encoding(content)
    sample = content[:SAMPLE].decode(encoding, errors="replace")
    first_lines = [line for line in sample.splitlines()[:30] if line.strip()]
    if not first_lines:
        raise Invalid({"file": marked("The file is empty.")})
    delimiter = delimiter or _detect_delimiter(first_lines)
    rows = list(csv.reader(first_lines, delimiter=delimiter))
    heading = tuple(cell.strip() for cell in rows[0])
    has_heading = not any(phone.to_e164(cell, region) for cell in heading)
    columns = guess_columns(heading) if has_heading else {}
    if Role.NUMBER not in columns.values():
        found = _column_of_numbers(rows[has_heading:], region)
        if found is None:
            raise Invalid({"file": marked("No column with telephone numbers was found.")})
        columns[found] = Role.NUMBER
    names = heading if has_heading else tuple(f"{n + 1}" for n in range(len(heading)))
    return Layout(encoding, delimiter, names, _columns(names, columns), has_heading)


def detect_encoding(content: bytes) -> str:
    """A byte order mark, UTF-8, or the Cyrillic or western code page in which the text reads best."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)  # the last character may be cut off
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


def guess_columns(heading: Sequence[str]) -> dict[int, Role]:
    """Roles by the words of a heading, an exact name before one that only contains it."""
    cells = [_plain(cell) for cell in heading]
    found: dict[int, Role] = {}
    for role, names in ((Role.NUMBER, _TELEPHONES), *_NAMES.items()):
        exact = [i for i, cell in enumerate(cells) if cell in names and i not in found]
        part = [i for i, cell in enumerate(cells) if i not in found and _is_about(cell, names)]
        chosen = exact or part
        if role is Role.NUMBER:
            chosen = sorted({*exact, *(i for i in part if _kind_of(cells[i]) or not exact)})
        found |= dict.fromkeys(chosen if role in REPEATABLE else chosen[:1], role)
    return found


def _plain(cell: str) -> str:
    return " ".join(re.split(r"[\s_.\-]+", cell.strip().lower()))


def _is_about(cell: str, names: Sequence[str]) -> bool:
    words = cell.split()
    return any(name in cell if " " in name else any(w.startswith(name) for w in words) for name in names)


def _kind_of(cell: str) -> NumberKind | None:
    return next((kind for kind, words in _KIND_WORDS.items() if any(w in cell for w in words)), None)


def _columns(heading: Sequence[str], roles: Mapping[int, Role]) -> tuple[Column, ...]:
    found = []
    for index, name in enumerate(heading):
        role = roles.get(index, Role.FIELD if index < MOST_FIELDS else Role.SKIP)
        if role is Role.NUMBER:
            found.append(Column(index, role, kind=_kind_of(_plain(name)) or NumberKind.OTHER))
        else:
            found.append(Column(index, role, name=_field_name(name, index) if role is Role.FIELD else ""))
    return tuple(found)


def _field_name(heading: str, index: int) -> str:
    return heading[:LONGEST_NAME] or str(index + 1)


def _column_of_numbers(rows: list[list[str]], region: str) -> int | None:
    width = max((len(row) for row in rows), default=0)
    hits = [
        sum(1 for row in rows if index < len(row) and phone.to_e164(row[index], region))
        for index in range(width)
    ]
    best = max(range(width), key=lambda index: hits[index], default=None)
    return best if best is not None and hits[best] else None


def override(layout: Layout, columns: Mapping[str, int]) -> Layout:
    """The same file with columns that a person chose: role to index. The rest are fields."""
    known = {role.value: role for role in Role if role not in (Role.FIELD, Role.SKIP)}
    roles: dict[int, Role] = {}
    for name, index in columns.items():
        if name not in known or not 0 <= index < len(layout.heading):
            raise Invalid({"columns": marked("There is no such column.")})
        roles[index] = known[name]
    return checked(replace(layout, columns=_columns(layout.heading, roles)))


def checked(layout: Layout) -> Layout:
    """The layout, if it can be read; raises `Invalid` beside what is wrong."""
    roles = [column.role for column in layout.columns]
    numbers = roles.count(Role.NUMBER)
    if not numbers:
        raise Invalid({"columns": marked("Say which column holds the number.")})
    if numbers > MOST_NUMBERS:
        raise Invalid({"columns": marked("A lead has at most ten numbers.")})
    if any(roles.count(role) > 1 for role in set(roles) - REPEATABLE):
        raise Invalid({"columns": marked("Two columns have the same meaning.")})
    names = [column.name for column in layout.columns if column.role is Role.FIELD]
    if not all(names) or len(set(names)) != len(names):
        raise Invalid({"columns": marked("Each field needs a name of its own.")})
    if layout.encoding not in ENCODINGS or layout.delimiter not in DELIMITERS:
        raise Invalid({"file": marked("The file cannot be read in this way.")})
    return layout


def heading_key(heading: Sequence[str]) -> str:
    """By what a mapping is remembered: the columns' names in their order."""
    return hashlib.sha256("\x1f".join(_plain(cell) for cell in heading).encode()).hexdigest()


def rows(file: TextIO, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, without the heading and empty lines. The file is opened with `newline=""`."""
    reader = csv.reader(file, delimiter=layout.delimiter)
    first = layout.has_heading
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if first:
            first = False
            continue
        yield reader.line_num, cells


def sample(content: bytes, layout: Layout, size: int) -> list[list[str]]:
    """The first rows of a file's beginning, as wide as its heading."""
    text = content[:SAMPLE].decode(layout.encoding, errors="replace")
    width = len(layout.heading)
    found = islice(rows(io.StringIO(text, newline=""), layout), size)
    return [(cells + [""] * width)[:width] for _, cells in found]
