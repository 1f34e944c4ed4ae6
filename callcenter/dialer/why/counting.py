"""The counts behind the funnel, and the leads that are next. Reads only.

By index and in few statements: a campaign of five million leads is counted by list and status and by cohort,
never lead by lead.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import queries as agent_queries
from callcenter.agents.machine import State
from callcenter.dialer import evidence, gate, queries
from callcenter.dialer.gate import Candidate, Case
from callcenter.dialer.lists.cohorts import cohort_of, where_of
from callcenter.dialer.lists.models import Lead, LeadCohort, LeadList
from callcenter.dialer.models import Attempt, Campaign, Refusal
from callcenter.dialer.policy import policy_of
from callcenter.dialer.rules import Refuse, Rule, may_call
from callcenter.dialer.states import DIALABLE, CampaignStatus, DialKind, LeadStatus
from callcenter.dialer.why.funnel import Counts, Funnel, ListFacts, Part, Sample, Staff, Stop, funnel
from callcenter.kernel.errors import NotFound

SAMPLE = 200
MOST_COHORTS = 10
REFUSALS_SINCE = timedelta(days=31)
AT_WORK = frozenset({State.READY, State.RINGING, State.DIALLING, State.TALKING, State.HOLD, State.WRAPUP})


@dataclass(frozen=True, slots=True)
class Why:
    """A campaign at this moment."""

    campaign: Campaign
    funnel: Funnel
    sample: Sample
    staff: Staff
    registries: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class LeadWhy:
    """A lead at this moment, with its past."""

    campaign: Campaign
    lead: Lead
    case: Case
    attempts: Sequence[Attempt]
    refusals: Sequence[Refusal]


async def why(session: AsyncSession, campaign_id: int, now: datetime) -> Why:
    """Everything the page about a campaign says."""
    campaign = await queries.campaign(session, campaign_id)
    policy = policy_of(campaign)
    found = funnel(await _counts(session, campaign_id, now), policy, now)
    return Why(
        campaign=campaign,
        funnel=found,
        sample=await _sample(session, campaign, found.open_cohorts, now),
        staff=await _staff(session, campaign_id),
        registries=await evidence.registry_dates(session),
    )


async def _counts(session: AsyncSession, campaign_id: int, now: datetime) -> Counts:
    lists = (
        await session.scalars(
            select(LeadList).where(LeadList.campaign_id == campaign_id).order_by(LeadList.id)
        )
    ).all()
    ids = [one.id for one in lists]
    statuses = await session.execute(
        select(Lead.list_id, Lead.status, func.count(Lead.id))
        .where(Lead.list_id.in_(ids))
        .group_by(Lead.list_id, Lead.status)
    )
    cohorts = await session.execute(
        select(LeadCohort.id, LeadCohort.list_id, LeadCohort.key).where(LeadCohort.list_id.in_(ids))
    )
    places = {cohort_id: (owner, cohort_of(key)) for cohort_id, owner, key in cohorts}
    dialable = await session.execute(
        select(Lead.cohort_id, func.count(Lead.id))
        .where(Lead.cohort_id.in_(places), Lead.status.in_(DIALABLE), Lead.selected)
        .group_by(Lead.cohort_id)
    )
    return Counts(
        lists=[ListFacts(one.id, one.name, _stop_of(one, now)) for one in lists],
        statuses={(owner, LeadStatus(status)): count for owner, status, count in statuses},
        cohorts=places,
        dialable={row[0]: row[1] for row in dialable},
        later_at=await session.scalar(
            select(func.min(Lead.next_try_at)).where(Lead.list_id.in_(ids), Lead.status == LeadStatus.LATER)
        ),
        refused=await _refused(session, campaign_id, now),
        blocked=await _blocked(session, campaign_id, now),
    )


def _stop_of(one: LeadList, now: datetime) -> Stop | None:
    answers = (
        (one.archived_at is not None, Stop.LIST_ARCHIVED),
        (not one.active, Stop.LIST_INACTIVE),
        (one.expires_at is not None and one.expires_at <= now, Stop.LIST_EXPIRED),
        (one.busy, Stop.LIST_BUSY),
    )
    return next((stop for applies, stop in answers if applies), None)


async def _refused(session: AsyncSession, campaign_id: int, now: datetime) -> list[Part]:
    """Leads that the gate has put off, by rule."""
    rows = await session.execute(
        select(Refusal.rule, func.count(func.distinct(Refusal.lead_id)), func.min(Refusal.next_possible_at))
        .where(
            Refusal.campaign_id == campaign_id,
            Refusal.at > now - REFUSALS_SINCE,
            Refusal.next_possible_at > now,
        )
        .group_by(Refusal.rule)
    )
    return [
        Part(count, rule=Rule(rule), next_at=next_at) for rule, count, next_at in rows if rule in set(Rule)
    ]


async def _blocked(session: AsyncSession, campaign_id: int, now: datetime) -> list[Part]:
    """Leads that a rule has closed for good, by rule."""
    rows = await session.execute(
        select(Refusal.rule, func.count(func.distinct(Refusal.lead_id)))
        .where(
            Refusal.campaign_id == campaign_id,
            Refusal.at > now - REFUSALS_SINCE,
            Refusal.next_possible_at.is_(None),
            Refusal.rule.in_([rule for rule in Rule if rule is not Rule.CAMPAIGN_STATUS]),
        )
        .group_by(Refusal.rule)
    )
    return sorted((Part(count, rule=Rule(rule)) for rule, count in rows), key=lambda part: -part.count)


async def _sample(session: AsyncSession, campaign: Campaign, cohorts: Sequence[int], now: datetime) -> Sample:
    """What the gate would say of some of the leads that are next; nothing is written."""
    rows = await _heads(session, cohorts)
    # as if the campaign ran: whether it does is said by itself
    candidates = [
        replace(_candidate(campaign, lead, key), campaign_status=CampaignStatus.RUNNING) for lead, key in rows
    ]
    refused: Counter[Rule] = Counter()
    opens: dict[Rule, datetime] = {}
    for case in await gate.look_into(session, candidates, now):
        verdict = may_call(case.facts, case.terms, now)
        if isinstance(verdict, Refuse):
            refused[verdict.rule] += 1
            at = verdict.next_possible_at
            if at is not None and at < opens.get(verdict.rule, at + timedelta(1)):
                opens[verdict.rule] = at
    parts = tuple(Part(n, rule=rule, next_at=opens.get(rule)) for rule, n in refused.most_common())
    return Sample(len(candidates), len(candidates) - refused.total(), parts)


async def _heads(session: AsyncSession, cohorts: Sequence[int]) -> list[tuple[Lead, str]]:
    """The first leads of some cohorts, each by its index: sorting all of them would take seconds."""
    if not cohorts:
        return []
    each = max(2, SAMPLE // (2 * len(cohorts[:MOST_COHORTS])))
    fronts = [
        select(Lead.id)
        .where(Lead.cohort_id == cohort_id, Lead.status == status, Lead.selected)
        .where(Lead.status.in_(DIALABLE))  # says that the index of dialable leads will do
        .order_by(Lead.priority.desc(), Lead.order_key, Lead.id)
        .limit(each)
        .subquery()
        for cohort_id in cohorts[:MOST_COHORTS]
        for status in DIALABLE
    ]
    ids = union_all(*(select(front.c.id) for front in fronts)).subquery()
    rows = await session.execute(
        select(Lead, LeadCohort.key)
        .join(LeadCohort, LeadCohort.id == Lead.cohort_id)
        .where(Lead.id.in_(select(ids.c.id)))
        .order_by(Lead.priority.desc(), Lead.order_key, Lead.id)
        .limit(SAMPLE)
    )
    return [(lead, key) for lead, key in rows]


async def _staff(session: AsyncSession, campaign_id: int) -> Staff:
    chosen = await queries.agents_of(session, campaign_id)
    states = [p.state for p in await agent_queries.load_presences(session) if p.agent_id in chosen]
    return Staff(
        chosen=len(chosen),
        on_shift=sum(state in AT_WORK for state in states),
        ready=sum(state is State.READY for state in states),
    )


def _candidate(campaign: Campaign, lead: Lead, key: str) -> Candidate:
    cohort = cohort_of(key)
    return Candidate(
        kind=DialKind.CAMPAIGN,
        number=lead.number,
        policy=policy_of(campaign),
        zones=cohort.zones,
        where=where_of(cohort),
        campaign_id=campaign.id,
        campaign_status=CampaignStatus(campaign.status),
        lead_id=lead.id,
        contact_id=lead.contact_id,
        lead_attempts=lead.attempts,
        consent=lead.consent,
    )


async def lead_why(session: AsyncSession, campaign_id: int, lead_id: int, now: datetime) -> LeadWhy:
    """Everything the page about a lead says."""
    campaign = await queries.campaign(session, campaign_id)
    found = (
        await session.execute(
            select(Lead, LeadCohort.key)
            .join(LeadCohort, LeadCohort.id == Lead.cohort_id)
            .where(Lead.id == lead_id, Lead.campaign_id == campaign_id)
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    lead, key = found
    (case,) = await gate.look_into(session, [_candidate(campaign, lead, key)], now)
    attempts = await session.scalars(
        select(Attempt).where(Attempt.lead_id == lead_id).order_by(Attempt.id.desc()).limit(queries.PAGE)
    )
    refusals = await session.scalars(
        select(Refusal).where(Refusal.lead_id == lead_id).order_by(Refusal.id.desc()).limit(queries.PAGE)
    )
    return LeadWhy(campaign, lead, case, attempts.all(), refusals.all())
