"""One process or several: subscribers see the same events, in the same order, as the same values."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest

from callcenter.kernel.bus import Bus, LocalBus, Overflow
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.events import Event, Resync
from callcenter.kernel.redis_bus import STREAM, RedisBus
from tests.support.asterisk import until
from tests.support.redis import RedisServer

AT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    amount: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTicked(Event):
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRich(Event):
    colour: Colour
    parts: tuple[Part, ...]
    until: datetime | None
    values: dict[str, str]
    ratio: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Where one publishes and where one listens: the same bus, or two processes' ends of a relay."""

    here: Bus
    there: Bus


def tick(number: int) -> ContractTicked:
    return ContractTicked(at=AT, number=number)


class Listener:
    """Collects events; `until` waits for so many."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._arrived = asyncio.Event()

    async def __call__(self, events: Sequence[Event]) -> None:
        self.events.extend(events)
        self._arrived.set()

    @property
    def numbers(self) -> list[int]:
        return [event.number for event in self.events if isinstance(event, ContractTicked)]

    async def until(self, satisfied: Callable[[], bool], seconds: float = 15) -> None:
        async with asyncio.timeout(seconds):
            while not satisfied():
                self._arrived.clear()
                await self._arrived.wait()

    async def until_count(self, count: int) -> None:
        await self.until(lambda: len(self.events) >= count)


@pytest.fixture
async def buses() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def join(stack: AsyncExitStack, url: str, *, keep_parcels: int = 50_000) -> RedisBus:
    made = RedisBus(url, ManualClock(AT), keep_parcels=keep_parcels)
    stack.push_async_callback(made.aclose)
    await made.start()
    return made


@pytest.fixture(params=["one process", "two processes", "publisher's own process"])
async def pair(request: pytest.FixtureRequest, buses: AsyncExitStack) -> Pair:
    if request.param == "one process":
        local = LocalBus()
        buses.push_async_callback(local.aclose)
        return Pair(local, local)
    url = request.getfixturevalue("redis_url")
    here = await join(buses, url)
    return Pair(here, await join(buses, url) if request.param == "two processes" else here)


async def test_events_arrive_once_and_in_order(pair: Pair) -> None:
    heard = Listener()
    pair.there.subscribe("listener", (ContractTicked,), heard, max_batch=50)

    for number in range(1000):
        pair.here.publish(tick(number))
    await heard.until_count(1000)
    await pair.there.drain()

    assert heard.numbers == list(range(1000))


async def test_only_subscribed_types_arrive(pair: Pair) -> None:
    heard = Listener()
    pair.there.subscribe("listener", (ContractTicked,), heard)
    rich = ContractRich(at=AT, colour=Colour.RED, parts=(), until=None, values={}, ratio=0.5)

    pair.here.publish(rich, tick(1))
    await heard.until_count(1)

    assert heard.events == [tick(1)]


async def test_values_of_every_kind_survive(pair: Pair) -> None:
    heard = Listener()
    pair.there.subscribe("listener", (ContractRich,), heard)
    sent = ContractRich(
        at=AT,
        colour=Colour.RED,
        parts=(Part("ёлка", None), Part("two", 2)),
        until=AT + timedelta(microseconds=1),
        values={"key": "value"},
        ratio=0.1,
    )

    pair.here.publish(sent)
    await heard.until_count(1)

    assert heard.events == [sent]
    assert isinstance(heard.events[0], ContractRich)
    assert isinstance(heard.events[0].colour, Colour)


async def test_a_failing_subscriber_harms_no_other(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_events: Sequence[Event]) -> None:
        raise ZeroDivisionError

    heard = Listener()
    with caplog.at_level(logging.CRITICAL):
        failing = pair.there.subscribe("failing", (ContractTicked,), fail)
        pair.there.subscribe("listener", (ContractTicked,), heard)

        pair.here.publish(tick(1), tick(2))
        await heard.until_count(2)
        await pair.there.drain()

    assert failing.failed == 2


async def test_a_slow_subscriber_that_may_lose_keeps_the_newest(pair: Pair) -> None:
    gate = asyncio.Event()
    slow = Listener()

    async def wait(events: Sequence[Event]) -> None:
        await gate.wait()
        await slow(events)

    heard = Listener()
    losing = pair.there.subscribe("losing", (ContractTicked,), wait, limit=3, overflow=Overflow.DROP_OLDEST)
    pair.there.subscribe("listener", (ContractTicked,), heard)

    pair.here.publish(*(tick(number) for number in range(20)))
    await heard.until_count(20)
    gate.set()
    await pair.there.drain()

    assert slow.numbers[-3:] == [17, 18, 19]
    assert losing.dropped > 0


async def test_a_subscriber_that_must_not_lag_is_closed(pair: Pair) -> None:
    gate = asyncio.Event()

    async def wait(_events: Sequence[Event]) -> None:
        await gate.wait()

    subscription = pair.there.subscribe("socket", (ContractTicked,), wait, limit=2, overflow=Overflow.CLOSE)

    pair.here.publish(*(tick(number) for number in range(20)))
    await until(lambda: subscription.closed, every=0.01)
    gate.set()

    assert subscription.closed


async def test_a_full_journal_holds_the_inlet_back(pair: Pair) -> None:
    gate = asyncio.Event()
    heard = Listener()

    async def wait(events: Sequence[Event]) -> None:
        await gate.wait()
        await heard(events)

    pair.here.subscribe("journal", (ContractTicked,), wait, limit=5)
    pair.here.publish(*(tick(number) for number in range(20)))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pair.here.uncongested(), 0.1)
    gate.set()
    await asyncio.wait_for(pair.here.uncongested(), 15)
    await heard.until_count(20)

    assert heard.numbers == list(range(20))


async def test_an_event_that_cannot_travel_fails_at_its_publisher(
    redis_url: str, buses: AsyncExitStack
) -> None:
    here = await join(buses, redis_url)
    wrong = ContractTicked(at=AT, number=object())  # type: ignore[arg-type]  # that is the test

    with pytest.raises(TypeError):
        here.publish(wrong)


async def test_unknown_events_are_counted_and_the_rest_arrives(
    redis_url: str, buses: AsyncExitStack, own_types: "Foreign"
) -> None:
    here, there = await join(buses, redis_url), await join(buses, redis_url)
    heard = Listener()
    there.subscribe("listener", (ContractTicked,), heard)

    own_types.publish_unknown(here)
    here.publish(tick(1))
    await heard.until_count(1)

    assert there.unreadable == 1
    assert heard.numbers == [1]


class Foreign:
    """Makes an event of a class that the receiving side does not know."""

    def publish_unknown(self, bus: RedisBus) -> None:
        """`Hidden` has no name in the registry, as if another version had sent it."""

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Hidden(Event):
            pass

        Hidden.__name__ = "HiddenFromTheOtherVersion"
        bus.publish(Hidden(at=AT))


@pytest.fixture
def own_types() -> Foreign:
    return Foreign()


async def test_garbage_in_the_stream_stops_nobody(redis_url: str, buses: AsyncExitStack) -> None:
    here, there = await join(buses, redis_url), await join(buses, redis_url)
    heard = Listener()
    there.subscribe("listener", (ContractTicked,), heard)

    await there._redis.xadd(STREAM, {"x": "y"})
    await there._redis.xadd(STREAM, {"p": b"\xc1\xc1"})
    here.publish(tick(1))
    await heard.until_count(1)

    assert there.unreadable == 2


async def test_who_joins_later_hears_only_what_comes_later(redis_url: str, buses: AsyncExitStack) -> None:
    here = await join(buses, redis_url)
    early = await join(buses, redis_url)
    first = Listener()
    early.subscribe("first", (ContractTicked,), first)
    here.publish(tick(1))
    await first.until_count(1)

    late = await join(buses, redis_url)
    heard = Listener()
    late.subscribe("late", (ContractTicked, Resync), heard)
    here.publish(tick(2))
    await heard.until_count(1)

    assert heard.events == [tick(2)]


async def test_what_is_published_before_closing_still_reaches_the_others(
    redis_url: str, buses: AsyncExitStack
) -> None:
    there = await join(buses, redis_url)
    heard = Listener()
    there.subscribe("listener", (ContractTicked,), heard, max_batch=50)
    here = RedisBus(redis_url, ManualClock(AT))
    await here.start()

    here.publish(*(tick(number) for number in range(1000)))
    await here.aclose()
    await heard.until_count(1000)

    assert heard.numbers == list(range(1000))


async def test_redis_killed_and_back_empty_loses_time_but_no_order(
    own_redis: RedisServer, buses: AsyncExitStack
) -> None:
    here, there = await join(buses, own_redis.url), await join(buses, own_redis.url)
    heard = Listener()
    there.subscribe("listener", (ContractTicked, Resync), heard)
    here.publish(tick(1))
    await heard.until_count(1)

    await asyncio.to_thread(own_redis.kill)
    here.publish(tick(2))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(own_redis.start)
    here.publish(tick(3))
    await heard.until(lambda: heard.numbers[-1:] == [3])

    assert heard.numbers == [1, 2, 3]
    assert there.resyncs >= 1, "the stream was lost, so something may have been missed"


async def test_a_process_that_slept_through_a_trim_resyncs(redis_url: str, buses: AsyncExitStack) -> None:
    here = await join(buses, redis_url, keep_parcels=10)
    there = await join(buses, redis_url, keep_parcels=10)
    gate = asyncio.Event()
    heard = Listener()

    async def wait(events: Sequence[Event]) -> None:
        await heard(events)
        await gate.wait()

    there.subscribe("slow", (ContractTicked,), wait, limit=1)
    resynced = Listener()
    there.subscribe("listener", (Resync,), resynced)
    here.publish(tick(-2), tick(-1))
    await heard.until_count(1)
    for number in range(2000):  # one parcel each
        here.publish(tick(number))
        await here._empty.wait()
    gate.set()
    await resynced.until_count(1)
    await heard.until(lambda: heard.numbers[-1] == 1999)

    assert heard.numbers == sorted(set(heard.numbers))
    assert len(heard.numbers) < 2000
