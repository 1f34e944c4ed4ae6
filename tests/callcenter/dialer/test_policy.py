"""Settings become rules; what is no setting is refused."""

import pytest

from callcenter.dialer.outcomes import DEFAULT_RETRY, Retry
from callcenter.dialer.policy import BadHours, read_day_text, read_retry, read_week
from callcenter.dialer.rules import Window
from callcenter.dialer.states import Outcome


def test_a_week_has_seven_days_and_a_missing_day_is_closed() -> None:
    week = read_week({"0": [["08:00", "12:30"], ["13:00", "24:00"]]})

    assert week[0] == (Window(480, 750), Window(780, 1440))
    assert week[1:] == ((),) * 6


def test_no_hours_are_no_limit() -> None:
    assert read_week({}) == ()


@pytest.mark.parametrize(
    "windows", [[["12:00", "08:00"]], [["08:00", "12:00"], ["11:00", "13:00"]], [["8", "9"]], [["08:00"]]]
)
def test_windows_that_are_none_are_refused(windows: list[list[str]]) -> None:
    with pytest.raises(BadHours):
        read_week({"2": windows})


def test_a_day_is_typed_as_people_write_it() -> None:
    assert read_day_text("08:00-12:00, 13:00 – 20:00") == [["08:00", "12:00"], ["13:00", "20:00"]]
    assert read_day_text("") == []
    with pytest.raises(BadHours):
        read_day_text("all day")


def test_own_retry_rules_replace_the_defaults_they_name() -> None:
    rules = read_retry({"busy": {"delay_seconds": 60, "most": 9}, "nonsense": {}})

    assert rules[Outcome.BUSY] == Retry(60, 9)
    assert rules[Outcome.NO_ANSWER] == DEFAULT_RETRY[Outcome.NO_ANSWER]
