"""Lines that are promised to nobody: placed by ratio or foresight, given to whoever is free at the answer."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import select, update

from callcenter.agents.machine import State, Trigger
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt, Campaign
from callcenter.dialer.states import (
    AttemptState,
    CampaignStatus,
    DialKind,
    LeadStatus,
    Mode,
    NextAgent,
    Outcome,
)
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import NO_ANSWER, Behaviour, Exchange
from tests.support.factories.dialer import forbid, german_number

Seed = Callable[..., Awaitable[Campaign]]
SLOW = Behaviour(ring_seconds=8, talk_seconds=10)


async def dialled(transactions: Transactions) -> list[Attempt]:
    placed = select(Attempt).where(Attempt.placed_at.is_not(None)).order_by(Attempt.id)
    async with transactions.read() as session:
        return list(await session.scalars(placed))


async def answered_before(transactions: Transactions, clock: ManualClock, campaign: Campaign) -> None:
    """A past with room for abandoned calls: a hundred people were reached this morning."""
    async with transactions.database.write() as session:
        for index in range(100):
            at = clock.now() - timedelta(minutes=30)
            session.add(
                Attempt(
                    kind=DialKind.CAMPAIGN,
                    campaign_id=campaign.id,
                    number=german_number(5000 + index),
                    state=AttemptState.ENDED,
                    outcome=Outcome.ANSWERED,
                    claimed_at=at,
                    placed_at=at,
                    answered_at=at,
                    connected_at=at,
                    ended_at=at,
                    token=1,
                    engine_id="before",
                )
            )


async def test_a_ratio_of_two_rings_two_numbers_for_one_agent(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(6, mode=Mode.RATIO, lines_per_agent=2)
    await answered_before(transactions, clock, campaign)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(2)

    assert len(exchange.dialled) == 2
    assert floor.roster.get(1).free, "nobody is kept for a line that may not be answered"


async def test_without_room_in_the_window_nobody_is_dialled_for_a_second_time(
    floor: DiallingFloor, exchange: Exchange, seed: Seed
) -> None:
    campaign = await seed(6, mode=Mode.RATIO, lines_per_agent=3, abandon_percent=0)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(2)

    assert len(exchange.dialled) == 1


async def test_the_first_to_answer_gets_the_agent_and_the_second_the_message(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(2, mode=Mode.RATIO, lines_per_agent=2)
    await answered_before(transactions, clock, campaign)
    exchange.plan[german_number(1)] = Behaviour(ring_seconds=4, talk_seconds=10)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(20)

    outcomes = {a.number: a.outcome for a in (await dialled(transactions))[-2:]}
    assert outcomes == {german_number(0): Outcome.ANSWERED, german_number(1): Outcome.DROPPED}
    board = floor.engine.board(campaign.id)
    assert (board["connected"], board["abandoned"]) == (101, 1)


async def test_a_customer_waits_two_seconds_for_whoever_gets_free(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(2, mode=Mode.RATIO, lines_per_agent=2)
    await answered_before(transactions, clock, campaign)
    exchange.plan[german_number(0)] = Behaviour(ring_seconds=2, talk_seconds=3)
    exchange.plan[german_number(1)] = Behaviour(ring_seconds=4, talk_seconds=10)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(30)

    assert [a.outcome for a in (await dialled(transactions))[-2:]] == [Outcome.ANSWERED, Outcome.ANSWERED]


async def test_predictive_dialling_reaches_every_lead_and_connects_who_answers(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(12, mode=Mode.PREDICTIVE)
    for index in range(0, 12, 2):
        exchange.plan[german_number(index)] = NO_ANSWER
    await floor.start({n: frozenset({campaign.id}) for n in (1, 2, 3)})

    await floor.run(150)

    assert sorted(exchange.numbers()) == [german_number(i) for i in range(12)]
    outcomes = [a.outcome for a in await dialled(transactions)]
    assert outcomes.count(Outcome.NO_ANSWER) == 6
    assert outcomes.count(Outcome.ANSWERED) + outcomes.count(Outcome.DROPPED) == 6
    assert all(s.reserved_by == "" for s in floor.roster.sessions.values())


async def test_agents_of_two_campaigns_are_not_dialled_for_twice(
    floor: DiallingFloor, exchange: Exchange, seed: Seed, transactions: Transactions, clock: ManualClock
) -> None:
    one = await seed(20, mode=Mode.RATIO)
    two = await seed(20, mode=Mode.RATIO)
    both = frozenset({one.id, two.id})
    for index in range(20):
        exchange.plan[german_number(index)] = SLOW
    await floor.start(dict.fromkeys(range(1, 5), both))

    await floor.run(3)

    assert len(exchange.dialled) == 4


async def test_the_last_agent_who_spoke_to_the_number_gets_it_again(
    floor: DiallingFloor, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1, mode=Mode.RATIO, next_agent=NextAgent.LAST_AGENT)
    async with transactions.database.write() as session:
        at = clock.now() - timedelta(days=2)
        session.add(
            Attempt(
                kind=DialKind.MANUAL,
                agent_id=3,
                number=german_number(0),
                state=AttemptState.ENDED,
                outcome=Outcome.ANSWERED,
                claimed_at=at,
                placed_at=at,
                connected_at=at,
                ended_at=at,
                token=1,
                engine_id="before",
            )
        )
    await floor.start({n: frozenset({campaign.id}) for n in (1, 2, 3, 4)})

    await floor.run(5)

    assert [agent for agent, _ in floor.desk.connected] == [3]


async def test_while_callers_wait_the_campaign_stands_back(
    floor: DiallingFloor, exchange: Exchange, seed: Seed
) -> None:
    campaign = await seed(3, hold_for_callers=2)
    floor.queues = {1: {"support": 0}}
    floor.waiting = {"support": 2, "sales": 9}
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(3)
    assert exchange.dialled == []

    floor.waiting = {"support": 1, "sales": 9}
    await floor.run(2)

    assert len(exchange.dialled) == 1


async def test_a_lead_claimed_ahead_is_judged_again_when_it_is_dialled(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(2)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(5)
    assert list(exchange.numbers()) == [german_number(0)]
    async with transactions.database.write() as session:
        await forbid(session, german_number(1), clock.now())

    await floor.run(30)

    assert list(exchange.numbers()) == [german_number(0)]
    async with transactions.read() as session:
        statuses = (await session.scalars(select(Lead.status).order_by(Lead.id))).all()
    assert statuses == [LeadStatus.FINISHED, LeadStatus.BLOCKED]


async def test_leads_claimed_ahead_are_given_back_when_nobody_is_at_work(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(3)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(5)
    floor.roster.move(floor.roster.get(1), Trigger.END)
    floor.roster.move(floor.roster.get(1), Trigger.STOP)

    await floor.run(15)

    async with transactions.read() as session:
        waiting = (await session.scalars(select(Lead.status).order_by(Lead.id))).all()
    assert waiting[1:] == [LeadStatus.NEW, LeadStatus.NEW]


async def test_a_campaign_paused_between_claim_and_dial_keeps_its_leads_due(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(2)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(5)
    async with transactions.database.write() as session:
        await session.execute(update(Campaign).values(status=CampaignStatus.PAUSED))

    floor.roster.move(floor.roster.get(1), Trigger.END)
    floor.roster.move(floor.roster.get(1), Trigger.FINISH)
    await floor.settle()

    assert len(exchange.dialled) == 1
    async with transactions.read() as session:
        lead = (await session.scalars(select(Lead).order_by(Lead.id.desc()))).first()
    assert lead is not None
    assert lead.status == LeadStatus.NEW
    assert floor.roster.get(1).state is State.READY


async def test_a_number_in_stock_is_given_back_to_whoever_wants_to_dial_it_by_hand(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(2)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(5)

    await floor.engine.release_number(german_number(1))

    async with transactions.read() as session:
        lead = (await session.scalars(select(Lead).order_by(Lead.id.desc()))).first()
        still_open = (await session.scalars(select(Attempt.number).where(Attempt.ended_at.is_(None)))).all()
    assert lead is not None
    assert (lead.status, lead.attempts) == (LeadStatus.NEW, 0)
    assert still_open == [german_number(0)]
