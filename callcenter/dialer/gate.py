"""The one gate before every dial: gathers the facts of a number, asks the rules, keeps what they refused.

The hopper asks for whole batches, an agent's own dialling and callbacks for one number. Nothing else in the
house may lead to an Originate of a customer's number.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer import rules
from callcenter.dialer.models import Attempt, DoNotCall, Refusal
from callcenter.dialer.rules import LeadFacts, Policy, Refuse, Verdict
from callcenter.dialer.states import AttemptState, CampaignStatus, DialKind

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number that somebody wants to dial. `zones` empty: the policy's fallback zones count.

    `attempt_id` is the attempt that the dial would be of, when it is open already.
    """

    kind: DialKind
    number: str
    policy: Policy
    zones: tuple[str, ...] = ()
    campaign_id: int | None = None
    campaign_status: CampaignStatus | None = None
    lead_id: int | None = None
    lead_attempts: int = 0
    consent: bool = False
    agent_id: int | None = None
    attempt_id: int | None = None


async def judge(session: AsyncSession, candidates: Sequence[Candidate], now: datetime) -> list[Verdict]:
    """One verdict for each candidate, in order; every refusal is written down."""
    if not candidates:
        return []
    numbers = {c.number for c in candidates}
    blocked = await _do_not_call(session, numbers)
    own = {c.attempt_id for c in candidates if c.attempt_id is not None}
    dialled, open_now = await _dialled(session, numbers, own, now)
    verdicts = []
    for candidate in candidates:
        facts = LeadFacts(
            number=candidate.number,
            kind=candidate.kind,
            zones=candidate.zones,
            status=candidate.campaign_status,
            do_not_call=_scope(blocked[candidate.number], candidate.campaign_id),
            consent=candidate.consent,
            in_progress=candidate.number in open_now,
            lead_attempts=candidate.lead_attempts,
            number_attempts=tuple(dialled[candidate.number]),
        )
        verdict = rules.may_call(facts, candidate.policy, now)
        if isinstance(verdict, Refuse):
            note(session, candidate, verdict, now)
        verdicts.append(verdict)
    return verdicts


def note(session: AsyncSession, candidate: Candidate, refusal: Refuse, now: datetime) -> None:
    """Keep a refusal."""
    session.add(
        Refusal(
            kind=candidate.kind,
            campaign_id=candidate.campaign_id,
            lead_id=candidate.lead_id,
            agent_id=candidate.agent_id,
            number=candidate.number,
            rule=refusal.rule,
            version=refusal.version,
            values=dict(refusal.values),
            at=now,
            next_possible_at=refusal.next_possible_at,
        )
    )


def _scope(found: dict[int, str], campaign_id: int | None) -> str:
    """The scope that blocks: the company's list, or that of this campaign."""
    return found.get(0) or found.get(campaign_id or 0, "")


async def _do_not_call(session: AsyncSession, numbers: set[str]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = defaultdict(dict)
    rows = await session.execute(
        select(DoNotCall.number, DoNotCall.campaign_id, DoNotCall.scope).where(DoNotCall.number.in_(numbers))
    )
    for number, campaign_id, scope in rows:
        found[number][campaign_id] = scope
    return found


async def _dialled(
    session: AsyncSession, numbers: set[str], own: set[int], now: datetime
) -> tuple[dict[str, list[datetime]], set[str]]:
    """When these numbers were dialled in the last day, and which of them have another open attempt."""
    rows = await session.execute(
        select(Attempt.number, Attempt.placed_at, Attempt.state).where(
            Attempt.number.in_(numbers),
            Attempt.id.not_in(own),
            or_(Attempt.placed_at > now - DAY, Attempt.state != AttemptState.ENDED),
        )
    )
    dialled: dict[str, list[datetime]] = defaultdict(list)
    open_now: set[str] = set()
    for number, placed_at, state in rows:
        if placed_at is not None:
            dialled[number].append(placed_at)
        if state != AttemptState.ENDED:
            open_now.add(number)
    return dialled, open_now
