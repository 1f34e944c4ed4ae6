"""The board that a page holds is the board that the floor has, whatever happened in between."""

import copy
import random
from collections.abc import Sequence

import pytest

from callcenter.calls.events import ContactBound
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.events import Event
from callcenter.live.board import Delta, Docs, fold
from callcenter.live.events import BoardChanged, BoardWanted
from callcenter.live.mirror import EVENTS, Mirror, Reader
from callcenter.live.publisher import Publisher
from callcenter.queues.distributor import QueuePolicy
from tests.support.day import Day, settle
from tests.support.switchboard import Floor

QUEUES = (
    QueuePolicy(name="support", title="Support"),
    QueuePolicy(name="vip", title="VIP", weight=5, auto_answer=True),
)


class Page:
    """A reader that folds what it is told, as the page's store does."""

    def __init__(self) -> None:
        self.docs: Docs = {}
        self.seq = -1
        self.wholes = 0

    def whole(self, docs: Docs, seq: int) -> None:
        self.docs, self.seq = copy.deepcopy(docs), seq
        self.wholes += 1

    def changed(self, delta: Delta) -> None:
        assert delta.seq == self.seq + 1
        self.seq = delta.seq
        fold(self.docs, delta)


def open_floor(bus: LocalBus, clock: ManualClock) -> Floor:
    floor = Floor(bus, clock)
    bus.subscribe("publisher", (BoardWanted,), floor.publisher.receive)
    floor.open(QUEUES, agents=3)
    return floor


@pytest.mark.parametrize("seed", range(12))
async def test_a_page_that_folds_deltas_holds_what_a_fresh_snapshot_would(
    seed: int, bus: LocalBus, clock: ManualClock
) -> None:
    floor, mirror, page = open_floor(bus, clock), Mirror(bus, clock), Page()
    bus.subscribe("mirror", EVENTS, mirror.receive)
    mirror.start()
    await bus.drain()
    mirror.attach(Reader(page.whole, page.changed))
    day = Day(floor, random.Random(seed), QUEUES)  # noqa: S311 - a test's dice

    for _ in range(60):
        await day.step()
        await bus.drain()
        assert page.docs == mirror.docs == floor.publisher.board.docs
        assert page.seq == floor.publisher.board.seq

    assert page.wholes == 1
    assert floor.publisher.board.seq > 60
    assert floor.tasks.failures == 0


async def test_a_lost_delta_is_noticed_and_mended_by_a_whole_board(bus: LocalBus, clock: ManualClock) -> None:
    floor, mirror, page = open_floor(bus, clock), Mirror(bus, clock), Page()
    to_lose = 0

    async def leaky(events: Sequence[Event]) -> None:
        nonlocal to_lose
        for event in events:
            if isinstance(event, BoardChanged) and to_lose:
                to_lose -= 1
            else:
                await mirror.receive([event])

    bus.subscribe("mirror", EVENTS, leaky)
    mirror.start()
    await bus.drain()
    mirror.attach(Reader(page.whole, page.changed))

    to_lose = 1
    floor.call_in("call-1", "support")
    await settle()
    await bus.drain()
    floor.call_in("call-2", "support")
    await settle()
    await bus.drain()

    assert page.docs == floor.publisher.board.docs
    assert page.wholes == 2


async def test_a_new_writer_replaces_the_board(bus: LocalBus, clock: ManualClock) -> None:
    floor, mirror = open_floor(bus, clock), Mirror(bus, clock)
    bus.subscribe("mirror", EVENTS, mirror.receive)
    mirror.start()
    floor.call_in("call-1", "support")
    await settle()
    await bus.drain()
    assert "call-1" in mirror.docs["call"]

    Publisher(
        bus=bus,
        clock=clock,
        tracker=Floor(bus, clock).tracker,
        roster=floor.roster,
        distributor=floor.distributor,
        campaigns=dict,
    ).take()
    await bus.drain()

    assert mirror.docs["call"] == {}


async def test_the_customers_name_stays_while_the_agent_writes_and_no_longer(
    bus: LocalBus, clock: ManualClock
) -> None:
    floor = open_floor(bus, clock)
    docs = floor.publisher.board.docs
    session = floor.roster.get(1)
    floor.desk.start_shift(session)
    await settle()
    floor.call_in("call-1", "support")
    await settle()
    floor.desk.answer(session)
    await settle()
    floor.publisher.name_call(
        ContactBound(at=clock.now(), call_id="call-1", contact_id=7, name="Anna Petrova")
    )
    await floor.desk.hang_up(session)
    await settle()

    floor.desk.extend_wrapup(session, 30)
    await settle()
    call = docs["agent"][str(session.agent_id)]["call"]
    assert isinstance(call, dict)
    assert (call["name"], call["contact_id"]) == ("Anna Petrova", 7)

    floor.desk.finish(session, "")
    await settle()
    assert docs["agent"][str(session.agent_id)]["call"] is None


async def test_a_waiting_caller_is_on_the_board_with_the_time_they_joined(
    bus: LocalBus, clock: ManualClock
) -> None:
    floor = open_floor(bus, clock)

    floor.call_in("call-1", "support")
    await settle()

    call = floor.publisher.board.docs["call"]["call-1"]
    queue = floor.publisher.board.docs["queue"]["support"]
    assert (call["state"], call["queue"], call["number"]) == ("waiting", "support", "+4930555111")
    assert (queue["waiting"], queue["longest_since"]) == (1, "2026-03-02T09:00:00.000Z")
    assert (queue["offered"], queue["ready"]) == (1, 0)
