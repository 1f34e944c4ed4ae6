"""The shift of an agent: here, ready, on a break, writing up, gone."""

from datetime import timedelta

from callcenter.agents import machine
from callcenter.agents.bench import Bench
from callcenter.agents.events import WrapUpFinished
from callcenter.agents.machine import Plan, State, Trigger
from callcenter.agents.phones import NO_PHONE, RECOVERY
from callcenter.agents.roster import WAITING_FOR_PHONE, AgentSession, LegMode, LegState
from callcenter.kernel.errors import Conflict, Unavailable
from callcenter.kernel.i18n import marked


class Shifts:
    """The part of the desk for what needs no telephone."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def start(self, session: AgentSession) -> None:
        """The agent is here: their phone is called, and they are ready when it is up."""
        self._bench.roster.move(session, Trigger.START, reason=WAITING_FOR_PHONE)
        session.start_when_up = True
        if not session.phone_uri:
            session.recover_until = self._bench.now() + RECOVERY  # it may be about to register
        elif session.profile.leg_mode is LegMode.RUNG:
            self._bench.phones.begin(session)
        else:
            self._bench.phones.call(session)

    def end(self, session: AgentSession) -> None:
        """Go home now, or after the present call."""
        if session.state in machine.ON_CALL or session.joining:
            self._bench.roster.plan(session, Plan(State.OFFLINE))
        elif session.state is State.WRAPUP:
            self._bench.roster.plan(session, Plan(State.OFFLINE))
            self.finish(session, "")
        else:
            self._bench.roster.move(session, Trigger.STOP)

    def set_ready(self, session: AgentSession) -> None:
        """Take calls; during a call this is what follows it."""
        if session.state in machine.ON_CALL or session.state is State.WRAPUP:
            self._bench.roster.plan(session, Plan(State.READY))
            return
        if not machine.allows(session.state, Trigger.READY):
            raise machine.IllegalStep(state=session.state)
        if session.reachable:
            self._bench.roster.move(session, Trigger.READY)
            return
        if not session.phone_uri or session.leg is LegState.CALLING:
            raise Unavailable(marked("Your phone is not connected yet."), key="phone")
        session.start_when_up = True
        self._bench.phones.call(session)

    def set_paused(self, session: AgentSession, reason: str) -> None:
        """Take a break; during a call this is what follows it."""
        if session.state in machine.ON_CALL or session.state is State.WRAPUP:
            self._bench.roster.plan(session, Plan(State.PAUSED, reason))
            return
        if session.reserved_by:
            raise Conflict(marked("A call is being dialled for you. It will be here in a moment."))
        self._bench.roster.move(session, Trigger.PAUSE, reason=reason)
        session.start_when_up = False

    def finish(self, session: AgentSession, disposition: str) -> None:
        """End wrap-up; what follows is the plan, or ready."""
        call_id = session.call_id
        if session.state is not State.WRAPUP:
            raise machine.IllegalStep(state=session.state)
        self.next_state(session)
        self._bench.stage.emit(
            WrapUpFinished(
                at=self._bench.now(),
                agent_id=session.agent_id,
                call_id=call_id,
                disposition=disposition,
            )
        )

    def next_state(self, session: AgentSession) -> None:
        """From wrap-up to what was planned; without a phone nobody is ready."""
        if session.plan.state is State.READY and not session.reachable and session.recover_until is None:
            self._bench.roster.plan(session, Plan(State.PAUSED, NO_PHONE))
        self._bench.roster.move(session, Trigger.FINISH)

    def extend_wrapup(self, session: AgentSession, seconds: int) -> None:
        """More time for notes."""
        if session.state is not State.WRAPUP or session.deadline is None:
            raise machine.IllegalStep(state=session.state)
        self._bench.roster.set_deadline(session, session.deadline + timedelta(seconds=seconds))
