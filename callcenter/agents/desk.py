"""What an agent may do, and what Asterisk's events do to an agent.

The desk turns buttons into telephony commands and telephony events into steps of the agent's machine. It is
synchronous where it decides; commands to Asterisk run in tasks, and a refused one comes back as a method
call. Who is offered what is decided elsewhere (`queues.distributor`, `dialer.engine`); the desk carries an
offer out and says how it ended.
"""

import logging
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.agents import machine
from callcenter.agents.events import AgentNotice, AgentStateChanged, WrapUpFinished
from callcenter.agents.machine import Plan, State, Trigger
from callcenter.agents.roster import (
    AgentSession,
    Consult,
    LegMode,
    LegState,
    Moving,
    Offer,
    PhoneKind,
    Roster,
)
from callcenter.calls import events as e
from callcenter.calls.control import CallControl, ControlError, Landing, Membership
from callcenter.calls.stage import Stage
from callcenter.calls.tracker import Tracker
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import Conflict, Unavailable
from callcenter.kernel.events import Event
from callcenter.kernel.i18n import marked
from callcenter.kernel.tasks import Tasks

log = logging.getLogger(__name__)

RECOVERY = timedelta(seconds=20)
AGENT_RING_SECONDS = 20
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


@dataclass(frozen=True, slots=True)
class Outside:
    """How agents' own calls leave the house."""

    trunk: str
    caller_id: str
    ring_seconds: int = 45


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
        self._stage = stage
        self._tracker = tracker
        self._roster = roster
        self._control = control
        self._clock = clock
        self._tasks = tasks
        self.outside = outside
        self._mirrored: dict[int, tuple[tuple[str, ...], Membership]] = {}
        self.away = False

    # -- what Asterisk says ---------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        match event:
            case e.PhoneRegistered():
                self._phone_registered(event)
            case e.PhoneLost():
                self._phone_lost(event)
            case e.AgentLegUp():
                self._leg_up(event)
            case e.AgentLegDown():
                self._leg_down(event)
            case e.ConsultChanged():
                self._consult_changed(event)
            case e.CallEvent():
                self._on_call(event)
            case AgentStateChanged():
                self._mirror(event.agent_id)
            case e.FloorUnknown():
                self.away = True
            case e.FloorKnown():
                self.away = False
                self._reconcile(event)
            case _:
                return

    def _on_call(self, event: e.CallEvent) -> None:
        match event:
            case e.CallAnswered():
                self._customer_answered(event)
            case e.CallConnected():
                self._connected(event)
            case e.CallDisconnected():
                self._disconnected(event)
            case e.CallReturned():
                self._returned(event)
            case e.CallEnded():
                self._ended(event)
            case e.RecordingPaused():
                if (session := self._roster.of_call(event.call_id)) is not None:
                    session.recording_paused = event.paused
                    self._roster.touched(session)
            case _:
                return

    def _phone_registered(self, event: e.PhoneRegistered) -> None:
        session = self._roster.sessions.get(event.agent_id)
        if session is None or session.phone_uri == event.uri:
            return
        reloaded = bool(session.phone_uri) or session.leg is not LegState.DOWN
        session.phone_uri = event.uri
        if session.profile.leg_mode is LegMode.RUNG:
            if session.start_when_up:
                self._begin(session)
            self._roster.touched(session)
            return
        if reloaded and session.leg_id and session.profile.phone is PhoneKind.BROWSER:
            # the page was loaded anew: its old leg has nobody behind it
            self._forget_leg(session)
        if session.state is not State.OFFLINE and session.leg is LegState.DOWN:
            self._call_phone(session)
        self._roster.touched(session)

    def _phone_lost(self, event: e.PhoneLost) -> None:
        session = self._roster.sessions.get(event.agent_id)
        if session is None or session.phone_uri != event.uri:
            return
        session.phone_uri = ""
        if session.profile.phone is PhoneKind.BROWSER and session.leg is not LegState.DOWN:
            self._forget_leg(session)
        self._roster.touched(session)

    def _forget_leg(self, session: AgentSession) -> None:
        leg_id, session.leg_id, session.leg = session.leg_id, "", LegState.DOWN
        session.recover_until = self._clock.now() + RECOVERY
        self._do("hang up an agent's old leg", self._control.hang_up(leg_id))

    def _call_phone(self, session: AgentSession) -> None:
        """Call the agent's phone so that their leg comes up."""
        session.leg_id = f"agent-{session.agent_id}-{secrets.token_hex(6)}"
        session.leg = LegState.CALLING
        browser_or_nailed = session.profile.leg_mode is LegMode.NAILED
        self._do(
            "call an agent's phone",
            self._control.dial_agent(
                session.leg_id,
                session.agent_id,
                auto_answer=browser_or_nailed,
                ring_seconds=AGENT_RING_SECONDS,
                caller_number=session.call.number if session.call is not None else "",
            ),
            refused=lambda _: self._leg_failed(session),
        )

    def _leg_failed(self, session: AgentSession) -> None:
        session.leg, session.leg_id = LegState.DOWN, ""
        if session.state is State.RINGING:
            self.end_offer(session, "refused", Trigger.TIMEOUT)
        elif session.recover_until is None:
            self._phone_missing(session)
        self._roster.touched(session)

    def _phone_missing(self, session: AgentSession) -> None:
        session.start_when_up = False
        if session.state in (State.READY, State.NOT_RESPONDING) or (
            session.state is State.PAUSED and session.reason == "starting"
        ):
            self._roster.move(session, Trigger.FAIL, reason="phone")
            self._stage.emit(
                AgentNotice(
                    at=self._clock.now(),
                    agent_id=session.agent_id,
                    level="error",
                    message=marked("Your phone did not answer. Check that it is connected."),
                )
            )

    def _leg_up(self, event: e.AgentLegUp) -> None:
        session = self._roster.sessions.get(event.agent_id)
        if session is None:
            return
        if session.state is State.OFFLINE:
            self._do("release an agent's leg", self._control.hang_up(event.leg_id))
            return
        session.leg_id, session.leg = event.leg_id, LegState.UP
        if session.profile.leg_mode is LegMode.NAILED:
            self._do("tell the dialplan", self._control.set_nailed_leg(session.agent_id, event.leg_id))
        picked_up = session.state is State.RINGING and session.profile.leg_mode is LegMode.RUNG
        if picked_up or (session.state is State.TALKING and self._alone(session)):
            self.join(session)
        session.recover_until = None
        if session.start_when_up:
            self._begin(session)
        self._roster.touched(session)

    def _alone(self, session: AgentSession) -> bool:
        """Is the agent's customer there, but not with the agent?"""
        call = self._tracker.calls.get(session.call_id)
        return call is not None and call.agent_id is None

    def _begin(self, session: AgentSession) -> None:
        session.start_when_up = False
        if session.state is State.PAUSED:
            self._roster.move(session, Trigger.READY)

    def _leg_down(self, event: e.AgentLegDown) -> None:
        session = self._roster.sessions.get(event.agent_id)
        if session is None or session.leg_id != event.leg_id:
            return
        session.leg, session.leg_id = LegState.DOWN, ""
        rung = session.profile.leg_mode is LegMode.RUNG
        if not rung:
            self._do("tell the dialplan", self._control.set_nailed_leg(session.agent_id, None))
        meant = event.asked and (rung or session.profile.phone is PhoneKind.SIP)
        if session.state is State.RINGING and rung:
            self.end_offer(session, "declined" if meant else "timeout", Trigger.TIMEOUT)
        elif session.state in machine.IN_CONVERSATION and meant:
            self._end_call(session)
        elif session.state is not State.OFFLINE and not rung:
            session.recover_until = self._clock.now() + RECOVERY
            if session.phone_uri and session.profile.phone is PhoneKind.BROWSER:
                self._call_phone(session)
        self._roster.touched(session)

    def _customer_answered(self, event: e.CallAnswered) -> None:
        """The customer of an agent's own call picked up: join them."""
        session = self._roster.of_call(event.call_id)
        if session is not None and session.state is State.DIALLING:
            self.join(session)

    def _connected(self, event: e.CallConnected) -> None:
        session = self._roster.sessions.get(event.agent_id)
        if session is None:
            return
        session.recover_until = None
        if session.call_id == event.call_id and session.state is State.HOLD:
            self._roster.move(session, Trigger.RESUME)
            self._stage.emit(e.CallResumed(at=event.at, call_id=event.call_id, agent_id=event.agent_id))
        elif session.state is not State.TALKING and machine.allows(session.state, Trigger.CONNECT):
            session.call = session.call or self._found(event)
            session.reserved_by = ""
            session.answered_at = event.at
            self._roster.move(session, Trigger.CONNECT, call_id=event.call_id)
        self._roster.touched(session)

    def _found(self, event: e.CallConnected) -> Offer:
        """A conversation that somebody else arranged (app_queue while we were away)."""
        call = self._tracker.calls[event.call_id]
        return Offer(
            call_id=call.call_id,
            leg_id=call.leg_id,
            direction=call.direction,
            number=call.number,
            queue=call.queue,
            campaign_id=None,
            offered_at=event.at,
        )

    def _disconnected(self, event: e.CallDisconnected) -> None:
        session = self._roster.sessions.get(event.agent_id)
        if session is None or session.call_id != event.call_id:
            return
        moving, session.moving = session.moving, None
        if moving in (Moving.HOLD, Moving.SWAP) and session.state is State.TALKING:
            self._roster.move(session, Trigger.HOLD)
            self._stage.emit(e.CallHeld(at=event.at, call_id=event.call_id, agent_id=event.agent_id))
        elif moving is Moving.TRANSFER:
            self._wrap_up(session)

    def _returned(self, event: e.CallReturned) -> None:
        """A served customer is alone: whose are they?"""
        session = self._roster.of_call(event.call_id)
        if session is None:
            # a consulted party or a colleague has left them: the conversation is over
            self._do("release a customer", self._control.hang_up(event.leg_id))
        elif session.state is State.TALKING and session.leg is LegState.UP:
            self.join(session)

    def _ended(self, event: e.CallEnded) -> None:
        session = self._roster.of_call(event.call_id)
        if session is None:
            return
        if session.state is State.RINGING:
            self.end_offer(session, "abandoned", Trigger.WITHDRAW)
        elif session.state in machine.ON_CALL:
            self._wrap_up(session)

    def _wrap_up(self, session: AgentSession) -> None:
        if session.consult is not None:
            self._drop_consult(session)
        if session.profile.leg_mode is LegMode.RUNG and session.leg_id:
            self._do("release an agent's leg", self._control.hang_up(session.leg_id))
        session.moving = None
        self._roster.move(session, Trigger.END, seconds=session.profile.wrapup_seconds)

    def _consult_changed(self, event: e.ConsultChanged) -> None:
        session = self._roster.sessions.get(event.agent_id)
        if session is None or session.consult is None or session.consult.leg_id != event.leg_id:
            return
        if event.up:
            session.consult.up = True
            session.consult.talking = True
            session.consult.since = event.at
            self._do("join a consult", self._control.bridge(event.leg_id, session.leg_id))
        else:
            session.consult = None
        self._roster.touched(session)

    def _reconcile(self, event: e.FloorKnown) -> None:
        """Agents whose call ended, or whose leg went, while we could not see."""
        open_calls = set(event.open_calls)
        for session in self._roster.sessions.values():
            if session.call_id and session.call_id not in open_calls:
                if session.state is State.RINGING:
                    self.end_offer(session, "abandoned", Trigger.WITHDRAW)
                elif session.state in machine.ON_CALL:
                    self._wrap_up(session)
            known = self._tracker.legs.get(session.leg_id)
            if session.leg_id and known is None and session.leg is LegState.UP:
                session.leg, session.leg_id = LegState.DOWN, ""
            nailed = session.profile.leg_mode is LegMode.NAILED
            if session.state is State.OFFLINE or not nailed or session.leg is not LegState.DOWN:
                continue
            session.recover_until = event.at + RECOVERY
            if session.phone_uri:
                self._call_phone(session)
        for agent_id in self._roster.sessions:
            self._mirrored.pop(agent_id, None)
            self._mirror(agent_id)

    # -- the clock ------------------------------------------------------------------------------

    def tick(self, now: datetime) -> None:
        """Deadlines: offers, wrap-up, recovery. Call it a few times a second."""
        for session in list(self._roster.sessions.values()):
            if session.deadline is not None and now >= session.deadline:
                self._deadline(session)
            if session.recover_until is not None and now >= session.recover_until:
                session.recover_until = None
                self._not_recovered(session)

    def _deadline(self, session: AgentSession) -> None:
        session.deadline = None
        if session.state is State.RINGING:
            self.end_offer(session, "timeout", Trigger.TIMEOUT)
        elif session.state is State.WRAPUP:
            self.finish(session, "")

    def _not_recovered(self, session: AgentSession) -> None:
        if session.leg is LegState.UP:
            return
        call = self._tracker.calls.get(session.call_id)
        if session.state in machine.IN_CONVERSATION and call is not None:
            if call.queue:
                self._stage.emit(
                    e.CallTransferred(
                        at=self._clock.now(),
                        call_id=call.call_id,
                        agent_id=session.agent_id,
                        kind="queue",
                        target=call.queue,
                        how="recovery",
                    )
                )
                self._do("back to the queue", self._control.send_to_queue(call.leg_id, call.queue, ""))
            else:
                self._do("release a customer", self._control.hang_up(call.leg_id))
            self._wrap_up(session)
        self._phone_missing(session)

    # -- offers ---------------------------------------------------------------------------------

    def offer(self, session: AgentSession, offer: Offer, seconds: int, *, at_once: bool) -> None:
        """Ask the agent to take a call; `at_once` joins them without asking."""
        session.call = offer
        session.reserved_by = ""
        if at_once and session.profile.leg_mode is LegMode.NAILED:
            session.call_id = session.reserved_by = offer.call_id
            self._announce(session, None)
            self.join(session)
            return
        self._roster.move(session, Trigger.OFFER, call_id=offer.call_id, seconds=seconds)
        self._announce(session, session.deadline)
        if session.profile.leg_mode is LegMode.RUNG:
            self._call_phone(session)

    def connect(self, agent_id: int, call_id: str, leg_id: str, campaign_id: int) -> None:
        """A campaign's customer has answered: card first, then both are joined at once."""
        session = self._roster.get(agent_id)
        call = self._tracker.calls.get(call_id)
        offer = Offer(
            call_id=call_id,
            leg_id=leg_id,
            direction=e.Direction.OUTBOUND,
            number=call.number if call is not None else "",
            queue="",
            campaign_id=campaign_id,
            offered_at=self._clock.now(),
        )
        self.offer(session, offer, AGENT_RING_SECONDS, at_once=True)

    def _announce(self, session: AgentSession, deadline: datetime | None) -> None:
        offer = session.call
        if offer is not None:
            self._stage.emit(
                e.CallOffered(
                    at=self._clock.now(),
                    call_id=offer.call_id,
                    agent_id=session.agent_id,
                    direction=offer.direction,
                    number=offer.number,
                    queue=offer.queue,
                    campaign_id=offer.campaign_id,
                    deadline=deadline,
                )
            )

    def join(self, session: AgentSession) -> None:
        """Bridge the agent with their customer."""
        call = self._tracker.calls.get(session.call_id)
        if call is None:
            self._join_refused(session)
            return
        self._do(
            "join customer and agent",
            self._control.bridge(call.leg_id, session.leg_id),
            refused=lambda _: self._join_refused(session),
        )

    def _join_refused(self, session: AgentSession) -> None:
        if session.state is State.RINGING:
            self.end_offer(session, "refused", Trigger.WITHDRAW)
        elif session.state is State.READY and session.call_id:
            # a call that was to be joined at once went away first
            offer, session.call, session.call_id, session.reserved_by = session.call, None, "", ""
            if offer is not None:
                self._offer_over(session, offer, "refused")
        self._roster.touched(session)

    def end_offer(self, session: AgentSession, why: str, trigger: Trigger) -> None:
        """The offered call goes elsewhere; the agent moves by `trigger`."""
        offer = session.call
        if session.profile.leg_mode is LegMode.RUNG and session.leg_id:
            leg_id, session.leg_id, session.leg = session.leg_id, "", LegState.DOWN
            self._do("stop ringing", self._control.hang_up(leg_id))
        self._roster.move(session, trigger)
        if offer is not None:
            self._offer_over(session, offer, why)

    def _offer_over(self, session: AgentSession, offer: Offer, why: str) -> None:
        now = self._clock.now()
        self._stage.emit(
            e.OfferEnded(
                at=now,
                call_id=offer.call_id,
                agent_id=session.agent_id,
                queue=offer.queue,
                why=why,
                rang_ms=round((now - offer.offered_at).total_seconds() * 1000),
            )
        )

    # -- buttons --------------------------------------------------------------------------------

    def start_shift(self, session: AgentSession) -> None:
        """The agent is here: their phone is called, and they are ready when it is up."""
        self._roster.move(session, Trigger.START, reason="starting")
        session.start_when_up = True
        if session.profile.leg_mode is LegMode.RUNG:
            if session.phone_uri:
                self._begin(session)
        else:
            self._call_phone(session)

    def end_shift(self, session: AgentSession) -> None:
        """Go home now, or after the present call."""
        if session.state in machine.ON_CALL:
            self._roster.plan(session, Plan(State.OFFLINE))
            return
        if session.state is State.WRAPUP:
            self.finish(session, "")
        self._roster.move(session, Trigger.STOP)
        self._release_leg(session)

    def _release_leg(self, session: AgentSession) -> None:
        leg_id, session.leg_id, session.leg = session.leg_id, "", LegState.DOWN
        session.start_when_up = False
        session.recover_until = None
        if leg_id:
            self._do("release an agent's leg", self._control.hang_up(leg_id))
            self._do("tell the dialplan", self._control.set_nailed_leg(session.agent_id, None))

    def set_ready(self, session: AgentSession) -> None:
        """Take calls; during a call this is what follows it."""
        if session.state in machine.ON_CALL or session.state is State.WRAPUP:
            self._roster.plan(session, Plan(State.READY))
            return
        if not session.reachable:
            if session.profile.leg_mode is LegMode.RUNG or session.leg is LegState.CALLING:
                raise Unavailable(marked("Your phone is not connected yet."), key="phone")
            session.start_when_up = True
            self._call_phone(session)
            return
        self._roster.move(session, Trigger.READY)

    def set_paused(self, session: AgentSession, reason: str) -> None:
        """Take a break; during a call this is what follows it."""
        if session.state in machine.ON_CALL or session.state is State.WRAPUP:
            self._roster.plan(session, Plan(State.PAUSED, reason))
            return
        if session.reserved_by:
            raise Conflict(marked("A call is being dialled for you. It will be here in a moment."))
        self._roster.move(session, Trigger.PAUSE, reason=reason)

    def answer(self, session: AgentSession) -> None:
        """Take the offered call. A rung phone is answered at the phone."""
        if session.state is not State.RINGING:
            raise machine.IllegalStep(state=session.state)
        if session.profile.leg_mode is LegMode.NAILED:
            self.join(session)

    def decline(self, session: AgentSession) -> None:
        """Let somebody else take the offered call."""
        if session.state is not State.RINGING:
            raise machine.IllegalStep(state=session.state)
        self.end_offer(session, "declined", Trigger.DECLINE)

    async def hold(self, session: AgentSession) -> None:
        """Let the customer hear music."""
        call = self._conversation(session, State.TALKING)
        session.moving = Moving.HOLD
        await self._moving(session, self._control.hold(call))

    async def resume(self, session: AgentSession) -> None:
        """Back to the customer; a consulted party waits."""
        call = self._conversation(session, State.HOLD)
        if session.consult is not None and session.consult.talking:
            session.consult.talking = False
        await self._control.bridge(call, session.leg_id)

    async def hang_up(self, session: AgentSession) -> None:
        """End the conversation, or stop dialling."""
        if session.state not in (State.TALKING, State.HOLD, State.DIALLING):
            raise machine.IllegalStep(state=session.state)
        call = self._tracker.calls.get(session.call_id)
        if call is None:
            self._wrap_up(session)
            return
        await self._control.hang_up(call.leg_id)

    def _end_call(self, session: AgentSession) -> None:
        call = self._tracker.calls.get(session.call_id)
        if call is not None:
            self._do("release a customer", self._control.hang_up(call.leg_id))

    async def press(self, session: AgentSession, digits: str) -> None:
        """Touch tones to the customer's side."""
        await self._control.press(self._conversation(session, State.TALKING), digits)

    async def set_recording(self, session: AgentSession, *, on: bool) -> None:
        """Pause or resume the recording (card data)."""
        call = self._conversation(session, State.TALKING, State.HOLD)
        await self._control.set_recording(call, on)

    async def transfer_to_queue(self, session: AgentSession, queue: str, language: str) -> None:
        """Give the customer to a queue, blind."""
        leg = self._conversation(session, State.TALKING, State.HOLD)
        await self._give_away(session, "queue", queue, self._control.send_to_queue(leg, queue, language))

    async def transfer_to_number(self, session: AgentSession, number: str) -> None:
        """Give the customer to an outside number, blind."""
        leg = self._conversation(session, State.TALKING, State.HOLD)
        await self._give_away(
            session, "number", number, self._control.send_to_number(leg, number, self.outside.trunk)
        )

    async def transfer_to_agent(self, session: AgentSession, colleague: AgentSession) -> None:
        """Give the customer to a colleague, blind: they hear music until the colleague takes them."""
        leg = self._conversation(session, State.TALKING, State.HOLD)
        if colleague.agent_id == session.agent_id or colleague.state is State.OFFLINE:
            raise Conflict(marked("This colleague cannot take a call now."))
        await self._give_away(session, "agent", str(colleague.agent_id), self._control.hold(leg))

    async def _give_away(
        self, session: AgentSession, kind: str, target: str, work: Coroutine[object, object, None]
    ) -> None:
        call_id, was_held = session.call_id, session.state is State.HOLD
        session.moving = Moving.TRANSFER
        await self._moving(session, work)
        self._stage.emit(
            e.CallTransferred(
                at=self._clock.now(),
                call_id=call_id,
                agent_id=session.agent_id,
                kind=kind,
                target=target,
                how="blind",
            )
        )
        if was_held and session.call_id == call_id and session.state is State.HOLD:
            self._wrap_up(session)

    async def _moving(self, session: AgentSession, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except ControlError:
            session.moving = None
            raise

    # -- consulting -----------------------------------------------------------------------------

    async def consult_number(self, session: AgentSession, number: str) -> None:
        """Call a third party while the customer hears music."""
        if session.consult is not None:
            raise Conflict(marked("You already have a second line."))
        leg = self._conversation(session, State.TALKING, State.HOLD)
        if session.state is State.TALKING:
            session.moving = Moving.SWAP
            await self._moving(session, self._control.hold(leg))
        consult_leg = f"consult-{session.agent_id}-{secrets.token_hex(6)}"
        session.consult = Consult(leg_id=consult_leg, kind="number", target=number, since=self._clock.now())
        self._roster.touched(session)
        try:
            await self._control.dial_out(
                consult_leg,
                number,
                trunk=self.outside.trunk,
                caller_id=self.outside.caller_id,
                ring_seconds=self.outside.ring_seconds,
                landing=Landing.MANUAL,
                variables={},
            )
        except ControlError:
            session.consult = None
            self._roster.touched(session)
            raise

    async def consult_swap(self, session: AgentSession) -> None:
        """Speak to the other one of the two lines."""
        consult = self._second_line(session)
        if consult.talking:
            await self.resume(session)
            return
        leg = self._conversation(session, State.TALKING)
        session.moving = Moving.SWAP
        await self._moving(session, self._control.hold(leg))
        consult.talking = True
        await self._control.bridge(consult.leg_id, session.leg_id)
        self._roster.touched(session)

    async def consult_complete(self, session: AgentSession) -> None:
        """Join the customer with the third party and leave."""
        consult = self._second_line(session)
        leg = self._conversation(session, State.TALKING, State.HOLD)
        call_id = session.call_id
        session.moving = Moving.TRANSFER
        session.consult = None
        try:
            await self._control.bridge(leg, consult.leg_id)
        except ControlError:
            session.consult, session.moving = consult, None
            raise
        self._stage.emit(
            e.CallTransferred(
                at=self._clock.now(),
                call_id=call_id,
                agent_id=session.agent_id,
                kind=consult.kind,
                target=consult.target,
                how="attended",
            )
        )
        if session.call_id == call_id and session.state in machine.IN_CONVERSATION:
            self._wrap_up(session)

    async def consult_cancel(self, session: AgentSession) -> None:
        """Let the third party go and return to the customer."""
        if session.consult is None:
            raise Conflict
        self._drop_consult(session)
        if session.state is State.HOLD:
            await self.resume(session)

    def _second_line(self, session: AgentSession) -> Consult:
        if session.consult is None or not session.consult.up:
            raise Conflict(marked("The second line is not answered yet."))
        return session.consult

    def _drop_consult(self, session: AgentSession) -> None:
        consult, session.consult = session.consult, None
        if consult is not None:
            self._do("release a consulted party", self._control.hang_up(consult.leg_id))
        self._roster.touched(session)

    # -- the agent's own calls ------------------------------------------------------------------

    async def place(self, session: AgentSession, number: str, campaign_id: int | None) -> str:
        """Dial out for this agent (the gate has been asked). The call's id is returned."""
        if session.leg is not LegState.UP:
            raise Unavailable(marked("Your phone is not connected yet."), key="phone")
        leg_id = f"manual-{session.agent_id}-{secrets.token_hex(6)}"
        session.call = Offer(
            call_id=leg_id,
            leg_id=leg_id,
            direction=e.Direction.OUTBOUND,
            number=number,
            queue="",
            campaign_id=campaign_id,
            offered_at=self._clock.now(),
        )
        self._roster.move(session, Trigger.DIAL, call_id=leg_id)
        self._announce(session, None)
        try:
            await self._control.dial_out(
                leg_id,
                number,
                trunk=self.outside.trunk,
                caller_id=self.outside.caller_id,
                ring_seconds=self.outside.ring_seconds,
                landing=Landing.MANUAL,
                variables={},
            )
        except ControlError:
            if session.call_id == leg_id and session.state is State.DIALLING:
                self._roster.move(session, Trigger.FAIL, seconds=session.profile.wrapup_seconds)
            raise
        return leg_id

    # -- wrap-up --------------------------------------------------------------------------------

    def finish(self, session: AgentSession, disposition: str) -> None:
        """End wrap-up; what follows is the plan, or ready."""
        call_id, plan = session.call_id, session.plan
        self._roster.move(session, Trigger.FINISH)
        self._stage.emit(
            WrapUpFinished(
                at=self._clock.now(),
                agent_id=session.agent_id,
                call_id=call_id,
                disposition=disposition,
            )
        )
        if plan.state is State.OFFLINE:
            self._release_leg(session)
        elif session.state is State.READY and not session.reachable and not session.recover_until:
            self._roster.move(session, Trigger.FAIL, reason="phone")

    def extend_wrapup(self, session: AgentSession, seconds: int) -> None:
        """More time for notes."""
        if session.state is not State.WRAPUP or session.deadline is None:
            raise machine.IllegalStep(state=session.state)
        self._roster.set_deadline(session, session.deadline + timedelta(seconds=seconds))

    # -- shared ---------------------------------------------------------------------------------

    def _conversation(self, session: AgentSession, *states: State) -> str:
        """The customer's leg of the agent's conversation, if the state is one of these."""
        call = self._tracker.calls.get(session.call_id)
        if session.state not in states or call is None:
            raise machine.IllegalStep(state=session.state)
        return call.leg_id

    def _mirror(self, agent_id: int) -> None:
        """Keep app_queue's member in step."""
        session = self._roster.sessions.get(agent_id)
        if session is None:
            return
        wanted = (tuple(sorted(session.profile.queues)), MEMBERSHIP[session.state])
        if self._mirrored.get(agent_id) == wanted or not wanted[0]:
            return
        self._mirrored[agent_id] = wanted
        self._do("mirror a queue member", self._control.mirror_member(agent_id, *wanted))

    def _do(
        self,
        name: str,
        work: Coroutine[object, object, None],
        *,
        refused: Callable[[ControlError], None] | None = None,
    ) -> None:
        """Ask Asterisk in a task; a refusal is logged, and told to whoever wants to know."""

        async def ask() -> None:
            try:
                await work
            except ControlError as error:
                log.warning("asterisk refused", extra={"asked": name, "code": error.code})
                if refused is not None:
                    refused(error)

        self._tasks.spawn(name, ask())
