"""Asterisk or the link to it goes away while lines ring and people talk."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt
from callcenter.dialer.states import AttemptState, LeadStatus, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import Exchange
from tests.support.factories.dialer import german_number, make_campaign, make_lead


@pytest.fixture
def exchange(clock: ManualClock) -> Exchange:
    return Exchange(clock)


@pytest.fixture
async def floor(
    transactions: Transactions, exchange: Exchange, clock: ManualClock
) -> AsyncIterator[DiallingFloor]:
    """Two agents, four leads, dialling for a second."""
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now())
        for index in range(4):
            await make_lead(session, campaign, german_number(index), clock.now())
    made = DiallingFloor(transactions, exchange, clock, "one")
    await made.start({1: frozenset({campaign.id}), 2: frozenset({campaign.id})})
    await made.run(1)
    yield made
    await made.kill()


async def outcomes(transactions: Transactions) -> list[Outcome | None]:
    async with transactions.read() as session:
        return list(await session.scalars(select(Attempt.outcome).order_by(Attempt.id)))


async def test_nothing_is_dialled_while_the_link_is_away(floor: DiallingFloor, exchange: Exchange) -> None:
    exchange.lose_link()

    await floor.run(60)

    assert len(exchange.dialled) == 2


async def test_calls_that_ended_unseen_are_unknown_and_not_dialled_again(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions
) -> None:
    exchange.lose_link()
    for leg_id in [leg for leg in exchange.channels if leg.startswith("attempt-")]:
        del exchange.channels[leg_id]

    exchange.resync()
    await floor.run(60)

    assert (await outcomes(transactions))[:2] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert sorted(exchange.numbers()) == [german_number(index) for index in range(4)]


async def test_a_customer_who_answered_while_the_link_was_away_gets_an_agent_at_its_return(
    floor: DiallingFloor, exchange: Exchange, clock: ManualClock
) -> None:
    exchange.lose_link()
    for channel in exchange.channels.values():
        channel.answered_at = channel.answered_at or clock.now()

    exchange.resync()
    await floor.settle()

    assert {call for _, call in floor.desk.connected} == {"attempt-1", "attempt-2"}


async def test_an_asterisk_that_died_with_all_calls_loses_no_lead(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock
) -> None:
    await floor.run(4)  # two are talking
    exchange.lose_link()
    exchange.channels.clear()

    exchange.resync()
    for agent_id in (1, 2):
        exchange.add_agent(agent_id)
    await floor.run(60)

    assert set(await outcomes(transactions)) == {Outcome.ANSWERED}
    async with transactions.read() as session:
        assert set(await session.scalars(select(Lead.status))) == {LeadStatus.FINISHED}
        assert set(await session.scalars(select(Attempt.state))) == {AttemptState.ENDED}


async def test_a_conversation_goes_on_through_a_restart_and_ends_as_answered(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock
) -> None:
    await floor.run(4)
    campaigns = floor.roster.get(1).profile.campaigns
    await floor.kill()

    second = DiallingFloor(transactions, exchange, clock, "two")
    await second.start({1: campaigns, 2: campaigns})
    assert second.desk.connected == [], "a customer in conversation was given to somebody else"
    await second.run(9)
    ended = (await outcomes(transactions))[:2]
    await second.kill()

    assert ended == [Outcome.ANSWERED, Outcome.ANSWERED]
    assert len(exchange.dialled) >= 2
