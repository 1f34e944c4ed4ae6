"""Connect time on a real Asterisk: from the customer's answer on the wire to voice both ways.

The customer is a simulated number that answers with a tone, the agent a SIP phone that speaks all the time.
`nailed`: the agent's phone is in its loop already. `rung`: it is called when the customer has answered.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from bench.figures import spread
from bench.wire import Seen, Wire
from callcenter.agents.desk import Outside
from callcenter.agents.machine import State
from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import AgentSession, LegMode
from callcenter.ami.provision import Provisioner
from callcenter.calls.control import Landing
from callcenter.calls.events import CallAnswered
from callcenter.config import Settings
from callcenter.demo import seed
from callcenter.floor import Floor, FloorSettings
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event
from callcenter.kernel.lease import LocalLease
from callcenter.kernel.tx import Transactions
from callcenter.lab.carrier import CarrierConfig, Phone, PhonesConfig, phones
from callcenter.lab.numbering import Scenario, number_for
from callcenter.lab.pair import running, running_pair
from callcenter.migrations.run import migrate
from callcenter.provisioning import wanted
from tests.support.asterisk import asterisk, free_ports, users

PBX_MEDIA = (20000, 23999)
CARRIER_MEDIA = (24000, 27999)
PHONE_MEDIA = (28000, 31999)
NUMBER = number_for(Scenario.TONE, ring_seconds=0.5)
CALL_SECONDS = 8.0
NO_CAMPAIGN = 0  # a real one would bring its own wrap-up between the calls


class Exchange:
    """A floor with one agent, and customers who are dialled one after the other."""

    def __init__(self, floor: Floor, wire: Wire) -> None:
        self.floor = floor
        self.wire = wire
        self._agent: AgentSession | None = None

    def on_event(self, event: Event) -> None:
        """What the dialer's engine does when a customer answers."""
        if isinstance(event, CallAnswered) and self._agent is not None:
            self.floor.desk.connect(self._agent.agent_id, event.call_id, event.leg_id, NO_CAMPAIGN)

    async def measure(self, agent: AgentSession, mode: LegMode, calls: int) -> dict[str, object]:
        """`calls` calls; lost ones had no voice both ways in time."""
        agent.profile = replace(agent.profile, leg_mode=mode, wrapup_seconds=0)
        self._agent = agent
        if mode is LegMode.RUNG and agent.leg_id:
            self.floor.desk.end_shift(agent)
            await until(lambda: agent.state is State.OFFLINE)
            await asyncio.sleep(0.5)
        if agent.state is State.OFFLINE:
            self.floor.desk.start_shift(agent)
        times: list[float] = []
        lost = 0
        for _ in range(calls):
            await until(lambda: agent.state is State.READY and agent.free)
            seen = self.wire.arm()
            leg = f"manual-{agent.agent_id}-{secrets.token_hex(6)}"
            await self.floor.control.dial_out(
                leg,
                NUMBER,
                trunk="carrier",
                caller_id="+74955550100",
                ring_seconds=20,
                landing=Landing.CAMPAIGN,
                variables={},
            )
            with suppress(TimeoutError):
                await until(partial(_heard, seen))
            if seen.answered is not None and seen.both is not None:
                times.append((seen.both - seen.answered) * 1000)
            else:
                lost += 1
            await self.floor.control.hang_up(leg)
            await until(lambda: agent.state is not State.TALKING)
        return {"milliseconds": spread(times), "lost": lost}


async def until(what: Callable[[], object]) -> None:
    """Poll: what is waited for has no event of its own."""
    async with asyncio.timeout(CALL_SECONDS):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def run(calls: int) -> dict[str, object]:
    """Both modes, one after the other, on the same Asterisk."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-bench-"))
    url = f"sqlite:///{folder}/bench.db"
    await migrate(url)
    settings = Settings(database_url=url)
    await seed.fill(settings)
    database = Database(url)
    async with database.read() as session:
        config = await wanted.pbx_config(settings, session)
    accounts = (await seed.colleague_accounts(database))[:1]
    ports = replace(free_ports("pbx"), rtp=PBX_MEDIA[0], rtp_end=PBX_MEDIA[1])
    carrier_ports = replace(free_ports("carrier"), rtp=CARRIER_MEDIA[0], rtp_end=CARRIER_MEDIA[1])
    phone_ports = replace(free_ports("phones"), rtp=PHONE_MEDIA[0], rtp_end=PHONE_MEDIA[1])
    async with AsyncExitStack() as stack:
        pbx, _carrier = await stack.enter_async_context(
            running_pair(folder, asterisk(), config, CarrierConfig(), ports=(ports, carrier_ports))
        )
        known = [Phone(username=a.name, password=a.secret) for a in accounts]
        await stack.enter_async_context(
            running(
                phones(
                    folder / "phones",
                    asterisk(),
                    PhonesConfig(phones=known, pbx_port=ports.sip, sound="tones/tone440"),
                    phone_ports,
                )
            )
        )
        bus = LocalBus()
        transactions = Transactions(database, bus, SystemClock())
        provisioner = Provisioner(f"http://127.0.0.1:{ports.http}/ari", "callcenter", pbx.secrets.ari)
        floor = Floor(
            FloorSettings(
                home_region="RU",
                zone=ZoneInfo("Europe/Moscow"),
                outside=Outside(trunk="carrier", caller_id="+74955550100"),
                users=users(pbx),
            ),
            transactions=transactions,
            lease=LocalLease(),
            random=Random(1),  # noqa: S311 - jitter of reconnections
            provision=_provision(provisioner),
        )
        wire = Wire(
            carrier_sip=carrier_ports.sip,
            customer_media=range(*CARRIER_MEDIA),
            agent_media=range(*PHONE_MEDIA),
            pbx_media=range(*PBX_MEDIA),
        )
        wire.start()
        exchange = Exchange(floor, wire)
        floor.stage.listen(exchange.on_event)
        running_floor = asyncio.create_task(floor.run())  # noqa: TID251 - the benchmark owns its floor
        try:
            agent_id = accounts[0].agent_id
            await until(lambda: agent_id in floor.roster.sessions)
            agent = floor.roster.sessions[agent_id]
            await until(lambda: bool(agent.phone_uri))
            return {
                "nailed": await exchange.measure(agent, LegMode.NAILED, calls),
                "rung": await exchange.measure(agent, LegMode.RUNG, calls),
            }
        finally:
            running_floor.cancel()
            with suppress(asyncio.CancelledError):
                await running_floor
            await bus.aclose()
            await database.aclose()


def _heard(seen: Seen) -> bool:
    return seen.both is not None


def _provision(provisioner: Provisioner) -> Callable[[Sequence[SipAccount]], Awaitable[None]]:
    async def provision(accounts: Sequence[SipAccount]) -> None:
        await provisioner.reconcile(accounts)

    return provision
