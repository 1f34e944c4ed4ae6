"""What becomes of a lead after an attempt: its next try, on this number or on another of its own."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from callcenter.dialer.lists.models import Lead, LeadNumber
from callcenter.dialer.lists.supply import set_key
from callcenter.dialer.models import Attempt
from callcenter.dialer.outcomes import Line, Next, Past
from callcenter.dialer.states import AttemptState, Outcome

Decide = Callable[[Past], Next]


async def follow(
    session: AsyncSession,
    lead: Lead,
    attempt: Attempt,
    same: ColumnElement[bool],
    decide: Decide,
) -> None:
    """Let the rules `decide` and do what they say. `same`: which earlier attempts count as ended this way."""
    numbers = await _numbers(session, lead.id)
    current = next((n for n in numbers if n.number == attempt.number), None)
    not_counted = int(attempt.state != AttemptState.ENDED)  # an agent may say before the call is closed
    earlier = select(
        func.count(Attempt.id), func.count(case((Attempt.number == attempt.number, Attempt.id)))
    ).where(
        Attempt.lead_id == lead.id,
        Attempt.id != attempt.id,
        Attempt.placed_at.is_not(None),
        same,
    )
    if lead.reset_at is not None:
        earlier = earlier.where(Attempt.placed_at > lead.reset_at)
    of_lead, of_number = (await session.execute(earlier)).one()
    following = decide(
        Past(
            same_of_number=of_number,
            same_of_lead=of_lead,
            lines=tuple(
                Line(n.position, n.attempts + (not_counted if n is current else 0), n.closed) for n in numbers
            ),
            current=current.position if current else 0,
        )
    )
    lead.status, lead.next_try_at = following.status, following.at
    if current is not None and following.closes_number:
        current.closed = True
    chosen = next((n for n in numbers if n.position == following.move_to), None)
    if chosen is not None:
        lead.number, lead.number_raw = chosen.number, chosen.number_raw
        lead.cohort_id = chosen.cohort_id
    await set_key(session, lead)


async def note_attempt(
    session: AsyncSession, lead: Lead, number: str, outcome: Outcome, now: datetime
) -> None:
    """Count an attempt that was sent on the number it was made on, when the lead has several."""
    for row in await _numbers(session, lead.id):
        if row.number == number:
            row.attempts += 1
            row.last_tried_at = now
            row.last_outcome = outcome


async def _numbers(session: AsyncSession, lead_id: int) -> list[LeadNumber]:
    rows = select(LeadNumber).where(LeadNumber.lead_id == lead_id).order_by(LeadNumber.position)
    return list(await session.scalars(rows))
