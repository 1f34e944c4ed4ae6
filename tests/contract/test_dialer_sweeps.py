"""Changes to many leads: each once, whatever kills the sweep; on both databases."""

import pytest
from sqlalchemy import select, update

from callcenter.dialer import hopper
from callcenter.dialer.hopper import Fence
from callcenter.dialer.lists import sweeps
from callcenter.dialer.lists.models import CampaignOrder, Lead, LeadList, LeadSweep
from callcenter.dialer.lists.orders import LeadOrder, Placing, key_of
from callcenter.dialer.lists.sweeps import Kind, Sweeper
from callcenter.dialer.models import Campaign
from callcenter.dialer.states import JobStatus, LeadStatus, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Conflict
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.factories.dialer import german_number, make_campaign, make_lead, make_list

ASSISTANT = system_actor("test")


async def seeded(transactions: Transactions, clock: ManualClock, count: int = 6) -> Campaign:
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now())
        lists = [await make_list(session, campaign, clock.now()) for _ in range((count + 2) // 3)]
        for index in range(count):
            await make_lead(
                session,
                campaign,
                german_number(index),
                clock.now(),
                rank=index,
                attempts=index % 2,
                region="DE" if index % 2 else "AT",
                list_id=lists[index // 3].id,
            )
        return campaign


async def asked(
    transactions: Transactions, kind: Kind, own_id: int, list_id: int | None = None, **params: object
) -> int:
    async with transactions.begin(ASSISTANT) as tx:
        return (await sweeps.order_sweep(tx, kind, own_id, list_id, params)).id


async def leads(transactions: Transactions) -> list[Lead]:
    async with transactions.read() as session:
        return list(await session.scalars(select(Lead).order_by(Lead.id)))


async def ordered(transactions: Transactions, campaign_id: int, order: LeadOrder, **values: object) -> None:
    async with transactions.database.write() as session:
        given = {"seed": 77, "new_every": 0, "new_since": 0, "filter": {}} | values
        await session.merge(CampaignOrder(campaign_id=campaign_id, order=order, **given))


@pytest.mark.parametrize("order", list(LeadOrder))
async def test_the_database_computes_the_same_keys_as_we_do(
    transactions: Transactions, clock: ManualClock, order: LeadOrder
) -> None:
    campaign = await seeded(transactions, clock)
    async with transactions.database.write() as session:
        await session.execute(update(Lead).where(Lead.attempts > 0).values(last_tried_at=clock.now()))
    await ordered(transactions, campaign.id, order)
    await asked(transactions, Kind.ORDER, campaign.id)

    await Sweeper(transactions, Tasks(), "one").work()

    for lead in await leads(transactions):
        placing = Placing(lead.id, lead.rank, lead.attempts, lead.next_try_at, lead.last_tried_at)
        assert lead.order_key == pytest.approx(key_of(order, 77, placing), abs=1e-5)


async def test_only_leads_that_the_filter_wants_are_claimed(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await seeded(transactions, clock)
    await ordered(
        transactions, campaign.id, LeadOrder.RANK, filter={"field": "region", "op": "is", "value": "AT"}
    )
    await asked(transactions, Kind.ORDER, campaign.id)
    await Sweeper(transactions, Tasks(), "one").work()

    async with transactions.database.write() as session:
        found = await hopper.claim(session, campaign.id, 10, clock.now(), Fence(1, "x"))

    assert [claimed.number for claimed in found] == [german_number(i) for i in (4, 2, 0)]


async def test_a_killed_sweep_is_finished_by_another(transactions: Transactions, clock: ManualClock) -> None:
    campaign = await seeded(transactions, clock)
    await ordered(transactions, campaign.id, LeadOrder.NEWEST)
    sweep_id = await asked(transactions, Kind.ORDER, campaign.id)
    first = Sweeper(transactions, Tasks(), "one")
    assert await first.take() == sweep_id
    assert await first.step(sweep_id)  # one list of two, and now it is killed

    clock.advance(31)
    await Sweeper(transactions, Tasks(), "two").work()

    async with transactions.read() as session:
        sweep = await session.get_one(LeadSweep, sweep_id)
    assert (sweep.status, sweep.leads_seen, sweep.leads_total) == (JobStatus.DONE, 6, 6)
    assert not await first.step(sweep_id)
    assert [lead.order_key for lead in await leads(transactions)] == [-float(i) for i in range(1, 7)]


async def test_a_sweep_can_be_cancelled_unless_half_of_it_would_be_wrong(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await seeded(transactions, clock)
    target = await seeded(transactions, clock, 1)
    sweep_id = await asked(transactions, Kind.ARCHIVE, campaign.id)
    move_id = await asked(transactions, Kind.MOVE, campaign.id, 1, campaign_id=target.id)

    async with transactions.begin(ASSISTANT) as tx:
        await sweeps.cancel(tx, sweep_id)
        with pytest.raises(Conflict):
            await sweeps.cancel(tx, move_id)
    await Sweeper(transactions, Tasks(), "one").work()

    assert LeadStatus.ARCHIVED not in {lead.status for lead in await leads(transactions)}


async def test_a_list_is_moved_with_its_leads(transactions: Transactions, clock: ManualClock) -> None:
    one = await seeded(transactions, clock)
    two = await seeded(transactions, clock, 0)
    await ordered(transactions, two.id, LeadOrder.NEWEST)
    await asked(transactions, Kind.MOVE, one.id, 1, campaign_id=two.id)
    async with transactions.database.write() as session:
        while_moving = await hopper.claim(session, one.id, 10, clock.now(), Fence(1, "x"))

    await Sweeper(transactions, Tasks(), "one").work()

    assert len(while_moving) == 3
    async with transactions.database.write() as session:
        found = await hopper.claim(session, two.id, 10, clock.now(), Fence(1, "x"))
        assert (await session.get_one(LeadList, 1)).campaign_id == two.id
    assert [claimed.lead_id for claimed in found] == [3, 2, 1]


async def test_leads_are_reset_by_their_last_result(transactions: Transactions, clock: ManualClock) -> None:
    campaign = await seeded(transactions, clock)
    async with transactions.database.write() as session:
        for lead_id, status, outcome in (
            (1, LeadStatus.EXHAUSTED, Outcome.BUSY),
            (2, LeadStatus.LATER, Outcome.BUSY),
            (3, LeadStatus.EXHAUSTED, Outcome.NO_ANSWER),
            (4, LeadStatus.BLOCKED, Outcome.BUSY),
        ):
            values = {"status": status, "last_outcome": outcome, "attempts": 2}
            await session.execute(update(Lead).where(Lead.id == lead_id).values(**values))
    await asked(transactions, Kind.RESET, campaign.id, outcomes=["busy"])
    await Sweeper(transactions, Tasks(), "one").work()

    found = await leads(transactions)
    assert [lead.status for lead in found[:4]] == ["waiting", "waiting", "exhausted", "blocked"]
    assert found[0].reset_at == clock.now()

    await asked(transactions, Kind.RESET, campaign.id, forget=True)
    await Sweeper(transactions, Tasks(), "one").work()

    found = await leads(transactions)
    assert [(lead.status, lead.attempts) for lead in found[2:4]] == [("new", 0), ("blocked", 2)]


async def test_chosen_leads_are_archived_and_restored(transactions: Transactions, clock: ManualClock) -> None:
    campaign = await seeded(transactions, clock)
    high = {"field": "rank", "op": "over", "value": 3}

    await asked(transactions, Kind.ARCHIVE, campaign.id, filter=high)
    await asked(transactions, Kind.PRIORITY, campaign.id, value=9, filter={"not": high})
    await Sweeper(transactions, Tasks(), "one").work()
    archived = await leads(transactions)
    await asked(transactions, Kind.RESTORE, campaign.id)
    await Sweeper(transactions, Tasks(), "one").work()

    assert [lead.status for lead in archived] == ["new"] * 4 + ["archived"] * 2
    assert [lead.priority for lead in archived] == [9] * 4 + [0] * 2
    assert [lead.status for lead in (await leads(transactions))[4:]] == ["new", "waiting"]
