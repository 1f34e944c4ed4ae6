"""The gate's rules once more, written for being read instead of for speed: what the fast ones are held to.

One minute and one day at a time, with wall clocks instead of tables of spans.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from callcenter.dialer.rules import (
    Basis,
    Consent,
    Counted,
    Facts,
    Method,
    OnHolidays,
    Policy,
    Purpose,
    Rule,
    Try,
    Where,
    Window,
)
from callcenter.dialer.rules.law import Clause, ConsentDemand, RegistryDemand, read_windows
from callcenter.dialer.rules.places import WORLD
from callcenter.dialer.rules.words import RegistryKind
from callcenter.dialer.states import CampaignStatus, DialKind

BASES = list(Basis)
METHODS = list(Method)


def objections(facts: Facts, policy: Policy, where: Where, now: datetime) -> set[Rule]:
    """Every rule that forbids this dial."""
    clauses = _clauses(policy, where, now)
    answers = {
        Rule.CAMPAIGN_STATUS: facts.kind is DialKind.CAMPAIGN and facts.status is not CampaignStatus.RUNNING,
        Rule.METHOD: any(clause.forbidden for clause in clauses),
        Rule.DO_NOT_CALL: bool(facts.blocks),
        Rule.LITIGATOR: _listed(facts, RegistryKind.LITIGATOR),
        Rule.INVALID_NUMBER: _listed(facts, RegistryKind.INVALID),
        Rule.REASSIGNED: _reassigned(facts, now),
        Rule.REGISTRY: _registered(facts, policy, clauses, now),
        Rule.CONSENT: _without_consent(facts, policy, clauses, now),
        Rule.REGISTRY_AGE: any(
            clause.registry is not None and _too_old(facts, policy, clause.registry, now)
            for clause in clauses
        ),
        Rule.RING_TIME: any(0 < policy.ring_seconds < clause.ring_seconds for clause in clauses),
        Rule.LEAD_ATTEMPTS: facts.kind is DialKind.CAMPAIGN
        and 0 < policy.max_lead_attempts <= facts.lead_attempts,
        Rule.IN_PROGRESS: facts.in_progress,
        Rule.LOCK_OUT: not policy.live_agent and any(_locked(facts, clause, now) for clause in clauses),
        Rule.REST: any(
            tried.declined and now - tried.at < timedelta(days=clause.rest_after_refusal_days)
            for clause in clauses
            for tried in facts.tries
        ),
        Rule.NUMBER_ATTEMPTS: _too_many(facts, policy, clauses, now, number=True),
        Rule.FREQUENCY: _too_many(facts, policy, clauses, now, number=False),
        Rule.HOURS: not _in_hours(facts, policy, where, clauses, now),
    }
    return {rule for rule, objects in answers.items() if objects}


def _clauses(policy: Policy, where: Where, now: datetime) -> list[Clause]:
    every = policy.book.by_id
    chosen = {name for name in policy.laws if name in every}
    local = {
        law.id
        for law in every.values()
        if where.region in law.regions
        and (
            not law.subdivisions
            or not where.subdivisions
            or any(part in law.subdivisions for part in where.subdivisions)
        )
    }
    if not any(where.region in every[name].regions for name in chosen | local) and "ZZ" in every:
        local = {"ZZ"}
    found = []
    for name in chosen | local:
        law = every[name]
        today = now.astimezone(ZoneInfo(law.zone)).date() if law.zone != "Nowhere/At_All" else now.date()
        found += [
            clause
            for clause in law.rules
            if (clause.since is None or today >= clause.since)
            and (clause.until is None or today < clause.until)
            and (not clause.purposes or policy.purpose in clause.purposes)
            and (not clause.methods or policy.method in clause.methods)
            and _concerns(clause, where.number_type)
        ]
    return found


def _concerns(clause: Clause, number_type: str) -> bool:
    doubtful = number_type in ("", "fixed-or-mobile", "other", "voip")
    return (
        not clause.number_types
        or number_type in clause.number_types
        or (doubtful and "mobile" in clause.number_types)
    )


def _listed(facts: Facts, kind: RegistryKind) -> bool:
    return any(listing.kind is kind for listing in facts.listings)


def _reassigned(facts: Facts, now: datetime) -> bool:
    first = next((x for x in facts.listings if x.kind is RegistryKind.REASSIGNED), None)
    if first is None:
        return False
    since = first.since
    return since is None or not any(
        consent.given_at.date() > since
        and consent.given_at <= now
        and (consent.revoked_at is None or now < consent.revoked_at)
        for consent in facts.consents
    )


def _holds(
    consent: Consent,
    purpose: Purpose,
    basis: Basis,
    lasts: dict[Basis, int],
    now: datetime,
) -> bool:
    if consent.purpose is not purpose or BASES.index(consent.basis) < BASES.index(basis):
        return False
    ends = [end for end in (consent.expires_at, consent.revoked_at) if end is not None]
    if consent.basis in lasts:
        ends.append(consent.given_at + timedelta(days=lasts[consent.basis]))
    return consent.given_at <= now and all(now < end for end in ends)


def _exempt(facts: Facts, policy: Policy, demand: RegistryDemand, now: datetime) -> bool:
    return demand.unless is not None and any(
        _holds(consent, policy.purpose, demand.unless, demand.lasts_days, now) for consent in facts.consents
    )


def _registered(facts: Facts, policy: Policy, clauses: list[Clause], now: datetime) -> bool:
    named = {
        clause.registry.code for law in policy.book.by_id.values() for clause in law.rules if clause.registry
    }
    for listing in facts.listings:
        if listing.kind is not RegistryKind.DO_NOT_CALL:
            continue
        if listing.code not in named:
            if not listing.purposes or policy.purpose in listing.purposes:
                return True
            continue
        demands = [c.registry for c in clauses if c.registry and c.registry.code == listing.code]
        if any(not _exempt(facts, policy, demand, now) for demand in demands):
            return True
    return False


def _without_consent(facts: Facts, policy: Policy, clauses: list[Clause], now: datetime) -> bool:
    demands = [clause.consent for clause in clauses if clause.consent is not None]
    if policy.consent is not None:
        demands.append(ConsentDemand(policy.consent))
    return any(
        not any(
            _holds(consent, policy.purpose, demand.basis, demand.lasts_days, now)
            and METHODS.index(consent.reach) >= METHODS.index(policy.method)
            and (consent.proof or not demand.proof)
            for consent in facts.consents
        )
        for demand in demands
    )


def _too_old(facts: Facts, policy: Policy, demand: RegistryDemand, now: datetime) -> bool:
    current = facts.registries.get(demand.code)
    fresh = current is not None and now < current + timedelta(days=demand.max_age_days)
    return not fresh and not _exempt(facts, policy, demand, now)


def _locked(facts: Facts, clause: Clause, now: datetime) -> bool:
    lock = clause.lock_out
    return lock is not None and any(
        tried.same_number
        and (
            (tried.abandoned and now - tried.at < timedelta(hours=lock.abandoned_hours))
            or (tried.machine and now - tried.at < timedelta(hours=lock.machine_hours))
        )
        for tried in facts.tries
    )


def _too_many(facts: Facts, policy: Policy, clauses: list[Clause], now: datetime, *, number: bool) -> bool:
    limits = [(limit.most, limit.hours, limit.counted) for limit in (*policy.limits, *policy.company)]
    limits += [(limit.most, limit.hours, limit.counted) for clause in clauses for limit in clause.limits]
    return any(
        sum(
            now - tried.at < timedelta(hours=hours) and _same(tried, counted, policy) for tried in facts.tries
        )
        >= most
        for most, hours, counted in limits
        if (counted is Counted.NUMBER) is number
    )


def _same(tried: Try, counted: Counted, policy: Policy) -> bool:
    if counted is Counted.LEAD:
        return tried.same_lead
    if counted is Counted.NUMBER:
        return tried.same_number
    if counted is Counted.MATTER and policy.matter:
        return tried.same_number and tried.matter == policy.matter
    return tried.same_number and tried.campaign_id == policy.campaign_id


def _in_hours(facts: Facts, policy: Policy, where: Where, clauses: list[Clause], now: datetime) -> bool:
    zones = facts.zones or policy.fallback_zones
    if "Nowhere/At_All" in zones:
        zones = WORLD
    for zone in zones:
        local = now.astimezone(ZoneInfo(zone))
        minute, day = local.hour * 60 + local.minute, local.date()
        holiday = _is_holiday(day, where)
        sunday = 6 if holiday and policy.on_holidays is OnHolidays.SUNDAY else day.weekday()
        if day in policy.closed_on or (holiday and policy.on_holidays is OnHolidays.CLOSED):
            return False
        if policy.week and not _inside(minute, policy.week[sunday]):
            return False
        for clause in clauses:
            hours = clause.hours
            if hours is None:
                continue
            if holiday and hours.holidays is OnHolidays.CLOSED:
                return False
            week = [*[hours.weekdays] * 5, hours.saturday, hours.sunday]
            today = 6 if holiday and hours.holidays is OnHolidays.SUNDAY else day.weekday()
            if not _inside(minute, read_windows(week[today])):
                return False
    return True


def _inside(minute: int, windows: tuple[Window, ...]) -> bool:
    return any(window.start <= minute < window.end for window in windows)


def _is_holiday(day: date, where: Where) -> bool:
    if not where.region:
        return False
    named = [part.partition("-")[2] for part in where.subdivisions]
    return day in _days_off(where.region, tuple(named), day.year)


@lru_cache(maxsize=256)
def _days_off(region: str, named: tuple[str, ...], year: int) -> set[date]:
    country = holidays.country_holidays(region, years=year)
    found = set(country)
    for part in named or type(country).subdivisions:
        if part in type(country).subdivisions:
            found |= set(holidays.country_holidays(region, subdiv=part, years=year))
    return found
