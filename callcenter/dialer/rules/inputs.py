"""What a rule looked at, in values that a page can show, and who demands it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from callcenter.dialer.rules.facts import Facts
from callcenter.dialer.rules.hours import zone_of
from callcenter.dialer.rules.terms import By, Terms, possible_zones
from callcenter.dialer.rules.words import Rule

Inputs = Mapping[str, str | int]
NOBODY: tuple[str, ...] = ()


def inputs_of(rule: Rule, facts: Facts, terms: Terms, now: datetime) -> tuple[Inputs, tuple[str, ...]]:
    """The values this rule asked for, and ids of the laws, or “campaign” and “company”, that demand it."""
    policy = terms.policy
    match rule:
        case Rule.CAMPAIGN_STATUS:
            return {"status": facts.status or ""}, NOBODY
        case Rule.METHOD:
            return {"method": policy.method, "purpose": policy.purpose}, _who(terms.forbidden)
        case Rule.RING_TIME:
            limit = max((least for _, least in terms.rings), default=0)
            return {"seconds": policy.ring_seconds, "limit": limit}, _by(terms.rings)
        case Rule.LEAD_ATTEMPTS:
            return {"attempts": facts.lead_attempts, "limit": policy.max_lead_attempts}, NOBODY
        case Rule.CONSENT:
            return _consents(facts, terms), _by(terms.consents)
        case Rule.REGISTRY_AGE:
            return _registries(facts, terms, now), _by(terms.registries)
        case Rule.HOURS:
            return _hours(facts, terms, now), _by(terms.hours)
        case _:
            return _counts(rule, facts, terms)


def _counts(rule: Rule, facts: Facts, terms: Terms) -> tuple[Inputs, tuple[str, ...]]:
    match rule:
        case Rule.DO_NOT_CALL:
            return {"entries": len(facts.blocks)}, NOBODY
        case Rule.LOCK_OUT:
            happened = sum(t.abandoned or t.machine for t in facts.tries)
            return {"attempts": happened}, _by(terms.lock_outs)
        case Rule.REST:
            return {"attempts": sum(t.declined for t in facts.tries)}, _by(terms.rests)
        case Rule.NUMBER_ATTEMPTS | Rule.FREQUENCY:
            return {"attempts": len(facts.tries)}, _by(terms.limits)
        case Rule.IN_PROGRESS:
            return {}, NOBODY
        case _:
            return {"entries": len(facts.listings)}, NOBODY


def _consents(facts: Facts, terms: Terms) -> Inputs:
    mine = [c for c in facts.consents if c.purpose is terms.policy.purpose]
    return {
        "purpose": terms.policy.purpose,
        "consents": len(mine),
        "basis": ", ".join(sorted({demand.basis for _, demand in terms.consents})),
    }


def _registries(facts: Facts, terms: Terms, now: datetime) -> Inputs:
    ages = {
        demand.code: (now - at).days
        for _, demand in terms.registries
        if (at := facts.registries.get(demand.code)) is not None
    }
    lacking = sorted({demand.code for _, demand in terms.registries} - ages.keys())
    return {**ages, **({"missing": ", ".join(lacking)} if lacking else {})}


def _hours(facts: Facts, terms: Terms, now: datetime) -> Inputs:
    zones = possible_zones(facts.zones, terms.policy)
    local = sorted({now.astimezone(zone_of(z)).strftime("%H:%M") for z in zones})
    return {"zones": ", ".join(zones), "local": ", ".join(local)}


def _by(demanded: Sequence[tuple[By, object]]) -> tuple[str, ...]:
    return _who([by for by, _ in demanded])


def _who(found: Sequence[By]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(by.who for by in found))
