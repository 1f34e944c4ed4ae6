"""Reads of calls. An actor without `calls.view` sees only calls that an agent of theirs had."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import CallRow, LegRow, OfferRow
from callcenter.kernel.errors import NotFound
from callcenter.kernel.tx import Actor

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Narrows a list of calls; empty fields do not."""

    agent_id: int | None = None
    contact_id: int | None = None
    number: str = ""
    queue: str = ""
    direction: str = ""
    outcome: str = ""
    before: datetime | None = None


def visible_to(actor: Actor, own_agent_id: int | None) -> Select[CallRow]:
    """Calls this actor may see."""
    query = select(CallRow)
    if actor.may("calls.view"):
        return query
    if own_agent_id is None:
        return query.where(false())
    spoke = exists().where(
        OfferRow.call_id == CallRow.id,
        OfferRow.agent_id == own_agent_id,
        OfferRow.connected_at.is_not(None),
    )
    return query.where(or_(CallRow.agent_id == own_agent_id, spoke))


async def call_by_id(session: AsyncSession, actor: Actor, own_agent_id: int | None, call_id: str) -> CallRow:
    """One call; `NotFound` also when it is not the actor's to see."""
    row = await session.scalar(visible_to(actor, own_agent_id).where(CallRow.id == call_id))
    if row is None:
        raise NotFound
    return row


async def list_calls(
    session: AsyncSession,
    actor: Actor,
    own_agent_id: int | None,
    wanted: CallFilter,
    limit: int = 50,
) -> list[CallRow]:
    """The newest first; go on with `before` = the last row's `started_at`."""
    query = visible_to(actor, own_agent_id)
    for column, value in (
        (CallRow.agent_id, wanted.agent_id),
        (CallRow.contact_id, wanted.contact_id),
        (CallRow.number, wanted.number or None),
        (CallRow.queue, wanted.queue or None),
        (CallRow.direction, wanted.direction or None),
        (CallRow.outcome, wanted.outcome or None),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.before is not None:
        query = query.where(CallRow.started_at < wanted.before)
    query = query.order_by(CallRow.started_at.desc(), CallRow.id).limit(max(1, min(limit, LARGEST_PAGE)))
    return list(await session.scalars(query))


async def calls_of_contact(
    session: AsyncSession, contact_id: int, before: datetime | None = None, limit: int = 50
) -> list[CallRow]:
    """A contact's calls for their timeline, the newest first (who may see the contact may see these)."""
    query = select(CallRow).where(CallRow.contact_id == contact_id)
    if before is not None:
        query = query.where(CallRow.started_at < before)
    return list(await session.scalars(query.order_by(CallRow.started_at.desc()).limit(limit)))


async def missed_calls(session: AsyncSession, since: datetime, limit: int = 20) -> list[CallRow]:
    """Inbound callers who left without an agent and have not been spoken to since, the newest first."""
    lost = select(CallRow).where(
        CallRow.outcome.in_(("abandoned", "short", "lost")),
        CallRow.started_at > since,
        CallRow.number != "",
    )
    rows = list(await session.scalars(lost.order_by(CallRow.started_at.desc()).limit(limit * 4)))
    if not rows:
        return []
    answered = dict(
        (
            await session.execute(
                select(CallRow.number, CallRow.connected_at)
                .where(
                    CallRow.number.in_({r.number for r in rows}),
                    CallRow.connected_at > since,
                )
                .order_by(CallRow.connected_at)
            )
        ).all()
    )
    seen: set[str] = set()
    found = []
    for row in rows:
        last = answered.get(row.number)
        if row.number in seen or (last is not None and last > row.started_at):
            continue
        seen.add(row.number)
        found.append(row)
    return found[:limit]


async def legs_of(session: AsyncSession, call_id: str) -> list[LegRow]:
    """The call's legs in order of time."""
    return list(
        await session.scalars(select(LegRow).where(LegRow.call_id == call_id).order_by(LegRow.created_at))
    )


async def offers_of(session: AsyncSession, call_id: str) -> list[OfferRow]:
    """The agents who were asked or spoke, in order of time."""
    return list(
        await session.scalars(
            select(OfferRow).where(OfferRow.call_id == call_id).order_by(OfferRow.offered_at)
        )
    )
