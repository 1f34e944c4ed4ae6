"""Agents' phones and legs: called, up, lost, found again.

A nailed leg that dies is called again as soon as its phone can be reached; until `RECOVERY` is over the agent
keeps the conversation. A desk phone that was put down on purpose ends it.
"""

import secrets
from datetime import datetime, timedelta

from callcenter.agents import machine
from callcenter.agents.bench import Bench
from callcenter.agents.machine import State, Trigger
from callcenter.agents.roster import WAITING_FOR_PHONE, AgentSession, LegMode, LegState, PhoneKind
from callcenter.calls import events as e
from callcenter.kernel.i18n import marked

RECOVERY = timedelta(seconds=20)
AGAIN = timedelta(seconds=2)
AGENT_RING_SECONDS = 20
WITH_CUSTOMER = machine.IN_CONVERSATION | {State.DIALLING}
NO_PHONE = "phone"


class Phones:
    """The part of the desk that owns `phone_uri`, `leg` and `leg_id` of every agent."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def registered(self, event: e.PhoneRegistered) -> None:
        session = self._bench.roster.sessions.get(event.agent_id)
        if session is None or session.phone_uri == event.uri:
            return
        reloaded = bool(session.phone_uri) and session.profile.phone is PhoneKind.BROWSER
        session.phone_uri = event.uri
        if session.profile.leg_mode is LegMode.RUNG:
            if session.start_when_up:
                self.begin(session)
        else:
            if reloaded and session.leg_id:
                # the page was loaded anew: its old leg has nobody behind it
                self._forget(session)
            if session.state is not State.OFFLINE and session.leg is LegState.DOWN and not self._bench.away:
                self.call(session)
        self._bench.roster.touched(session)

    def lost(self, event: e.PhoneLost) -> None:
        session = self._bench.roster.sessions.get(event.agent_id)
        if session is None or session.phone_uri != event.uri:
            return
        session.phone_uri = ""
        if session.profile.phone is PhoneKind.BROWSER and session.leg is not LegState.DOWN:
            self._forget(session)
        self._bench.roster.touched(session)

    def _forget(self, session: AgentSession) -> None:
        leg_id = self._take_leg(session)
        session.recover_until = self._bench.now() + RECOVERY
        self._bench.ask("hang up an agent's old leg", self._bench.control.hang_up(leg_id))

    @staticmethod
    def _take_leg(session: AgentSession) -> str:
        leg_id, session.leg_id, session.leg = session.leg_id, "", LegState.DOWN
        session.call_again_at = None
        return leg_id

    def call(self, session: AgentSession) -> None:
        """Call the agent's phone so that their leg comes up."""
        leg_id = f"agent-{session.agent_id}-{secrets.token_hex(6)}"
        session.leg_id, session.leg, session.call_again_at = leg_id, LegState.CALLING, None
        self._bench.ask(
            "call an agent's phone",
            self._bench.control.dial_agent(
                leg_id,
                session.agent_id,
                auto_answer=session.profile.leg_mode is LegMode.NAILED,
                ring_seconds=AGENT_RING_SECONDS,
                caller_number=session.call.number if session.call is not None else "",
            ),
            refused=lambda _: self._not_called(session, leg_id),
        )

    def dial_failed(self, leg_id: str) -> None:
        """An Originate came to nothing, and there is no leg that would tell."""
        if leg_id in self._bench.tracker.legs:
            return
        for session in self._bench.roster.sessions.values():
            self._not_called(session, leg_id)

    def _not_called(self, session: AgentSession, leg_id: str) -> None:
        if session.leg_id == leg_id and session.leg is LegState.CALLING:
            self._unanswered(session)
            self._bench.roster.touched(session)

    def _unanswered(self, session: AgentSession) -> None:
        """The phone was called in vain."""
        self._take_leg(session)
        now = self._bench.now()
        if session.state is State.RINGING:
            self._bench.offers.end_offer(session, "refused", Trigger.TIMEOUT)
        elif session.recover_until is not None and now + AGAIN < session.recover_until:
            session.call_again_at = now + AGAIN
        elif session.recover_until is None:
            self.missing(session)

    def missing(self, session: AgentSession) -> None:
        """There is no phone to speak into: no calls for this agent."""
        session.start_when_up = False
        available = session.state in (State.READY, State.NOT_RESPONDING) and not session.joining
        if available or (session.state is State.PAUSED and session.reason == WAITING_FOR_PHONE):
            self._bench.roster.move(session, Trigger.FAIL, reason=NO_PHONE)
            self._bench.notice(
                session,
                "error",
                marked("Your phone did not answer. Check that it is connected."),
            )

    def begin(self, session: AgentSession) -> None:
        """The phone is there: the shift, or the work after a break, begins."""
        session.start_when_up = False
        session.recover_until = None
        if session.state in (State.PAUSED, State.NOT_RESPONDING):
            self._bench.roster.move(session, Trigger.READY)

    def leg_up(self, event: e.AgentLegUp) -> None:
        session = self._bench.roster.sessions.get(event.agent_id)
        if session is None:
            return
        if session.state is State.OFFLINE or (session.leg_id and session.leg_id != event.leg_id):
            # nobody needs this one: the shift is over, or it was called for a page that is gone
            self._bench.ask("release an agent's leg", self._bench.control.hang_up(event.leg_id))
            return
        if session.leg is LegState.UP:
            return
        session.leg_id, session.leg = event.leg_id, LegState.UP
        session.recover_until = session.call_again_at = None
        if session.profile.leg_mode is LegMode.NAILED:
            self._tell_dialplan(session, event.leg_id)
        if session.state is State.RINGING and session.profile.leg_mode is LegMode.RUNG:
            self._bench.offers.join(session)
        elif session.state in WITH_CUSTOMER and not self._bench.away:
            self._bench.conversation.rejoin(session)
        if session.start_when_up:
            self.begin(session)
        self._bench.roster.touched(session)

    def _tell_dialplan(self, session: AgentSession, leg_id: str | None) -> None:
        self._bench.ask("tell the dialplan", self._bench.control.set_nailed_leg(session.agent_id, leg_id))

    def leg_down(self, event: e.AgentLegDown) -> None:
        session = self._bench.roster.sessions.get(event.agent_id)
        if session is None or session.leg_id != event.leg_id:
            return
        was_up = session.leg is LegState.UP
        rung = session.profile.leg_mode is LegMode.RUNG
        meant = event.asked and (rung or session.profile.phone is PhoneKind.SIP)
        if not rung:
            self._tell_dialplan(session, None)
        if session.state is State.RINGING and rung:
            self._take_leg(session)
            if meant:
                self._bench.offers.end_offer(session, "declined", Trigger.DECLINE)
            else:
                self._bench.offers.end_offer(session, "timeout", Trigger.TIMEOUT)
        elif not was_up:
            self._unanswered(session)
        elif session.state in WITH_CUSTOMER and meant:
            self._take_leg(session)
            self._bench.conversation.put_down(session)
        else:
            self._take_leg(session)
            self._lost_leg(session, rung=rung, meant=meant)
        self._bench.roster.touched(session)

    def _lost_leg(self, session: AgentSession, *, rung: bool, meant: bool) -> None:
        if session.state is State.OFFLINE or (rung and session.state not in WITH_CUSTOMER):
            return
        if meant:
            self.missing(session)
            return
        session.recover_until = self._bench.now() + RECOVERY
        if session.phone_uri:
            self.call(session)

    def release(self, session: AgentSession) -> None:
        """The shift is over: the phone is free again."""
        leg_id = self._take_leg(session)
        session.start_when_up = False
        session.recover_until = None
        if leg_id:
            self._bench.ask("release an agent's leg", self._bench.control.hang_up(leg_id))
            if session.profile.leg_mode is LegMode.NAILED:
                self._tell_dialplan(session, None)

    def release_rung(self, session: AgentSession) -> None:
        """A phone that is called for each call is put down after it."""
        if session.profile.leg_mode is LegMode.RUNG and session.leg_id:
            leg_id = self._take_leg(session)
            self._bench.ask("release an agent's leg", self._bench.control.hang_up(leg_id))

    def tick(self, session: AgentSession, now: datetime) -> None:
        """Call again what did not answer; give up what does not come back."""
        if session.call_again_at is not None and now >= session.call_again_at:
            session.call_again_at = None
            if session.leg is LegState.DOWN and session.phone_uri and session.state is not State.OFFLINE:
                self.call(session)
        if session.recover_until is not None and now >= session.recover_until:
            session.recover_until = session.call_again_at = None
            if session.leg is not LegState.UP:
                self._bench.conversation.not_recovered(session)
                self.missing(session)

    def reconcile(self, session: AgentSession, at: datetime) -> None:
        """What Asterisk has now of this agent's leg."""
        if session.leg is not LegState.DOWN and session.leg_id not in self._bench.tracker.legs:
            self._take_leg(session)
        if session.leg is LegState.UP and session.state in WITH_CUSTOMER:
            self._bench.conversation.rejoin(session)
        needed = session.profile.leg_mode is LegMode.NAILED or session.state in WITH_CUSTOMER
        if session.state is State.OFFLINE or session.leg is not LegState.DOWN or not needed:
            return
        session.recover_until = at + RECOVERY
        if session.phone_uri:
            self.call(session)
