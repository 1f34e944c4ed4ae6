"""Lines of a registry's or of a consents' file as values. Pure; quick, because files hold millions of lines.

Registries come in many shapes: a number a line, area code and number in two fields, a number and a date. How
a number is to be completed is worked out once for all numbers that begin alike and are as long.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import phonenumbers

from callcenter.dialer.rules import Basis, Method, Purpose
from callcenter.kernel import phone

LEAST_DIGITS = 5
MOST_DIGITS = 15
ALIKE = 5  # numbers that share so many first digits and their length are completed in the same way
NORTH_AMERICA = frozenset({"US", "CA", "PR"})
_FIELDS = re.compile(r"[,;\t|]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NO_DIGIT = re.compile(r"\D+")

Numbered = tuple[int, date | None]


@dataclass(slots=True)
class NumberReader:
    """Reads lines of one file; `region` is where its numbers without a country code are local."""

    region: str
    _rules: dict[tuple[bool, int, str], tuple[int, str] | None] = field(default_factory=dict)

    def read(self, line: str) -> Numbered | None:
        """The number's digits and the date beside it; None: there is no number in this line."""
        fields = [part.strip(" \"'") for part in _FIELDS.split(line)]
        if (
            self.region in NORTH_AMERICA
            and len(fields) >= 2
            and len(fields[0]) == 3
            and len(fields[1]) == 7
            and (fields[0] + fields[1]).isdecimal()
        ):
            fields[:2] = [fields[0] + fields[1]]
        since: date | None = None
        found: int | None = None
        for text in fields:
            if _DATE.fullmatch(text):
                since = _date(text)
            elif found is None:
                found = self._number(text)
        return None if found is None else (found, since)

    def _number(self, text: str) -> int | None:
        digits = text if text.isdecimal() and text.isascii() else _NO_DIGIT.sub("", text)
        if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS + 3:
            return None
        key = (text[:1] == "+", len(digits), digits[:ALIKE])
        if key not in self._rules:
            self._rules[key] = _completion(text, digits, self.region)
        rule = self._rules[key]
        return None if rule is None else int(rule[1] + digits[rule[0] :])


def _completion(text: str, digits: str, region: str) -> tuple[int, str] | None:
    """How many digits to cut and what to put before; None: this can be no number."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    full = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    for cut in range(min(len(digits), 6)):
        rest = digits[cut:]
        if full.endswith(rest):
            return cut, full[: len(full) - len(rest)]
    return None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """A consent as a file says it."""

    number: str
    purpose: Purpose
    basis: Basis
    reach: Method
    given_at: datetime
    expires_at: datetime | None
    proof: str
    source: str


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "phone", "телефон", "номер"),
    "purpose": ("purpose", "цель"),
    "basis": ("basis", "consent", "основание", "согласие"),
    "reach": ("reach", "method", "способ"),
    "given_at": ("given_at", "given", "date", "дата"),
    "expires_at": ("expires_at", "expires", "до"),
    "proof": ("proof", "подтверждение"),
    "source": ("source", "источник"),
}
NEEDED = ("number", "purpose", "basis", "given_at")


@dataclass(frozen=True, slots=True)
class ConsentReader:
    """Reads lines of a file of consents after its heading."""

    region: str
    delimiter: str
    columns: Mapping[str, int]

    def read(self, line: str) -> ConsentLine | None:
        """None: something is missing or is none of the known words."""
        cells = next(csv.reader([line], delimiter=self.delimiter), [])
        number = phone.to_e164(self._cell(cells, "number"), self.region)
        try:
            given_at = _moment(self._cell(cells, "given_at"))
            expires = self._cell(cells, "expires_at")
            if number is None or given_at is None:
                return None
            return ConsentLine(
                number=number,
                purpose=Purpose(self._cell(cells, "purpose").lower()),
                basis=Basis(self._cell(cells, "basis").lower()),
                reach=Method(self._cell(cells, "reach").lower() or Method.AUTOMATIC),
                given_at=given_at,
                expires_at=_moment(expires) if expires else None,
                proof=self._cell(cells, "proof")[:300],
                source=self._cell(cells, "source")[:120],
            )
        except ValueError:
            return None

    def _cell(self, cells: Sequence[str], name: str) -> str:
        index = self.columns.get(name, -1)
        return cells[index].strip() if 0 <= index < len(cells) else ""


def consent_reader(heading: str, region: str) -> ConsentReader | None:
    """By the file's first line; None: it lacks a column that is needed."""
    delimiter = max(",;\t", key=heading.count)
    names = [cell.strip(" \"'\ufeff").casefold() for cell in heading.split(delimiter)]
    columns = {
        role: next(index for index, name in enumerate(names) if name in words)
        for role, words in COLUMNS.items()
        if any(name in words for name in names)
    }
    if any(role not in columns for role in NEEDED):
        return None
    return ConsentReader(region, delimiter, columns)


def _moment(text: str) -> datetime | None:
    """“2026-03-02” or with a time; without a zone it is UTC. Raises `ValueError`."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
