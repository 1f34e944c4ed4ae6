"""Reads of trunks' limits and caller numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.caller_ids import HALF_LIFE_SECONDS
from callcenter.dialer.limits import TrunkLimits
from callcenter.dialer.models import Attempt, Campaign
from callcenter.dialer.trunks.models import CallerNumberRow, CallerPool, TrunkLimit
from callcenter.kernel.errors import NotFound

REMEMBERED_DAYS = 4


@dataclass(frozen=True, slots=True)
class Use:
    """What a caller number has done: calls of today, and the decayed past."""

    today: int = 0
    tried: float = 0.0
    answered: float = 0.0


async def limits(session: AsyncSession) -> dict[str, TrunkLimits]:
    """By trunk; the company's own under the empty name."""
    rows = await session.scalars(select(TrunkLimit))
    return {row.name: TrunkLimits(row.max_lines, row.calls_per_second) for row in rows}


async def trunks_of_campaigns(session: AsyncSession) -> list[str]:
    """Trunks that campaigns name."""
    rows = await session.scalars(select(Campaign.trunk).where(Campaign.trunk != "").distinct())
    return sorted(rows)


async def pools(session: AsyncSession) -> Sequence[CallerPool]:
    return (await session.scalars(select(CallerPool).order_by(CallerPool.name))).all()


async def pool(session: AsyncSession, pool_id: int) -> CallerPool:
    found = await session.get(CallerPool, pool_id)
    if found is None:
        raise NotFound
    return found


async def numbers(session: AsyncSession) -> Sequence[CallerNumberRow]:
    return (await session.scalars(select(CallerNumberRow).order_by(CallerNumberRow.number))).all()


async def use(session: AsyncSession, midnight: datetime, now: datetime) -> Mapping[str, Use]:
    """What every caller number has done in the last days, each day's calls decayed as a whole."""
    ended, answered = func.count(Attempt.ended_at), func.count(Attempt.answered_at)
    found: dict[str, Use] = {}
    for back in range(REMEMBERED_DAYS):
        begins = midnight - timedelta(days=back)
        ends = begins + timedelta(days=1)
        middle = min(now, begins + timedelta(hours=12))
        kept = 0.5 ** ((now - middle).total_seconds() / HALF_LIFE_SECONDS)
        rows = await session.execute(
            select(Attempt.caller_id, func.count(Attempt.id), ended, answered)
            .where(Attempt.caller_id != "", Attempt.placed_at >= begins, Attempt.placed_at < ends)
            .group_by(Attempt.caller_id)
        )
        for number, placed, calls, answers in rows:
            before = found.get(number, Use())
            found[number] = Use(
                today=placed if back == 0 else before.today,
                tried=before.tried + calls * kept,
                answered=before.answered + answers * kept,
            )
    return found
