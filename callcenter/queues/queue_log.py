"""Standard queue_log rows from our own events, so that QueueMetrics or Asternic can read along.

Pure: events in, rows out. The verbs and their fields are app_queue's. While app_queue itself has a caller
(the service was away) it writes that caller's rows, and we write none.
"""

from dataclasses import dataclass
from datetime import datetime

from callcenter.agents.events import AgentStateChanged
from callcenter.agents.machine import State
from callcenter.calls import events as e
from callcenter.kernel.events import Event


@dataclass(frozen=True, slots=True)
class QueueLogRow:
    """One row: queue, call, agent, verb and up to five fields."""

    queue: str
    call_id: str
    agent: str
    verb: str
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class _Open:
    queue: str
    joined_at: datetime
    first_position: int
    offered_at: datetime | None = None
    connected_at: datetime | None = None
    agent: str = "NONE"

    def held(self, until: datetime) -> str:
        return _seconds(self.joined_at, self.connected_at or until)

    def talked(self, until: datetime) -> str:
        return _seconds(self.connected_at or until, until)


class QueueLogWriter:
    """Remembers open queue calls to give the durations and places their rows need."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._numbers: dict[str, str] = {}

    def rows(
        self, event: Event, agent_names: dict[int, str], queues_of: dict[int, tuple[str, ...]]
    ) -> list[QueueLogRow]:
        """The rows this event is worth. `agent_names` are as queue_log shows agents."""
        match event:
            case e.OfferEnded(why="timeout" | "declined") if event.queue:
                name = agent_names.get(event.agent_id, "NONE")
                return [QueueLogRow(event.queue, event.call_id, name, "RINGNOANSWER", (str(event.rang_ms),))]
            case AgentStateChanged():
                return _agent(event, agent_names, queues_of)
            case e.CallEvent():
                return self._call(event, agent_names)
            case _:
                return []

    def _call(self, event: e.CallEvent, names: dict[int, str]) -> list[QueueLogRow]:
        match event:
            case e.CallStarted():
                self._numbers[event.call_id] = event.number or event.number_raw
            case e.CallQueued():
                return self._queued(event)
            case e.CallFellBack():
                self._open.pop(event.call_id, None)
            case e.CallOffered():
                if (known := self._open.get(event.call_id)) is not None:
                    known.offered_at = event.at
            case e.CallConnected():
                return self._connected(event, names)
            case e.CallTransferred():
                return self._transferred(event)
            case e.CallEnded():
                self._numbers.pop(event.call_id, None)
                return self._ended(event)
            case _:
                pass
        return []

    def _queued(self, event: e.CallQueued) -> list[QueueLogRow]:
        known = self._open.get(event.call_id)
        if known is not None and known.connected_at is None and known.queue == event.queue:
            return []
        given = [] if known is None else self._given(event, known, event.queue)
        ahead = sum(1 for o in self._open.values() if o.queue == event.queue and o.connected_at is None)
        self._open[event.call_id] = _Open(event.queue, event.joined_at, ahead + 1)
        entered = ("", self._numbers.get(event.call_id, ""), str(ahead + 1))
        return [*given, QueueLogRow(event.queue, event.call_id, "NONE", "ENTERQUEUE", entered)]

    def _given(self, event: e.CallEvent, known: _Open, target: str) -> list[QueueLogRow]:
        """The agent gave the call away, blind."""
        del self._open[event.call_id]
        if known.connected_at is None:
            return []
        fields = (target, "", known.held(event.at), known.talked(event.at), str(known.first_position))
        return [QueueLogRow(known.queue, event.call_id, known.agent, "BLINDTRANSFER", fields)]

    def _connected(self, event: e.CallConnected, names: dict[int, str]) -> list[QueueLogRow]:
        known = self._open.get(event.call_id)
        if known is None or known.connected_at is not None:
            return []
        known.connected_at = event.at
        known.agent = names.get(event.agent_id, "NONE")
        rang = _seconds(known.offered_at or event.at, event.at)
        fields = (known.held(event.at), event.agent_leg_id, rang)
        return [QueueLogRow(known.queue, event.call_id, known.agent, "CONNECT", fields)]

    def _transferred(self, event: e.CallTransferred) -> list[QueueLogRow]:
        known = self._open.get(event.call_id)
        if known is None or known.connected_at is None:
            return []  # the loop of the next queue was faster: it is written already
        if event.how != "attended":
            return self._given(event, known, event.target)
        del self._open[event.call_id]
        times = (known.held(event.at), known.talked(event.at), str(known.first_position))
        fields = ("BRIDGE", event.target, *times)
        return [QueueLogRow(known.queue, event.call_id, known.agent, "ATTENDEDTRANSFER", fields)]

    def _ended(self, event: e.CallEnded) -> list[QueueLogRow]:
        known = self._open.pop(event.call_id, None)
        if known is None:
            return []
        first = str(known.first_position)
        if known.connected_at is None:
            same = (o for o in self._open.values() if o.queue == known.queue and o.connected_at is None)
            place = str(1 + sum(1 for o in same if o.joined_at < known.joined_at))
            fields = (place, first, known.held(event.at))
            return [QueueLogRow(known.queue, event.call_id, "NONE", "ABANDON", fields)]
        verb = "COMPLETECALLER" if event.by is e.Party.CUSTOMER else "COMPLETEAGENT"
        fields = (known.held(event.at), known.talked(event.at), first)
        return [QueueLogRow(known.queue, event.call_id, known.agent, verb, fields)]


def _seconds(start: datetime, end: datetime) -> str:
    return str(max(0, round((end - start).total_seconds())))


def _agent(
    event: AgentStateChanged, names: dict[int, str], queues_of: dict[int, tuple[str, ...]]
) -> list[QueueLogRow]:
    name = names.get(event.agent_id, "NONE")
    queues = queues_of.get(event.agent_id, ())
    paused = (State.PAUSED, State.NOT_RESPONDING)
    pause = QueueLogRow("NONE", "NONE", name, "PAUSEALL", (event.reason,))
    if event.last is State.OFFLINE:
        added = [QueueLogRow(q, "NONE", name, "ADDMEMBER") for q in queues]
        return [*added, pause] if event.state in paused else added
    if event.state is State.OFFLINE:
        return [QueueLogRow(q, "NONE", name, "REMOVEMEMBER") for q in queues]
    if event.state in paused and event.last not in paused:
        return [pause]
    if event.last in paused and event.state not in paused:
        return [QueueLogRow("NONE", "NONE", name, "UNPAUSEALL", (event.reason,))]
    return []
