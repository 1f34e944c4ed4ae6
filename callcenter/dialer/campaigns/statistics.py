"""What a campaign's last calls were like, as the simulator wants to know it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import CallRow
from callcenter.dialer.campaigns.setups import SHORTEST_TALK, Setup
from callcenter.dialer.models import Attempt
from callcenter.dialer.states import AttemptState, DialKind, Outcome

RECENT = timedelta(days=14)
MOST = 2000
ENOUGH = 50  # calls; with fewer the usual values stand
ENOUGH_TALKS = 10
BY_A_PERSON = (Outcome.ANSWERED, Outcome.DROPPED, Outcome.EARLY_HANG_UP)


@dataclass(frozen=True, slots=True)
class Known:
    """The setup as far as the campaign's own calls tell it, and how many calls told."""

    setup: Setup
    calls: int


async def known(session: AsyncSession, campaign_id: int, usual: Setup, now: datetime) -> Known:
    """From the last calls of two weeks; what they do not tell stays as usual."""
    rows = (
        await session.execute(
            select(Attempt.outcome, Attempt.placed_at, Attempt.answered_at, CallRow.talk_ms, CallRow.wrap_ms)
            .outerjoin(CallRow, (CallRow.id == Attempt.call_id) & (Attempt.call_id != ""))
            .where(
                Attempt.campaign_id == campaign_id,
                Attempt.kind == DialKind.CAMPAIGN,
                Attempt.state == AttemptState.ENDED,
                Attempt.placed_at > now - RECENT,
                Attempt.outcome.not_in((Outcome.CANCELLED, Outcome.UNKNOWN)),
            )
            .order_by(Attempt.id.desc())
            .limit(MOST)
        )
    ).all()
    if len(rows) < ENOUGH:
        return Known(usual, 0)
    people = [row for row in rows if row.outcome in BY_A_PERSON]
    rings = [(row.answered_at - row.placed_at).total_seconds() for row in people if row.answered_at]
    talks = [row.talk_ms / 1000 for row in people if row.talk_ms]
    wraps = [row.wrap_ms / 1000 for row in people if row.talk_ms]
    found = replace(usual, answered=round(min(95.0, max(1.0, 100 * len(people) / len(rows))), 1))
    if rings:
        found = replace(found, ring=round(min(40.0, max(2.0, sum(rings) / len(rings))), 1))
    if len(talks) >= ENOUGH_TALKS:
        talk = min(1800.0, max(SHORTEST_TALK, sum(talks) / len(talks)))
        found = replace(found, talk=round(talk), wrap=round(min(600.0, sum(wraps) / len(wraps))))
    return Known(found, len(rows))
