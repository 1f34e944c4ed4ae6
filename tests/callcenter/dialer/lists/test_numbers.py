"""Lists are read quickly, and never otherwise than one number at a time."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.dialer.lists.numbers import NumberReader
from callcenter.dialer.lists.patterns import NotPlain, after, pattern_of, verdict
from callcenter.dialer.rules.places import place_of_parsed
from callcenter.kernel import phone

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = (0, 1, 2, 3, 4, 6)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A home region, and numbers near real ones as people write them."""
    home = draw(st.sampled_from(REGIONS))
    found = []
    for _ in range(draw(st.integers(1, 12))):
        region = home if draw(st.booleans()) else draw(st.sampled_from(REGIONS))
        example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(KINDS)))
        if example is None:
            continue
        national = phonenumbers.national_significant_number(example)
        kept = draw(st.integers(0, len(national)))
        digits = national[:kept] + draw(
            st.text("0123456789", min_size=len(national) - kept, max_size=len(national) - kept)
        )
        digits += draw(st.sampled_from(("", "", "", "5")))
        trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
        code = example.country_code
        found.append(
            draw(
                st.sampled_from(
                    (f"+{code}{digits}", f"{trunk}{digits}", f"{code}{digits}", f"00{code}{digits}")
                )
            )
        )
    return home, found


@given(written())
@settings(max_examples=300)
def test_a_list_is_read_as_each_number_alone(case: tuple[str, list[str]]) -> None:
    home, numbers = case
    reader = NumberReader(home)

    for number in (*numbers, *numbers):
        alone, found = phone.parse(number, home), reader.read(number)
        assert (found.number if found else None) == alone
        if alone is not None and found is not None:
            assert found.place == place_of_parsed(alone)


def test_after_one_number_its_neighbours_are_not_read_in_full() -> None:
    reader = NumberReader("RU")
    reader.read("8 (912) 345-67-89")

    found = reader.read("8 912 999 11 22")

    assert found is not None
    assert (found.number.e164, found.number.kind) == ("+79129991122", "mobile")
    assert len(reader._known) == 1


@pytest.mark.parametrize(
    ("text", "start", "length", "expected"),
    [
        ("[2-9]\\d{2}[2-9]\\d{6}", "212", 7, None),
        ("[2-9]\\d{2}[2-9]\\d{6}", "2125", 6, True),
        ("[2-9]\\d{2}[2-9]\\d{6}", "2121", 6, False),
        ("[2-9]\\d{2}[2-9]\\d{6}", "2125", 5, False),
        ("15(?:0\\d|1[0-4])?\\d{3,5}", "150", 4, True),
        ("1(?:2|3)|45?", "4", 0, True),
        ("1(?:2|3)|45?", "1", 1, None),
    ],
)
def test_a_beginning_tells_as_much_as_the_pattern_says(
    text: str, start: str, length: int, expected: bool | None
) -> None:
    pattern = pattern_of(text)
    for digit in start:
        pattern = after(pattern, digit)

    assert verdict(pattern, length) is expected


@pytest.mark.parametrize("text", ["a", "\\w", "(?=1)2", "1{2,}", "[1-", "(1"])
def test_a_pattern_beyond_us_is_refused(text: str) -> None:
    with pytest.raises((NotPlain, ValueError, IndexError)):
        pattern_of(text)
