"""Reads of the dialer: campaigns and their figures, leads, refusals, callbacks, do-not-call, imports."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent
from callcenter.calls.models import CallRow
from callcenter.dialer.lists.models import ImportJob, Lead, LeadCohort, LeadList, RejectedRow
from callcenter.dialer.lists.tallies import BIG, tallies
from callcenter.dialer.models import (
    Attempt,
    Callback,
    Campaign,
    CampaignAgent,
    CompanyRules,
    Disposition,
    DoNotCall,
    Refusal,
)
from callcenter.dialer.policy import CompanyPolicy
from callcenter.dialer.rules import Purpose
from callcenter.dialer.states import (
    DIALABLE,
    CallbackStatus,
    LeadStatus,
    Outcome,
)
from callcenter.kernel import phone
from callcenter.kernel.errors import NotFound

PAGE = 50
RECENT = timedelta(hours=1)


@dataclass(slots=True)
class Figures:
    """What a campaign has done, as pages and the live board count it."""

    leads: int = 0
    dialable: int = 0
    attempts: int = 0
    answered: int = 0
    connected: int = 0
    abandoned: int = 0
    people: int = 0  # who answered, machines left out
    contacts: int = 0  # of the conversations: the right one was reached
    sales: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A lead with its cohort and the last reason why it was not dialled."""

    lead: Lead
    cohort: LeadCohort
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """What a page of leads shows."""

    status: LeadStatus | None = None
    number: str = ""
    after_id: int = 0


async def campaigns_by_agent(session: AsyncSession) -> dict[int, frozenset[int]]:
    """The campaigns of every agent, for the roster's profiles."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = await session.execute(select(CampaignAgent.agent_id, CampaignAgent.campaign_id))
    for agent_id, campaign_id in rows:
        found[agent_id].add(campaign_id)
    return {agent_id: frozenset(ids) for agent_id, ids in found.items()}


async def campaigns(session: AsyncSession) -> Sequence[Campaign]:
    """Every campaign, those that matter first."""
    return (await session.scalars(select(Campaign).order_by(Campaign.priority.desc(), Campaign.name))).all()


async def campaign(session: AsyncSession, campaign_id: int) -> Campaign:
    found = await session.get(Campaign, campaign_id)
    if found is None:
        raise NotFound
    return found


async def agent_of_user(session: AsyncSession, user_id: int | None) -> int | None:
    """The agent that this user is, if any."""
    found: int | None = await session.scalar(
        select(Agent.id).where(Agent.user_id == user_id, Agent.active.is_(True))
    )
    return found


async def agents_of(session: AsyncSession, campaign_id: int) -> frozenset[int]:
    """Agents of one campaign."""
    rows = await session.scalars(
        select(CampaignAgent.agent_id).where(CampaignAgent.campaign_id == campaign_id)
    )
    return frozenset(rows)


async def dispositions(session: AsyncSession, campaign_id: int | None) -> Sequence[Disposition]:
    """The results an agent may give for this campaign, by key; its own replace a general one of that key."""
    rows = await session.scalars(
        select(Disposition)
        .where(or_(Disposition.campaign_id.is_(None), Disposition.campaign_id == campaign_id))
        .order_by(Disposition.key, Disposition.id)
    )
    by_key: dict[int, Disposition] = {}
    for row in rows:
        if row.key not in by_key or row.campaign_id is not None:
            by_key[row.key] = row
    return [by_key[key] for key in sorted(by_key)]


async def disposition_titles(session: AsyncSession, language: str) -> Mapping[str, str]:
    """Code to title of every result, in this language where it has one."""
    rows = await session.scalars(select(Disposition))
    return {row.code: (row.title_ru if language == "ru" and row.title_ru else row.title) for row in rows}


async def _big_lists(session: AsyncSession, campaign_id: int | None) -> list[LeadList]:
    """Lists whose leads are counted in the background only."""
    statement = select(LeadList).where(LeadList.tallied_at.is_not(None))
    if campaign_id is not None:
        statement = statement.where(LeadList.campaign_id == campaign_id)
    return [row for row in await session.scalars(statement) if row.tally.get("leads", 0) >= BIG]


async def figures(session: AsyncSession, now: datetime, campaign_id: int | None = None) -> dict[int, Figures]:
    """Figures of one campaign or of all: grouped counts and the refusals of the last hour."""
    found: dict[int, Figures] = defaultdict(Figures)
    waiting = Lead.status.in_(DIALABLE) | ((Lead.status == LeadStatus.LATER) & (Lead.next_try_at <= now))
    leads = (
        select(LeadList.campaign_id, func.count(Lead.id), func.count(case((waiting, 1))))
        .join(LeadList, LeadList.id == Lead.list_id)
        .group_by(LeadList.campaign_id)
    )
    attempts = (
        select(
            Attempt.campaign_id,
            Attempt.outcome,
            func.count(Attempt.placed_at),
            func.count(Attempt.answered_at),
            func.count(Attempt.connected_at),
        )
        .where(Attempt.campaign_id.is_not(None))
        .group_by(Attempt.campaign_id, Attempt.outcome)
    )
    results = (
        select(
            Attempt.campaign_id,
            Attempt.disposition,
            func.count(Attempt.id),
            func.count(case((Attempt.outcome != Outcome.MACHINE, 1))),
        )
        .where(Attempt.campaign_id.is_not(None), Attempt.disposition != "")
        .group_by(Attempt.campaign_id, Attempt.disposition)
    )
    refusals = (
        select(Refusal.campaign_id, Refusal.rule, func.count(Refusal.id))
        .where(Refusal.campaign_id.is_not(None), Refusal.at > now - RECENT)
        .group_by(Refusal.campaign_id, Refusal.rule)
    )
    if campaign_id is not None:
        leads = leads.where(LeadList.campaign_id == campaign_id)
        attempts = attempts.where(Attempt.campaign_id == campaign_id)
        results = results.where(Attempt.campaign_id == campaign_id)
        refusals = refusals.where(Refusal.campaign_id == campaign_id)
    big = await _big_lists(session, campaign_id)
    if big:  # counted in the background: too many to be counted every few seconds
        leads = leads.where(LeadList.id.not_in([row.id for row in big]))
        for row in big:
            by_status = row.tally["by_status"]
            found[row.campaign_id].leads += row.tally["leads"]
            found[row.campaign_id].dialable += sum(by_status.get(status, 0) for status in DIALABLE)
    for key, total, dialable in await session.execute(leads):
        found[key].leads += total
        found[key].dialable += dialable
    for owner, outcome, placed, answered, connected in await session.execute(attempts):
        _count(found[owner or 0], outcome, placed, answered, connected)
    flags = await _flags(session)
    for owner, code, count, as_people in await session.execute(results):
        flag = flags.get((owner, code)) or flags.get((None, code))
        if flag is not None:
            line = found[owner or 0]
            line.people -= 0 if flag.human else as_people
            line.contacts += count if flag.contact else 0
            line.sales += count if flag.sale else 0
    for owner, rule, count in await session.execute(refusals):
        found[owner or 0].refusals[rule] = count
    return dict(found)


def _count(line: Figures, outcome: str | None, placed: int, answered: int, connected: int) -> None:
    """Add the attempts of one outcome; None: they are still open."""
    line.attempts += placed
    line.answered += answered
    line.connected += connected
    if outcome != Outcome.MACHINE:
        line.people += answered
    if outcome == Outcome.DROPPED:
        line.abandoned += placed
    if outcome is not None and placed:
        line.outcomes[outcome] = line.outcomes.get(outcome, 0) + placed


async def _flags(session: AsyncSession) -> dict[tuple[int | None, str], Disposition]:
    """What each result means, by campaign (None: everywhere) and code."""
    rows = await session.scalars(select(Disposition))
    return {(row.campaign_id, row.code): row for row in rows}


async def lead_statuses(session: AsyncSession, campaign_id: int) -> dict[LeadStatus, int]:
    """How many leads of a campaign stand where; those of a big list as they were last counted."""
    rows = (await session.scalars(select(LeadList).where(LeadList.campaign_id == campaign_id))).all()
    found: dict[LeadStatus, int] = defaultdict(int)
    for tally in (await tallies(session, rows)).values():
        for status, number in tally.by_status.items():
            found[LeadStatus(status)] += number
    return dict(found)


async def leads(
    session: AsyncSession, campaign_id: int, wanted: LeadFilter, limit: int = PAGE
) -> list[LeadLine]:
    """A page of leads, by id, each with its last refusal."""
    statement = (
        select(Lead, LeadCohort)
        .join(LeadCohort, LeadCohort.id == Lead.cohort_id)
        .where(Lead.list_id.in_(select(LeadList.id).where(LeadList.campaign_id == campaign_id)))
        .where(Lead.id > wanted.after_id)
        .order_by(Lead.id)
        .limit(limit)
    )
    if wanted.status is not None:
        statement = statement.where(Lead.status == wanted.status)
    if wanted.number:
        statement = statement.where(Lead.number == wanted.number)
    found = [(lead, cohort) for lead, cohort in await session.execute(statement)]
    return await with_refusals(session, found)


async def with_refusals(session: AsyncSession, found: Sequence[tuple[Lead, LeadCohort]]) -> list[LeadLine]:
    """Each with its last refusal."""
    newest = (
        select(func.max(Refusal.id))
        .where(Refusal.lead_id.in_([lead.id for lead, _ in found]))
        .group_by(Refusal.lead_id)
    )
    reasons = await session.scalars(select(Refusal).where(Refusal.id.in_(newest)))
    by_lead = {refusal.lead_id: refusal for refusal in reasons}
    return [LeadLine(lead, cohort, by_lead.get(lead.id)) for lead, cohort in found]


async def attempt_of_call(session: AsyncSession, call_id: str) -> Attempt | None:
    """The attempt that a call came of."""
    found: Attempt | None = await session.scalar(
        select(Attempt).where(Attempt.call_id == call_id).order_by(Attempt.id.desc()).limit(1)
    )
    return found


async def lists(session: AsyncSession, campaign_id: int) -> Sequence[LeadList]:
    rows = await session.scalars(
        select(LeadList).where(LeadList.campaign_id == campaign_id).order_by(LeadList.id.desc()).limit(PAGE)
    )
    return rows.all()


async def imports(session: AsyncSession, campaign_id: int) -> Sequence[ImportJob]:
    """The latest imports of a campaign."""
    rows = await session.scalars(
        select(ImportJob).where(ImportJob.campaign_id == campaign_id).order_by(ImportJob.id.desc()).limit(10)
    )
    return rows.all()


async def import_job(session: AsyncSession, job_id: int) -> ImportJob:
    found = await session.get(ImportJob, job_id)
    if found is None:
        raise NotFound
    return found


async def rejected_rows(
    session: AsyncSession, job_id: int, after_id: int = 0, limit: int = 200
) -> Sequence[RejectedRow]:
    """Rows of a file that became no lead, in the order of the file."""
    rows = await session.scalars(
        select(RejectedRow)
        .where(RejectedRow.job_id == job_id, RejectedRow.id > after_id)
        .order_by(RejectedRow.id)
        .limit(limit)
    )
    return rows.all()


async def zones_of_call(session: AsyncSession, call_id: str) -> tuple[str, ...]:
    """Where the customer of a call may be: by the lead's cohort, else by the number."""
    attempt = await attempt_of_call(session, call_id)
    lead = await session.get(Lead, attempt.lead_id) if attempt and attempt.lead_id else None
    cohort = await session.get(LeadCohort, lead.cohort_id) if lead else None
    if cohort is not None and cohort.zones:
        return tuple(cohort.zones)
    call = await session.get(CallRow, call_id)
    number = phone.parse(attempt.number if attempt else call.number if call else "", "ZZ")
    return number.zones if number else ()


async def due_callbacks(
    session: AsyncSession, until: datetime, agent_id: int | None = None, limit: int = PAGE
) -> Sequence[Callback]:
    """Pending callbacks due by `until`, the earliest first: one agent's own, or (None) everybody's."""
    statement = (
        select(Callback)
        .where(Callback.status == CallbackStatus.PENDING, Callback.due_at <= until)
        .order_by(Callback.due_at, Callback.id)
        .limit(limit)
    )
    if agent_id is not None:
        statement = statement.where(Callback.agent_id == agent_id)
    return (await session.scalars(statement)).all()


async def callbacks_to(session: AsyncSession, numbers: Collection[str], limit: int = 3) -> Sequence[Callback]:
    """Pending callbacks to these numbers, whoever promised them, the earliest first."""
    if not numbers:
        return []
    statement = (
        select(Callback)
        .where(Callback.number.in_(numbers), Callback.status == CallbackStatus.PENDING)
        .order_by(Callback.due_at, Callback.id)
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def do_not_call(session: AsyncSession, number: str = "", after_id: int = 0) -> Sequence[DoNotCall]:
    """A page of the do-not-call list, newest first."""
    statement = select(DoNotCall).order_by(DoNotCall.id.desc()).limit(PAGE)
    if number:
        statement = statement.where(DoNotCall.number == number)
    if after_id:
        statement = statement.where(DoNotCall.id < after_id)
    return (await session.scalars(statement)).all()


async def company_policy(session: AsyncSession) -> CompanyPolicy:
    """What holds for a person's own dialling; nothing is limited until somebody says so."""
    row = await session.get(CompanyRules, 1)
    if row is None:
        return CompanyPolicy(hours={}, max_number_attempts_a_day=0, version=0)
    return CompanyPolicy(row.hours, row.max_number_attempts_a_day, row.version, Purpose(row.purpose))
