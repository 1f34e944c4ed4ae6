"""Asking an agent to take a call, and joining them.

Who is asked is decided elsewhere (`queues.distributor`, `dialer.engine`, a colleague who consults); here the
offer is carried out, and it is said how it ended.
"""

from datetime import datetime, timedelta

from callcenter.agents import machine
from callcenter.agents.bench import Bench
from callcenter.agents.machine import State, Trigger
from callcenter.agents.roster import AgentSession, LegMode, LegState, Offer
from callcenter.calls import events as e
from callcenter.calls.control import ControlError
from callcenter.kernel.errors import Unavailable
from callcenter.kernel.i18n import marked

CONNECT_SECONDS = 20
# how long a join may take until Asterisk has to have confirmed it
JOINING = timedelta(seconds=5)


class Offers:
    """The part of the desk that owns the states ringing and joining."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def offer(self, session: AgentSession, offer: Offer, seconds: int, *, at_once: bool) -> None:
        """Ask the agent to take a call; `at_once` joins them without asking."""
        if session.state is not State.READY or session.joining:
            raise machine.IllegalStep(state=session.state)
        session.call = offer
        session.reserved_by = ""
        if at_once and session.profile.leg_mode is LegMode.NAILED:
            session.call_id = session.reserved_by = offer.call_id
            session.deadline = self._bench.now() + JOINING
            self.announce(session, None)
            self.join(session)
            return
        self._bench.roster.move(session, Trigger.OFFER, call_id=offer.call_id, seconds=seconds)
        self.announce(session, session.deadline)
        if session.profile.leg_mode is LegMode.RUNG:
            self._bench.phones.call(session)

    def connect(self, agent_id: int, call_id: str, leg_id: str, campaign_id: int) -> None:
        """A campaign's customer has answered: card first, then both are joined at once."""
        call = self._bench.tracker.calls.get(call_id)
        offer = Offer(
            call_id=call_id,
            leg_id=leg_id,
            direction=e.Direction.OUTBOUND,
            number=call.number if call is not None else "",
            queue="",
            campaign_id=campaign_id,
            offered_at=self._bench.now(),
        )
        self.offer(self._bench.roster.get(agent_id), offer, CONNECT_SECONDS, at_once=True)

    def announce(self, session: AgentSession, deadline: datetime | None) -> None:
        """Tell everybody that this agent is asked: the card shows, the CRM looks the number up."""
        offer = session.call
        if offer is not None:
            self._bench.stage.emit(
                e.CallOffered(
                    at=self._bench.now(),
                    call_id=offer.call_id,
                    agent_id=session.agent_id,
                    direction=offer.direction,
                    number=offer.number,
                    queue=offer.queue,
                    campaign_id=offer.campaign_id,
                    deadline=deadline,
                    consult_of=session.helps,
                )
            )

    def join(self, session: AgentSession) -> None:
        """Bridge the agent with their customer, or with the colleague who consults them."""
        if session.helps is not None:
            self._bench.consulting.join_helper(session)
            return
        call = self._bench.tracker.calls.get(session.call_id)
        if call is None:
            self.not_joined(session, "refused")
            return

        def refused(error: ControlError) -> None:
            # without an answer nobody knows: the facts or the deadline will tell
            if error.code == "refused" and session.call_id == call.call_id:
                self.not_joined(session, "refused")

        self._bench.ask(
            "join customer and agent",
            self._bench.control.bridge(call.leg_id, session.leg_id),
            refused=refused,
        )

    def not_joined(self, session: AgentSession, why: str) -> None:
        """The customer or the agent's leg went away before they were joined."""
        if session.state is State.RINGING:
            self.end_offer(session, why, Trigger.WITHDRAW)
        elif session.joining:
            offer, session.call = session.call, None
            session.call_id = session.reserved_by = ""
            session.deadline = None
            if offer is not None:
                self.offer_over(session, offer, why)
        self._bench.roster.touched(session)

    def end_offer(self, session: AgentSession, why: str, trigger: Trigger) -> None:
        """The offered call goes elsewhere; the agent moves by `trigger`."""
        offer, asker = session.call, session.helps
        self._bench.phones.release_rung(session)
        session.helps = None
        self._bench.roster.move(session, trigger)
        if offer is not None:
            self.offer_over(session, offer, why)
        if asker is not None:
            self._bench.consulting.helper_gone(asker, session.agent_id, why)

    def offer_over(self, session: AgentSession, offer: Offer, why: str) -> None:
        now = self._bench.now()
        self._bench.stage.emit(
            e.OfferEnded(
                at=now,
                call_id=offer.call_id,
                agent_id=session.agent_id,
                queue=offer.queue,
                why=why,
                rang_ms=round((now - offer.offered_at).total_seconds() * 1000),
            )
        )

    def answer(self, session: AgentSession) -> None:
        """Take the offered call. A rung phone is answered at the phone."""
        if session.state is not State.RINGING:
            raise machine.IllegalStep(state=session.state)
        if session.profile.leg_mode is LegMode.RUNG:
            return
        if session.leg is not LegState.UP:
            raise Unavailable(marked("Your phone is not connected yet."), key="phone")
        self.join(session)

    def decline(self, session: AgentSession) -> None:
        """Let somebody else take the offered call."""
        if session.state is not State.RINGING:
            raise machine.IllegalStep(state=session.state)
        self.end_offer(session, "declined", Trigger.DECLINE)
