"""The number that a customer sees."""

from collections import Counter
from random import Random

from callcenter.dialer.caller_ids import REST_SECONDS, CallerNumber, Pool, Where, area_of

NOW = 1_000_000.0
BERLIN, MUNICH = Where("+4930", "", "DE"), Where("+4989", "", "DE")
FLORIDA = Where("+1305", "US-FL", "US")


def pool(*numbers: CallerNumber) -> Pool:
    return Pool({n.number: n for n in numbers})


def test_an_area_is_read_from_the_number() -> None:
    assert [area_of(n) for n in ("+493012345678", "+13055550123", "+4915112345678")] == ["+4930", "+1305", ""]


def test_the_nearest_number_is_shown_however_often_it_was_used() -> None:
    near = CallerNumber("+493055500", BERLIN, used_today=90)
    far = CallerNumber("+498955500", MUNICH)

    assert pool(far, near).choose(BERLIN, NOW) is near


def test_the_same_state_counts_before_the_same_country() -> None:
    same_state = CallerNumber("+17275550100", Where("+1727", "US-FL", "US"), used_today=5)
    same_country = CallerNumber("+12125550100", Where("+1212", "US-NY", "US"))

    assert pool(same_state, same_country).choose(FLORIDA, NOW) is same_state


def test_equally_near_numbers_take_turns() -> None:
    numbers = pool(*(CallerNumber(f"+4930555{n:02d}", BERLIN) for n in range(4)))
    seen: Counter[str] = Counter()
    for call in range(40):
        chosen = numbers.choose(BERLIN, NOW + call)
        assert chosen is not None
        chosen.used(NOW + call)
        seen[chosen.number] += 1

    assert set(seen.values()) == {10}


def test_a_number_at_its_cap_or_at_rest_is_not_shown() -> None:
    capped = CallerNumber("+493055501", BERLIN, daily_cap=3, used_today=3)
    resting = CallerNumber("+493055502", BERLIN, rested_until=NOW + 1)

    assert pool(capped, resting).choose(BERLIN, NOW) is None
    assert pool(capped, resting).choose(BERLIN, NOW + 2) is resting


def play(rates: dict[str, float], calls: int, seed: int = 4) -> Pool:
    random = Random(seed)  # noqa: S311 - dice
    made = pool(*(CallerNumber(number, BERLIN) for number in rates))
    for call in range(calls):
        for number, rate in rates.items():
            made.numbers[number].ended(NOW + call, answered=random.random() < rate)
    return made


def test_a_number_that_went_bad_is_rested_with_the_figures() -> None:
    made = play({"+49301": 0.3, "+49302": 0.3, "+49303": 0.06, "+49304": 0.3}, 150)

    (rest,) = made.rests(NOW + 150)

    assert (rest.number, rest.until) == ("+49303", NOW + 150 + REST_SECONDS)
    assert rest.reason["rate"] < 0.15 < rest.reason["others"]


def test_numbers_that_only_differ_by_chance_are_left_alone() -> None:
    assert (
        sum(len(play({f"+4930{n}": 0.3 for n in range(6)}, 120, seed).rests(NOW + 120)) for seed in range(30))
        <= 1
    )


def test_half_of_the_pool_always_stays() -> None:
    made = play({"+49301": 0.5, "+49302": 0.01, "+49303": 0.01, "+49304": 0.01}, 200)
    made.numbers["+49302"].rested_until = NOW + 10_000

    assert len(made.rests(NOW + 200)) <= 1


def test_what_was_long_ago_counts_little() -> None:
    one = CallerNumber("+49301", BERLIN)
    for call in range(100):
        one.ended(NOW + call, answered=False)

    one.decay(NOW + 3 * 86400)

    assert one.tried < 13
