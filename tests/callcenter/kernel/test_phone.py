"""Numbers become E.164 where they enter, and human where they are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kernel import phone


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("030 901820", "DE", "+4930901820"),
        ("+49 (30) 901820", "RU", "+4930901820"),
        ("8 (495) 123-45-67", "RU", "+74951234567"),
        ("0049 30 901820", "DE", "+4930901820"),
        (" 2015550123 ", "US", "+12015550123"),
    ],
)
def test_what_people_write_is_read(written: str, region: str, expected: str) -> None:
    assert phone.to_e164(written, region) == expected


@pytest.mark.parametrize("written", ["", "anonymous", "112", "+", "+49", "0" * 40])
def test_what_is_no_number_is_refused(written: str) -> None:
    assert phone.to_e164(written, "DE") is None


@given(st.text(max_size=30))
def test_any_text_is_a_number_that_reads_the_same_again_or_none(text: str) -> None:
    number = phone.to_e164(text, "DE")

    assert number is None or phone.to_e164(number, "RU") == number


def test_a_number_is_shown_the_same_everywhere_and_what_is_none_as_it_came() -> None:
    assert phone.display("+74951234567", "RU") == "+7 495 123-45-67"
    assert phone.display("+74951234567", "DE") == "+7 495 123-45-67"
    assert phone.display("anonymous", "DE") == "anonymous"


def test_a_number_knows_its_zones() -> None:
    found = phone.parse("+4930901820", "DE")

    assert found is not None
    assert (found.region, found.zones) == ("DE", ("Europe/Berlin",))


def test_a_masked_number_keeps_its_ends() -> None:
    assert phone.masked("+493020000017") == "+49••••••••17"
    assert phone.masked("+112") == "••••"
