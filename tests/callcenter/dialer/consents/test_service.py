"""Consents are kept with their proof, taken back for good, and give blocked leads another chance."""

from datetime import timedelta

import pytest

from callcenter.dialer import service as dialer_service
from callcenter.dialer.consents import service
from callcenter.dialer.consents.models import ConsentRow
from callcenter.dialer.consents.service import ConsentDraft
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.rules import Basis, Purpose
from callcenter.dialer.states import LeadStatus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Conflict, Invalid
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.factories.dialer import german_number, make_campaign, make_lead

NUMBER = german_number(1)
BOSS = system_actor("boss")


def _draft(clock: ManualClock, **values: object) -> ConsentDraft:
    given: dict[str, object] = {
        "purpose": Purpose.ADVERTISING,
        "basis": Basis.WRITTEN,
        "given_at": clock.now(),
        "number": NUMBER,
        "proof": "form 17",
    }
    return ConsentDraft(**(given | values))  # type: ignore[arg-type]


async def test_a_consent_is_kept_and_blocked_leads_come_back(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(BOSS) as tx:
        campaign = await make_campaign(tx.session, tx.now)
        lead = await make_lead(tx.session, campaign, NUMBER, tx.now, status=LeadStatus.BLOCKED)
    async with transactions.begin(BOSS) as tx:
        row = await service.record(tx, _draft(clock), "DE")

    async with transactions.read() as session:
        kept = await session.get_one(ConsentRow, row.id)
        assert (kept.number, kept.basis, kept.proof, kept.revoked_at) == (NUMBER, "written", "form 17", None)
        assert (await session.get_one(Lead, lead.id)).status == LeadStatus.NEW


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"number": "nonsense"}, "number"),
        ({"number": ""}, "number"),
        ({"contact_id": 7}, "number"),
        ({"given_at": timedelta(days=1)}, "given_at"),
        ({"expires_at": timedelta(days=-1)}, "expires_at"),
    ],
)
async def test_what_is_no_consent_is_refused(
    transactions: Transactions, clock: ManualClock, values: dict[str, object], field: str
) -> None:
    moved = {k: clock.now() + v if isinstance(v, timedelta) else v for k, v in values.items()}

    with pytest.raises(Invalid) as refused:
        async with transactions.begin(BOSS) as tx:
            await service.record(tx, _draft(clock, **moved), "DE")

    assert set(refused.value.fields) == {field}


async def test_a_consent_is_revoked_once(transactions: Transactions, clock: ManualClock) -> None:
    async with transactions.begin(BOSS) as tx:
        row = await service.record(tx, _draft(clock), "DE")
    async with transactions.begin(BOSS) as tx:
        await service.revoke(tx, row.id, why="by letter")

    with pytest.raises(Conflict):
        async with transactions.begin(BOSS) as tx:
            await service.revoke(tx, row.id)
    async with transactions.read() as session:
        kept = await session.get_one(ConsentRow, row.id)
        assert (kept.revoked_by, kept.revoked_why) == ("boss", "by letter")


async def test_who_asks_not_to_be_called_takes_back_everything_and_waits_in_no_campaign(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(BOSS) as tx:
        campaign = await make_campaign(tx.session, tx.now)
        lead = await make_lead(tx.session, campaign, NUMBER, tx.now)
        row = await service.record(tx, _draft(clock), "DE")
    async with transactions.begin(BOSS) as tx:
        await dialer_service.forbid(tx, NUMBER, "DE", reason="asked on the phone")

    async with transactions.read() as session:
        kept = await session.get_one(ConsentRow, row.id)
        assert (kept.revoked_at, kept.revoked_why) == (clock.now(), "asked on the phone")
        assert (await session.get_one(Lead, lead.id)).status == LeadStatus.BLOCKED
