"""Reads of lists and leads: a campaign's lists with what became of them, leads that fit a filter."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists import filters
from callcenter.dialer.lists.models import (
    CampaignOrder,
    ImportJob,
    Lead,
    LeadCohort,
    LeadField,
    LeadList,
    LeadNumber,
    LeadSweep,
)
from callcenter.dialer.lists.supply import usual_order
from callcenter.dialer.lists.tallies import Tally, tallies
from callcenter.dialer.states import JobStatus
from callcenter.kernel.errors import NotFound

PAGE = 50


class Sorting(StrEnum):
    """By what a page of leads is ordered."""

    OLDEST = "oldest"
    NEWEST = "newest"
    RANK = "rank"
    ATTEMPTS = "attempts"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page of leads shows, of a campaign or of one of its lists."""

    campaign_id: int
    list_id: int | None = None
    search: str = ""
    filter: dict[str, Any] = field(default_factory=dict)
    sorting: Sorting = Sorting.OLDEST
    page: int = 1


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list and what became of its leads."""

    row: LeadList
    tally: Tally


async def lists(
    session: AsyncSession, campaign_id: int, *, archived: bool = False
) -> tuple[list[ListLine], Tally]:
    """A campaign's lists, newest first, and all of them together."""
    statement = select(LeadList).where(LeadList.campaign_id == campaign_id).order_by(LeadList.id.desc())
    if not archived:
        statement = statement.where(LeadList.archived_at.is_(None))
    rows = (await session.scalars(statement)).all()
    counted = await tallies(session, rows)
    whole = Tally()
    for row in rows:
        whole.add(counted[row.id])
    return [ListLine(row, counted[row.id]) for row in rows], whole


async def lead_list(session: AsyncSession, list_id: int) -> LeadList:
    found = await session.get(LeadList, list_id)
    if found is None:
        raise NotFound
    return found


async def order(session: AsyncSession, campaign_id: int) -> CampaignOrder:
    """The campaign's order, or the usual one."""
    return await session.get(CampaignOrder, campaign_id) or usual_order(campaign_id)


async def fields(session: AsyncSession, campaign_id: int) -> Sequence[LeadField]:
    """The fields that the campaign's leads have of their own."""
    statement = select(LeadField).where(LeadField.campaign_id == campaign_id)
    return (await session.scalars(statement.order_by(LeadField.position, LeadField.id))).all()


async def jobs(session: AsyncSession, campaign_id: int, limit: int = 20) -> Sequence[ImportJob]:
    """The latest imports of a campaign, drafts included."""
    statement = select(ImportJob).where(
        ImportJob.campaign_id == campaign_id,
        or_(ImportJob.status != JobStatus.CANCELLED, ImportJob.rows_read > 0),
    )
    return (await session.scalars(statement.order_by(ImportJob.id.desc()).limit(limit))).all()


async def running_sweeps(session: AsyncSession, campaign_id: int) -> Sequence[LeadSweep]:
    """Long changes under way."""
    statement = select(LeadSweep).where(
        LeadSweep.campaign_id == campaign_id,
        LeadSweep.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)),
    )
    return (await session.scalars(statement.order_by(LeadSweep.id))).all()


async def sweep(session: AsyncSession, sweep_id: int) -> LeadSweep:
    found = await session.get(LeadSweep, sweep_id)
    if found is None:
        raise NotFound
    return found


async def leads(session: AsyncSession, wanted: Wanted, now: datetime) -> list[tuple[Lead, LeadCohort]]:
    """A page of leads that fit, one more than a page when there are more."""
    by = {
        Sorting.OLDEST: (Lead.id,),
        Sorting.NEWEST: (Lead.id.desc(),),
        Sorting.RANK: (Lead.rank.desc(), Lead.id),
        Sorting.ATTEMPTS: (Lead.attempts.desc(), Lead.id),
    }[wanted.sorting]
    statement = _fitting(session, select(Lead, LeadCohort), wanted, now).join(
        LeadCohort, LeadCohort.id == Lead.cohort_id
    )
    rows = await session.execute(statement.order_by(*by).offset((wanted.page - 1) * PAGE).limit(PAGE + 1))
    return [(lead, cohort) for lead, cohort in rows]


async def count(session: AsyncSession, wanted: Wanted, now: datetime) -> int:
    """How many leads fit."""
    return await session.scalar(_fitting(session, select(func.count(Lead.id)), wanted, now)) or 0


def _fitting(session: AsyncSession, statement: Any, wanted: Wanted, now: datetime) -> Any:
    dialect = session.get_bind().dialect.name
    condition = filters.compiled(wanted.filter, dialect, now)
    own = select(LeadList.id).where(LeadList.campaign_id == wanted.campaign_id)
    if wanted.list_id is not None:
        own = own.where(LeadList.id == wanted.list_id)
    statement = statement.select_from(Lead).where(Lead.list_id.in_(own))
    if wanted.filter:
        # the condition names columns of leads: kept apart from what the page joins to them
        inner = text(f"leads.id IN (SELECT id FROM leads WHERE {condition.sql})")  # noqa: S608
        statement = statement.where(inner.bindparams(**condition.values))
    if wanted.search:
        pattern = wanted.search.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        numbers = select(LeadNumber.lead_id).where(LeadNumber.number == wanted.search)
        statement = statement.where(
            or_(
                Lead.number == wanted.search,
                and_(Lead.external_id == wanted.search, Lead.external_id != ""),
                Lead.id.in_(numbers),
                func.lower(Lead.name).like(f"%{pattern}%", escape="!"),
            )
        )
    return statement


async def numbers(session: AsyncSession, lead_id: int) -> Sequence[LeadNumber]:
    """All numbers of a lead that has several, in their order."""
    statement = select(LeadNumber).where(LeadNumber.lead_id == lead_id)
    return (await session.scalars(statement.order_by(LeadNumber.position))).all()
