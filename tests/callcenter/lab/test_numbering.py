"""Which number behaves how."""

import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.lab.numbering import (
    CODES,
    LONGEST_RING_SECONDS,
    USUAL_WEIGHTS,
    Mix,
    Outcome,
    Scenario,
    by_suffix,
    number_for,
)

numbers = st.text(string.digits, min_size=7, max_size=15).map(lambda digits: "+" + digits)


@pytest.mark.parametrize("scenario", Scenario)
def test_each_scenario_has_a_number_that_does_it(scenario: Scenario) -> None:
    number = number_for(scenario, line=7, ring_seconds=2.5)

    assert by_suffix(number) == Outcome(scenario, 2.5)
    assert len(number) == 12


def test_lines_make_different_numbers() -> None:
    assert len({number_for(Scenario.PERSON, line=n) for n in range(10)}) == 10


def test_digits_that_mean_nothing_are_a_person() -> None:
    assert "99" not in CODES
    assert by_suffix("+79161230099").scenario is Scenario.PERSON


@given(numbers)
def test_nobody_rings_longer_than_the_limit(number: str) -> None:
    assert 0 <= by_suffix(number).ring_seconds <= LONGEST_RING_SECONDS


def test_the_same_seed_draws_the_same_table_and_another_another() -> None:
    assert Mix(seed=3).rows() == Mix(seed=3).rows()
    assert Mix(seed=3).rows() != Mix(seed=4).rows()


def test_the_table_keeps_the_shares() -> None:
    drawn = Counter(row.scenario for row in Mix(seed=5).rows())
    total, rows = sum(USUAL_WEIGHTS.values()), sum(drawn.values())

    for scenario, weight in USUAL_WEIGHTS.items():
        assert drawn[scenario] == pytest.approx(rows * weight / total, abs=1)


def test_consecutive_numbers_meet_the_whole_table() -> None:
    mix = Mix(seed=9)

    met = {mix.row_of(f"+7499{line:07d}", 1) for line in range(len(mix.rows()))}

    assert len(met) == len(mix.rows())


@given(numbers, st.integers(1, 50), st.integers(0, 1000))
def test_a_number_has_an_outcome_at_every_call(number: str, call: int, seed: int) -> None:
    mix = Mix(seed=seed)

    assert 0 <= mix.row_of(number, call) < len(mix.rows())
    assert mix.outcome(number, call) == mix.outcome(number, call)


def test_only_people_have_a_time_to_talk_and_refusals_do_not_ring() -> None:
    for row in Mix(seed=2).rows():
        if row.scenario in (Scenario.BUSY, Scenario.UNALLOCATED, Scenario.REJECT):
            assert (row.ring_seconds, row.talk_seconds) == (0.0, 0)
        if row.scenario is Scenario.PERSON:
            assert row.talk_seconds >= 15
