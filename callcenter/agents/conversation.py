"""The conversation of an agent with a customer: joined, held, given away, ended."""

import logging
import secrets
from collections.abc import Coroutine

from callcenter.agents import machine
from callcenter.agents.bench import Bench
from callcenter.agents.events import WrapUpFinished
from callcenter.agents.machine import State, Trigger
from callcenter.agents.roster import AgentSession, LegState, Moving, Offer
from callcenter.calls import events as e
from callcenter.calls.control import ControlError, Landing
from callcenter.calls.recordings import raw_name
from callcenter.kernel.errors import Conflict, Unavailable
from callcenter.kernel.i18n import marked

log = logging.getLogger(__name__)


class Conversation:
    """The part of the desk that owns the states dialling, talking and hold."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    # -- what Asterisk says ---------------------------------------------------------------------

    def customer_answered(self, event: e.CallAnswered) -> None:
        """The customer of an agent's own call picked up: join them."""
        session = self._bench.roster.of_call(event.call_id)
        if session is None:
            if event.attempt_id is None and not self._bench.away:
                # the agent who dialled has given up meanwhile
                self._bench.ask("release a customer", self._bench.control.hang_up(event.leg_id))
        elif session.state is State.DIALLING and session.leg is LegState.UP:
            self._bench.offers.join(session)

    def connected(self, event: e.CallConnected) -> None:
        session = self._bench.roster.sessions.get(event.agent_id)
        if session is None:
            return
        self._others_leave(session, event)
        session.moving = None
        if session.call_id != event.call_id:
            self._arranged_elsewhere(session, event)
        elif session.helps is not None:
            self._taken_over(session, event)
        elif session.state is State.HOLD:
            self._bench.roster.move(session, Trigger.RESUME)
            self._bench.stage.emit(e.CallResumed(at=event.at, call_id=event.call_id, agent_id=event.agent_id))
            self._bench.consulting.customer_is_back(session)
        elif machine.allows(session.state, Trigger.CONNECT):
            self._begin(session, event, session.call or self._found(event.call_id))
        else:
            session.call = session.call or self._found(event.call_id)
        self._bench.roster.touched(session)

    def _others_leave(self, session: AgentSession, event: e.CallConnected) -> None:
        """Whoever had this customer, or was asked to take them, has not any more."""
        for other in self._bench.roster.around(event.call_id):
            if other is session or other.helps is not None:
                continue
            if other.state is State.RINGING or other.joining:
                self._bench.offers.not_joined(other, "abandoned")
            elif other.state in machine.ON_CALL:
                if other.consult is not None and other.consult.colleague_id == session.agent_id:
                    other.consult = None
                self.wrap_up(other)

    def _begin(self, session: AgentSession, event: e.CallConnected, call: Offer | None) -> None:
        session.call = call
        session.reserved_by = ""
        session.answered_at = event.at
        self._bench.roster.move(session, Trigger.CONNECT, call_id=event.call_id)

    def _taken_over(self, session: AgentSession, event: e.CallConnected) -> None:
        """A consulted colleague has got the customer."""
        session.helps = None
        session.call = self._found(event.call_id)
        session.answered_at = event.at
        if session.state is State.HOLD:
            self._bench.roster.move(session, Trigger.RESUME)
        elif session.state is State.RINGING:
            self._bench.roster.move(session, Trigger.CONNECT)

    def _arranged_elsewhere(self, session: AgentSession, event: e.CallConnected) -> None:
        """A conversation that app_queue made while we were away."""
        if session.state in (State.TALKING, State.HOLD, State.DIALLING, State.OFFLINE):
            log.warning("an agent got a second customer", extra={"call_id": event.call_id})
            return
        before, written, last = session.call, session.state is State.WRAPUP, session.call_id
        asked = before if session.state is State.RINGING or session.joining else None
        asker, session.helps = session.helps, None
        self._begin(session, event, self._found(event.call_id))
        if asked is not None:
            self._bench.offers.offer_over(session, asked, "refused" if asked.queue else "timeout")
        if asker is not None:
            self._bench.consulting.helper_gone(asker, session.agent_id, "timeout")
        if written:
            self._wrap_up_ended(session, last)

    def _wrap_up_ended(self, session: AgentSession, call_id: str) -> None:
        """The next call ended this one's wrap-up."""
        self._bench.stage.emit(
            WrapUpFinished(at=self._bench.now(), agent_id=session.agent_id, call_id=call_id, disposition="")
        )

    def _found(self, call_id: str) -> Offer | None:
        """A call that was not offered by us in this process."""
        call = self._bench.tracker.calls.get(call_id)
        if call is None:
            return None
        return Offer(
            call_id=call.call_id,
            leg_id=call.leg_id,
            direction=call.direction,
            number=call.number or call.number_raw,
            queue=call.queue,
            campaign_id=None,
            offered_at=self._bench.now(),
        )

    def disconnected(self, event: e.CallDisconnected) -> None:
        session = self._bench.roster.sessions.get(event.agent_id)
        if session is None or session.call_id != event.call_id:
            return
        moving, session.moving = session.moving, None
        if moving in (Moving.HOLD, Moving.SWAP) and session.state is State.TALKING:
            self._bench.roster.move(session, Trigger.HOLD)
            self._bench.stage.emit(e.CallHeld(at=event.at, call_id=event.call_id, agent_id=event.agent_id))
        elif moving is Moving.TRANSFER and session.state in machine.IN_CONVERSATION:
            self.wrap_up(session)
        elif moving is Moving.MESSAGE and session.state in machine.IN_CONVERSATION:
            self._free_at_once(session)

    def returned(self, event: e.CallReturned) -> None:
        """A served customer is alone: whose are they?"""
        session = self._bench.roster.of_call(event.call_id)
        if session is None:
            # a consulted party or a colleague has left them: the conversation is over
            self._bench.ask("release a customer", self._bench.control.hang_up(event.leg_id))
        elif session.state is State.HOLD:
            self._bench.ask("keep a customer on hold", self._bench.control.hold(event.leg_id))
        elif session.state is State.TALKING and session.leg is LegState.UP and not self._bench.away:
            self._bench.offers.join(session)  # after a gap: when it is clear who has whom

    def queued(self, event: e.CallQueued | e.CallFellBack) -> None:
        """The customer waits again, whoever sent them there: the agent has them no longer."""
        session = self._bench.roster.of_call(event.call_id)
        if session is not None and session.state in machine.IN_CONVERSATION:
            self.wrap_up(session)

    def ended(self, event: e.CallEnded) -> None:
        self.over(event.call_id)
        for leg_id in self._bench.tracker.consult_legs(event.call_id):
            self._bench.ask("release a consulted party", self._bench.control.hang_up(leg_id))

    def over(self, call_id: str) -> None:
        """The customer is gone."""
        for session in self._bench.roster.around(call_id):
            if session.call_id != call_id or session.helps is not None:
                continue  # the one who consults lets the helper go
            if session.state is State.RINGING or session.joining:
                self._bench.offers.not_joined(session, "abandoned")
            elif session.state in machine.ON_CALL:
                self.wrap_up(session)

    def wrap_up(self, session: AgentSession) -> None:
        """The conversation is over for this agent."""
        self._bench.consulting.drop(session)
        self._bench.phones.release_rung(session)
        session.moving = None
        self._bench.roster.move(session, Trigger.END, seconds=self._bench.wrapup_seconds(session))

    # -- a leg that went and came ---------------------------------------------------------------

    def rejoin(self, session: AgentSession) -> None:
        """The agent's leg is back: bring them together with whom they spoke."""
        call = self._bench.tracker.calls.get(session.call_id)
        if session.helps is not None:
            self._bench.consulting.join_helper(session)
        elif session.state is State.HOLD:
            self._bench.consulting.rejoin(session)
        elif call is None or call.agent_id is not None:
            return
        elif session.state is State.TALKING or call.answered_at is not None:
            self._bench.offers.join(session)

    def not_recovered(self, session: AgentSession) -> None:
        """The agent's leg did not come back in time."""
        call = self._bench.tracker.calls.get(session.call_id)
        if session.helps is not None:
            self._bench.consulting.leave(session)
        elif session.state is State.DIALLING:
            self.put_down(session)
        elif session.state in machine.IN_CONVERSATION and call is not None:
            if call.queue:
                self._bench.transferred(session, call.call_id, "queue", call.queue, "recovery")
                self._bench.ask(
                    "back to the queue", self._bench.control.send_to_queue(call.leg_id, call.queue, "")
                )
            else:
                self._bench.ask("release a customer", self._bench.control.hang_up(call.leg_id))
            self.wrap_up(session)

    def put_down(self, session: AgentSession) -> None:
        """The agent ended the conversation at the phone."""
        if session.helps is not None:
            self._bench.consulting.leave(session)
            return
        self._bench.tracker.ended_by(session.call_id, e.Party.AGENT)
        call = self._bench.tracker.calls.get(session.call_id)
        leg_id = call.leg_id if call is not None else session.call_id
        self._bench.ask("release a customer", self._bench.control.hang_up(leg_id))

    def reconcile(self, session: AgentSession, open_calls: frozenset[str]) -> None:
        """What became of the agent's call while we could not see."""
        if not session.call_id or session.state is State.WRAPUP or session.helps is not None:
            return
        call = self._bench.tracker.calls.get(session.call_id)
        if call is None or session.call_id not in open_calls:
            self.over(session.call_id)
            return
        session.call = session.call or self._found(session.call_id)
        if session.state is State.RINGING and session.deadline is None:
            # an earlier process asked; the caller is in the queue again
            self._bench.offers.end_offer(session, "refused", Trigger.WITHDRAW)
        elif session.joining and call.agent_id != session.agent_id:
            self._bench.offers.not_joined(session, "refused")
        elif session.state in machine.IN_CONVERSATION:
            elsewhere = bool(self._bench.tracker.legs[call.leg_id].bridge_id) and call.agent_id is None
            if elsewhere or call.agent_id not in (None, session.agent_id) or self._advised(session):
                self.wrap_up(session)

    def _advised(self, session: AgentSession) -> bool:
        """Two agents are in this call since before a restart: who has the customer on hold keeps them."""
        call = self._bench.tracker.calls[session.call_id]
        others = [s for s in self._bench.roster.around(session.call_id) if s is not session]
        if call.agent_id is not None or any(s.helps is not None for s in others):
            return False
        return session.state is State.TALKING and any(s.state is State.HOLD for s in others)

    # -- buttons --------------------------------------------------------------------------------

    async def hold(self, session: AgentSession) -> None:
        """Let the customer hear music."""
        leg_id = self._bench.customer_leg(session, State.TALKING)
        if self._bench.bridged(session) is None:
            raise Unavailable(marked("Your phone is not connected yet."), key="phone")
        await self.away_from_customer(session, Moving.HOLD, self._bench.control.hold(leg_id))

    async def resume(self, session: AgentSession) -> None:
        """Back to the customer; a consulted party waits."""
        leg_id = self._bench.customer_leg(session, State.HOLD)
        if session.leg is not LegState.UP:
            raise Unavailable(marked("Your phone is not connected yet."), key="phone")
        await self._bench.consulting.hold_line(session)
        await self._bench.control.bridge(leg_id, session.leg_id)

    async def hang_up(self, session: AgentSession) -> None:
        """End the conversation, or stop dialling; who was only consulted just leaves."""
        if session.state not in (State.TALKING, State.HOLD, State.DIALLING):
            raise machine.IllegalStep(state=session.state)
        if session.helps is not None:
            self._bench.consulting.leave(session)
            return
        self._bench.tracker.ended_by(session.call_id, e.Party.AGENT)
        call = self._bench.tracker.calls.get(session.call_id)
        if call is not None:
            await self._bench.control.hang_up(call.leg_id)
            return
        # not even a leg yet: if it still comes, its answer finds nobody and is released
        leg_id = session.call_id
        self.wrap_up(session)
        await self._bench.control.hang_up(leg_id)

    async def press(self, session: AgentSession, digits: str) -> None:
        """Touch tones to the customer's side, or to the consulted party while the agent speaks to it."""
        consult = session.consult
        if session.state is State.HOLD and consult is not None and consult.talking and consult.leg_id:
            await self._bench.control.press(consult.leg_id, digits)
            return
        await self._bench.control.press(self._bench.customer_leg(session, State.TALKING), digits)

    async def set_recording(self, session: AgentSession, *, on: bool) -> None:
        """Pause or resume the recording (card data)."""
        leg_id = self._bench.customer_leg(session, State.TALKING, State.HOLD)
        await self._bench.control.set_recording(leg_id, on)

    async def transfer_to_queue(self, session: AgentSession, queue: str, language: str) -> None:
        """Give the customer to a queue, blind."""
        leg_id = self._bench.customer_leg(session, State.TALKING, State.HOLD)
        work = self._bench.control.send_to_queue(leg_id, queue, language)
        await self._give_away(session, "queue", queue, work)

    async def transfer_to_number(self, session: AgentSession, number: str) -> None:
        """Give the customer to an outside number, blind."""
        leg_id = self._bench.customer_leg(session, State.TALKING, State.HOLD)
        work = self._bench.control.send_to_number(leg_id, number, self._bench.outside.trunk)
        await self._give_away(session, "number", number, work)

    async def transfer_to_agent(self, session: AgentSession, colleague: AgentSession) -> None:
        """Give the customer to a colleague, blind: they hear music until the colleague takes them."""
        leg_id = self._bench.customer_leg(session, State.TALKING, State.HOLD)
        if colleague.agent_id == session.agent_id or colleague.state is State.OFFLINE:
            raise Conflict(marked("This colleague cannot take a call now."))
        await self._give_away(session, "agent", str(colleague.agent_id), self._bench.control.hold(leg_id))

    async def leave_message(self, session: AgentSession, prompt: str) -> None:
        """The customer is a machine: it hears a message by itself, and the agent is free at once."""
        leg_id = self._bench.customer_leg(session, State.TALKING, State.HOLD)
        call_id = session.call_id
        work = self._bench.control.leave_message(leg_id, prompt)
        await self.away_from_customer(session, Moving.MESSAGE, work)
        apart = self._bench.bridged(session) is None
        if apart and session.call_id == call_id and session.state in machine.IN_CONVERSATION:
            self._free_at_once(session)

    def _free_at_once(self, session: AgentSession) -> None:
        """There is nothing to write down."""
        self.wrap_up(session)
        self._bench.shifts.finish(session, "")

    async def _give_away(
        self, session: AgentSession, kind: str, target: str, work: Coroutine[object, object, None]
    ) -> None:
        call_id = session.call_id
        await self.away_from_customer(session, Moving.TRANSFER, work)
        if call_id not in self._bench.tracker.calls:
            return  # the customer was faster
        self._bench.transferred(session, call_id, kind, target, "blind")
        apart = self._bench.bridged(session) is None
        if apart and session.call_id == call_id and session.state in machine.IN_CONVERSATION:
            self.wrap_up(session)

    async def away_from_customer(
        self, session: AgentSession, moving: Moving, work: Coroutine[object, object, None]
    ) -> None:
        """Do what takes the customer from the agent; `disconnected` then knows why it happened."""
        session.moving = moving if self._bench.bridged(session) is not None else None
        try:
            await work
        except ControlError as error:
            if error.code == "refused":
                session.moving = None
            raise

    # -- the agent's own calls ------------------------------------------------------------------

    def may_dial(self, session: AgentSession) -> None:
        """Raise unless the agent could dial out now."""
        if not machine.allows(session.state, Trigger.DIAL) or session.joining:
            raise machine.IllegalStep(state=session.state)
        if session.reserved_by:
            raise Conflict(marked("A call is being dialled for you. It will be here in a moment."))
        if session.leg is not LegState.UP:
            raise Unavailable(marked("Your phone is not connected yet."), key="phone")
        self._bench.need_sight()

    async def place(
        self,
        session: AgentSession,
        number: str,
        campaign_id: int | None,
        *,
        leg_id: str = "",
        trunk: str = "",
        caller_id: str = "",
    ) -> str:
        """Dial out for this agent (the gate has been asked). The call's id is returned.

        Without `leg_id` one is made up; empty `trunk` and `caller_id` are the company's.
        """
        self.may_dial(session)
        leg_id = leg_id or f"manual-{session.agent_id}-{secrets.token_hex(6)}"
        written, last = session.state is State.WRAPUP, session.call_id
        session.call = Offer(
            call_id=leg_id,
            leg_id=leg_id,
            direction=e.Direction.OUTBOUND,
            number=number,
            queue="",
            campaign_id=campaign_id,
            offered_at=self._bench.now(),
        )
        session.answered_at = None
        self._bench.roster.move(session, Trigger.DIAL, call_id=leg_id)
        if written:
            self._wrap_up_ended(session, last)
        self._bench.offers.announce(session, None)
        try:
            await self._bench.control.dial_out(
                leg_id,
                number,
                trunk=trunk or self._bench.outside.trunk,
                caller_id=caller_id or self._bench.outside.caller_id,
                ring_seconds=self._bench.outside.ring_seconds,
                landing=Landing.MANUAL,
                variables={"CC_RECORD": raw_name(leg_id)},
            )
        except ControlError as error:
            if error.code == "refused":
                self.dial_failed(leg_id)
            raise
        return leg_id

    def dial_failed(self, leg_id: str) -> None:
        """An agent's own call came to nothing before there was a leg."""
        session = self._bench.roster.of_call(leg_id)
        if session is None or session.state is not State.DIALLING or leg_id in self._bench.tracker.calls:
            return
        self._bench.roster.move(session, Trigger.FAIL, seconds=self._bench.wrapup_seconds(session))
        self._bench.notice(session, "error", marked("The number could not be dialled."))
