"""Who may write on a call."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import service
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, OfferRow
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Forbidden
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.people import acting

CALL, AGENT_ID, CONTACT_ID = "1772440000.17", 3, 41
AGENT = acting(Role.AGENT)


async def _offered(session: AsyncSession, clock: ManualClock, *, declined: bool) -> None:
    now = clock.now()
    session.add(CallRow(id=CALL, direction=Direction.INBOUND, started_at=now))
    await session.flush()
    ended_at, result = (now, "declined") if declined else (None, "offered")
    session.add(OfferRow(call_id=CALL, agent_id=AGENT_ID, offered_at=now, ended_at=ended_at, result=result))


async def test_an_agent_whose_phone_rings_says_who_is_calling(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(system_actor("test")) as tx:
        await _offered(tx.session, clock, declined=False)

    async with transactions.begin(AGENT) as tx:
        await service.bind_contact(tx, CALL, CONTACT_ID, "Anna Petrova", AGENT_ID)

    async with transactions.read() as session:
        row = await session.get_one(CallRow, CALL)
    assert row.contact_id == CONTACT_ID


async def test_an_agent_who_declined_has_no_say_any_more(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(system_actor("test")) as tx:
        await _offered(tx.session, clock, declined=True)

    async with transactions.begin(AGENT) as tx:
        with pytest.raises(Forbidden):
            await service.bind_contact(tx, CALL, CONTACT_ID, "Anna Petrova", AGENT_ID)
