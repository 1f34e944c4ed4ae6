"""A new engine takes up what one that was killed has left in the rows."""

from sqlalchemy import select

from callcenter.dialer.models import Attempt
from callcenter.dialer.states import Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import NO_ANSWER, Exchange
from tests.support.factories.dialer import german_number, make_campaign, make_lead


async def test_a_line_that_ended_while_nobody_looked_is_closed_soon(
    transactions: Transactions, clock: ManualClock
) -> None:
    exchange = Exchange(clock)
    exchange.plan[german_number(0)] = NO_ANSWER
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now())
        await make_lead(session, campaign, german_number(0), clock.now())
        agents = {1: frozenset({campaign.id})}
    first = DiallingFloor(transactions, exchange, clock, "first")
    await first.start(agents)
    await first.run(1)
    await first.kill()
    for leg_id in [leg for leg in exchange.channels if leg.startswith("attempt-")]:
        del exchange.channels[leg_id]

    second = DiallingFloor(transactions, exchange, clock, "second")
    await second.start(agents)
    await second.run(12)
    await second.kill()

    async with transactions.read() as session:
        assert list(await session.scalars(select(Attempt.outcome))) == [Outcome.UNKNOWN]
    assert exchange.numbers() == [german_number(0)]
