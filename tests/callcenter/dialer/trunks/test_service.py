"""Limits and pools as people set them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.dialer.limits import TrunkLimits
from callcenter.dialer.trunks import queries, service
from callcenter.dialer.trunks.models import CallerNumberRow
from callcenter.dialer.trunks.service import NumberDraft, PoolDraft
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid
from callcenter.kernel.tx import Transactions, system_actor

TESTER = system_actor("test")


def pool(name: str, *numbers: str) -> PoolDraft:
    return PoolDraft(name=name, numbers=[NumberDraft(number=number) for number in numbers])


async def test_a_number_knows_where_it_belongs(transactions: Transactions) -> None:
    async with transactions.begin(TESTER) as tx:
        await service.save_pool(tx, None, pool("US", "+1 305 555 0123"), "DE")

    async with transactions.read() as session:
        row = (await session.scalars(select(CallerNumberRow))).one()
    assert (row.area, row.subdivision, row.region) == ("+1305", "US-FL", "US")


async def test_numbers_that_stay_keep_their_rest_and_others_go(
    transactions: Transactions, clock: ManualClock
) -> None:
    until = clock.now() + timedelta(days=1)
    async with transactions.begin(TESTER) as tx:
        made = await service.save_pool(tx, None, pool("P", "030 5550101", "030 5550102"), "DE")
        await service.rest(tx, "+49305550101", until, {"rate": 0.1})

    async with transactions.begin(TESTER) as tx:
        await service.save_pool(tx, made.id, pool("P", "030 5550101", "030 5550103"), "DE")

    async with transactions.read() as session:
        rows = {row.number: row.rested_until for row in await queries.numbers(session)}
    assert rows == {"+49305550101": until, "+49305550103": None}


async def test_a_number_is_in_one_pool_only(transactions: Transactions) -> None:
    async with transactions.begin(TESTER) as tx:
        await service.save_pool(tx, None, pool("One", "030 5550101"), "DE")

    with pytest.raises(Invalid):
        async with transactions.begin(TESTER) as tx:
            await service.save_pool(tx, None, pool("Two", "030 5550101"), "DE")


async def test_a_resting_number_is_woken(transactions: Transactions, clock: ManualClock) -> None:
    async with transactions.begin(TESTER) as tx:
        await service.save_pool(tx, None, pool("P", "030 5550101"), "DE")
        await service.rest(tx, "+49305550101", clock.now() + timedelta(days=1), {"rate": 0.1})
        (row,) = await queries.numbers(tx.session)
        await service.wake(tx, row.id)

    assert (row.rested_until, row.rest_reason) == (None, {})


@pytest.mark.parametrize(
    ("name", "limits"),
    [("a b", TrunkLimits()), ("x", TrunkLimits(max_lines=-1)), ("x", TrunkLimits(0, float("nan")))],
)
async def test_limits_that_are_none_are_refused(
    transactions: Transactions, name: str, limits: TrunkLimits
) -> None:
    with pytest.raises(Invalid):
        async with transactions.begin(TESTER) as tx:
            await service.set_limits(tx, name, limits)
