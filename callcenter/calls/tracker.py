"""Folds facts into calls and legs. Pure: facts in, events out, no clock, no I/O.

A call is one conversation with one customer. Its id is the Linkedid its customer's leg was born with; a later
bridge with an older leg changes Asterisk's Linkedid, so after birth everything is found by Uniqueid. A fact
that repeats, comes late or speaks of an unknown leg yields nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.calls import events as e
from callcenter.calls import facts as f
from callcenter.calls.facts import LegKind, LegState
from callcenter.kernel import phone
from callcenter.kernel.events import Event

WAITING_CONTEXTS = frozenset({"cc-queue"})
# legs that have ended are remembered so that a late fact cannot bring them back
REMEMBERED = 4096


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
        self.ignored = 0

    def apply(self, fact: f.Fact) -> tuple[Event, ...]:
        """What this fact means, given all before it."""
        return tuple(self._apply(fact))

    def expect(self, leg_id: str, number: str) -> None:
        """The number (E.164) of a customer leg that we are about to originate: Asterisk's own event of it
        carries our caller ID instead."""
        self._expected[leg_id] = number

    def leg_of_agent(self, agent_id: int) -> Leg | None:
        """The agent's own leg that is up, the newest if there are several."""
        found = [
            leg
            for leg in self.legs.values()
            if leg.kind is LegKind.AGENT and leg.agent_id == agent_id and leg.state is LegState.UP
        ]
        return max(found, key=lambda leg: leg.created_at, default=None)

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
            case f.LegRenamed():
                if (leg := self.legs.get(fact.leg_id)) is not None:
                    leg.name = fact.name
            case f.LegChanged():
                yield from self._changed(fact.leg_id, fact.state, fact.at)
            case f.LegDialling():
                self._dialling(fact)
            case f.LegDialled():
                if fact.status == "ANSWER":
                    yield from self._changed(fact.leg_id, LegState.UP, fact.at)
            case f.LegEndAsked():
                self._end_asked(fact.leg_id)
            case f.LegEnded():
                yield from self._ended(fact.leg_id, fact.at, fact.cause, fact.sip_code)
            case f.OriginateEnded():
                if not fact.ok:
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
        if leg is None:
            self.ignored += 1
            return
        call = self.calls.get(leg.call_id)
        match fact:
            case f.AgentLegReady():
                yield from self._changed(leg.leg_id, LegState.UP, fact.at)
                yield e.AgentLegUp(at=fact.at, agent_id=fact.agent_id, leg_id=leg.leg_id)
            case f.QueueEntered() if call is not None:
                yield from self._queued(call, fact.queue, fact.joined_at, fact.at)
            case f.FallbackEntered() if call is not None:
                call.queue = fact.queue
                yield e.CallFellBack(at=fact.at, call_id=call.call_id, queue=fact.queue, leg_id=leg.leg_id)
            case f.ReturnedToLoop() if call is not None:
                yield e.CallReturned(at=fact.at, call_id=call.call_id, leg_id=leg.leg_id)
            case f.CustomerAnswered():
                yield from self._changed(leg.leg_id, LegState.UP, fact.at)
            case f.CustomerDropped() if call is not None:
                yield e.CallDropped(at=fact.at, call_id=call.call_id, attempt_id=call.attempt_id)
            case f.RecordingChanged() if call is not None and fact.state in ("muted", "unmuted"):
                yield e.RecordingPaused(at=fact.at, call_id=call.call_id, paused=fact.state == "muted")
            case _:
                return

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
        elif leg.call_id:
            self.calls[leg.call_id].legs.add(leg.leg_id)
        yield e.LegStarted(
            at=moment,
            call_id=leg.call_id,
            leg_id=leg.leg_id,
            kind=leg.kind,
            agent_id=leg.agent_id,
            number_raw=leg.number_raw,
        )
        if fact.state is not LegState.DOWN:
            yield from self._changed(leg.leg_id, fact.state, at or moment)

    def _home_of(self, fact: f.LegCreated | f.LegSeen) -> str:
        """The call a new leg belongs to already, or nothing."""
        if fact.kind is LegKind.CONSULT and fact.agent_id is not None:
            call = next((c for c in self.calls.values() if c.agent_id == fact.agent_id), None)
            return call.call_id if call else ""
        if fact.kind is LegKind.AGENT or fact.linked_id == fact.leg_id:
            return ""
        if fact.linked_id in self.calls:
            return fact.linked_id
        return self.legs[fact.linked_id].call_id if fact.linked_id in self.legs else ""

    def _open(self, leg: Leg, fact: f.LegCreated | f.LegSeen, at: datetime, *, resumed: bool) -> Event:
        ours = leg.attempt_id is not None or leg.agent_id is not None
        kept = fact.variables.get("CC_NUMBER", "") if isinstance(fact, f.LegSeen) else ""
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
            if call.direction is e.Direction.OUTBOUND:
                yield e.CallAnswered(at=at, call_id=call.call_id, attempt_id=call.attempt_id, leg_id=leg_id)

    def _dialling(self, fact: f.LegDialling) -> None:
        """A dialled leg belongs to the call of the leg that dials it, whatever its Linkedid says."""
        leg = self.legs.get(fact.leg_id)
        source = self.legs.get(fact.source_id or "")
        if leg is None or source is None or leg.call_id or not source.call_id:
            return
        if leg.kind is not LegKind.AGENT:
            leg.call_id = source.call_id
            self.calls[source.call_id].legs.add(leg.leg_id)

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
        if call is not None and call.asked_by is None and leg.leg_id == call.leg_id:
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
        if leg.bridge_id:
            yield from self._unbridge(leg, fact.at)
        leg.bridge_id = fact.bridge_id
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
            call.agent_id, call.agent_leg_id = agent.agent_id, agent.leg_id
            yield from self._changed(customer.leg_id, LegState.UP, at)
            yield e.CallConnected(
                at=at,
                call_id=call.call_id,
                agent_id=agent.agent_id,
                leg_id=customer.leg_id,
                agent_leg_id=agent.leg_id,
            )

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
            return e.PhoneRegistered(at=fact.at, agent_id=fact.agent_id, uri=fact.uri)
        return e.PhoneLost(at=fact.at, agent_id=fact.agent_id, uri=fact.uri)

    def _resynced(self, fact: f.Resynced) -> Iterator[Event]:
        """Make what we hold equal to what Asterisk has: end the missing, take up the new, redo bridges."""
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
        for found in fact.legs:
            if found.bridge_id:
                yield from self._joined(
                    f.BridgeJoined(at=fact.at, bridge_id=found.bridge_id, leg_id=found.leg_id)
                )
        yield from self._standing(fact)
        yield e.FloorKnown(at=fact.at, open_calls=tuple(self.calls))

    def _place(self, found: f.LegSeen, at: datetime) -> Iterator[Event]:
        leg = self.legs.get(found.leg_id)
        if leg is not None and leg.bridge_id and leg.bridge_id != found.bridge_id:
            yield from self._unbridge(leg, at)

    def _standing(self, fact: f.Resynced) -> Iterator[Event]:
        """Where each leg stands: waiting callers, agents' legs in their loop, callers in app_queue."""
        for agent_id, uri in fact.phones:
            yield e.PhoneRegistered(at=fact.at, agent_id=agent_id, uri=uri)
        for found in fact.legs:
            leg = self.legs.get(found.leg_id)
            call = self.calls.get(leg.call_id) if leg is not None else None
            if leg is not None and leg.kind is LegKind.AGENT and leg.agent_id is not None:
                if leg.state is LegState.UP:
                    yield e.AgentLegUp(at=fact.at, agent_id=leg.agent_id, leg_id=leg.leg_id)
            elif call is not None and leg is not None and call.leg_id == leg.leg_id:
                yield from self._resume_wait(call, found, fact)

    def _resume_wait(self, call: Call, found: f.LegSeen, fact: f.Resynced) -> Iterator[Event]:
        queue = found.variables.get("CC_QUEUE", "")
        if found.bridge_id or not queue:
            return
        if call.leg_id in fact.waiting_in_fallback:
            call.queue = queue
            yield e.CallFellBack(at=fact.at, call_id=call.call_id, queue=queue, leg_id=call.leg_id)
        elif found.context in WAITING_CONTEXTS:
            joined_ms = found.variables.get("CC_JOINED_MS", "")
            joined_at = (
                datetime.fromtimestamp(int(joined_ms) / 1000, tz=fact.at.tzinfo)
                if joined_ms.isdigit()
                else call.started_at
            )
            yield from self._queued(call, queue, joined_at, fact.at)
        elif found.context == "cc-served":
            yield e.CallReturned(at=fact.at, call_id=call.call_id, leg_id=call.leg_id)
