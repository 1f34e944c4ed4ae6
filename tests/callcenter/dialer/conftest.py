"""A floor with an engine, and campaigns with leads, for tests of the dialer."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from callcenter.dialer.models import Campaign
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import Exchange
from tests.support.factories.dialer import german_number, make_campaign, make_lead

Seed = Callable[..., Awaitable[Campaign]]


@pytest.fixture
def exchange(clock: ManualClock) -> Exchange:
    return Exchange(clock)


@pytest.fixture
async def floor(
    transactions: Transactions, exchange: Exchange, clock: ManualClock
) -> AsyncIterator[DiallingFloor]:
    made = DiallingFloor(transactions, exchange, clock, "one")
    yield made
    await made.kill()


@pytest.fixture
def seed(transactions: Transactions, clock: ManualClock) -> Seed:
    """Make a campaign with some leads."""

    async def make(leads: int, **values: object) -> Campaign:
        async with transactions.database.write() as session:
            campaign = await make_campaign(session, clock.now(), **values)
            for index in range(leads):
                await make_lead(session, campaign, german_number(index), clock.now())
            return campaign

    return make
