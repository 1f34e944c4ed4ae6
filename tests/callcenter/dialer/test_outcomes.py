"""What the far end said becomes an outcome, and the outcome a next step."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.outcomes import DEFAULT_RETRY, Ending, Line, Next, Past, Retry, after, outcome_of
from callcenter.dialer.states import LeadStatus, Outcome

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cause", "sip_code", "outcome"),
    [
        (17, 486, Outcome.BUSY),
        (19, 480, Outcome.NO_ANSWER),
        (34, 503, Outcome.CONGESTION),
        (1, 404, Outcome.INVALID),
        (21, 403, Outcome.REJECTED),
        (21, 603, Outcome.REJECTED),
        (18, 408, Outcome.FAILED),
        (17, None, Outcome.BUSY),
        (17, 480, Outcome.BUSY),
        (0, None, Outcome.FAILED),
        (127, 599, Outcome.FAILED),
    ],
)
def test_cause_and_code_of_an_unanswered_call(cause: int, sip_code: int | None, outcome: Outcome) -> None:
    assert outcome_of(Ending(cause=cause, sip_code=sip_code)) is outcome


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        (Ending(answered=True, connected=True, cause=16), Outcome.ANSWERED),
        (Ending(answered=True, connected=True, seen=False), Outcome.ANSWERED),
        (Ending(answered=True, dropped=True, cause=16), Outcome.DROPPED),
        (Ending(answered=True, cause=16), Outcome.EARLY_HANG_UP),
        (Ending(answered=True, machine=True), Outcome.MACHINE),
        (Ending(cancelled=True, cause=16), Outcome.CANCELLED),
        (Ending(seen=False), Outcome.UNKNOWN),
    ],
)
def test_what_happened_comes_before_any_cause(ending: Ending, outcome: Outcome) -> None:
    assert outcome_of(ending) is outcome


def test_every_outcome_but_the_final_ones_has_a_retry_rule() -> None:
    assert set(Outcome) - set(DEFAULT_RETRY) == {Outcome.ANSWERED, Outcome.INVALID}


def test_a_spoken_lead_is_finished_and_a_bad_number_never_tried_again() -> None:
    assert after(Outcome.ANSWERED, Past(), {}, NOW) == Next(LeadStatus.FINISHED, NOW)
    assert after(Outcome.INVALID, Past(), {}, NOW) == Next(LeadStatus.INVALID, NOW, closes_number=True)


def test_the_retry_rule_says_when_and_how_often() -> None:
    rules = {Outcome.BUSY: Retry(delay_seconds=600, most=2)}

    assert after(Outcome.BUSY, Past(), rules, NOW) == Next(LeadStatus.LATER, NOW + timedelta(seconds=600))
    assert after(Outcome.BUSY, Past(same_of_number=1), rules, NOW).status is LeadStatus.LATER
    assert after(Outcome.BUSY, Past(same_of_number=2), rules, NOW).status is LeadStatus.EXHAUSTED


def test_a_rule_of_zero_never_tries_again() -> None:
    rules = {Outcome.REJECTED: Retry(60, 0)}

    assert after(Outcome.REJECTED, Past(), rules, NOW).status is LeadStatus.EXHAUSTED


def past(current: int, *attempts: int, closed: tuple[int, ...] = (), **same: int) -> Past:
    lines = tuple(Line(i, count, closed=i in closed) for i, count in enumerate(attempts))
    return Past(lines=lines, current=current, **same)


def test_the_next_number_comes_at_once_and_the_first_again_after_the_delay() -> None:
    rules = {Outcome.NO_ANSWER: Retry(600, 3, next_number=True)}
    later = NOW + timedelta(seconds=600)

    assert after(Outcome.NO_ANSWER, past(0, 1, 0, 0), rules, NOW) == Next(LeadStatus.WAITING, NOW, 1)
    assert after(Outcome.NO_ANSWER, past(1, 1, 1, 0), rules, NOW) == Next(LeadStatus.WAITING, NOW, 2)
    assert after(Outcome.NO_ANSWER, past(2, 1, 1, 1), rules, NOW) == Next(LeadStatus.LATER, later, 0)


def test_an_outcome_that_stays_on_its_number_moves_on_when_that_is_spent() -> None:
    rules = {Outcome.BUSY: Retry(600, 2)}

    stays = after(Outcome.BUSY, past(0, 2, 0, same_of_number=1), rules, NOW)
    spent = after(Outcome.BUSY, past(0, 3, 0, same_of_number=2), rules, NOW)
    last = after(Outcome.BUSY, past(1, 3, 3, closed=(0,), same_of_number=2), rules, NOW)

    assert stays == Next(LeadStatus.LATER, NOW + timedelta(seconds=600))
    assert spent == Next(LeadStatus.WAITING, NOW, 1, closes_number=True)
    assert last == Next(LeadStatus.EXHAUSTED, NOW, closes_number=True)


def test_a_number_that_does_not_exist_leaves_the_others() -> None:
    assert after(Outcome.INVALID, past(0, 1, 0), {}, NOW) == Next(
        LeadStatus.WAITING, NOW, 1, closes_number=True
    )
    assert after(Outcome.INVALID, past(1, 1, 1, closed=(0,)), {}, NOW).status is LeadStatus.INVALID


def test_a_leads_own_maximum_counts_all_its_numbers() -> None:
    rules = {Outcome.BUSY: Retry(600, 9, most_of_lead=4, next_number=True)}

    assert after(Outcome.BUSY, past(0, 2, 2, same_of_lead=3), rules, NOW).status is not LeadStatus.EXHAUSTED
    assert after(Outcome.BUSY, past(0, 3, 2, same_of_lead=4), rules, NOW).status is LeadStatus.EXHAUSTED


@given(
    outcome=st.sampled_from(sorted(DEFAULT_RETRY)),
    attempts=st.lists(st.integers(0, 5), min_size=1, max_size=5),
    closed=st.sets(st.integers(0, 4)),
    rule=st.builds(Retry, st.integers(0, 9999), st.integers(0, 4), st.integers(0, 9), st.booleans()),
    same=st.integers(0, 9),
)
def test_a_lead_never_moves_to_a_closed_number_nor_into_the_past(
    outcome: Outcome, attempts: list[int], closed: set[int], rule: Retry, same: int
) -> None:
    found = after(
        outcome,
        past(0, *attempts, closed=tuple(closed), same_of_number=same, same_of_lead=same),
        {outcome: rule},
        NOW,
    )

    assert found.at >= NOW
    assert found.move_to not in (closed | {0})
    assert (found.status is LeadStatus.LATER) == (found.at > NOW)
