"""Real Asterisks for tests: the contact centre's, the carrier's, and phones, on free loopback ports.

Plain functions and context managers; `tests/live/conftest.py` makes session fixtures of them.
"""

import asyncio
import os
import random
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import aiohttp
import pytest

from callcenter.ami.connection import AmiAddress, AmiConnection, Listening
from callcenter.ami.link import AmiUsers
from callcenter.ami.message import Headers, text
from callcenter.kernel.clock import Clock, SystemClock
from callcenter.kernel.tasks import Tasks
from callcenter.lab.carrier import Caller, CarrierConfig, Phone, PhonesConfig, phones, place
from callcenter.lab.numbering import Scenario, number_for
from callcenter.lab.pair import CARRIER_TRUNK, running, running_pair
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.config import LOOPBACK, InboundNumber, PbxConfig, Ports, QueueConfig
from callcenter.pbx.fetch import find
from callcenter.pbx.instance import Instance

QUEUE = "support"
OUR_NUMBER = "+74955500100"
SECOND_NUMBER = "+74955500200"
CALLER = "+74951112233"
PHONE_SECRET = "lab-phone-secret"


@lru_cache(maxsize=1)
def asterisk() -> Asterisk:
    """The machine's Asterisk; unpacked at the first use ever, a minute."""
    return find(os.environ)


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody listens on now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def free_ports(role: str) -> Ports:
    """Ports for one more instance. Asterisk itself passes over media ports that are taken."""
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    return Ports(
        sip=free_port(udp),
        ami=free_port(tcp),
        http=free_port(tcp) if role == "pbx" else 0,
        rtp=20000,
        rtp_end=31999,
        settings=f"CALLCENTER_TEST_{role.upper()}",
    )


USUAL = PbxConfig(
    queues=(QueueConfig(name=QUEUE), QueueConfig(name="sales")),
    numbers=(
        InboundNumber(number=OUR_NUMBER, queue=QUEUE),
        InboundNumber(number=SECOND_NUMBER, queue="sales", language="ru", record=False),
    ),
    trunks=(),
)


@asynccontextmanager
async def pbx_and_carrier(
    root: Path, config: PbxConfig = USUAL, lab: CarrierConfig | None = None
) -> AsyncIterator[tuple[Instance, Instance]]:
    """A pair of our own."""
    ports = (free_ports("pbx"), free_ports("carrier"))
    async with running_pair(root, asterisk(), config, lab or CarrierConfig(), ports=ports) as pair:
        yield pair


@asynccontextmanager
async def registered_phones(
    root: Path, pbx: Instance, agent_ids: Sequence[int], *, ring_seconds: float = 0.0
) -> AsyncIterator[Instance]:
    """Phones `agent<id>` that answer by themselves and speak, provisioned and registered at the pbx."""
    await push_agents(pbx, agent_ids)
    known = [Phone(username=f"agent{agent}", password=PHONE_SECRET) for agent in agent_ids]
    config = PhonesConfig(phones=known, pbx_port=pbx.ports.sip, ring_seconds=ring_seconds)
    async with running(phones(root / "phones", asterisk(), config, free_ports("phones"))) as made:
        await until(lambda: _registered(pbx, len(known)), seconds=15)
        yield made


async def _registered(pbx: Instance, count: int) -> bool:
    return (await pbx.cli("pjsip show contacts")).count("agent") >= count


async def push_agents(pbx: Instance, agent_ids: Sequence[int]) -> None:
    """SIP phones of agents by ARI's push configuration, as the service does it."""
    headers = {"Authorization": aiohttp.encode_basic_auth("callcenter", pbx.secrets.ari)}
    base = f"http://{LOOPBACK}:{pbx.ports.http}/ari/asterisk/config/dynamic/res_pjsip"
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=10)) as session:
        for agent in agent_ids:
            name = f"agent{agent}"
            for kind, values in _phone_objects(name).items():
                fields = [{"attribute": key, "value": value} for key, value in values.items()]
                async with session.put(f"{base}/{kind}/{name}", json={"fields": fields}) as answer:
                    assert answer.status == 200, await answer.text()


def _phone_objects(name: str) -> dict[str, dict[str, str]]:
    return {
        "auth": {"auth_type": "userpass", "username": name, "password": PHONE_SECRET},
        "aor": {"max_contacts": "1", "remove_existing": "yes"},
        "endpoint": {
            "context": "from-agent",
            "transport": "udp",
            "allow": "!all,ulaw",
            "direct_media": "no",
            "auth": name,
            "aors": name,
        },
    }


async def until(holds: Callable[[], object], *, seconds: float = 10.0, every: float = 0.1) -> None:
    """Wait until `holds()` (or what it awaits to) is true."""
    async with asyncio.timeout(seconds):
        while True:
            value = holds()
            if asyncio.iscoroutine(value):
                value = await value
            if value:
                return
            await asyncio.sleep(every)


def users(instance: Instance) -> AmiUsers:
    """The two AMI users of an instance."""
    made = {
        name: AmiAddress(host=LOOPBACK, port=instance.ports.ami, username=name, secret=secret)
        for name, secret in (("events", instance.secrets.events), ("actions", instance.secrets.actions))
    }
    return AmiUsers(events=made["events"], actions=made["actions"])


@dataclass(slots=True)
class Ami:
    """Raw AMI of one instance: what it says, in order, and what it is told."""

    actions: AmiConnection
    heard: list[Headers] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: Headers) -> None:
        self.heard.append(event)
        self.more.set()

    async def until(self, name: str, *, since: int = 0, seconds: float = 15.0, **wanted: str) -> Headers:
        """The first event of this name (a UserEvent by its own name) whose headers are as wanted."""
        seen = since
        async with asyncio.timeout(seconds):
            while True:
                for event in self.heard[seen:]:
                    if name in (text(event, "Event"), text(event, "UserEvent")) and _suits(event, wanted):
                        return event
                seen = len(self.heard)
                self.more.clear()
                await self.more.wait()

    def names(self, **wanted: str) -> list[str]:
        """The names of the events heard about one thing."""
        return [text(e, "UserEvent") or text(e, "Event") for e in self.heard if _suits(e, wanted)]

    async def act(self, action: str, **headers: str) -> Headers:
        return await self.actions.act(action, *headers.items())

    async def beat(self, seconds_ahead: int = 3600) -> None:
        """The service is here (for so long)."""
        epoch = int(SystemClock().now().timestamp()) + seconds_ahead
        await self.act("Setvar", Variable="CC_BEAT", Value=str(epoch))

    async def dial(
        self, leg: str, number: str, *, exten: str = "answered", seconds: int = 20, **variables: str
    ) -> None:
        """A leg through the carrier into `cc-outbound`."""
        await self.originate(
            leg, f"PJSIP/{number}@{CARRIER_TRUNK}", "cc-outbound", exten, seconds=seconds, variables=variables
        )

    async def originate(
        self,
        leg: str,
        channel: str,
        context: str,
        exten: str,
        *,
        seconds: int = 20,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        headers = [
            *(("Channel", channel), ("Context", context), ("Exten", exten), ("Priority", "1")),
            *(("ChannelId", leg), ("Async", "true"), ("Timeout", str(seconds * 1000))),
            *(("Variable", f"{name}={value}") for name, value in (variables or {}).items()),
        ]
        await self.actions.act("Originate", *headers)

    async def bridge(self, one: str, two: str) -> None:
        """As the service does: marked as served first."""
        await self.act("Setvar", Channel=one, Variable="CC_SERVED", Value="1")
        await self.act("Bridge", Channel1=one, Channel2=two)

    async def hang_up(self, leg: str) -> None:
        await self.act("Hangup", Channel=leg, Cause="16")


def _suits(event: Headers, wanted: Mapping[str, str]) -> bool:
    return all(text(event, name) == value for name, value in wanted.items())


@asynccontextmanager
async def ami(instance: Instance) -> AsyncIterator[Ami]:
    """Both AMI users of an instance, listening to everything that it lets through."""
    known = users(instance)
    dice = random.Random(5)  # noqa: S311 - a test's dice
    actions = AmiConnection(known.actions, random=dice)
    made = Ami(actions)
    events = AmiConnection(known.events, random=dice, listening=Listening(on_event=made.take))
    tasks = Tasks()
    tasks.spawn("test: ami actions", actions.run())
    tasks.spawn("test: ami events", events.run())
    try:
        async with asyncio.timeout(10):
            await actions.wait_up()
            await events.wait_up()
        yield made
    finally:
        await tasks.aclose()


_WHATS = {
    "answers": Scenario.PERSON,
    "busy": Scenario.BUSY,
    "rings-out": Scenario.NO_ANSWER,
    "invalid": Scenario.UNALLOCATED,
    "rejected": Scenario.REJECT,
    "congested": Scenario.CONGESTION,
}


class RealScene:
    """The far ends of `tests.support.scenes.Scene` on real parts."""

    agent_id = 1
    trunk = CARRIER_TRUNK

    def __init__(self, pbx: Instance, carrier: Instance, agents_phones: Instance) -> None:
        self.clock: Clock = SystemClock()
        self.pbx = pbx
        self.tells_sip_codes = pbx.asterisk.version >= (22, 0, 0)
        self._carrier = carrier
        self._phones = agents_phones

    @property
    def users(self) -> AmiUsers:
        return users(self.pbx)

    def number(self, what: str) -> str:
        return number_for(_WHATS[what])

    async def call_in(self, number: str) -> None:
        place(self._carrier, Caller(number=number, to=OUR_NUMBER, talk_seconds=60))

    async def caller_hangs_up(self, leg_id: str) -> None:
        await _hang_up_all(self._carrier, leg_id)

    async def agent_hangs_up(self, leg_id: str) -> None:
        await _hang_up_all(self._phones, leg_id)

    async def cut(self) -> None:
        for row in (await self.pbx.cli("manager show connected")).splitlines():
            session = re.match(r"\s*(?:events|actions)\s+\S+\s+\d+\s+\d+\s+(\d+)\s", row)
            if session:
                said = await self.pbx.cli(f"manager kick session {session[1]}")
                if "No such command" in said:
                    pytest.skip("this Asterisk cannot end AMI sessions")


async def _hang_up_all(instance: Instance, leg_id: str) -> None:
    """The far end has one call at a time in a scene."""
    await instance.cli("channel request hangup all")


@asynccontextmanager
async def real_scene(root: Path) -> AsyncIterator[RealScene]:
    """A pair and one registered phone."""
    config = replace(USUAL, numbers=(InboundNumber(number=OUR_NUMBER, queue=QUEUE),))
    async with AsyncExitStack() as stack:
        pbx, carrier = await stack.enter_async_context(pbx_and_carrier(root, config))
        agents_phones = await stack.enter_async_context(registered_phones(root, pbx, (1,)))
        yield RealScene(pbx, carrier, agents_phones)
