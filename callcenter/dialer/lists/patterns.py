"""What a numbering plan's pattern says of a number of which only the beginning is known. Pure.

A pattern is taken digit by digit: what is left of it after a digit is a pattern again. When everything that
may follow is accepted, or nothing is, the rest of the digits need not be looked at.
"""

from dataclasses import dataclass
from functools import lru_cache

DIGITS = "0123456789"


class NotPlain(ValueError):
    """A pattern with more in it than digits, classes, groups and repetitions."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Accepts no text at all."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Accepts the empty text."""


@dataclass(frozen=True, slots=True)
class OneOf:
    digits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Then:
    first: "Pattern"
    second: "Pattern"


@dataclass(frozen=True, slots=True)
class Either:
    options: frozenset["Pattern"]


@dataclass(frozen=True, slots=True)
class Times:
    what: "Pattern"
    least: int
    most: int


Pattern = Nothing | Empty | OneOf | Then | Either | Times
NOTHING, EMPTY = Nothing(), Empty()


@lru_cache(maxsize=4096)
def pattern_of(text: str) -> Pattern:
    """Read a pattern; raises `NotPlain` for what is beyond us."""
    reader = _Reader(text)
    found = reader.either()
    if reader.rest:
        raise NotPlain(text)
    return found


class _Reader:
    """Recursive descent over the few signs that numbering plans use."""

    def __init__(self, text: str) -> None:
        self.rest = "".join(text.split())

    def either(self) -> Pattern:
        options = [self._sequence()]
        while self.rest.startswith("|"):
            self._skip(1)
            options.append(self._sequence())
        return _either(frozenset(options))

    def _sequence(self) -> Pattern:
        parts: list[Pattern] = []
        while self.rest and self.rest[0] not in "|)":
            parts.append(self._repeated(self._one()))
        found: Pattern = EMPTY
        for part in reversed(parts):
            found = _then(part, found)
        return found

    def _one(self) -> Pattern:
        sign = self.rest[0]
        if self.rest.startswith("\\d"):
            self._skip(2)
            return OneOf(frozenset(DIGITS))
        if sign in DIGITS:
            self._skip(1)
            return OneOf(frozenset(sign))
        if sign == "[":
            inside, closing, self.rest = self.rest[1:].partition("]")
            if not closing:
                raise NotPlain(self.rest)
            return OneOf(_class(inside))
        if sign == "(":
            self._skip(3 if self.rest.startswith("(?:") else 1)
            found = self.either()
            if not self.rest.startswith(")"):
                raise NotPlain(self.rest)
            self._skip(1)
            return found
        raise NotPlain(self.rest)

    def _repeated(self, what: Pattern) -> Pattern:
        if self.rest.startswith("?"):
            self._skip(1)
            return _times(what, 0, 1)
        if not self.rest.startswith("{"):
            return what
        inside, closing, self.rest = self.rest[1:].partition("}")
        least, comma, most = inside.partition(",")
        if not closing or not least.isdecimal() or (comma and not most.isdecimal()):
            raise NotPlain(inside)
        return _times(what, int(least), int(most) if comma else int(least))

    def _skip(self, count: int) -> None:
        self.rest = self.rest[count:]


def _class(inside: str) -> frozenset[str]:
    digits: set[str] = set()
    index = 0
    while index < len(inside):
        if inside[index + 1 : index + 2] == "-":
            digits.update(DIGITS[int(inside[index]) : int(inside[index + 2]) + 1])
            index += 3
        elif inside[index] in DIGITS:
            digits.add(inside[index])
            index += 1
        else:
            raise NotPlain(inside)
    return frozenset(digits)


def _then(first: Pattern, second: Pattern) -> Pattern:
    if NOTHING in (first, second):
        return NOTHING
    if isinstance(first, Empty):
        return second
    return first if isinstance(second, Empty) else Then(first, second)


def _either(options: frozenset[Pattern]) -> Pattern:
    flat: set[Pattern] = set()
    for option in options:
        flat |= option.options if isinstance(option, Either) else {option}
    flat.discard(NOTHING)
    if len(flat) > 1:
        return Either(frozenset(flat))
    return flat.pop() if flat else NOTHING


def _times(what: Pattern, least: int, most: int) -> Pattern:
    if most == 0 or isinstance(what, Empty):
        return EMPTY
    return what if (least, most) == (1, 1) else Times(what, least, most)


@lru_cache(maxsize=65536)
def accepts_empty(pattern: Pattern) -> bool:
    match pattern:
        case Empty():
            return True
        case Then():
            return accepts_empty(pattern.first) and accepts_empty(pattern.second)
        case Either():
            return any(accepts_empty(option) for option in pattern.options)
        case Times():
            return pattern.least == 0 or accepts_empty(pattern.what)
        case Nothing() | OneOf():
            return False


@lru_cache(maxsize=262144)
def after(pattern: Pattern, digit: str) -> Pattern:
    """What is left of a pattern when this digit has come."""
    match pattern:
        case OneOf():
            return EMPTY if digit in pattern.digits else NOTHING
        case Then():
            goes_on = _then(after(pattern.first, digit), pattern.second)
            if not accepts_empty(pattern.first):
                return goes_on
            return _either(frozenset((goes_on, after(pattern.second, digit))))
        case Either():
            return _either(frozenset(after(option, digit) for option in pattern.options))
        case Times():
            again = _times(pattern.what, max(0, pattern.least - 1), pattern.most - 1)
            return _then(after(pattern.what, digit), again)
        case Nothing() | Empty():
            return NOTHING


@lru_cache(maxsize=262144)
def verdict(pattern: Pattern, length: int) -> bool | None:
    """Are all texts of `length` digits accepted (True), none (False), or does it depend (None)?"""
    if isinstance(pattern, Nothing):
        return False
    if length == 0:
        return accepts_empty(pattern)
    found = {verdict(rest, length - 1) for rest in {after(pattern, digit) for digit in DIGITS}}
    return found.pop() if len(found) == 1 else None
