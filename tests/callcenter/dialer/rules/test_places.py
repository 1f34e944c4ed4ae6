"""Where a number's owner may be: in doubt, in every place that is possible."""

from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.rules.places import (
    WORLD,
    place_of,
    region_zones,
    subdivision_name,
    subdivision_of,
)


@pytest.mark.parametrize(
    ("number", "postal_code", "subdivision", "zones", "certain"),
    [
        ("+12125550123", "", "US-NY", ("America/New_York",), False),
        ("+13055550123", "33101", "US-FL", ("America/New_York",), True),
        ("+18505550123", "", "US-FL", ("America/Chicago", "America/New_York"), False),
        ("+18505550123", "32501-1234", "US-FL", ("America/Chicago",), True),
        ("+12125550123", "90210", "US-CA", ("America/Los_Angeles", "America/New_York"), False),
        ("+12025550123", "", "US-DC", ("America/New_York",), False),
        ("+12065550123", "", "US-WA", ("America/Los_Angeles",), False),
        ("+14165550123", "m5v 2t6", "CA-ON", ("America/Toronto",), True),
        ("+19025550123", "", "", ("America/Halifax",), False),
        ("+78125550123", "", "", ("Europe/Moscow",), True),
        ("+79161234567", "101000", "RU-MOW", ("Europe/Moscow",), True),
        ("+79161234567", "683000", "RU-KAM", ("Asia/Kamchatka",), True),
        ("+442079460000", "", "", ("Europe/London",), True),
        ("+491701234567", "", "", ("Europe/Berlin",), False),
    ],
)
def test_a_place(
    number: str, postal_code: str, subdivision: str, zones: tuple[str, ...], certain: bool
) -> None:
    place = place_of(number, postal_code)

    assert (place.subdivision, place.zones, place.certain) == (subdivision, zones, certain)


def test_a_mobile_of_a_wide_country_may_be_in_all_of_its_zones_and_in_no_neighbour_s() -> None:
    place = place_of("+79161234567")

    assert {"Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka"} <= set(place.zones)
    assert "Asia/Almaty" not in place.zones
    assert "Europe/Bucharest" not in place.zones


def test_a_number_of_no_area_code_may_be_anywhere_in_its_country() -> None:
    assert place_of("+18005550123").zones == region_zones("US")


def test_an_address_abroad_counts_beside_the_number() -> None:
    place = place_of("+493012345678", "10001", "US")

    assert place.region == "DE"
    assert place.subdivision == ""
    assert set(place.zones) == {"Europe/Berlin", "America/New_York"}
    assert not place.certain


def test_an_address_in_a_country_without_a_table_means_all_its_zones() -> None:
    assert set(place_of("+493012345678", "2000", "AU").zones) > {"Europe/Berlin", "Australia/Perth"}


def test_what_is_no_number_may_be_anywhere() -> None:
    assert place_of("+1").zones == WORLD


def test_an_area_code_names_its_state() -> None:
    assert subdivision_of("+13055550123") == "US-FL"
    assert subdivision_of("+14165550123") == "CA-ON"
    assert subdivision_of("+18005550123") == ""
    assert subdivision_of("+493012345678") == ""


def test_subdivisions_have_names() -> None:
    assert subdivision_name("US-FL") == "Florida"
    assert subdivision_name("DE-BY") == "DE-BY"


@given(
    st.one_of(
        st.integers(200_200_0000, 999_999_9999).map(lambda n: f"+1{n}"),
        st.integers(300_000_0000, 999_999_9999).map(lambda n: f"+7{n}"),
        st.integers(10_000_000_000, 999_999_999_999).map(lambda n: f"+{n}"),
    ),
    st.one_of(st.just(""), st.integers(0, 999_999).map(lambda n: str(n).zfill(5))),
    st.sampled_from(("", "US", "RU", "CA", "DE", "ZZ")),
)
def test_every_number_has_a_zone_we_can_compute_with(number: str, postal_code: str, country: str) -> None:
    place = place_of(number, postal_code, country)

    assert place.zones
    assert set(place.zones) <= available_timezones()


def test_every_postal_table_is_whole() -> None:
    for code in ("99501", "32401", "79901", "46901", "58601", "00601"):
        assert place_of("+18005550123", code).subdivision.startswith("US-")
    for letter in "ABCEGHJKLMNPRSTVY":
        assert place_of("+16005550123", f"{letter}1A 1A1", "CA").zones
