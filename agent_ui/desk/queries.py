"""What the desk asks the rooms below for one agent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import CallRow
from callcenter.calls.queries import missed_calls
from callcenter.dialer.models import Callback, Campaign, Disposition
from callcenter.dialer.queries import dispositions, due_callbacks
from callcenter.queues.models import Queue, QueueMember

CALLBACKS_AHEAD = timedelta(days=14)
MISSED_BACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Work:
    """What the right column shows for a call."""

    script: str
    queue_title: str
    outcomes: Sequence[Disposition]
    note: str
    note_version: int
    disposition: str


async def work_of(
    session: AsyncSession, call_id: str, queue: str, campaign_id: int | None, agent_id: int | None
) -> Work:
    """Script of the campaign or queue, the outcomes that may be given, the note so far.

    Another agent's note is not shown. `queue` and `campaign_id` serve until the call has its row.
    """
    row = await session.get(CallRow, call_id)
    if row is not None:
        queue, campaign_id = row.queue or queue, row.campaign_id or campaign_id
    campaign = await session.get(Campaign, campaign_id) if campaign_id is not None else None
    found = await session.get(Queue, queue) if queue else None
    mine = row is not None and row.agent_id in (None, agent_id)
    return Work(
        script=(campaign.script if campaign else "") or (found.script if found else ""),
        queue_title=found.title if found else campaign.name if campaign else "",
        outcomes=await dispositions(session, campaign_id),
        note=row.note if row is not None and mine else "",
        note_version=row.note_version if row is not None else 0,
        disposition=row.disposition if row is not None and mine else "",
    )


async def callbacks_of(session: AsyncSession, agent_id: int, now: datetime) -> Sequence[Callback]:
    """What this agent promised for the next two weeks."""
    return await due_callbacks(session, now + CALLBACKS_AHEAD, agent_id, limit=20)


async def missed_for(session: AsyncSession, agent_id: int, now: datetime) -> list[CallRow]:
    """Callers of the agent's queues who left and have not been spoken to since."""
    queues = set(await session.scalars(select(QueueMember.queue).where(QueueMember.agent_id == agent_id)))
    return await missed_calls(session, now - MISSED_BACK, queues=queues)
