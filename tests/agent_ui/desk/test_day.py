"""The agent's day in figures and colours."""

from datetime import UTC, datetime, timedelta

from agent_ui.desk.day import clock_text, facts, legend, line, ribbon
from callcenter.agents.machine import State
from callcenter.agents.queries import Stint
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, Outcome, RecordingState
from callcenter.kernel.i18n import Translator

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENGLISH = Translator("en")


def stint(state: State, start: float, end: float) -> Stint:
    """From minute to minute after nine."""
    return Stint(state, "", NINE + timedelta(minutes=start), NINE + timedelta(minutes=end))


def call(**values: object) -> CallRow:
    row = CallRow(
        id="1.1", direction=Direction.INBOUND, number="+4930123456", number_raw="", queue="support",
        disposition="", note="", outcome=Outcome.ANSWERED, recording_state=RecordingState.READY,
        started_at=NINE, connected_at=NINE, talk_ms=100_000, hold_ms=20_000, wrap_ms=30_000,
    )  # fmt: skip
    for name, value in values.items():
        setattr(row, name, value)
    return row


def test_lengths_read_as_a_clock() -> None:
    assert [clock_text(s) for s in (0, 65, 3725)] == ["0:00", "1:05", "1:02:05"]


def test_short_pieces_join_the_one_before() -> None:
    day = [stint(State.READY, 0, 10), stint(State.RINGING, 10, 10.1), stint(State.TALKING, 10.1, 15)]

    pieces = ribbon(day, ENGLISH)

    assert [(p.state, p.seconds) for p in pieces] == [("ready", 606), ("talking", 294)]


def test_hold_counts_as_talk_in_the_legend() -> None:
    shown = legend([stint(State.TALKING, 0, 4), stint(State.HOLD, 4, 5)], ENGLISH)

    assert [(one.title, one.value) for one in shown] == [("Talking", "5:00")]


def test_facts_of_today_leave_yesterday_out() -> None:
    day = [stint(State.READY, 0, 30), stint(State.TALKING, 30, 60)]
    calls = [call(), call(started_at=NINE - timedelta(days=1))]

    shown = facts(calls, day, NINE, ENGLISH)

    assert [(one.title, one.value) for one in shown] == [
        ("Calls", "1"),
        ("AHT", "2:30"),
        ("Occupancy", "50%"),
    ]


def test_a_call_line_names_its_customer_queue_and_outcome() -> None:
    row = call(disposition="sale", contact_id=41)

    shown = line(row, {41: "Anna Petrova"}, {"support": "Support"}, {"sale": "Sale"}, ENGLISH)

    assert (shown.where, shown.outcome, shown.icon, shown.seconds) == ("Support, inbound", "Sale", "in", 120)
    assert (shown.name, shown.number) == ("Anna Petrova", "+4930123456")
    assert shown.recorded
    assert not shown.missed
