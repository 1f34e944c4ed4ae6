"""The bus of several processes: a `LocalBus` and a relay over one Redis stream.

What is published here is delivered here at once, and sent to the others in parcels. A parcel says who sent it
and the number of its first event, so the receiver drops what came twice (a write whose answer was lost is
sent again) and notices what never came. Whoever may have missed something publishes `Resync` to its own
process: consumers then read rows again. Redis being away delays the others; it never stops this process.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from callcenter.kernel.bus import Again, Handler, LocalBus, Overflow, Subscription
from callcenter.kernel.clock import Clock
from callcenter.kernel.codec import Unreadable, decode, encode
from callcenter.kernel.events import Event, Resync
from callcenter.kernel.tasks import Tasks

log = logging.getLogger(__name__)

STREAM = "callcenter:events"
ANSWER_SECONDS = 5.0
READ_BLOCK_MS = 2000  # shorter than ANSWER_SECONDS
PARCEL_EVENTS = 256
PARCELS_PER_READ = 64
OUTBOX_EVENTS = 100_000
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
FAREWELL_SECONDS = 2.0
FIELD = b"p"
Place = tuple[int, int]  # of an entry in the stream: milliseconds and number, as Redis orders them
BEGINNING: Place = (0, 0)


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """Events of one process in their order. `first` is the number of the first of them, from 1."""

    origin: str
    first: int
    events: tuple[tuple[str, bytes], ...]


_parcels = msgspec.msgpack.Encoder()
_opener = msgspec.msgpack.Decoder(Parcel)


class RedisBus:
    """Implements `Bus`. Call `start()` before anything is published."""

    def __init__(self, url: str, clock: Clock, *, stream: str = STREAM, keep_parcels: int = 50_000) -> None:
        self._local = LocalBus()
        self._clock = clock
        self._stream = stream
        self._keep_parcels = keep_parcels
        self._redis: Redis = Redis.from_url(
            url,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._tasks = Tasks()
        self._origin = secrets.token_hex(8)
        self._outbox: deque[tuple[str, bytes]] = deque()
        self._next = 1  # the number of the first event in the outbox
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._seen: dict[str, int] = {}  # by origin, the number of the last event we had
        self._place = BEGINNING
        self._was_away = False
        self.unreadable = 0
        self.resyncs = 0
        self.lost_outgoing = 0

    async def start(self) -> None:
        """Join the stream at its present end. Raises when Redis cannot be reached."""
        _, self._place = await self._ends()
        self._tasks.spawn("redis-bus:send", self._turns("send", self._send))
        self._tasks.spawn("redis-bus:receive", self._turns("receive", self._receive))

    @property
    def published(self) -> int:
        """Events delivered in this process, from here and from others."""
        return self._local.published

    @property
    def congested(self) -> tuple[str, ...]:
        return self._local.congested

    def publish(self, *events: Event) -> None:
        parts = [encode(event) for event in events]  # what cannot travel fails here, at its publisher
        self._local.publish(*events)
        self._outbox.extend(parts)
        while len(self._outbox) > OUTBOX_EVENTS:
            self._forget_first()  # the others see the gap and resync
            self.lost_outgoing += 1
        if parts:
            self._empty.clear()
            self._wake.set()

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
        return self._local.subscribe(
            name,
            types,
            handler,
            limit=limit,
            overflow=overflow,
            max_batch=max_batch,
            again=again,
        )

    async def uncongested(self) -> None:
        await self._local.uncongested()

    async def drain(self) -> None:
        """Wait until the queues of this process are empty; other processes are not waited for."""
        await self._local.drain()

    async def aclose(self) -> None:
        """Send what is left, if Redis takes it in time, and end."""
        if self._outbox:
            try:
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self._empty.wait()
            except TimeoutError:
                log.warning("events were not sent to the others", extra={"events": len(self._outbox)})
        await self._tasks.aclose()
        await self._local.aclose()
        await self._redis.aclose()

    async def _turns(self, name: str, turn: Callable[[], Awaitable[None]]) -> None:
        """Take turns for ever; after a failure pause, longer each time."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await turn()
                pause = FIRST_PAUSE_SECONDS
            except (RedisError, OSError, TimeoutError) as error:
                self._was_away = True
                log.warning("Redis does not answer", extra={"turn": name, "reason": str(error)})
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _send(self) -> None:
        if not self._outbox:
            self._empty.set()
            self._wake.clear()
            await self._wake.wait()
        parcel = Parcel(self._origin, self._next, tuple(islice(self._outbox, PARCEL_EVENTS)))
        await self._redis.xadd(
            self._stream, {FIELD: _parcels.encode(parcel)}, maxlen=self._keep_parcels, approximate=True
        )
        while self._next < parcel.first + len(parcel.events):
            self._forget_first()

    def _forget_first(self) -> None:
        self._outbox.popleft()
        self._next += 1

    async def _receive(self) -> None:
        await self._local.uncongested()
        if self._was_away:
            await self._find_place_again()
        start = self._place
        entries = await self._read()
        for place, fields in entries:
            self._open(fields.get(FIELD, b""))
            self._place = place
        if len(entries) >= min(PARCELS_PER_READ, self._keep_parcels):
            await self._look_for_trimmed(start)

    async def _read(self) -> list[tuple[Place, dict[bytes, bytes]]]:
        place = f"{self._place[0]}-{self._place[1]}"
        # Any: the client types every answer of every protocol version at once
        streams: Any = await self._redis.xread(
            {self._stream: place}, count=PARCELS_PER_READ, block=READ_BLOCK_MS
        )
        return [(_place(entry), fields) for _, entries in streams or () for entry, fields in entries]

    async def _find_place_again(self) -> None:
        """After a pause: is this still the stream we knew, and does it hold what we have not read?"""
        first, last = await self._ends()
        self._was_away = False
        if last < self._place:
            self._resync("Redis came back without the stream")
            self._place = BEGINNING
        elif BEGINNING < self._place < first:
            self._resync("the stream was trimmed while Redis was away from us")

    async def _look_for_trimmed(self, start: Place) -> None:
        first, _ = await self._ends()
        if BEGINNING < start < first:
            self._resync("the stream was trimmed before we had read it")

    async def _ends(self) -> tuple[Place, Place]:
        """The first entry that is still there and the last that ever was; `BEGINNING` when there is none."""
        try:
            found = await self._redis.xinfo_stream(self._stream)
        except ResponseError:  # no such stream yet
            return BEGINNING, BEGINNING
        first = found["first-entry"]
        return (_place(first[0]) if first else BEGINNING), _place(found["last-generated-id"])

    def _open(self, body: bytes) -> None:
        """Deliver a parcel here, without what came before."""
        try:
            parcel = _opener.decode(body)
        except msgspec.MsgspecError:
            self.unreadable += 1
            return
        if parcel.origin == self._origin:
            return
        end = parcel.first + len(parcel.events)
        had = self._seen.get(parcel.origin, parcel.first - 1)
        self._seen[parcel.origin] = max(had, end - 1)
        if parcel.first > had + 1:
            self._resync("another process dropped events")
        self._local.publish(*self._events(parcel.events[max(0, had + 1 - parcel.first) :]))

    def _events(self, parts: tuple[tuple[str, bytes], ...]) -> Iterator[Event]:
        for name, body in parts:
            try:
                yield decode(name, body)
            except Unreadable as error:
                self.unreadable += 1
                log.warning("an event of another version", extra={"reason": str(error)})

    def _resync(self, reason: str) -> None:
        self.resyncs += 1
        log.warning("events may have been missed", extra={"reason": reason})
        self._local.publish(Resync(at=self._clock.now()))


def _place(entry_id: bytes) -> Place:
    milliseconds, _, number = entry_id.decode().partition("-")
    return int(milliseconds), int(number)
