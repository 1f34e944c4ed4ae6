"""The second line: a third party, or a colleague, while the customer waits."""

import pytest

from callcenter.agents.machine import IllegalStep, State
from callcenter.agents.roster import Consult
from callcenter.calls import events as e
from callcenter.calls.control import ControlError
from callcenter.kernel.errors import Conflict
from tests.support.telephones import BUSY_NUMBER, GOOD_NUMBER, Telephones, settle


def _line(world: Telephones) -> Consult:
    consult = world.agent(1).consult
    assert consult is not None
    return consult


async def _with_number(world: Telephones) -> tuple[str, str]:
    """Agent 1 holds a customer and speaks to a third party; both leg ids."""
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    await world.floor.desk.consult_number(world.agent(1), GOOD_NUMBER)
    await world.run(1)
    (consult,) = (leg for leg in world.switch.legs if leg.startswith("consult-1-"))
    return call_id, consult


async def _with_colleague(world: Telephones, *, answered: bool = True) -> str:
    """Agent 1 holds a customer and has asked agent 2."""
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    await world.start(2)
    await world.floor.desk.consult_agent(world.agent(1), world.agent(2))
    await settle()
    if answered:
        world.floor.desk.answer(world.agent(2))
        await settle()
    return call_id


async def test_a_third_party_is_spoken_to_while_the_customer_waits(world: Telephones) -> None:
    call_id, consult = await _with_number(world)

    assert world.agent(1).state is State.HOLD
    assert world.together(consult, world.agent(1).leg_id)
    assert (_line(world).up, _line(world).talking) == (True, True)
    assert world.floor.tracker.legs[consult].call_id == call_id


async def test_swap_goes_there_and_back_and_nobody_is_lost(world: Telephones) -> None:
    call_id, consult = await _with_number(world)
    desk, agent = world.floor.desk, world.agent(1)

    await desk.consult_swap(agent)
    await settle()
    assert world.agent(1).state is State.TALKING
    assert world.together(call_id, agent.leg_id)
    assert not _line(world).talking
    await world.run(40)
    assert consult in world.switch.legs
    await desk.consult_swap(agent)
    await settle()

    assert world.agent(1).state is State.HOLD
    assert _line(world).talking
    assert world.together(consult, agent.leg_id)
    await world.run(40)
    assert call_id in world.switch.legs


@pytest.mark.parametrize("swapped", [False, True])
async def test_complete_gives_the_customer_to_the_third_party(world: Telephones, swapped: bool) -> None:
    call_id, consult = await _with_number(world)
    if swapped:
        await world.floor.desk.consult_swap(world.agent(1))
        await settle()

    await world.floor.desk.consult_complete(world.agent(1))
    await world.run(1)

    assert world.together(call_id, consult)
    assert world.agent(1).state is State.WRAPUP
    (given,) = world.of(e.CallTransferred)
    assert isinstance(given, e.CallTransferred)
    assert (given.kind, given.target, given.how) == ("number", GOOD_NUMBER, "attended")


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("who", ["customer", "party"])
async def test_after_complete_the_end_of_one_is_the_end_of_the_other(
    world: Telephones, who: str, swapped: bool
) -> None:
    call_id, consult = await _with_number(world)
    if swapped:
        await world.floor.desk.consult_swap(world.agent(1))
        await settle()
    await world.floor.desk.consult_complete(world.agent(1))
    await settle()

    await world.hang_up(call_id if who == "customer" else consult)
    await world.run(1)

    assert [leg for leg in world.switch.legs if not leg.startswith("agent-")] == []
    assert len(world.of(e.CallEnded)) == 1


async def test_cancel_returns_to_the_customer(world: Telephones) -> None:
    call_id, consult = await _with_number(world)

    await world.floor.desk.consult_cancel(world.agent(1))
    await settle()

    assert consult not in world.switch.legs
    assert (world.agent(1).state, world.agent(1).consult) == (State.TALKING, None)
    assert world.together(call_id, world.agent(1).leg_id)


async def test_a_busy_third_party_leaves_the_customer_on_hold(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.talk()

    await world.floor.desk.consult_number(world.agent(1), BUSY_NUMBER)
    await world.run(1)

    assert (world.agent(1).state, world.agent(1).consult) == (State.HOLD, None)


async def test_the_third_party_hangs_up(world: Telephones) -> None:
    _, consult = await _with_number(world)

    await world.hang_up(consult)

    assert (world.agent(1).state, world.agent(1).consult) == (State.HOLD, None)


async def test_the_customer_hangs_up_and_the_third_party_is_released(world: Telephones) -> None:
    call_id, consult = await _with_number(world)

    await world.hang_up(call_id)
    await settle()

    assert world.agent(1).state is State.WRAPUP
    assert consult not in world.switch.legs


async def test_a_third_party_who_answers_an_agent_back_with_the_customer_hears_music(
    world: Telephones,
) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    await world.floor.desk.consult_number(world.agent(1), GOOD_NUMBER)
    await settle()

    await world.floor.desk.resume(world.agent(1))
    await world.run(40)

    assert world.together(call_id, world.agent(1).leg_id)
    assert (_line(world).up, _line(world).talking) == (True, False)


async def test_the_leg_comes_up_in_the_middle_of_a_consult(world: Telephones) -> None:
    _, consult = await _with_number(world)

    world.switch.unregister(1)
    await settle()
    await world.run(5)
    world.switch.register(1)
    await world.run(1)

    assert world.together(consult, world.agent(1).leg_id)
    assert world.agent(1).state is State.HOLD


@pytest.mark.parametrize("action", ["Originate", "Bridge"])
async def test_what_asterisk_refuses_leaves_the_customer_on_hold(world: Telephones, action: str) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    world.refuse = {action}

    if action == "Originate":
        with pytest.raises(ControlError):
            await world.floor.desk.consult_number(world.agent(1), GOOD_NUMBER)
        assert world.agent(1).consult is None
    else:
        await world.floor.desk.consult_number(world.agent(1), GOOD_NUMBER)
        await world.run(1)
        with pytest.raises(ControlError):
            await world.floor.desk.consult_complete(world.agent(1))
        world.refuse = set()
    await settle()

    assert (world.agent(1).state, world.agent(1).moving) == (State.HOLD, None)
    if world.agent(1).consult is None:
        await world.floor.desk.resume(world.agent(1))
    else:
        await world.floor.desk.consult_cancel(world.agent(1))
    await settle()
    assert world.together(call_id, world.agent(1).leg_id)


async def test_there_is_one_second_line(world: Telephones) -> None:
    await _with_number(world)

    with pytest.raises(Conflict):
        await world.floor.desk.consult_number(world.agent(1), GOOD_NUMBER)


async def test_a_second_line_outlives_a_gap(world: Telephones) -> None:
    call_id, consult = await _with_number(world)

    await world.cut()
    await world.link()
    await world.run(1)
    assert world.agent(1).state is State.HOLD
    await world.floor.desk.consult_complete(world.agent(1))
    await settle()

    assert world.together(call_id, consult)


async def test_after_a_restart_nobody_is_left_alone_with_music(world: Telephones) -> None:
    call_id, consult = await _with_number(world)

    await world.restart()
    await world.run(1)

    assert consult not in world.switch.legs
    await world.floor.desk.resume(world.agent(1))
    await settle()
    assert world.together(call_id, world.agent(1).leg_id)


# -- a colleague ----------------------------------------------------------------------------------


async def test_the_colleague_is_asked_with_the_callers_card(world: Telephones) -> None:
    call_id = await _with_colleague(world, answered=False)

    assert (world.agent(1).state, world.agent(2).state) == (State.HOLD, State.RINGING)
    offered = [event for event in world.of(e.CallOffered) if isinstance(event, e.CallOffered)]
    assert (offered[-1].call_id, offered[-1].agent_id, offered[-1].consult_of) == (call_id, 2, 1)
    assert (_line(world).name, _line(world).up) == ("Agent 2", False)


async def test_the_colleague_takes_it_and_both_agents_speak(world: Telephones) -> None:
    call_id = await _with_colleague(world)

    assert (world.agent(1).state, world.agent(2).state) == (State.HOLD, State.TALKING)
    assert world.together(world.agent(1).leg_id, world.agent(2).leg_id)
    assert _line(world).talking
    assert world.floor.roster.of_call(call_id) is world.agent(1)


async def test_swap_between_customer_and_colleague(world: Telephones) -> None:
    call_id = await _with_colleague(world)

    await world.floor.desk.consult_swap(world.agent(1))
    await settle()
    assert world.together(call_id, world.agent(1).leg_id)
    assert (world.agent(1).state, world.agent(2).state) == (State.TALKING, State.HOLD)
    await world.floor.desk.consult_swap(world.agent(1))
    await settle()

    assert world.together(world.agent(2).leg_id, world.agent(1).leg_id)
    assert (world.agent(1).state, world.agent(2).state) == (State.HOLD, State.TALKING)


@pytest.mark.parametrize("swapped", [False, True])
async def test_complete_gives_the_customer_to_the_colleague(world: Telephones, swapped: bool) -> None:
    call_id = await _with_colleague(world)
    if swapped:
        await world.floor.desk.consult_swap(world.agent(1))
        await settle()

    await world.floor.desk.consult_complete(world.agent(1))
    await settle()

    assert (world.agent(1).state, world.agent(2).state) == (State.WRAPUP, State.TALKING)
    assert world.together(call_id, world.agent(2).leg_id)
    assert world.floor.roster.of_call(call_id) is world.agent(2)
    assert world.floor.distributor.callers == {}
    await world.hang_up(call_id)
    assert world.agent(2).state is State.WRAPUP
    assert world.agent(2).call_id == call_id


async def test_cancel_frees_the_colleague_at_once(world: Telephones) -> None:
    call_id = await _with_colleague(world)

    await world.floor.desk.consult_cancel(world.agent(1))
    await settle()

    assert (world.agent(1).state, world.agent(2).state) == (State.TALKING, State.READY)
    assert world.together(call_id, world.agent(1).leg_id)
    assert world.agent(2).free


async def test_cancel_before_the_colleague_has_answered(world: Telephones) -> None:
    await _with_colleague(world, answered=False)

    await world.floor.desk.consult_cancel(world.agent(1))
    await settle()

    assert (world.agent(1).state, world.agent(2).state) == (State.TALKING, State.READY)


async def test_the_colleague_declines(world: Telephones) -> None:
    await _with_colleague(world, answered=False)

    world.floor.desk.decline(world.agent(2))
    await settle()

    assert (world.agent(1).state, world.agent(1).consult) == (State.HOLD, None)
    assert world.agent(2).state is State.READY


async def test_the_colleague_does_not_answer(world: Telephones) -> None:
    await _with_colleague(world, answered=False)

    await world.run(21)

    assert (world.agent(1).state, world.agent(1).consult) == (State.HOLD, None)
    assert world.agent(2).state is State.NOT_RESPONDING


async def test_the_colleague_leaves_and_the_customer_stays(world: Telephones) -> None:
    call_id = await _with_colleague(world)

    await world.floor.desk.hang_up(world.agent(2))
    await settle()

    assert (world.agent(1).state, world.agent(1).consult) == (State.HOLD, None)
    assert world.agent(2).state is State.READY
    assert call_id in world.switch.legs
    assert not world.together(world.agent(1).leg_id, world.agent(2).leg_id)


async def test_the_customer_hangs_up_during_the_consult(world: Telephones) -> None:
    call_id = await _with_colleague(world)

    await world.hang_up(call_id)
    await settle()

    assert (world.agent(1).state, world.agent(2).state) == (State.WRAPUP, State.READY)
    assert not world.together(world.agent(1).leg_id, world.agent(2).leg_id)


async def test_the_customer_hangs_up_while_the_colleague_is_asked(world: Telephones) -> None:
    call_id = await _with_colleague(world, answered=False)

    await world.hang_up(call_id)
    await settle()

    assert (world.agent(1).state, world.agent(2).state) == (State.WRAPUP, State.READY)


async def test_a_colleague_who_only_advises_has_no_hand_on_the_customer(world: Telephones) -> None:
    await _with_colleague(world)
    desk, helper = world.floor.desk, world.agent(2)

    with pytest.raises(IllegalStep):
        await desk.hold(helper)
    with pytest.raises(IllegalStep):
        await desk.transfer_to_queue(helper, "sales", "")
    with pytest.raises(IllegalStep):
        await desk.press(helper, "1")


async def test_a_busy_colleague_cannot_be_asked(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.talk()

    with pytest.raises(Conflict):
        await world.floor.desk.consult_agent(world.agent(1), world.agent(2))

    assert world.agent(1).state is State.TALKING


async def test_the_colleagues_page_is_reloaded(world: Telephones) -> None:
    await _with_colleague(world)

    world.switch.unregister(2)
    await settle()
    world.switch.register(2)
    await world.run(1)

    assert world.together(world.agent(1).leg_id, world.agent(2).leg_id)
    assert (world.agent(1).state, world.agent(2).state) == (State.HOLD, State.TALKING)


async def test_the_colleagues_phone_is_lost_for_good(world: Telephones) -> None:
    call_id = await _with_colleague(world)
    world.switch.unregister(2)

    await world.run(22)

    assert (world.agent(2).state, world.agent(2).reason) == (State.PAUSED, "phone")
    assert (world.agent(1).state, world.agent(1).consult) == (State.HOLD, None)
    assert call_id in world.switch.legs


async def test_the_colleague_answers_an_agent_who_is_back_with_the_customer(world: Telephones) -> None:
    call_id = await _with_colleague(world, answered=False)
    await world.floor.desk.resume(world.agent(1))
    await settle()

    world.floor.desk.answer(world.agent(2))
    await settle()
    assert (world.agent(1).state, world.agent(2).state) == (State.TALKING, State.HOLD)
    assert world.together(call_id, world.agent(1).leg_id)
    await world.floor.desk.consult_swap(world.agent(1))
    await settle()

    assert world.together(world.agent(1).leg_id, world.agent(2).leg_id)


async def test_a_consult_with_a_colleague_outlives_a_gap(world: Telephones) -> None:
    call_id = await _with_colleague(world)

    await world.cut()
    await world.link()
    await world.floor.desk.consult_complete(world.agent(1))
    await settle()

    assert world.together(call_id, world.agent(2).leg_id)
    assert (world.agent(1).state, world.agent(2).state) == (State.WRAPUP, State.TALKING)


async def test_after_a_restart_one_of_two_agents_has_the_call(world: Telephones) -> None:
    call_id = await _with_colleague(world)

    await world.restart()
    await world.run(1)

    holders = [s for s in world.floor.roster.around(call_id) if s.helps is None]
    assert [s.agent_id for s in holders] == [1]
    await world.floor.desk.resume(world.agent(1))
    await settle()
    assert world.together(call_id, world.agent(1).leg_id)
