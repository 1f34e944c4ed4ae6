"""Calls as the timeline of a contact shows them."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, Outcome, RecordingState
from callcenter.calls.queries import KIND, calls_of_contact
from callcenter.dialer.queries import disposition_titles
from callcenter.kernel.auth import User
from callcenter.kernel.i18n import marked
from callcenter.kernel.place import Place
from callcenter.kernel.tx import Actor
from callcenter.queues.queries import queue_titles
from crm.timeline import Phrase, TimelineItem

MISSED = frozenset({Outcome.ABANDONED, Outcome.SHORT, Outcome.LOST, Outcome.REFUSED, Outcome.DROPPED})
ENDINGS = {
    Outcome.ABANDONED: marked("The caller left after waiting {seconds} s."),
    Outcome.SHORT: marked("The caller left at once."),
    Outcome.DROPPED: marked("Nobody was free when the customer answered."),
    Outcome.UNANSWERED: marked("Not answered."),
    Outcome.REFUSED: marked("The call reached no queue."),
    Outcome.LOST: marked("How the call ended is not known."),
}
TITLES = {
    (Direction.INBOUND, True): marked("Inbound, {name}"),
    (Direction.INBOUND, False): marked("Inbound"),
    (Direction.OUTBOUND, True): marked("Outbound, {name}"),
    (Direction.OUTBOUND, False): marked("Outbound"),
}


async def own_agent_id(session: AsyncSession, actor: Actor) -> int | None:
    """The agent behind the actor, if they take calls."""
    if actor.user_id is None:
        return None
    return await session.scalar(select(Agent.id).where(Agent.user_id == actor.user_id))


async def agent_names(session: AsyncSession, agents: Collection[int | None]) -> dict[int, str]:
    """What the agents are called."""
    if not agents:
        return {}
    found = await session.execute(
        select(Agent.id, User.name).join(User, User.id == Agent.user_id).where(Agent.id.in_(agents))
    )
    return dict(found.all())


def _detail(row: CallRow) -> Phrase | None:
    if row.outcome == Outcome.ANSWERED:
        if row.direction == Direction.INBOUND and row.wait_ms >= 1000:
            return Phrase(marked("Waited {seconds} s."), {"seconds": row.wait_ms // 1000})
        return None
    ending = ENDINGS.get(Outcome(row.outcome))
    return Phrase(ending, {"seconds": row.wait_ms // 1000}) if ending is not None else None


def _item(row: CallRow, name: str, result: str, may_listen: bool) -> TimelineItem:
    direction = Direction(row.direction)
    missed = row.outcome in MISSED
    icon = "miss" if missed else "in" if direction is Direction.INBOUND else "out"
    recorded = may_listen and row.recording_state == RecordingState.READY
    return TimelineItem(
        at=row.started_at,
        kind=KIND,
        key=row.id,
        icon=icon,
        title=Phrase(TITLES[direction, bool(name)], {"name": name}),
        detail=_detail(row),
        labels=(result,) if result else (),
        text=row.note,
        recording=f"/api/v1/calls/{row.id}/recording" if recorded else "",
        recording_seconds=round((row.talk_ms + row.hold_ms) / 1000),
        recording_soon=may_listen and row.recording_state == RecordingState.RAW,
        call_id=row.id,
        live=row.ended_at is None,
        alarm=missed,
    )


async def calls_in_timeline(
    session: AsyncSession, actor: Actor, contact_id: int, before: Place | None, limit: int
) -> Sequence[TimelineItem]:
    """The contact's calls, with recordings the actor may listen to. A few statements, however many calls."""
    rows = await calls_of_contact(session, contact_id, before, limit)
    names = await agent_names(session, {row.agent_id for row in rows if row.agent_id is not None})
    queues = await queue_titles(session)
    results = await disposition_titles(session, actor.language)
    own = await own_agent_id(session, actor)
    listens = actor.may("calls.listen")
    return [
        _item(
            row,
            names.get(row.agent_id or 0, "") or queues.get(row.queue, row.queue),
            results.get(row.disposition, row.disposition),
            listens or (own is not None and row.agent_id == own),
        )
        for row in rows
    ]
