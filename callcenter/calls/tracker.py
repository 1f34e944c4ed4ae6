"""Folds facts into calls and legs. Pure: facts in, events out, no clock, no I/O.

A call is one conversation with one customer. Its id is the Linkedid its customer's leg was born with; a later
bridge with an older leg changes Asterisk's Linkedid, so after birth everything is found by Uniqueid. A fact
that repeats or comes late yields nothing; one that comes before its leg waits for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from callcenter.calls import events as e
from callcenter.calls import facts as f
from callcenter.calls.facts import LegKind, LegState
from callcenter.kernel import phone
from callcenter.kernel.events import Event

WAITING_CONTEXTS = frozenset({"cc-queue"})
# legs that have ended are remembered so that a late fact cannot bring them back
REMEMBERED = 4096
REMEMBERED_BRIDGES = 8
# legs whose facts may wait for their beginning
AWAITED = 256
# facts that mean nothing once the leg they speak of is there
MOMENTARY = (f.MusicChanged, f.DigitPressed)


@dataclass(slots=True)
class Leg:
    """One channel."""

    leg_id: str
    kind: LegKind
    name: str
    call_id: str
    agent_id: int | None
    attempt_id: int | None
    number_raw: str
    created_at: datetime
    state: LegState = LegState.DOWN
    bridge_id: str = ""
    bridge_at: datetime | None = None
    left_bridges: dict[str, datetime] = field(default_factory=dict)
    marks: dict[type[f.Fact], f.Fact] = field(default_factory=dict)
    partner: str = ""  # the other half of a Local channel
    asked_end: bool = False


@dataclass(slots=True)
class Call:
    """One conversation."""

    call_id: str
    direction: e.Direction
    leg_id: str
    number: str
    number_raw: str
    caller_name: str
    dialled_raw: str
    attempt_id: int | None
    started_at: datetime
    queue: str = ""
    joined_at: datetime | None = None
    answered_at: datetime | None = None
    agent_id: int | None = None
    agent_leg_id: str = ""
    asked_by: e.Party | None = None
    recorded: bool = False
    recording_paused: bool = False
    legs: set[str] = field(default_factory=set)


class Tracker:
    """The state of every call and leg of one Asterisk."""

    def __init__(self, home_region: str) -> None:
        self._region = home_region
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, Leg] = {}
        self._bridges: dict[str, set[str]] = {}
        self._gone: dict[str, None] = {}
        self._expected: dict[str, str] = {}
        self._homes: dict[str, str] = {}
        self._early: dict[str, list[f.Fact]] = {}
        self._phones: dict[int, str] = {}
        self.ignored = 0

    def apply(self, fact: f.Fact) -> tuple[Event, ...]:
        """What this fact means, given all before it."""
        return tuple(self._take(fact))

    def _take(self, fact: f.Fact) -> Iterator[Event]:
        missing = self._missing(fact)
        if not missing:
            yield from self._apply(fact)
        elif missing in self._gone or isinstance(fact, MOMENTARY):
            self.ignored += 1
        else:
            self._early.setdefault(missing, []).append(fact)
            if len(self._early) > AWAITED:
                del self._early[next(iter(self._early))]

    def _missing(self, fact: f.Fact) -> str:
        """The leg without which this fact says nothing yet."""
        if isinstance(fact, f.LegCreated | f.OriginateEnded):
            return ""
        if isinstance(fact, f.LocalPaired):
            return next((i for i in (fact.one_id, fact.two_id) if i not in self.legs), "")
        leg_id: str = getattr(fact, "leg_id", "")
        return leg_id if leg_id not in self.legs else ""

    def expect(self, leg_id: str, number: str) -> None:
        """The number (E.164) of a customer leg that we are about to originate: Asterisk's own event of it
        carries our caller ID instead."""
        self._expected[leg_id] = number

    def belongs(self, leg_id: str, call_id: str) -> None:
        """A consult leg that we are about to originate is part of this call."""
        self._homes[leg_id] = call_id

    def ended_by(self, call_id: str, party: e.Party) -> None:
        """Somebody of ours is about to end the call: Asterisk will not tell who."""
        if (call := self.calls.get(call_id)) is not None:
            call.asked_by = party

    def consult_legs(self, call_id: str) -> list[str]:
        """Consulted parties of this call, also after it has ended."""
        return [
            leg.leg_id for leg in self.legs.values() if leg.kind is LegKind.CONSULT and leg.call_id == call_id
        ]

    def peers(self, leg_id: str) -> set[str]:
        """Legs that hear this one now: through bridges and the halves of Local channels."""
        seen: set[str] = set()
        todo = [leg_id]
        while todo:
            current = self.legs.get(todo.pop())
            if current is None or current.leg_id in seen:
                continue
            seen.add(current.leg_id)
            if current.bridge_id:
                todo.extend(self._bridges.get(current.bridge_id, ()))
            if current.partner:
                todo.append(current.partner)
        seen.discard(leg_id)
        return seen

    def _apply(self, fact: f.Fact) -> Iterator[Event]:  # noqa: C901, PLR0912 - one line a fact
        match fact:
            case f.LegCreated():
                yield from self._created(fact)
                for early in sorted(self._early.pop(fact.leg_id, ()), key=lambda one: one.at):
                    yield from self._take(early)
            case f.LegRenamed():
                if (leg := self.legs.get(fact.leg_id)) is not None:
                    leg.name = fact.name
            case f.LegChanged():
                yield from self._changed(fact.leg_id, fact.state, fact.at)
            case f.LegDialling():
                yield from self._dialling(fact)
            case f.LegDialled():
                if fact.status == "ANSWER":
                    yield from self._changed(fact.leg_id, LegState.UP, fact.at)
            case f.LegEndAsked():
                self._end_asked(fact.leg_id)
            case f.LegEnded():
                yield from self._ended(fact.leg_id, fact.at, fact.cause, fact.sip_code)
            case f.OriginateEnded():
                if not fact.ok:
                    self._expected.pop(fact.action_id, None)
                    self._homes.pop(fact.action_id, None)
                    yield e.DialFailed(at=fact.at, leg_id=fact.action_id, reason=fact.reason)
            case f.BridgeJoined():
                yield from self._joined(fact)
            case f.BridgeLeft():
                yield from self._left(fact)
            case f.LocalPaired():
                yield from self._paired(fact)
            case f.Resynced():
                yield from self._resynced(fact)
            case f.LinkLost():
                yield e.FloorUnknown(at=fact.at)
            case f.PhoneChanged():
                yield self._phone(fact)
            case _:
                yield from self._marked(fact)

    def _marked(self, fact: f.Fact) -> Iterator[Event]:
        """Facts that our own dialplan reports of a leg, and what else concerns a single leg."""
        leg = self.legs.get(getattr(fact, "leg_id", ""))
        if leg is None or leg.marks.get(type(fact)) == fact:
            self.ignored += 1
            return
        leg.marks[type(fact)] = fact
        call = self.calls.get(leg.call_id)
        own = call is not None and call.leg_id == leg.leg_id
        match fact:
            case f.AgentLegReady():
                yield from self._changed(leg.leg_id, LegState.UP, fact.at)
                yield e.AgentLegUp(at=fact.at, agent_id=fact.agent_id, leg_id=leg.leg_id)
            case f.CustomerAnswered():
                yield from self._changed(leg.leg_id, LegState.UP, fact.at)
                if call is not None and own:
                    yield self._answered(call, fact.at)
            case f.ReturnedToLoop() if leg.kind is LegKind.CONSULT and leg.agent_id is not None:
                yield from self._alone(leg, fact.at)
                yield e.ConsultReturned(at=fact.at, agent_id=leg.agent_id, leg_id=leg.leg_id)
            case f.RecordingChanged() if call is not None:
                yield from self._recording(call, fact)
            case _ if call is not None and own:
                yield from self._looped(leg, call, fact)
            case _:
                return

    def _looped(self, leg: Leg, call: Call, fact: f.Fact) -> Iterator[Event]:
        """The customer is at a certain place of the dialplan, and so in no bridge."""
        if leg.bridge_id and leg.bridge_at is not None and fact.at < leg.bridge_at:
            self.ignored += 1
            return
        match fact:
            case f.QueueEntered():
                yield from self._alone(leg, fact.at)
                yield from self._queued(call, fact.queue, fact.joined_at, fact.at)
            case f.FallbackEntered():
                yield from self._alone(leg, fact.at)
                call.queue = fact.queue
                yield e.CallFellBack(at=fact.at, call_id=call.call_id, queue=fact.queue, leg_id=leg.leg_id)
            case f.ReturnedToLoop():
                yield from self._alone(leg, fact.at)
                yield e.CallReturned(at=fact.at, call_id=call.call_id, leg_id=leg.leg_id)
            case f.AnswerHeard():
                machine = fact.status == "MACHINE" and fact.action != "agent"
                yield e.AnswerJudged(
                    at=fact.at,
                    call_id=call.call_id,
                    machine=machine,
                    status=fact.status,
                    cause=fact.cause,
                    ms=fact.ms,
                )
            case f.MessageLeft():
                yield e.MessageLeft(at=fact.at, call_id=call.call_id, ok=fact.ok)
            case f.KeyChosen():
                yield e.KeyChosen(at=fact.at, call_id=call.call_id, key=fact.key)
            case f.OptedOut():
                yield e.CustomerOptedOut(
                    at=fact.at, call_id=call.call_id, attempt_id=call.attempt_id, number=call.number
                )
            case f.CustomerDropped():
                yield e.CallDropped(at=fact.at, call_id=call.call_id, attempt_id=call.attempt_id)
            case _:
                return

    def _alone(self, leg: Leg, at: datetime) -> Iterator[Event]:
        if leg.bridge_id:
            yield from self._unbridge(leg, at)

    def _recording(self, call: Call, fact: f.RecordingChanged) -> Iterator[Event]:
        if fact.state == "off":
            return
        if not call.recorded:
            call.recorded = True
            yield e.RecordingStarted(at=fact.at, call_id=call.call_id)
        paused = fact.state == "paused"
        if paused != call.recording_paused:
            call.recording_paused = paused
            yield e.RecordingPaused(at=fact.at, call_id=call.call_id, paused=paused)

    def _created(self, fact: f.LegCreated | f.LegSeen, at: datetime | None = None) -> Iterator[Event]:
        if fact.leg_id in self.legs or fact.leg_id in self._gone:
            return
        moment = fact.at if isinstance(fact, f.LegCreated) else fact.created_at
        leg = Leg(
            leg_id=fact.leg_id,
            kind=fact.kind,
            name=fact.name,
            call_id=self._home_of(fact),
            agent_id=fact.agent_id,
            attempt_id=fact.attempt_id,
            number_raw=fact.number_raw,
            created_at=moment,
        )
        self.legs[leg.leg_id] = leg
        if leg.kind is LegKind.CUSTOMER and not leg.call_id:
            yield self._open(leg, fact, moment, resumed=isinstance(fact, f.LegSeen))
            if self.calls[leg.call_id].recorded:
                yield e.RecordingStarted(at=moment, call_id=leg.call_id)
        else:
            self._adopt(leg, leg.call_id)
        yield _started(leg)
        if fact.state is not LegState.DOWN:
            yield from self._changed(leg.leg_id, fact.state, at or moment)

    def _home_of(self, fact: f.LegCreated | f.LegSeen) -> str:
        """The call a new leg belongs to already, or nothing."""
        if fact.kind is LegKind.CONSULT:
            return self._homes.pop(fact.leg_id, "")
        if fact.kind is LegKind.AGENT or fact.linked_id == fact.leg_id:
            return ""
        if fact.linked_id in self.calls:
            return fact.linked_id
        return self.legs[fact.linked_id].call_id if fact.linked_id in self.legs else ""

    def _adopt(self, leg: Leg, call_id: str) -> bool:
        """The leg is part of this call, if that is still there."""
        call = self.calls.get(call_id)
        leg.call_id = call_id if call is not None else ""
        if call is not None:
            call.legs.add(leg.leg_id)
        return call is not None

    def _open(self, leg: Leg, fact: f.LegCreated | f.LegSeen, at: datetime, *, resumed: bool) -> Event:
        ours = leg.attempt_id is not None or leg.agent_id is not None
        seen = fact.variables if isinstance(fact, f.LegSeen) else {}
        kept = seen.get("CC_NUMBER", "")
        number_raw = self._expected.pop(leg.leg_id, "") or kept or fact.number_raw
        call = Call(
            call_id=leg.leg_id,
            direction=e.Direction.OUTBOUND if ours else e.Direction.INBOUND,
            leg_id=leg.leg_id,
            number=phone.to_e164(number_raw, self._region) or "",
            number_raw=number_raw,
            caller_name=fact.caller_name,
            dialled_raw=fact.dialled_raw,
            attempt_id=leg.attempt_id,
            started_at=at,
            queue=seen.get("CC_QUEUE", ""),
            joined_at=_joined_at(seen),
            recorded=bool(seen.get("CC_RECORD")),
            legs={leg.leg_id},
        )
        leg.call_id = call.call_id
        self.calls[call.call_id] = call
        return e.CallStarted(
            at=at,
            call_id=call.call_id,
            direction=call.direction,
            number=call.number,
            number_raw=call.number_raw,
            caller_name=call.caller_name,
            dialled_raw=call.dialled_raw,
            attempt_id=call.attempt_id,
            agent_id=leg.agent_id,
            leg_id=leg.leg_id,
            resumed=resumed,
            queue=call.queue,
            joined_at=call.joined_at,
        )

    def _changed(self, leg_id: str, state: LegState, at: datetime) -> Iterator[Event]:
        leg = self.legs.get(leg_id)
        if leg is None or leg.state is LegState.UP or leg.state is state:
            return
        leg.state = state
        if state is not LegState.UP:
            return
        yield e.LegAnswered(at=at, call_id=leg.call_id, leg_id=leg_id, kind=leg.kind, agent_id=leg.agent_id)
        call = self.calls.get(leg.call_id)
        if leg.kind is LegKind.CONSULT and leg.agent_id is not None:
            yield e.ConsultChanged(at=at, agent_id=leg.agent_id, leg_id=leg_id, up=True, cause=0)
        elif call is not None and call.leg_id == leg_id and call.answered_at is None:
            call.answered_at = at

    def _answered(self, call: Call, at: datetime) -> Event:
        """The dialplan has the customer and records: a bridge may come now. The leg's own answer is earlier,
        and a bridge at once would overtake the start of the recording."""
        return e.CallAnswered(at=at, call_id=call.call_id, attempt_id=call.attempt_id, leg_id=call.leg_id)

    def _dialling(self, fact: f.LegDialling) -> Iterator[Event]:
        """A dialled leg belongs to the call of the leg that dials it, whatever its Linkedid says."""
        leg = self.legs.get(fact.leg_id)
        source = self.legs.get(fact.source_id or "")
        if leg is None or source is None or leg.call_id or leg.kind is LegKind.AGENT:
            return
        if self._adopt(leg, source.call_id):
            yield _started(leg)

    def _queued(self, call: Call, queue: str, joined_at: datetime, at: datetime) -> Iterator[Event]:
        call.queue = queue
        call.joined_at = joined_at
        yield e.CallQueued(at=at, call_id=call.call_id, queue=queue, joined_at=joined_at, leg_id=call.leg_id)

    def _end_asked(self, leg_id: str) -> None:
        leg = self.legs.get(leg_id)
        if leg is None:
            return
        leg.asked_end = True
        call = self.calls.get(leg.call_id)
        if call is not None and leg.leg_id == call.leg_id:
            call.asked_by = e.Party.CUSTOMER
        elif leg.kind is LegKind.AGENT:
            for held in self.calls.values():
                if held.agent_leg_id == leg_id and held.asked_by is None:
                    held.asked_by = e.Party.AGENT

    def _ended(self, leg_id: str, at: datetime, cause: int, sip_code: int | None) -> Iterator[Event]:
        leg = self.legs.get(leg_id)
        if leg is None:
            return
        yield from self._unbridge(leg, at)
        del self.legs[leg_id]
        self._gone[leg_id] = None
        if len(self._gone) > REMEMBERED:
            del self._gone[next(iter(self._gone))]
        call = self.calls.get(leg.call_id)
        yield e.LegFinished(
            at=at,
            call_id=leg.call_id,
            leg_id=leg_id,
            kind=leg.kind,
            agent_id=leg.agent_id,
            cause=cause,
            sip_code=sip_code,
            asked=leg.asked_end,
        )
        if leg.kind is LegKind.AGENT and leg.agent_id is not None:
            yield e.AgentLegDown(at=at, agent_id=leg.agent_id, leg_id=leg_id, asked=leg.asked_end)
        if leg.kind is LegKind.CONSULT and leg.agent_id is not None:
            yield e.ConsultChanged(at=at, agent_id=leg.agent_id, leg_id=leg_id, up=False, cause=cause)
        if call is None:
            return
        call.legs.discard(leg_id)
        if call.leg_id == leg_id:
            del self.calls[call.call_id]
            yield e.CallEnded(
                at=at,
                call_id=call.call_id,
                attempt_id=call.attempt_id,
                cause=cause,
                sip_code=sip_code,
                by=call.asked_by or e.Party.SYSTEM,
            )

    def _joined(self, fact: f.BridgeJoined) -> Iterator[Event]:
        leg = self.legs.get(fact.leg_id)
        if leg is None or leg.bridge_id == fact.bridge_id:
            return
        left_at = leg.left_bridges.get(fact.bridge_id)
        if left_at is not None and fact.at < left_at:
            return
        if leg.bridge_id:
            yield from self._unbridge(leg, fact.at)
        leg.bridge_id, leg.bridge_at = fact.bridge_id, fact.at
        self._bridges.setdefault(fact.bridge_id, set()).add(leg.leg_id)
        yield from self._meet(leg, fact.at)

    def _paired(self, fact: f.LocalPaired) -> Iterator[Event]:
        one, two = self.legs.get(fact.one_id), self.legs.get(fact.two_id)
        if one is None or two is None:
            return
        one.partner, two.partner = two.leg_id, one.leg_id
        yield from self._meet(one, fact.at)

    def _meet(self, leg: Leg, at: datetime) -> Iterator[Event]:
        """Whoever hears each other through this leg now: a customer and an agent make a conversation."""
        circle = [self.legs[i] for i in sorted(self.peers(leg.leg_id) | {leg.leg_id})]
        agents = [p for p in circle if p.kind is LegKind.AGENT and p.agent_id is not None]
        yield from self._consulting(leg, circle, at)
        if not agents:
            return
        for customer in circle:
            call = self.calls.get(customer.call_id)
            if call is None or call.leg_id != customer.leg_id:
                continue
            agent = next((a for a in agents if a.leg_id != call.agent_leg_id), None)
            if call.agent_leg_id and any(a.leg_id == call.agent_leg_id for a in agents):
                continue
            if agent is None or agent.agent_id is None:
                continue
            call.agent_id, call.agent_leg_id, call.asked_by = agent.agent_id, agent.leg_id, None
            yield from self._changed(customer.leg_id, LegState.UP, at)
            yield e.CallConnected(
                at=at,
                call_id=call.call_id,
                agent_id=agent.agent_id,
                leg_id=customer.leg_id,
                agent_leg_id=agent.leg_id,
            )

    def _consulting(self, joined: Leg, circle: list[Leg], at: datetime) -> Iterator[Event]:
        """Agents who hear a colleague or a consulted party since this leg joined."""
        customer = next((p for p in circle if p.call_id in self.calls and p.kind is LegKind.CUSTOMER), None)
        for one in circle:
            if one.kind is LegKind.CONSULT and customer is not None and not one.call_id:
                self._adopt(one, customer.call_id)
            for other in circle:
                if joined not in (one, other) or one is other or one.kind is not LegKind.AGENT:
                    continue
                if one.agent_id is not None and other.kind in (LegKind.CONSULT, LegKind.AGENT):
                    yield e.ConsultJoined(at=at, agent_id=one.agent_id, leg_id=other.leg_id)

    def _left(self, fact: f.BridgeLeft) -> Iterator[Event]:
        leg = self.legs.get(fact.leg_id)
        if leg is not None and leg.bridge_id == fact.bridge_id:
            yield from self._unbridge(leg, fact.at)

    def _unbridge(self, leg: Leg, at: datetime) -> Iterator[Event]:
        """Take the leg out of its bridge and end the conversations that went through it."""
        reach = self.peers(leg.leg_id) | {leg.leg_id}
        members = self._bridges.get(leg.bridge_id)
        if members is not None:
            members.discard(leg.leg_id)
            if not members:
                del self._bridges[leg.bridge_id]
        if leg.bridge_id:
            leg.left_bridges[leg.bridge_id] = at
            if len(leg.left_bridges) > REMEMBERED_BRIDGES:
                del leg.left_bridges[next(iter(leg.left_bridges))]
        leg.bridge_id = ""
        for other in reach:
            call = self.calls.get(self.legs[other].call_id)
            if call is None or call.leg_id != other or call.agent_id is None:
                continue
            if call.agent_leg_id in self.peers(other):
                continue
            agent_id = call.agent_id
            call.agent_id, call.agent_leg_id = None, ""
            yield e.CallDisconnected(at=at, call_id=call.call_id, agent_id=agent_id)

    def _phone(self, fact: f.PhoneChanged) -> Event:
        if fact.reachable:
            self._phones[fact.agent_id] = fact.uri
            return e.PhoneRegistered(at=fact.at, agent_id=fact.agent_id, uri=fact.uri)
        if self._phones.get(fact.agent_id) == fact.uri:
            del self._phones[fact.agent_id]
        return e.PhoneLost(at=fact.at, agent_id=fact.agent_id, uri=fact.uri)

    def _resynced(self, fact: f.Resynced) -> Iterator[Event]:
        """Make what we hold equal to what Asterisk has: end the missing, take up the new, redo bridges."""
        self._early.clear()
        seen = {leg.leg_id: leg for leg in fact.legs}
        for leg_id in [i for i in self.legs if i not in seen]:
            call = self.calls.get(self.legs[leg_id].call_id)
            if call is not None and call.leg_id == leg_id and call.asked_by is None:
                call.asked_by = e.Party.UNKNOWN
            yield from self._ended(leg_id, fact.at, 0, None)
        for found in fact.legs:
            yield from self._created(found, fact.at)
            yield from self._changed(found.leg_id, found.state, fact.at)
        for found in fact.legs:
            yield from self._place(found, fact.at)
        self._pair_by_name()
        for found in fact.legs:
            if found.bridge_id:
                yield from self._joined(
                    f.BridgeJoined(at=fact.at, bridge_id=found.bridge_id, leg_id=found.leg_id)
                )
        yield from self._standing(fact)
        yield e.FloorKnown(at=fact.at, open_calls=tuple(self.calls))

    def _pair_by_name(self) -> None:
        """A list of channels does not say which halves make a Local channel; their names do."""
        locals_ = {leg.name: leg for leg in self.legs.values() if leg.kind is LegKind.LOCAL}
        for name, one in locals_.items():
            two = locals_.get(f"{name[:-1]}2") if name.endswith(";1") else None
            if two is not None:
                one.partner, two.partner = two.leg_id, one.leg_id

    def _place(self, found: f.LegSeen, at: datetime) -> Iterator[Event]:
        leg = self.legs.get(found.leg_id)
        if leg is not None and leg.bridge_id and leg.bridge_id != found.bridge_id:
            yield from self._unbridge(leg, at)

    def _standing(self, fact: f.Resynced) -> Iterator[Event]:
        """Where each leg stands: agents' legs in their loop, phones, customers who wait or hear music."""
        for found in sorted(fact.legs, key=lambda one: one.created_at, reverse=True):
            leg = self.legs.get(found.leg_id)
            if leg is None or leg.agent_id is None or leg.state is not LegState.UP:
                continue
            if leg.kind is LegKind.AGENT and found.context == "cc-agent":
                yield e.AgentLegUp(at=fact.at, agent_id=leg.agent_id, leg_id=leg.leg_id)
        yield from self._phones_found(fact)
        for found in fact.legs:
            leg = self.legs.get(found.leg_id)
            call = self.calls.get(leg.call_id) if leg is not None else None
            if call is not None and call.leg_id == found.leg_id:
                yield from self._resume_wait(call, found, fact)

    def _phones_found(self, fact: f.Resynced) -> Iterator[Event]:
        found: dict[int, list[str]] = {}
        for agent_id, uri in fact.phones:
            found.setdefault(agent_id, []).append(uri)
        for agent_id, uri in list(self._phones.items()):
            if agent_id not in found:
                yield self._phone(f.PhoneChanged(at=fact.at, agent_id=agent_id, reachable=False, uri=uri))
        for agent_id, uris in found.items():
            known = self._phones.get(agent_id, "")
            uri = known if known in uris else uris[-1]
            yield self._phone(f.PhoneChanged(at=fact.at, agent_id=agent_id, reachable=True, uri=uri))

    def _resume_wait(self, call: Call, found: f.LegSeen, fact: f.Resynced) -> Iterator[Event]:
        if found.bridge_id:
            return
        queue = found.variables.get("CC_QUEUE", "")
        if call.leg_id in fact.waiting_in_fallback:
            call.queue = queue
            yield e.CallFellBack(at=fact.at, call_id=call.call_id, queue=queue, leg_id=call.leg_id)
        elif found.context in WAITING_CONTEXTS and queue:
            joined_at = _joined_at(found.variables) or call.started_at
            yield from self._queued(call, queue, joined_at, fact.at)
        elif found.context == "cc-served":
            yield e.CallReturned(at=fact.at, call_id=call.call_id, leg_id=call.leg_id)
        elif found.context == "cc-outbound" and found.state is LegState.UP:
            yield self._answered(call, fact.at)
        elif found.context == "cc-hold":
            yield e.CallFoundHeld(at=fact.at, call_id=call.call_id, leg_id=call.leg_id)


def _started(leg: Leg) -> Event:
    return e.LegStarted(
        at=leg.created_at,
        call_id=leg.call_id,
        leg_id=leg.leg_id,
        kind=leg.kind,
        agent_id=leg.agent_id,
        number_raw=leg.number_raw,
    )


def _joined_at(variables: dict[str, str]) -> datetime | None:
    """When the leg entered its queue, as the dialplan noted it."""
    joined_ms = variables.get("CC_JOINED_MS", "")
    if not joined_ms.isascii() or not joined_ms.isdecimal():
        return None
    return datetime.fromtimestamp(int(joined_ms) / 1000, UTC)
