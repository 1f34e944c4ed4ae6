"""An agent of several campaigns is counted by one of them."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.allotment import Worker, allot

BOTH = frozenset({1, 2})
workers = st.lists(
    st.builds(
        Worker,
        agent_id=st.integers(1, 40),
        campaigns=st.frozensets(st.integers(1, 4)),
        busy_with=st.none() | st.integers(1, 4),
    ),
    unique_by=lambda w: w.agent_id,
)


def test_the_campaign_with_the_higher_priority_gets_everybody() -> None:
    assert allot([Worker(7, BOTH), Worker(8, BOTH)], {1: 0, 2: 5}) == {7: 2, 8: 2}


def test_equal_campaigns_share_evenly() -> None:
    shares = allot([Worker(n, BOTH) for n in range(10)], {1: 3, 2: 3})

    assert sorted(shares.values()) == [1] * 5 + [2] * 5


def test_who_speaks_for_a_campaign_belongs_to_it() -> None:
    assert allot([Worker(7, BOTH, busy_with=1)], {1: 0, 2: 5}) == {7: 1}


def test_a_campaign_with_nothing_to_dial_leaves_its_agents_to_others() -> None:
    assert allot([Worker(7, BOTH, busy_with=2)], {1: 0}) == {7: 1}


@given(workers, st.dictionaries(st.integers(1, 4), st.integers(-2, 2)))
def test_nobody_is_counted_twice_or_forgotten(found: list[Worker], hungry: dict[int, int]) -> None:
    shares = allot(found, hungry)

    for worker in found:
        mine = worker.campaigns & hungry.keys()
        assert (worker.agent_id in shares) == bool(mine)
        if mine:
            assert shares[worker.agent_id] in mine
            if worker.busy_with not in mine:
                assert hungry[shares[worker.agent_id]] == max(hungry[c] for c in mine)


@given(workers, st.dictionaries(st.integers(1, 4), st.integers(-2, 2)))
def test_the_same_people_are_shared_out_the_same_way(found: list[Worker], hungry: dict[int, int]) -> None:
    assert allot(found, hungry) == allot(reversed(found), hungry)
