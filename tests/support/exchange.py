"""A scripted exchange: what Asterisk does with outbound calls, told to the real tracker as facts.

It outlives the engine that dials on it, as Asterisk does: `attach` gives a new process the same channels by a
resync. What a number does is written in `plan`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from typing_extensions import override

from callcenter.calls import facts as f
from callcenter.calls.control import CallControl, ControlError, Landing, Membership
from callcenter.calls.facts import LegKind, LegState
from callcenter.calls.stage import Stage
from callcenter.calls.tracker import Tracker
from callcenter.kernel.clock import ManualClock

MESSAGE_LASTS = timedelta(seconds=5)
DROP_AFTER = timedelta(seconds=2)  # as the dialplan's


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens at a number: ring, then answer and talk, or end with a cause."""

    ring_seconds: float = 3
    talk_seconds: float | None = 10
    cause: int = 16
    sip_code: int | None = None
    machine: bool = False  # it talks like one
    opts_out: bool = False  # presses the key when no agent comes


ANSWER = Behaviour()
BUSY = Behaviour(1, None, 17, 486)
NO_ANSWER = Behaviour(20, None, 19, 480)
UNALLOCATED = Behaviour(0.5, None, 1, 404)


@dataclass(slots=True)
class Channel:
    """One leg as the exchange holds it."""

    leg_id: str
    kind: LegKind
    number: str
    created_at: datetime
    agent_id: int | None = None
    attempt_id: int | None = None
    behaviour: Behaviour = ANSWER
    answered_at: datetime | None = None
    bridge_id: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    message_until: datetime | None = None  # a machine hears a message


class Exchange(CallControl):
    """Implements `CallControl` for outbound calls. `dialled` is every Originate it took, in order."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.channels: dict[str, Channel] = {}
        self.plan: dict[str, Behaviour] = {}
        self.dialled: list[tuple[str, str]] = []
        self.hung_up: list[str] = []
        self.kept: list[str] = []  # numbers that opted out while nobody listened
        self.asked: list[tuple[str, str]] = []  # legs and prompts of surveys
        self.queued: list[tuple[str, str]] = []  # legs sent to queues
        self.refuse: set[str] = set()  # numbers whose Originate is refused outright
        self.lose_leg: set[str] = set()  # numbers whose Originate never makes a channel
        self._stage: Stage | None = None
        self._tracker = Tracker("DE")
        self._serial = 0

    # the link

    def attach(self, stage: Stage) -> None:
        """A new process connects: it learns of everything that is up."""
        self._stage = stage
        self._tracker = Tracker("DE")
        self.resync()

    def resync(self) -> None:
        self._say(
            f.Resynced(
                at=self._clock.now(),
                legs=tuple(self._seen(channel) for channel in self.channels.values()),
                phones=(),
                waiting_in_fallback=(),
            )
        )

    def lose_link(self) -> None:
        self._say(f.LinkLost(at=self._clock.now()))

    def detach(self) -> None:
        """The process is gone: facts reach nobody."""
        self._stage = None

    def _say(self, *said: f.Fact) -> None:
        if self._stage is not None:
            for fact in said:
                self._stage.emit(*self._tracker.apply(fact))

    def _seen(self, channel: Channel) -> f.LegSeen:
        return f.LegSeen(
            leg_id=channel.leg_id,
            linked_id=channel.leg_id,
            name=f"PJSIP/{channel.leg_id}",
            endpoint="",
            kind=channel.kind,
            agent_id=channel.agent_id,
            attempt_id=channel.attempt_id,
            number_raw=channel.number,
            caller_name="",
            dialled_raw=channel.number,
            context="cc-agent" if channel.kind is LegKind.AGENT else "cc-outbound",
            state=LegState.UP if channel.answered_at else LegState.RINGING,
            bridge_id=channel.bridge_id,
            created_at=channel.created_at,
            variables=channel.variables,
        )

    # what happens on the lines

    def add_agent(self, agent_id: int) -> None:
        """The agent's nailed leg comes up."""
        now = self._clock.now()
        self._serial += 1
        leg_id = f"agent-{agent_id}-{self._serial}"
        channel = Channel(leg_id, LegKind.AGENT, "", now, agent_id=agent_id, answered_at=now)
        self._create(channel)
        self._say(f.AgentLegReady(at=now, leg_id=channel.leg_id, agent_id=agent_id))

    def drop_agent(self, agent_id: int) -> None:
        self.end(self.agent_leg(agent_id), 16)

    def agent_leg(self, agent_id: int) -> str:
        """The agent's leg that is up, or nothing."""
        found = (c for c in self.channels.values() if c.kind is LegKind.AGENT and c.agent_id == agent_id)
        return next((channel.leg_id for channel in found), "")

    def _create(self, channel: Channel) -> None:
        self.channels[channel.leg_id] = channel
        seen = self._seen(channel)
        self._say(
            f.LegCreated(
                at=self._clock.now(),
                leg_id=seen.leg_id,
                linked_id=seen.linked_id,
                name=seen.name,
                endpoint=seen.endpoint,
                kind=seen.kind,
                agent_id=seen.agent_id,
                attempt_id=seen.attempt_id,
                number_raw=seen.number_raw,
                caller_name="",
                dialled_raw=seen.dialled_raw,
                context=seen.context,
                state=seen.state,
            )
        )

    def run(self) -> None:
        """Do what is due by the clock."""
        now = self._clock.now()
        for channel in [c for c in self.channels.values() if c.kind is not LegKind.AGENT]:
            self._run_one(channel, now)

    def _run_one(self, channel: Channel, now: datetime) -> None:
        does = channel.behaviour
        if channel.answered_at is None:
            if now < channel.created_at + timedelta(seconds=does.ring_seconds):
                return
            if does.talk_seconds is None:
                self.end(channel.leg_id, does.cause, does.sip_code)
            else:
                self._pick_up(channel, now)
            return
        if channel.message_until is not None:
            if now >= channel.message_until:
                self._say(f.MessageLeft(at=now, leg_id=channel.leg_id, ok=True))
                self.end(channel.leg_id, 16)
        elif (
            channel.bridge_id is None
            and "CC_PROMPT" not in channel.variables
            and now >= channel.answered_at + DROP_AFTER
        ):
            self._say(f.CustomerDropped(at=now, leg_id=channel.leg_id))
            if does.opts_out:
                self._say(f.OptedOut(at=now, leg_id=channel.leg_id))
            self.end(channel.leg_id, 16)
        elif now >= channel.answered_at + timedelta(seconds=does.talk_seconds or 0):
            self._say(f.LegEndAsked(at=now, leg_id=channel.leg_id))
            self.end(channel.leg_id, 16)

    def choose(self, leg_id: str, key: str) -> None:
        """A customer of a campaign without agents presses a key."""
        self._say(f.KeyChosen(at=self._clock.now(), leg_id=leg_id, key=key))

    def _pick_up(self, channel: Channel, now: datetime) -> None:
        """As the dialplan: detection first, if the campaign has it."""
        channel.answered_at = now
        leg_id, machine = channel.leg_id, channel.behaviour.machine
        self._say(f.LegChanged(at=now, leg_id=leg_id, state=LegState.UP))
        if channel.variables.get("CC_AMD"):
            action = channel.variables["CC_MACHINE"]
            status, cause = ("MACHINE", "LONGGREETING-1520") if machine else ("HUMAN", "HUMAN-800-800")
            self._say(
                f.AnswerHeard(at=now, leg_id=leg_id, status=status, cause=cause, ms=1600, action=action)
            )
            if machine and action == "hang-up":
                self.end(leg_id, 16)
                return
            if machine and action == "message":
                channel.message_until = now + MESSAGE_LASTS
                return
        self._say(f.CustomerAnswered(at=now, leg_id=leg_id, attempt_id=channel.attempt_id))

    def end(self, leg_id: str, cause: int, sip_code: int | None = None) -> None:
        """A leg is gone; who shared its bridge is alone."""
        channel = self.channels.pop(leg_id, None)
        if channel is None:
            return
        now = self._clock.now()
        if channel.bridge_id is not None:
            bridge_id, channel.bridge_id = channel.bridge_id, None
            for other in self.channels.values():
                if other.bridge_id == bridge_id:
                    other.bridge_id = None
                    self._say(f.BridgeLeft(at=now, bridge_id=bridge_id, leg_id=other.leg_id))
        self._say(
            f.LegEnded(at=now, leg_id=leg_id, linked_id=leg_id, cause=cause, sip_code=sip_code),
        )
        if channel.answered_at is None and channel.kind is LegKind.CUSTOMER:
            self._say(f.OriginateEnded(at=now, action_id=leg_id, leg_id=leg_id, ok=False, reason=0))

    # CallControl

    @override
    async def dial_out(
        self,
        leg_id: str,
        number: str,
        *,
        trunk: str,
        caller_id: str,
        ring_seconds: int,
        landing: Landing,
        variables: dict[str, str],
    ) -> None:
        self.dialled.append((leg_id, number))
        if number in self.refuse:
            raise ControlError("refused", "scripted")
        if number in self.lose_leg:
            self._say(
                f.OriginateEnded(at=self._clock.now(), action_id=leg_id, leg_id=None, ok=False, reason=0)
            )
            return
        attempt = variables.get("CC_ATTEMPT") if landing is not Landing.MANUAL else None
        behaviour = self.plan.get(number, ANSWER)
        if behaviour.talk_seconds is None and behaviour.ring_seconds > ring_seconds:
            behaviour = Behaviour(ring_seconds, None, 19, 480)
        self._create(
            Channel(
                leg_id,
                LegKind.CUSTOMER,
                number,
                self._clock.now(),
                agent_id=None if attempt else int(leg_id.split("-")[1]),
                attempt_id=int(attempt) if attempt else None,
                behaviour=behaviour,
                variables=variables,
            )
        )

    @override
    async def bridge(self, customer_leg: str, agent_leg: str) -> None:
        if customer_leg not in self.channels or agent_leg not in self.channels:
            raise ControlError("refused", "no such channel")
        bridge_id = f"bridge-{customer_leg}"
        for leg_id in (agent_leg, customer_leg):
            self.channels[leg_id].bridge_id = bridge_id
            self._say(f.BridgeJoined(at=self._clock.now(), bridge_id=bridge_id, leg_id=leg_id))

    @override
    async def hang_up(self, leg_id: str, cause: int = 16) -> None:
        self.hung_up.append(leg_id)
        self.end(leg_id, cause)

    @override
    async def dial_agent(
        self, leg_id: str, agent_id: int, *, auto_answer: bool, ring_seconds: int, caller_number: str
    ) -> None:
        self.add_agent(agent_id)

    @override
    async def hold(self, leg_id: str) -> None:
        raise NotImplementedError

    @override
    async def say_goodbye(self, leg_id: str) -> None:
        raise NotImplementedError

    @override
    async def send_to_queue(self, leg_id: str, queue: str, language: str) -> None:
        self.queued.append((leg_id, queue))

    @override
    async def send_to_loop(self, leg_id: str) -> None:
        raise NotImplementedError

    @override
    async def kept_opt_outs(self) -> tuple[str, ...]:
        return tuple(self.kept)

    @override
    async def opt_out_taken(self, number: str) -> None:
        self.kept.remove(number)

    @override
    async def ask(self, leg_id: str, prompt: str) -> None:
        self.asked.append((leg_id, prompt))

    @override
    async def confirm_opt_out(self, leg_id: str) -> None:
        self._say(f.OptedOut(at=self._clock.now(), leg_id=leg_id))
        self.end(leg_id, 16)

    @override
    async def leave_message(self, leg_id: str, prompt: str) -> None:
        now = self._clock.now()
        channel = self.channels[leg_id]
        channel.message_until = now + MESSAGE_LASTS
        bridge_id = channel.bridge_id
        for other in self.channels.values():
            if bridge_id is not None and other.bridge_id == bridge_id:
                other.bridge_id = None
                self._say(f.BridgeLeft(at=now, bridge_id=bridge_id, leg_id=other.leg_id))

    @override
    async def send_to_number(self, leg_id: str, number: str, trunk: str) -> None:
        raise NotImplementedError

    @override
    async def announce(self, leg_id: str, prompts: tuple[str, ...]) -> None:
        raise NotImplementedError

    @override
    async def press(self, leg_id: str, digits: str) -> None:
        raise NotImplementedError

    @override
    async def set_recording(self, leg_id: str, on: bool) -> None:
        raise NotImplementedError

    @override
    async def beat(self, epoch_seconds: int) -> None:
        raise NotImplementedError

    @override
    async def set_nailed_leg(self, agent_id: int, leg_id: str | None) -> None:
        raise NotImplementedError

    @override
    async def mirror_member(self, agent_id: int, queues: tuple[str, ...], state: Membership) -> None:
        raise NotImplementedError

    @override
    async def take_over(self, leg_id: str, queue: str) -> None:
        raise NotImplementedError

    @override
    async def log_queue(self, queue: str, call_id: str, agent_name: str, event: str, *fields: str) -> None:
        raise NotImplementedError

    def numbers(self) -> Iterable[str]:
        """Every number dialled, once for each Originate."""
        return [number for _, number in self.dialled]
