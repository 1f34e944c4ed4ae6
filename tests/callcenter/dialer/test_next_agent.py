"""Who gets an answered customer."""

from datetime import UTC, datetime, timedelta

from callcenter.dialer.next_agent import FreeAgent, Ties, ranked
from callcenter.dialer.states import NextAgent

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FREE = [FreeAgent(n, NOW - timedelta(seconds=seconds)) for n, seconds in ((1, 10), (2, 30), (3, 20))]


def test_who_is_idle_longest_is_first() -> None:
    assert ranked(FREE, NextAgent.LONGEST_IDLE, Ties(owner_id=1, last_agent_id=3)) == [2, 3, 1]


def test_the_owner_is_first_when_free() -> None:
    assert ranked(FREE, NextAgent.OWNER, Ties(owner_id=1)) == [1, 2, 3]


def test_an_owner_who_is_busy_keeps_nobody_waiting() -> None:
    assert ranked(FREE, NextAgent.OWNER, Ties(owner_id=9)) == [2, 3, 1]


def test_who_spoke_last_is_first_when_free() -> None:
    assert ranked(FREE, NextAgent.LAST_AGENT, Ties(last_agent_id=3)) == [3, 2, 1]
