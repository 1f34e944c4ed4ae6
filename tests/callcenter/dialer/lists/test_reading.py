"""Files of leads as spreadsheets, old programs and people write them."""

import io
from collections.abc import Iterator

import pytest

from callcenter.dialer.lists import reading
from callcenter.dialer.lists.parsing import BAD_NUMBER, NO_NUMBER, Bad, Good, RowReader
from callcenter.dialer.lists.reading import Layout, detect, detect_encoding, override
from callcenter.kernel.errors import Invalid


def rows(content: bytes, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    return reading.rows(io.StringIO(content.decode(layout.encoding), newline=""), layout)


def read_row(line: int, cells: list[str], layout: Layout, region: str) -> Good | Bad:
    return RowReader(layout, region).read(line, cells)


RUSSIAN = "Имя;Телефон;Город\nМария Орлова;+7 495 123-45-67;Москва\nИван Петров;8 (812) 555-01-09;Петербург\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8-r", "cp866"])
def test_russian_text_is_read_in_every_code_page_it_comes_in(encoding: str) -> None:
    content = RUSSIAN.encode(encoding)

    layout = detect(content, "RU")
    (_, first), (_, second) = rows(content, layout)
    lead = read_row(2, first, layout, "RU")

    assert isinstance(lead, Good)
    assert (lead.name, lead.number) == ("Мария Орлова", "+74951234567")
    assert lead.fields == {"Город": "Москва"}
    assert second[0] == "Иван Петров"


def test_accents_are_read_as_western() -> None:
    content = "name,phone\nJörg Müller,030 2000001\n".encode("cp1252")

    assert detect_encoding(content) == "cp1252"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    content = delimiter.join(["name", "phone", "note"]) + "\n" + delimiter.join(["A", "0302000001", "x"])

    assert detect(content.encode(), "DE").delimiter == delimiter


def test_quoted_cells_may_hold_delimiters_and_line_breaks() -> None:
    content = b'name,phone,note\n"Doe, Jane",030 2000001,"two\nlines"\nBob,030 2000002,\n'
    layout = detect(content, "DE")

    found = list(rows(content, layout))

    assert [(line, cells[0]) for line, cells in found] == [(3, "Doe, Jane"), (4, "Bob")]


def test_a_file_without_a_heading_is_known_by_its_numbers() -> None:
    content = b"Anna,030 2000001\nBob,030 2000002\n"

    layout = detect(content, "DE")

    assert not layout.has_heading
    assert layout.roles == {"number": 1}
    assert len(list(rows(content, layout))) == 2


def test_a_heading_that_nobody_guesses_is_helped_by_the_numbers_below() -> None:
    layout = detect(b"who,reach at\nAnna,030 2000001\n", "DE")

    assert layout.roles["number"] == 1


@pytest.mark.parametrize("content", [b"", b"\n\n", b"name,town\nAnna,Berlin\n"])
def test_a_file_without_numbers_is_refused_at_once(content: bytes) -> None:
    with pytest.raises(Invalid):
        detect(content, "DE")


def test_columns_that_a_person_chose_win() -> None:
    content = b"phone,mobile,name\n030 2000001,030 2000002,Anna\n"
    layout = override(detect(content, "DE"), {"number": 1, "name": 2})

    lead = read_row(2, next(rows(content, layout))[1], layout, "DE")

    assert isinstance(lead, Good)
    assert lead.number == "+49302000002"
    assert lead.fields == {"phone": "030 2000001"}
    with pytest.raises(Invalid):
        override(layout, {"number": 9})
    with pytest.raises(Invalid):
        override(layout, {"name": 0})


def test_a_bad_row_says_its_line_and_reason() -> None:
    content = b"name,phone\nA,\nB,12\n"
    layout = detect(b"name,phone\nA,030 2000001\n", "DE")

    found = [read_row(line, cells, layout, "DE") for line, cells in rows(content, layout)]

    assert found == [Bad(2, NO_NUMBER, ("A", "")), Bad(3, BAD_NUMBER, ("B", "12"))]


def test_the_zone_comes_from_its_column_or_from_the_number() -> None:
    content = b"phone,time zone\n030 2000001,Asia/Tokyo\n030 2000002,Mars\n+12125550123,\n"
    layout = detect(content, "DE")

    found = [read_row(line, cells, layout, "DE") for line, cells in rows(content, layout)]

    assert [lead.cohort.zones for lead in found if isinstance(lead, Good)] == [
        ("Asia/Tokyo",),
        ("Europe/Berlin",),
        ("America/New_York",),
    ]


def test_consent_is_read_from_its_column() -> None:
    content = "phone;согласие\n+74957000104;Да\n+74957000204;нет\n+74957000304;\n".encode()
    layout = detect(content, "RU")

    read = [read_row(line, cells, layout, "RU") for line, cells in rows(content, layout)]

    assert [row.consent for row in read if isinstance(row, Good)] == [True, False, False]
