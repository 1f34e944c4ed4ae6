"""Leads out, attempts in: claim, place, move forward, close. Every step is one transaction of the caller.

What keeps a customer from being called twice: a lead is claimed and its attempt written in one transaction;
`place` commits before the Originate and succeeds once only; a number can have one open attempt at a time (a
partial unique index); an attempt that has ended never moves again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer import callbacks, gate, outcomes
from callcenter.dialer.consents.models import ConsentRow
from callcenter.dialer.detection import Heard
from callcenter.dialer.gate import Candidate
from callcenter.dialer.ledger import Facts, facts_of
from callcenter.dialer.lists import orders, promoting, recycling, supply
from callcenter.dialer.lists.cohorts import where_of
from callcenter.dialer.lists.models import CampaignOrder, Lead
from callcenter.dialer.lists.orders import LeadOrder, Placing
from callcenter.dialer.lists.supply import Taken
from callcenter.dialer.models import Attempt, Callback, Campaign, DoNotCall
from callcenter.dialer.outcomes import RetryRules
from callcenter.dialer.policy import policy_of
from callcenter.dialer.rules import Allow, Policy, Refuse, Rule
from callcenter.dialer.states import (
    EARLIER,
    AttemptState,
    CallbackStatus,
    CampaignStatus,
    DialKind,
    LeadStatus,
    NextAgent,
    Outcome,
)

ROUNDS = 5  # batches looked at in one claim when the gate refuses many
PROMOTED = 100  # leads whose time has come, made ready by a claim itself if the promoter has not yet
NOTHING_KNOWN = Facts()
UNKNOWN_WAIT = timedelta(days=1)  # when no rule can say when its answer may change
OPEN = tuple(state for state in AttemptState if state is not AttemptState.ENDED)


class Fenced(Exception):
    """A younger holder of the floor has written attempts: this process must not dial any more."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Who writes: the lease's number, and a name of this run of the process."""

    token: int
    engine_id: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A lead that is ours, with its attempt written and not yet placed."""

    attempt_id: int
    campaign_id: int
    lead_id: int
    number: str
    facts: Facts = NOTHING_KNOWN


@dataclass(frozen=True, slots=True)
class Open:
    """An attempt that has not ended, as the row has it."""

    attempt_id: int
    kind: DialKind
    campaign_id: int | None
    lead_id: int | None
    agent_id: int | None
    number: str
    state: AttemptState
    call_id: str
    engine_id: str
    claimed_at: datetime
    placed_at: datetime | None
    answered_at: datetime | None
    connected_at: datetime | None
    machine: bool
    trunk: str
    caller_id: str


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of an attempt. `never_sent`: no call can have come of it, so it does not count."""

    outcome: Outcome
    never_sent: bool = False
    agent_id: int | None = None
    call_id: str = ""
    cause: int = 0
    sip_code: int | None = None
    answered_at: datetime | None = None
    connected_at: datetime | None = None
    message_left: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """What `close` changed."""

    attempt_id: int
    campaign_id: int | None
    lead_id: int | None
    agent_id: int | None
    call_id: str
    outcome: Outcome


def leg_of(kind: DialKind, attempt_id: int, agent_id: int | None) -> str:
    """The leg id we choose for an attempt's customer."""
    if kind is DialKind.CAMPAIGN:
        return f"attempt-{attempt_id}"
    return f"manual-{agent_id}-{attempt_id}"


async def claim(
    session: AsyncSession, campaign_id: int, limit: int, now: datetime, fence: Fence
) -> tuple[Claimed, ...]:
    """Up to `limit` leads that may be called now, each with its attempt; refused ones wait their time."""
    campaign = await session.get(Campaign, campaign_id, populate_existing=True)
    if campaign is None or campaign.status != CampaignStatus.RUNNING:
        return ()
    if (await session.scalar(select(func.max(Attempt.token))) or 0) > fence.token:
        raise Fenced
    policy = policy_of(campaign)
    order = await supply.order_of(session, campaign_id)
    await promoting.promote(session, now, PROMOTED, campaign_id)
    found: list[Claimed] = []
    for _ in range(ROUNDS):
        leads = await supply.take(session, order, policy, limit - len(found), now)
        found.extend(await _admit(session, campaign, order, leads, now, fence))
        if not leads or len(found) >= limit:
            break
    await session.flush()
    if campaign.next_agent == NextAgent.LAST_AGENT:
        return await _with_last_agents(session, found)
    return tuple(found)


async def _with_last_agents(session: AsyncSession, found: Sequence[Claimed]) -> tuple[Claimed, ...]:
    """Who spoke to these numbers last."""
    rows = await session.execute(
        select(Attempt.number, Attempt.agent_id)
        .where(
            Attempt.number.in_([one.number for one in found]),
            Attempt.connected_at.is_not(None),
            Attempt.agent_id.is_not(None),
        )
        .order_by(Attempt.connected_at)
    )
    last = {number: agent_id for number, agent_id in rows}  # noqa: C416 - a row is no pair to `dict`
    return tuple(replace(one, facts=replace(one.facts, last_agent_id=last.get(one.number))) for one in found)


def candidate_of(campaign: Campaign, policy: Policy, lead: Taken, attempt_id: int | None = None) -> Candidate:
    """A lead as the gate judges it; with the attempt that is open for it, if there is one."""
    return Candidate(
        kind=DialKind.CAMPAIGN,
        number=lead.number,
        policy=policy,
        zones=lead.cohort.zones,
        where=where_of(lead.cohort),
        campaign_id=campaign.id,
        campaign_status=CampaignStatus(campaign.status),
        lead_id=lead.id,
        lead_attempts=lead.attempts,
        consent=lead.consent,
        contact_id=lead.contact_id,
        attempt_id=attempt_id,
    )


async def _admit(
    session: AsyncSession,
    campaign: Campaign,
    order: CampaignOrder,
    leads: Sequence[Taken],
    now: datetime,
    fence: Fence,
) -> list[Claimed]:
    """The attempts of those the gate allows; refused leads go back, or out."""
    if not leads:
        return []
    policy = policy_of(campaign)
    candidates = [candidate_of(campaign, policy, lead) for lead in leads]
    verdicts = await gate.judge(session, candidates, now)
    allowed = [lead for lead, verdict in zip(leads, verdicts, strict=True) if isinstance(verdict, Allow)]
    attempts = await _open_all(session, campaign.id, allowed, now, fence)
    for lead, candidate, verdict in zip(leads, candidates, verdicts, strict=True):
        if isinstance(verdict, Refuse):
            await give_back(session, order, lead, verdict, now)
        elif lead.id not in attempts:
            refusal = Refuse(Rule.IN_PROGRESS, next_possible_at=now + timedelta(minutes=1))
            gate.note(session, candidate, refusal, now)
            await give_back(session, order, lead, refusal, now)
    return [
        Claimed(
            attempt_id=attempts[lead.id],
            campaign_id=campaign.id,
            lead_id=lead.id,
            number=lead.number,
            facts=facts_of(lead.list_id, lead.cohort, lead.attempts + 1),
        )
        for lead in leads
        if lead.id in attempts
    ]


async def _open_all(
    session: AsyncSession, campaign_id: int, leads: Sequence[Taken], now: datetime, fence: Fence
) -> dict[int, int]:
    """Lead to its new attempt; those are missing on whose number another opened at the same moment."""
    if not leads:
        return {}
    values = [
        {
            "kind": DialKind.CAMPAIGN,
            "campaign_id": campaign_id,
            "lead_id": lead.id,
            "cohort_id": lead.cohort_id,
            "ordinal": lead.attempts + 1,
            "number": lead.number,
            "state": AttemptState.CLAIMED,
            "call_id": "",
            "claimed_at": now,
            "disposition": "",
            "trunk": "",
            "caller_id": "",
            "cause": 0,
            "token": fence.token,
            "engine_id": fence.engine_id,
        }
        # by number: two claims that wait for each other's rows wait in the same order
        for lead in sorted(leads, key=lambda lead: lead.number)
    ]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = await session.execute(
        insert(Attempt).on_conflict_do_nothing().returning(Attempt.lead_id, Attempt.id), values
    )
    return {lead_id: attempt_id for lead_id, attempt_id in rows if lead_id is not None}


async def give_back(
    session: AsyncSession, order: CampaignOrder, lead: Taken, refusal: Refuse, now: datetime
) -> None:
    """A refused lead waits until the answer may change, or is out."""
    at = refusal.next_possible_at or now + UNKNOWN_WAIT
    await session.execute(
        update(Lead)
        .where(Lead.id == lead.id)
        .values(
            status=_status_after(refusal, lead, at, now),
            next_try_at=at,
            order_key=orders.key_of(
                LeadOrder(order.order),
                order.seed,
                Placing(lead.id, lead.rank, lead.attempts, at, lead.last_tried_at),
            ),
        )
        .execution_options(synchronize_session=False)
    )


def _status_after(refusal: Refuse, lead: Taken, at: datetime, now: datetime) -> LeadStatus:
    if not refusal.final:
        return LeadStatus.LATER if at > now else lead.status
    return LeadStatus.EXHAUSTED if refusal.rule is Rule.LEAD_ATTEMPTS else LeadStatus.BLOCKED


async def open_attempt(
    session: AsyncSession,
    candidate: Candidate,
    now: datetime,
    fence: Fence,
    *,
    contact_id: int | None = None,
) -> int | None:
    """A new attempt, or None when another on this number opened at the same moment."""
    attempt = Attempt(
        kind=candidate.kind,
        campaign_id=candidate.campaign_id,
        lead_id=candidate.lead_id,
        agent_id=candidate.agent_id,
        contact_id=contact_id,
        number=candidate.number,
        state=AttemptState.CLAIMED,
        claimed_at=now,
        token=fence.token,
        engine_id=fence.engine_id,
    )
    try:
        async with session.begin_nested():
            session.add(attempt)
            await session.flush()
    except IntegrityError:
        return None
    return attempt.id


async def place(
    session: AsyncSession,
    attempt_id: int,
    agent_id: int | None,
    now: datetime,
    *,
    trunk: str = "",
    caller_id: str = "",
) -> bool:
    """Commit this before the Originate.

    False: not ours to dial; it ended, the campaign stopped, or the customer took their word back since the
    gate was asked.
    """
    running = exists().where(Campaign.id == Attempt.campaign_id, Campaign.status == CampaignStatus.RUNNING)
    forbidden = exists().where(
        DoNotCall.number == Attempt.number,
        or_(DoNotCall.campaign_id == 0, DoNotCall.campaign_id == Attempt.campaign_id),
    )
    revoked = exists().where(
        ConsentRow.number == Attempt.number,
        ConsentRow.number != "",
        ConsentRow.revoked_at >= Attempt.claimed_at,
    )
    row = (
        await session.execute(
            update(Attempt)
            .where(
                Attempt.id == attempt_id,
                Attempt.state == AttemptState.CLAIMED,
                or_(Attempt.kind != DialKind.CAMPAIGN, and_(running, ~forbidden, ~revoked)),
            )
            .values(
                state=AttemptState.PLACED,
                placed_at=now,
                agent_id=agent_id,
                trunk=trunk,
                caller_id=caller_id,
            )
            .returning(Attempt.lead_id)
            .execution_options(synchronize_session=False)
        )
    ).one_or_none()
    if row is None:
        return False
    if row.lead_id is not None:
        await session.execute(
            update(Lead)
            .where(Lead.id == row.lead_id)
            .values(attempts=Lead.attempts + 1, last_tried_at=now)
            .execution_options(synchronize_session=False)
        )
    return True


async def advance(
    session: AsyncSession,
    attempt_id: int,
    state: AttemptState,
    call_id: str,
    agent_id: int | None,
    at: datetime,
) -> None:
    """Answered or connected. Only ever forward, so late or repeated writes change nothing."""
    stamp = {"answered_at": at} if state is AttemptState.ANSWERED else {"connected_at": at}
    await session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.state.in_(EARLIER[state]))
        .values(state=state, call_id=call_id, agent_id=agent_id, **stamp)
        .execution_options(synchronize_session=False)
    )


async def skip(
    session: AsyncSession, attempt_id: int, agent_id: int, reason: str, until: datetime, now: datetime
) -> None:
    """An agent has looked at the lead and not called it: it comes again later."""
    attempt = await session.get(Attempt, attempt_id, populate_existing=True, with_for_update=True)
    if attempt is None or attempt.state != AttemptState.CLAIMED:
        return
    attempt.state, attempt.outcome, attempt.ended_at = AttemptState.ENDED, Outcome.CANCELLED, now
    attempt.agent_id, attempt.skip_reason = agent_id, reason
    lead = await session.get(Lead, attempt.lead_id, populate_existing=True, with_for_update=True)
    if lead is not None and lead.status == LeadStatus.CLAIMED:
        lead.status, lead.next_try_at = LeadStatus.LATER, until
        await supply.set_key(session, lead)
    await session.flush()


async def note_answer(
    session: AsyncSession, attempt_id: int, call_id: str, heard: Heard | None, *, machine: bool, at: datetime
) -> None:
    """Keep what was heard of an answer, by the detector or (None) by an agent."""
    values: dict[str, object] = {"machine": machine}
    if heard is not None:
        values |= {
            "heard": heard.status,
            "heard_cause": heard.cause,
            "heard_ms": heard.ms,
            "heard_confidence": heard.confidence,
        }
    if machine:
        await advance(session, attempt_id, AttemptState.ANSWERED, call_id, None, at)
    await session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def close(
    session: AsyncSession, attempt_id: int, closing: Closing, retry: RetryRules, now: datetime
) -> Closed | None:
    """End an attempt once and say what becomes of its lead. None: it had ended already."""
    attempt = await session.scalar(
        select(Attempt)
        .where(Attempt.id == attempt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if attempt is None or attempt.state == AttemptState.ENDED:
        return None
    was_placed = attempt.state != AttemptState.CLAIMED
    attempt.state = AttemptState.ENDED
    attempt.ended_at = now
    attempt.outcome = closing.outcome
    attempt.cause = closing.cause
    attempt.sip_code = closing.sip_code
    attempt.call_id = closing.call_id or attempt.call_id
    attempt.agent_id = closing.agent_id or attempt.agent_id
    attempt.answered_at = attempt.answered_at or closing.answered_at
    attempt.connected_at = attempt.connected_at or closing.connected_at
    attempt.message_left = closing.message_left
    if closing.never_sent:
        attempt.placed_at = None
    await session.flush()
    if attempt.kind != DialKind.CAMPAIGN and not closing.never_sent:
        await callbacks.attempt_ended(session, attempt, now)
    if attempt.lead_id is not None and attempt.kind == DialKind.CAMPAIGN:
        await _release_lead(session, attempt, closing, retry, now, counted=was_placed)
    return Closed(
        attempt_id=attempt.id,
        campaign_id=attempt.campaign_id,
        lead_id=attempt.lead_id,
        agent_id=attempt.agent_id,
        call_id=attempt.call_id,
        outcome=closing.outcome,
    )


async def _release_lead(
    session: AsyncSession,
    attempt: Attempt,
    closing: Closing,
    retry: RetryRules,
    now: datetime,
    *,
    counted: bool,
) -> None:
    """The lead's next state. One that a disposition has already moved stays where it is."""
    lead = await session.get(Lead, attempt.lead_id, populate_existing=True, with_for_update=True)
    if lead is None:
        return
    if closing.never_sent:
        lead.attempts = max(0, lead.attempts - 1) if counted else lead.attempts
    else:
        lead.last_outcome = closing.outcome
        await recycling.note_attempt(session, lead, attempt.number, closing.outcome, now)
    if lead.status == LeadStatus.CLAIMED and closing.never_sent:
        lead.status = LeadStatus.WAITING if lead.attempts else LeadStatus.NEW
        await supply.set_key(session, lead)
    elif lead.status == LeadStatus.CLAIMED:
        same = Attempt.outcome == closing.outcome
        await recycling.follow(
            session, lead, attempt, same, lambda past: outcomes.after(closing.outcome, past, retry, now)
        )
    if closing.outcome is Outcome.ANSWERED:
        await session.execute(
            update(Callback)
            .where(
                Callback.lead_id == lead.id,
                Callback.agent_id.is_(None),
                Callback.status == CallbackStatus.PENDING,
                Callback.created_at <= attempt.claimed_at,
            )
            .values(status=CallbackStatus.DONE, closed_at=now)
            .execution_options(synchronize_session=False)
        )
    await session.flush()


async def open_attempts(session: AsyncSession) -> list[Open]:
    """Every attempt that has not ended."""
    rows = await session.scalars(select(Attempt).where(Attempt.state.in_(OPEN)).order_by(Attempt.id))
    return [
        Open(
            attempt_id=row.id,
            kind=DialKind(row.kind),
            campaign_id=row.campaign_id,
            lead_id=row.lead_id,
            agent_id=row.agent_id,
            number=row.number,
            state=AttemptState(row.state),
            call_id=row.call_id or leg_of(DialKind(row.kind), row.id, row.agent_id),
            engine_id=row.engine_id,
            claimed_at=row.claimed_at,
            placed_at=row.placed_at,
            answered_at=row.answered_at,
            connected_at=row.connected_at,
            machine=row.machine,
            trunk=row.trunk,
            caller_id=row.caller_id,
        )
        for row in rows
    ]
