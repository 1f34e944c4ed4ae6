"""Keeps app_queue's members in step with agents' states, for the time when the service is away."""

from callcenter.agents.bench import Bench
from callcenter.agents.machine import State
from callcenter.calls.control import Membership

MEMBERSHIP = {
    State.OFFLINE: Membership.ABSENT,
    State.READY: Membership.AVAILABLE,
    State.RINGING: Membership.BUSY,
    State.DIALLING: Membership.BUSY,
    State.TALKING: Membership.BUSY,
    State.HOLD: Membership.BUSY,
    # the wrap-up clock is ours: while we are away the agent may take the next call
    State.WRAPUP: Membership.AVAILABLE,
    State.PAUSED: Membership.PAUSED,
    State.NOT_RESPONDING: Membership.PAUSED,
}


class Mirror:
    """Remembers what was told, so that only changes are."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._told: dict[int, tuple[tuple[str, ...], Membership]] = {}

    def tell(self, agent_id: int) -> None:
        """This agent may have changed. While Asterisk is not seen nothing is told: `tell_all` follows."""
        session = self._bench.roster.sessions.get(agent_id)
        if session is None or self._bench.away:
            return
        wanted = (tuple(sorted(session.profile.queues)), MEMBERSHIP[session.state])
        told = self._told.get(agent_id)
        if told == wanted or (told is None and not wanted[0]):
            return
        self._told[agent_id] = wanted
        self._bench.ask(
            "mirror a queue member",
            self._bench.control.mirror_member(agent_id, *wanted),
            refused=lambda _: self._forget(agent_id, wanted),
        )

    def _forget(self, agent_id: int, told: tuple[tuple[str, ...], Membership]) -> None:
        if self._told.get(agent_id) == told:
            del self._told[agent_id]

    def tell_all(self) -> None:
        """Asterisk may have forgotten."""
        self._told.clear()
        for agent_id in self._bench.roster.sessions:
            self.tell(agent_id)
