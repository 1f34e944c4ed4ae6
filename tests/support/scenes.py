"""A telephone world behind an AMI link, for tests that run on the simulator and on a real Asterisk alike."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from callcenter.ami.connection import AmiTiming
from callcenter.ami.link import AmiLink, AmiUsers
from callcenter.ami.simulator.service import Simulator
from callcenter.ami.simulator.timeline import LiveTimeline
from callcenter.calls.facts import Fact
from callcenter.kernel.clock import Clock, SystemClock
from callcenter.kernel.tasks import Tasks
from callcenter.lab.numbering import Scenario, number_for

F = TypeVar("F", bound=Fact)

QUEUE = "support"
OUR_NUMBER = "+74955500100"


_SCENARIOS = {
    "answers": Scenario.PERSON,
    "busy": Scenario.BUSY,
    "rings-out": Scenario.NO_ANSWER,
    "rejected": Scenario.REJECT,
    "invalid": Scenario.UNALLOCATED,
    "congested": Scenario.CONGESTION,
}


class Heard:
    """The facts of a link in order, and ways to wait for one."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._more = asyncio.Event()

    def take(self, fact: Fact) -> None:
        self.facts.append(fact)
        self._more.set()

    async def until(
        self,
        kind: type[F],
        suits: Callable[[F], bool] = lambda _: True,
        *,
        since: int = 0,
        seconds: float = 12,
    ) -> F:
        """The first fact of this kind that suits; facts before `since` do not count."""
        seen = since
        async with asyncio.timeout(seconds):
            while True:
                for fact in self.facts[seen:]:
                    if isinstance(fact, kind) and suits(fact):
                        return fact
                seen = len(self.facts)
                self._more.clear()
                await self._more.wait()

    def of(self, kind: type[F], leg_id: str) -> list[F]:
        """The facts of this kind about one leg."""
        return [f for f in self.facts if isinstance(f, kind) and getattr(f, "leg_id", None) == leg_id]

    def about(self, leg_id: str) -> list[Fact]:
        """Everything said about one leg."""
        return [f for f in self.facts if getattr(f, "leg_id", None) == leg_id]

    def position(self, fact: Fact) -> int:
        """Where this very fact stands."""
        return next(i for i, one in enumerate(self.facts) if one is fact)


class Scene(Protocol):
    """The far ends, and the line to Asterisk."""

    agent_id: int
    trunk: str
    clock: Clock
    tells_sip_codes: bool  # Asterisk 20 keeps them to itself; there the cause decides

    @property
    def users(self) -> AmiUsers: ...

    def number(self, what: str) -> str:
        """Dialled, it does this: answers, busy, rings-out, invalid, rejected, congested."""

    async def call_in(self, number: str) -> None:
        """A customer calls `OUR_NUMBER`."""

    async def caller_hangs_up(self, leg_id: str) -> None:
        """The far end of a customer's leg says BYE."""

    async def agent_hangs_up(self, leg_id: str) -> None:
        """The agent's phone says BYE."""

    async def cut(self) -> None:
        """The AMI connections break; calls go on."""


class SimulatedScene:
    """The simulator's far ends."""

    agent_id = 1
    trunk = "carrier"
    tells_sip_codes = True

    def __init__(self, simulator: Simulator, clock: Clock) -> None:
        self.simulator = simulator
        self.clock = clock

    @property
    def users(self) -> AmiUsers:
        return self.simulator.users

    def number(self, what: str) -> str:
        return number_for(_SCENARIOS[what], prefix="+493055", ring_seconds=0.5)

    async def call_in(self, number: str) -> None:
        self.simulator.switch.call_in(number, OUR_NUMBER)

    async def caller_hangs_up(self, leg_id: str) -> None:
        self.simulator.switch.far_end_hangs_up(leg_id)

    async def agent_hangs_up(self, leg_id: str) -> None:
        self.simulator.switch.far_end_hangs_up(leg_id)

    async def cut(self) -> None:
        self.simulator.cut()


@asynccontextmanager
async def simulated_scene() -> AsyncIterator[SimulatedScene]:
    """A simulator with one registered phone, in real time."""
    timeline = LiveTimeline(SystemClock())
    dice = random.Random(7)  # noqa: S311 - seeded
    numbers = {OUR_NUMBER.lstrip("+"): (QUEUE, "en")}
    simulator = Simulator(timeline=timeline, random=dice, numbers=numbers)
    await simulator.start()
    try:
        simulator.switch.register(1)
        yield SimulatedScene(simulator, timeline)
    finally:
        await simulator.stop()


@asynccontextmanager
async def linked(scene: Scene, heard: Heard, timing: AmiTiming | None = None) -> AsyncIterator[AmiLink]:
    """A live link to the scene's Asterisk."""
    tasks = Tasks()
    dice = random.Random(3)  # noqa: S311 - seeded
    link = AmiLink(scene.users, sink=heard.take, clock=scene.clock, random=dice, timing=timing)
    tasks.spawn("link", link.run())
    try:
        async with asyncio.timeout(20):
            await link.wait_live()
        yield link
    finally:
        await tasks.aclose()
