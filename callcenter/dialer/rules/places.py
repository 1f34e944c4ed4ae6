"""Where the called party may be: country, subdivision and every zone that is possible. Pure, offline.

Known are the number, whose prefix says where it was given out, and sometimes a postal code, which says where
its owner lives. Neither is sure (people move and take their numbers along), so whatever is in doubt widens
the set of zones: calling hours must hold in all of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers
from phonenumbers import geocoder, timezone

from callcenter.kernel import phone

FIXED = "fixed"
TABLES = ("us", "ca", "ru")
WORLD = ("Etc/GMT+12", "Etc/GMT-14")  # hours that hold at both ends of the world hold nowhere
# what phonenumbers calls by another country's zone
_MEANT = {("RU", "Europe/Bucharest"): "Europe/Kaliningrad"}
_SPELLINGS = {"British Colombia": "British Columbia"}
_SAMPLE = 5550123
_NORTH_AMERICA = re.compile(r"\+1(\d{3})\d{7}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number's owner may be.

    `region` is the country of the number (ISO 3166-1), `subdivision` a code such as US-FL or empty when
    unknown, `zones` every zone in question. `certain`: an address or a fixed line says so, and nothing
    contradicts it.
    """

    region: str
    subdivision: str
    zones: tuple[str, ...]
    number_type: str
    certain: bool


class _Part(msgspec.Struct, frozen=True):
    name: str
    zones: tuple[str, ...]
    codes: tuple[str, ...]


class _Table(msgspec.Struct, frozen=True):
    area_codes: bool
    subdivisions: dict[str, _Part]
    ranges: dict[str, tuple[str, ...]]


def place_of(number: str, postal_code: str = "", country: str = "") -> Place:
    """The place of an E.164 number. `country` is that of the postal code; empty: the number's own."""
    parsed = phone.parse(number, "ZZ")
    if parsed is None:
        return Place(country.upper(), "", WORLD, "other", certain=False)
    return place_of_parsed(parsed, postal_code, country)


def place_of_parsed(number: phone.Number, postal_code: str = "", country: str = "") -> Place:
    """The same for a number that has been read already: the way in for whole lists."""
    country = country.upper() or number.region
    subdivision, zones = _by_number(number)
    lives_in, there = _by_postal_code(country, _compact(postal_code)) if postal_code else ("", ())
    if country != number.region:
        there = there or region_zones(country)
        both = tuple(sorted({*zones, *there}))
        return Place(number.region, subdivision, both, number.kind, certain=False)
    if not there:
        certain = number.kind == FIXED and len(zones) == 1
        return Place(number.region, subdivision, zones, number.kind, certain)
    if _contradict(zones, there, number.region):
        both = tuple(sorted({*zones, *there}))
        return Place(number.region, lives_in, both, number.kind, certain=False)
    return Place(number.region, lives_in, there, number.kind, certain=len(there) == 1)


def _contradict(zones: tuple[str, ...], there: tuple[str, ...], region: str) -> bool:
    """Does the number say something, and something else than the address?"""
    clocks, address = {_clock(zone) for zone in zones}, {_clock(zone) for zone in there}
    return len(clocks) < len(region_zones(region)) and clocks.isdisjoint(address)


def subdivision_of(number: str) -> str:
    """The subdivision that an E.164 number was given out in, where its area code says so; else empty."""
    found = _NORTH_AMERICA.fullmatch(number)
    return _by_area_code(found[1])[0] if found else ""


@lru_cache(maxsize=512)
def region_zones(region: str) -> tuple[str, ...]:
    """The zones of a country, one for each set of zones that have had the same clocks since 2020."""
    found: dict[tuple[object, ...], str] = {}
    for zone in _zones_by_region().get(region, ()):
        found.setdefault(_clock(zone), zone)
    return tuple(sorted(found.values()))


def subdivision_name(subdivision: str) -> str:
    """Its English name, or the code where we have none."""
    part = _parts().get(subdivision)
    return part.name if part else subdivision


def _by_number(number: phone.Number) -> tuple[str, tuple[str, ...]]:
    north_america = _NORTH_AMERICA.fullmatch(number.e164)
    if north_america:
        subdivision, zones = _by_area_code(north_america[1])
        return subdivision, zones or region_zones(number.region) or WORLD
    zones = tuple(_MEANT.get((number.region, zone), zone) for zone in number.zones)
    own = _zones_by_region().get(number.region, ())
    if zones and (not own or set(zones) <= set(own)):
        return "", zones
    # what phonenumbers says of the whole country code, neighbours and all: any zone of the country
    return "", region_zones(number.region) or zones or WORLD


@lru_cache(maxsize=1024)
def _by_area_code(code: str) -> tuple[str, tuple[str, ...]]:
    """Subdivision and zones of a North American area code: all its exchanges, as numbers move within it."""
    sample = phonenumbers.PhoneNumber(country_code=1, national_number=int(code) * 10_000_000 + _SAMPLE)
    region = phonenumbers.region_code_for_number(sample) or ""
    said = geocoder.description_for_number(sample, "en")
    codes = [found for part in said.split("/") if (found := _subdivision_named(region, part))]
    if len(codes) > 1:  # one area code for several provinces
        return "", tuple(sorted({zone for found in codes for zone in _parts()[found].zones}))
    if not codes:
        return "", ()
    zones: set[str] = set()
    for exchange in range(200, 1000):
        national = int(code) * 10_000_000 + exchange * 10_000
        number = phonenumbers.PhoneNumber(country_code=1, national_number=national)
        zones.update(timezone.time_zones_for_geographical_number(number))
    zones.discard(timezone.UNKNOWN_TIMEZONE)
    return codes[0], tuple(sorted(zones))


def _subdivision_named(region: str, said: str) -> str:
    """“Florida” and “Chicago, IL” as codes."""
    city, comma, short = said.rpartition(", ")
    if comma and city and f"{region}-{short}" in _parts():
        return f"{region}-{short}"
    name = _SPELLINGS.get(said, said)
    return _codes_by_name().get((region, name), "")


def _by_postal_code(country: str, postal_code: str) -> tuple[str, tuple[str, ...]]:
    index = _index(country.lower())
    for length in (3, 2, 1):
        found = index.get(postal_code[:length])
        if found is not None and len(postal_code) >= length:
            return found
    return "", ()


def _compact(postal_code: str) -> str:
    return "".join(character for character in postal_code.upper() if character.isalnum())


@lru_cache(maxsize=8)
def _index(country: str) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Beginning of a postal code to subdivision and zones."""
    if country not in TABLES:
        return {}
    table = _tables()[country]
    whole = {
        code: (subdivision, part.zones)
        for subdivision, part in table.subdivisions.items()
        for span in part.codes
        for code in _span(span)
    }
    narrowed = {
        code: (next(whole[code[:n]][0] for n in (3, 2, 1) if code[:n] in whole), (zone,))
        for zone, spans in table.ranges.items()
        for span in spans
        for code in _span(span)
    }
    return whole | narrowed


def _span(text: str) -> list[str]:
    """“150-152” as three codes."""
    first, dash, last = text.partition("-")
    if not dash:
        return [first]
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, _Table]:
    folder = files("callcenter.dialer.rules") / "postal"
    return {name: msgspec.toml.decode((folder / f"{name}.toml").read_bytes(), type=_Table) for name in TABLES}


@lru_cache(maxsize=1)
def _parts() -> Mapping[str, _Part]:
    return {code: part for table in _tables().values() for code, part in table.subdivisions.items()}


@lru_cache(maxsize=1)
def _codes_by_name() -> Mapping[tuple[str, str], str]:
    return {(code[:2], part.name): code for code, part in _parts().items()}


@lru_cache(maxsize=1)
def _zones_by_region() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines():
        if line and not line.startswith("#"):
            region, _coordinates, zone, *_ = line.split("\t")
            found.setdefault(region, []).append(zone)
    return {region: tuple(zones) for region, zones in found.items()}


@lru_cache(maxsize=1024)
def _clock(zone: str) -> tuple[object, ...]:
    """Its offsets through the years: zones with the same are one."""
    place = ZoneInfo(zone)
    return tuple(
        datetime(year, month, 15, tzinfo=UTC).astimezone(place).utcoffset()
        for year in range(2020, 2030)
        for month in range(1, 13)
    )


_tables(), _zones_by_region()  # at import: nobody reads files while calls are made
