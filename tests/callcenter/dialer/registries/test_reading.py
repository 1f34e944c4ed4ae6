"""Lines of registries in every shape that registries have."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.registries.reading import NumberReader, consent_reader
from callcenter.dialer.rules import Basis, Method, Purpose
from callcenter.kernel import phone


@pytest.mark.parametrize(
    ("region", "line", "digits", "since"),
    [
        ("US", "2125550123", 12125550123, None),
        ("US", "212,5550123", 12125550123, None),
        ("US", "+1 (212) 555-0123", 12125550123, None),
        ("US", '"12125550123","2024-05-06"', 12125550123, date(2024, 5, 6)),
        ("GB", "02079460000", 442079460000, None),
        ("GB", "447911123456", 447911123456, None),
        ("DE", "030 2000001", 49302000001, None),
        ("RU", "8 (495) 123-45-67;x", 74951234567, None),
        ("RU", "+74951234567", 74951234567, None),
        ("RU", "9161234567", 79161234567, None),
        ("FR", "2024-02-30,0612345678", 33612345678, None),
    ],
)
def test_a_line_with_a_number(region: str, line: str, digits: int, since: date | None) -> None:
    assert NumberReader(region).read(line) == (digits, since)


@pytest.mark.parametrize(
    "line", ["", "phone", "123", "date,2024-01-01", "12345678901234567890123", "abc,def"]
)
def test_a_line_without_one(line: str) -> None:
    assert NumberReader("US").read(line) is None


@given(st.lists(st.integers(200_200_0000, 999_999_9999), max_size=30))
def test_numbers_that_begin_alike_are_completed_as_each_alone_would_be(numbers: list[int]) -> None:
    together = NumberReader("US")

    for number in numbers:
        assert together.read(str(number)) == NumberReader("US").read(str(number))
        whole = phone.to_e164(str(number), "US")
        if whole is not None:
            assert together.read(str(number)) == (int(whole[1:]), None)


def test_consents_are_read_by_the_names_of_their_columns() -> None:
    reader = consent_reader("Phone;Purpose;Basis;Date;Proof;Reach;Expires", "DE")

    assert reader is not None
    found = reader.read('030 2000001;advertising;Written;2026-01-02;"form; 17";recorded;2027-01-02')
    assert found is not None
    assert (found.number, found.purpose, found.basis) == ("+49302000001", Purpose.ADVERTISING, Basis.WRITTEN)
    assert (found.reach, found.proof) == (Method.RECORDED, "form; 17")
    assert (found.given_at, found.expires_at) == (
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(2027, 1, 2, tzinfo=UTC),
    )
    assert reader.read("030 2000001;fun;written;2026-01-02") is None
    assert reader.read("nonsense;service;written;2026-01-02") is None
    assert reader.read("030 2000001;service;written;soon") is None
    assert reader.read("030 2000001;service") is None


def test_a_heading_that_lacks_a_column_is_no_heading() -> None:
    assert consent_reader("number,purpose,basis", "DE") is None
    assert consent_reader("", "DE") is None
