"""Callers who wait and the agents who are asked."""

from callcenter.agents.events import AgentNotice
from callcenter.agents.machine import State
from callcenter.calls import events as e
from callcenter.calls.journal import Thresholds
from callcenter.queues.distributor import QueuePolicy, spoken_position
from tests.support.telephones import BUSY_NUMBER, GOOD_NUMBER, SALES, Telephones, settle

AT_ONCE = (QueuePolicy(name="support", title="Support", auto_answer=True),)
STRICT = (
    QueuePolicy(
        name="support",
        title="Support",
        limits=Thresholds(answer_seconds=5, short_seconds=3),
        offer_seconds=10,
    ),
    QueuePolicy(name="sales", title="Sales", weight=5),
)


async def test_a_caller_is_offered_as_soon_as_somebody_is_free(world: Telephones) -> None:
    await world.open()
    call_id = await world.call_in()

    await world.start(1)

    assert (world.agent(1).state, world.agent(1).call_id) == (State.RINGING, call_id)


async def test_a_missed_offer_goes_on_to_the_next_agent(world: Telephones) -> None:
    await world.open(queues=STRICT)
    await world.start(1)
    call_id = await world.call_in()
    await world.start(2)

    await world.run(10)

    assert world.agent(1).state is State.NOT_RESPONDING
    assert (world.agent(2).state, world.agent(2).call_id) == (State.RINGING, call_id)


async def test_who_declined_is_left_in_peace_for_a_while(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.call_in()
    world.floor.desk.decline(world.agent(1))

    await world.run(29)
    assert world.agent(1).state is State.READY
    await world.run(2)

    assert (world.agent(1).state, world.agent(1).call_id) == (State.RINGING, call_id)


async def test_another_caller_may_be_offered_meanwhile(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    await world.call_in()
    other = await world.call_in(number="+4930555222")

    world.floor.desk.decline(world.agent(1))
    await settle()

    assert world.agent(1).call_id == other


async def test_a_caller_who_leaves_takes_the_offer_with_them(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.call_in()

    await world.hang_up(call_id)

    assert world.agent(1).state is State.READY
    assert [x.why for x in world.of(e.OfferEnded) if isinstance(x, e.OfferEnded)] == ["abandoned"]
    assert world.floor.distributor.callers == {}


async def test_a_heavier_queue_goes_first(world: Telephones) -> None:
    await world.open(queues=STRICT)
    await world.call_in()
    await world.run(2)
    heavy = await world.call_in(SALES, "+4930555222")

    await world.start(1)

    assert world.agent(1).call_id == heavy


async def test_a_queue_that_asks_nobody_joins_at_once(world: Telephones) -> None:
    await world.open(queues=AT_ONCE)
    await world.start(1)

    call_id = await world.call_in()
    await settle()

    assert world.agent(1).state is State.TALKING
    assert world.together(call_id, world.agent(1).leg_id)


async def test_a_wanted_colleague_who_does_not_come_leaves_the_caller_to_all(world: Telephones) -> None:
    await world.open(3)
    await world.start(1)
    call_id = await world.talk()
    await world.start(2)
    world.floor.desk.set_paused(world.agent(2), "lunch")
    await world.floor.desk.transfer_to_agent(world.agent(1), world.agent(2))
    await world.start(3)
    assert world.agent(3).state is State.READY

    await world.run(31)

    holder = world.floor.roster.of_call(call_id)
    assert holder is not None
    assert holder.agent_id in (1, 3)
    assert holder.state is State.RINGING


async def test_a_wanted_colleague_who_declines_leaves_the_caller_to_all(world: Telephones) -> None:
    await world.open(3)
    await world.start(1)
    call_id = await world.talk()
    await world.start(2)
    await world.floor.desk.transfer_to_agent(world.agent(1), world.agent(2))
    await world.start(3)

    world.floor.desk.decline(world.agent(2))
    await settle()

    assert world.agent(3).call_id == call_id


async def given_away(world: Telephones) -> str:
    """Agent 1 called a customer, who belongs to no queue, and gives them to agent 2."""
    await world.open(3)
    await world.start(1, 2, 3)
    call_id = await world.floor.desk.place(world.agent(1), GOOD_NUMBER, None)
    await world.run(1)
    assert world.agent(1).state is State.TALKING
    await world.floor.desk.transfer_to_agent(world.agent(1), world.agent(2))
    await settle()
    assert (world.agent(2).state, world.agent(2).call_id) == (State.RINGING, call_id)
    return call_id


async def test_a_call_without_a_queue_that_a_colleague_declines_comes_back(world: Telephones) -> None:
    call_id = await given_away(world)

    world.floor.desk.decline(world.agent(2))
    await settle()

    assert call_id in world.switch.legs
    told = [x for x in world.of(AgentNotice) if isinstance(x, AgentNotice)]
    assert [(x.agent_id, x.level) for x in told] == [(1, "warning")]
    assert world.agent(1).state is State.WRAPUP
    world.floor.desk.finish(world.agent(1), "sold")
    await settle()
    assert (world.agent(1).state, world.agent(1).call_id) == (State.RINGING, call_id)
    world.floor.desk.answer(world.agent(1))
    await settle()
    assert world.together(call_id, world.agent(1).leg_id)
    assert world.agent(3).state is State.READY


async def test_who_does_not_take_their_customer_back_lets_them_go_with_a_word(world: Telephones) -> None:
    call_id = await given_away(world)
    world.floor.desk.decline(world.agent(2))
    await settle()
    world.floor.desk.finish(world.agent(1), "sold")
    await settle()

    world.floor.desk.decline(world.agent(1))
    await settle()

    assert world.switch.legs[call_id].exten == "bye"
    await world.run(3)
    assert call_id not in world.switch.legs
    assert world.floor.distributor.callers == {}


async def test_a_customer_of_nobody_waits_no_longer_than_said(world: Telephones) -> None:
    call_id = await given_away(world)
    world.floor.desk.decline(world.agent(2))
    await settle()
    world.floor.desk.finish(world.agent(1), "sold")
    await settle()

    await world.run(25)  # agent 1 does not answer

    assert call_id not in world.switch.legs
    assert world.floor.distributor.callers == {}


async def test_a_customer_whose_agent_went_home_hears_goodbye_at_once(world: Telephones) -> None:
    call_id = await given_away(world)
    world.floor.desk.end_shift(world.agent(1))
    await settle()
    assert world.agent(1).state is State.OFFLINE

    world.floor.desk.decline(world.agent(2))
    await settle()

    assert world.switch.legs[call_id].exten == "bye"


async def test_a_failed_transfer_outside_waits_where_it_waited(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    call_id = await world.talk()
    joined_at = world.floor.tracker.calls[call_id].joined_at

    await world.floor.desk.transfer_to_number(world.agent(1), BUSY_NUMBER)
    await world.run(3)

    assert world.floor.distributor.callers[call_id].joined_at == joined_at


async def test_callers_hear_their_position(world: Telephones) -> None:
    await world.open()
    await world.call_in()
    await world.call_in(number="+4930555222")

    await world.run(31)

    said = [h["Value"] for action, h in world.asked if h.get("Variable") == "CC_ANNOUNCE"]
    assert said == ["cc/position-1", "cc/position-2"]
    assert spoken_position(11) == ("cc/position-more",)


async def test_the_day_is_counted_by_the_queues_limits(world: Telephones) -> None:
    await world.open(queues=STRICT)
    short = await world.call_in()
    await world.run(2)
    await world.hang_up(short)
    patient = await world.call_in()
    await world.run(4)
    await world.hang_up(patient)
    await world.call_in()
    await world.run(4)
    await world.start(1)
    world.floor.desk.answer(world.agent(1))
    await settle()

    day = world.floor.distributor.days["support"]
    assert (day.offered, day.answered, day.answered_in_target) == (3, 1, 1)
    assert (day.short_abandoned, day.abandoned) == (1, 1)
    assert sum(day.hours) == 3


async def test_nobody_is_offered_while_asterisk_is_out_of_sight(world: Telephones) -> None:
    await world.open()
    await world.start(1)
    world.floor.desk.set_paused(world.agent(1), "lunch")
    await world.call_in()
    await world.cut()

    world.floor.desk.set_ready(world.agent(1))
    await settle()
    assert world.agent(1).state is State.READY
    await world.link()

    assert world.agent(1).state is State.RINGING
