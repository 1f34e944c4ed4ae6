"""The agent's state machine."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.agents.machine import AFTER, TABLE, IllegalStep, Plan, State, Trigger, allows, step

PLANS = [Plan(State.READY), Plan(State.PAUSED, "lunch"), Plan(State.OFFLINE)]


@pytest.mark.parametrize(("state", "trigger"), list(TABLE))
@pytest.mark.parametrize("plan", PLANS)
def test_a_legal_step_leads_where_the_table_says(state: State, trigger: Trigger, plan: Plan) -> None:
    after = step(state, trigger, plan)

    target = TABLE[state, trigger]
    assert after == (plan if target == AFTER else Plan(State(target)))
    assert allows(state, trigger)


@pytest.mark.parametrize(
    ("state", "trigger"), [pair for pair in itertools.product(State, Trigger) if pair not in TABLE]
)
def test_every_other_step_is_refused_and_says_the_state(state: State, trigger: Trigger) -> None:
    with pytest.raises(IllegalStep) as refused:
        step(state, trigger, Plan())

    assert refused.value.values["state"] is state
    assert not allows(state, trigger)


@given(st.lists(st.sampled_from(list(Trigger))), st.sampled_from(PLANS))
def test_no_sequence_leaves_the_states(triggers: list[Trigger], plan: Plan) -> None:
    state = State.OFFLINE
    for trigger in triggers:
        try:
            state = step(state, trigger, plan).state
        except IllegalStep:
            assert (state, trigger) not in TABLE
        assert state in set(State)


def test_from_every_state_the_shift_can_end() -> None:
    reached = {State.OFFLINE}
    while True:
        more = {s for (s, _), t in TABLE.items() if t in reached or t == AFTER} | reached
        if more == reached:
            break
        reached = more

    assert reached == set(State)
