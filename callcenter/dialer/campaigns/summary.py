"""What the campaign would be with the settings that are on the page: counted while they are still typed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import queries as agent_queries
from callcenter.agents.machine import State
from callcenter.dialer import service
from callcenter.dialer.campaigns.lawful import Place, Say, place_of
from callcenter.dialer.campaigns.sections import Lacking, lacking
from callcenter.dialer.lists.cohorts import Cohort, cohort_of, is_open, opens_at
from callcenter.dialer.lists.models import Lead, LeadCohort, LeadList
from callcenter.dialer.models import Campaign
from callcenter.dialer.policy import policy_of
from callcenter.dialer.rules import Policy, Where, law, terms
from callcenter.dialer.service import CampaignDraft
from callcenter.dialer.states import DIALABLE, LeadStatus

SHOWN_PLACES = 4


@dataclass(frozen=True, slots=True)
class Reach:
    """Leads by whether place and clock let them be called now."""

    leads: int = 0
    now: int = 0
    closed: int = 0  # due, where it is too early, too late or forbidden
    later: int = 0  # their next try is still to come
    done: int = 0  # spoken to, given up, not to be called
    opens_at: datetime | None = None  # when the first of the closed may be called


@dataclass(frozen=True, slots=True)
class Summary:
    """The right side of the editor, and what the law says where the leads are."""

    reach: Reach
    agents: int
    on_shift: int
    missing: list[Lacking] = field(default_factory=list)
    law: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    """Leads of one cohort in one status."""

    cohort: Cohort
    status: LeadStatus
    leads: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: their language, and a translator that fills."""

    language: str
    say: Say


async def of_draft(
    session: AsyncSession,
    campaign: Campaign | None,
    draft: CampaignDraft,
    agents: Sequence[int],
    now: datetime,
    reader: Reader,
) -> Summary:
    """`campaign` is the row that the draft would change; None: it is new."""
    row = Campaign(**service.row_of(draft), id=campaign.id if campaign else 0, version=1)
    policy = policy_of(row)
    states = {p.agent_id: p.state for p in await agent_queries.load_presences(session)}
    groups = await groups_of(session, campaign.id) if campaign else []
    return Summary(
        reach=reach_of(groups, policy, now),
        agents=len(agents),
        on_shift=sum(states.get(agent_id, State.OFFLINE) is not State.OFFLINE for agent_id in agents),
        missing=lacking(await service.missing(session, row, now, agents=len(agents))),
        law=places_of(groups, policy, draft.region.upper(), now, reader),
    )


async def groups_of(session: AsyncSession, campaign_id: int) -> list[Group]:
    """Counts of the leads of lists that are dialled."""
    rows = await session.execute(
        select(LeadCohort.key, Lead.status, func.count(Lead.id))
        .join(LeadCohort, LeadCohort.id == Lead.cohort_id)
        .join(LeadList, LeadList.id == Lead.list_id)
        .where(
            Lead.campaign_id == campaign_id,
            Lead.status != LeadStatus.ARCHIVED,
            LeadList.active,
            LeadList.archived_at.is_(None),
        )
        .group_by(LeadCohort.key, Lead.status)
    )
    return [Group(cohort_of(key), LeadStatus(status), count) for key, status, count in rows]


def reach_of(groups: Sequence[Group], policy: Policy, now: datetime) -> Reach:
    """Hours and laws are judged once for each cohort."""
    ready = closed = later = 0
    openings: list[datetime] = []
    for group in groups:
        if group.status is LeadStatus.LATER:
            later += group.leads
        elif group.status not in (*DIALABLE, LeadStatus.CLAIMED):
            continue
        elif is_open(group.cohort, policy, now):
            ready += group.leads
        else:
            closed += group.leads
            opening = opens_at(group.cohort, policy, now)
            if opening is not None:
                openings.append(opening)
    total = sum(group.leads for group in groups)
    return Reach(
        leads=total,
        now=ready,
        closed=closed,
        later=later,
        done=total - ready - closed - later,
        opens_at=min(openings, default=None),
    )


def places_of(
    groups: Sequence[Group], policy: Policy, region: str, now: datetime, reader: Reader
) -> list[Place]:
    """Where most leads are; without leads the campaign's own country."""
    by_place: Counter[tuple[str, str]] = Counter()
    for group in groups:
        if group.status in (*DIALABLE, LeadStatus.LATER, LeadStatus.CLAIMED):
            by_place[group.cohort.region, group.cohort.subdivision] += group.leads
    found = by_place.most_common(SHOWN_PLACES) or [((region, ""), 0)]
    # parts of a country that have no law of their own are alike: the first of them stands for all
    merged: Counter[tuple[str, str]] = Counter()
    others: dict[str, str] = {}
    for (country, part), leads in found:
        own = any(part in known.subdivisions for known in law.book().by_id.values())
        merged[country, part if own or not part else others.setdefault(country, part)] += leads
    places = []
    for (country, part), leads in merged.most_common():
        where = Where(country, (part,) if part else ())
        limits = law.book().abandon_rules(country, now, policy.purpose, where.subdivisions)
        held = terms(policy, where, now)
        places.append(place_of(held, law.book(), limits, leads, reader.language, reader.say))
    return places
