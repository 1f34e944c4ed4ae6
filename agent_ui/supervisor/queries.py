"""Reads of the floor that the live board does not carry."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import OfferRow


async def calls_by_hour(session: AsyncSession, since: datetime, zone: ZoneInfo) -> dict[int, list[int]]:
    """Conversations of each agent by hour of the company's day."""
    found: dict[int, list[int]] = {}
    rows = await session.execute(
        select(OfferRow.agent_id, OfferRow.connected_at).where(OfferRow.connected_at >= since)
    )
    for agent_id, connected_at in rows:
        if connected_at is not None:
            found.setdefault(agent_id, [0] * 24)[connected_at.astimezone(zone).hour] += 1
    return found
