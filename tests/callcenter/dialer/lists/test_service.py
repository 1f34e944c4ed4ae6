"""What people do to lists, orders and many leads."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.dialer.lists import service
from callcenter.dialer.lists.models import CampaignOrder, LeadList, LeadSweep
from callcenter.dialer.lists.orders import LeadOrder
from callcenter.dialer.lists.service import ListDraft, OrderDraft
from callcenter.dialer.lists.sweeps import Kind
from callcenter.dialer.models import Campaign
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Conflict, Invalid, NotFound
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.factories.dialer import make_campaign, make_list

ASSISTANT = system_actor("test")


async def two_campaigns(
    transactions: Transactions, clock: ManualClock
) -> tuple[Campaign, Campaign, LeadList]:
    """The first has a list."""
    async with transactions.database.write() as session:
        one, two = [await make_campaign(session, clock.now()) for _ in range(2)]
        return one, two, await make_list(session, one, clock.now(), mix_taken=7)


async def test_a_list_is_renamed_switched_off_and_archived(
    transactions: Transactions, clock: ManualClock
) -> None:
    _, _, own = await two_campaigns(transactions, clock)
    later = clock.now() + timedelta(days=3)
    draft = ListDraft(name=" May ", active=False, archived=True, expires_at=later, mix_percent=40)

    async with transactions.begin(ASSISTANT) as tx:
        await service.edit_list(tx, own.id, draft)

    async with transactions.read() as session:
        row = await session.get_one(LeadList, own.id)
    assert (row.name, row.active, row.archived_at, row.expires_at) == ("May", False, clock.now(), later)
    assert (row.mix_percent, row.mix_taken) == (40, 0), "shares count from now on"


@pytest.mark.parametrize("draft", [ListDraft(name=" "), ListDraft(name="A", mix_percent=101)])
async def test_a_wrong_list_is_refused(
    transactions: Transactions, clock: ManualClock, draft: ListDraft
) -> None:
    _, _, own = await two_campaigns(transactions, clock)
    async with transactions.begin(ASSISTANT) as tx:
        with pytest.raises(Invalid):
            await service.edit_list(tx, own.id, draft)
        with pytest.raises(NotFound):
            await service.edit_list(tx, 99, ListDraft(name="A"))


async def test_a_list_that_moves_is_left_alone_until_it_is_there(
    transactions: Transactions, clock: ManualClock
) -> None:
    one, two, own = await two_campaigns(transactions, clock)
    async with transactions.begin(ASSISTANT) as tx:
        with pytest.raises(Conflict):
            await service.move_list(tx, own.id, one.id)
        await service.move_list(tx, own.id, two.id)
        with pytest.raises(Conflict):
            await service.edit_list(tx, own.id, ListDraft(name="A"))


async def test_only_a_new_order_or_filter_goes_through_the_leads(
    transactions: Transactions, clock: ManualClock
) -> None:
    one, _, _ = await two_campaigns(transactions, clock)
    rank = {"field": "rank", "op": "over", "value": 3}
    sweeps = []
    for draft in (
        OrderDraft(new_every=3),
        OrderDraft(order=LeadOrder.RANDOM),
        OrderDraft(order=LeadOrder.RANDOM, mixed=True),
        OrderDraft(order=LeadOrder.RANDOM, seed=5),
        OrderDraft(order=LeadOrder.RANDOM, filter=rank),
        OrderDraft(order=LeadOrder.RANDOM, filter=rank),
    ):
        async with transactions.begin(ASSISTANT) as tx:
            sweeps.append(await service.set_order(tx, one.id, draft) is not None)

    assert sweeps == [False, True, False, True, True, False]
    async with transactions.read() as session:
        row = await session.get_one(CampaignOrder, one.id)
    assert (row.order, row.seed, row.filter) == (LeadOrder.RANDOM, 5, rank)


@pytest.mark.parametrize(
    "draft", [OrderDraft(new_every=-1), OrderDraft(filter={"field": "attempts", "op": "over", "value": 1})]
)
async def test_a_wrong_order_is_refused(
    transactions: Transactions, clock: ManualClock, draft: OrderDraft
) -> None:
    one, _, _ = await two_campaigns(transactions, clock)
    async with transactions.begin(ASSISTANT) as tx:
        with pytest.raises(Invalid):
            await service.set_order(tx, one.id, draft)


async def test_changes_to_many_leads_are_checked_before_they_are_queued(
    transactions: Transactions, clock: ManualClock
) -> None:
    one, two, own = await two_campaigns(transactions, clock)
    async with transactions.begin(ASSISTANT) as tx:
        for kind, params in (
            (Kind.MOVE, {}),
            (Kind.PRIORITY, {}),
            (Kind.RESET, {"outcomes": ["rained"]}),
            (Kind.ARCHIVE, {"filter": {"field": "x"}}),
        ):
            with pytest.raises(Invalid):
                await service.bulk(tx, kind, one.id, params=params)
        with pytest.raises(NotFound):
            await service.bulk(tx, Kind.ARCHIVE, two.id, list_id=own.id)
        await service.bulk(tx, Kind.PRIORITY, one.id, params={"value": 3})

    async with transactions.read() as session:
        assert (await session.scalars(select(LeadSweep.kind))).all() == [Kind.PRIORITY]
