"""The line to one Asterisk: facts in order out of it, commands into it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from callcenter.ami.connection import (
    AmiAddress,
    AmiConnection,
    AmiError,
    AmiLoginRefused,
    AmiTiming,
    Listening,
)
from callcenter.ami.control import AmiControl
from callcenter.ami.decode import DECODED, KNOWN, decode
from callcenter.ami.message import Headers, text
from callcenter.ami.resync import resync
from callcenter.calls.facts import Fact, LinkLost
from callcenter.kernel.clock import Clock
from callcenter.kernel.tasks import Tasks

log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0
_BOOT_SECONDS = 60.0
_MOST_HELD_BACK = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiUsers:
    """The two AMI users: one that only reads events and one that only acts."""

    events: AmiAddress
    actions: AmiAddress


class AmiLink:
    """Owns both connections. `sink` gets every fact, one at a time and in order, from one task.

    When the events connection breaks: `LinkLost`. After it is back and Asterisk's lists are read: `Resynced`,
    then what happened since the reconnection, then live facts. `gate` is awaited before each event.
    """

    def __init__(
        self,
        users: AmiUsers,
        *,
        sink: Callable[[Fact], None],
        clock: Clock,
        random: Random,
        gate: Callable[[], Awaitable[None]] | None = None,
        record: Callable[[bytes], None] | None = None,
        timing: AmiTiming | None = None,
    ) -> None:
        self.events = AmiConnection(
            users.events,
            random=random,
            timing=timing,
            listening=Listening(
                on_event=self._hear,
                on_state=self._turn,
                gate=gate,
                wanted=DECODED | {"FullyBooted"},
                known=KNOWN,
                record=record,
            ),
        )
        self.actions = AmiConnection(users.actions, random=random, timing=timing)
        self.control = AmiControl(self.actions)
        self.malformed: Counter[str] = Counter()
        self.resyncs = 0
        self._sink = sink
        self._clock = clock
        self._tasks = Tasks()
        self.sink_errors = 0
        self._live_event = asyncio.Event()
        self._held_back: list[Fact] = []
        self._booted = asyncio.Event()
        self._resyncing: asyncio.Task[object] | None = None

    @property
    def live(self) -> bool:
        """What we hold is true: connected, resynced, following."""
        return self._live_event.is_set()

    async def run(self) -> None:
        """Keep both connections until cancelled. Raises `AmiLoginRefused` when a user is refused at first."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.actions.run(), name="ami:actions")
                group.create_task(self.events.run(), name="ami:events")
        except* AmiLoginRefused as refused:
            raise AmiLoginRefused(str(refused.exceptions[0])) from refused
        finally:
            await self._tasks.aclose()

    async def wait_live(self) -> None:
        """Wait until the first (or next) resync is done."""
        await self._live_event.wait()

    def _hear(self, headers: Headers) -> None:
        if text(headers, "Event") == "FullyBooted":
            self._booted.set()
        fact = decode(headers, self._count_malformed)
        if fact is None:
            return
        if self.live:
            self._sink(fact)
            return
        self._held_back.append(fact)
        if len(self._held_back) > _MOST_HELD_BACK:
            log.error("too many events while waiting for a resync; starting over")
            self.events.drop()

    def _count_malformed(self, name: str) -> None:
        self.malformed[name] += 1

    def _turn(self, up: bool) -> None:
        if self._resyncing is not None:
            self._resyncing.cancel()
            self._resyncing = None
        if up:
            self._resyncing = self._tasks.start("ami:resync", self._resync())
            return
        was_live = self.live
        self._live_event.clear()
        self._held_back.clear()
        self._booted.clear()
        if was_live:
            self._sink(LinkLost(at=self._clock.now()))

    async def _resync(self) -> None:
        try:
            async with asyncio.timeout(_BOOT_SECONDS):
                await self._booted.wait()
        except TimeoutError:
            log.warning("Asterisk does not say that it has booted; starting over")
            self.events.drop()
            return
        while True:
            await self.actions.wait_up()
            try:
                snapshot = await resync(self.actions, self._clock.now())
            except AmiError as error:
                log.warning("the resync failed and is tried again", extra={"error": repr(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            break
        self.resyncs += 1
        held_back, self._held_back = self._held_back, []
        self._live_event.set()
        # no await from here on: nothing can be heard in between, so order is kept
        for fact in (snapshot, *held_back):
            try:
                self._sink(fact)
            except Exception:  # as with live facts: one bad fact must not cost the others
                self.sink_errors += 1
                log.exception("the sink of facts failed")
