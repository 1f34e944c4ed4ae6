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
from callcenter.demo.company import COLLEAGUES, CUSTOMERS, LINES, PAUSES, PEOPLE
from callcenter.kernel.auth import User
from callcenter.kernel.bus import Bus, Overflow
from callcenter.kernel.clock import Clock
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks
from callcenter.lab.carrier import Caller, place
from callcenter.pbx.instance import Instance
from callcenter.queues.models import QueueMember
from crm.contacts.models import ContactNumber

DISPOSITIONS = ("resolved", "resolved", "resolved", "callback", "sale", "other")
CALL_EVERY_SECONDS = (12.0, 28.0)  # six colleagues keep up with this, just
STRANGERS = 0.12
REGULARS = 300  # those with a past in the seeded week
FIRST_CALL_SECONDS = 4.0
# after a person has become ready: soon for the first time, later with a moment to look around
CALL_A_PERSON_SECONDS = ((3.0, 6.0), (8.0, 20.0))


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
    """People from the contacts, and strangers, who call the company's numbers.

    They call by themselves at an uneven pace, and whoever tries the demo gets a call soon after they are
    ready: first from those whose card has something to tell.
    """

    def __init__(self, database: Database, carrier: Instance, bus: Bus, tasks: Tasks, random: Random) -> None:
        self._database = database
        self._carrier = carrier
        self._bus = bus
        self._tasks = tasks
        self._random = random
        self._lines: dict[int, list[str]] = {}  # numbers that lead to each person's queues
        self._languages: dict[int, str] = {}
        self._ready: dict[int, AgentStateChanged] = {}
        self._called: dict[int, int] = {}  # calls made for each person since the start

    async def meet(self, session: AsyncSession) -> None:
        """Find those who try the demo, and what they can be called about."""
        people = {person.login: person for person in PEOPLE if person.shown and person.extension}
        numbers = {line.name: line.number for line in LINES}
        rows = await session.execute(
            select(Agent.id, User.login, QueueMember.queue)
            .join(User, User.id == Agent.user_id)
            .join(QueueMember, QueueMember.agent_id == Agent.id)
            .where(User.login.in_(people))
            .order_by(QueueMember.queue)
        )
        for agent_id, login, queue in rows.all():
            self._languages[agent_id] = people[login].language
            if queue in numbers:
                self._lines.setdefault(agent_id, []).append(numbers[queue])

    async def receive(self, events: Sequence[Event]) -> None:
        """Somebody has become ready: let them have a call."""
        for event in events:
            if not isinstance(event, AgentStateChanged) or event.agent_id not in self._lines:
                continue
            self._ready.pop(event.agent_id, None)
            if event.state is State.READY:
                self._ready[event.agent_id] = event
                self._tasks.spawn("demo: a call for a person", self._call_person(event))

    async def _call_person(self, became_ready: AgentStateChanged) -> None:
        agent_id = became_ready.agent_id
        made = self._called.get(agent_id, 0)
        await asyncio.sleep(self._random.uniform(*CALL_A_PERSON_SECONDS[min(made, 1)]))
        if self._ready.get(agent_id) is not became_ready:
            return
        self._called[agent_id] = made + 1
        known = [c.number for c in CUSTOMERS if c.language == self._languages[agent_id]]
        number = known[made] if made < len(known) else await self._somebody()
        self._place(number, self._random.choice(self._lines[agent_id]))

    async def call(self) -> None:
        """For ever, at an uneven pace."""
        self._bus.subscribe(
            "demo.customers", (AgentStateChanged,), self.receive, overflow=Overflow.DROP_OLDEST
        )
        await asyncio.sleep(FIRST_CALL_SECONDS * 2)
        while True:
            line = self._random.choice((*LINES, LINES[0], LINES[1]))
            self._place(await self._somebody(), line.number)
            await asyncio.sleep(self._random.uniform(*CALL_EVERY_SECONDS))

    def _place(self, number: str, to: str) -> None:
        place(self._carrier, Caller(number=number, to=to, talk_seconds=self._random.randint(25, 110)))

    async def _somebody(self) -> str:
        if self._random.random() < STRANGERS:
            return f"+7916555{self._random.randint(0, 9999):04d}"
        async with self._database.read() as session:
            numbers = list(
                await session.scalars(
                    select(ContactNumber.number)
                    .order_by(ContactNumber.id)
                    .offset(len(CUSTOMERS))
                    .limit(REGULARS)
                )
            )
        return self._random.choice(numbers)
