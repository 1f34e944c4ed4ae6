"""Campaigns and leads with rows, ready to be dialled."""

from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.models import Campaign, DoNotCall, Lead
from callcenter.dialer.states import CampaignStatus, LeadStatus, Mode, Scope

_serial = count(1)
ALL_DAY: dict[str, Any] = {str(day): [["00:00", "24:00"]] for day in range(7)}


def german_number(index: int) -> str:
    """A valid Berlin number."""
    return f"+4930{2_000_000 + index}"


async def make_campaign(session: AsyncSession, now: datetime, **values: Any) -> Campaign:
    """A running campaign without limits."""
    given: dict[str, Any] = {
        "name": f"Campaign {next(_serial)}",
        "mode": Mode.PROGRESSIVE,
        "status": CampaignStatus.RUNNING,
        "trunk": "carrier",
        "caller_id": "+493055500",
        "region": "DE",
        "zone": "Europe/Berlin",
        "hours": ALL_DAY,
        "closed_on": [],
        "retry": {},
        "max_lead_attempts": 6,
        "max_number_attempts_a_day": 0,
        "created_at": now,
    }
    campaign = Campaign(**(given | values))
    session.add(campaign)
    await session.flush()
    return campaign


async def make_lead(
    session: AsyncSession, campaign: Campaign, number: str, now: datetime, **values: Any
) -> Lead:
    """A lead that may be dialled now."""
    given: dict[str, Any] = {
        "campaign_id": campaign.id,
        "number": number,
        "number_raw": number,
        "name": "Somebody",
        "zones": ["Europe/Berlin"],
        "fields": {},
        "status": LeadStatus.WAITING,
        "next_try_at": now,
        "created_at": now,
    }
    lead = Lead(**(given | values))
    session.add(lead)
    await session.flush()
    return lead


async def forbid(session: AsyncSession, number: str, now: datetime, campaign_id: int = 0) -> None:
    """Put a number on the do-not-call list."""
    session.add(
        DoNotCall(
            number=number,
            scope=Scope.CAMPAIGN if campaign_id else Scope.COMPANY,
            campaign_id=campaign_id,
            added_by="test",
            added_at=now,
        )
    )
    await session.flush()
