"""Machines that are found or told of, and customers who want no further call."""

from collections.abc import Awaitable, Callable

from sqlalchemy import select

from callcenter.agents.machine import State, Trigger
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt, Campaign, DoNotCall
from callcenter.dialer.states import AttemptState, Detection, LeadStatus, MachineAction, Outcome
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import Behaviour, Exchange
from tests.support.factories.dialer import german_number

Seed = Callable[..., Awaitable[Campaign]]
MACHINE = Behaviour(ring_seconds=3, talk_seconds=60, machine=True)


async def only_attempt(transactions: Transactions) -> Attempt:
    async with transactions.read() as session:
        return (await session.scalars(select(Attempt).where(Attempt.placed_at.is_not(None)))).one()


async def test_a_machine_is_hung_up_on_and_no_agent_is_troubled(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1, detection=Detection.APP)
    exchange.plan[german_number(0)] = MACHINE
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(8)

    attempt = await only_attempt(transactions)
    assert (attempt.outcome, attempt.machine, attempt.message_left) == (Outcome.MACHINE, True, False)
    assert (attempt.heard, attempt.heard_cause, attempt.heard_ms) == ("MACHINE", "LONGGREETING-1520", 1600)
    assert 0 < attempt.heard_confidence < 1
    assert floor.desk.connected == []
    assert floor.roster.get(1).free


async def test_a_machine_gets_the_message_while_the_agent_is_free_for_others(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(
        1, detection=Detection.APP, machine_action=MachineAction.MESSAGE, message="cc/spring"
    )
    exchange.plan[german_number(0)] = MACHINE
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(4)
    assert floor.roster.get(1).free, "while the message plays nobody has to wait for it"
    assert exchange.channels["attempt-1"].variables["CC_MESSAGE"] == "cc/spring"

    await floor.run(8)

    attempt = await only_attempt(transactions)
    assert (attempt.outcome, attempt.message_left) == (Outcome.MACHINE, True)


async def test_a_machine_can_be_connected_like_a_person(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1, detection=Detection.APP, machine_action=MachineAction.AGENT)
    exchange.plan[german_number(0)] = MACHINE
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(5)

    assert floor.desk.connected == [(1, "attempt-1")]
    attempt = await only_attempt(transactions)
    assert (attempt.heard, attempt.machine, attempt.state) == ("MACHINE", False, AttemptState.CONNECTED)


async def test_a_person_who_is_heard_as_one_reaches_the_agent(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1, detection=Detection.APP)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(30)

    attempt = await only_attempt(transactions)
    assert (attempt.outcome, attempt.heard) == (Outcome.ANSWERED, "HUMAN")


async def test_an_agent_says_that_it_is_a_machine(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    exchange.plan[german_number(0)] = MACHINE
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(5)
    assert floor.roster.get(1).state is State.TALKING

    await exchange.leave_message("attempt-1", "")
    floor.engine.agent_heard_machine("attempt-1")
    await floor.run(10)

    attempt = await only_attempt(transactions)
    assert (attempt.outcome, attempt.machine, attempt.message_left) == (Outcome.MACHINE, True, True)
    async with transactions.read() as session:
        lead = (await session.scalars(select(Lead))).one()
    assert lead.status == LeadStatus.LATER
    assert floor.roster.get(1).state is State.READY


async def test_the_key_against_further_calls_puts_the_number_on_the_list_at_once(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    exchange.plan[german_number(0)] = Behaviour(ring_seconds=3, talk_seconds=30, opts_out=True)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(1)
    floor.roster.move(floor.roster.get(1), Trigger.PAUSE)

    await floor.run(8)

    async with transactions.read() as session:
        row = (await session.scalars(select(DoNotCall))).one()
    assert (row.number, row.campaign_id, row.reason) == (german_number(0), 0, "opted out by key")
    assert (await only_attempt(transactions)).outcome == Outcome.DROPPED


async def test_what_was_pressed_while_nobody_listened_is_taken_over_once(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    await seed(0)
    exchange.kept.append(german_number(5))

    await floor.start({})
    await floor.run(1)

    async with transactions.read() as session:
        assert list(await session.scalars(select(DoNotCall.number))) == [german_number(5)]
    assert exchange.kept == []
