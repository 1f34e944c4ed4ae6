"""Telephone numbers: E.164 inside, human outside. Wraps phonenumbers."""

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, timezone

_KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed-or-mobile",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.VOIP: "voip",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number that can exist. `e164` has the plus; `zones` are IANA names it may be in."""

    e164: str
    region: str
    kind: str
    zones: tuple[str, ...]


@lru_cache(maxsize=65536)
def parse(number_raw: str, region: str) -> Number | None:
    """Read a number as somebody in `region` (ISO 3166 alpha-2) would write it; None if it cannot exist."""
    try:
        number = phonenumbers.parse(number_raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
        return None
    zones = tuple(
        zone for zone in timezone.time_zones_for_number(number) if zone != timezone.UNKNOWN_TIMEZONE
    )
    return Number(
        e164=phonenumbers.format_number(number, PhoneNumberFormat.E164),
        region=phonenumbers.region_code_for_number(number) or region,
        kind=_KINDS.get(phonenumbers.number_type(number), "other"),
        zones=zones,
    )


def to_e164(number_raw: str, region: str) -> str | None:
    """The E.164 form, or None when this is not a number."""
    found = parse(number_raw.strip(), region)
    return found.e164 if found else None


@lru_cache(maxsize=65536)
def display(number: str, home_region: str) -> str:
    """The international form, the same everywhere; what cannot be read is shown as it came."""
    try:
        parsed = phonenumbers.parse(number, home_region)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def masked(number: str) -> str:
    """What somebody sees who may not see numbers: the first and the last two digits."""
    return number[:3] + "•" * max(0, len(number) - 5) + number[-2:] if len(number) > 6 else "•" * len(number)


def national_digits(number: str) -> str:
    """An E.164 number without plus and country code; as it is when it has no known code."""
    digits = number.removeprefix("+")
    for length in (1, 2, 3):
        if int(digits[:length] or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return digits[length:]
    return digits


@lru_cache(maxsize=512)
def trunk_prefix(region: str) -> str:
    """What is dialled before a national number inside `region`: 0 in Germany, 8 in Russia, often nothing."""
    return phonenumbers.ndd_prefix_for_region(region, True) or ""
