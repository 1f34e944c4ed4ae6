"""The second line: asking a third party or a colleague while the customer hears music.

A third party is called on a leg of their own. A colleague is offered the call, labelled as a consult; taking
it joins the two agents' legs. The one who asks keeps the customer (state hold) until the second line is
completed: then the customer is joined with the other one and the asker is done. While the asker is back with
the customer, a third party hears music and a colleague is on hold with silence.
"""

import secrets

from callcenter.agents import machine
from callcenter.agents.bench import Bench
from callcenter.agents.machine import State, Trigger
from callcenter.agents.roster import AgentSession, Consult, LegState, Moving, Offer
from callcenter.calls import events as e
from callcenter.calls.control import ControlError, Landing
from callcenter.calls.facts import LegKind
from callcenter.kernel.errors import Conflict
from callcenter.kernel.i18n import marked

CONSULT_RING_SECONDS = 20


class Consulting:
    """The part of the desk that owns `consult` (the asker's) and `helps` (the colleague's)."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    # -- buttons --------------------------------------------------------------------------------

    async def call_number(self, session: AgentSession, number: str) -> None:
        """Call a third party while the customer hears music."""
        call_id = await self._make_room(session)
        leg_id = f"consult-{session.agent_id}-{secrets.token_hex(6)}"
        session.consult = Consult(leg_id=leg_id, number=number, since=self._bench.now())
        self._bench.tracker.belongs(leg_id, call_id)
        self._bench.roster.touched(session)
        try:
            await self._bench.control.dial_out(
                leg_id,
                number,
                trunk=self._bench.outside.trunk,
                caller_id=self._bench.outside.caller_id,
                ring_seconds=self._bench.outside.ring_seconds,
                landing=Landing.MANUAL,
                variables={},
            )
        except ControlError:
            self.line_failed(leg_id)
            raise

    async def ask_agent(self, session: AgentSession, colleague: AgentSession) -> None:
        """Offer a free colleague to speak about the call while the customer hears music."""
        if colleague.agent_id == session.agent_id or not colleague.free:
            raise Conflict(marked("This colleague cannot take a call now."))
        call_id = await self._make_room(session)
        if not colleague.free:
            raise Conflict(marked("This colleague cannot take a call now."))
        call = self._bench.tracker.calls[call_id]
        now = self._bench.now()
        session.consult = Consult(
            leg_id="",
            number=colleague.profile.extension,
            name=colleague.profile.name,
            colleague_id=colleague.agent_id,
            since=now,
        )
        self._bench.roster.touched(session)
        colleague.helps = session.agent_id
        offer = Offer(
            call_id=call_id,
            leg_id=call.leg_id,
            direction=call.direction,
            number=call.number or call.number_raw,
            queue="",
            campaign_id=session.call.campaign_id if session.call is not None else None,
            offered_at=now,
        )
        self._bench.offers.offer(colleague, offer, CONSULT_RING_SECONDS, at_once=False)

    async def _make_room(self, session: AgentSession) -> str:
        """Put the customer on hold, unless they are; returns the call's id."""
        leg_id = self._bench.customer_leg(session, State.TALKING, State.HOLD)
        if session.consult is not None:
            raise Conflict(marked("You already have a second line."))
        call_id = session.call_id
        if session.state is State.TALKING:
            await self._bench.conversation.away_from_customer(
                session, Moving.SWAP, self._bench.control.hold(leg_id)
            )
        changed = session.call_id != call_id or call_id not in self._bench.tracker.calls
        if changed or session.state not in machine.IN_CONVERSATION:
            raise machine.IllegalStep(state=session.state)
        if session.consult is not None:
            raise Conflict(marked("You already have a second line."))
        return call_id

    async def swap(self, session: AgentSession) -> None:
        """Speak to the other one of the two lines."""
        consult = self._second_line(session)
        if consult.talking:
            await self._bench.conversation.resume(session)
            return
        leg_id = self._bench.customer_leg(session, State.TALKING, State.HOLD)
        if session.state is State.TALKING:
            await self._bench.conversation.away_from_customer(
                session, Moving.SWAP, self._bench.control.hold(leg_id)
            )
        if session.consult is consult:
            await self._bench.control.bridge(consult.leg_id, session.leg_id)

    async def complete(self, session: AgentSession) -> None:
        """Join the customer with the second line and leave."""
        consult = self._second_line(session)
        leg_id = self._bench.customer_leg(session, State.TALKING, State.HOLD)
        call_id = session.call_id
        session.consult = None
        try:
            await self._bench.conversation.away_from_customer(
                session, Moving.TRANSFER, self._bench.control.bridge(leg_id, consult.leg_id)
            )
        except ControlError as error:
            if error.code == "refused" and session.call_id == call_id and session.consult is None:
                session.consult = consult
            raise
        if call_id not in self._bench.tracker.calls:
            self._let_go(session, consult)
            return
        self._bench.transferred(session, call_id, consult.kind, consult.target, "attended")
        if session.call_id == call_id and session.state in machine.IN_CONVERSATION:
            self._bench.conversation.wrap_up(session)

    async def cancel(self, session: AgentSession) -> None:
        """Let the second line go and return to the customer."""
        if session.consult is None:
            raise Conflict(marked("There is no second line."))
        self.drop(session)
        if session.state is State.HOLD:
            await self._bench.conversation.resume(session)

    def _second_line(self, session: AgentSession) -> Consult:
        consult = session.consult
        if consult is None or not consult.up or not consult.leg_id:
            raise Conflict(marked("The second line is not answered yet."))
        return consult

    # -- the asker's side -----------------------------------------------------------------------

    def drop(self, session: AgentSession) -> None:
        """The asker needs the second line no longer."""
        consult, session.consult = session.consult, None
        if consult is not None:
            self._let_go(session, consult)
            self._bench.roster.touched(session)

    def _let_go(self, session: AgentSession, consult: Consult) -> None:
        if consult.colleague_id is None:
            self._bench.ask("release a consulted party", self._bench.control.hang_up(consult.leg_id))
            return
        helper = self._bench.roster.sessions.get(consult.colleague_id)
        if helper is None or helper.helps != session.agent_id:
            return
        if helper.state is State.RINGING:
            self._bench.offers.end_offer(helper, "abandoned", Trigger.WITHDRAW)
        else:
            self._done(helper)

    async def hold_line(self, session: AgentSession) -> None:
        """The asker goes back to the customer: a third party hears music meanwhile."""
        consult = session.consult
        if consult is not None and consult.talking and consult.colleague_id is None:
            await self._bench.control.hold(consult.leg_id)
            consult.talking = False

    def customer_is_back(self, session: AgentSession) -> None:
        """The asker speaks to the customer again."""
        consult = session.consult
        if consult is None:
            return
        consult.talking = False
        helper = self._helper(session)
        if helper is not None and helper.state is State.TALKING:
            self._bench.roster.move(helper, Trigger.HOLD)

    def _helper(self, session: AgentSession) -> AgentSession | None:
        """The colleague who advises this agent."""
        colleague_id = session.consult.colleague_id if session.consult is not None else None
        helper = self._bench.roster.sessions.get(colleague_id) if colleague_id is not None else None
        return helper if helper is not None and helper.helps == session.agent_id else None

    def rejoin(self, session: AgentSession) -> None:
        """The asker's leg is back: go on with the second line."""
        consult = session.consult
        if consult is not None and consult.talking and consult.leg_id:
            self._bench.ask("join a consult", self._bench.control.bridge(consult.leg_id, session.leg_id))

    # -- what Asterisk says ---------------------------------------------------------------------

    def changed(self, event: e.ConsultChanged) -> None:
        """A third party's leg was answered, or is gone."""
        session = self._bench.roster.sessions.get(event.agent_id)
        consult = session.consult if session is not None else None
        if session is None or consult is None or consult.leg_id != event.leg_id:
            if event.up and not self._bench.away:
                self._bench.ask("release a consulted party", self._bench.control.hang_up(event.leg_id))
            return
        if not event.up:
            self._line_ended(session, consult)
            return
        consult.up, consult.since = True, event.at
        if session.state is State.HOLD and session.leg is LegState.UP:
            self._bench.ask("join a consult", self._bench.control.bridge(event.leg_id, session.leg_id))
        else:
            self._bench.ask("keep a consulted party", self._bench.control.hold(event.leg_id))
        self._bench.roster.touched(session)

    def line_failed(self, leg_id: str) -> None:
        """A third party could not even be called."""
        if leg_id in self._bench.tracker.legs:
            return
        for session in self._bench.roster.sessions.values():
            if session.consult is not None and session.consult.leg_id == leg_id:
                self._line_ended(session, session.consult)

    def _line_ended(self, session: AgentSession, consult: Consult) -> None:
        session.consult = None
        if not consult.up:
            self._bench.notice(session, "warning", marked("The second line did not answer."))
        self._bench.roster.touched(session)

    def joined(self, event: e.ConsultJoined) -> None:
        """An agent hears a third party, or a colleague."""
        session = self._bench.roster.sessions.get(event.agent_id)
        if session is None:
            return
        consult = session.consult
        if consult is not None and consult.leg_id == event.leg_id:
            if not consult.up:
                consult.since = event.at
            consult.up = consult.talking = True
        asker = self._bench.roster.sessions.get(session.helps) if session.helps is not None else None
        if asker is not None and asker.leg_id == event.leg_id:
            if session.state is State.RINGING:
                session.answered_at = event.at
                self._bench.roster.move(session, Trigger.CONNECT)
            elif session.state is State.HOLD:
                self._bench.roster.move(session, Trigger.RESUME)
        self._bench.roster.touched(session)

    def returned(self, event: e.ConsultReturned) -> None:
        """A third party is alone: the asker's leg has left them, or the customer has."""
        session = self._bench.roster.sessions.get(event.agent_id)
        consult = session.consult if session is not None else None
        if session is None or consult is None or consult.leg_id != event.leg_id:
            self._bench.ask("release a consulted party", self._bench.control.hang_up(event.leg_id))
        elif consult.talking and session.state is State.HOLD and session.leg is LegState.UP:
            self.rejoin(session)
        else:
            self._bench.ask("keep a consulted party", self._bench.control.hold(event.leg_id))

    # -- the colleague's side -------------------------------------------------------------------

    def join_helper(self, helper: AgentSession) -> None:
        """The colleague takes the consult, or their leg is back."""
        asker = self._bench.roster.sessions.get(helper.helps) if helper.helps is not None else None
        consult = asker.consult if asker is not None else None
        if asker is None or consult is None or consult.colleague_id != helper.agent_id:
            self._not_helping(helper)
            return
        consult.leg_id = helper.leg_id
        if asker.state is State.TALKING:
            # back with the customer meanwhile: the colleague is there, on hold
            consult.up, consult.talking = True, False
            if helper.state is State.RINGING:
                helper.answered_at = self._bench.now()
                self._bench.roster.move(helper, Trigger.CONNECT)
            if helper.state is State.TALKING:
                self._bench.roster.move(helper, Trigger.HOLD)
            self._bench.roster.touched(asker)
            return

        def refused(error: ControlError) -> None:
            if error.code == "refused" and helper.helps == asker.agent_id:
                self._not_helping(helper)

        self._bench.ask(
            "join two agents", self._bench.control.bridge(asker.leg_id, helper.leg_id), refused=refused
        )

    def _not_helping(self, helper: AgentSession) -> None:
        if helper.state is State.RINGING:
            self._bench.offers.end_offer(helper, "timeout", Trigger.WITHDRAW)
        elif helper.state in machine.IN_CONVERSATION:
            self.leave(helper)

    def leave(self, helper: AgentSession) -> None:
        """The colleague goes; the asker keeps the customer."""
        asker_id = helper.helps
        self._done(helper)
        if asker_id is not None:
            self.helper_gone(asker_id, helper.agent_id, "consulted")

    def _done(self, helper: AgentSession) -> None:
        """Advice was given: nothing to write about."""
        offer, helper.helps = helper.call, None
        if helper.leg is LegState.UP:
            self._bench.ask("part two agents", self._bench.control.send_to_loop(helper.leg_id))
        self._bench.phones.release_rung(helper)
        self._bench.roster.move(helper, Trigger.END, seconds=0)
        if offer is not None:
            self._bench.offers.offer_over(helper, offer, "consulted")
        self._bench.shifts.next_state(helper)

    def helper_gone(self, asker_id: int, helper_id: int, why: str) -> None:
        """Tell the asker that the colleague does not come, or has left."""
        asker = self._bench.roster.sessions.get(asker_id)
        if asker is None or asker.consult is None or asker.consult.colleague_id != helper_id:
            return
        asker.consult = None
        message = (
            marked("Your colleague has left the conversation.")
            if why == "consulted"
            else marked("Your colleague did not take the call.")
        )
        self._bench.notice(asker, "warning", message)
        self._bench.roster.touched(asker)

    # -- after a gap ----------------------------------------------------------------------------

    def reconcile(self) -> None:
        """Second lines that ended, and those that nobody holds any more."""
        sessions = self._bench.roster.sessions
        legs = self._bench.tracker.legs
        for session in list(sessions.values()):
            consult = session.consult
            if consult is not None and consult.colleague_id is None and consult.leg_id not in legs:
                self._line_ended(session, consult)
            asker = sessions.get(session.helps) if session.helps is not None else None
            if session.helps is not None and (asker is None or self._helper(asker) is not session):
                self._not_helping(session)
        held = {s.consult.leg_id for s in sessions.values() if s.consult is not None}
        for leg in list(legs.values()):
            if leg.kind is LegKind.CONSULT and leg.leg_id not in held:
                partners = {legs[peer].kind for peer in self._bench.tracker.peers(leg.leg_id)}
                if LegKind.CUSTOMER not in partners:
                    self._bench.ask("release a consulted party", self._bench.control.hang_up(leg.leg_id))
