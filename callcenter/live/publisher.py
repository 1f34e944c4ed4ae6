"""Writes the live board from the floor's own objects, in the process that holds the floor.

It listens on the stage only to know what may have changed; the documents are made from the objects, once per
turn of the event loop, so a burst of events costs one document each.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from callcenter.agents import machine
from callcenter.agents.events import AgentLoaded, AgentPlanChanged, AgentStateChanged
from callcenter.agents.machine import State
from callcenter.agents.roster import AgentSession, Roster
from callcenter.calls import events as e
from callcenter.calls.tracker import Call, Tracker
from callcenter.kernel.bus import Bus
from callcenter.kernel.clock import Clock, iso
from callcenter.kernel.events import Event
from callcenter.live.board import Board, Doc
from callcenter.live.events import BoardChanged, BoardTaken, BoardWanted
from callcenter.queues.distributor import Distributor, QueueDay, talking_in


@dataclass(frozen=True, slots=True)
class Named:
    """Who the customer of a call turned out to be."""

    contact_id: int
    name: str


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None


class Publisher:
    """One for the floor. `seq` starts anew with each process; `epoch` tells readers so."""

    def __init__(
        self,
        *,
        bus: Bus,
        clock: Clock,
        tracker: Tracker,
        roster: Roster,
        distributor: Distributor,
        campaigns: Callable[[], dict[int, Doc]],
        shown_to: Callable[[int], Doc] = lambda _agent_id: {"preview": None, "callback": None},
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._tracker = tracker
        self._roster = roster
        self._distributor = distributor
        self._campaign_docs = campaigns
        self._shown_to = shown_to
        self._named: dict[str, Named] = {}
        self._calls: set[str] = set()
        self._agents: set[int] = set()
        self._scheduled = False
        self.board = Board()
        self.epoch = secrets.token_hex(6)

    # -- what may have changed ------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        match event:
            case AgentStateChanged() | AgentPlanChanged() | AgentLoaded():
                self._agents.add(event.agent_id)
            case e.ContactBound():
                self.name_call(event)
            case e.CallEvent():
                self._calls.add(event.call_id)
                self._agents.update(
                    s.agent_id for s in self._roster.sessions.values() if s.call_id == event.call_id
                )
            case e.FloorKnown():
                self._agents.update(self._roster.sessions)
                self._calls.update(self._tracker.calls, self.board.docs["call"])
            case _:
                return
        self._schedule()

    def name_call(self, event: e.ContactBound) -> None:
        """The CRM has found the customer (comes over the bus, not the stage)."""
        self._named[event.call_id] = Named(contact_id=event.contact_id, name=event.name)
        self._calls.add(event.call_id)
        self._agents.update(s.agent_id for s in self._roster.sessions.values() if s.call_id == event.call_id)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.flush)

    async def receive(self, events: Sequence[Event]) -> None:
        """The bus subscriber for `BoardWanted` and `ContactBound`."""
        for event in events:
            match event:
                case BoardWanted():
                    self.flush()
                    self.take()
                case e.ContactBound():
                    self.name_call(event)
                case _:
                    pass

    def _forget_names(self) -> None:
        """Names are kept while the call lasts and while an agent still writes on it."""
        wanted = self._tracker.calls.keys() | {s.call_id for s in self._roster.sessions.values()}
        for call_id in self._named.keys() - wanted:
            del self._named[call_id]

    def take(self) -> None:
        """Publish the whole board."""
        self._bus.publish(
            BoardTaken(
                at=self._clock.now(),
                epoch=self.epoch,
                seq=self.board.seq,
                docs_json=msgspec.json.encode(self.board.docs).decode(),
            )
        )

    def flush(self) -> None:
        """Make the documents of what may have changed and publish those that did."""
        self._scheduled = False
        for agent_id in self._agents:
            session = self._roster.sessions.get(agent_id)
            self._put("agent", str(agent_id), self._agent(session) if session is not None else None)
        for call_id in self._calls:
            call = self._tracker.calls.get(call_id)
            self._put("call", call_id, self._call(call) if call is not None else None)
        self._forget_names()
        self._agents.clear()
        self._calls.clear()
        for name in self._distributor.policies:
            self._put("queue", name, self._queue(name))
        for key in [k for k in self.board.docs["queue"] if k not in self._distributor.policies]:
            self._put("queue", key, None)
        self._campaigns()

    def _campaigns(self) -> None:
        shown = self._campaign_docs()
        for campaign_id, doc in shown.items():
            self._put("campaign", str(campaign_id), doc)
        for key in [k for k in self.board.docs["campaign"] if int(k) not in shown]:
            self._put("campaign", key, None)

    def tick(self) -> None:
        """Figures that change without an event of theirs (campaigns, a new day): once a second."""
        self.flush()

    def _put(self, kind: str, key: str, doc: Doc | None) -> None:
        delta = self.board.put(kind, key, doc)
        if delta is not None:
            self._bus.publish(
                BoardChanged(
                    at=self._clock.now(),
                    epoch=self.epoch,
                    seq=delta.seq,
                    kind=kind,
                    key=key,
                    doc_json=msgspec.json.encode(doc).decode() if doc is not None else "",
                )
            )

    # -- documents ------------------------------------------------------------------------------

    def _agent(self, session: AgentSession) -> Doc:
        profile = session.profile
        plan = session.plan
        planned = session.state in machine.ON_CALL or session.state is State.WRAPUP
        return {
            "id": profile.agent_id,
            "name": profile.name,
            "extension": profile.extension,
            "state": session.state,
            "reason": session.reason,
            "next": {"state": plan.state, "reason": plan.reason} if planned else None,
            "since": iso(session.since),
            "deadline": _iso(session.deadline),
            "phone": session.leg,
            "phone_registered": bool(session.phone_uri),
            "recovering": _iso(session.recover_until) if session.call_id else None,
            "leg_mode": profile.leg_mode,
            "queues": sorted(profile.queues),
            "campaigns": sorted(profile.campaigns),
            "call": self._agent_call(session),
            **self._shown_to(profile.agent_id),
            "today": {
                "calls": session.today.calls,
                "talk_s": round(session.today.talk_seconds),
                "wrap_s": round(session.today.wrap_seconds),
                "hold_s": round(session.today.hold_seconds),
                "paused_s": round(session.today.paused_seconds),
                "ready_s": round(session.today.ready_seconds),
            },
        }

    def _agent_call(self, session: AgentSession) -> Doc | None:
        offer, consult = session.call, session.consult
        if offer is None or not session.call_id:
            return None
        named = self._named.get(session.call_id)
        return {
            "call_id": session.call_id,
            "direction": offer.direction,
            "queue": offer.queue,
            "campaign": offer.campaign_id,
            "number": offer.number,
            "name": named.name if named is not None else "",
            "contact_id": named.contact_id if named is not None else None,
            "offered_at": iso(offer.offered_at),
            "answered_at": _iso(session.answered_at),
            "consult_of": session.helps,
            "held": session.state is State.HOLD,
            "recording": self._recording(session),
            "consult": {
                "target": consult.target,
                "number": consult.number,
                "name": consult.name,
                "state": "talking" if consult.talking else "held" if consult.up else "dialling",
                "since": iso(consult.since),
            }
            if consult is not None
            else None,
        }

    def _recording(self, session: AgentSession) -> str:
        call = self._tracker.calls.get(session.call_id)
        if call is None or not call.recorded:
            return "off"
        return "paused" if session.recording_paused else "on"

    def _call(self, call: Call) -> Doc:
        caller = self._distributor.callers.get(call.call_id)
        session = self._roster.of_call(call.call_id)
        named = self._named.get(call.call_id)
        return {
            "id": call.call_id,
            "direction": call.direction,
            "state": self._call_state(call, session, waiting=caller is not None),
            "queue": call.queue,
            "campaign": session.call.campaign_id if session and session.call else None,
            "number": call.number or call.number_raw,
            "name": named.name if named is not None else "",
            "agent_id": session.agent_id if session is not None else None,
            "started_at": iso(call.started_at),
            "joined_at": _iso(caller.joined_at if caller is not None else call.joined_at),
            "answered_at": _iso(call.answered_at),
        }

    @staticmethod
    def _call_state(call: Call, session: AgentSession | None, *, waiting: bool) -> str:
        if session is None:
            if waiting:
                return "waiting"
            return "dialling" if call.answered_at is None else "returned"
        match session.state:
            case State.RINGING:
                return "offered"
            case State.TALKING:
                return "talking" if call.agent_id is not None else "returned"
            case State.HOLD:
                return "held"
            case _:
                return "dialling"

    def _queue(self, name: str) -> Doc:
        policy = self._distributor.policies[name]
        day = self._distributor.days.get(name) or QueueDay()
        waiting = self._distributor.in_queue(name)
        members = [s for s in self._roster.sessions.values() if name in s.profile.queues]
        ended = day.answered + day.abandoned
        return {
            "name": name,
            "title": policy.title,
            "waiting": len(waiting),
            "longest_since": _iso(min((c.joined_at for c in waiting), default=None)),
            "ready": sum(1 for s in members if s.free),
            "talking": talking_in(self._roster, name),
            "agents": sum(1 for s in members if s.state is not State.OFFLINE),
            "offered": day.offered,
            "answered": day.answered,
            "answered_in_target": day.answered_in_target,
            "abandoned": day.abandoned,
            "short_abandoned": day.short_abandoned,
            "service_level": round(day.answered_in_target / ended, 4) if ended else None,
            "target": policy.target_percent / 100,
            "threshold_s": policy.limits.answer_seconds,
            "wait_limit_s": policy.wait_limit_seconds,
            "hours": list(day.hours),
        }
