"""How text becomes words to search by. Pure; the same on every database.

What is saved and what is typed go through the same folding, so a prefix of the one is a prefix of the other.
Three alphabets keep telephone numbers apart that look alike: `+74955550142` is the number in full,
`4955550142` the number as dialled at home, `<24105555947` backwards for "ends with".
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from callcenter.kernel import phone

LONGEST_TERM = 64
MOST_WORDS = 6
JOIN_FROM_DIGITS = 5  # "495 55" is a number being typed, "12 34" may be two words of a name
BACKWARDS_FROM_DIGITS = 3
AFTER_ALL = "\U0010ffff"

_APOSTROPHES = re.compile("['’ʼ`]")
_WORD = re.compile(r"[^\W_]+")
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_NUMBER_LIKE = re.compile(r"\+?[\d()./\-‐‑–—]*")


class Weight(IntEnum):
    """What a word belongs to; the lower is shown first among equal words."""

    NAME = 0
    NUMBER = 1
    EMAIL = 2
    COMPANY = 3


@dataclass(frozen=True, slots=True)
class Prefix:
    """Terms that start with `low`: low <= term < high."""

    low: str

    @property
    def high(self) -> str:
        return self.low + AFTER_ALL


# a word of a query: it is found when any of these prefixes is; the first ones make the better matches
Wanted = tuple[Prefix, ...]


def fold(text: str) -> str:
    """One form for all ways to write the same letters: width, case, ё and е, digits of any script."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _FOREIGN_DIGIT.sub(_plain_digit, folded.replace("ё", "е"))


def _plain_digit(found: re.Match[str]) -> str:
    return str(unicodedata.decimal(found[0]))


def words(text: str) -> list[str]:
    """Letters and digits between anything else; an apostrophe divides nothing."""
    return [word[:LONGEST_TERM] for word in _WORD.findall(_APOSTROPHES.sub("", fold(text)))]


def sort_key(*names: str) -> str:
    """How a list orders a name."""
    return " ".join(word for name in names for word in words(name))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _number_like(token: str) -> bool:
    return _NUMBER_LIKE.fullmatch(token) is not None and _digits(token) != ""


def _runs(text: str) -> Iterator[list[str]]:
    """Tokens of folded text; those that may be parts of one number stay together."""
    run: list[str] = []
    for token in text.split():
        if _number_like(token):
            if token.startswith("+") and run:
                yield run
                run = []
            run.append(token)
            continue
        if run:
            yield run
            run = []
        yield [token]
    if run:
        yield run


def number_terms(number: str) -> tuple[str, ...]:
    """The terms of an E.164 number."""
    national = phone.national_digits(number)
    return number, national, "<" + _digits(number)[::-1]


def email_terms(email: str) -> set[str]:
    """The whole address and its words, but for the last label: `com` finds nobody."""
    whole = fold(email)
    local, _, domain = whole.partition("@")
    return {whole[:LONGEST_TERM], *words(local), *words(domain.rpartition(".")[0])}


def text_terms(text: str) -> set[str]:
    """Words, and digits that are written apart (`1-2-3 Taxi`) also joined."""
    found = set(words(text))
    for run in _runs(fold(text)):
        if _number_like(run[0]):
            found.add(_digits("".join(run))[:LONGEST_TERM])
            found.update(_digits(token)[:LONGEST_TERM] for token in run)
    return found


def contact_terms(
    names: Iterable[str], numbers: Iterable[str], emails: Iterable[str], company: str
) -> dict[str, Weight]:
    """Every word this contact is found by, with its best weight."""
    found: dict[str, Weight] = {}
    found |= dict.fromkeys(text_terms(company), Weight.COMPANY)
    for email in emails:
        found |= dict.fromkeys(email_terms(email), Weight.EMAIL)
    for number in numbers:
        found |= dict.fromkeys(number_terms(number), Weight.NUMBER)
    for name in names:
        found |= dict.fromkeys(text_terms(name), Weight.NAME)
    return found


def _wanted_number(typed: str, region: str) -> Wanted:
    digits = _digits(typed)[:LONGEST_TERM]
    if typed.startswith("+"):
        return (Prefix("+" + digits),)
    lows: list[str] = []
    if (whole := phone.to_e164(digits, region)) is not None:
        lows.append(whole)
    trunk = phone.trunk_prefix(region)
    if trunk and digits.startswith(trunk) and len(digits) > len(trunk):
        lows.append(digits.removeprefix(trunk))
    lows += [digits, "+" + digits]
    if len(digits) >= BACKWARDS_FROM_DIGITS:
        lows.append("<" + digits[::-1])
    return tuple(Prefix(low) for low in dict.fromkeys(lows))


def _wanted_run(run: Sequence[str], region: str) -> list[Wanted]:
    if not _number_like(run[0]):
        token = run[0]
        if "@" in token.strip("@"):
            return [(Prefix(token[:LONGEST_TERM]),)]
        return [(Prefix(word),) for word in words(token)]
    joined = "".join(run)
    if len(run) == 1 or len(_digits(joined)) >= JOIN_FROM_DIGITS:
        return [_wanted_number(joined, region)]
    return [_wanted_number(token, region) for token in run]


def wanted_words(text: str, region: str) -> tuple[Wanted, ...]:
    """What must all be found, from what was typed by somebody in `region`."""
    found = [wanted for run in _runs(fold(text)) for wanted in _wanted_run(run, region)]
    return tuple(dict.fromkeys(found))[:MOST_WORDS]
