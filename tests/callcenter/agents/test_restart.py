"""What becomes of agents when the rows are a little older than the moment the service was killed."""

import pytest

from callcenter.agents.machine import Plan, State
from callcenter.agents.roster import LegMode, Presence
from tests.support.telephones import Telephones


def _last_row(world: Telephones, state: State, reason: str = "", call_id: str = "") -> None:
    """This is what the rows say of agent 1; what happened after it was not written any more."""
    since = world.agent(1).since
    world.floor.roster.restore([Presence(1, state, reason, since, call_id, Plan())])


@pytest.mark.parametrize("leg_mode", LegMode)
async def test_a_shift_that_was_beginning_begins(world: Telephones, leg_mode: LegMode) -> None:
    await world.open(1, leg_mode=leg_mode)
    await world.start(1)
    _last_row(world, State.PAUSED, "starting")

    await world.restart()
    await world.run(1)

    assert world.agent(1).state is State.READY


async def test_a_break_goes_on(world: Telephones) -> None:
    await world.open(1)
    await world.start(1)
    _last_row(world, State.PAUSED, "lunch")

    await world.restart()
    await world.run(1)

    assert (world.agent(1).state, world.agent(1).reason) == (State.PAUSED, "lunch")


@pytest.mark.parametrize("state", [State.READY, State.RINGING, State.WRAPUP, State.PAUSED])
async def test_a_conversation_is_found_whatever_the_row_says(world: Telephones, state: State) -> None:
    await world.open(1)
    await world.start(1)
    call_id = await world.talk()
    _last_row(world, state, call_id="" if state is State.READY else call_id)

    await world.restart()
    await world.run(1)

    assert (world.agent(1).state, world.agent(1).call_id) == (State.TALKING, call_id)
