"""Reads of calls. An actor without `calls.view` sees only calls that an agent of theirs had."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, LegRow, OfferRow, Outcome
from callcenter.kernel.errors import NotFound
from callcenter.kernel.place import Place, older
from callcenter.kernel.tx import Actor

KIND = "call"  # of a place in a list
LARGEST_PAGE = 200
LOST = (Outcome.ABANDONED, Outcome.SHORT, Outcome.LOST)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Narrows a list of calls; empty fields do not."""

    agent_id: int | None = None
    contact_id: int | None = None
    number: str = ""
    queue: str = ""
    direction: str = ""
    outcome: str = ""
    before: Place | None = None


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
    """The newest first; go on with `before` = the `place_of` the last row."""
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
        query = query.where(older(CallRow.started_at, CallRow.id, KIND, wanted.before))
    query = query.order_by(CallRow.started_at.desc(), CallRow.id.desc())
    return list(await session.scalars(query.limit(max(1, min(limit, LARGEST_PAGE)))))


def place_of(row: CallRow) -> Place:
    """Where a list goes on after this row."""
    return Place(row.started_at, KIND, row.id)


async def calls_of_contact(
    session: AsyncSession, contact_id: int, before: Place | None = None, limit: int = 50
) -> list[CallRow]:
    """A contact's calls for their timeline, the newest first (who may see the contact may see these)."""
    query = select(CallRow).where(CallRow.contact_id == contact_id)
    if before is not None:
        query = query.where(older(CallRow.started_at, CallRow.id, KIND, before))
    query = query.order_by(CallRow.started_at.desc(), CallRow.id.desc())
    return list(await session.scalars(query.limit(limit)))


async def missed_calls(
    session: AsyncSession, since: datetime, limit: int = 20, queues: Collection[str] | None = None
) -> list[CallRow]:
    """Inbound callers who left without an agent and have not been spoken to since, the newest first.

    One row a caller: their last lost call. With `queues` only calls of those.
    """
    lost, spoken = aliased(CallRow), aliased(CallRow)
    last = (
        select(lost.number, func.max(lost.started_at).label("at"))
        .where(
            lost.direction == Direction.INBOUND,
            lost.outcome.in_(LOST),
            lost.started_at > since,
            lost.number != "",
            *([] if queues is None else [lost.queue.in_(queues)]),
        )
        .group_by(lost.number)
        .subquery()
    )
    answered_since = select(spoken.id).where(
        spoken.number == CallRow.number, spoken.connected_at > CallRow.started_at
    )
    found = await session.scalars(
        select(CallRow)
        .join(last, (last.c.number == CallRow.number) & (last.c.at == CallRow.started_at))
        .where(CallRow.direction == Direction.INBOUND, CallRow.outcome.in_(LOST), ~answered_since.exists())
        .order_by(CallRow.started_at.desc(), CallRow.id)
        .limit(limit)
    )
    return list(found)


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
