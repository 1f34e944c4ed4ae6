"""A floor on the simulated Asterisk, in one process and in a time that moves only when told.

Commands are rendered as AMI and carried out by a session of the simulator; its events are rendered, parsed
and decoded, and reach the floor one turn of the event loop later, as they would over a socket.
"""

import asyncio
import random
from collections.abc import Mapping

from typing_extensions import override

from callcenter.agents.machine import Plan, State
from callcenter.agents.roster import AgentProfile, AgentSession, LegMode, PhoneKind, Presence
from callcenter.ami.connection import AmiAddress, AmiConnection, AmiRefused, AmiTimeout, Sent
from callcenter.ami.control import AmiControl
from callcenter.ami.decode import decode
from callcenter.ami.message import Headers, checked, parse, render, text
from callcenter.ami.resync import resync
from callcenter.ami.simulator.sessions import User, _Session
from callcenter.ami.simulator.switch import Switch
from callcenter.ami.simulator.timeline import ManualTimeline
from callcenter.ami.simulator.wire import Pairs
from callcenter.ami.simulator.world import BUSY, UNALLOCATED, Answers, Outcome, RingsOut
from callcenter.calls import facts as f
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.events import Event
from callcenter.queues.distributor import QueuePolicy
from tests.support.switchboard import Floor

SUPPORT, SALES = "4955500100", "4955500200"
CUSTOMER = "+4930555111"
NUMBERS: Mapping[str, tuple[str, str]] = {SUPPORT: ("support", "en"), SALES: ("sales", "en")}
QUEUES = (QueuePolicy(name="support", title="Support"), QueuePolicy(name="sales", title="Sales"))
STEP_SECONDS = 0.25


BUSY_NUMBER, SILENT_NUMBER, NO_NUMBER, GOOD_NUMBER = (f"+49305555{n}" for n in (570, 571, 573, 500))
_OUTCOMES: Mapping[str, Outcome] = {BUSY_NUMBER: BUSY, SILENT_NUMBER: RingsOut(), NO_NUMBER: UNALLOCATED}


def _outcome(number: str) -> Outcome:
    return _OUTCOMES.get(number, Answers(after_seconds=0.5))


async def settle() -> None:
    """Let commands, and what they cause, come to an end."""
    for _ in range(20):
        await asyncio.sleep(0)


class _Answers:
    """The writing half of a session that nobody reads: the answers, in order."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.blocks.extend(block for block in data.split(b"\r\n\r\n") if block)

    def close(self) -> None:
        return


class _Given(Sent):
    """An answer that is there already."""

    def __init__(self, messages: tuple[Headers, ...], *, lost: bool) -> None:
        self._messages = messages
        self._lost = lost

    @override
    async def answer(self) -> Headers:
        return (await self.answers())[0]

    @override
    async def answers(self) -> tuple[Headers, ...]:
        await asyncio.sleep(0)
        if self._lost:
            raise AmiTimeout("no answer in 5 s")
        if text(self._messages[0], "Response") != "Success":
            raise AmiRefused(text(self._messages[0], "Message"))
        return self._messages


class _Wire(AmiConnection):
    """The actions connection, without a socket."""

    def __init__(self, world: "Telephones") -> None:
        address = AmiAddress(host="127.0.0.1", port=0, username="actions", secret="x")
        super().__init__(address, random=random.Random(1))  # noqa: S311 - seeded
        self._world = world

    @override
    def send(self, action: str, *headers: tuple[str, str], action_id: str | None = None) -> Sent:
        world = self._world
        world.asked.append((action, dict(headers)))
        if action in world.refuse:
            return _Given(({"Response": "Error", "Message": "refused by the test"},), lost=False)
        if action in world.swallow:
            return _Given((), lost=True)
        answers = _Answers()
        session = _Session({}, answers)  # type: ignore[arg-type]  # it only writes and closes
        session._user = User(secret="x", reads=False, acts=True)
        fields = checked((("Action", action), ("ActionID", action_id or "1"), *headers))
        session.act(parse(render(fields).removesuffix(b"\r\n\r\n")), world.switch)
        return _Given(tuple(parse(block) for block in answers.blocks), lost=action in world.lose_answer)

    @override
    async def act(self, action: str, *headers: tuple[str, str], action_id: str | None = None) -> Headers:
        return await self.send(action, *headers, action_id=action_id).answer()

    @override
    async def rows(self, action: str, *headers: tuple[str, str]) -> tuple[Headers, ...]:
        messages = await self.send(action, *headers).answers()
        return tuple(m for m in messages if "Event" in m and text(m, "EventList") != "Complete")


class Telephones:
    """The scene: phones, customers, a link that may break, and the floor under test."""

    def __init__(self, bus: LocalBus, clock: ManualClock) -> None:
        self.bus = bus
        self.clock = clock
        self.timeline = ManualTimeline(clock)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.refuse: set[str] = set()  # actions that Asterisk answers with an error
        self.swallow: set[str] = set()  # actions that never reach Asterisk
        self.lose_answer: set[str] = set()  # actions that are carried out, but the answer is lost
        self.events: list[Event] = []
        self.beating = True
        self._linked = False
        self._live = False
        self._heard: list[f.Fact] = []
        self.switch = Switch(
            timeline=self.timeline,
            random=random.Random(5),  # noqa: S311 - seeded
            emit=self._hear,
            numbers=NUMBERS,
            outcomes=_outcome,
        )
        self.control = AmiControl(_Wire(self))
        self.floor = self._new_floor()

    def _new_floor(self) -> Floor:
        floor = Floor(self.bus, self.clock, self.control)
        floor.stage.listen(self.events.append)
        self.control.before_dial_out = floor.tracker.expect
        return floor

    def _hear(self, pairs: Pairs) -> None:
        fact = decode(parse(render(pairs).removesuffix(b"\r\n\r\n")))
        if fact is not None and self._linked:
            self._heard.append(fact)
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        if self._live:
            heard, self._heard = self._heard, []
            self.floor.hear(*heard)

    # -- the link -------------------------------------------------------------------------------

    async def link(self) -> None:
        """The connection is there (again), and Asterisk's lists are read."""
        self._linked = True
        found = await resync(self.control._connection, self.clock.now())
        self._live = True
        self.floor.hear(found)
        self._deliver()
        await settle()

    async def cut(self) -> None:
        """The connection breaks. Calls go on."""
        self._unlink()
        self.floor.hear(f.LinkLost(at=self.clock.now()))
        await settle()

    def _unlink(self) -> None:
        self._linked = self._live = False
        self._heard.clear()

    async def restart(self) -> None:
        """The service starts anew and knows of agents only what rows say."""
        await settle()
        old = self.floor
        self._unlink()
        await old.tasks.aclose()
        self.floor = self._new_floor()
        self.floor.distributor.load(old.distributor.policies.values())
        self.floor.roster.load(s.profile for s in old.roster.sessions.values())
        self.floor.roster.restore(
            Presence(
                agent_id=s.agent_id,
                state=s.state,
                reason=s.reason,
                since=s.since,
                call_id=s.call_id if s.state is not State.READY else "",
                plan=Plan(s.plan.state, s.plan.reason),
            )
            for s in old.roster.sessions.values()
        )
        await self.link()

    # -- people ---------------------------------------------------------------------------------

    async def open(
        self,
        agents: int = 2,
        *,
        phone: PhoneKind = PhoneKind.BROWSER,
        leg_mode: LegMode = LegMode.NAILED,
        queues: tuple[QueuePolicy, ...] = QUEUES,
    ) -> None:
        """Agents of all queues with registered phones; nobody has begun their shift."""
        self.floor.distributor.load(queues)
        self.floor.roster.load(
            AgentProfile(
                agent_id=agent_id,
                user_id=100 + agent_id,
                name=f"Agent {agent_id}",
                extension=str(200 + agent_id),
                phone=phone,
                leg_mode=leg_mode,
                queues=dict.fromkeys([q.name for q in queues], 0),
                campaigns=frozenset({1}),
                wrapup_seconds=15,
            )
            for agent_id in range(1, agents + 1)
        )
        self._beat()
        await self.link()
        for agent_id in range(1, agents + 1):
            self.switch.register(agent_id)
        await settle()

    async def start(self, *agent_ids: int) -> None:
        """Their shifts begin and their phones are up."""
        for agent_id in agent_ids:
            self.floor.desk.start_shift(self.agent(agent_id))
        await self.run(0.5)

    def agent(self, agent_id: int) -> AgentSession:
        return self.floor.roster.get(agent_id)

    async def call_in(self, dialled: str = SUPPORT, number: str = CUSTOMER) -> str:
        """A customer calls; returns the call's id."""
        call_id = self.switch.call_in(number, dialled)
        await settle()
        return call_id

    async def talk(self, agent_id: int = 1) -> str:
        """A customer calls and speaks to this agent, who is the only free one."""
        call_id = await self.call_in()
        self.floor.desk.answer(self.agent(agent_id))
        await settle()
        return call_id

    async def hang_up(self, leg_id: str) -> None:
        """The far end of a leg says BYE."""
        self.switch.far_end_hangs_up(leg_id)
        await settle()

    # -- time -----------------------------------------------------------------------------------

    def _beat(self) -> None:
        self.switch.globals["CC_BEAT"] = str(int(self.clock.now().timestamp()))

    async def run(self, seconds: float) -> None:
        """Time passes, in the steps in which the floor looks at the clock."""
        for _ in range(round(seconds / STEP_SECONDS)):
            if self.beating:
                self._beat()
            self.timeline.advance(STEP_SECONDS)
            await settle()
            self.floor.tick(0)
            await settle()

    def of(self, kind: type[Event]) -> list[Event]:
        """The events of this kind, so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def together(self, one: str, two: str) -> bool:
        """Do these two legs hear each other in Asterisk?"""
        first, second = self.switch.legs.get(one), self.switch.legs.get(two)
        if first is None or second is None or first.bridge is None:
            return False
        through = [leg.other_half.bridge for leg in first.bridge.legs if leg.other_half is not None]
        return second.bridge in (first.bridge, *through)
