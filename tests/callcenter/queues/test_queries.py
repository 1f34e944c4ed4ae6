"""What the floor is loaded with, and that rows tell the same day as the distributor has counted."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls.journal import EVENTS, Journal, Thresholds
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database
from callcenter.queues.distributor import QueueDay, QueuePolicy
from callcenter.queues.models import InboundNumber, Queue, QueueMember
from callcenter.queues.queries import (
    day_so_far,
    inbound_numbers,
    list_queues,
    load_policies,
    members_by_agent,
    members_of,
)
from callcenter.queues.routing import Strategy
from tests.support.day import Day, settle
from tests.support.switchboard import Floor

BERLIN = ZoneInfo("Europe/Berlin")
QUEUES = (
    QueuePolicy(name="support", title="Support", limits=Thresholds(answer_seconds=8, short_seconds=3)),
    QueuePolicy(name="vip", title="VIP", limits=Thresholds(answer_seconds=4, short_seconds=2), weight=5),
)


def busy(days: dict[str, QueueDay]) -> dict[str, QueueDay]:
    return {name: day for name, day in days.items() if day != QueueDay()}


async def open_floor(bus: LocalBus, clock: ManualClock, database: Database) -> Floor:
    floor = Floor(bus, clock)
    bus.subscribe("journal", EVENTS, Journal(database, floor.distributor.thresholds).receive, max_batch=100)
    floor.open(QUEUES, agents=3)
    return floor


@pytest.mark.parametrize("seed", range(6))
async def test_rows_tell_the_day_that_the_distributor_counted(
    seed: int, bus: LocalBus, clock: ManualClock, database: Database
) -> None:
    midnight = clock.now() - timedelta(hours=10)
    floor = await open_floor(bus, clock, database)
    day = Day(floor, random.Random(seed), QUEUES)  # noqa: S311 - a test's dice
    for _ in range(80):
        await day.step()
    await bus.drain()

    async with database.read() as session:
        days, counted = await day_so_far(session, midnight, BERLIN)

    assert busy(days) == busy(floor.distributor.days)
    assert sum(d.answered for d in days.values()) > 3
    assert sum(d.abandoned + d.short_abandoned for d in days.values()) > 1
    waiting = {c.call_id for c in floor.distributor.callers.values()}
    assert waiting <= counted


async def test_a_restart_in_the_middle_of_a_wait_counts_the_call_once(
    bus: LocalBus, clock: ManualClock, database: Database
) -> None:
    midnight = clock.now() - timedelta(hours=10)
    floor = await open_floor(bus, clock, database)
    floor.call_in("call-1", "support")
    await settle()
    await bus.drain()

    async with database.read() as session:
        days, counted = await day_so_far(session, midnight, BERLIN)
    again = Floor(bus, clock)
    again.distributor.load(QUEUES)
    again.distributor.restore(days, counted)
    again.call_in("call-1", "support")
    again.switch.end("call-1", asked=True)

    assert again.distributor.days["support"].offered == 1
    assert again.distributor.days["support"].short_abandoned == 1


async def test_yesterdays_calls_are_not_counted(
    bus: LocalBus, clock: ManualClock, database: Database
) -> None:
    floor = await open_floor(bus, clock, database)
    floor.call_in("call-1", "support")
    await settle()
    await bus.drain()

    async with database.read() as session:
        days, counted = await day_so_far(session, clock.now() + timedelta(seconds=1), BERLIN)

    assert (days, counted) == ({}, set())


async def test_the_floor_gets_queues_numbers_and_members(database: Database, clock: ManualClock) -> None:
    await _rows(database, clock.now())

    async with database.read() as session:
        policies = await load_policies(session)
        numbers = await inbound_numbers(session)
        members = await members_by_agent(session)
        of_support = await members_of(session, "support")
        lines = await list_queues(session)

    sales, support = policies
    assert support == replace(QUEUES[0], strategy=Strategy.LINEAR)
    assert sales.name == "sales"
    assert [(n.number, n.queue) for n in numbers] == [("+4930555000", "support")]
    assert members == {1: {"sales": 0, "support": 2}, 2: {"support": 0}}
    assert of_support == {1: 2, 2: 0}
    assert [(line.title, line.members, line.numbers) for line in lines] == [
        ("Sales", 1, ()),
        ("Support", 2, ("+4930555000",)),
    ]


async def _rows(database: Database, now: datetime) -> None:
    async with database.write() as session:
        session.add(Queue(name="sales", title="Sales", created_at=now))
        session.add(
            Queue(
                name="support",
                title="Support",
                strategy=Strategy.LINEAR,
                answer_seconds=8,
                short_seconds=3,
                created_at=now,
            )
        )
        await session.flush()
        session.add(InboundNumber(number="+4930555000", queue="support"))
        session.add_all(
            [
                QueueMember(queue="support", agent_id=1, penalty=2),
                QueueMember(queue="sales", agent_id=1),
                QueueMember(queue="support", agent_id=2),
            ]
        )
