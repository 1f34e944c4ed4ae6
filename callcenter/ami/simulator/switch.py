"""The simulated Asterisk's calls: what AMI actions and far ends do to legs, and the events that follow.

Synchronous, on one timeline, with one seeded `Random`: the same script gives the same events.
"""

from collections.abc import Callable, Iterable, Mapping
from random import Random

from callcenter.ami.simulator import wire
from callcenter.ami.simulator.dialplan import Dialplan
from callcenter.ami.simulator.timeline import Timeline
from callcenter.ami.simulator.wire import Pairs
from callcenter.ami.simulator.world import (
    DOWN,
    RING,
    RINGING,
    UNKNOWN,
    UP,
    Answers,
    Bridge,
    Dialling,
    Fails,
    Leg,
    Member,
    Outcome,
    Phone,
    Queue,
    RingsOut,
)

_RINGS_OUT = RingsOut()
_SIGNALLING_SECONDS = 0.003
_AUTO_ANSWER_SECONDS = 0.02
_TRUNK = "carrier"


def _unheard(_: Pairs) -> None:
    """Where the events of a dead Asterisk go."""


class Refused(Exception):
    """An action that Asterisk would answer with an error; the text is Asterisk's."""


class Switch:
    """Legs, bridges, queues, phones. `emit` gets every event; `outcomes` says what a dialled number does."""

    def __init__(
        self,
        *,
        timeline: Timeline,
        random: Random,
        emit: Callable[[Pairs], None],
        numbers: Mapping[str, tuple[str, str]],
        outcomes: Callable[[str], Outcome],
    ) -> None:
        self.timeline = timeline
        self.random = random
        self.numbers = numbers
        self.outcomes = outcomes
        self.legs: dict[str, Leg] = {}
        self.phones: dict[int, Phone] = {}
        self.queues: dict[str, Queue] = {name: Queue() for name, _ in numbers.values()}
        self.globals: dict[str, str] = {}
        self.devices: dict[str, str] = {}
        self.originated: list[str] = []
        self.queue_log: list[tuple[str, ...]] = []
        self._emit = emit
        self._dialplan = Dialplan(self)
        self._serial = 0

    def close(self) -> None:
        """Asterisk dies: nothing more is heard of these calls."""
        self._emit = _unheard
        for leg in tuple(self.legs.values()):
            self.end(leg, 0)

    # --- the far ends ------------------------------------------------------------------------------------

    def register(self, agent_id: int, *, auto_answer: bool = True, answers_after: float | None = None) -> str:
        """An agent's phone registers (again: with a new address); returns the address."""
        if agent_id in self.phones:
            self.unregister(agent_id)
        uri = f"sip:agent{agent_id}@127.0.0.1:5060;ob={self.random.getrandbits(32):08x}"
        self.phones[agent_id] = Phone(uri=uri, auto_answer=auto_answer, answers_after=answers_after)
        self._contact(agent_id, uri, "Created")
        self._contact(agent_id, uri, "Reachable")
        self.set_device(f"PJSIP/agent{agent_id}", "NOT_INUSE")
        return uri

    def unregister(self, agent_id: int) -> None:
        """The phone is gone: the page was closed, the desk phone unplugged. Its calls die with its media."""
        if phone := self.phones.pop(agent_id, None):
            self._contact(agent_id, phone.uri, "Removed")
            self.set_device(f"PJSIP/agent{agent_id}", "UNAVAILABLE")

    def call_in(
        self, number: str, dialled: str, *, name: str = UNKNOWN, patience_seconds: float | None = None
    ) -> str:
        """A customer calls one of our numbers; returns the leg's id."""
        leg_id = f"{wire.SYSTEM_NAME}-{int(self.timeline.now().timestamp())}.{self._serial + 1}"
        leg = self._leg(leg_id, _TRUNK, context="from-trunk", exten=dialled)
        leg.number, leg.caller_name, leg.dialled, leg.state = number, name, dialled, RING
        self._say("Newchannel", wire.channel(leg))
        if patience_seconds is not None:
            leg.far_end = self.timeline.later(patience_seconds, lambda: self.far_end_hangs_up(leg_id))
        self.run(leg, "from-trunk", dialled)
        return leg_id

    def far_end_hangs_up(self, leg_id: str, cause: int = 16) -> None:
        """BYE or CANCEL from the other side."""
        if leg := self.legs.get(leg_id):
            self._say("HangupRequest", wire.channel(leg), wire.hangup_request(cause, None))
            self.end(leg, cause)

    def far_end_presses(self, leg_id: str, digit: str) -> None:
        """The other side presses a key."""
        leg = self.legs[leg_id]
        pressed = [("Digit", digit), ("Direction", "Received")]
        self._say("DTMFBegin", wire.channel(leg), pressed)
        released = [("Digit", digit), ("DurationMs", "120"), ("Direction", "Received")]
        self._say("DTMFEnd", wire.channel(leg), released)

    def agent_picks_up(self, agent_id: int) -> None:
        """The agent lifts the handset of a ringing phone."""
        for leg in self._ringing(agent_id):
            self._answered(leg, None)

    def agent_declines(self, agent_id: int) -> None:
        """The agent rejects the ringing call."""
        for leg in self._ringing(agent_id):
            self._failed(leg, Fails(status="BUSY", cause=21, sip_code=603))

    def _ringing(self, agent_id: int) -> list[Leg]:
        ringing = [leg for leg in self.legs.values() if leg.dialling and leg.endpoint == f"agent{agent_id}"]
        if not ringing:
            raise LookupError(f"the phone of agent {agent_id} does not ring")
        return ringing

    # --- actions -----------------------------------------------------------------------------------------

    def find(self, identity: str, message: str) -> Leg:
        """A channel by its id or its name."""
        for leg in self.legs.values():
            if identity in (leg.leg_id, leg.name):
                return leg
        raise Refused(message)

    def originate(
        self,
        leg_id: str,
        dialling: Dialling,
        *,
        caller: tuple[str, str],
        seconds: float,
        variables: Iterable[tuple[str, str]],
    ) -> None:
        """Call out. A used id or an unregistered phone gives a failure without a leg."""
        self.originated.append(dialling.channel)
        _, _, target = dialling.channel.partition("/")
        number, at, trunk = target.partition("@")
        agent_id = None if at else int(target.removeprefix("agent") or 0)
        if leg_id in self.legs or (agent_id is not None and agent_id not in self.phones):
            self.timeline.later(_SIGNALLING_SECONDS, lambda: self._originated(leg_id, dialling, None, 0))
            return
        endpoint = trunk if at else target
        leg = self._leg(leg_id, endpoint, context="from-trunk" if at else "from-agent", exten="s")
        leg.dialling, leg.dialled = dialling, number if at else ""
        leg.variables.update(variables)
        self._say("Newchannel", wire.channel(leg))
        leg.caller_name, leg.number = caller
        if leg.number != UNKNOWN:
            self._say(
                "NewCallerid",
                wire.channel(leg),
                [("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")],
            )
        self._say("DialBegin", wire.channel(leg, "Dest"), [("DialString", target)])
        self._dial(leg, self._outcome(leg, agent_id, number), seconds)

    def bridge(self, one: Leg, two: Leg) -> None:
        """Take both out of what they do and join them."""
        for leg in (one, two):
            self._interrupt(leg)
            if leg.bridge is not None:
                self._leave(leg, but=(one, two))
        joined = Bridge(bridge_id=self._bridge_id())
        self._say("BridgeCreate", wire.bridge(joined))
        for leg in (one, two):
            joined.legs.append(leg)
            leg.bridge = joined
            self._say("BridgeEnter", wire.bridge(joined), wire.channel(leg))
        oldest = min((one, two), key=lambda leg: leg.serial).linked_id
        one.linked_id = two.linked_id = oldest

    def redirect(self, leg: Leg, context: str, exten: str) -> None:
        """Send a leg to another place of the dialplan, out of a bridge if it is in one."""
        self._interrupt(leg)
        self._give_up_dialling(leg)
        leg.context, leg.exten = context, exten
        if leg.bridge is not None:
            self._leave(leg)
        self.run(leg, context, exten)

    def end(self, leg: Leg, cause: int, sip_code: int | None = None) -> None:
        """The leg is over; whoever was with it falls back into its own dialplan."""
        if leg.ended:
            return
        leg.ended = True
        self._interrupt(leg)
        if leg.program is not None:
            leg.program.close()
        self._dialplan.left_queue(leg)
        self._give_up_dialling(leg)
        if leg.dialling is not None:
            dialling, leg.dialling = leg.dialling, None
            self._say("DialEnd", wire.channel(leg, "Dest"), [("DialStatus", "NOANSWER")])
            self._originated(leg.leg_id, dialling, None, 0)
        if leg.bridge is not None:
            self._leave(leg)
        if leg.recorded:
            self._say("MixMonitorStop", wire.channel(leg))
        self._say("Hangup", wire.channel(leg), wire.hangup(cause, sip_code))
        del self.legs[leg.leg_id]
        if leg.far_end is not None:
            leg.far_end.cancel()
        if leg.endpoint.startswith("agent") and f"PJSIP/{leg.endpoint}" in self.devices:
            self.set_device(f"PJSIP/{leg.endpoint}", "NOT_INUSE")
        if leg.other_half is not None:
            self.end(leg.other_half, cause)
        if leg.dialled_by is not None and not leg.dialled_by.ended and leg.state != UP:
            self.resume(leg.dialled_by)

    def mute_recording(self, leg: Leg, state: str) -> None:
        """Pause or go on with the recording."""
        if not leg.recorded:
            raise Refused("Cannot set mute flag")
        self._say("MixMonitorMute", wire.channel(leg), [("Direction", "both"), ("State", state)])

    def set_device(self, device: str, state: str) -> None:
        """A device's state, as DEVICE_STATE() and phones set it; a free member may get a waiting caller."""
        if self.devices.get(device) == state:
            return
        self.devices[device] = state
        self._say("DeviceStateChange", [("Device", device), ("State", state)])
        self._dialplan.serve_queues()

    def add_member(self, queue: str, member: Member) -> None:
        """QueueAdd."""
        members = self._queue(queue, "Unable to add interface to queue: No such queue").members
        if member.interface in members:
            raise Refused("Unable to add interface: Already there")
        members[member.interface] = member
        self._member_event("QueueMemberAdded", queue, member)
        self._dialplan.serve_queues()

    def remove_member(self, queue: str, interface: str) -> None:
        """QueueRemove."""
        members = self._queue(queue, "Unable to remove interface from queue: No such queue").members
        if interface not in members:
            raise Refused("Unable to remove interface: Not there")
        self._member_event("QueueMemberRemoved", queue, members.pop(interface))

    def pause_member(self, queue: str, interface: str, *, paused: bool) -> None:
        """QueuePause."""
        member = self._queue(queue, "Interface not found").members.get(interface)
        if member is None:
            raise Refused("Interface not found")
        member.paused = paused
        self._member_event("QueueMemberPause", queue, member)
        self._dialplan.serve_queues()

    def withdraw(self, queue: str, caller: str) -> None:
        """QueueWithdrawCaller, which knows callers by channel name only."""
        for leg in tuple(self._queue(queue, "Unable to request withdraw from queue: No such queue").callers):
            if leg.name == caller:
                self._dialplan.left_queue(leg)
                leg.variables["QUEUESTATUS"] = "WITHDRAW"
                self.resume(leg)
                return
        raise Refused("Unable to request withdraw from queue: No such caller")

    # --- what the dialplan uses --------------------------------------------------------------------------

    def run(self, leg: Leg, context: str, exten: str) -> None:
        """Let the leg's dialplan start at this place."""
        leg.context, leg.exten = context, exten
        leg.program = self._dialplan.program(leg, context)
        self.resume(leg)

    def resume(self, leg: Leg) -> None:
        """The next step of the leg's dialplan."""
        self._interrupt(leg)
        if leg.program is None or leg.ended:
            return
        try:
            pause = next(leg.program)
        except StopIteration as end:
            if isinstance(end.value, int):
                self.end(leg, end.value)
            else:
                self.run(leg, *end.value)
            return
        if not leg.idle:
            return  # the step itself led to a bridge
        leg.pause = pause
        if pause.music:
            self._say("MusicOnHoldStart", wire.channel(leg), [("Class", "default")])
        if pause.seconds is not None:
            leg.timer = self.timeline.later(pause.seconds, lambda: self.resume(leg))

    def answer(self, leg: Leg) -> None:
        """The dialplan answers an inbound leg."""
        if leg.state != UP:
            leg.state = UP
            self._say("Newstate", wire.channel(leg))

    def record(self, leg: Leg) -> None:
        """MixMonitor, when a path for it is set."""
        if leg.variables.get("CC_RECORD") and not leg.recorded:
            leg.recorded = True
            self._say("MixMonitorStart", wire.channel(leg))

    def user_event(self, leg: Leg, name: str, *pairs: tuple[str, str]) -> None:
        """UserEvent()."""
        self._say("UserEvent", wire.channel(leg), [("UserEvent", name), *pairs])

    def queue_event(self, name: str, leg: Leg, pairs: Pairs) -> None:
        """QueueCallerJoin, QueueCallerLeave, QueueCallerAbandon."""
        self._say(name, wire.channel(leg), pairs)

    def dial_from(self, source: Leg, number: str, trunk: str, seconds: float) -> None:
        """Dial() from a leg: a new leg to the trunk, joined with the source once it is answered."""
        serial = self._serial + 1
        leg_id = f"{wire.SYSTEM_NAME}-{int(self.timeline.now().timestamp())}.{serial}"
        leg = self._leg(leg_id, trunk or _TRUNK, context="from-trunk", exten="s")
        leg.linked_id, leg.dialled_by, leg.dialled = source.linked_id, source, number
        leg.number, leg.connected = number, source.number
        self._say("Newchannel", wire.channel(leg))
        dialled = [("DialString", f"{number}@{trunk}")]
        self._say("DialBegin", wire.channel(source), wire.channel(leg, "Dest"), dialled)
        self._dial(leg, self.outcomes(number), seconds)

    def local_pair(self, source: Leg, exten: str, context: str) -> tuple[Leg, Leg]:
        """The two halves of a Local channel that the source dialled, answered."""
        serial = f"{self._serial:08x}"
        halves = []
        for number in (1, 2):
            leg_id = f"{wire.SYSTEM_NAME}-{int(self.timeline.now().timestamp())}.{self._serial + 1}"
            half = self._leg(leg_id, "", context=context, exten=exten)
            half.name = f"Local/{exten}@{context}-{serial};{number}"
            half.linked_id, half.state = source.linked_id, (DOWN, RING)[number - 1]
            self._say("Newchannel", wire.channel(half))
            halves.append(half)
        one, two = halves
        one.other_half, two.other_half = two, one
        string = [("DialString", f"{exten}@{context}/n")]
        self._say("DialBegin", wire.channel(source), wire.channel(one, "Dest"), string)
        place = [("Context", context), ("Exten", exten), ("LocalOptimization", "No")]
        self._say("LocalBridge", wire.channel(one, "LocalOne"), wire.channel(two, "LocalTwo"), place)
        self.answer(two)
        self.answer(one)
        answered = [("DialStatus", "ANSWER")]
        self._say("DialEnd", wire.channel(source), wire.channel(one, "Dest"), answered)
        return one, two

    # --- inside ------------------------------------------------------------------------------------------

    def _say(self, name: str, *parts: Pairs) -> None:
        self._emit(wire.event(name, f"{self.timeline.now().timestamp():.6f}", *parts))

    def _leg(self, leg_id: str, endpoint: str, *, context: str, exten: str) -> Leg:
        self._serial += 1
        leg = Leg(
            leg_id=leg_id,
            linked_id=leg_id,
            name=f"PJSIP/{endpoint}-{self._serial:08x}",
            serial=self._serial,
            created_at=self.timeline.now(),
            context=context,
            exten=exten,
        )
        self.legs[leg_id] = leg
        return leg

    def _bridge_id(self) -> str:
        digits = f"{self.random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _outcome(self, leg: Leg, agent_id: int | None, number: str) -> Outcome:
        if agent_id is None:
            return self.outcomes(number)
        phone = self.phones[agent_id]
        if phone.auto_answer and any("answer-after=0" in value for value in leg.variables.values()):
            return Answers(after_seconds=_AUTO_ANSWER_SECONDS)
        if phone.answers_after is not None:
            return Answers(after_seconds=phone.answers_after)
        return _RINGS_OUT

    def _dial(self, leg: Leg, outcome: Outcome, seconds: float) -> None:
        self.timeline.later(_SIGNALLING_SECONDS, lambda: self._rings(leg, outcome))
        match outcome:
            case Answers(after_seconds=after) if after < seconds:
                self.timeline.later(after + _SIGNALLING_SECONDS, lambda: self._answered(leg, outcome))
            case Fails(after_seconds=after) if after < seconds:
                self.timeline.later(after + _SIGNALLING_SECONDS, lambda: self._failed(leg, outcome))
            case _:
                self.timeline.later(seconds, lambda: self._timed_out(leg))

    def _rings(self, leg: Leg, outcome: Outcome) -> None:
        at_once = isinstance(outcome, Fails) and outcome.after_seconds < 0.1
        if leg.ended or leg.state != DOWN or at_once:
            return
        leg.state = RINGING
        self._say("Newstate", wire.channel(leg))
        self._say("DialState", self._source(leg), wire.channel(leg, "Dest"), [("DialStatus", "RINGING")])
        if leg.endpoint.startswith("agent"):
            self.set_device(f"PJSIP/{leg.endpoint}", "RINGING")

    def _answered(self, leg: Leg, outcome: Outcome | None) -> None:
        if leg.ended or leg.state == UP:
            return
        leg.state = UP
        self._say("Newstate", wire.channel(leg))
        self._say("DialEnd", self._source(leg), wire.channel(leg, "Dest"), [("DialStatus", "ANSWER")])
        if leg.endpoint.startswith("agent"):
            self.set_device(f"PJSIP/{leg.endpoint}", "INUSE")
        if isinstance(outcome, Answers) and outcome.stays_seconds is not None:
            stays = outcome.stays_seconds
            leg.far_end = self.timeline.later(stays, lambda: self.far_end_hangs_up(leg.leg_id))
        if leg.dialling is not None:
            dialling, leg.dialling = leg.dialling, None
            self._originated(leg.leg_id, dialling, leg, 4)
            self.run(leg, dialling.context, dialling.exten)
        elif leg.dialled_by is not None:
            leg.dialled_by.variables["DIALSTATUS"] = "ANSWER"
            self.bridge(leg, leg.dialled_by)

    def _failed(self, leg: Leg, outcome: Fails) -> None:
        if leg.ended or leg.state == UP:
            return
        reason = wire.hangup_request(outcome.cause, outcome.sip_code)
        self._say("HangupRequest", wire.channel(leg), reason)
        self._say("DialEnd", self._source(leg), wire.channel(leg, "Dest"), [("DialStatus", outcome.status)])
        if leg.dialling is not None:
            dialling, leg.dialling = leg.dialling, None
            self._originated(leg.leg_id, dialling, None, 0)
        self.end(leg, outcome.cause, outcome.sip_code)

    def _timed_out(self, leg: Leg) -> None:
        if leg.ended or leg.state == UP:
            return
        if leg.dialling is not None:
            dialling, leg.dialling = leg.dialling, None
            self._originated(leg.leg_id, dialling, None, 3)
        else:
            self._say("DialEnd", self._source(leg), wire.channel(leg, "Dest"), [("DialStatus", "NOANSWER")])
        self.end(leg, 19, 480)

    def _originated(self, leg_id: str, dialling: Dialling, leg: Leg | None, reason: int) -> None:
        self._say(
            "OriginateResponse",
            [
                ("ActionID", dialling.action_id),
                ("Response", "Success" if leg else "Failure"),
                ("Channel", leg.name if leg else dialling.channel),
                ("Context", dialling.context),
                ("Exten", dialling.exten),
                ("Reason", str(reason)),
                ("Uniqueid", leg_id),
                ("CallerIDNum", leg.number if leg else UNKNOWN),
                ("CallerIDName", leg.caller_name if leg else UNKNOWN),
            ],
        )

    def _give_up_dialling(self, source: Leg) -> None:
        """Cancel what Dial() of this leg is still calling."""
        for leg in [one for one in self.legs.values() if one.dialled_by is source and one.state != UP]:
            leg.dialled_by = None
            self.end(leg, 16)

    def _source(self, leg: Leg) -> Pairs:
        return [] if leg.dialled_by is None else wire.channel(leg.dialled_by)

    def _interrupt(self, leg: Leg) -> None:
        if leg.timer is not None:
            leg.timer.cancel()
            leg.timer = None
        pause, leg.pause = leg.pause, None
        if pause is not None and pause.music:
            self._say("MusicOnHoldStop", wire.channel(leg))

    def _leave(self, leg: Leg, but: tuple[Leg, ...] = ()) -> None:
        """The bridge ends; its other legs go on in their dialplan, except those on their way elsewhere."""
        left = leg.bridge
        if left is None:
            return
        others = [other for other in left.legs if other is not leg]
        for one in (leg, *others):
            left.legs.remove(one)
            one.bridge = None
            self._say("BridgeLeave", wire.bridge(left), wire.channel(one))
        self._say("BridgeDestroy", wire.bridge(left))
        for other in others:
            if other in but:
                continue
            if other.other_half is not None or other.dialled_by is not None:
                self.end(other, 16)
            else:
                self.resume(other)

    def _contact(self, agent_id: int, uri: str, status: str) -> None:
        self._say(
            "ContactStatus",
            [
                ("URI", uri),
                ("ContactStatus", status),
                ("AOR", f"agent{agent_id}"),
                ("EndpointName", f"agent{agent_id}"),
                ("RoundtripUsec", "0"),
            ],
        )

    def _queue(self, name: str, message: str) -> Queue:
        if name not in self.queues:
            raise Refused(message)
        return self.queues[name]

    def _member_event(self, name: str, queue: str, member: Member) -> None:
        self._say(
            name,
            [
                ("Queue", queue),
                ("MemberName", member.name),
                ("Interface", member.interface),
                ("StateInterface", member.state_interface),
                ("Membership", "dynamic"),
                ("Penalty", "0"),
                ("CallsTaken", "0"),
                ("LastCall", "0"),
                ("LastPause", "0"),
                ("LoginTime", str(int(self.timeline.now().timestamp()))),
                ("InCall", "0"),
                ("Status", "1"),
                ("Paused", "1" if member.paused else "0"),
                ("PausedReason", ""),
                ("Ringinuse", "0"),
                ("Wrapuptime", "0"),
            ],
        )
