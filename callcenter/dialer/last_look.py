"""The gate once more, just before a lead that was claimed ahead is dialled; then its attempt is placed.

Since the claim it may have become too late in the day, the number may be on a list, the campaign stopped.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer import gate, hopper, rules
from callcenter.dialer.gate import Candidate
from callcenter.dialer.lists import supply
from callcenter.dialer.lists.cohorts import cohort_of
from callcenter.dialer.lists.models import Lead, LeadCohort
from callcenter.dialer.lists.supply import Taken
from callcenter.dialer.models import Attempt, Campaign
from callcenter.dialer.policy import policy_of
from callcenter.dialer.rules import Allow, Refuse
from callcenter.dialer.states import AttemptState, CampaignStatus, LeadStatus, Outcome


@dataclass(frozen=True, slots=True)
class Placing:
    """A line that is about to be dialled, and with what."""

    attempt_id: int
    agent_id: int | None
    trunk: str
    caller_id: str


async def looks_good(session: AsyncSession, attempt_id: int, now: datetime) -> bool:
    """Would the gate let it through? Reads only, so that nobody waits for it who has to write."""
    found = await _find(session, attempt_id)
    if found is None:
        return False
    (case,) = await gate.look_into(session, [_candidate(*found)], now)
    return isinstance(rules.may_call(case.facts, case.terms, now), Allow)


async def place(session: AsyncSession, placing: Placing, now: datetime) -> bool:
    """Commit this before the Originate of what looked good. False: it is not ours to dial any more."""
    return await hopper.place(
        session,
        placing.attempt_id,
        placing.agent_id,
        now,
        trunk=placing.trunk,
        caller_id=placing.caller_id,
    )


async def send_back(session: AsyncSession, attempt_id: int, now: datetime) -> None:
    """What did not look good is judged once more, with the refusal written down, and waits or is out.

    An attempt that stays open here is for its engine to give back: its campaign has stopped.
    """
    found = await _find(session, attempt_id, lock=True)
    if found is None or found[3].status != CampaignStatus.RUNNING:
        return
    attempt, lead, cohort, campaign = found
    (verdict,) = await gate.judge(session, [_candidate(*found)], now)
    if isinstance(verdict, Refuse):
        attempt.state, attempt.outcome, attempt.ended_at = AttemptState.ENDED, Outcome.CANCELLED, now
        order = await supply.order_of(session, campaign.id)
        await hopper.give_back(session, order, _taken(lead, cohort), verdict, now)
    await session.flush()


async def _find(
    session: AsyncSession, attempt_id: int, *, lock: bool = False
) -> tuple[Attempt, Lead, LeadCohort, Campaign] | None:
    """The attempt that is still claimed, with all that it is about."""
    statement = (
        select(Attempt, Lead, LeadCohort, Campaign)
        .join(Lead, Lead.id == Attempt.lead_id)
        .join(LeadCohort, LeadCohort.id == Lead.cohort_id)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
        .where(Attempt.id == attempt_id, Attempt.state == AttemptState.CLAIMED)
    )
    if lock:
        statement = statement.with_for_update(of=Attempt)
    row = (await session.execute(statement)).one_or_none()
    return (row[0], row[1], row[2], row[3]) if row is not None else None


def _candidate(attempt: Attempt, lead: Lead, cohort: LeadCohort, campaign: Campaign) -> Candidate:
    return hopper.candidate_of(campaign, policy_of(campaign), _taken(lead, cohort), attempt.id)


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
