"""A campaign on a real Asterisk and the lab's carrier, with agents who talk and finish by themselves.

`world` starts the telephone network and the rows; `World.floor` is one process of ours, which can be killed
and started again while the calls go on.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select

from callcenter.agents import queries as agent_queries
from callcenter.agents.desk import Outside
from callcenter.agents.machine import State
from callcenter.agents.models import Agent
from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.ami.provision import Provisioner
from callcenter.calls import events as e
from callcenter.calls.facts import LegKind
from callcenter.dialer.models import Attempt, Campaign, CampaignAgent
from callcenter.dialer.rules.words import Purpose
from callcenter.dialer.states import Mode, Outcome
from callcenter.floor import Floor, FloorSettings
from callcenter.kernel.auth import Role, User
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event
from callcenter.kernel.lease import LocalLease
from callcenter.kernel.tx import Transactions
from callcenter.lab.carrier import CarrierConfig, Phone, PhonesConfig, phones
from callcenter.lab.numbering import Mix, Scenario
from callcenter.lab.pair import running
from callcenter.migrations.run import migrate
from callcenter.pbx.config import PbxConfig
from callcenter.pbx.instance import Instance
from tests.support.asterisk import PHONE_SECRET, asterisk, free_ports, pbx_and_carrier, until, users
from tests.support.factories.dialer import make_campaign, make_lead

ENDINGS = {
    Scenario.PERSON: {Outcome.ANSWERED, Outcome.DROPPED},
    Scenario.BUSY: {Outcome.BUSY},
    Scenario.NO_ANSWER: {Outcome.NO_ANSWER},
    Scenario.REJECT: {Outcome.REJECTED},
    Scenario.UNALLOCATED: {Outcome.INVALID},
    Scenario.UNALLOCATED_SIT: {Outcome.INVALID},
    Scenario.CONGESTION: {Outcome.CONGESTION},
    Scenario.OUT_OF_ORDER: {Outcome.CONGESTION},
    Scenario.GIVES_UP: {Outcome.NO_ANSWER},
}
WEIGHTS = {
    Scenario.PERSON: 40,
    Scenario.NO_ANSWER: 30,
    Scenario.BUSY: 12,
    Scenario.REJECT: 6,
    Scenario.UNALLOCATED: 4,
    Scenario.UNALLOCATED_SIT: 3,
    Scenario.GIVES_UP: 3,
    Scenario.CONGESTION: 2,
}
MIX = Mix(prefix="7", seed=11, weights=WEIGHTS, ring_seconds=(1.0, 6.0), talk_seconds=(600, 900))


def number(index: int) -> str:
    return f"+7495{2_000_000 + index}"


@dataclass(slots=True)
class Watch:
    """What the calls of one process looked like, in seconds of Asterisk's clock."""

    up: dict[str, datetime] = field(default_factory=dict)
    connect: list[float] = field(default_factory=list)  # answer to both in one bridge
    dropped: list[float] = field(default_factory=list)  # answer to the message

    def on_event(self, event: Event) -> None:
        match event:
            case e.LegAnswered(kind=LegKind.CUSTOMER):
                self.up[event.leg_id] = event.at
            case e.CallConnected() if event.call_id in self.up:
                self.connect.append((event.at - self.up[event.call_id]).total_seconds())
            case e.CallDropped() if event.call_id in self.up:
                self.dropped.append((event.at - self.up[event.call_id]).total_seconds())
            case _:
                return


@dataclass(slots=True)
class Process:
    """One floor with its watch, and agents who work on it."""

    floor: Floor
    watch: Watch
    bus: LocalBus

    def busy(self) -> int:
        return sum(1 for s in self.floor.roster.sessions.values() if s.state is State.TALKING)


@dataclass(slots=True)
class World:
    """The telephone network and the rows."""

    url: str
    pbx: Instance
    carrier: Instance
    accounts: Sequence[SipAccount]
    campaign_id: int
    talk_seconds: float
    random: Random

    @asynccontextmanager
    async def process(self, first: Callable[[Event], None] = lambda _event: None) -> AsyncIterator[Process]:
        """A process of ours, with somebody who hears of everything first. Leaving it is its death."""
        database = Database(self.url)
        bus = LocalBus()
        provisioner = Provisioner(
            f"http://127.0.0.1:{self.pbx.ports.http}/ari", "callcenter", self.pbx.secrets.ari
        )

        async def provision(accounts: Sequence[SipAccount]) -> None:
            await provisioner.reconcile(accounts)

        floor = Floor(
            FloorSettings(
                home_region="RU",
                zone=ZoneInfo("Europe/Moscow"),
                outside=Outside(trunk="carrier", caller_id="+74955550100"),
                users=users(self.pbx),
            ),
            transactions=Transactions(database, bus, SystemClock()),
            lease=LocalLease(),
            random=Random(1),  # noqa: S311 - jitter
            provision=provision,
        )
        made = Process(floor, Watch(), bus)
        floor.stage.listen(first)
        floor.stage.listen(made.watch.on_event)
        floor.stage.listen(lambda event: self._talk(floor, event))
        running_floor = asyncio.get_running_loop().create_task(floor.run())
        try:
            yield made
        finally:
            running_floor.cancel()
            with suppress(asyncio.CancelledError):
                await running_floor
            await bus.aclose()
            await database.aclose()

    def _talk(self, floor: Floor, event: Event) -> None:
        """Agents hang up after a while; wrap-up ends by its clock."""
        if isinstance(event, e.CallConnected):
            seconds = min(4 * self.talk_seconds, self.random.expovariate(1 / self.talk_seconds))
            work = self._hang_up(floor, event.agent_id, event.call_id, seconds)
            floor._tasks.spawn("agent:talk", work)

    async def _hang_up(self, floor: Floor, agent_id: int, call_id: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        session = floor.roster.sessions[agent_id]
        if session.call_id == call_id and session.state is State.TALKING:
            await floor.desk.hang_up(session)

    async def begin_shift(self, process: Process) -> None:
        """Every agent is ready with the phone in its loop."""
        roster = process.floor.roster
        ids = [account.agent_id for account in self.accounts]
        await until(
            lambda: all(a in roster.sessions and roster.sessions[a].phone_uri for a in ids), seconds=20
        )
        for agent_id in ids:
            if roster.sessions[agent_id].state is State.OFFLINE:
                process.floor.desk.start_shift(roster.sessions[agent_id])
        await until(lambda: all(roster.sessions[a].leg_id for a in ids), seconds=20)

    async def attempts(self) -> list[Attempt]:
        """Those that were dialled."""
        database = Database(self.url)
        async with database.read() as session:
            placed = select(Attempt).where(Attempt.placed_at.is_not(None)).order_by(Attempt.id)
            found = list(await session.scalars(placed))
            session.expunge_all()
        await database.aclose()
        return found

    async def dialled(self) -> Counter[str]:
        """How often the carrier was called for each number, by its own count."""
        counted: Counter[str] = Counter()
        for line in (await self.carrier.cli("database show lab")).splitlines():
            key, colon, count = line.partition(":")
            if colon and key.strip().startswith("/lab/"):
                counted["+" + key.strip().removeprefix("/lab/")] += int(count.strip())
        return counted


@asynccontextmanager
async def world(
    *,
    agents: int,
    leads: int,
    mode: Mode = Mode.PREDICTIVE,
    talk_seconds: float = 6.0,
    mix: Mix = MIX,
    **values: object,
) -> AsyncIterator[World]:
    """Everything up but our own process."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-campaign-"))
    url = f"sqlite:///{folder}/campaign.db"
    await migrate(url)
    database = Database(url)
    now = SystemClock().now()
    async with database.write() as session:
        for index in range(1, agents + 1):
            user = User(
                login=f"agent{index}",
                name=f"Agent {index}",
                role=Role.AGENT,
                password_hash="",
                created_at=now,
            )
            session.add(user)
            await session.flush()
            session.add(
                Agent(
                    user_id=user.id,
                    extension=str(100 + index),
                    sip_secret=PHONE_SECRET,
                    phone=PhoneKind.SIP,
                    leg_mode=LegMode.NAILED,
                    wrapup_seconds=2,
                )
            )
        await session.flush()
        campaign = await make_campaign(
            session,
            now,
            **{
                "mode": mode,
                "region": "RU",
                "zone": "Europe/Moscow",
                "purpose": Purpose.SERVICE,
                "ring_seconds": 15,
                "wrapup_seconds": 2,
                "caller_id": "+74955550100",
                **values,
            },
        )
        await session.flush()
        ids = list(await session.scalars(select(Agent.id)))
        session.add_all(CampaignAgent(campaign_id=campaign.id, agent_id=agent_id) for agent_id in ids)
        for index in range(leads):
            await make_lead(
                session,
                campaign,
                number(index),
                now,
                region="RU",
                zones=("Europe/Moscow",),
                consent=True,
            )
        campaign_id = campaign.id
    async with database.read() as session:
        accounts = await agent_queries.sip_accounts(session)
    await database.aclose()
    lab = CarrierConfig(mixes=(mix,))
    config = PbxConfig(queues=(), numbers=(), trunks=())
    async with pbx_and_carrier(folder, config, lab) as (pbx, carrier):
        known = [Phone(username=a.name, password=a.secret) for a in accounts]
        speaking = phones(
            folder / "phones",
            asterisk(),
            PhonesConfig(phones=known, pbx_port=pbx.ports.sip),
            free_ports("phones"),
        )
        async with running(speaking):
            yield World(url, pbx, carrier, accounts, campaign_id, talk_seconds, Random(5))  # noqa: S311 - a simulation


async def settled(made: World, campaign_id: int) -> bool:
    """No attempt is open and no lead was left undialled."""
    database = Database(made.url)
    async with database.read() as session:
        campaign = await session.get_one(Campaign, campaign_id)
        assert campaign.id == campaign_id
        open_ones = await session.scalar(select(Attempt.id).where(Attempt.ended_at.is_(None)).limit(1))
    await database.aclose()
    return open_ones is None
