"""Shares of lists and turns of new leads hold for one line at a time and for many."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.lists.mixing import Share, interleave, split

mixes = st.dictionaries(st.integers(1, 6), st.integers(1, 100), min_size=1)


def taken_one_by_one(percents: dict[int, int], ready: dict[int, int], lines: int) -> dict[int, int]:
    """How many each list gives when leads are asked for singly."""
    taken = dict.fromkeys(percents, 0)
    given_out = dict.fromkeys(percents, 0)
    for _ in range(lines):
        shares = {key: Share(percents[key], taken[key], ready[key]) for key in percents}
        chosen, taken = split(shares, 1, strict=False)
        for key in chosen:
            ready[key] -= 1
            given_out[key] += 1
    return given_out


@given(
    percents=st.dictionaries(st.integers(1, 6), st.integers(1, 100), min_size=1), lines=st.integers(1, 300)
)
def test_shares_are_never_off_by_more_than_a_line_for_each_list(percents: dict[int, int], lines: int) -> None:
    given_out = taken_one_by_one(percents, dict.fromkeys(percents, 1000), lines)

    whole = sum(percents.values())
    for key, percent in percents.items():
        assert abs(given_out[key] - lines * percent / whole) <= len(percents)


@given(
    percents=st.dictionaries(st.integers(1, 6), st.integers(1, 100), min_size=1), lines=st.integers(1, 200)
)
def test_many_at_once_are_split_as_one_by_one(percents: dict[int, int], lines: int) -> None:
    shares = {key: Share(percent, 0, 1000) for key, percent in percents.items()}

    chosen, _ = split(shares, lines, strict=False)

    assert {key: chosen.count(key) for key in percents} == taken_one_by_one(
        percents, dict.fromkeys(percents, 1000), lines
    )


def test_the_share_of_a_dry_list_goes_to_the_others() -> None:
    chosen, _ = split({1: Share(70, 0, 2), 2: Share(20, 0, 99), 3: Share(10, 0, 99)}, 30, strict=False)

    assert chosen.count(1) == 2
    assert len(chosen) == 30
    assert chosen.count(2) > chosen.count(3)


def test_a_list_that_was_dry_is_not_owed_what_it_missed() -> None:
    _, taken = split({1: Share(50, 0, 0), 2: Share(50, 0, 500)}, 200, strict=False)

    chosen, _ = split({1: Share(50, taken[1], 100), 2: Share(50, taken[2], 100)}, 20, strict=False)

    assert abs(chosen.count(1) - 10) <= 1


def test_a_strict_mix_leaves_the_share_of_a_dry_list_undialled() -> None:
    chosen, _ = split({1: Share(50, 0, 0), 2: Share(50, 0, 99)}, 10, strict=True)

    assert chosen == [2] * 5


def test_a_list_without_a_percent_is_not_in_the_mix() -> None:
    assert split({1: Share(0, 0, 9), 2: Share(1, 0, 2)}, 5, strict=False)[0] == [2, 2]


@given(every=st.integers(1, 9), lines=st.integers(1, 100))
def test_each_so_many_th_is_a_new_one(every: int, lines: int) -> None:
    new, others = [f"n{i}" for i in range(100)], [f"o{i}" for i in range(100)]
    at_once, _ = interleave(new, others, every, 0, lines)
    since, singly = 0, []
    for _ in range(lines):
        (one,), since = interleave(new, others, every, since, 1)
        singly.append(one)
        (new if one[0] == "n" else others).remove(one)

    assert at_once == singly
    assert [i + 1 for i, one in enumerate(at_once) if one[0] == "n"] == list(range(every, lines + 1, every))


def test_what_is_missing_is_replaced_by_the_other_kind() -> None:
    assert interleave([], ["a", "b"], 2, 0, 5)[0] == ["a", "b"]
    assert interleave(["a", "b"], [], 3, 0, 5)[0] == ["a", "b"]
