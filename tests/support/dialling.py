"""A floor with an engine on it, and a way to kill it between any two steps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from typing_extensions import override

from callcenter.agents.bench import Outside
from callcenter.agents.machine import State, Trigger
from callcenter.agents.roster import AgentProfile, LegMode, LegState, PhoneKind, Roster
from callcenter.calls import events as e
from callcenter.calls.stage import Stage
from callcenter.dialer.engine import Desk, Engine, Floor
from callcenter.dialer.hopper import Fence
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Actor, Transactions, Tx
from tests.support.exchange import Exchange


class Killed(BaseException):
    """The process is dead: nothing of it runs any more."""


class Life:
    """Counts the steps a process takes on the outside world and ends it before one of them."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.steps = 0
        self.dead = False
        self._dies_at = dies_at

    def step(self) -> None:
        self.steps += 1
        if self.dead or self.steps == self._dies_at:
            self.dead = True
            raise Killed


class MortalTransactions(Transactions):
    """A step before each transaction and one after its commit."""

    def __init__(self, database: Database, bus: LocalBus, clock: ManualClock, life: Life) -> None:
        super().__init__(database, bus, clock)
        self._life = life

    @override
    @asynccontextmanager
    async def begin(self, actor: Actor) -> AsyncIterator[Tx]:
        self._life.step()
        async with super().begin(actor) as tx:
            yield tx
        self._life.step()


class MortalExchange(Exchange):
    """One process's connection to a shared exchange: a step before and after each command."""

    def __init__(self, shared: Exchange, life: Life) -> None:
        self.__dict__ = shared.__dict__  # the same channels, the same scripts
        self._life_of_process = life

    @override
    async def dial_out(self, leg_id: str, number: str, **options: object) -> None:
        self._life_of_process.step()
        await Exchange.dial_out(self, leg_id, number, **options)  # type: ignore[arg-type]
        self._life_of_process.step()


class TestDesk(Desk):
    """Joins at once, as the real desk does with nailed legs."""

    __test__ = False

    def __init__(self, roster: Roster, exchange: Exchange, tasks: Tasks) -> None:
        self._roster = roster
        self._exchange = exchange
        self._tasks = tasks
        self.connected: list[tuple[int, str]] = []

    @override
    def connect(self, agent_id: int, call_id: str, leg_id: str, campaign_id: int) -> None:
        self.connected.append((agent_id, call_id))
        agent_leg = self._roster.get(agent_id).leg_id
        self._tasks.spawn("desk:bridge", self._exchange.bridge(leg_id, agent_leg))

    def on_event(self, event: Event) -> None:
        match event:
            case e.AgentLegUp():
                session = self._roster.get(event.agent_id)
                session.leg, session.leg_id = LegState.UP, event.leg_id
                if session.state is State.OFFLINE:
                    self._roster.move(session, Trigger.START)
                    self._roster.move(session, Trigger.READY)
            case e.AgentLegDown():
                self._roster.get(event.agent_id).leg = LegState.DOWN
            case e.CallConnected():
                session = self._roster.get(event.agent_id)
                if session.state is State.READY:
                    self._roster.move(session, Trigger.CONNECT, call_id=event.call_id)
            case e.CallDisconnected():
                session = self._roster.get(event.agent_id)
                if session.state is State.TALKING:
                    self._roster.move(session, Trigger.END)
                    self._roster.move(session, Trigger.FINISH)
            case _:
                return


class DiallingFloor:
    """One process: stage, roster, desk, engine. `run` lets simulated time pass."""

    def __init__(self, transactions: Transactions, exchange: Exchange, clock: ManualClock, name: str) -> None:
        self.waiting: dict[str, int] = {}  # callers by queue
        self.queues: dict[int, dict[str, int]] = {}  # of agents
        self.clock = clock
        self.exchange = exchange
        self.tasks = Tasks()
        self.events: list[Event] = []
        self.stage = Stage(transactions.bus)
        self.roster = Roster(self.stage, clock)
        self.desk = TestDesk(self.roster, exchange, self.tasks)
        self.engine = Engine(
            Floor(
                self.stage,
                self.roster,
                exchange,
                self.tasks,
                Outside(trunk="company", caller_id=""),
                callers_waiting=lambda: self.waiting,
            ),
            transactions,
            Fence(1, name),
        )
        self.engine.attach(self.desk)
        self.stage.listen(self.events.append)
        self.stage.listen(self.desk.on_event)
        self.stage.listen(self.engine.on_event)

    async def start(self, agents: dict[int, frozenset[int]]) -> None:
        """Load agents with their campaigns, read rows, connect to the exchange."""
        self.roster.load(
            AgentProfile(
                agent_id=agent_id,
                user_id=agent_id,
                name=f"Agent {agent_id}",
                extension=str(agent_id),
                phone=PhoneKind.BROWSER,
                leg_mode=LegMode.NAILED,
                queues=self.queues.get(agent_id, {}),
                campaigns=campaigns,
            )
            for agent_id, campaigns in agents.items()
        )
        await self.engine.start()
        self.exchange.attach(self.stage)
        for agent_id in agents:
            if not self.exchange.agent_leg(agent_id):
                self.exchange.add_agent(agent_id)
        await self.settle()

    async def settle(self) -> None:
        """Until nothing of this process is under way."""
        while running := tuple(self.tasks._tasks):
            await asyncio.wait(running)

    async def run(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass: the exchange acts, the engine ticks, tasks finish."""
        end = self.clock.now().timestamp() + seconds
        while self.clock.now().timestamp() < end:
            self.clock.advance(step)
            self.exchange.run()
            await self.settle()
            self.engine.tick()
            await self.settle()

    async def kill(self) -> None:
        """Nothing is said, nothing is written."""
        self.exchange.detach()
        await self.tasks.aclose()
