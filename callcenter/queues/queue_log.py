"""Standard queue_log rows from our own events, so that QueueMetrics or Asternic can read along.

Pure: events in, rows out. The verbs and their fields are app_queue's.
"""

from dataclasses import dataclass

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
    joined_at: float
    connected_at: float = 0.0
    agent: str = ""
    position: int = 1


class QueueLogWriter:
    """Remembers open queue calls to give the durations their rows need."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def rows(
        self, event: Event, agent_names: dict[int, str], queues_of: dict[int, tuple[str, ...]]
    ) -> list[QueueLogRow]:
        """The rows this event is worth. `agent_names` are as queue_log shows agents."""
        match event:
            case e.CallQueued() if event.call_id not in self._open:
                self._open[event.call_id] = _Open(event.queue, event.joined_at.timestamp())
                return [QueueLogRow(event.queue, event.call_id, "NONE", "ENTERQUEUE", ("",))]
            case e.OfferEnded(why="timeout" | "declined") if event.queue:
                name = agent_names.get(event.agent_id, "NONE")
                return [QueueLogRow(event.queue, event.call_id, name, "RINGNOANSWER", (str(event.rang_ms),))]
            case e.CallConnected():
                return self._connected(event, agent_names)
            case e.CallTransferred():
                return self._transferred(event)
            case e.CallEnded():
                return self._ended(event)
            case AgentStateChanged():
                return _agent(event, agent_names, queues_of)
            case _:
                return []

    def _connected(self, event: e.CallConnected, names: dict[int, str]) -> list[QueueLogRow]:
        known = self._open.get(event.call_id)
        if known is None or known.connected_at:
            return []
        known.connected_at = event.at.timestamp()
        known.agent = names.get(event.agent_id, "NONE")
        held = str(round(known.connected_at - known.joined_at))
        return [QueueLogRow(known.queue, event.call_id, known.agent, "CONNECT", (held, event.agent_leg_id))]

    def _transferred(self, event: e.CallTransferred) -> list[QueueLogRow]:
        known = self._open.pop(event.call_id, None)
        if known is None or not known.connected_at:
            return []
        talked = str(round(event.at.timestamp() - known.connected_at))
        held = str(round(known.connected_at - known.joined_at))
        verb = "ATTENDEDTRANSFER" if event.how == "attended" else "BLINDTRANSFER"
        return [QueueLogRow(known.queue, event.call_id, known.agent, verb, (event.target, "", held, talked))]

    def _ended(self, event: e.CallEnded) -> list[QueueLogRow]:
        known = self._open.pop(event.call_id, None)
        if known is None:
            return []
        held = str(round((known.connected_at or event.at.timestamp()) - known.joined_at))
        if not known.connected_at:
            return [QueueLogRow(known.queue, event.call_id, "NONE", "ABANDON", ("1", "1", held))]
        verb = "COMPLETECALLER" if event.by is e.Party.CUSTOMER else "COMPLETEAGENT"
        talked = str(round(event.at.timestamp() - known.connected_at))
        return [QueueLogRow(known.queue, event.call_id, known.agent, verb, (held, talked, "1"))]


def _agent(
    event: AgentStateChanged, names: dict[int, str], queues_of: dict[int, tuple[str, ...]]
) -> list[QueueLogRow]:
    name = names.get(event.agent_id, "NONE")
    queues = queues_of.get(event.agent_id, ())
    if event.last is State.OFFLINE:
        return [QueueLogRow(q, "NONE", name, "ADDMEMBER") for q in queues]
    if event.state is State.OFFLINE:
        return [QueueLogRow(q, "NONE", name, "REMOVEMEMBER") for q in queues]
    paused = (State.PAUSED, State.NOT_RESPONDING)
    if event.state in paused and event.last not in paused:
        return [QueueLogRow("NONE", "NONE", name, "PAUSEALL", (event.reason,))]
    if event.last in paused and event.state not in paused:
        return [QueueLogRow("NONE", "NONE", name, "UNPAUSEALL")]
    return []
