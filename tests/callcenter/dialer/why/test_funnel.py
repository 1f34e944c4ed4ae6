"""Every lead is lost once or left: the funnel adds up, and the first thing to change is named first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.lists.cohorts import Cohort
from callcenter.dialer.rules import Method, Policy, Purpose, Rule, Window, law
from callcenter.dialer.states import DIALABLE, CampaignStatus, LeadStatus
from callcenter.dialer.why.funnel import (
    Cause,
    Counts,
    Funnel,
    ListFacts,
    Part,
    Sample,
    Staff,
    Stop,
    cause,
    funnel,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAYTIME = Policy(week=((Window(8 * 60, 20 * 60),),) * 7)
BERLIN, NEW_YORK = Cohort(("Europe/Berlin",), "DE"), Cohort(("America/New_York",), "US", "US-NY")
EVERYBODY = Staff(3, 3, 3)

list_stops = st.sampled_from((None, None, Stop.LIST_ARCHIVED, Stop.LIST_INACTIVE, Stop.LIST_EXPIRED))


@st.composite
def counted(draw: st.DrawFn) -> Counts:
    lists = [ListFacts(i, f"List {i}", draw(list_stops)) for i in range(draw(st.integers(0, 3)))]
    statuses: dict[tuple[int, LeadStatus], int] = {}
    cohorts: dict[int, tuple[int, Cohort]] = {}
    dialable: dict[int, int] = {}
    for one in lists:
        for status in LeadStatus:
            statuses[one.id, status] = draw(st.integers(0, 50))
        due = sum(statuses[one.id, status] for status in DIALABLE)
        for number, cohort in enumerate((BERLIN, NEW_YORK)):
            cohorts[one.id * 2 + number] = (one.id, cohort)
            share = draw(st.integers(0, due))
            dialable[one.id * 2 + number] = share
            due -= share
    refused = draw(st.lists(st.integers(1, 80).map(lambda n: Part(n, rule=Rule.CONSENT)), max_size=3))
    return Counts(lists, statuses, cohorts, dialable, NOW + timedelta(hours=1), refused)


@given(counts=counted(), hours=st.integers(0, 48))
def test_the_losses_and_what_is_left_are_all_the_leads(counts: Counts, hours: int) -> None:
    found = funnel(counts, DAYTIME, NOW + timedelta(hours=hours))

    assert sum(loss.count for loss in found.losses) + found.dialable == found.leads
    assert [loss.left for loss in found.losses] == sorted((x.left for x in found.losses), reverse=True)
    assert [loss.stop for loss in found.losses] == [s for s in Stop if s in {x.stop for x in found.losses}]
    assert all(loss.count > 0 for loss in found.losses)
    for loss in found.losses:
        assert sum(part.count for part in loss.parts) <= loss.count or loss.stop is Stop.BLOCKED


def _counts(**dialable: int) -> Counts:
    places = {"berlin": BERLIN, "new_york": NEW_YORK}
    return Counts(
        lists=[ListFacts(1, "A list")],
        statuses={(1, LeadStatus.NEW): sum(dialable.values())},
        cohorts={n: (1, places[name]) for n, name in enumerate(dialable)},
        dialable=dict(enumerate(dialable.values())),
    )


def test_closed_places_say_when_they_open() -> None:
    found = funnel(_counts(berlin=5, new_york=7), DAYTIME, NOW)  # 10:00 in Berlin, 04:00 in New York

    (closed,) = found.losses
    assert (closed.stop, closed.count, found.dialable) == (Stop.CLOSED, 7, 5)
    assert closed.parts == (Part(7, cohort=NEW_YORK, next_at=datetime(2026, 3, 2, 13, 0, tzinfo=UTC)),)
    assert found.next_at == closed.next_at
    assert found.open_cohorts == (0,)


def test_a_way_of_calling_that_is_forbidden_is_no_matter_of_hours() -> None:
    policy = Policy(purpose=Purpose.ADVERTISING, method=Method.RECORDED, book=law.book())
    counts = Counts(
        lists=[ListFacts(1, "A list")],
        statuses={(1, LeadStatus.NEW): 3},
        cohorts={1: (1, Cohort(("Europe/Moscow",), "RU"))},
        dialable={1: 3},
    )

    found = funnel(counts, policy, NOW)

    assert [loss.stop for loss in found.losses] == [Stop.FORBIDDEN]
    assert cause(CampaignStatus.RUNNING, found, Sample(), EVERYBODY) is Cause.METHOD


OPEN = funnel(_counts(berlin=5), DAYTIME, NOW)
NIGHT = funnel(_counts(berlin=5), DAYTIME, NOW + timedelta(hours=14))
NOTHING = Funnel(0, (), 0, None)
GOOD = Sample(5, 5)


@pytest.mark.parametrize(
    ("status", "found", "sample", "staff", "expected"),
    [
        (CampaignStatus.RUNNING, OPEN, GOOD, EVERYBODY, Cause.DIALS),
        (CampaignStatus.PAUSED, OPEN, GOOD, EVERYBODY, Cause.NOT_RUNNING),
        (CampaignStatus.RUNNING, NOTHING, Sample(), EVERYBODY, Cause.NO_LEADS),
        (CampaignStatus.RUNNING, OPEN, GOOD, Staff(0, 0, 0), Cause.NO_AGENTS),
        (CampaignStatus.RUNNING, OPEN, GOOD, Staff(2, 0, 0), Cause.NOBODY_ON_SHIFT),
        (CampaignStatus.RUNNING, OPEN, GOOD, Staff(2, 2, 0), Cause.NOBODY_READY),
        (CampaignStatus.RUNNING, OPEN, Sample(5, 0, (Part(5, rule=Rule.CONSENT),)), EVERYBODY, Cause.REFUSED),
        (CampaignStatus.RUNNING, NIGHT, Sample(), EVERYBODY, Cause.CLOSED),
    ],
)
def test_the_first_thing_to_change_is_named(
    status: CampaignStatus, found: Funnel, sample: Sample, staff: Staff, expected: Cause
) -> None:
    assert cause(status, found, sample, staff) is expected
