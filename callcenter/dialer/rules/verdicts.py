"""May this number be dialled now? Pure: facts and terms in, a verdict with its reason out.

The gate asks before every dial, whoever wants it. A refusal says which rule spoke, with what values, and when
all rules may allow the dial (`next_possible_at`; None: not before somebody changes something).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from callcenter.dialer.rules.checks import CHECKS, Check, Refuse
from callcenter.dialer.rules.facts import Facts
from callcenter.dialer.rules.inputs import inputs_of
from callcenter.dialer.rules.terms import Terms
from callcenter.dialer.rules.words import Rule

MOST_STEPS = 64  # from one refusal to the next; every step is later than the one before


@dataclass(frozen=True, slots=True)
class Allow:
    """Dial, unless `until` has passed: then ask again."""

    version: int = 1
    until: datetime | None = None


Verdict = Allow | Refuse


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer. `changes_at`: the first moment at which it may be another one."""

    rule: Rule
    refusal: Refuse | None
    inputs: Mapping[str, str | int]
    demanded_by: tuple[str, ...]
    changes_at: datetime | None


def may_call(facts: Facts, terms: Terms, now: datetime) -> Verdict:
    """Every rule must agree; the first that does not is the answer."""
    refusal = _first(facts, terms, now)
    if refusal is not None:
        return replace(refusal, next_possible_at=_when(facts, terms, refusal, now))
    return Allow(version=terms.policy.version, until=_until(facts, terms, now))


def explain(facts: Facts, terms: Terms, now: datetime) -> tuple[Finding, ...]:
    """Every rule with its answer, in the order in which they are asked."""
    return tuple(_finding(check, facts, terms, now) for check in CHECKS)


def _finding(check: Check, facts: Facts, terms: Terms, now: datetime) -> Finding:
    refusal = check.judge(facts, terms, now)
    changes_at = check.until(facts, terms, now) if refusal is None else refusal.next_possible_at
    if terms.until is not None and (changes_at is None or changes_at > terms.until):
        changes_at = terms.until
    inputs, by = inputs_of(check.rule, facts, terms, now)
    return Finding(check.rule, refusal, inputs, by, changes_at)


def _first(facts: Facts, terms: Terms, now: datetime) -> Refuse | None:
    for check in CHECKS:
        refusal = check.judge(facts, terms, now)
        if refusal is not None:
            return refusal
    return None


def _until(facts: Facts, terms: Terms, now: datetime) -> datetime | None:
    ends = [check.until(facts, terms, now) for check in CHECKS]
    return min((end for end in (*ends, terms.until) if end is not None), default=None)


def _when(facts: Facts, terms: Terms, refusal: Refuse, now: datetime) -> datetime | None:
    """The first moment at which no rule refuses: from one rule's end to that of the next that still does."""
    later = replace(facts, in_progress=False)
    moment, found = now, refusal
    for _ in range(MOST_STEPS):
        following = found.next_possible_at
        if found.final or following is None or following <= moment:
            return None
        if terms.until is not None and following >= terms.until:
            return terms.until
        again = _first(later, terms, following)
        if again is None:
            return following
        moment, found = following, again
    return moment
