import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ami.message import UnsafeHeader, every, parse, render, text


def test_a_repeated_header_keeps_all_its_values_in_order() -> None:
    headers = parse(b"Event: X\r\nChanVariable: a=1\r\nChanVariable: b=x: y\r\nEmpty: \r\nNoSpace:v")

    assert headers["ChanVariable"] == ("a=1", "b=x: y")
    assert (text(headers, "ChanVariable"), every(headers, "Event")) == ("b=x: y", ("X",))
    assert (headers["Empty"], headers["NoSpace"], every(headers, "Missing")) == ("", "v", ())


@pytest.mark.parametrize("nothing", ["<unknown>", "<null>", "(null)", "unknown"])
def test_asterisks_words_for_nothing_are_nothing(nothing: str) -> None:
    assert text({"CallerIDNum": nothing}, "CallerIDNum") == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Value", "x\r\n\r\nAction: Originate"),
        ("Value", "x\ny"),
        ("Value", "x\0"),
        ("Na\rme", "x"),
        ("A: b", "x"),
        ("", "x"),
    ],
)
def test_a_value_that_could_become_a_header_is_refused(name: str, value: str) -> None:
    with pytest.raises(UnsafeHeader):
        render([("Action", "Setvar"), (name, value)])


_NAMES = st.text(st.characters(exclude_characters="\r\n\0:", exclude_categories=["Cs"]), min_size=1)
_VALUES = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))


@given(st.dictionaries(_NAMES, _VALUES))
def test_what_is_rendered_reads_back(headers: dict[str, str]) -> None:
    block = render(headers.items()).removesuffix(b"\r\n\r\n")

    assert parse(block) == headers


@given(st.binary())
def test_no_bytes_make_parsing_fail(block: bytes) -> None:
    parse(block)
