"""The one owner of agents' states."""

from datetime import timedelta

import pytest

from callcenter.agents.machine import IllegalStep, Plan, State, Trigger
from callcenter.agents.roster import (
    AgentProfile,
    AgentSession,
    LegMode,
    LegState,
    PhoneKind,
    Presence,
    Roster,
)
from callcenter.calls.stage import Stage
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Conflict


@pytest.fixture
def roster(bus: LocalBus, clock: ManualClock) -> Roster:
    made = Roster(Stage(bus), clock)
    made.load([_profile(1), _profile(2)])
    return made


def _profile(agent_id: int, **changes: object) -> AgentProfile:
    values: dict[str, object] = {
        "agent_id": agent_id,
        "user_id": 100 + agent_id,
        "name": f"Agent {agent_id}",
        "extension": str(200 + agent_id),
        "phone": PhoneKind.BROWSER,
        "leg_mode": LegMode.NAILED,
        "queues": {"support": 0},
        "campaigns": frozenset({7}),
    }
    return AgentProfile(**(values | changes))  # type: ignore[arg-type]


def _ready(roster: Roster, agent_id: int) -> AgentSession:
    session = roster.get(agent_id)
    roster.move(session, Trigger.START)
    session.leg = LegState.UP
    roster.move(session, Trigger.READY)
    return session


def test_the_plan_is_forgotten_once_it_was_followed(roster: Roster) -> None:
    session = _ready(roster, 1)
    roster.move(session, Trigger.CONNECT, call_id="c")
    roster.plan(session, Plan(State.PAUSED, "lunch"))
    roster.move(session, Trigger.END, seconds=10)

    roster.move(session, Trigger.FINISH)

    assert (session.state, session.reason, session.plan) == (State.PAUSED, "lunch", Plan())


def test_time_is_counted_in_the_state_it_was_spent_in(roster: Roster, clock: ManualClock) -> None:
    session = _ready(roster, 1)
    for trigger, seconds in (
        (Trigger.CONNECT, 5),
        (Trigger.HOLD, 60),
        (Trigger.RESUME, 20),
        (Trigger.END, 30),
        (Trigger.FINISH, 12),
    ):
        clock.advance(seconds)
        roster.move(session, trigger)

    today = session.today
    assert (today.calls, today.ready_seconds, today.talk_seconds) == (1, 5, 90)
    assert (today.hold_seconds, today.wrap_seconds) == (20, 12)


def test_a_new_day_counts_from_midnight(roster: Roster, clock: ManualClock) -> None:
    session = _ready(roster, 1)
    clock.advance(3600)
    roster.new_day()
    clock.advance(60)

    roster.move(session, Trigger.PAUSE)

    assert session.today.ready_seconds == 60


def test_a_promised_agent_is_free_for_nobody_else(roster: Roster) -> None:
    _ready(roster, 1)
    roster.reserve(1, "attempt-1")

    with pytest.raises(Conflict):
        roster.reserve(1, "attempt-2")
    roster.release(1, "attempt-2")

    assert not roster.get(1).free
    assert roster.free_for_queue("support") == []
    roster.release(1, "attempt-1")
    assert roster.free_for_campaign(7) == [roster.get(1)]


def test_the_longest_free_comes_first(roster: Roster, clock: ManualClock) -> None:
    _ready(roster, 2)
    clock.advance(1)
    _ready(roster, 1)

    assert [s.agent_id for s in roster.free_for_campaign(7)] == [2, 1]


def test_a_removed_agent_goes_once_offline(roster: Roster) -> None:
    _ready(roster, 1)

    roster.load([_profile(2, name="New name")])
    assert set(roster.sessions) == {1, 2}
    assert roster.get(2).profile.name == "New name"
    roster.move(roster.get(1), Trigger.STOP)
    roster.load([_profile(2)])

    assert set(roster.sessions) == {2}


def test_who_writes_about_a_call_does_not_have_it(roster: Roster) -> None:
    one, two = _ready(roster, 1), _ready(roster, 2)
    roster.move(one, Trigger.CONNECT, call_id="c")
    roster.move(one, Trigger.END)
    roster.move(two, Trigger.CONNECT, call_id="c")

    assert roster.of_call("c") is two
    assert roster.around("c") == [two]


def test_restored_wrap_up_has_its_clock(roster: Roster, clock: ManualClock) -> None:
    since = clock.now() - timedelta(seconds=10)

    roster.restore([Presence(1, State.WRAPUP, "", since, "c", Plan(State.OFFLINE))])

    session = roster.get(1)
    assert session.deadline == since + timedelta(seconds=45)
    roster.move(session, Trigger.FINISH)
    assert session.state is State.OFFLINE


def test_an_illegal_step_changes_nothing(roster: Roster) -> None:
    session = roster.get(1)

    with pytest.raises(IllegalStep):
        roster.move(session, Trigger.CONNECT, call_id="c")

    assert (session.state, session.call_id) == (State.OFFLINE, "")
