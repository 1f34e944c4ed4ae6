"""Reading the numbers of whole lists: what `phone.parse` says, at a fraction of its price. Pure.

A numbering plan mostly decides by a number's first digits. Once those of one number have been read by
`phone.parse`, and the plan's patterns no longer depend on the digits that follow, every other number with the
same beginning and length is known too. Where they do depend, or where a number is written in another way
than with digits, it is read in full.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata
from phonenumbers.tzdata import TIMEZONE_DATA

from callcenter.dialer.lists.patterns import NotPlain, Pattern, after, pattern_of, verdict
from callcenter.dialer.rules.places import Place, place_of_parsed
from callcenter.kernel import phone

_ORNAMENTS = str.maketrans("", "", " -().\u00a0\u2010\u2011\u2013/\t")
_DESCRIPTIONS = (
    *("general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
    *("personal_number", "voip", "pager", "uan", "voicemail"),
)
_ZONE_BEGINNINGS = frozenset(prefix[:n] for prefix in TIMEZONE_DATA for n in range(1, len(prefix)))
MOST_KEPT = 400_000  # beginnings remembered, then all are forgotten
NOT_DECIDED = 99
SHORTEST, LONGEST = 7, 15


@dataclass(frozen=True, slots=True)
class Known:
    """What numbers of one beginning have in common. `cut` digits of what was written become `start`."""

    cut: int
    start: str
    region: str
    kind: str
    zones: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Read:
    """A number of a list, and where its owner may be as far as the number tells."""

    number: phone.Number
    place: Place


class NumberReader:
    """Reads numbers as somebody in `region` writes them. One for each file: it remembers beginnings."""

    def __init__(self, region: str) -> None:
        self._region = region.upper()
        self._known: dict[tuple[str, int], Known | None] = {}
        self._depths: dict[tuple[bool, int], list[int]] = {}

    def read(self, written: str) -> Read | None:
        """The number, or None when this is none."""
        digits = written.translate(_ORNAMENTS)
        plus = digits[:1] == "+"
        bare = digits[1:] if plus else digits
        if not (bare.isascii() and bare.isdigit() and SHORTEST <= len(bare) <= LONGEST):
            return self._in_full(written)
        length = len(digits)
        for depth in self._depths.get((plus, length), ()):
            key = (digits[:depth], length)
            if key in self._known:
                known = self._known[key]
                if known is None:
                    return None
                e164 = known.start + digits[known.cut :]
                return Read(phone.Number(e164, known.region, known.kind, known.zones), known.place)
        return self._learn(digits, plus=plus)

    def _in_full(self, written: str) -> Read | None:
        number = phone.parse(written.strip(), self._region)
        return Read(number, place_of_parsed(number)) if number else None

    def _learn(self, digits: str, *, plus: bool) -> Read | None:
        """Read in full, and remember how far that holds."""
        found = self._in_full(digits)
        depth = self._decided_at(digits, found.number if found else None, plus=plus)
        if depth < len(digits):
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            depths = self._depths.setdefault((plus, len(digits)), [])
            if depth not in depths:
                depths.append(depth)
                depths.sort()
            self._known[digits[:depth], len(digits)] = _known(digits, found, depth) if found else None
        return found

    def _decided_at(self, digits: str, number: phone.Number | None, *, plus: bool) -> int:
        """After how many signs of what was written everything is settled."""
        if plus:
            shown = _shown_trunk_prefix(digits[1:])
            return NOT_DECIDED if shown is None else 1 + max(decided_at(digits[1:]), shown)
        home = phonenumbers.PhoneMetadata.metadata_for_region(self._region)
        if home is None or number is None or home.national_prefix_transform_rule:
            return NOT_DECIDED
        if (home.international_prefix or "").startswith("0") and digits[:2] == "00":
            return NOT_DECIDED
        e164 = number.e164[1:]
        national = e164[len(str(home.country_code)) :]
        code = str(home.country_code)
        if e164[: len(code)] != code or digits[len(digits) - len(national) :] != national:
            return NOT_DECIDED
        # settled in the number itself, and in both ways in which its beginning might be taken off
        settled = decided_at(e164) - len(e164) + len(digits)
        ways = {digits, digits.removeprefix(str(home.country_code)), national}
        plan = _patterns(home)
        general = plan[:1] if plan else None
        unsettled = [_pattern_depth(general, way) - len(way) + len(digits) for way in ways]
        return max(settled, *unsettled, len(digits) - len(national) + 1)


def _known(digits: str, found: Read, depth: int) -> Known:
    number = found.number
    same = len(digits) - depth  # the last digits are the same in both
    return Known(depth, number.e164[:-same], number.region, number.kind, number.zones, found.place)


@lru_cache(maxsize=65536)
def _decided_from(start: str, length: int) -> bool:
    """Is everything about a number with this beginning and length settled?"""
    code = _country_code(start)
    if code is None or start in _ZONE_BEGINNINGS or len(start) < _least_of(code):
        return False
    plans = _plans(code)
    if plans is None:
        return False
    national = start[len(str(code)) :]
    return all(_left(pattern, national, length - len(start)) is not None for pattern in plans)


def decided_at(e164: str) -> int:
    """After how many digits (without the plus) all numbers of this length are alike to the plan."""
    for depth in range(1, len(e164) - 1):
        if _decided_from(e164[:depth], len(e164)):
            return depth
    return NOT_DECIDED


def _shown_trunk_prefix(digits: str) -> int | None:
    """How many digits show that no trunk prefix follows the country code; None: one does (+49 0 30 ...)."""
    code = _country_code(digits) or 0
    region = phonenumbers.region_code_for_country_code(code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None or not metadata.national_prefix_for_parsing:
        return len(str(code))
    if re.match(metadata.national_prefix_for_parsing, digits[len(str(code)) :]):
        return None
    return len(str(code)) + max(1, len(metadata.national_prefix or ""))


def _least_of(code: int) -> int:
    return 4 if code == 1 else len(str(code))  # North American places go by area code


@lru_cache(maxsize=65536)
def _rest(pattern: Pattern, start: str) -> Pattern:
    return after(_rest(pattern, start[:-1]), start[-1]) if start else pattern


def _left(pattern: Pattern, start: str, length: int) -> bool | None:
    return verdict(_rest(pattern, start), length)


def _pattern_depth(patterns: tuple[Pattern, ...] | None, digits: str) -> int:
    if patterns is None:
        return NOT_DECIDED
    for depth in range(len(digits)):
        if all(_left(pattern, digits[:depth], len(digits) - depth) is not None for pattern in patterns):
            return depth
    return NOT_DECIDED


def _country_code(start: str) -> int | None:
    for length in (1, 2, 3):
        code = int(start[:length] or 0)
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return code if len(start) >= length else None
    return None


@lru_cache(maxsize=512)
def _plans(code: int) -> tuple[Pattern, ...] | None:
    """Every pattern of every region with this country code; None when one is beyond us."""
    found: list[Pattern] = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        patterns = _patterns(metadata) if metadata else None
        if patterns is None or metadata is None:
            return None
        found.extend(patterns)
        if metadata.leading_digits:
            try:
                found.append(_with_any_rest(metadata.leading_digits))
            except NotPlain:
                return None
    return tuple(dict.fromkeys(found))


def _with_any_rest(text: str) -> Pattern:
    return pattern_of(f"(?:{text})\\d{{0,15}}")


@lru_cache(maxsize=1024)
def _patterns_of(region: str, code: int) -> tuple[Pattern, ...] | None:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    found: list[Pattern] = []
    for name in _DESCRIPTIONS:
        described = getattr(metadata, name, None)
        if described is None or not described.national_number_pattern:
            continue
        try:
            found.append(pattern_of(described.national_number_pattern))
        except NotPlain:
            return None
    return tuple(found)


def _patterns(metadata: PhoneMetadata) -> tuple[Pattern, ...] | None:
    return _patterns_of(metadata.id, metadata.country_code)
