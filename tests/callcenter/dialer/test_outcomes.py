"""What the far end said becomes an outcome, and the outcome a next step."""

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.dialer.outcomes import DEFAULT_RETRY, Ending, Next, Retry, after, outcome_of
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
    assert after(Outcome.ANSWERED, 0, {}, NOW) == Next(LeadStatus.FINISHED, NOW)
    assert after(Outcome.INVALID, 0, {}, NOW) == Next(LeadStatus.INVALID, NOW)


def test_the_retry_rule_says_when_and_how_often() -> None:
    rules = {Outcome.BUSY: Retry(delay_seconds=600, most=2)}

    assert after(Outcome.BUSY, 0, rules, NOW) == Next(LeadStatus.LATER, NOW + timedelta(seconds=600))
    assert after(Outcome.BUSY, 1, rules, NOW).status is LeadStatus.LATER
    assert after(Outcome.BUSY, 2, rules, NOW).status is LeadStatus.EXHAUSTED


def test_a_rule_of_zero_never_tries_again() -> None:
    assert after(Outcome.REJECTED, 0, {Outcome.REJECTED: Retry(60, 0)}, NOW).status is LeadStatus.EXHAUSTED
