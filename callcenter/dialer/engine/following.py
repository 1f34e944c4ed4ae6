"""What Asterisk says of a line, from the first ring to the hang-up."""

from datetime import datetime, timedelta

from callcenter.calls import events as e
from callcenter.dialer.detection import Heard
from callcenter.dialer.engine.dials import Dial, LiveCall
from callcenter.dialer.engine.ground import Ground
from callcenter.dialer.states import AttemptState
from callcenter.kernel.events import Event

CAUSE_GRACE = timedelta(seconds=2)  # the hang-up with its cause may follow the Originate's answer


class Following:
    """The part of the engine that follows every line to its outcome."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def on_event(self, event: Event) -> None:
        match event:
            case e.CallStarted(direction=e.Direction.OUTBOUND):
                self._started(event)
            case e.CallAnswered():
                self._answered(event)
            case e.CallConnected():
                self._connected(event)
            case e.CallDropped():
                self._dropped(event)
            case e.LegAnswered():
                self._up(event)
            case e.AnswerJudged():
                self._judged(event)
            case e.MessageLeft():
                self._message_left(event)
            case e.KeyChosen():
                self._ground.surveys.key_chosen(event)
            case e.CustomerOptedOut():
                self._ground.opting.opt_out(event.number, event.attempt_id)
            case e.CallEnded():
                self._call_ended(event)
            case e.DialFailed():
                self._originate_ended(event)
            case _:
                return

    def tick(self, now: datetime) -> None:
        """Lines whose leg or hang-up did not come in time."""
        for dial in [d for d in self._ground.dials.values() if d.deadline is not None and now >= d.deadline]:
            self.deadline(dial)

    def floor_known(self) -> None:
        """All calls that are up have been told: a line of ours without one has ended unseen."""
        for dial in tuple(self._ground.dials.values()):
            live = dial.call_id in self._ground.live
            if dial.call_id and not live and not dial.over:
                dial.seen = False
                self._ground.closing.finish(dial)
            elif live and dial.answered_at is not None and not dial.offered:
                self._ground.handing.hand_over(dial)

    def deadline(self, dial: Dial) -> None:
        """Nobody has seen a leg in time, or its hang-up never came."""
        dial.deadline = None
        if dial.over:
            return
        if dial.call_id in self._ground.live:
            if not dial.refused:
                return
            self._ground.live.pop(dial.call_id)
        dial.seen = dial.refused
        self._ground.closing.finish(dial)

    def _started(self, event: e.CallStarted) -> None:
        self._ground.live.setdefault(event.call_id, LiveCall(leg_id=event.leg_id))
        dial = self._ground.of_leg(event.leg_id)
        if dial is None:
            if self._ground.taken_up and event.attempt_id is not None:
                self._ground.lines.hang_up_late(event.leg_id)  # it came after we gave up on it
            return
        dial.call_id = event.call_id
        dial.deadline = None
        self._ground.label(dial)
        if dial.cancelled and not dial.over:
            self._ground.lines.cancel(dial)

    def _answered(self, event: e.CallAnswered) -> None:
        live = self._ground.live.setdefault(event.call_id, LiveCall(leg_id=event.leg_id))
        live.answered_at = live.answered_at or event.at
        dial = self._ground.of_leg(event.call_id)
        if dial is None or dial.answered_at is not None or dial.over:
            return
        dial.answered_at = dial.up_at or event.at
        self._ground.count(dial, answered=1)
        self._ground.paces.answered(dial, event.at)
        self._ground.closing.write_advance(dial, AttemptState.ANSWERED, event.at)
        if self._ground.known:
            self._ground.handing.hand_over(dial)

    def _up(self, event: e.LegAnswered) -> None:
        dial = self._ground.of_leg(event.leg_id)
        if dial is not None and dial.up_at is None:
            dial.up_at = event.at

    def _judged(self, event: e.AnswerJudged) -> None:
        """Detection has spoken. A person's `CallAnswered` follows; a machine wants nobody."""
        dial = self._ground.of_leg(event.call_id)
        if dial is None or dial.over:
            return
        if event.machine:
            dial.machine = True
            dial.answered_at = dial.answered_at or dial.up_at or event.at
            self._ground.count(dial, answered=1)
            self._ground.handing.unhold(dial)
            self._ground.paces.machine(dial, event.at)
        heard = Heard(event.status, event.cause, event.ms)
        self._ground.closing.write_answer(dial, heard, dial.answered_at or event.at)
        self._ground.lines.advance()

    def _message_left(self, event: e.MessageLeft) -> None:
        dial = self._ground.of_leg(event.call_id)
        if dial is not None:
            dial.message_left = event.ok

    def agent_heard_machine(self, call_id: str) -> None:
        """The agent who has this customer says that it is a machine."""
        dial = self._ground.of_leg(call_id)
        if dial is None or dial.over or dial.machine:
            return
        dial.machine = True
        self._ground.paces.was_machine(dial)
        self._ground.closing.write_answer(dial, None, dial.answered_at or self._ground.now())

    def _connected(self, event: e.CallConnected) -> None:
        live = self._ground.live.get(event.call_id)
        if live is not None:
            live.agent_id, live.connected_at = event.agent_id, live.connected_at or event.at
        dial = self._ground.of_leg(event.call_id)
        if dial is None or dial.over:
            return
        if dial.agent_id != event.agent_id:
            self._ground.handing.unhold(dial)
            dial.agent_id = event.agent_id
        dial.offered = True
        if dial.connected_at is None:
            dial.connected_at = event.at
            self._ground.count(dial, connected=1)
            self._ground.paces.connected(dial, event.at, event.agent_id)
            self._ground.closing.write_advance(dial, AttemptState.CONNECTED, event.at)
        self._ground.roster.release(event.agent_id, dial.holder)

    def _dropped(self, event: e.CallDropped) -> None:
        live = self._ground.live.get(event.call_id)
        if live is not None:
            live.dropped = True
        dial = self._ground.of_leg(event.call_id)
        if dial is not None and not dial.dropped and dial.connected_at is None:
            dial.dropped = True
            self._ground.count(dial, abandoned=1)
            self._ground.paces.abandoned(dial, event.at)
            self._ground.handing.unhold(dial)

    def _call_ended(self, event: e.CallEnded) -> None:
        self._ground.live.pop(event.call_id, None)
        dial = self._ground.of_leg(event.call_id)
        if dial is None or dial.over:
            return
        dial.cause, dial.sip_code = event.cause, event.sip_code
        dial.seen = event.by is not e.Party.UNKNOWN
        self._ground.closing.finish(dial)

    def _originate_ended(self, event: e.DialFailed) -> None:
        """Says nothing about why. If a leg existed its hang-up does, and may come a little later."""
        dial = self._ground.of_leg(event.leg_id)
        if dial is not None and not dial.over and dial.answered_at is None:
            dial.refused = True
            dial.deadline = self._ground.now() + CAUSE_GRACE
