"""Life tables: what has lasted so long, how long it still lasts."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.pacing.survival import LifeTable


def table(durations: list[float], *, prior: float = 2.0) -> LifeTable:
    known = LifeTable(100.0, 1.0, prior=prior, half_life=1e9)
    for duration in durations:
        known.add(duration, 1000.0)
    known.refresh((), 1000.0)
    return known


def test_what_has_no_memory_is_over_as_soon_whatever_its_age() -> None:
    random = Random(1)  # noqa: S311
    known = table([random.expovariate(1 / 60) for _ in range(4000)])

    for age in (0.0, 30.0, 120.0):
        assert known.over_within(age, 20.0) == pytest.approx(1 - math.exp(-20 / 60), abs=0.04)


def test_with_a_heavy_tail_who_has_talked_long_is_expected_to_go_on() -> None:
    random = Random(2)  # noqa: S311
    known = table([random.lognormvariate(4.0, 1.2) for _ in range(4000)])

    assert known.over_within(300.0, 30.0) < 0.6 * known.over_within(30.0, 30.0)


def test_a_fixed_length_is_over_when_it_is_reached() -> None:
    known = table([20.4] * 500, prior=0.1)

    assert known.over_within(5.0, 8.0) < 0.05
    assert known.over_within(17.0, 8.0) > 0.8


def test_those_that_go_on_count_as_lasting() -> None:
    known = LifeTable(100.0, 1.0, prior=1.0, half_life=1e9)
    for _ in range(50):
        known.add(10.0, 1000.0)
    known.refresh((), 1000.0)
    without = known.over_within(0.0, 30.0)

    known.refresh([60.0] * 50, 1000.0)

    assert known.over_within(0.0, 30.0) < 0.7 * without


@given(
    durations=st.lists(st.floats(0, 7000), max_size=60),
    age=st.floats(0, 9000),
    seconds=st.floats(0, 600),
    more=st.floats(0, 600),
)
def test_a_chance_is_a_chance_and_grows_with_time(
    durations: list[float], age: float, seconds: float, more: float
) -> None:
    known = table(durations)

    first, second = known.over_within(age, seconds), known.over_within(age, seconds + more)

    assert 0 <= first <= second + 1e-12
    assert second <= 1
