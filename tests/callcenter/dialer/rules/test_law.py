"""Jurisdictions: read, checked, chosen by place, and in force when they say."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.checks import laws
from callcenter.config import Settings
from callcenter.dialer.rules import Basis, Method, Policy, Purpose, Where, law, terms
from callcenter.dialer.rules.law import LawError, load, read, read_windows

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
GOOD = """
id = "AT"
version = 3
title = { en = "Austria", ru = "Австрия" }
regions = ["AT"]
zone = "Europe/Vienna"
sources = ["TKG 2021"]
"""


def test_the_house_s_own_files_are_sound_and_name_their_sources() -> None:
    book = load()

    assert {"US", "US-FL", "GB", "RU", "DE", "FR", "CA", "ZZ"} <= book.by_id.keys()
    assert all(one.sources and one.rules for one in book.by_id.values())
    assert not any("://" in source for one in book.by_id.values() for source in one.sources)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("id = ", "x.toml: "),
        (GOOD.replace("version = 3", "version = 0"), "Expected `int` >= 1"),
        (GOOD.replace("Europe/Vienna", "Europe/Wien"), "no time zone 'Europe/Wien'"),
        (GOOD.replace('["AT"]', '["at"]', 1), "two capital letters"),
        (GOOD.replace('["TKG 2021"]', "[]"), "its sources"),
        (GOOD + 'colour = "red"\n', "unknown field `colour`"),
        (GOOD + '[[rules]]\nname = "a"\npurposes = ["fun"]\n', "Invalid enum value 'fun'"),
        (
            GOOD + '[[rules]]\nname = "a"\nhours = { weekdays = "9-17", saturday = "", sunday = "" }\n',
            "rule 'a': '9-17' are no hours",
        ),
        (
            GOOD + '[[rules]]\nname = "a"\nsince = 2026-01-01\nuntil = 2025-01-01\n',
            "ends before it begins",
        ),
        (GOOD.replace("zone", 'subdivisions = ["DE-BY"]\nzone'), "begins with its region"),
    ],
)
def test_a_wrong_file_says_what_is_wrong_and_where(wrong: str, words: str) -> None:
    with pytest.raises(LawError) as error:
        read((wrong if "[[rules]]" in wrong else wrong + "rules = []\n").encode(), "x.toml")

    assert words in str(error.value)
    assert str(error.value).startswith("x.toml: ")


def test_an_own_folder_adds_and_replaces_whole_files(tmp_path: Path) -> None:
    (tmp_path / "at.toml").write_text(GOOD + "rules = []\n")
    (tmp_path / "de.toml").write_text(GOOD.replace('"AT"', '"DE"') + "rules = []\n")

    book = load(tmp_path)

    assert book.by_id["AT"].version == 3
    assert book.by_id["DE"].rules == ()
    assert "US" in book.by_id


def test_check_names_a_folder_that_is_not_there_and_a_jurisdiction_that_is_twice(tmp_path: Path) -> None:
    assert laws(Settings()) == []
    assert "No such file" in laws(Settings(jurisdictions=str(tmp_path / "nowhere")))[0]
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD + "rules = []\n")

    assert laws(Settings(jurisdictions=str(tmp_path))) == ["Jurisdictions: b.toml: AT is also in a.toml."]


def test_laws_are_those_of_the_country_and_of_its_part() -> None:
    book = law.book()

    def ids(region: str, *parts: str) -> set[str]:
        return {one.id for one in book.laws_for(region, parts)}

    assert ids("US", "US-FL") == {"US", "US-FL"}
    assert ids("US", "US-NY") == {"US"}
    assert {"US", "US-FL", "US-AL"} <= ids("US")  # nobody knows where: all of them
    assert ids("JP") == {"ZZ"}
    assert {one.id for one in book.laws_for("JP", (), ("DE",))} == {"DE", "ZZ"}
    assert {one.id for one in book.laws_for("DE", (), ("FR",))} == {"DE", "FR"}


def test_france_asks_for_consent_from_its_day_on_and_for_the_registry_before() -> None:
    before, after = (
        terms(Policy(purpose=Purpose.ADVERTISING, method=Method.HUMAN, book=law.book()), Where("FR"), moment)
        for moment in (
            datetime(2026, 8, 10, 21, 59, 59, tzinfo=UTC),  # a second before midnight in Paris
            datetime(2026, 8, 10, 22, 0, tzinfo=UTC),
        )
    )

    assert [demand.code for _, demand in before.registries] == ["fr-bloctel"]
    assert before.consents == ()
    assert before.until == datetime(2026, 8, 10, 22, 0, tzinfo=UTC)
    assert after.registries == ()
    assert [demand.basis for _, demand in after.consents] == [Basis.ORAL]


def test_russia_forbids_to_advertise_by_machine_but_not_to_serve() -> None:
    def forbidden(purpose: Purpose, method: Method) -> bool:
        policy = Policy(purpose=purpose, method=method, book=law.book())
        return bool(terms(policy, Where("RU"), NOW).forbidden)

    assert forbidden(Purpose.ADVERTISING, Method.AUTOMATIC)
    assert forbidden(Purpose.ADVERTISING, Method.RECORDED)
    assert not forbidden(Purpose.ADVERTISING, Method.HUMAN)
    assert not forbidden(Purpose.SERVICE, Method.AUTOMATIC)


def test_who_may_have_a_mobile_is_protected_like_one_who_has() -> None:
    def asked(number_type: str) -> bool:
        policy = Policy(purpose=Purpose.ADVERTISING, method=Method.AUTOMATIC, book=law.book())
        return bool(terms(policy, Where("US", ("US-NY",), number_type), NOW).consents)

    assert asked("mobile")
    assert asked("fixed-or-mobile")
    assert asked("")
    assert not asked("fixed")


def test_the_shortest_ring_and_the_limit_on_abandoned_calls_come_from_the_law() -> None:
    book = law.book()

    assert book.shortest_ring("US", NOW) == 15
    assert book.shortest_ring("DE", NOW) == 0
    (us,) = book.abandon_rules("US", NOW, Purpose.ADVERTISING)
    (gb,) = book.abandon_rules("GB", NOW, Purpose.SERVICE)
    assert (us.limit, us.window_days, us.connect_seconds) == (0.03, 30, 2.0)
    assert (gb.limit, gb.window_days) == (0.03, 1)
    assert book.abandon_rules("US", NOW, Purpose.SERVICE) == ()
    assert book.message_rule("US", NOW, Purpose.ADVERTISING).opt_out


def test_windows_are_read_as_they_are_written() -> None:
    assert read_windows("") == ()
    assert [(w.start, w.end) for w in read_windows("10:00-13:00, 14:00-20:00")] == [(600, 780), (840, 1200)]
    for text in ("10:00", "13:00-10:00", "08:00-12:00, 11:00-13:00", "1-2"):
        with pytest.raises(ValueError, match=text.split(",")[0]):
            read_windows(text)
