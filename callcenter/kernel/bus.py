"""The event bus inside one process.

One subscriber is one named task, one bounded queue and one overflow rule, so a slow subscriber delays no
other. `publish` never waits: the floor must not. Back-pressure of `Overflow.WAIT` queues acts at the inlet
instead: the reader of Asterisk's events awaits `uncongested()` before it takes the next one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Protocol

from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks

log = logging.getLogger(__name__)


class Overflow(StrEnum):
    """What happens when a subscriber's queue is full."""

    WAIT = "wait"  # keep everything and slow the inlet: journals
    DROP_OLDEST = "drop-oldest"  # the newest matters: projections that can take a snapshot
    CLOSE = "close"  # end the subscription: a socket that will reconnect


Handler = Callable[[Sequence[Event]], Awaitable[None]]
Again = Callable[[Exception], bool]

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0


class Subscription:
    """A subscriber's queue and its counters. `close()` ends it.

    With `again` the handler keeps a batch whole or not at all. A failure of which `again` is true is tried
    again until it succeeds; any other costs the events that cause it, not those that came with them.
    """

    def __init__(
        self,
        name: str,
        types: tuple[type[Event], ...],
        handler: Handler,
        *,
        limit: int,
        overflow: Overflow,
        max_batch: int,
        again: Again | None,
    ) -> None:
        self.name = name
        self.types = types
        self.handler = handler
        self.limit = limit
        self.overflow = overflow
        self.max_batch = max_batch
        self.again = again
        self.queue: deque[Event] = deque()
        self.wake = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()
        self.closed = False
        self.task: asyncio.Task[None] | None = None
        self.dropped = 0
        self.failed = 0
        self._taken = 0
        self._handled = 0
        self._waiting: list[tuple[int, asyncio.Event]] = []

    @property
    def full(self) -> bool:
        return len(self.queue) >= self.limit

    def offer(self, event: Event) -> None:
        """Queue the event, by this subscription's overflow rule."""
        if self.closed or not isinstance(event, self.types):
            return
        if self.full:
            match self.overflow:
                case Overflow.WAIT:
                    pass
                case Overflow.DROP_OLDEST:
                    self.queue.popleft()
                    self.dropped += 1
                    self._pass(1)
                case Overflow.CLOSE:
                    self.close()
                    return
        self.queue.append(event)
        self._taken += 1
        self.idle.clear()
        self.wake.set()

    def close(self) -> None:
        """Take no more events; what is queued is forgotten."""
        if self.closed:
            return
        self.closed = True
        self._pass(len(self.queue))
        self.queue.clear()
        self.idle.set()
        self.wake.set()

    async def pump(self) -> None:
        """Deliver until closed."""
        while not self.closed:
            if not self.queue:
                self.idle.set()
                self.wake.clear()
                await self.wake.wait()
                continue
            batch = [self.queue.popleft() for _ in range(min(self.max_batch, len(self.queue)))]
            try:
                await self._deliver(batch)
            finally:
                self._pass(len(batch))

    async def _deliver(self, batch: Sequence[Event]) -> None:
        pause = FIRST_PAUSE_SECONDS
        while (failure := await self._failure_of(batch)) is not None:
            again = self.again is not None and self.again(failure)
            if self.again is not None and not again and len(batch) > 1:
                for event in batch:
                    await self._deliver((event,))
                return
            if self.closed or not again:
                self.failed += len(batch)
                extra = {"subscriber": self.name, "events": len(batch)}
                log.error("a subscriber failed", exc_info=failure, extra=extra)
                return
            log.warning(
                "a subscriber tries again",
                extra={"subscriber": self.name, "events": len(batch), "reason": type(failure).__name__},
            )
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _failure_of(self, batch: Sequence[Event]) -> Exception | None:
        try:
            await self.handler(batch)
        except Exception as error:  # the bus pump is one of the three places that catch all
            return error
        return None

    async def caught_up(self) -> None:
        """Wait until everything that was published before now has been handled."""
        if self._handled < self._taken:
            reached = asyncio.Event()
            self._waiting.append((self._taken, reached))
            await reached.wait()

    def _pass(self, count: int) -> None:
        self._handled += count
        while self._waiting and self._waiting[0][0] <= self._handled:
            self._waiting.pop(0)[1].set()


class Bus(Protocol):
    """What rooms see of the bus."""

    def publish(self, *events: Event) -> None:
        """Hand events to every subscriber of their type, in order, without waiting."""

    def subscribe(
        self,
        name: str,
        types: tuple[type[Event], ...],
        handler: Handler,
        *,
        limit: int = 1000,
        overflow: Overflow = Overflow.WAIT,
        max_batch: int = 1,
        again: Again | None = None,
    ) -> Subscription:
        """`handler` gets between 1 and `max_batch` events, in order. `again`: see `Subscription`."""

    async def uncongested(self) -> None:
        """Wait until no `WAIT` subscriber is over its limit."""

    async def drain(self) -> None:
        """Wait until every queue is empty and every handler has returned."""

    async def aclose(self) -> None:
        """End all subscriptions."""


class LocalBus:
    """The bus of one process; `RedisBus` puts a relay on top of it."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._tasks = Tasks()
        self.published = 0

    def publish(self, *events: Event) -> None:
        for event in events:
            self.published += 1
            for subscription in tuple(self._subscriptions):
                subscription.offer(event)
        if any(s.closed for s in self._subscriptions):
            self._subscriptions = [s for s in self._subscriptions if not s.closed]

    def subscribe(
        self,
        name: str,
        types: tuple[type[Event], ...],
        handler: Handler,
        *,
        limit: int = 1000,
        overflow: Overflow = Overflow.WAIT,
        max_batch: int = 1,
        again: Again | None = None,
    ) -> Subscription:
        subscription = Subscription(
            name,
            types,
            handler,
            limit=limit,
            overflow=overflow,
            max_batch=max_batch,
            again=again,
        )
        self._subscriptions.append(subscription)
        subscription.task = self._tasks.start(f"bus:{name}", subscription.pump())
        return subscription

    @property
    def congested(self) -> tuple[str, ...]:
        """Names of `WAIT` subscribers that hold the inlet back."""
        return tuple(s.name for s in self._subscriptions if s.overflow is Overflow.WAIT and s.full)

    async def uncongested(self) -> None:
        held_by = ""
        while names := ",".join(self.congested):
            if names != held_by:
                log.warning("the bus holds the inlet back", extra={"subscribers": names})
            held_by = names
            await asyncio.sleep(0.01)

    async def drain(self) -> None:
        while True:
            await asyncio.sleep(0)
            busy = [s for s in self._subscriptions if not s.idle.is_set()]
            if not busy:
                return
            await asyncio.gather(*(s.idle.wait() for s in busy))

    async def aclose(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()
        await self._tasks.aclose()
