"""The only writer of consents: given with their proof, taken back for good."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update

from callcenter.dialer.consents.models import ConsentRow
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.lists.promoting import again
from callcenter.dialer.rules import Basis, Method, Purpose
from callcenter.dialer.states import LeadStatus
from callcenter.kernel import phone
from callcenter.kernel.errors import Conflict, Invalid, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx

CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDraft:
    """What a customer agreed to: of a number, or of a contact with all of theirs."""

    purpose: Purpose
    basis: Basis
    given_at: datetime
    number: str = ""
    contact_id: int | None = None
    reach: Method = Method.AUTOMATIC
    expires_at: datetime | None = None
    source: str = ""
    proof: str = ""


async def record(tx: Tx, draft: ConsentDraft, region: str) -> ConsentRow:
    """Keep a consent; leads that were blocked for want of one are tried again."""
    number = phone.to_e164(draft.number, region) if draft.number else ""
    wrong = {
        "number": (
            marked("This is not a telephone number.")
            if number is None
            else ""
            if bool(number) is not (draft.contact_id is not None)
            else marked("Name a number or a contact, one of the two.")
        ),
        "given_at": (
            marked("A consent cannot be given in the future.")
            if draft.given_at.tzinfo is None or draft.given_at > tx.now + CLOCKS_DIFFER
            else ""
        ),
        "expires_at": (
            marked("It would have ended before it was given.")
            if draft.expires_at is not None and draft.expires_at <= draft.given_at
            else ""
        ),
    }
    if any(wrong.values()):
        raise Invalid({name: text for name, text in wrong.items() if text})
    row = ConsentRow(
        number=number or "",
        contact_id=draft.contact_id,
        purpose=draft.purpose,
        basis=draft.basis,
        reach=draft.reach,
        source=draft.source[:120],
        proof=draft.proof[:300],
        given_at=draft.given_at,
        expires_at=draft.expires_at,
        added_by=tx.actor.name,
        added_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    await _try_again(tx, number or "", draft.contact_id)
    tx.audit("consents.recorded", "consent", row.id, purpose=draft.purpose, basis=draft.basis)
    return row


async def revoke(tx: Tx, consent_id: int, *, why: str = "") -> ConsentRow:
    """Taken back: from now on it allows nothing."""
    row = await tx.session.get(ConsentRow, consent_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.revoked_at is not None:
        raise Conflict
    row.revoked_at, row.revoked_by, row.revoked_why = tx.now, tx.actor.name, why[:200]
    await tx.session.flush()
    tx.audit("consents.revoked", "consent", consent_id, why=why)
    return row


async def revoke_number(tx: Tx, number: str, *, why: str) -> int:
    """Everything that was agreed to for a number; how many consents that were."""
    found = await tx.session.scalars(
        update(ConsentRow)
        .where(ConsentRow.number == number, ConsentRow.revoked_at.is_(None))
        .values(revoked_at=tx.now, revoked_by=tx.actor.name[:120], revoked_why=why[:200])
        .returning(ConsentRow.id)
        .execution_options(synchronize_session=False)
    )
    revoked = len(found.all())
    if revoked:
        tx.audit("consents.revoked-all", "consent", 0, count=revoked, why=why)
    return revoked


async def _try_again(tx: Tx, number: str, contact_id: int | None) -> None:
    """Blocked leads come back; the gate judges them again, so whatever else blocks them still does."""
    whose = Lead.number == number if number else Lead.contact_id == contact_id
    await tx.session.execute(
        update(Lead)
        .where(whose, Lead.status == LeadStatus.BLOCKED)
        .values(status=again(), next_try_at=tx.now)
        .execution_options(synchronize_session=False)
    )
