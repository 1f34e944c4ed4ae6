"""What an agent may do, and what Asterisk's events do to an agent.

The desk turns buttons into telephony commands and telephony events into steps of the agent's machine. It is
synchronous where it decides; commands to Asterisk run in tasks, and a refused one comes back as a method
call. Who is offered what is decided elsewhere (`queues.distributor`, `dialer.engine`); the desk carries an
offer out and says how it ended. This is its one face: the work is done by its parts, by subject.
"""

from collections.abc import Callable
from datetime import datetime

from callcenter.agents.bench import Bench, Outside
from callcenter.agents.consulting import Consulting
from callcenter.agents.conversation import Conversation
from callcenter.agents.events import AgentLoaded, AgentStateChanged
from callcenter.agents.machine import State, Trigger
from callcenter.agents.mirror import Mirror
from callcenter.agents.offers import Offers
from callcenter.agents.phones import Phones
from callcenter.agents.roster import AgentSession, Offer, Roster
from callcenter.agents.shifts import Shifts
from callcenter.calls import events as e
from callcenter.calls.control import CallControl
from callcenter.calls.stage import Stage
from callcenter.calls.tracker import Tracker
from callcenter.kernel.clock import Clock
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks

__all__ = ["Desk", "Outside"]


class Desk:
    """One for the floor; listens on the stage."""

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
        self._bench = bench = Bench(
            stage=stage,
            tracker=tracker,
            roster=roster,
            control=control,
            clock=clock,
            tasks=tasks,
            outside=outside,
        )
        self._phones = bench.phones = Phones(bench)
        self._offers = bench.offers = Offers(bench)
        self._conversation = bench.conversation = Conversation(bench)
        self._consulting = bench.consulting = Consulting(bench)
        self._shifts = bench.shifts = Shifts(bench)
        self._mirror = Mirror(bench)
        self.start_shift = self._shifts.start
        self.end_shift = self._shifts.end
        self.notice = bench.notice
        self.set_ready = self._shifts.set_ready
        self.set_paused = self._shifts.set_paused
        self.finish = self._shifts.finish
        self.extend_wrapup = self._shifts.extend_wrapup
        self.answer = self._offers.answer
        self.decline = self._offers.decline
        self.join = self._offers.join
        self.end_offer = self._offers.end_offer
        self.hold = self._conversation.hold
        self.resume = self._conversation.resume
        self.hang_up = self._conversation.hang_up
        self.press = self._conversation.press
        self.set_recording = self._conversation.set_recording
        self.transfer_to_queue = self._conversation.transfer_to_queue
        self.transfer_to_number = self._conversation.transfer_to_number
        self.transfer_to_agent = self._conversation.transfer_to_agent
        self.leave_message = self._conversation.leave_message
        self.may_dial = self._conversation.may_dial
        self.place = self._conversation.place
        self.consult_number = self._consulting.call_number
        self.consult_agent = self._consulting.ask_agent
        self.consult_swap = self._consulting.swap
        self.consult_complete = self._consulting.complete
        self.consult_cancel = self._consulting.cancel

    def set_wrapup_of(self, wrapup_of: Callable[[str, int | None], int | None]) -> None:
        """Who says how long a call's wrap-up is: queue and campaign to seconds."""
        self._bench.wrapup_of = wrapup_of

    @property
    def away(self) -> bool:
        """Is it unknown what Asterisk has? True until the first resync, and while the link is down."""
        return self._bench.away

    @property
    def outside(self) -> Outside:
        """How agents' own calls leave the house."""
        return self._bench.outside

    @outside.setter
    def outside(self, outside: Outside) -> None:
        self._bench.outside = outside

    def offer(self, session: AgentSession, offer: Offer, seconds: int, *, at_once: bool) -> None:
        """Ask the agent to take a call; `at_once` joins them without asking."""
        self._offers.offer(session, offer, seconds, at_once=at_once)

    def connect(self, agent_id: int, call_id: str, leg_id: str, campaign_id: int) -> None:
        """A campaign's customer has answered: card first, then both are joined at once."""
        self._offers.connect(agent_id, call_id, leg_id, campaign_id)

    # -- what happens ---------------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        match event:
            case e.PhoneRegistered():
                self._phones.registered(event)
            case e.PhoneLost():
                self._phones.lost(event)
            case e.AgentLegUp():
                self._phones.leg_up(event)
            case e.AgentLegDown():
                self._phones.leg_down(event)
            case e.DialFailed():
                self._phones.dial_failed(event.leg_id)
                self._conversation.dial_failed(event.leg_id)
                self._consulting.line_failed(event.leg_id)
            case e.ConsultChanged():
                self._consulting.changed(event)
            case e.ConsultJoined():
                self._consulting.joined(event)
            case e.ConsultReturned():
                self._consulting.returned(event)
            case e.CallEvent():
                self._on_call(event)
            case _:
                self._on_floor(event)

    def _on_call(self, event: e.CallEvent) -> None:
        match event:
            case e.CallAnswered():
                self._conversation.customer_answered(event)
            case e.CallConnected():
                self._conversation.connected(event)
            case e.CallDisconnected():
                self._conversation.disconnected(event)
            case e.CallReturned():
                self._conversation.returned(event)
            case e.CallQueued() | e.CallFellBack():
                self._conversation.queued(event)
            case e.CallEnded():
                self._conversation.ended(event)
            case e.RecordingPaused():
                if (session := self._bench.roster.of_call(event.call_id)) is not None:
                    session.recording_paused = event.paused
                    self._bench.roster.touched(session)
            case _:
                return

    def _on_floor(self, event: Event) -> None:
        match event:
            case AgentStateChanged():
                self._mirror.tell(event.agent_id)
                session = self._bench.roster.sessions.get(event.agent_id)
                if session is not None and session.state is State.OFFLINE:
                    self._phones.release(session)
            case AgentLoaded():
                self._mirror.tell(event.agent_id)
            case e.FloorUnknown():
                self._bench.away = True
            case e.FloorKnown():
                self._bench.away = False
                self._reconcile(event)
            case _:
                return

    def _reconcile(self, event: e.FloorKnown) -> None:
        """Agents whose call ended, or whose leg went, while we could not see."""
        open_calls = frozenset(event.open_calls)
        for session in list(self._bench.roster.sessions.values()):
            self._conversation.reconcile(session, open_calls)
        self._consulting.reconcile()
        for session in list(self._bench.roster.sessions.values()):
            self._phones.reconcile(session, event.at)
        self._mirror.tell_all()

    # -- the clock ------------------------------------------------------------------------------

    def tick(self, now: datetime) -> None:
        """Deadlines: offers, wrap-up, recovery. Call it a few times a second."""
        for session in list(self._bench.roster.sessions.values()):
            if session.deadline is not None and now >= session.deadline:
                self._deadline(session)
            self._phones.tick(session, now)

    def _deadline(self, session: AgentSession) -> None:
        session.deadline = None
        if session.state is State.RINGING:
            self._offers.end_offer(session, "timeout", Trigger.TIMEOUT)
        elif session.state is State.WRAPUP:
            self._shifts.finish(session, "")
        elif session.joining:
            self._offers.not_joined(session, "refused")
