"""A place in a list survives the way through an address."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kernel.errors import Invalid
from callcenter.kernel.place import Place, read_place

MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=3))]))


@given(MOMENTS, st.sampled_from(["call", "ticket"]), st.from_regex(r"[a-z0-9.~-]{1,20}", fullmatch=True))
def test_what_was_written_is_read_to_the_microsecond(at: datetime, kind: str, key: str) -> None:
    place = Place(at, kind, key)

    assert read_place(str(place), "before") == place


def test_a_moment_alone_is_a_place() -> None:
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)

    assert read_place("2026-03-02T12:00:00+03:00", "before") == Place(nine)
    assert read_place(str(Place(nine)), "before") == Place(nine)
    assert read_place("", "before") is None


@pytest.mark.parametrize("text", ["yesterday", "2026-03-02T12:00:00", "~call~1"])
def test_what_is_no_place_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_place(text, "before")

    assert set(refused.value.fields) == {"before"}
