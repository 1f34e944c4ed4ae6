"""A lead is shown to an agent before anybody dials it."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from callcenter.agents.machine import IllegalStep, State, Trigger
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt, Campaign
from callcenter.dialer.states import LeadStatus, Mode, Outcome, TimeBox
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Conflict, NotFound
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import NO_ANSWER, Exchange
from tests.support.factories.dialer import german_number

Seed = Callable[..., Awaitable[Campaign]]


async def leads(transactions: Transactions) -> list[Lead]:
    async with transactions.read() as session:
        return list(await session.scalars(select(Lead).order_by(Lead.id)))


async def test_a_free_agent_sees_a_lead_and_nothing_is_dialled(
    floor: DiallingFloor, exchange: Exchange, seed: Seed
) -> None:
    campaign = await seed(2, mode=Mode.PREVIEW)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(5)

    shown = floor.engine.previews.document(1)
    assert shown is not None
    assert (shown["number"], shown["name"], shown["deadline"]) == (german_number(0), "Somebody", None)
    assert exchange.dialled == []
    assert floor.roster.get(1).free, "a caller in a queue could still be given to them"


async def test_the_agent_dials_and_speaks_to_the_one_they_saw(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(2, mode=Mode.PREVIEW)
    await floor.start({1: frozenset({campaign.id}), 2: frozenset({campaign.id})})
    await floor.run(2)
    seen = floor.engine.previews.document(2)
    assert seen is not None

    floor.engine.previews.dial(2)
    await floor.run(5)

    assert list(exchange.numbers()) == [seen["number"]]
    assert [agent for agent, _ in floor.desk.connected] == [2]
    assert floor.engine.previews.document(2) is None
    await floor.run(10)
    async with transactions.read() as session:
        attempt = (await session.scalars(select(Attempt).where(Attempt.placed_at.is_not(None)))).one()
    assert (attempt.outcome, attempt.agent_id) == (Outcome.ANSWERED, 2)


async def test_a_skipped_lead_comes_again_later_and_the_next_is_shown(
    floor: DiallingFloor, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(2, mode=Mode.PREVIEW, skip_minutes=30)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(2)

    floor.engine.previews.skip(1, "speaks only Turkish")
    await floor.run(2)

    shown = floor.engine.previews.document(1)
    assert shown is not None
    assert (shown["number"], shown["skips_left"]) == (german_number(1), 2)
    first = (await leads(transactions))[0]
    assert (first.status, first.attempts) == (LeadStatus.LATER, 0)
    assert (first.next_try_at - clock.now()).total_seconds() == pytest.approx(1800, abs=5)
    async with transactions.read() as session:
        reasons = list(
            await session.scalars(select(Attempt.skip_reason).where(Attempt.ended_at.is_not(None)))
        )
    assert reasons == ["speaks only Turkish"]


async def test_only_so_many_may_be_skipped_in_a_row_and_only_with_a_reason(
    floor: DiallingFloor, seed: Seed
) -> None:
    campaign = await seed(3, mode=Mode.PREVIEW, preview_skips=1)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(2)
    with pytest.raises(Conflict):
        floor.engine.previews.skip(1, "  ")
    floor.engine.previews.skip(1, "busy line")
    await floor.run(2)

    with pytest.raises(Conflict):
        floor.engine.previews.skip(1, "another")

    floor.engine.previews.dial(1)
    await floor.run(20)
    shown = floor.engine.previews.document(1)
    assert shown is not None
    assert shown["skips_left"] == 1


@pytest.mark.parametrize(("then", "dialled"), [(TimeBox.DIAL, 1), (TimeBox.SKIP, 0)])
async def test_the_time_box_dials_or_skips_by_itself(
    floor: DiallingFloor, exchange: Exchange, seed: Seed, then: TimeBox, dialled: int
) -> None:
    campaign = await seed(1, mode=Mode.PREVIEW, preview_seconds=20, preview_then=then)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(18)
    assert exchange.dialled == []

    await floor.run(4)

    assert len(exchange.dialled) == dialled
    assert floor.engine.previews.document(1) is None or dialled


async def test_who_is_given_another_call_or_pauses_looks_at_no_lead(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1, mode=Mode.PREVIEW)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(2)

    floor.roster.move(floor.roster.get(1), Trigger.OFFER, call_id="inbound", seconds=20)
    await floor.settle()

    assert floor.engine.previews.document(1) is None
    assert (await leads(transactions))[0].status == LeadStatus.NEW
    with pytest.raises(NotFound):
        floor.engine.previews.dial(1)


async def test_a_lead_that_does_not_answer_makes_room_for_the_next(
    floor: DiallingFloor, exchange: Exchange, seed: Seed
) -> None:
    campaign = await seed(2, mode=Mode.PREVIEW)
    exchange.plan[german_number(0)] = NO_ANSWER
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(2)
    floor.engine.previews.dial(1)
    with pytest.raises(NotFound):
        floor.engine.previews.dial(1)

    await floor.run(30)

    shown = floor.engine.previews.document(1)
    assert shown is not None
    assert (shown["number"], shown["dialling"]) == (german_number(1), False)
    assert floor.roster.get(1).state is State.READY


async def test_an_agent_stops_calling_the_lead(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1, mode=Mode.PREVIEW)
    exchange.plan[german_number(0)] = NO_ANSWER
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(2)
    floor.engine.previews.dial(1)
    await floor.run(3)

    floor.engine.previews.cancel(1)
    await floor.run(2)

    assert exchange.hung_up == ["attempt-1"]
    assert floor.roster.get(1).free
    assert (await leads(transactions))[0].last_outcome == Outcome.CANCELLED


async def test_who_is_not_free_cannot_dial_what_they_see(floor: DiallingFloor, seed: Seed) -> None:
    campaign = await seed(1, mode=Mode.PREVIEW)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(2)
    floor.roster.get(1).reserved_by = "somebody else"

    with pytest.raises(IllegalStep):
        floor.engine.previews.dial(1)


async def test_a_campaign_of_the_mode_manual_dials_nothing_by_itself(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(2, mode=Mode.MANUAL)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(5)

    assert exchange.dialled == []
    assert {lead.status for lead in await leads(transactions)} == {LeadStatus.NEW}
