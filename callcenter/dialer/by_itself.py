"""Campaigns that start and pause by themselves: by their schedule, by their goals."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select

from callcenter.dialer import service
from callcenter.dialer.events import CampaignChanged, CampaignGoalReached
from callcenter.dialer.models import Attempt, Campaign, Disposition
from callcenter.dialer.states import CampaignStatus, PausedBy
from callcenter.dialer.timetable import read_goals, runs_at
from callcenter.kernel.errors import DomainError
from callcenter.kernel.tx import Tx


async def apply(tx: Tx) -> None:
    """Start and pause what has a schedule or goals. One pass over the campaigns that have."""
    rows = await tx.session.scalars(select(Campaign).order_by(Campaign.id))
    for campaign in rows:
        if campaign.schedule or campaign.goals:
            await _apply(tx, campaign)


async def _apply(tx: Tx, campaign: Campaign) -> None:
    wanted = runs_at(campaign.schedule, campaign.zone, tx.now)
    goals = read_goals(campaign.goals)
    day = tx.now.astimezone(ZoneInfo(campaign.zone)).date()
    reached = False
    if campaign.goals and campaign.status in (CampaignStatus.RUNNING, CampaignStatus.PAUSED):
        reached = goals.reached(*await _done(tx, campaign, day))
    if reached and campaign.goal_told_on != day:
        campaign.goal_told_on = day
        tx.audit("campaigns.goal-reached", "campaign", campaign.id)
        tx.emit(CampaignGoalReached(at=tx.now, campaign_id=campaign.id))
    if campaign.status == CampaignStatus.RUNNING:
        if reached and goals.stop:
            _pause(tx, campaign, PausedBy.GOAL)
        elif wanted is False:
            _pause(tx, campaign, PausedBy.SCHEDULE)
    elif _resumes(campaign, wanted=wanted, reached=reached and goals.stop):
        await _start(tx, campaign)


def _resumes(campaign: Campaign, *, wanted: bool | None, reached: bool) -> bool:
    """Does a campaign that stands still go on by itself?"""
    if reached or wanted is False:
        return False
    if campaign.status == CampaignStatus.DRAFT:
        return wanted is True
    return campaign.status == CampaignStatus.PAUSED and campaign.paused_by in (
        PausedBy.SCHEDULE,
        PausedBy.GOAL,
    )


def _pause(tx: Tx, campaign: Campaign, by: PausedBy) -> None:
    campaign.status, campaign.paused_by = CampaignStatus.PAUSED, by
    tx.audit("campaigns.pause", "campaign", campaign.id, by=by)
    tx.emit(CampaignChanged(at=tx.now, campaign_id=campaign.id, status=CampaignStatus.PAUSED))


async def _start(tx: Tx, campaign: Campaign) -> None:
    """As a person would; what is lacking keeps it from starting, and is looked at again next time."""

    verb = "start" if campaign.status == CampaignStatus.DRAFT else "resume"
    try:
        await service.step(tx, campaign.id, verb)
    except DomainError:
        return


async def _done(tx: Tx, campaign: Campaign, day: date) -> tuple[int, int]:
    """Contacts and sales of the campaign's day, by the results agents gave."""
    begins = datetime.combine(day, time(), ZoneInfo(campaign.zone)).astimezone(UTC)
    codes = (
        select(
            Disposition.code,
            func.max(case((Disposition.contact, 1), else_=0)).label("contact"),
            func.max(case((Disposition.sale, 1), else_=0)).label("sale"),
        )
        .where(Disposition.campaign_id.is_(None) | (Disposition.campaign_id == campaign.id))
        .group_by(Disposition.code)
        .subquery()
    )
    row = (
        await tx.session.execute(
            select(func.coalesce(func.sum(codes.c.contact), 0), func.coalesce(func.sum(codes.c.sale), 0))
            .select_from(Attempt)
            .join(codes, codes.c.code == Attempt.disposition)
            .where(Attempt.campaign_id == campaign.id, Attempt.placed_at >= begins)
        )
    ).one()
    return int(row[0]), int(row[1])
