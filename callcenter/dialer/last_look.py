"""The gate once more, just before a lead that was claimed ahead is dialled; then its attempt is placed.

Since the claim it may have become too late in the day, the number may be on a list, the campaign stopped.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer import gate, hopper
from callcenter.dialer.lists import supply
from callcenter.dialer.lists.cohorts import cohort_of
from callcenter.dialer.lists.models import Lead, LeadCohort
from callcenter.dialer.lists.supply import Taken
from callcenter.dialer.models import Attempt, Campaign
from callcenter.dialer.policy import policy_of
from callcenter.dialer.rules import Refuse
from callcenter.dialer.states import AttemptState, CampaignStatus, LeadStatus, Outcome


@dataclass(frozen=True, slots=True)
class Placing:
    """A line that is about to be dialled, and with what."""

    attempt_id: int
    agent_id: int | None
    trunk: str
    caller_id: str


async def place(session: AsyncSession, placing: Placing, now: datetime) -> bool:
    """Commit this before the Originate. False: it must not be dialled any more; the rows say why."""
    found = (
        await session.execute(
            select(Attempt, Lead, LeadCohort, Campaign)
            .join(Lead, Lead.id == Attempt.lead_id)
            .join(LeadCohort, LeadCohort.id == Lead.cohort_id)
            .join(Campaign, Campaign.id == Attempt.campaign_id)
            .where(Attempt.id == placing.attempt_id, Attempt.state == AttemptState.CLAIMED)
            .with_for_update(of=Attempt)
        )
    ).one_or_none()
    if found is None:
        return False
    attempt, lead, cohort, campaign = found
    if campaign.status != CampaignStatus.RUNNING:
        return False
    taken = _taken(lead, cohort)
    candidate = hopper.candidate_of(campaign, policy_of(campaign), taken, attempt.id)
    (verdict,) = await gate.judge(session, [candidate], now)
    if isinstance(verdict, Refuse):
        attempt.state, attempt.outcome, attempt.ended_at = AttemptState.ENDED, Outcome.CANCELLED, now
        order = await supply.order_of(session, campaign.id)
        await hopper.give_back(session, order, taken, verdict, now)
        await session.flush()
        return False
    attempt.trunk, attempt.caller_id = placing.trunk, placing.caller_id
    await session.flush()
    return await hopper.place(session, placing.attempt_id, placing.agent_id, now)


def _taken(lead: Lead, cohort: LeadCohort) -> Taken:
    """The lead as it was when it was claimed."""
    return Taken(
        id=lead.id,
        cohort_id=lead.cohort_id,
        list_id=lead.list_id,
        cohort=cohort_of(cohort.key),
        number=lead.number,
        status=LeadStatus.WAITING if lead.attempts else LeadStatus.NEW,
        consent=lead.consent,
        contact_id=lead.contact_id,
        attempts=lead.attempts,
        rank=lead.rank,
        next_try_at=lead.next_try_at,
        last_tried_at=lead.last_tried_at,
    )
