"""Rows as app_queue documents them."""

from datetime import UTC, datetime, timedelta

from callcenter.agents.events import AgentStateChanged
from callcenter.agents.machine import State, Trigger
from callcenter.calls import events as e
from callcenter.kernel.events import Event
from callcenter.queues.queue_log import QueueLogRow, QueueLogWriter

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = {7: "Anna"}
QUEUES: dict[int, tuple[str, ...]] = {7: ("sales", "support")}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def started(call_id: str = "c") -> e.CallStarted:
    return e.CallStarted(
        at=at(0),
        call_id=call_id,
        direction=e.Direction.INBOUND,
        number="+4930555111",
        number_raw="030555111",
        caller_name="",
        dialled_raw="",
        attempt_id=None,
        agent_id=None,
        leg_id=call_id,
    )


def queued(seconds: float = 0, call_id: str = "c", queue: str = "support") -> e.CallQueued:
    return e.CallQueued(at=at(seconds), call_id=call_id, queue=queue, joined_at=at(seconds), leg_id=call_id)


def offered(seconds: float) -> e.CallOffered:
    return e.CallOffered(
        at=at(seconds),
        call_id="c",
        agent_id=7,
        direction=e.Direction.INBOUND,
        number="",
        queue="support",
        campaign_id=None,
        deadline=None,
    )


def connected(seconds: float) -> e.CallConnected:
    return e.CallConnected(at=at(seconds), call_id="c", agent_id=7, leg_id="c", agent_leg_id="agent-7-x")


def ended(seconds: float, by: e.Party, call_id: str = "c") -> e.CallEnded:
    return e.CallEnded(at=at(seconds), call_id=call_id, attempt_id=None, cause=16, sip_code=None, by=by)


def transferred(seconds: float, kind: str, target: str, how: str) -> e.CallTransferred:
    return e.CallTransferred(at=at(seconds), call_id="c", agent_id=7, kind=kind, target=target, how=how)


def moved(last: State, state: State, reason: str = "") -> AgentStateChanged:
    return AgentStateChanged(
        at=at(0),
        agent_id=7,
        last=last,
        trigger=Trigger.READY,
        state=state,
        reason=reason,
        call_id="",
        deadline=None,
        last_since=at(0),
    )


def written(*events: Event) -> list[tuple[str, str, tuple[str, ...]]]:
    writer = QueueLogWriter()
    rows = [row for event in events for row in writer.rows(event, NAMES, QUEUES)]
    return [(row.verb, row.agent, row.fields) for row in rows]


def test_an_answered_call_and_who_ended_it() -> None:
    for by, verb in ((e.Party.CUSTOMER, "COMPLETECALLER"), (e.Party.AGENT, "COMPLETEAGENT")):
        rows = written(started(), queued(), offered(8), connected(12), ended(72, by))

        assert rows == [
            ("ENTERQUEUE", "NONE", ("", "+4930555111", "1")),
            ("CONNECT", "Anna", ("12", "agent-7-x", "4")),
            (verb, "Anna", ("12", "60", "1")),
        ]


def test_an_abandoned_call_says_its_place() -> None:
    rows = written(
        queued(0, "first"), queued(1), ended(5, e.Party.CUSTOMER, "first"), ended(31, e.Party.CUSTOMER)
    )

    assert rows[1] == ("ENTERQUEUE", "NONE", ("", "", "2"))
    assert rows[2:] == [("ABANDON", "NONE", ("1", "1", "5")), ("ABANDON", "NONE", ("1", "2", "30"))]


def test_an_agent_who_did_not_answer() -> None:
    missed = e.OfferEnded(at=at(20), call_id="c", agent_id=7, queue="support", why="timeout", rang_ms=19875)

    assert written(queued(), missed)[1:] == [("RINGNOANSWER", "Anna", ("19875",))]


def test_a_caller_who_left_is_no_missed_offer() -> None:
    gone = e.OfferEnded(at=at(20), call_id="c", agent_id=7, queue="support", why="abandoned", rang_ms=100)

    assert written(gone) == []


def test_a_blind_transfer_is_the_end_of_the_queue_call() -> None:
    rows = written(
        queued(), connected(10), transferred(40, "number", "+4955500100", "blind"), ended(99, e.Party.AGENT)
    )

    assert rows[2:] == [("BLINDTRANSFER", "Anna", ("+4955500100", "", "10", "30", "1"))]


def test_the_next_queues_loop_may_be_faster_than_the_transfer() -> None:
    before = written(
        queued(), connected(10), transferred(40, "queue", "sales", "blind"), queued(40, "c", "sales")
    )
    after = written(
        queued(), connected(10), queued(40, "c", "sales"), transferred(40, "queue", "sales", "blind")
    )

    assert before == after
    assert [verb for verb, _, _ in after] == ["ENTERQUEUE", "CONNECT", "BLINDTRANSFER", "ENTERQUEUE"]


def test_an_attended_transfer() -> None:
    rows = written(queued(), connected(10), transferred(40, "agent", "8", "attended"))

    assert rows[2:] == [("ATTENDEDTRANSFER", "Anna", ("BRIDGE", "8", "10", "30", "1"))]


def test_what_app_queue_serves_it_logs_itself() -> None:
    fallen = e.CallFellBack(at=at(5), call_id="c", queue="support", leg_id="c")

    assert written(queued(), fallen, connected(10), ended(20, e.Party.AGENT))[1:] == []


def test_a_repeated_entry_is_one_row() -> None:
    assert len(written(queued(), queued())) == 1


def test_shifts_and_breaks_of_agents() -> None:
    writer = QueueLogWriter()
    rows = [
        writer.rows(moved(last, state, reason), NAMES, QUEUES)
        for last, state, reason in (
            (State.OFFLINE, State.PAUSED, "starting"),
            (State.PAUSED, State.READY, ""),
            (State.RINGING, State.NOT_RESPONDING, ""),
            (State.READY, State.OFFLINE, ""),
            (State.TALKING, State.WRAPUP, ""),
        )
    ]

    assert rows == [
        [
            QueueLogRow("sales", "NONE", "Anna", "ADDMEMBER"),
            QueueLogRow("support", "NONE", "Anna", "ADDMEMBER"),
            QueueLogRow("NONE", "NONE", "Anna", "PAUSEALL", ("starting",)),
        ],
        [QueueLogRow("NONE", "NONE", "Anna", "UNPAUSEALL", ("",))],
        [QueueLogRow("NONE", "NONE", "Anna", "PAUSEALL", ("",))],
        [
            QueueLogRow("sales", "NONE", "Anna", "REMOVEMEMBER"),
            QueueLogRow("support", "NONE", "Anna", "REMOVEMEMBER"),
        ],
        [],
    ]
