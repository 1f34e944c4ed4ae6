import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from callcenter.calls.events import FloorUnknown
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks

EVENT = FloorUnknown(at=datetime(2026, 3, 2, tzinfo=UTC))


async def test_who_waits_for_a_subscriber_waits_for_what_was_published_before_and_no_longer() -> None:
    bus = LocalBus()
    handled: list[Event] = []
    doors = [asyncio.Event(), asyncio.Event()]

    async def slow(events: Sequence[Event]) -> None:
        await doors[len(handled)].wait()
        handled.extend(events)

    subscription = bus.subscribe("slow", (FloorUnknown,), slow)
    bus.publish(EVENT)
    tasks = Tasks()
    waiting = tasks.start("test: waits", subscription.caught_up())
    await asyncio.sleep(0)
    bus.publish(EVENT)
    assert not waiting.done()

    doors[0].set()
    await waiting

    assert len(handled) == 1
    await bus.aclose()


async def test_nobody_waits_for_a_subscriber_that_is_closed() -> None:
    bus = LocalBus()

    async def never(_events: Sequence[Event]) -> None:
        raise AssertionError

    subscription = bus.subscribe("closed", (FloorUnknown,), never)
    bus.publish(EVENT)
    subscription.close()

    await subscription.caught_up()

    await bus.aclose()
