"""Promises to call: kept, offered again, given to anybody, or over. The writers of what time does to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.events import CallbackChanged
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.lists.supply import set_key
from callcenter.dialer.models import Attempt, Callback, Campaign
from callcenter.dialer.rules import known_zone
from callcenter.dialer.states import CallbackStatus, LeadStatus, Outcome
from callcenter.kernel.errors import Conflict, NotFound
from callcenter.kernel.tx import Tx

PRIORITY = 100  # a promised call goes before the rest of the list
AGAIN = timedelta(minutes=10)  # a callback that was not taken up is offered again
NOT_REACHED = timedelta(minutes=30)  # after the customer did not answer it
MOST = 200


@dataclass(frozen=True, slots=True)
class Due:
    """A personal promise whose time has come."""

    callback_id: int
    agent_id: int
    number: str
    name: str
    note: str
    zone: str
    due_at: datetime
    campaign_id: int | None
    lead_id: int | None
    contact_id: int | None


def customer_time(text: str, zones: Sequence[str]) -> datetime:
    """A time as it was named on the telephone: with an offset, or by the customer's own clock.

    Raises `ValueError`.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        return moment
    zone = next((name for name in zones if known_zone(name)), "UTC")
    return moment.replace(tzinfo=ZoneInfo(zone))


async def sweep(tx: Tx) -> list[Due]:
    """End what is over, give to anybody what was missed; the personal ones that are due now."""
    await _expire(tx)
    await _to_anybody(tx)
    rows = await tx.session.scalars(
        select(Callback)
        .where(
            Callback.status == CallbackStatus.PENDING,
            Callback.agent_id.is_not(None),
            Callback.due_at <= tx.now,
        )
        .order_by(Callback.due_at, Callback.id)
        .limit(MOST)
    )
    return [
        Due(
            callback_id=row.id,
            agent_id=row.agent_id,
            number=row.number,
            name=row.name,
            note=row.note,
            zone=row.zone,
            due_at=row.due_at,
            campaign_id=row.campaign_id,
            lead_id=row.lead_id,
            contact_id=row.contact_id,
        )
        for row in rows
        if row.agent_id is not None
    ]


async def _expire(tx: Tx) -> None:
    over = await tx.session.scalars(
        select(Callback)
        .where(Callback.status == CallbackStatus.PENDING, Callback.expires_at <= tx.now)
        .limit(MOST)
    )
    for row in over:
        row.status, row.closed_at = CallbackStatus.EXPIRED, tx.now
        lead = await tx.session.get(Lead, row.lead_id) if row.lead_id and row.agent_id is None else None
        if lead is not None and lead.status in (LeadStatus.WAITING, LeadStatus.LATER):
            lead.status = LeadStatus.FINISHED
        tx.audit("callbacks.expired", "callback", row.id)
        tx.emit(CallbackChanged(at=tx.now, callback_id=row.id, agent_id=row.agent_id))


async def _to_anybody(tx: Tx) -> None:
    """Personal ones that their agent has let pass."""
    rows = await tx.session.execute(
        select(Callback, Campaign.callback_minutes)
        .join(Campaign, Campaign.id == Callback.campaign_id)
        .where(
            Callback.status == CallbackStatus.PENDING,
            Callback.agent_id.is_not(None),
            Callback.lead_id.is_not(None),
            Campaign.callback_minutes > 0,
            Callback.due_at <= tx.now + AGAIN,
        )
        .limit(MOST)
    )
    for row, minutes in rows:
        if (row.offered_at or row.due_at) + timedelta(minutes=minutes) > tx.now:
            continue
        last, row.agent_id = row.agent_id, None
        lead = await tx.session.get(Lead, row.lead_id)
        if lead is not None and lead.status not in (LeadStatus.CLAIMED, LeadStatus.BLOCKED):
            lead.status, lead.next_try_at = LeadStatus.WAITING, tx.now
            lead.priority = max(lead.priority, PRIORITY)
            await set_key(tx.session, lead)
        tx.audit("callbacks.to-anybody", "callback", row.id, agent_id=last)
        tx.emit(CallbackChanged(at=tx.now, callback_id=row.id, agent_id=None))


async def offered(tx: Tx, callback_id: int) -> None:
    """The agent has been reminded; the first time counts."""
    row = await tx.session.get(Callback, callback_id)
    if row is not None and row.offered_at is None:
        row.offered_at = tx.now


async def again(tx: Tx, callback_id: int) -> None:
    """The agent has not taken it up: it is offered again soon."""
    row = await tx.session.get(Callback, callback_id)
    if row is not None and row.status == CallbackStatus.PENDING:
        row.due_at = tx.now + AGAIN
        tx.emit(CallbackChanged(at=tx.now, callback_id=row.id, agent_id=row.agent_id))


async def postpone(tx: Tx, callback_id: int, agent_id: int) -> None:
    """The agent wants it a little later."""
    row = await tx.session.get(Callback, callback_id)
    if row is None or row.agent_id != agent_id:
        raise NotFound
    if row.status != CallbackStatus.PENDING:
        raise Conflict
    await again(tx, callback_id)


async def attempt_ended(session: AsyncSession, attempt: Attempt, now: datetime) -> None:
    """A promise is kept when its customer was spoken to; who did not answer is offered again."""
    mine = (
        Callback.number == attempt.number,
        Callback.status == CallbackStatus.PENDING,
        Callback.created_at <= attempt.claimed_at,
        or_(Callback.agent_id == attempt.agent_id, Callback.agent_id.is_(None)),
        func.coalesce(Callback.offered_at, Callback.due_at) <= now,
    )
    if attempt.outcome == Outcome.ANSWERED:
        values: dict[str, object] = {"status": CallbackStatus.DONE, "closed_at": now}
    else:
        values = {"due_at": now + NOT_REACHED}
    await session.execute(
        update(Callback).where(*mine).values(**values).execution_options(synchronize_session=False)
    )
