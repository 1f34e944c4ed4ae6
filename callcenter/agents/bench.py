"""What all parts of the desk work with: the floor's objects, and each other."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from callcenter.agents import machine
from callcenter.agents.events import AgentNotice
from callcenter.agents.machine import State
from callcenter.agents.roster import AgentSession, Roster
from callcenter.calls import events as e
from callcenter.calls.control import CallControl, ControlError
from callcenter.calls.stage import Stage
from callcenter.calls.tracker import Call, Tracker
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import Unavailable
from callcenter.kernel.tasks import Tasks

if TYPE_CHECKING:
    from callcenter.agents.consulting import Consulting
    from callcenter.agents.conversation import Conversation
    from callcenter.agents.offers import Offers
    from callcenter.agents.phones import Phones
    from callcenter.agents.shifts import Shifts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """How calls leave the house when nobody says otherwise."""

    trunk: str
    caller_id: str
    ring_seconds: int = 45


class Bench:
    """One for the floor. The desk puts its parts here, so that each can ask the others."""

    phones: "Phones"
    offers: "Offers"
    conversation: "Conversation"
    consulting: "Consulting"
    shifts: "Shifts"

    def __init__(
        self,
        *,
        stage: Stage,
        tracker: Tracker,
        roster: Roster,
        control: CallControl,
        clock: Clock,
        tasks: Tasks,
        outside: Outside,
    ) -> None:
        self.stage = stage
        self.tracker = tracker
        self.roster = roster
        self.control = control
        self.clock = clock
        self.outside = outside
        self.away = True  # until Asterisk has told what there is
        # the wrap-up of a queue or a campaign, None where neither says one
        self.wrapup_of: Callable[[str, int | None], int | None] = lambda _queue, _campaign_id: None
        self._tasks = tasks

    def now(self) -> datetime:
        return self.clock.now()

    def ask(
        self,
        name: str,
        work: Coroutine[object, object, None],
        *,
        refused: Callable[[ControlError], None] | None = None,
    ) -> None:
        """Ask Asterisk in a task; a refusal is logged, and told to whoever wants to know."""

        async def asking() -> None:
            try:
                await work
            except ControlError as error:
                log.warning("asterisk refused", extra={"asked": name, "code": error.code})
                if refused is not None:
                    refused(error)

        self._tasks.spawn(name, asking())

    def notice(self, session: AgentSession, level: str, message: str) -> None:
        """Tell the agent something; `message` is a msgid."""
        self.stage.emit(AgentNotice(at=self.now(), agent_id=session.agent_id, level=level, message=message))

    def wrapup_seconds(self, session: AgentSession) -> int:
        """Time for notes: as the call's queue or campaign says, else the agent's own."""
        call = session.call
        said = self.wrapup_of(call.queue, call.campaign_id) if call is not None else None
        return session.profile.wrapup_seconds if said is None else said

    def customer_leg(self, session: AgentSession, *states: State) -> str:
        """The customer's leg of the agent's conversation, if the state is one of these."""
        call = self.tracker.calls.get(session.call_id)
        if session.state not in states or call is None or session.helps is not None:
            raise machine.IllegalStep(state=session.state)
        self.need_sight()
        return call.leg_id

    def need_sight(self) -> None:
        """Nobody moves a call while what Asterisk does with it cannot be seen."""
        if self.away:
            raise Unavailable

    def bridged(self, session: AgentSession) -> Call | None:
        """The agent's call, while agent and customer hear each other."""
        call = self.tracker.calls.get(session.call_id)
        return call if call is not None and call.agent_id == session.agent_id else None

    def transferred(self, session: AgentSession, call_id: str, kind: str, target: str, how: str) -> None:
        """The call is no longer this agent's."""
        self.stage.emit(
            e.CallTransferred(
                at=self.now(),
                call_id=call_id,
                agent_id=session.agent_id,
                kind=kind,
                target=target,
                how=how,
            )
        )
