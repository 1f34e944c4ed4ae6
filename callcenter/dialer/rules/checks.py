"""The rules themselves, each a question to facts and terms at a moment. Pure.

A refusal carries the first moment at which this rule, asked alone, would say otherwise (None: not by
waiting). `until` is the same for a rule that says yes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.dialer.rules.cover import Cover, Need, cover, covered, need
from callcenter.dialer.rules.facts import Facts, Limit, Listing, Try
from callcenter.dialer.rules.hours import timetable
from callcenter.dialer.rules.law import RegistryDemand
from callcenter.dialer.rules.terms import By, Terms, possible_zones
from callcenter.dialer.rules.words import Basis, Counted, Method, RegistryKind, Rule
from callcenter.dialer.states import CampaignStatus, DialKind

DAY = timedelta(days=1)
ASK_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not dial. `final`: this lead is never dialled again unless a person changes something."""

    rule: Rule
    values: Mapping[str, str | int] = field(default_factory=dict)
    next_possible_at: datetime | None = None
    final: bool = False
    version: int = 1


Judge = Callable[[Facts, Terms, datetime], Refuse | None]
Until = Callable[[Facts, Terms, datetime], datetime | None]


def _never(_facts: Facts, _terms: Terms, _now: datetime) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, its question, and when its yes may end."""

    rule: Rule
    judge: Judge
    until: Until = _never


def _refuse(
    rule: Rule,
    by: By,
    next_possible_at: datetime | None = None,
    *,
    final: bool = False,
    **values: str | int,
) -> Refuse:
    if by.what:
        values["clause"] = by.what
    return Refuse(rule, {"by": by.who, **values}, next_possible_at, final, by.version)


def _campaign_status(facts: Facts, terms: Terms, _now: datetime) -> Refuse | None:
    if facts.kind is not DialKind.CAMPAIGN or facts.status is CampaignStatus.RUNNING:
        return None
    return _refuse(Rule.CAMPAIGN_STATUS, terms.own, status=facts.status or "")


def _method(_facts: Facts, terms: Terms, _now: datetime) -> Refuse | None:
    if not terms.forbidden:
        return None
    policy = terms.policy
    return _refuse(Rule.METHOD, terms.forbidden[0], method=policy.method, purpose=policy.purpose)


def _do_not_call(facts: Facts, terms: Terms, _now: datetime) -> Refuse | None:
    if not facts.blocks:
        return None
    block = facts.blocks[0]
    return _refuse(Rule.DO_NOT_CALL, terms.own, final=True, scope=block.scope, name=block.name)


def _of_kind(facts: Facts, kind: RegistryKind) -> Listing | None:
    return next((listing for listing in facts.listings if listing.kind is kind), None)


def _litigator(facts: Facts, terms: Terms, _now: datetime) -> Refuse | None:
    listing = _of_kind(facts, RegistryKind.LITIGATOR)
    if listing is None:
        return None
    return _refuse(Rule.LITIGATOR, terms.own, final=True, registry=listing.code)


def _invalid(facts: Facts, terms: Terms, _now: datetime) -> Refuse | None:
    listing = _of_kind(facts, RegistryKind.INVALID)
    if listing is None:
        return None
    return _refuse(Rule.INVALID_NUMBER, terms.own, final=True, registry=listing.code)


def _reassigned(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    """Given up by its owner: only what was agreed later was agreed by the present one."""
    listing = _of_kind(facts, RegistryKind.REASSIGNED)
    if listing is None:
        return None
    found = _agreed_after(listing, facts, now)
    if found.now:
        return None
    return _refuse(
        Rule.REASSIGNED,
        terms.own,
        found.changes_at,
        final=found.changes_at is None,
        registry=listing.code,
        since=listing.since.isoformat() if listing.since else "",
    )


def _reassigned_until(facts: Facts, _terms: Terms, now: datetime) -> datetime | None:
    listing = _of_kind(facts, RegistryKind.REASSIGNED)
    return _agreed_after(listing, facts, now).changes_at if listing else None


def _agreed_after(listing: Listing, facts: Facts, now: datetime) -> Cover:
    """Is there a consent for anything at all that is younger than the number's present owner?"""
    since = listing.since
    return covered(
        [
            (consent.given_at, consent.revoked_at)
            for consent in facts.consents
            if since is not None and consent.given_at.date() > since
        ],
        now,
    )


def _lasts(end: datetime | None, now: datetime) -> bool:
    return end is None or end > now


def _exempt(facts: Facts, terms: Terms, demand: RegistryDemand, now: datetime) -> Cover:
    """May a listed number be called all the same?"""
    if demand.unless is None:
        return Cover(now=False, changes_at=None)
    wanted = need(terms.policy.purpose, Method.HUMAN, demand.unless, demand.lasts_days)
    return cover(facts.consents, wanted, now)


def _demands_of(listing: Listing, terms: Terms) -> list[tuple[By, RegistryDemand | None]] | None:
    """Who lets this listing count; None: nobody. A list that no law names counts by itself."""
    if listing.code in terms.named:
        return [(by, demand) for by, demand in terms.registries if demand.code == listing.code] or None
    if listing.purposes and terms.policy.purpose not in listing.purposes:
        return None
    return [(terms.own, None)]


def _registry(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    latest: Refuse | None = None
    for listing in facts.listings:
        if listing.kind is not RegistryKind.DO_NOT_CALL:
            continue
        for by, demand in _demands_of(listing, terms) or ():
            exempt = _exempt(facts, terms, demand, now) if demand else Cover(now=False, changes_at=None)
            if not exempt.now:
                refusal = _refuse(
                    Rule.REGISTRY,
                    by,
                    exempt.changes_at,
                    final=exempt.changes_at is None,
                    registry=listing.code,
                )
                latest = _later(latest, refusal)
    return latest


def _registry_until(facts: Facts, terms: Terms, now: datetime) -> datetime | None:
    listed = {listing.code for listing in facts.listings if listing.kind is RegistryKind.DO_NOT_CALL}
    return _earliest(
        _exempt(facts, terms, demand, now).changes_at
        for _, demand in terms.registries
        if demand.code in listed
    )


def _needs(terms: Terms) -> list[tuple[By, Need]]:
    policy = terms.policy
    return [
        (by, need(policy.purpose, policy.method, demand.basis, demand.lasts_days, proof=demand.proof))
        for by, demand in terms.consents
    ]


def _consent(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    latest: Refuse | None = None
    for by, wanted in _needs(terms):
        found = cover(facts.consents, wanted, now)
        if not found.now:
            refusal = _refuse(
                Rule.CONSENT,
                by,
                found.changes_at,
                final=found.changes_at is None,
                purpose=wanted.purpose,
                basis=wanted.basis,
                had=_had(facts, terms, now),
            )
            latest = _later(latest, refusal)
    return latest


def _had(facts: Facts, terms: Terms, now: datetime) -> str:
    """The strongest basis there is for this purpose, whatever is wrong with it: none, revoked, a basis."""
    mine = [c for c in facts.consents if c.purpose is terms.policy.purpose]
    if not mine:
        return "none"
    alive = [c.basis for c in mine if _lasts(c.revoked_at, now) and _lasts(c.expires_at, now)]
    if alive:
        return max(alive, key=list(Basis).index)
    return "expired" if any(_lasts(c.revoked_at, now) for c in mine) else "revoked"


def _consent_until(facts: Facts, terms: Terms, now: datetime) -> datetime | None:
    return _earliest(cover(facts.consents, wanted, now).changes_at for _, wanted in _needs(terms))


def _registry_age(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    """Who has agreed to be called need not be looked up."""
    latest: Refuse | None = None
    for by, demand in terms.registries:
        current = facts.registries.get(demand.code)
        if current is not None and now < current + demand.max_age_days * DAY:
            continue
        exempt = _exempt(facts, terms, demand, now)
        if exempt.now:
            continue
        refusal = _refuse(
            Rule.REGISTRY_AGE,
            by,
            exempt.changes_at,
            registry=demand.code,
            days=-1 if current is None else (now - current).days,
            limit=demand.max_age_days,
        )
        latest = _later(latest, refusal)
    return latest


def _registry_age_until(facts: Facts, terms: Terms, now: datetime) -> datetime | None:
    ends: list[datetime | None] = []
    for _, demand in terms.registries:
        current = facts.registries.get(demand.code)
        exempt = _exempt(facts, terms, demand, now)
        old = None if current is None else current + demand.max_age_days * DAY
        fresh = old is not None and now < old
        if fresh and exempt.now:
            ends.append(None if exempt.changes_at is None else max(exempt.changes_at, old or now))
        else:
            ends.append(old if fresh else exempt.changes_at)
    return _earliest(ends)


def _ring_time(_facts: Facts, terms: Terms, _now: datetime) -> Refuse | None:
    """An agent who dials by hand hangs up when they like; a ring of zero is nobody's setting."""
    rings = terms.policy.ring_seconds
    for by, least in terms.rings:
        if rings and rings < least:
            return _refuse(Rule.RING_TIME, by, seconds=rings, limit=least)
    return None


def _lead_attempts(facts: Facts, terms: Terms, _now: datetime) -> Refuse | None:
    limit = terms.policy.max_lead_attempts
    if not limit or facts.kind is not DialKind.CAMPAIGN or facts.lead_attempts < limit:
        return None
    return _refuse(Rule.LEAD_ATTEMPTS, terms.own, final=True, attempts=facts.lead_attempts, limit=limit)


def _in_progress(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    return _refuse(Rule.IN_PROGRESS, terms.own, now + ASK_AGAIN) if facts.in_progress else None


def _lock_out(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    latest: Refuse | None = None
    for by, rule in terms.lock_outs:
        for earlier in facts.tries:
            for happened, hours, after in (
                (earlier.abandoned, rule.abandoned_hours, "abandoned"),
                (earlier.machine, rule.machine_hours, "machine"),
            ):
                over = earlier.at + timedelta(hours=hours)
                if happened and earlier.same_number and over > now:
                    refusal = _refuse(Rule.LOCK_OUT, by, over, after=after, hours=hours)
                    latest = _later(latest, refusal)
    return latest


def _rest(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    latest: Refuse | None = None
    for by, days in terms.rests:
        for earlier in facts.tries:
            over = earlier.at + days * DAY
            if earlier.declined and over > now:
                latest = _later(latest, _refuse(Rule.REST, by, over, days=days))
    return latest


def _number_attempts(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    return _limited(facts, terms, now, Rule.NUMBER_ATTEMPTS)


def _frequency(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    return _limited(facts, terms, now, Rule.FREQUENCY)


def _limited(facts: Facts, terms: Terms, now: datetime, rule: Rule) -> Refuse | None:
    latest: Refuse | None = None
    for by, limit in terms.limits:
        if (limit.counted is Counted.NUMBER) is not (rule is Rule.NUMBER_ATTEMPTS):
            continue
        span = timedelta(hours=limit.hours)
        recent = sorted(t.at for t in facts.tries if t.at > now - span and _counts(t, limit, terms))
        if len(recent) < limit.most:
            continue
        opens = recent[-limit.most] + span if limit.most else None
        refusal = _refuse(
            rule,
            by,
            opens,
            final=not limit.most,
            attempts=len(recent),
            limit=limit.most,
            hours=limit.hours,
            counted=limit.counted,
        )
        latest = _later(latest, refusal)
    return latest


def _counts(earlier: Try, limit: Limit, terms: Terms) -> bool:
    policy = terms.policy
    match limit.counted:
        case Counted.NUMBER:
            return earlier.same_number
        case Counted.LEAD:
            return earlier.same_lead
        case Counted.CAMPAIGN:
            return earlier.same_number and earlier.campaign_id == policy.campaign_id
        case Counted.MATTER:
            if policy.matter:
                return earlier.same_number and earlier.matter == policy.matter
            return earlier.same_number and earlier.campaign_id == policy.campaign_id


def _hours(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    zones = possible_zones(facts.zones, terms.policy)
    state = timetable(terms.demands, zones)
    if state.is_open(now):
        return None
    by = next((by for by, demand in terms.hours if not timetable((demand,), zones).is_open(now)), terms.own)
    return _refuse(Rule.HOURS, by, state.state(now).changes_at, zones=", ".join(zones))


def _hours_until(facts: Facts, terms: Terms, now: datetime) -> datetime | None:
    return timetable(terms.demands, possible_zones(facts.zones, terms.policy)).state(now).changes_at


def _later(one: Refuse | None, other: Refuse) -> Refuse:
    """Of two refusals of one rule the one that lasts longer: the rule allows when both do."""
    if one is None:
        return other
    if one.next_possible_at is None:
        return one
    if other.next_possible_at is None or other.next_possible_at > one.next_possible_at:
        return other
    return one


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


CHECKS: tuple[Check, ...] = (
    Check(Rule.CAMPAIGN_STATUS, _campaign_status),
    Check(Rule.METHOD, _method),
    Check(Rule.DO_NOT_CALL, _do_not_call),
    Check(Rule.LITIGATOR, _litigator),
    Check(Rule.INVALID_NUMBER, _invalid),
    Check(Rule.REASSIGNED, _reassigned, _reassigned_until),
    Check(Rule.REGISTRY, _registry, _registry_until),
    Check(Rule.CONSENT, _consent, _consent_until),
    Check(Rule.REGISTRY_AGE, _registry_age, _registry_age_until),
    Check(Rule.RING_TIME, _ring_time),
    Check(Rule.LEAD_ATTEMPTS, _lead_attempts),
    Check(Rule.IN_PROGRESS, _in_progress),
    Check(Rule.LOCK_OUT, _lock_out),
    Check(Rule.REST, _rest),
    Check(Rule.NUMBER_ATTEMPTS, _number_attempts),
    Check(Rule.FREQUENCY, _frequency),
    Check(Rule.HOURS, _hours, _hours_until),
)
