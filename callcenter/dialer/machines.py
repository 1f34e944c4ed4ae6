"""An agent's key for “this is a machine”: the message plays by itself, the agent is free at once."""

from callcenter.agents.desk import Desk
from callcenter.agents.events import CommandIssued
from callcenter.agents.machine import IllegalStep, State
from callcenter.agents.roster import Roster
from callcenter.dialer.engine import Engine
from callcenter.kernel.errors import Conflict, Forbidden
from callcenter.kernel.i18n import marked


class Machines:
    """Handles the verb `leave_message`."""

    def __init__(self, engine: Engine, roster: Roster, desk: Desk) -> None:
        self._engine = engine
        self._roster = roster
        self._desk = desk

    async def leave_message(self, command: CommandIssued) -> None:
        """The command's handler. Only a campaign's call has a message."""
        if command.agent_id is None:
            raise Forbidden
        session = self._roster.get(command.agent_id)
        if session.state not in (State.TALKING, State.HOLD):
            raise IllegalStep(state=session.state)
        campaign_id = session.call.campaign_id if session.call is not None else None
        state = self._engine.campaigns.get(campaign_id or 0)
        if state is None:
            raise Conflict(marked("Only a campaign’s call has a message for machines."), key="no-message")
        call_id = session.call_id
        await self._desk.leave_message(session, state.plan.message)
        self._engine.agent_heard_machine(call_id)
