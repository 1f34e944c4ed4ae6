"""The one gate before every dial: gathers the facts of a number, asks the rules, keeps what they refused.

The hopper asks for whole batches, an agent's own dialling and callbacks for one number. Nothing else in the
house may lead to an Originate of a customer's number.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer import evidence, rules
from callcenter.dialer.evidence import Asked, Evidence, Past
from callcenter.dialer.models import Refusal
from callcenter.dialer.rules import (
    Basis,
    Block,
    Consent,
    Facts,
    Method,
    Policy,
    Refuse,
    Terms,
    Verdict,
    Where,
)
from callcenter.dialer.rules.law import FURTHEST_DAYS
from callcenter.dialer.rules.places import place_of, subdivision_of
from callcenter.dialer.states import CampaignStatus, DialKind

LOOKBACK = timedelta(days=FURTHEST_DAYS)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number that somebody wants to dial. `zones` empty: the policy's fallback zones count.

    `where` None: as the number itself tells. `attempt_id` is the attempt that the dial would be of, when it
    is open already. `consent`: the list says that the customer has agreed.
    """

    kind: DialKind
    number: str
    policy: Policy
    zones: tuple[str, ...] = ()
    where: Where | None = None
    campaign_id: int | None = None
    campaign_status: CampaignStatus | None = None
    lead_id: int | None = None
    contact_id: int | None = None
    lead_attempts: int = 0
    consent: bool = False
    consent_at: datetime | None = None
    agent_id: int | None = None
    attempt_id: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate with everything the rules ask for."""

    facts: Facts
    terms: Terms


async def judge(session: AsyncSession, candidates: Sequence[Candidate], now: datetime) -> list[Verdict]:
    """One verdict for each candidate, in order; every refusal is written down."""
    cases = await look_into(session, candidates, now)
    verdicts = [rules.may_call(case.facts, case.terms, now) for case in cases]
    refused = [(c, v) for c, v in zip(candidates, verdicts, strict=True) if isinstance(v, Refuse)]
    await _keep(session, refused, now)
    return verdicts


async def look_into(session: AsyncSession, candidates: Sequence[Candidate], now: datetime) -> list[Case]:
    """The facts and terms of each candidate, in order; nothing is written."""
    if not candidates:
        return []
    places = [candidate.where or _where(candidate.number) for candidate in candidates]
    asked = [_asked(c, where) for c, where in zip(candidates, places, strict=True)]
    found = await evidence.gather(session, asked, LOOKBACK, now)
    terms = [_terms(c, where, found.company, now) for c, where in zip(candidates, places, strict=True)]
    by_number: dict[str, list[Past]] = defaultdict(list)
    by_lead: dict[int, list[Past]] = defaultdict(list)
    for past in found.past:
        by_number[past.number].append(past)
        if past.lead_id is not None:
            by_lead[past.lead_id].append(past)
    cases = []
    for candidate, one, own in zip(candidates, asked, terms, strict=True):
        mine = {p.id: p for p in (*by_number[one.number], *by_lead[one.lead_id or 0])}
        cases.append(Case(_facts(candidate, one, found, list(mine.values())), own))
    return cases


def _where(number: str) -> Where:
    place = place_of(number)
    return Where(place.region, tuple(filter(None, (place.subdivision,))), place.number_type)


def _terms(candidate: Candidate, where: Where, company: tuple[rules.Limit, ...], now: datetime) -> Terms:
    """A person's own dial is a human one, whatever the campaign's mode."""
    policy = candidate.policy
    if candidate.kind is not DialKind.CAMPAIGN and policy.method is not Method.HUMAN:
        policy = replace(policy, method=Method.HUMAN, live_agent=True, ring_seconds=0)
    if company:
        policy = replace(policy, company=company)
    given_out = subdivision_of(candidate.number)
    if given_out and given_out not in where.subdivisions:
        # a number of one state, an owner in another: the laws of both
        where = replace(where, subdivisions=(*where.subdivisions, given_out))
    return rules.terms(policy, where, now)


def _asked(candidate: Candidate, where: Where) -> Asked:
    places = tuple(filter(None, (where.region, *where.subdivisions)))
    return Asked(candidate.number, candidate.contact_id, candidate.lead_id, places)


def _facts(candidate: Candidate, asked: Asked, found: Evidence, past: Sequence[Past]) -> Facts:
    return Facts(
        number=candidate.number,
        kind=candidate.kind,
        zones=candidate.zones,
        status=candidate.campaign_status,
        blocks=_blocks(candidate, asked, found),
        listings=tuple(found.listings.get(candidate.number, ())),
        consents=(*found.consents_of(asked), *_by_list(candidate)),
        in_progress=any(
            p.open and p.id != candidate.attempt_id and p.number == candidate.number for p in past
        ),
        lead_attempts=candidate.lead_attempts,
        tries=evidence.tries(past, asked, candidate.attempt_id),
        registries=found.registries,
    )


def _by_list(candidate: Candidate) -> tuple[Consent, ...]:
    """What the list says the customer agreed to: word of mouth, with no proof that we know of."""
    if not candidate.consent:
        return ()
    given_at = candidate.consent_at or datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return (Consent(candidate.policy.purpose, Basis.ORAL, given_at),)


def _blocks(candidate: Candidate, asked: Asked, found: Evidence) -> tuple[Block, ...]:
    """The company's list first, then the campaign's own, those of others, and areas."""
    others = set(candidate.policy.other_lists)
    blocks: list[Block] = []
    for entry in found.entries.get(candidate.number, ()):
        if entry.campaign_id == 0:
            blocks.insert(0, Block("company"))
        elif entry.campaign_id == candidate.campaign_id:
            blocks.append(Block("campaign", entry.campaign))
        elif entry.campaign_id in others:
            blocks.append(Block("other-campaign", entry.campaign))
    blocks += [
        Block("area", area.key)
        for area in found.areas_of(asked)
        if area.campaign_id in (0, candidate.campaign_id)
    ]
    return tuple(blocks)


def note(session: AsyncSession, candidate: Candidate, refusal: Refuse, now: datetime) -> None:
    """Keep a refusal that somebody else has found."""
    session.add(Refusal(**_values(candidate, refusal, now)))


async def _keep(session: AsyncSession, refused: Sequence[tuple[Candidate, Refuse]], now: datetime) -> None:
    """One row for each new reason; a lead that is refused again for the same one only counts on."""
    known = await _newest(session, [c.lead_id for c, _ in refused if c.lead_id is not None])
    again, new = [], []
    for candidate, refusal in refused:
        last = known.get(candidate.lead_id or 0)
        if last is not None and _same(last, refusal):
            until = refusal.next_possible_at
            again.append({"id": last.id, "times": last.times + 1, "last_at": now, "next_possible_at": until})
        else:
            new.append(_values(candidate, refusal, now))
    if new:  # in one statement; none of them is read again here
        await session.execute(insert(Refusal), new)
    if again:
        await session.execute(update(Refusal), again)


async def _newest(session: AsyncSession, leads: Sequence[int]) -> dict[int, Refusal]:
    """The last refusal of each lead."""
    if not leads:
        return {}
    newest = select(func.max(Refusal.id)).where(Refusal.lead_id.in_(leads)).group_by(Refusal.lead_id)
    rows = await session.scalars(select(Refusal).where(Refusal.id.in_(newest)))
    return {row.lead_id: row for row in rows if row.lead_id is not None}


def _same(last: Refusal, refusal: Refuse) -> bool:
    return (last.rule, last.version, last.values) == (
        refusal.rule,
        refusal.version,
        dict(refusal.values),
    )


def _values(candidate: Candidate, refusal: Refuse, now: datetime) -> dict[str, Any]:
    return {
        "kind": candidate.kind,
        "campaign_id": candidate.campaign_id,
        "lead_id": candidate.lead_id,
        "agent_id": candidate.agent_id,
        "number": candidate.number,
        "rule": refusal.rule,
        "version": refusal.version,
        "values": dict(refusal.values),
        "at": now,
        "times": 1,
        "last_at": now,
        "next_possible_at": refusal.next_possible_at,
    }
