"""Life in the demo company: colleagues with desk phones who work by themselves, customers who call.

Colleagues press the same buttons as people do: they send commands to the floor over the bus.
"""

import asyncio
import secrets
from collections.abc import Sequence
from random import Random

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.events import AgentStateChanged, CommandIssued
from callcenter.agents.machine import State
from callcenter.agents.models import Agent
from callcenter.calls.events import FloorKnown
from callcenter.demo.company import COLLEAGUES, LINES, PAUSES
from callcenter.kernel.auth import User
from callcenter.kernel.bus import Bus, Overflow
from callcenter.kernel.clock import Clock
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks
from callcenter.lab.carrier import Caller, place
from callcenter.pbx.instance import Instance
from crm.contacts.models import ContactNumber

DISPOSITIONS = ("resolved", "resolved", "resolved", "callback", "sale", "other")
CALL_EVERY_SECONDS = (6.0, 22.0)
STRANGERS = 0.12
REGULARS = 300  # those with a past in the seeded week
FIRST_CALL_SECONDS = 4.0


class Colleagues:
    """The demo's agents with desk phones."""

    def __init__(self, bus: Bus, clock: Clock, tasks: Tasks, random: Random) -> None:
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._random = random
        self._users: dict[int, int] = {}

    async def hire(self, session: AsyncSession) -> None:
        """Find them in the rows that the seed made."""
        logins = [person.login for person in COLLEAGUES]
        rows = await session.execute(
            select(Agent.id, Agent.user_id).join(User, User.id == Agent.user_id).where(User.login.in_(logins))
        )
        self._users = dict(rows.all())

    async def work(self) -> None:
        """Begin the shift when the telephones are there, then react."""
        self._bus.subscribe(
            "demo.colleagues",
            (AgentStateChanged, FloorKnown),
            self.receive,
            overflow=Overflow.DROP_OLDEST,
        )
        await asyncio.sleep(FIRST_CALL_SECONDS)
        for agent_id in self._users:
            self._press(agent_id, "start_shift")
            await asyncio.sleep(0.5)

    async def receive(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, AgentStateChanged) and event.agent_id in self._users:
                self._tasks.spawn("demo: a colleague acts", self._act(event))

    async def _act(self, event: AgentStateChanged) -> None:
        match event.state:
            case State.RINGING:
                await asyncio.sleep(self._random.uniform(1.5, 6.0))
                self._press(event.agent_id, "answer")
            case State.WRAPUP:
                await asyncio.sleep(self._random.uniform(4.0, 20.0))
                self._press(
                    event.agent_id,
                    "finish",
                    call_id=event.call_id,
                    disposition=self._random.choice(DISPOSITIONS),
                )
            case State.READY if self._random.random() < 0.08:
                self._press(event.agent_id, "set_paused", reason=self._random.choice(PAUSES)[0])
            case State.PAUSED | State.NOT_RESPONDING if event.reason != "starting":
                await asyncio.sleep(self._random.uniform(20.0, 90.0))
                self._press(event.agent_id, "set_ready")
            case _:
                return

    def _press(self, agent_id: int, verb: str, **arguments: str) -> None:
        self._bus.publish(
            CommandIssued(
                at=self._clock.now(),
                command_id=f"demo:{secrets.token_hex(6)}",
                agent_id=agent_id,
                user_id=self._users[agent_id],
                verb=verb,
                args=arguments,
            )
        )


class Customers:
    """People from the contacts, and strangers, who call the company's numbers."""

    def __init__(self, database: Database, carrier: Instance, random: Random) -> None:
        self._database = database
        self._carrier = carrier
        self._random = random

    async def call(self) -> None:
        """For ever, at an uneven pace."""
        await asyncio.sleep(FIRST_CALL_SECONDS * 2)
        while True:
            number = await self._somebody()
            line = self._random.choice((*LINES, LINES[0], LINES[1]))
            place(
                self._carrier,
                Caller(number=number, to=line.number, talk_seconds=self._random.randint(25, 110)),
            )
            await asyncio.sleep(self._random.uniform(*CALL_EVERY_SECONDS))

    async def _somebody(self) -> str:
        if self._random.random() < STRANGERS:
            return f"+7916555{self._random.randint(0, 9999):04d}"
        async with self._database.read() as session:
            numbers = list(
                await session.scalars(select(ContactNumber.number).order_by(ContactNumber.id).limit(REGULARS))
            )
        return self._random.choice(numbers)
