"""Hours are judged once for a cohort, and say the same as for each of its leads."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.lists.cohorts import Cohort, closes_at, cohort_of, is_open, opens_at
from callcenter.dialer.rules import Facts, Policy, Refuse, Where, Window, may_call, terms
from callcenter.dialer.states import CampaignStatus

ZONES = ("Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "UTC")
DAYTIME = Policy(week=((Window(8 * 60, 21 * 60),),) * 7)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)

zone_sets = st.lists(st.sampled_from(ZONES), max_size=3, unique=True).map(tuple)
moments = st.integers(0, 60 * 24 * 400 * 60).map(lambda s: MONDAY + timedelta(seconds=s))
windows = st.lists(st.integers(0, 1440), min_size=2, max_size=4, unique=True).map(
    lambda ends: tuple(Window(a, b) for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False))
)
policies = st.lists(windows, min_size=7, max_size=7).map(lambda week: Policy(week=tuple(week)))


def test_a_key_says_everything_of_a_cohort() -> None:
    for cohort in (
        Cohort(),
        Cohort(("Etc/GMT+5", "America/New_York"), "US", "US-FL", "fixed-or-mobile"),
        Cohort((), "DE", "", "mobile"),
    ):
        assert cohort_of(cohort.key) == cohort


@given(zones=zone_sets, policy=policies, now=moments)
def test_a_cohort_is_open_exactly_when_the_gate_finds_its_leads_in_hours(
    zones: tuple[str, ...], policy: Policy, now: datetime
) -> None:
    facts = Facts("+4930", zones=zones, status=CampaignStatus.RUNNING)
    verdict = may_call(facts, terms(policy, Where(), now), now)

    assert is_open(Cohort(zones), policy, now) is not isinstance(verdict, Refuse)


@given(zones=zone_sets, policy=policies, now=moments)
def test_an_open_cohort_stays_open_until_it_closes(
    zones: tuple[str, ...], policy: Policy, now: datetime
) -> None:
    cohort = Cohort(zones)
    if not is_open(cohort, policy, now):
        return
    closing = closes_at(cohort, policy, now)
    assert closing is not None
    assert not is_open(cohort, policy, closing)
    assert is_open(cohort, policy, closing - timedelta(minutes=1))


def test_a_closed_cohort_says_when_it_opens() -> None:
    early = MONDAY + timedelta(hours=9)  # 04:00 in New York

    assert opens_at(Cohort(("America/New_York",)), DAYTIME, early) == MONDAY + timedelta(hours=13)
    assert opens_at(Cohort(("Europe/Berlin",)), DAYTIME, early) == early


def test_without_hours_a_cohort_never_closes() -> None:
    assert closes_at(Cohort(("UTC",)), Policy(), MONDAY) is None
