"""Calls in a second, and a trunk that refuses."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.limits import Breaker, BreakerState, Throttle


@given(st.floats(0.2, 20), st.lists(st.floats(0, 0.7), min_size=1, max_size=200))
def test_no_second_ever_sees_more_calls_than_allowed(rate: float, pauses: list[float]) -> None:
    throttle, now, placed = Throttle(rate), 1000.0, list[float]()
    for pause in pauses:
        now += pause
        room = throttle.room(now)
        assert room is not None
        throttle.placed(room, now)
        placed.extend([now] * room)

    span, most = max(1.0, 1 / rate), max(1, int(rate))
    for at in placed:
        assert sum(1 for other in placed if at <= other < at + span) <= most


def test_no_limit_is_no_limit() -> None:
    throttle = Throttle()
    throttle.placed(1000, 5.0)
    assert throttle.room(5.0) is None


def refuse(breaker: Breaker, count: int, at: float = 100.0) -> None:
    for index in range(count):
        breaker.result(at + index / 10, refused=True)


def test_a_storm_of_refusals_stops_the_trunk_and_says_how_many() -> None:
    breaker = Breaker()
    breaker.result(99.0, refused=False)

    refuse(breaker, 5)

    assert breaker.room(101.0, 3) == 0
    standing = breaker.standing()
    assert (standing.state, standing.refused, standing.results) == (BreakerState.OPEN, 4, 5)


def test_a_few_refusals_among_answers_change_nothing() -> None:
    breaker = Breaker()
    for index in range(40):
        breaker.result(100.0 + index, refused=index % 4 == 0)

    assert breaker.room(141.0, 9) is None


def test_after_its_rest_it_is_tried_with_one_call_and_opened_by_success() -> None:
    breaker = Breaker()
    refuse(breaker, 5)

    assert breaker.room(106.0, 0) == 1
    assert breaker.room(106.0, 1) == 0
    breaker.result(107.0, refused=False)

    assert breaker.room(107.0, 1) is None


def test_each_unlucky_try_doubles_the_rest_up_to_a_limit() -> None:
    breaker = Breaker()
    refuse(breaker, 5)
    now, rests = 100.4, []
    for _ in range(9):
        until = breaker.standing().until
        rests.append(round(until - now, 3))
        now = until
        assert breaker.room(now, 0) == 1
        breaker.result(now, refused=True)

    assert rests[:4] == [5, 10, 20, 40]
    assert rests[-1] == 300


def test_what_was_placed_before_the_rest_does_not_prolong_it() -> None:
    breaker = Breaker()
    refuse(breaker, 5)
    until = breaker.standing().until

    refuse(breaker, 20, at=102.0)

    assert breaker.standing().until == until
