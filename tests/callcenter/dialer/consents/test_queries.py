"""Consents are found by number and by contact, the newest first."""

from callcenter.dialer.consents import queries, service
from callcenter.dialer.consents.service import ConsentDraft
from callcenter.dialer.rules import Basis, Purpose
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.factories.dialer import german_number

BOSS = system_actor("boss")


async def test_consents_are_found_by_number_and_by_contact(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(BOSS) as tx:
        for whose in ({"number": german_number(1)}, {"number": german_number(2)}, {"contact_id": 7}):
            draft = ConsentDraft(
                purpose=Purpose.SURVEY,
                basis=Basis.ORAL,
                given_at=clock.now(),
                **whose,
            )
            await service.record(tx, draft, "DE")
    async with transactions.read() as session:
        every = await queries.consents(session)
        of_number = await queries.consents(session, number=german_number(1))
        of_contact = await queries.consents(session, contact_id=7)
        older = await queries.consents(session, after_id=every[0].id)

    assert [row.contact_id for row in every] == [7, None, None]
    assert [row.number for row in of_number] == [german_number(1)]
    assert [row.id for row in of_contact] == [every[0].id]
    assert len(older) == 2
