"""One row a conversation, whatever happens."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from callcenter.calls import events as e
from callcenter.calls.facts import LegKind
from callcenter.calls.journal import Journal, Thresholds
from callcenter.calls.models import CallRow, LegRow, OfferRow, Outcome, RecordingState
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIMITS = Thresholds(answer_seconds=7, short_seconds=3)


def at(ms: int) -> datetime:
    return START + timedelta(milliseconds=ms)


def started(ms: int = 0, call_id: str = "c", *, attempt_id: int | None = None) -> e.CallStarted:
    return e.CallStarted(
        at=at(ms),
        call_id=call_id,
        direction=e.Direction.INBOUND if attempt_id is None else e.Direction.OUTBOUND,
        number="+4930555111",
        number_raw="030555111",
        caller_name="Anna",
        dialled_raw="100",
        attempt_id=attempt_id,
        agent_id=None,
        leg_id=call_id,
    )


def queued(ms: int, queue: str = "support") -> e.CallQueued:
    return e.CallQueued(at=at(ms), call_id="c", queue=queue, joined_at=at(ms), leg_id="c")


def offered(ms: int, agent_id: int) -> e.CallOffered:
    return e.CallOffered(
        at=at(ms),
        call_id="c",
        agent_id=agent_id,
        direction=e.Direction.INBOUND,
        number="",
        queue="support",
        campaign_id=None,
        deadline=None,
    )


def refused(ms: int, agent_id: int, why: str) -> e.OfferEnded:
    return e.OfferEnded(at=at(ms), call_id="c", agent_id=agent_id, queue="support", why=why, rang_ms=1)


def connected(ms: int, agent_id: int = 7) -> e.CallConnected:
    return e.CallConnected(at=at(ms), call_id="c", agent_id=agent_id, leg_id="c", agent_leg_id="a")


def parted(ms: int, agent_id: int = 7) -> e.CallDisconnected:
    return e.CallDisconnected(at=at(ms), call_id="c", agent_id=agent_id)


def held(ms: int) -> e.CallHeld:
    return e.CallHeld(at=at(ms), call_id="c", agent_id=7)


def resumed(ms: int) -> e.CallResumed:
    return e.CallResumed(at=at(ms), call_id="c", agent_id=7)


def answered(ms: int) -> e.CallAnswered:
    return e.CallAnswered(at=at(ms), call_id="c", attempt_id=5, leg_id="c")


def given(ms: int) -> e.CallTransferred:
    return e.CallTransferred(at=at(ms), call_id="c", agent_id=7, kind="queue", target="sales", how="blind")


def ended(ms: int, by: e.Party = e.Party.CUSTOMER, cause: int = 16) -> e.CallEnded:
    return e.CallEnded(at=at(ms), call_id="c", attempt_id=None, cause=cause, sip_code=None, by=by)


WHOLE: tuple[Event, ...] = (
    started(),
    queued(100),
    offered(200, 6),
    refused(4_200, 6, "timeout"),
    offered(4_300, 7),
    connected(5_123),
    parted(10_000),
    held(10_000),
    connected(12_500),
    resumed(12_500),
    parted(20_001),
    ended(20_002),
)


async def written(database: Database, events: Iterable[Event], *, one_by_one: bool = True) -> CallRow:
    journal = Journal(database, lambda _: LIMITS)
    if one_by_one:
        for event in events:
            await journal.receive([event])
    else:
        await journal.receive(list(events))
    async with database.read() as session:
        (row,) = await session.scalars(select(CallRow))
        return row


async def offers_in(database: Database) -> list[tuple[int, str, datetime | None]]:
    async with database.read() as session:
        rows = await session.scalars(select(OfferRow).order_by(OfferRow.id))
        return [(row.agent_id, row.result, row.ended_at) for row in rows]


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_durations_are_exact_to_the_millisecond(database: Database, one_by_one: bool) -> None:
    row = await written(database, WHOLE, one_by_one=one_by_one)

    assert (row.wait_ms, row.talk_ms, row.hold_ms) == (5_023, 4_877 + 7_501, 2_500)
    assert (row.joined_at, row.connected_at, row.ended_at) == (at(100), at(5_123), at(20_002))
    assert (row.outcome, row.ended_by, row.agent_id, row.queue) == (
        Outcome.ANSWERED,
        e.Party.CUSTOMER,
        7,
        "support",
    )
    assert (row.threshold_seconds, row.short_seconds) == (7, 3)


async def test_everybody_who_was_asked_has_a_row(database: Database) -> None:
    await written(database, WHOLE)

    assert await offers_in(database) == [(6, "timeout", at(4_200)), (7, "connected", at(20_001))]


async def test_repeated_events_change_nothing(database: Database) -> None:
    once = await written(database, WHOLE)
    values = {c.name: getattr(once, c.name) for c in CallRow.__table__.columns}

    again = await written(database, [event for event in WHOLE for _ in range(2)])

    assert {c.name: getattr(again, c.name) for c in CallRow.__table__.columns} == values
    assert len(await offers_in(database)) == 2


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([started(), queued(0), connected(9_000), ended(10_000)], Outcome.ANSWERED),
        ([started(), queued(0), ended(3_000)], Outcome.ABANDONED),
        ([started(), queued(0), ended(2_999)], Outcome.SHORT),
        ([started(), ended(2_000)], Outcome.REFUSED),
        ([started(attempt_id=5), ended(2_000, cause=17)], Outcome.UNANSWERED),
        ([started(attempt_id=5), answered(1_000), ended(3_000)], Outcome.DROPPED),
        ([started(attempt_id=5), answered(1_000), connected(1_050), ended(3_000)], Outcome.ANSWERED),
        ([started(), queued(0), ended(9_000, e.Party.UNKNOWN)], Outcome.LOST),
        ([started(), queued(0), connected(1_000), ended(9_000, e.Party.UNKNOWN)], Outcome.ANSWERED),
    ],
)
async def test_how_a_call_counts(database: Database, events: list[Event], outcome: Outcome) -> None:
    assert (await written(database, events)).outcome == outcome


async def test_hold_ends_when_the_call_is_given_away(database: Database) -> None:
    row = await written(
        database,
        [
            started(),
            queued(0),
            connected(1_000),
            parted(2_000),
            held(2_000),
            given(5_000),
            queued(5_001, "sales"),
            connected(9_000, 8),
            parted(10_000, 8),
            ended(10_001),
        ],
    )

    assert (row.talk_ms, row.hold_ms, row.agent_id, row.queue) == (2_000, 3_000, 8, "sales")
    assert row.wait_ms == 1_000


async def test_a_call_that_ended_unseen_is_closed_when_the_floor_is_known(database: Database) -> None:
    row = await written(
        database,
        [started(), queued(0), offered(500, 7), e.FloorKnown(at=at(60_000), open_calls=())],
    )

    assert (row.outcome, row.ended_by, row.ended_at) == (Outcome.LOST, e.Party.UNKNOWN, at(60_000))
    assert await offers_in(database) == [(7, "abandoned", at(60_000))]


async def test_a_call_that_is_still_there_stays_open(database: Database) -> None:
    row = await written(database, [started(), queued(0), e.FloorKnown(at=at(9), open_calls=("c",))])

    assert (row.outcome, row.ended_at) == (Outcome.OPEN, None)


async def test_a_call_found_in_the_middle_has_its_queue_and_wait(database: Database) -> None:
    found = e.CallStarted(
        at=at(0),
        call_id="c",
        direction=e.Direction.INBOUND,
        number="",
        number_raw="anonymous",
        caller_name="",
        dialled_raw="",
        attempt_id=None,
        agent_id=None,
        leg_id="c",
        resumed=True,
        queue="support",
        joined_at=at(1_000),
    )

    row = await written(database, [found, connected(4_000), ended(9_000)])

    assert (row.queue, row.joined_at, row.wait_ms, row.threshold_seconds) == ("support", at(1_000), 3_000, 7)


@pytest.mark.parametrize("talked", [True, False])
async def test_whatever_asterisk_has_written_is_looked_at(database: Database, talked: bool) -> None:
    talk: list[Event] = [connected(1_000)] if talked else []

    row = await written(
        database, [started(), queued(0), e.RecordingStarted(at=at(0), call_id="c"), *talk, ended(9_000)]
    )

    assert row.recording_state == RecordingState.RAW


async def test_legs_have_one_row_each(database: Database) -> None:
    journal = Journal(database, lambda _: LIMITS)
    leg = e.LegStarted(at=at(1), call_id="c", leg_id="x", kind=LegKind.OTHER, agent_id=None, number_raw="100")
    gone = e.LegFinished(
        at=at(9),
        call_id="c2",
        leg_id="x",
        kind=LegKind.OTHER,
        agent_id=None,
        cause=17,
        sip_code=486,
        asked=False,
    )
    for event in (started(), started(0, "c2"), leg, leg, gone, gone):
        await journal.receive([event])

    async with database.read() as session:
        (row,) = await session.scalars(select(LegRow))
    assert (row.call_id, row.created_at, row.ended_at, row.cause, row.sip_code) == (
        "c",
        at(1),
        at(9),
        17,
        486,
    )
