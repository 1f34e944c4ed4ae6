"""Which agent gets a line: promised before it is dialled, or chosen when the customer answers."""

from collections.abc import Iterable
from datetime import UTC, datetime

from callcenter.agents.machine import State
from callcenter.agents.roster import AgentSession
from callcenter.dialer.engine.dials import Dial
from callcenter.dialer.engine.ground import Ground
from callcenter.dialer.next_agent import FreeAgent, Ties, ranked
from callcenter.dialer.states import DialKind, NextAgent

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class Handing:
    """The part of the engine that reserves agents and gives customers to the desk."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def free_for(self, dial: Dial) -> list[AgentSession]:
        """Who could take this line, the best by the campaign's rule first."""
        found = {
            session.agent_id: session
            for session in self._ground.roster.free_for_campaign(dial.campaign_id or 0)
            if session.agent_id not in dial.failed_agents
        }
        state = self._ground.state_of(dial)
        rule = state.plan.next_agent if state is not None else NextAgent.LONGEST_IDLE
        free = [FreeAgent(a, s.free_since or s.since) for a, s in found.items()]
        ties = Ties(owner_id=dial.facts.owner_id, last_agent_id=dial.facts.last_agent_id)
        return [found[agent_id] for agent_id in ranked(free, rule, ties)]

    def holds(self, dial: Dial) -> bool:
        """Is the promised agent still there for this line?"""
        session = self._ground.roster.sessions.get(dial.agent_id or 0)
        return (
            session is not None
            and session.state is State.READY
            and session.reachable
            and session.reserved_by == dial.holder
        )

    def hold(self, dial: Dial, session: AgentSession) -> None:
        self._ground.roster.reserve(session.agent_id, dial.holder)
        dial.agent_id = session.agent_id

    def unhold(self, dial: Dial) -> None:
        if dial.agent_id is not None:
            self._ground.roster.release(dial.agent_id, dial.holder)
            dial.agent_id = None

    def hand_over(self, dial: Dial) -> None:
        """An answered customer to their agent, or to any other free one of the campaign."""
        desk = self._ground.desk
        if dial.campaign_id is None or dial.kind is not DialKind.CAMPAIGN or desk is None or dial.agentless:
            return
        if not self.holds(dial):
            self.unhold(dial)
            free = self.free_for(dial)
            if not free:
                return
            self.hold(dial, free[0])
        if dial.agent_id is not None:
            dial.offered = True
            desk.connect(dial.agent_id, dial.call_id, dial.leg_id, dial.campaign_id)

    def join_failed(self, dial: Dial) -> None:
        """The desk could not join this customer with the agent: the next free one gets them."""
        if dial.over or dial.connected_at is not None:
            return
        if dial.agent_id is not None:
            dial.failed_agents.add(dial.agent_id)
        self.unhold(dial)
        dial.offered = False
        self.hand_over(dial)

    def reassign_all(self) -> None:
        """Customers who wait get the agents there are, the longest waiting first; then lines that ring."""
        wanting = [dial for dial in self._ground.dials.values() if _wants_agent(dial)]
        for dial in sorted(wanting, key=lambda d: (d.answered_at or END_OF_TIME, d.attempt_id)):
            self.reassign(dial)

    def reassign(self, dial: Dial) -> None:
        """A line that lost its agent gets another; an answered customer, anybody who is free."""
        if not _wants_agent(dial) or self.holds(dial):
            return
        if dial.answered_at is not None:
            self.hand_over(dial)
            return
        self.unhold(dial)
        free = self.free_for(dial)
        if free:
            self.hold(dial, free[0])

    def agent_left(self, agent_id: int) -> None:
        """Whoever was promised this agent must look for another."""
        for dial in self._of_agent(agent_id):
            if dial.offered:
                self._ground.roster.release(agent_id, dial.holder)
            else:
                self.unhold(dial)

    def _of_agent(self, agent_id: int) -> Iterable[Dial]:
        return [
            dial
            for dial in self._ground.dials.values()
            if dial.agent_id == agent_id and not dial.over and dial.kind is DialKind.CAMPAIGN
        ]


def _wants_agent(dial: Dial) -> bool:
    if (
        dial.over
        or dial.agentless
        or dial.offered
        or dial.kind is not DialKind.CAMPAIGN
        or dial.campaign_id is None
    ):
        return False
    if dial.answered_at is not None:
        return not dial.dropped and not dial.machine
    return dial.promised
