"""What people write on a call: the note, the disposition, whose call it was."""

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.events import ContactBound
from callcenter.calls.models import CallRow, OfferRow
from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.errors import Forbidden, Invalid, NotFound, Stale
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Actor, Tx

LONGEST_NOTE = 20_000
ONE_LISTENING = timedelta(hours=1)


async def _own(session: AsyncSession, actor: Actor, call_id: str, agent_id: int | None) -> CallRow:
    row = await session.get(CallRow, call_id)
    if row is None:
        raise NotFound
    if not actor.may("calls.edit") and not await _had(session, row, agent_id):
        raise Forbidden
    return row


async def _had(session: AsyncSession, row: CallRow, agent_id: int | None) -> bool:
    """Has this agent the customer, had them before giving the call away, or is asked to take them now?"""
    if agent_id is None or row.agent_id == agent_id:
        return agent_id is not None
    theirs = select(OfferRow.id).where(
        OfferRow.call_id == row.id,
        OfferRow.agent_id == agent_id,
        or_(OfferRow.connected_at.is_not(None), OfferRow.ended_at.is_(None)),
    )
    return await session.scalar(theirs.limit(1)) is not None


async def set_note(tx: Tx, call_id: str, text: str, version: int, agent_id: int | None) -> int:
    """Save the note as typed; returns its new version. `agent_id` is the actor's own, if an agent.

    A write that carries an old version is `Stale` with the text that is there now.
    """
    if len(text) > LONGEST_NOTE:
        raise Invalid({"text": marked("The note is too long.")})
    row = await _own(tx.session, tx.actor, call_id, agent_id)
    if row.note_version != version:
        raise Stale(text=row.note, version=row.note_version)
    if row.note != text:
        row.note = text
        row.note_version += 1
        tx.audit("calls.note-set", "call", call_id, version=row.note_version)
    return row.note_version


async def dispose(tx: Tx, call_id: str, disposition: str, agent_id: int | None) -> CallRow:
    """The outcome as the agent says it. The same one twice changes nothing."""
    row = await _own(tx.session, tx.actor, call_id, agent_id)
    if row.disposition != disposition:
        tx.audit("calls.disposed", "call", call_id, disposition=disposition, was=row.disposition)
        row.disposition = disposition
    return row


async def bind_contact(tx: Tx, call_id: str, contact_id: int, name: str, agent_id: int | None) -> None:
    """This call is with this contact."""
    row = await _own(tx.session, tx.actor, call_id, agent_id)
    row.contact_id = contact_id
    tx.audit("calls.contact-bound", "call", call_id, contact_id=contact_id)
    tx.emit(ContactBound(at=tx.now, call_id=call_id, contact_id=contact_id, name=name))


async def note_listening(tx: Tx, call_id: str) -> None:
    """Audit that the actor listens, whichever part is asked for; the many parts of one listening once."""
    noted = select(AuditEntry.id).where(
        AuditEntry.subject_type == "call",
        AuditEntry.subject_id == call_id,
        AuditEntry.kind == "calls.listened",
        AuditEntry.actor_id == tx.actor.user_id,
        AuditEntry.at > tx.now - ONE_LISTENING,
    )
    if await tx.session.scalar(noted.limit(1)) is None:
        tx.audit("calls.listened", "call", call_id)
