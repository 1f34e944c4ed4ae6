"""The gate's rules: never at a forbidden hour, never a forbidden number, never once too often."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.rules.verdicts import (
    DAY,
    Allow,
    LeadFacts,
    Policy,
    Refuse,
    Rule,
    Week,
    Window,
    may_call,
    next_opening,
    open_in,
)
from callcenter.dialer.states import CampaignStatus, DialKind

NUMBER = "+493012345678"
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKDAY: Week = (*[(Window(8 * 60, 21 * 60),)] * 5, (Window(9 * 60, 18 * 60),), ())
ZONES = (
    "Europe/Berlin",
    "Europe/Moscow",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "UTC",
)

first = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 2 * 365 * 86400).map(lambda seconds: first + timedelta(seconds=seconds))
windows = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda w: w[0] < w[1])
days = st.lists(windows.map(lambda w: Window(*w)), max_size=3).map(tuple)
weeks = st.tuples(*[days] * 7)
zone_sets = st.lists(st.sampled_from(ZONES), max_size=4, unique=True).map(tuple)
policies = st.builds(
    Policy,
    week=st.one_of(st.just(()), weeks),
    fallback_zones=st.sampled_from(ZONES).map(lambda z: (z,)),
    max_lead_attempts=st.integers(0, 5),
    max_number_attempts_a_day=st.integers(0, 4),
    consent_needed=st.booleans(),
)
leads = st.builds(
    LeadFacts,
    number=st.just(NUMBER),
    kind=st.sampled_from(DialKind),
    zones=zone_sets,
    status=st.sampled_from((*CampaignStatus, None)),
    do_not_call=st.sampled_from(("", "company", "campaign")),
    consent=st.booleans(),
    in_progress=st.booleans(),
    lead_attempts=st.integers(0, 8),
)
ages = st.lists(st.integers(0, 48 * 3600), max_size=6)


def _with_attempts(facts: LeadFacts, now: datetime, seconds_ago: list[int]) -> LeadFacts:
    return LeadFacts(
        number=facts.number,
        kind=facts.kind,
        zones=facts.zones,
        status=facts.status,
        do_not_call=facts.do_not_call,
        consent=facts.consent,
        in_progress=facts.in_progress,
        lead_attempts=facts.lead_attempts,
        number_attempts=tuple(now - timedelta(seconds=s) for s in seconds_ago),
    )


@given(facts=leads, policy=policies, now=moments, seconds_ago=ages)
def test_nothing_forbidden_is_ever_allowed(
    facts: LeadFacts, policy: Policy, now: datetime, seconds_ago: list[int]
) -> None:
    facts = _with_attempts(facts, now, seconds_ago)

    verdict = may_call(facts, policy, now)

    if isinstance(verdict, Allow):
        assert not facts.do_not_call
        assert not facts.in_progress
        assert facts.consent or not policy.consent_needed
        assert facts.kind is not DialKind.CAMPAIGN or facts.status is CampaignStatus.RUNNING
        limit = policy.max_number_attempts_a_day
        assert not limit or sum(1 for s in seconds_ago if s < 24 * 3600) < limit
        if facts.kind is DialKind.CAMPAIGN and policy.max_lead_attempts:
            assert facts.lead_attempts < policy.max_lead_attempts
        for zone in facts.zones or policy.fallback_zones:
            local = now.astimezone(ZoneInfo(zone))
            minute = local.hour * 60 + local.minute
            windows_today = policy.week[local.weekday()] if policy.week else (Window(0, 1440),)
            assert any(w.start <= minute < w.end for w in windows_today)


@given(policy=policies, now=moments, zones=zone_sets.filter(bool))
def test_the_next_opening_is_open_in_every_possible_zone_and_not_in_the_past(
    policy: Policy, now: datetime, zones: tuple[str, ...]
) -> None:
    found = next_opening(zones, policy, now)

    if found is not None:
        assert found >= now
        assert all(open_in(zone, policy, found) for zone in zones)


@given(policy=policies, now=moments, zones=zone_sets.filter(bool), minutes=st.integers(1, 3 * 1440))
def test_nothing_opens_before_the_next_opening(
    policy: Policy, now: datetime, zones: tuple[str, ...], minutes: int
) -> None:
    found = next_opening(zones, policy, now)
    sooner = now + timedelta(minutes=minutes)

    if found is not None and sooner < found.replace(second=0, microsecond=0):
        assert not all(open_in(zone, policy, sooner) for zone in zones)


@given(facts=leads, policy=policies, now=moments, seconds_ago=ages)
def test_at_the_next_possible_moment_the_same_rule_does_not_refuse_again(
    facts: LeadFacts, policy: Policy, now: datetime, seconds_ago: list[int]
) -> None:
    facts = _with_attempts(facts, now, seconds_ago)
    verdict = may_call(facts, policy, now)
    if not isinstance(verdict, Refuse) or verdict.next_possible_at is None:
        return
    if verdict.rule is Rule.IN_PROGRESS:
        return

    again = may_call(facts, policy, verdict.next_possible_at)

    assert not isinstance(again, Refuse) or again.rule is not verdict.rule


def test_an_uncertain_zone_waits_for_the_intersection_of_the_hours() -> None:
    facts = LeadFacts(
        NUMBER, zones=("America/New_York", "America/Los_Angeles"), status=CampaignStatus.RUNNING
    )
    eight_in_new_york = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)

    verdict = may_call(facts, Policy(week=WORKDAY), eight_in_new_york)

    assert isinstance(verdict, Refuse)
    assert verdict.rule is Rule.HOURS
    assert verdict.next_possible_at == datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


def test_the_window_ends_at_its_end() -> None:
    facts = LeadFacts(NUMBER, zones=("UTC",), status=CampaignStatus.RUNNING)
    policy = Policy(week=WORKDAY)

    last = may_call(facts, policy, datetime(2026, 3, 2, 20, 59, 59, tzinfo=UTC))
    over = may_call(facts, policy, datetime(2026, 3, 2, 21, 0, tzinfo=UTC))

    assert isinstance(last, Allow)
    assert isinstance(over, Refuse)
    assert over.next_possible_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def test_a_closed_sunday_and_a_holiday_are_skipped() -> None:
    saturday_evening = datetime(2026, 3, 7, 19, 0, tzinfo=UTC)
    policy = Policy(week=WORKDAY, closed_on=frozenset({datetime(2026, 3, 9, tzinfo=UTC).date()}))

    assert next_opening(("UTC",), policy, saturday_evening) == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


def test_the_morning_after_the_clock_change_opens_at_local_eight() -> None:
    night_of_change = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # Berlin goes from UTC+1 to UTC+2
    week: Week = ((Window(8 * 60, 20 * 60),),) * 7

    found = next_opening(("Europe/Berlin",), Policy(week=week), night_of_change)

    assert found == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)


def test_the_number_limit_opens_again_a_day_after_the_oldest_call_that_counts() -> None:
    calls = tuple(MONDAY - timedelta(hours=h) for h in (30, 20, 10, 1))
    facts = LeadFacts(NUMBER, zones=("UTC",), status=CampaignStatus.RUNNING, number_attempts=calls)

    verdict = may_call(facts, Policy(max_number_attempts_a_day=2), MONDAY)

    assert isinstance(verdict, Refuse)
    assert verdict.rule is Rule.NUMBER_ATTEMPTS
    assert verdict.next_possible_at == MONDAY - timedelta(hours=10) + DAY


@pytest.mark.parametrize("kind", [DialKind.MANUAL, DialKind.CALLBACK])
def test_a_person_needs_no_running_campaign_but_may_not_call_a_forbidden_number(kind: DialKind) -> None:
    free = LeadFacts(NUMBER, kind=kind, zones=("UTC",))
    blocked = LeadFacts(NUMBER, kind=kind, zones=("UTC",), do_not_call="company")

    assert isinstance(may_call(free, Policy(), MONDAY), Allow)
    verdict = may_call(blocked, Policy(), MONDAY)
    assert isinstance(verdict, Refuse)
    assert verdict.final


def test_the_rule_version_travels_with_the_verdict() -> None:
    policy = Policy(version=7)

    verdict = may_call(LeadFacts(NUMBER, zones=("UTC",), status=CampaignStatus.RUNNING), policy, MONDAY)

    assert verdict.version == 7
