"""Who gets whom."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callcenter.queues.routing import Free, Pair, Strategy, Waiting, decide, expected_wait_seconds, order

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUEUES = ("sales", "support")


def waiting(call_id: str, seconds: int = 0, queue: str = "support", weight: int = 0) -> Waiting:
    return Waiting(call_id=call_id, queue=queue, weight=weight, joined_at=START + timedelta(seconds=seconds))


def free(agent_id: int, since: int = 0, calls: int = 0, penalty: int = 0) -> Free:
    return Free(
        agent_id=agent_id,
        queues={"support": penalty},
        free_since=START + timedelta(seconds=since),
        calls_today=calls,
    )


callers = st.lists(
    st.builds(
        Waiting,
        call_id=st.text("abcdef", min_size=1, max_size=3),
        queue=st.sampled_from(QUEUES),
        weight=st.integers(0, 3),
        joined_at=st.integers(0, 100).map(lambda s: START + timedelta(seconds=s)),
        front=st.booleans(),
        wanted_agent=st.none() | st.integers(1, 5),
        excluded=st.frozensets(st.integers(1, 5), max_size=2),
    ),
    max_size=8,
    unique_by=lambda caller: caller.call_id,
)
agents = st.lists(
    st.builds(
        Free,
        agent_id=st.integers(1, 5),
        queues=st.dictionaries(st.sampled_from(QUEUES), st.integers(0, 2)),
        free_since=st.integers(0, 100).map(lambda s: START + timedelta(seconds=s)),
        calls_today=st.integers(0, 5),
    ),
    max_size=5,
    unique_by=lambda agent: agent.agent_id,
)
strategies = st.dictionaries(st.sampled_from(QUEUES), st.sampled_from(list(Strategy)))


def may(caller: Waiting, agent: Free) -> bool:
    if agent.agent_id in caller.excluded:
        return False
    if caller.wanted_agent is not None:
        return agent.agent_id == caller.wanted_agent
    return caller.queue in agent.queues


@given(callers, agents, strategies)
def test_everybody_at_most_once_and_only_where_they_may(
    callers: list[Waiting], agents: list[Free], strategies: dict[str, Strategy]
) -> None:
    pairs = decide(callers, agents, strategies)

    by_call = {c.call_id: c for c in callers}
    by_agent = {a.agent_id: a for a in agents}
    assert len({p.call_id for p in pairs}) == len(pairs) == len({p.agent_id for p in pairs})
    assert all(may(by_call[p.call_id], by_agent[p.agent_id]) for p in pairs)


@given(callers, agents, strategies)
def test_nobody_waits_while_somebody_free_may_take_them(
    callers: list[Waiting], agents: list[Free], strategies: dict[str, Strategy]
) -> None:
    pairs = decide(callers, agents, strategies)

    left = [c for c in callers if c.call_id not in {p.call_id for p in pairs}]
    idle = [a for a in agents if a.agent_id not in {p.agent_id for p in pairs}]
    assert not any(may(caller, agent) for caller in left for agent in idle)


@given(callers, agents, strategies)
def test_nobody_is_served_by_an_agent_whom_an_earlier_caller_may_have(
    callers: list[Waiting], agents: list[Free], strategies: dict[str, Strategy]
) -> None:
    pairs = {p.call_id: p.agent_id for p in decide(callers, agents, strategies)}

    by_agent = {a.agent_id: a for a in agents}
    served_later: list[int] = []
    for caller in reversed(order(callers)):
        if caller.call_id in pairs:
            served_later.append(pairs[caller.call_id])
        else:
            assert not any(may(caller, by_agent[agent_id]) for agent_id in served_later)


@given(callers, agents, strategies)
def test_the_order_in_which_they_are_given_does_not_matter(
    callers: list[Waiting], agents: list[Free], strategies: dict[str, Strategy]
) -> None:
    there = decide(callers, agents, strategies)

    back = decide(callers[::-1], agents[::-1], strategies)

    assert there == back


def test_weight_then_the_front_then_the_longest_wait() -> None:
    late_front = Waiting(
        call_id="front", queue="support", weight=0, joined_at=START + timedelta(seconds=9), front=True
    )
    line = [waiting("b", 2), waiting("a", 1), late_front, waiting("vip", 5, weight=9)]

    assert [c.call_id for c in order(line)] == ["vip", "front", "a", "b"]


def test_a_lower_penalty_goes_before_any_strategy() -> None:
    found = decide([waiting("a")], [free(1, since=0, penalty=1), free(2, since=50)], {})

    assert found == [Pair("a", 2)]


def test_each_strategy_chooses_among_equals() -> None:
    those = [free(3, since=0, calls=9), free(2, since=5, calls=1), free(1, since=9, calls=5)]
    chosen = {
        strategy: decide([waiting("a")], those, {"support": strategy})[0].agent_id for strategy in Strategy
    }

    assert chosen == {Strategy.LONGEST_IDLE: 3, Strategy.FEWEST_CALLS: 2, Strategy.LINEAR: 1}


def test_the_expected_wait_needs_somebody_who_works() -> None:
    assert expected_wait_seconds(3, 0, 120) is None
    assert expected_wait_seconds(3, 2, 120) == 180
