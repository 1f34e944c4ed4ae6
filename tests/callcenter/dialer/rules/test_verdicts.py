"""The gate: never a forbidden dial, never a looser one for a stricter wish, and the true next moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.dialer.rules import (
    Allow,
    Block,
    Facts,
    Limit,
    Policy,
    Refuse,
    Rule,
    Try,
    Verdict,
    Where,
    Window,
    explain,
    may_call,
    terms,
)
from callcenter.dialer.states import CampaignStatus, DialKind
from tests.support.dials import NUMBER, books, dials, limits, policies, weeks
from tests.support.lawyer import objections

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKDAY = (*[(Window(8 * 60, 21 * 60),)] * 5, (Window(9 * 60, 18 * 60),), ())
Dial = tuple[Facts, Policy, Where, datetime]
later = st.integers(0, 20 * 86400).map(lambda seconds: timedelta(seconds=seconds))


@settings(max_examples=100)
@given(dial=dials())
def test_a_dial_is_allowed_exactly_when_nobody_objects(dial: Dial) -> None:
    facts, policy, where, now = dial
    verdict = may_call(facts, terms(policy, where, now), now)

    objecting = objections(facts, policy, where, now)

    assert isinstance(verdict, Refuse) is bool(objecting), objecting
    if isinstance(verdict, Refuse):
        assert verdict.rule in objecting


@settings(max_examples=80)
@given(dial=dials())
def test_the_verdict_is_the_first_rule_that_refuses(dial: Dial) -> None:
    facts, policy, where, now = dial
    agreed = terms(policy, where, now)
    findings = explain(facts, agreed, now)

    first = next((finding.rule for finding in findings if finding.refusal is not None), None)
    verdict = may_call(facts, agreed, now)

    assert [finding.rule for finding in findings] == list(Rule)
    assert (verdict.rule if isinstance(verdict, Refuse) else None) is first


@settings(max_examples=80)
@given(dial=dials(), wish=policies, book=books, week=weeks, limit=limits)
def test_a_stricter_policy_never_allows_more(
    dial: Dial, wish: Policy, book: object, week: tuple[tuple[Window, ...], ...], limit: Limit
) -> None:
    facts, policy, where, now = dial
    looser = may_call(facts, terms(policy, where, now), now)
    stricter = replace(
        policy,
        week=_both(policy.week, week),
        closed_on=policy.closed_on | wish.closed_on,
        limits=(*policy.limits, *wish.limits),
        company=(*policy.company, limit),
        consent=policy.consent or wish.consent,
        max_lead_attempts=min(filter(None, (policy.max_lead_attempts, wish.max_lead_attempts)), default=0),
        live_agent=policy.live_agent and wish.live_agent,
        laws=(*policy.laws, *wish.laws),
    )

    verdict = may_call(facts, terms(stricter, where, now), now)

    assert not isinstance(verdict, Allow) or isinstance(looser, Allow)


def _both(
    one: tuple[tuple[Window, ...], ...], other: tuple[tuple[Window, ...], ...]
) -> tuple[tuple[Window, ...], ...]:
    if not one or not other:
        return one or other
    return tuple(
        tuple(
            Window(max(a.start, b.start), min(a.end, b.end))
            for a in mine
            for b in theirs
            if max(a.start, b.start) < min(a.end, b.end)
        )
        for mine, theirs in zip(one, other, strict=True)
    )


@settings(max_examples=100)
@given(dial=dials(), steps=st.lists(later, min_size=3, max_size=6))
def test_until_the_next_possible_moment_every_moment_is_refused_and_then_it_is_allowed(
    dial: Dial, steps: list[timedelta]
) -> None:
    facts, policy, where, now = dial
    agreed = terms(policy, where, now)
    verdict = may_call(facts, agreed, now)
    if not isinstance(verdict, Refuse):
        return
    idle = replace(facts, in_progress=False)
    moment = verdict.next_possible_at
    end = moment or agreed.until or now + timedelta(days=20)
    if verdict.rule is not Rule.IN_PROGRESS:
        for step in (*steps, end - now - timedelta(seconds=1)):
            if now <= now + step < end:
                assert isinstance(may_call(idle, terms(policy, where, now + step), now + step), Refuse)
    if moment is not None and moment != agreed.until:
        assert isinstance(may_call(idle, agreed, moment), Allow)


@settings(max_examples=100)
@given(dial=dials(), steps=st.lists(later, min_size=3, max_size=6))
def test_what_is_allowed_stays_allowed_until_the_moment_it_says(dial: Dial, steps: list[timedelta]) -> None:
    facts, policy, where, now = dial
    verdict = may_call(facts, terms(policy, where, now), now)
    if not isinstance(verdict, Allow):
        return
    last = [] if verdict.until is None else [verdict.until - now - timedelta(seconds=1)]
    for step in (*steps, *last):
        moment = now + step
        if now <= moment and (verdict.until is None or moment < verdict.until):
            assert isinstance(may_call(facts, terms(policy, where, moment), moment), Allow)


@settings(max_examples=80)
@given(dial=dials(), steps=st.lists(later, min_size=3, max_size=6))
def test_no_rule_changes_its_mind_before_it_said_it_may(dial: Dial, steps: list[timedelta]) -> None:
    facts, policy, where, now = dial
    before = {f.rule: f for f in explain(facts, terms(policy, where, now), now)}
    for step in steps:
        moment = now + step
        for finding in explain(facts, terms(policy, where, moment), moment):
            old = before[finding.rule]
            if old.changes_at is None or moment < old.changes_at:
                assert (finding.refusal is None) is (old.refusal is None), finding.rule


def test_an_uncertain_zone_waits_for_the_intersection_of_the_hours() -> None:
    facts = Facts(NUMBER, zones=("America/New_York", "America/Los_Angeles"), status=CampaignStatus.RUNNING)
    eight_in_new_york = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)

    verdict = _judge(facts, Policy(week=WORKDAY), eight_in_new_york)

    assert isinstance(verdict, Refuse)
    assert verdict.rule is Rule.HOURS
    assert verdict.next_possible_at == datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


def test_the_window_ends_at_its_end() -> None:
    facts = Facts(NUMBER, zones=("UTC",), status=CampaignStatus.RUNNING)
    policy = Policy(week=WORKDAY)

    last = _judge(facts, policy, datetime(2026, 3, 2, 20, 59, 59, tzinfo=UTC))
    over = _judge(facts, policy, datetime(2026, 3, 2, 21, 0, tzinfo=UTC))

    assert last == Allow(until=datetime(2026, 3, 2, 21, 0, tzinfo=UTC))
    assert isinstance(over, Refuse)
    assert over.next_possible_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def test_a_refusal_by_attempts_at_night_names_the_morning() -> None:
    evening = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
    facts = Facts(
        NUMBER,
        zones=("UTC",),
        status=CampaignStatus.RUNNING,
        tries=tuple(Try(evening - timedelta(hours=h)) for h in (22, 2)),
    )

    verdict = _judge(facts, Policy(week=WORKDAY, limits=(Limit(2, 24),)), evening)

    assert isinstance(verdict, Refuse)
    assert verdict.rule is Rule.NUMBER_ATTEMPTS
    assert verdict.next_possible_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", [DialKind.MANUAL, DialKind.CALLBACK])
def test_a_person_needs_no_running_campaign_but_may_not_call_a_forbidden_number(kind: DialKind) -> None:
    free = Facts(NUMBER, kind=kind, zones=("UTC",))
    blocked = Facts(NUMBER, kind=kind, zones=("UTC",), blocks=(Block("company"),))

    assert isinstance(_judge(free, Policy(), MONDAY), Allow)
    verdict = _judge(blocked, Policy(), MONDAY)
    assert isinstance(verdict, Refuse)
    assert verdict.final


def test_the_version_of_who_refuses_travels_with_the_verdict() -> None:
    night = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    facts = Facts(NUMBER, zones=("UTC",), status=CampaignStatus.RUNNING)

    verdict = _judge(facts, Policy(week=WORKDAY, version=7, campaign_id=3), night)

    assert isinstance(verdict, Refuse)
    assert (verdict.version, verdict.values["by"]) == (7, "campaign")


def test_hours_are_the_called_party_s_own() -> None:
    facts = Facts(NUMBER, zones=("Asia/Kathmandu",), status=CampaignStatus.RUNNING)
    local = datetime(2026, 3, 2, 8, 0, tzinfo=ZoneInfo("Asia/Kathmandu"))

    assert isinstance(_judge(facts, Policy(week=WORKDAY), local), Allow)
    assert isinstance(_judge(facts, Policy(week=WORKDAY), local - timedelta(minutes=1)), Refuse)


def _judge(facts: Facts, policy: Policy, now: datetime) -> Verdict:
    return may_call(facts, terms(policy, Where(), now), now)
