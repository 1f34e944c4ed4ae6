"""What is open with a contact: promised callbacks, a call that nobody took, how the last one ended.

The desk says it in one line before the agent answers, and draws a card for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import CallRow, Outcome
from callcenter.calls.queries import calls_of_contact
from callcenter.dialer.queries import callbacks_to, disposition_titles
from callcenter.kernel.tx import Actor
from callcenter.queues.queries import queue_titles
from crm.contacts.calls import MISSED, agent_names
from crm.contacts.models import Contact

CALLS_READ = 12
MISSED_WITHIN = timedelta(hours=24)
CARDS = 3


@dataclass(frozen=True, slots=True)
class Promised:
    """A callback that somebody owes the customer."""

    due_at: datetime
    late: bool
    note: str
    agent: str


@dataclass(frozen=True, slots=True)
class Missed:
    """The customer called and nobody took it; `times` counts the calls since the last conversation."""

    at: datetime
    queue: str
    times: int


@dataclass(frozen=True, slots=True)
class LastTalk:
    """The conversation before this one."""

    at: datetime
    agent: str
    result: str
    note: str


@dataclass(frozen=True, slots=True)
class Matters:
    """Everything of it; false when nothing is open and there was no conversation."""

    promised: tuple[Promised, ...] = ()
    missed: Missed | None = None
    last: LastTalk | None = None

    def __bool__(self) -> bool:
        return bool(self.promised or self.missed or self.last)


async def matters_of(
    session: AsyncSession, actor: Actor, contact: Contact, now: datetime, present_call: str = ""
) -> Matters:
    """What is open with this contact, the present call left out. The caller may see the contact."""
    callbacks = await callbacks_to(session, [row.number for row in contact.numbers], CARDS)
    rows = [
        row for row in await calls_of_contact(session, contact.id, limit=CALLS_READ) if row.id != present_call
    ]
    agents = {row.agent_id for row in callbacks} | {row.agent_id for row in rows}
    names = await agent_names(session, agents - {None})
    results = await disposition_titles(session, actor.language)
    queues = await queue_titles(session)
    return Matters(
        promised=tuple(
            Promised(row.due_at, row.due_at < now, row.note, names.get(row.agent_id or 0, ""))
            for row in callbacks
        ),
        missed=missed_in(rows, now, queues),
        last=_last(rows, names, results),
    )


def missed_in(rows: Sequence[CallRow], now: datetime, queues: Mapping[str, str]) -> Missed | None:
    """The newest missed call of the last day, if no conversation came after it. `rows`: newest first."""
    recent = takewhile(
        lambda row: row.outcome != Outcome.ANSWERED and row.started_at >= now - MISSED_WITHIN, rows
    )
    missed = [row for row in recent if row.outcome in MISSED]
    if not missed:
        return None
    return Missed(missed[0].started_at, queues.get(missed[0].queue, missed[0].queue), len(missed))


def _last(rows: Sequence[CallRow], names: Mapping[int, str], results: Mapping[str, str]) -> LastTalk | None:
    row = next((row for row in rows if row.outcome == Outcome.ANSWERED), None)
    if row is None:
        return None
    return LastTalk(
        at=row.started_at,
        agent=names.get(row.agent_id or 0, ""),
        result=results.get(row.disposition, row.disposition),
        note=row.note,
    )
