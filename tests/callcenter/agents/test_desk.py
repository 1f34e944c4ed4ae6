"""What an agent does with the desk, on simulated telephones."""

from collections.abc import Awaitable, Callable

import pytest

from callcenter.agents.events import AgentNotice, WrapUpFinished
from callcenter.agents.machine import IllegalStep, Plan, State
from callcenter.agents.roster import LegMode, LegState, PhoneKind
from callcenter.calls import events as e
from callcenter.calls import facts as f
from callcenter.calls.control import ControlError, Landing
from callcenter.kernel.errors import Conflict, Unavailable
from tests.support.telephones import BUSY_NUMBER, CUSTOMER, GOOD_NUMBER, Telephones, settle


async def test_a_nailed_agent_is_ready_when_the_phone_is_up(world: Telephones) -> None:
    await world.open()
    world.floor.desk.start_shift(world.agent(1))
    assert (world.agent(1).state, world.agent(1).leg) == (State.PAUSED, LegState.CALLING)

    await world.run(0.5)

    assert (world.agent(1).state, world.agent(1).leg) == (State.READY, LegState.UP)
    assert world.switch.globals["CC_LEG_1"] == world.agent(1).leg_id


async def test_a_rung_agent_is_ready_at_once_and_their_phone_stays_silent(world: Telephones) -> None:
    await world.open(1, phone=PhoneKind.SIP, leg_mode=LegMode.RUNG)

    await world.start(1)

    assert world.agent(1).state is State.READY
    assert world.switch.legs == {}


async def test_a_shift_waits_for_the_phone_to_register(world: Telephones) -> None:
    await world.open()
    world.switch.unregister(1)
    await settle()
    await world.start(1)
    assert world.agent(1).state is State.PAUSED

    world.switch.register(1)
    await world.run(0.5)

    assert world.agent(1).state is State.READY


async def test_a_shift_without_a_phone_is_told_so(world: Telephones) -> None:
    await world.open()
    world.switch.unregister(1)
    await settle()
    await world.start(1)

    await world.run(21)

    assert (world.agent(1).state, world.agent(1).reason) == (State.PAUSED, "phone")
    assert [n.agent_id for n in world.of(AgentNotice) if isinstance(n, AgentNotice)] == [1]


async def test_a_phone_that_does_not_answer_is_not_called_for_ever(world: Telephones) -> None:
    await world.open()
    world.switch.unregister(1)
    world.switch.register(1, auto_answer=False)
    await settle()
    await world.start(1)

    await world.run(60)

    assert (world.agent(1).state, world.agent(1).reason) == (State.PAUSED, "phone")
    assert world.agent(1).leg is LegState.DOWN
    assert len(world.switch.originated) == 1


async def test_answer_joins_both(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.call_in()
    assert world.agent(1).state is State.RINGING

    world.floor.desk.answer(world.agent(1))
    await settle()

    assert world.agent(1).state is State.TALKING
    assert world.together(call_id, world.agent(1).leg_id)


async def test_a_rung_phone_that_is_picked_up_answers(world: Telephones) -> None:
    await world.open(1, phone=PhoneKind.SIP, leg_mode=LegMode.RUNG)
    await world.start(1)
    call_id = await world.call_in()
    await world.run(0.5)
    assert world.agent(1).state is State.RINGING

    world.switch.agent_picks_up(1)
    await settle()

    assert world.agent(1).state is State.TALKING
    assert world.together(call_id, world.agent(1).leg_id)


async def test_a_rung_phone_that_rejects_declines(world: Telephones) -> None:
    await world.open(1, phone=PhoneKind.SIP, leg_mode=LegMode.RUNG)
    await world.start(1)
    await world.call_in()
    await world.run(0.5)

    world.switch.agent_declines(1)
    await settle()

    (ended,) = world.of(e.OfferEnded)
    assert isinstance(ended, e.OfferEnded)
    assert (ended.why, world.agent(1).state) == ("declined", State.READY)


async def test_a_rung_phone_is_free_after_the_call(world: Telephones) -> None:
    await world.open(1, phone=PhoneKind.SIP, leg_mode=LegMode.RUNG)
    await world.start(1)
    call_id = await world.call_in()
    await world.run(0.5)
    world.switch.agent_picks_up(1)
    await settle()

    await world.hang_up(call_id)

    assert world.agent(1).state is State.WRAPUP
    assert world.switch.legs == {}


async def test_decline_gives_the_call_to_the_next(world: Telephones) -> None:
    await world.open()
    await world.start(1, 2)
    call_id = await world.call_in()
    first, second = (1, 2) if world.agent(1).state is State.RINGING else (2, 1)

    world.floor.desk.decline(world.agent(first))
    await settle()

    assert world.agent(first).state is State.READY
    assert (world.agent(second).state, world.agent(second).call_id) == (State.RINGING, call_id)


async def test_hold_and_resume(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()

    await world.floor.desk.hold(world.agent(1))
    await settle()
    assert world.agent(1).state is State.HOLD
    assert not world.together(call_id, world.agent(1).leg_id)
    await world.floor.desk.resume(world.agent(1))
    await settle()

    assert world.agent(1).state is State.TALKING
    assert world.together(call_id, world.agent(1).leg_id)
    assert [len(world.of(e.CallHeld)), len(world.of(e.CallResumed))] == [1, 1]


async def test_a_message_is_left_and_the_agent_is_free_at_once(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()

    await world.floor.desk.leave_message(world.agent(1), "cc/message")
    await settle()

    assert world.agent(1).state is State.READY
    assert not world.together(call_id, world.agent(1).leg_id)
    assert world.switch.legs[call_id].context == "cc-machine"
    await world.run(10)
    assert [event.ok for event in world.of(e.MessageLeft) if isinstance(event, e.MessageLeft)] == [True]
    assert call_id not in world.switch.legs


async def test_a_long_hold_keeps_the_customer(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    await world.floor.desk.hold(world.agent(1))

    await world.run(90)
    await world.floor.desk.resume(world.agent(1))
    await settle()

    assert world.together(call_id, world.agent(1).leg_id)


async def test_hang_up_ends_the_call_and_says_that_it_was_the_agent(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.talk()

    await world.floor.desk.hang_up(world.agent(1))
    await settle()

    assert world.agent(1).state is State.WRAPUP
    (ended,) = world.of(e.CallEnded)
    assert isinstance(ended, e.CallEnded)
    assert ended.by is e.Party.AGENT


async def test_the_customer_hangs_up(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()

    await world.hang_up(call_id)

    assert world.agent(1).state is State.WRAPUP
    (ended,) = world.of(e.CallEnded)
    assert isinstance(ended, e.CallEnded)
    assert ended.by is e.Party.CUSTOMER


async def test_the_recording_is_paused_and_goes_on(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.talk()

    await world.floor.desk.set_recording(world.agent(1), on=False)
    await settle()
    paused = world.agent(1).recording_paused
    await world.floor.desk.set_recording(world.agent(1), on=True)
    await settle()

    assert (paused, world.agent(1).recording_paused) == (True, False)


# -- transfers --------------------------------------------------------------------------------


async def test_a_blind_transfer_to_a_queue(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()

    await world.floor.desk.transfer_to_queue(world.agent(1), "sales", "")
    await settle()

    assert world.agent(1).state is State.WRAPUP
    assert world.floor.distributor.callers[call_id].queue == "sales"
    assert world.switch.legs[call_id].variables["CC_LANG"] == "en"


@pytest.mark.parametrize("held", [False, True])
async def test_a_blind_transfer_to_a_colleague(world: Telephones, held: bool) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    await world.start(2)
    if held:
        await world.floor.desk.hold(world.agent(1))
        await settle()

    await world.floor.desk.transfer_to_agent(world.agent(1), world.agent(2))
    await settle()
    assert (world.agent(1).state, world.agent(2).state) == (State.WRAPUP, State.RINGING)
    world.floor.desk.answer(world.agent(2))
    await settle()

    assert world.together(call_id, world.agent(2).leg_id)


async def test_a_call_that_was_given_away_ends_for_the_one_who_has_it(world: Telephones) -> None:
    """The giver still writes about it: the end is not theirs."""
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    await world.start(2)
    await world.floor.desk.transfer_to_agent(world.agent(1), world.agent(2))
    await settle()
    world.floor.desk.answer(world.agent(2))
    await settle()

    await world.hang_up(call_id)

    assert (world.agent(1).state, world.agent(2).state) == (State.WRAPUP, State.WRAPUP)


async def test_a_blind_transfer_to_a_number(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()

    await world.floor.desk.transfer_to_number(world.agent(1), GOOD_NUMBER)
    await world.run(2)

    assert world.agent(1).state is State.WRAPUP
    bridge = world.switch.legs[call_id].bridge
    assert bridge is not None
    assert [leg.dialled for leg in bridge.legs if leg.leg_id != call_id] == [GOOD_NUMBER]


async def test_a_transfer_to_a_number_that_is_busy_comes_back_to_the_queue(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()

    await world.floor.desk.transfer_to_number(world.agent(1), BUSY_NUMBER)
    await world.run(3)

    assert call_id in world.floor.distributor.callers


@pytest.mark.parametrize("action", ["hold", "resume", "transfer", "consult"])
async def test_a_refused_command_leaves_the_true_state(world: Telephones, action: str) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    desk, agent = world.floor.desk, world.agent(1)
    if action == "resume":
        await desk.hold(agent)
        await settle()
    was = agent.state
    world.refuse = {"Redirect", "Bridge"}
    work: Callable[[], Awaitable[None]] = {
        "hold": lambda: desk.hold(agent),
        "resume": lambda: desk.resume(agent),
        "transfer": lambda: desk.transfer_to_queue(agent, "sales", ""),
        "consult": lambda: desk.consult_number(agent, GOOD_NUMBER),
    }[action]

    with pytest.raises(ControlError):
        await work()
    world.refuse = set()
    await world.run(1)

    assert (agent.state, agent.call_id, agent.consult, agent.moving) == (was, call_id, None, None)
    await world.hang_up(call_id)
    assert agent.state is State.WRAPUP


async def test_a_hold_whose_answer_was_lost_is_still_seen(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.talk()
    world.lose_answer = {"Redirect"}

    with pytest.raises(ControlError):
        await world.floor.desk.hold(world.agent(1))
    await settle()

    assert world.agent(1).state is State.HOLD


async def test_a_join_that_never_happens_ends_the_offer(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.call_in()
    world.refuse = {"Bridge"}

    world.floor.desk.answer(world.agent(1))
    await settle()

    assert world.agent(1).state is State.READY
    (ended,) = world.of(e.OfferEnded)
    assert isinstance(ended, e.OfferEnded)
    assert ended.why == "refused"


# -- after the call -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "state"),
    [
        (Plan(), State.READY),
        (Plan(State.PAUSED, "lunch"), State.PAUSED),
        (Plan(State.OFFLINE), State.OFFLINE),
    ],
)
async def test_finish_leads_to_what_was_planned(world: Telephones, plan: Plan, state: State) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    world.floor.roster.plan(world.agent(1), plan)
    await world.hang_up(call_id)

    world.floor.desk.finish(world.agent(1), "done")
    await settle()

    assert (world.agent(1).state, world.agent(1).reason) == (state, plan.reason)
    assert (world.switch.legs == {}) == (state is State.OFFLINE)
    (finished,) = world.of(WrapUpFinished)
    assert isinstance(finished, WrapUpFinished)
    assert (finished.call_id, finished.disposition) == (call_id, "done")


async def test_the_wrap_up_clock_ends_it_and_can_be_moved(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.hang_up(await world.talk())

    await world.run(10)
    world.floor.desk.extend_wrapup(world.agent(1), 30)
    await world.run(30)
    assert world.agent(1).state is State.WRAPUP
    await world.run(6)

    assert world.agent(1).state is State.READY


async def test_a_shift_that_ends_in_wrap_up_gets_no_other_call(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.hang_up(await world.talk())
    await world.call_in()

    world.floor.desk.end_shift(world.agent(1))
    await settle()

    assert world.agent(1).state is State.OFFLINE
    assert world.agent(1).leg_id == ""
    assert [c.offered_to for c in world.floor.distributor.callers.values()] == [None]


async def test_a_shift_planned_to_end_ends_also_when_the_offer_is_declined(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.call_in()
    world.floor.desk.end_shift(world.agent(1))

    world.floor.desk.decline(world.agent(1))
    await settle()

    assert world.agent(1).state is State.OFFLINE
    assert [leg for leg in world.switch.legs if leg.startswith("agent-")] == []


async def test_what_follows_is_planned_only_in_a_call(world: Telephones) -> None:
    await world.open()
    await world.start(1)

    with pytest.raises(IllegalStep):
        world.floor.roster.plan(world.agent(1), Plan(State.OFFLINE))


# -- legs that go away --------------------------------------------------------------------------


async def test_a_reloaded_page_keeps_its_customer(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    old = world.agent(1).leg_id

    world.switch.unregister(1)
    await settle()
    await world.run(2)
    assert world.agent(1).state is State.TALKING
    assert call_id in world.switch.legs
    world.switch.register(1)
    await world.run(1)

    assert old not in world.switch.legs
    assert world.agent(1).state is State.TALKING
    assert world.together(call_id, world.agent(1).leg_id)
    assert len([leg for leg in world.switch.legs if leg.startswith("agent-1-")]) == 1


async def test_a_page_that_registers_before_the_old_one_is_missed_keeps_its_customer(
    world: Telephones,
) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    lost = f.PhoneChanged(at=world.clock.now(), agent_id=1, reachable=False, uri=world.agent(1).phone_uri)

    world.floor.hear(
        f.PhoneChanged(at=world.clock.now(), agent_id=1, reachable=True, uri="sip:agent1@new"), lost
    )
    await world.run(1)

    assert world.together(call_id, world.agent(1).leg_id)
    assert len([leg for leg in world.switch.legs if leg.startswith("agent-1-")]) == 1


async def test_a_page_that_stays_away_gives_its_customer_to_the_front_of_the_queue(
    world: Telephones,
) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    waiting = await world.call_in(number="+4930555222")
    world.switch.unregister(1)
    await settle()

    await world.run(21)

    assert world.agent(1).state is State.WRAPUP
    assert [c.call_id for c in world.floor.distributor.in_queue("support")] == [call_id, waiting]
    await world.start(2)
    assert world.agent(2).call_id == call_id


async def test_without_a_queue_the_customer_of_a_lost_page_is_released(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)
    await world.run(1)
    assert world.agent(1).state is State.TALKING
    world.switch.unregister(1)

    await world.run(22)

    assert world.floor.tracker.calls == {}
    assert world.agent(1).state is State.WRAPUP


async def test_a_page_on_hold_that_was_reloaded_still_holds(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    await world.floor.desk.hold(world.agent(1))
    await settle()

    world.switch.unregister(1)
    await settle()
    world.switch.register(1)
    await world.run(1)
    assert world.agent(1).state is State.HOLD
    await world.floor.desk.resume(world.agent(1))
    await settle()

    assert world.together(call_id, world.agent(1).leg_id)


async def test_a_desk_phone_put_down_on_purpose_ends_the_call(world: Telephones) -> None:
    await world.open(1, phone=PhoneKind.SIP)
    await world.start(1)
    await world.talk()

    await world.hang_up(world.agent(1).leg_id)
    await settle()

    assert world.agent(1).state is State.WRAPUP
    assert world.switch.legs == {}
    (ended,) = world.of(e.CallEnded)
    assert isinstance(ended, e.CallEnded)
    assert ended.by is e.Party.AGENT


async def test_a_leg_lost_while_ready_is_called_again(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    old = world.agent(1).leg_id

    world.switch.end(world.switch.legs[old], 38)
    await settle()
    assert not world.agent(1).free
    await world.run(0.5)

    assert world.agent(1).free
    assert world.agent(1).leg_id != old


async def test_a_leg_lost_while_ready_for_good_means_paused(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    world.switch.unregister(1)

    await world.run(21)

    assert (world.agent(1).state, world.agent(1).reason) == (State.PAUSED, "phone")


async def test_a_customer_of_a_campaign_who_is_gone_before_the_join_leaves_the_agent_free(
    world: Telephones,
) -> None:
    await world.open()
    await world.start(1)
    await _campaign_customer(world, "attempt-7")
    world.swallow = {"Bridge"}
    world.floor.desk.connect(1, "attempt-7", "attempt-7", 1)
    await settle()
    world.swallow = set()
    assert world.agent(1).joining

    await world.hang_up("attempt-7")

    assert world.agent(1).free
    ended = [event for event in world.of(e.OfferEnded) if isinstance(event, e.OfferEnded)]
    assert [(o.call_id, o.queue, o.why) for o in ended] == [("attempt-7", "", "abandoned")]


@pytest.mark.parametrize("fault", ["refused", "swallowed"])
async def test_a_campaign_is_told_when_its_customer_could_not_be_joined(
    world: Telephones, fault: str
) -> None:
    await world.open()
    await world.start(1)
    await _campaign_customer(world, "attempt-7")
    if fault == "refused":
        world.refuse = {"Bridge"}
    else:
        world.swallow = {"Bridge"}

    world.floor.desk.connect(1, "attempt-7", "attempt-7", 1)
    await world.run(6)

    ended = [event for event in world.of(e.OfferEnded) if isinstance(event, e.OfferEnded)]
    assert [(o.call_id, o.why) for o in ended] == [("attempt-7", "refused")]
    assert world.agent(1).free


async def test_a_campaigns_customer_is_joined_at_once(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await _campaign_customer(world, "attempt-7")

    world.floor.desk.connect(1, "attempt-7", "attempt-7", 1)
    await settle()

    assert world.agent(1).state is State.TALKING
    assert world.together("attempt-7", world.agent(1).leg_id)
    with pytest.raises(IllegalStep):
        world.floor.desk.connect(1, "attempt-8", "attempt-8", 1)


async def _campaign_customer(world: Telephones, leg_id: str) -> None:
    await world.control.dial_out(
        leg_id,
        GOOD_NUMBER,
        trunk="carrier",
        caller_id="+4930555000",
        ring_seconds=30,
        landing=Landing.CAMPAIGN,
        variables={"CC_ATTEMPT": leg_id.partition("-")[2]},
    )
    await world.run(0.75)


# -- the agent's own calls ------------------------------------------------------------------------


async def test_an_agent_dials_and_is_joined_when_the_customer_answers(world: Telephones) -> None:
    await world.open()
    await world.start(1)

    call_id = await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)
    assert world.agent(1).state is State.DIALLING
    await world.run(1)

    assert world.agent(1).state is State.TALKING
    assert world.together(call_id, world.agent(1).leg_id)
    assert world.floor.tracker.calls[call_id].number == GOOD_NUMBER


async def test_a_busy_number_leads_to_wrap_up(world: Telephones) -> None:
    await world.open()
    await world.start(1)

    await world.floor.desk.place(world.agent(1), BUSY_NUMBER, None)
    await world.run(1)

    assert world.agent(1).state is State.WRAPUP


async def test_a_dial_of_which_no_leg_came_ends(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    world.swallow = {"Originate"}
    with pytest.raises(ControlError):
        await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)
    leg_id = world.agent(1).call_id

    world.floor.hear(
        f.OriginateEnded(at=world.clock.now(), action_id=leg_id, leg_id=None, ok=False, reason=0)
    )

    assert world.agent(1).state is State.WRAPUP


async def test_a_refused_dial_ends(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    world.refuse = {"Originate"}

    with pytest.raises(ControlError):
        await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)

    assert world.agent(1).state is State.WRAPUP


async def test_a_dial_that_was_given_up_leaves_no_customer_alone(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)

    await world.floor.desk.hang_up(world.agent(1))
    await world.run(3)

    assert world.agent(1).state is State.WRAPUP
    assert [leg for leg in world.switch.legs if leg.startswith("manual-")] == []


async def test_nobody_dials_in_the_middle_of_a_call(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()

    with pytest.raises(IllegalStep):
        await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)

    offer = world.agent(1).call
    assert offer is not None
    assert offer.call_id == call_id


async def test_nobody_dials_while_a_campaign_dials_for_them(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    world.floor.roster.reserve(1, "attempt-3")

    with pytest.raises(Conflict):
        await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)
    with pytest.raises(Conflict):
        world.floor.desk.set_paused(world.agent(1), "lunch")


async def test_nobody_dials_or_answers_without_a_phone(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.call_in()
    world.switch.unregister(1)
    await settle()

    with pytest.raises(Unavailable):
        world.floor.desk.answer(world.agent(1))


async def test_a_customer_who_answers_a_reloading_page_is_joined_when_it_is_back(
    world: Telephones,
) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)
    world.switch.unregister(1)
    await world.run(2)

    world.switch.register(1)
    await world.run(1)

    assert world.together(call_id, world.agent(1).leg_id)


# -- gaps ---------------------------------------------------------------------------------------


async def test_a_call_that_ended_in_the_gap_is_wrapped_up(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()

    await world.cut()
    await world.hang_up(call_id)
    await world.link()

    assert world.agent(1).state is State.WRAPUP
    (ended,) = world.of(e.CallEnded)
    assert isinstance(ended, e.CallEnded)
    assert ended.by is e.Party.UNKNOWN


async def test_an_offer_outlives_a_gap_and_goes_to_nobody_else(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.call_in()
    await world.start(2)

    await world.cut()
    await world.link()
    assert (world.agent(1).state, world.agent(2).state) == (State.RINGING, State.READY)
    world.floor.desk.answer(world.agent(1))
    await settle()

    assert world.together(call_id, world.agent(1).leg_id)


async def test_a_caller_who_left_in_the_gap_is_offered_to_nobody(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.call_in()

    await world.cut()
    await world.hang_up(call_id)
    await world.link()

    assert world.agent(1).state is State.READY
    assert world.floor.distributor.callers == {}


async def test_a_leg_that_went_in_the_gap_is_called_again(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    old = world.agent(1).leg_id

    await world.cut()
    world.switch.end(world.switch.legs[old], 38)
    await world.link()
    await world.run(1)

    assert world.agent(1).leg_id != old
    assert world.together(call_id, world.agent(1).leg_id)


async def test_a_caller_whom_app_queue_kept_is_taken_back(world: Telephones) -> None:
    await world.open()
    call_id = await world.call_in()
    await world.cut()
    world.beating = False
    await world.run(12)
    assert [leg.leg_id for leg in world.switch.queues["support"].callers] == [call_id]

    world.beating = True
    await world.run(0.25)
    await world.link()
    await world.run(1)

    assert world.switch.queues["support"].callers == []
    assert [c.call_id for c in world.floor.distributor.in_queue("support")] == [call_id]
    assert world.floor.distributor.days["support"].offered == 1


async def test_a_conversation_that_app_queue_made_is_found(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.cut()
    world.beating = False
    call_id = world.switch.call_in(CUSTOMER, "4955500100")
    await world.run(12)

    world.beating = True
    await world.run(0.25)
    await world.link()

    assert (world.agent(1).state, world.agent(1).call_id) == (State.TALKING, call_id)
    offer = world.agent(1).call
    assert offer is not None
    assert (offer.number, offer.queue) == (CUSTOMER, "support")
    day = world.floor.distributor.days["support"]
    assert (day.offered, day.answered) == (1, 1)


@pytest.mark.parametrize("state", list(State))
async def test_a_new_process_takes_every_state_up(world: Telephones, state: State) -> None:
    await world.open()
    desk = world.floor.desk
    call_id = await _bring_into(world, state)
    assert world.agent(1).state is state
    await world.restart()
    await world.run(1)
    assert world.floor.desk is not desk

    after = world.agent(1)
    expected = {State.RINGING: State.RINGING, State.DIALLING: State.TALKING}.get(state, state)
    assert after.state is expected
    if state is not State.OFFLINE:
        assert after.leg is LegState.UP
    assert len([leg for leg in world.switch.legs if leg.startswith("agent-1-")]) == (
        0 if state is State.OFFLINE else 1
    )
    if expected is State.TALKING:
        assert world.together(call_id, after.leg_id)
    if expected in (State.TALKING, State.HOLD):
        assert after.call is not None
        await world.floor.desk.hang_up(after)
        await settle()
        assert after.state is State.WRAPUP


async def _bring_into(world: Telephones, state: State) -> str:
    desk, agent = world.floor.desk, world.agent(1)
    if state is State.OFFLINE:
        return ""
    await world.start(1)
    if state is State.READY:
        return ""
    if state is State.PAUSED:
        desk.set_paused(agent, "lunch")
        return ""
    if state is State.DIALLING:
        return await desk.place(agent, GOOD_NUMBER, None)
    call_id = await world.call_in()
    if state is State.NOT_RESPONDING:
        await world.run(21)
        await world.hang_up(call_id)
    if state in (State.TALKING, State.HOLD, State.WRAPUP):
        desk.answer(agent)
        await settle()
    if state is State.HOLD:
        await desk.hold(agent)
        await settle()
    if state is State.WRAPUP:
        await world.hang_up(call_id)
    return call_id
