"""Campaigns and leads with rows, ready to be dialled."""

from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists.cohorting import cohort_ids
from callcenter.dialer.lists.cohorts import Cohort
from callcenter.dialer.lists.models import Lead, LeadList
from callcenter.dialer.lists.supply import set_key
from callcenter.dialer.models import Campaign, DoNotCall
from callcenter.dialer.rules import Purpose
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
        "purpose": Purpose.SERVICE,
        "created_at": now,
    }
    campaign = Campaign(**(given | values))
    session.add(campaign)
    await session.flush()
    return campaign


async def make_list(session: AsyncSession, campaign: Campaign, now: datetime, **values: Any) -> LeadList:
    """A list that is dialled."""
    made = LeadList(**({"campaign_id": campaign.id, "name": "List", "created_at": now} | values))
    session.add(made)
    await session.flush()
    return made


async def make_lead(
    session: AsyncSession, campaign: Campaign, number: str, now: datetime, **values: Any
) -> Lead:
    """A lead that may be dialled now, in the campaign's first list and in a cohort made of what is given."""
    list_id = values.get("list_id") or await session.scalar(
        select(func.min(LeadList.id)).where(LeadList.campaign_id == campaign.id)
    )
    if list_id is None:
        list_id = (await make_list(session, campaign, now)).id
    cohort = Cohort(
        zones=tuple(values.pop("zones", ("Europe/Berlin",))),
        region=values.pop("region", "DE"),
        subdivision=values.pop("subdivision", ""),
        number_type=values.pop("number_type", "fixed"),
    )
    given: dict[str, Any] = {
        "campaign_id": campaign.id,
        "list_id": list_id,
        "cohort_id": (await cohort_ids(session, list_id, {cohort}))[cohort],
        "number": number,
        "number_raw": number,
        "name": "Somebody",
        "fields": {},
        "status": LeadStatus.NEW,
        "next_try_at": now,
        "created_at": now,
    }
    lead = Lead(**(given | values))
    if lead.next_try_at > now and lead.status == LeadStatus.NEW:
        lead.status = LeadStatus.LATER
    session.add(lead)
    await session.flush()
    await set_key(session, lead)
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
