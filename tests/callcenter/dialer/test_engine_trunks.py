"""Limits of trunks and the caller numbers that customers see, in the running engine."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.dialer.limits import TrunkLimits
from callcenter.dialer.models import Attempt, Campaign
from callcenter.dialer.trunks import queries, service
from callcenter.dialer.trunks.models import CallerNumberRow
from callcenter.dialer.trunks.service import NumberDraft, PoolDraft
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.dialling import DiallingFloor
from tests.support.exchange import Behaviour, Exchange
from tests.support.factories.dialer import german_number

Seed = Callable[..., Awaitable[Campaign]]
CONGESTED = Behaviour(0.5, None, 34, 503)
SLOW = Behaviour(ring_seconds=10, talk_seconds=5)
TESTER = system_actor("test")


async def limit(transactions: Transactions, name: str, **values: float) -> None:
    async with transactions.begin(TESTER) as tx:
        await service.set_limits(tx, name, TrunkLimits(**values))  # type: ignore[arg-type]


async def make_pool(transactions: Transactions, *numbers: str, cap: int = 0) -> int:
    async with transactions.begin(TESTER) as tx:
        drafts = [NumberDraft(number=number, daily_cap=cap) for number in numbers]
        return (await service.save_pool(tx, None, PoolDraft(name="Pool", numbers=drafts), "DE")).id


def everybody(campaign: Campaign, agents: int) -> dict[int, frozenset[int]]:
    return {n: frozenset({campaign.id}) for n in range(1, agents + 1)}


async def shown(transactions: Transactions) -> list[str]:
    placed = select(Attempt.caller_id).where(Attempt.placed_at.is_not(None)).order_by(Attempt.id)
    async with transactions.read() as session:
        return list(await session.scalars(placed))


@pytest.mark.parametrize("name", ["carrier", ""])
async def test_a_trunk_and_the_company_carry_no_more_lines_than_they_may(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed, name: str
) -> None:
    campaign = await seed(20)
    for index in range(20):
        exchange.plan[german_number(index)] = SLOW
    await limit(transactions, name, max_lines=3)
    await floor.start(everybody(campaign, 5))

    await floor.run(6)

    assert len(exchange.dialled) == 3
    held = floor.engine.board(campaign.id)["held"]
    assert held == {"why": "trunk-lines", "trunk": name, "lines": 3, "limit": 3}
    await floor.run(40)
    assert len(exchange.dialled) > 6


async def test_calls_are_spread_over_the_seconds(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(20)
    for index in range(20):
        exchange.plan[german_number(index)] = SLOW
    await limit(transactions, "carrier", calls_per_second=2)
    await floor.start(everybody(campaign, 10))

    await floor.run(6, step=0.25)

    async with transactions.read() as session:
        placed = list(await session.scalars(select(Attempt.placed_at).where(Attempt.placed_at.is_not(None))))
    assert len(placed) == 10
    moments = [at.timestamp() for at in placed if at is not None]
    assert all(sum(1 for other in moments if at <= other < at + 1) <= 2 for at in moments)


async def test_a_trunk_that_refuses_is_left_alone_and_tried_again(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(40)
    for index in range(40):
        exchange.plan[german_number(index)] = CONGESTED
    await floor.start(everybody(campaign, 4))

    await floor.run(6)
    storm = len(exchange.dialled)
    held = floor.engine.board(campaign.id)["held"]
    assert storm <= 12, "four agents would have dialled dozens"
    assert isinstance(held, dict)
    assert (held["why"], held["trunk"]) == ("trunk-refuses", "carrier")
    exchange.plan.clear()

    await floor.run(20)

    assert len(exchange.dialled) > storm + 1
    assert floor.engine.board(campaign.id)["held"] is None


async def test_the_nearest_numbers_of_the_pool_take_turns_and_are_kept_with_the_attempt(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    pool_id = await make_pool(transactions, "030 5550101", "030 5550102", "089 5550103")
    campaign = await seed(6, caller_pool_id=pool_id)
    await floor.start(everybody(campaign, 2))

    await floor.run(60)

    assert Counter(await shown(transactions)) == {"+49305550101": 3, "+49305550102": 3}


async def test_when_every_number_is_at_its_cap_nothing_is_dialled_until_tomorrow(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    pool_id = await make_pool(transactions, "030 5550101", "030 5550102", cap=1)
    campaign = await seed(6, caller_pool_id=pool_id)
    await floor.start(everybody(campaign, 2))
    await floor.run(60)
    assert len(exchange.dialled) == 2
    assert floor.engine.board(campaign.id)["held"] == {"why": "caller-ids"}

    clock.advance(timedelta(hours=15).total_seconds())
    await floor.run(10)

    assert len(exchange.dialled) == 4


async def test_a_restart_knows_what_the_numbers_were_used_for_today(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    pool_id = await make_pool(transactions, "030 5550101", cap=2)
    campaign = await seed(6, caller_pool_id=pool_id)
    await floor.start(everybody(campaign, 1))
    await floor.run(20)
    assert len(exchange.dialled) == 2
    await floor.kill()

    second = DiallingFloor(transactions, exchange, clock, "two")
    await second.start(everybody(campaign, 1))
    await second.run(20)
    await second.kill()

    assert len(exchange.dialled) == 2


async def test_a_number_that_nobody_answers_any_more_is_rested_and_the_row_says_why(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    pool_id = await make_pool(transactions, "030 5550101", "030 5550102", "030 5550103")
    campaign = await seed(0, caller_pool_id=pool_id)
    async with transactions.database.write() as session:
        for index in range(300):
            at = clock.now() - timedelta(minutes=20)
            bad = index % 3 == 0
            answered = not bad and index % 2 == 0
            session.add(
                Attempt(
                    kind="campaign",
                    campaign_id=campaign.id,
                    number=german_number(7000 + index),
                    caller_id=f"+4930555010{1 + index % 3}",
                    state="ended",
                    outcome="answered" if answered else "no-answer",
                    claimed_at=at,
                    placed_at=at,
                    answered_at=at if answered else None,
                    ended_at=at,
                    token=1,
                    engine_id="before",
                )
            )
    await floor.start(everybody(campaign, 1))

    await floor.run(2)

    async with transactions.read() as session:
        rows = {row.number: row for row in await session.scalars(select(CallerNumberRow))}
        assert await queries.pools(session)
    rested = rows["+49305550101"]
    assert rested.rested_until is not None
    assert rested.rest_reason["rate"] == 0
    assert [rows[n].rested_until for n in ("+49305550102", "+49305550103")] == [None, None]
