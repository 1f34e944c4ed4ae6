"""What a campaign's pacing starts with: its windows' counts and its last attempts, read from rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import CallRow
from callcenter.dialer.lists.cohorts import Cohort, cohort_of
from callcenter.dialer.lists.models import LeadCohort
from callcenter.dialer.models import Attempt, Disposition
from callcenter.dialer.pacing import lines as pacing
from callcenter.dialer.pacing.lines import Past
from callcenter.dialer.pacing.window import Count, Window
from callcenter.dialer.states import AttemptState, DialKind, Outcome

RECENT = timedelta(hours=2)
MOST_RECENT = 5000
UTC_ZONE = ZoneInfo("UTC")
BY_A_PERSON = (Outcome.ANSWERED, Outcome.DROPPED)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a lead when it is claimed, for pacing and for who gets the call."""

    list_id: int = 0
    kind: str = ""
    ordinal: int = 1
    zone: ZoneInfo = UTC_ZONE
    region: str = ""
    subdivision: str = ""
    owner_id: int | None = None
    last_agent_id: int | None = None


def facts_of(list_id: int, cohort: Cohort, ordinal: int) -> Facts:
    """`ordinal`: which dial of the lead it is."""
    zone = ZoneInfo(cohort.zones[0]) if cohort.zones else UTC_ZONE
    return Facts(
        list_id=list_id,
        kind=cohort.number_type,
        ordinal=ordinal,
        zone=zone,
        region=cohort.region,
        subdivision=cohort.subdivision,
    )


async def spent(session: AsyncSession, campaign_id: int, window: Window, now: datetime) -> Sequence[Count]:
    """By day of the window's zone: people who answered, and those of them whom nobody took."""
    zone = ZoneInfo(window.zone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(window.days)]
    begins = [datetime.combine(day, time(), zone).astimezone(UTC) for day in days]
    day_of = case(
        *((Attempt.answered_at >= begin, day.toordinal()) for day, begin in zip(days, begins, strict=True))
    )
    nobody = select(Disposition.code).where(Disposition.human.is_(False))
    rows = await session.execute(
        select(
            day_of,
            func.count(Attempt.id),
            func.count(case((Attempt.outcome == Outcome.DROPPED, 1))),
        )
        .where(
            Attempt.campaign_id == campaign_id,
            Attempt.kind == DialKind.CAMPAIGN,
            Attempt.answered_at >= begins[-1],
            Attempt.outcome.in_(BY_A_PERSON),
            Attempt.disposition.not_in(nobody),
        )
        .group_by(day_of)
    )
    return [Count(day, float(answered), float(abandoned)) for day, answered, abandoned in rows]


async def recent(session: AsyncSession, campaign_id: int, now: datetime) -> list[Past]:
    """The attempts of the last hours, the oldest first."""
    newest = (
        select(Attempt, LeadCohort, CallRow.talk_ms, CallRow.wrap_ms)
        .outerjoin(LeadCohort, LeadCohort.id == Attempt.cohort_id)
        .outerjoin(CallRow, CallRow.id == Attempt.call_id)
        .where(
            Attempt.campaign_id == campaign_id,
            Attempt.kind == DialKind.CAMPAIGN,
            Attempt.state == AttemptState.ENDED,
            Attempt.placed_at > now - RECENT,
        )
        .order_by(Attempt.id.desc())
        .limit(MOST_RECENT)
    )
    rows = (await session.execute(newest)).all()
    return [
        _past(attempt, cohort, talk_ms, wrap_ms)
        for attempt, cohort, talk_ms, wrap_ms in reversed(rows)
        if attempt.outcome != Outcome.UNKNOWN
    ]


def _past(attempt: Attempt, row: LeadCohort | None, talk_ms: int | None, wrap_ms: int | None) -> Past:
    facts = facts_of(row.list_id, cohort_of(row.key), attempt.ordinal) if row is not None else Facts()
    placed = attempt.placed_at or attempt.claimed_at
    connected = attempt.connected_at.timestamp() if attempt.connected_at else None
    return Past(
        cohort=pacing.Cohort(facts.list_id, facts.kind, facts.ordinal, placed.astimezone(facts.zone).hour),
        placed_at=placed.timestamp(),
        resolved_at=(attempt.answered_at or attempt.ended_at or placed).timestamp(),
        answered=attempt.outcome in BY_A_PERSON,
        connected_at=connected,
        talk_seconds=talk_ms / 1000 if connected and talk_ms else None,
        wrapup_seconds=wrap_ms / 1000 if connected and wrap_ms else None,
    )
