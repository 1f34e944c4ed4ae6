import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from callcenter.calls.events import FloorUnknown
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.db import is_away
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


async def test_a_subscriber_that_may_try_again_loses_nothing_while_what_it_needs_is_away() -> None:
    bus = LocalBus()
    written: list[Event] = []
    failures = [OSError(), OSError(), OSError()]

    async def write(events: Sequence[Event]) -> None:
        if failures:
            raise failures.pop()
        written.extend(events)

    subscription = bus.subscribe("journal", (FloorUnknown,), write, max_batch=10, again=is_away)
    bus.publish(EVENT, EVENT)
    await subscription.caught_up()

    assert written == [EVENT, EVENT]
    assert subscription.failed == 0
    await bus.aclose()


async def test_an_event_that_cannot_be_written_costs_no_other() -> None:
    bus = LocalBus()
    written: list[Event] = []
    poison = FloorUnknown(at=datetime(2026, 3, 3, tzinfo=UTC))

    async def write(events: Sequence[Event]) -> None:
        if poison in events:
            raise ZeroDivisionError
        written.extend(events)

    subscription = bus.subscribe("journal", (FloorUnknown,), write, max_batch=10, again=is_away)
    bus.publish(EVENT, poison, EVENT)
    await subscription.caught_up()

    assert written == [EVENT, EVENT]
    assert subscription.failed == 1
    await bus.aclose()


async def test_closing_ends_the_trying() -> None:
    bus = LocalBus()

    async def never(_events: Sequence[Event]) -> None:
        raise OSError

    subscription = bus.subscribe("journal", (FloorUnknown,), never, again=is_away)
    bus.publish(EVENT)
    await asyncio.sleep(0.01)
    subscription.close()
    await asyncio.wait_for(subscription.caught_up(), 5)

    assert subscription.failed == 1
    await bus.aclose()
