"""Writes calls, legs and offers from events: exactly one row a conversation.

Idempotent: an event that comes twice changes nothing. Calls that ended while the service was away are closed
when the floor is known again, and say so (`Outcome.LOST`) unless they had been answered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import events as e
from callcenter.calls.models import CallRow, LegRow, OfferRow, Outcome, RecordingState
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event

EVENTS = (e.CallEvent, e.LegStarted, e.LegAnswered, e.LegFinished, e.FloorKnown)
LEG_EVENTS = (e.LegStarted, e.LegAnswered, e.LegFinished)
OPEN_OFFERS = ("offered", "connected")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Service level limits in force for a queue, stored with each of its calls."""

    answer_seconds: int = 20
    short_seconds: int = 5


DEFAULT_LIMITS = Thresholds()


def outcome_of(row: CallRow) -> Outcome:
    """How an ended call counts."""
    if row.connected_at is not None:
        return Outcome.ANSWERED
    if row.ended_by == e.Party.UNKNOWN:  # a column gives plain text back
        return Outcome.LOST
    if row.direction == e.Direction.OUTBOUND:
        return Outcome.DROPPED if row.answered_at is not None else Outcome.UNANSWERED
    if row.joined_at is None:
        return Outcome.REFUSED
    return Outcome.SHORT if row.wait_ms < row.short_seconds * 1000 else Outcome.ABANDONED


def _ms(start: datetime | None, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000)) if start is not None else 0


def _hold_over(row: CallRow, at: datetime) -> None:
    """The customer is not on hold any more: back with the agent, or somebody else's."""
    row.hold_ms += _ms(row.held_since, at)
    row.held_since = None


class Sheet:
    """The rows that a batch of events concerns, read with three queries however long the batch is."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self.calls: dict[str, CallRow] = {}
        self.legs: dict[str, LegRow] = {}  # by their own id: after a gap a leg may be seen in another call
        self.offers: dict[str, list[OfferRow]] = {}

    async def load(self, call_ids: set[str], leg_ids: set[str]) -> None:
        """Read these calls with their legs and offers, and these legs."""
        await self._take(CallRow.id.in_(call_ids), leg_ids)

    async def load_open(self) -> None:
        """Read every call without an end that is not here yet."""
        await self._session.flush()
        await self._take(CallRow.ended_at.is_(None) & CallRow.id.not_in(set(self.calls)), set())

    async def _take(self, wanted: ColumnElement[bool], leg_ids: set[str]) -> None:
        rows = list(await self._session.scalars(select(CallRow).where(wanted)))
        ids = {row.id for row in rows}
        for row in rows:
            self._put(row)
        if not ids and not leg_ids:
            return
        legs = select(LegRow).where(LegRow.call_id.in_(ids) | LegRow.id.in_(leg_ids))
        for leg in await self._session.scalars(legs):
            self.legs[leg.id] = leg
        offers = select(OfferRow).where(OfferRow.call_id.in_(ids)).order_by(OfferRow.id)
        for offer in await self._session.scalars(offers):
            self.offers[offer.call_id].append(offer)

    def _put(self, row: CallRow) -> None:
        self.calls[row.id] = row
        self.offers[row.id] = []

    def add_call(self, row: CallRow) -> None:
        self._session.add(row)
        self._put(row)

    def add_leg(self, row: LegRow) -> None:
        self._session.add(row)
        self.legs[row.id] = row

    def add_offer(self, row: OfferRow) -> None:
        self._session.add(row)
        self.offers[row.call_id].append(row)

    def open_offer(self, call_id: str, agent_id: int) -> OfferRow | None:
        """The agent's newest offer or stint of this call."""
        found = (
            o for o in reversed(self.offers[call_id]) if o.agent_id == agent_id and o.result in OPEN_OFFERS
        )
        return next(found, None)


class Journal:
    """The one writer of call rows. Subscribe `receive` with `Overflow.WAIT` and batches."""

    def __init__(self, database: Database, thresholds: Callable[[str], Thresholds]) -> None:
        self._database = database
        self._thresholds = thresholds

    async def receive(self, events: Sequence[Event]) -> None:
        """One transaction for a batch."""
        async with self._database.write() as session:
            sheet = Sheet(session)
            with session.no_autoflush:  # nothing is read back while the batch is folded
                legs = {x.leg_id for x in events if isinstance(x, LEG_EVENTS)}
                await sheet.load({i for event in events if (i := getattr(event, "call_id", ""))}, legs)
                for event in events:
                    if isinstance(event, e.FloorKnown):
                        await sheet.load_open()
                    self._write(sheet, event)

    def _write(self, sheet: Sheet, event: Event) -> None:
        match event:
            case e.CallStarted():
                self._started(sheet, event)
            case e.CallEvent():
                row = sheet.calls.get(event.call_id)
                if row is not None:
                    self._on_call(sheet, row, event)
            case e.LegStarted() | e.LegAnswered() | e.LegFinished():
                self._on_leg(sheet, event)
            case e.FloorKnown():
                self._close_unseen(sheet, event)
            case _:
                return

    def _started(self, sheet: Sheet, event: e.CallStarted) -> None:
        if event.call_id in sheet.calls:
            return
        limits = self._thresholds(event.queue) if event.queue else DEFAULT_LIMITS
        sheet.add_call(
            CallRow(
                id=event.call_id,
                direction=event.direction,
                number=event.number,
                number_raw=event.number_raw[:80],
                caller_name=event.caller_name[:120],
                dialled_raw=event.dialled_raw[:80],
                attempt_id=event.attempt_id,
                agent_id=event.agent_id,
                queue=event.queue,
                joined_at=event.joined_at,
                started_at=event.at,
                wait_ms=0,
                talk_ms=0,
                hold_ms=0,
                wrap_ms=0,
                threshold_seconds=limits.answer_seconds,
                short_seconds=limits.short_seconds,
                outcome=Outcome.OPEN,
                recording_state=RecordingState.NONE,
            )
        )

    def _on_call(self, sheet: Sheet, row: CallRow, event: e.CallEvent) -> None:
        match event:
            case e.ContactBound():
                row.contact_id = event.contact_id
            case e.CallLabelled():
                row.campaign_id = event.campaign_id or row.campaign_id
                row.queue = event.queue or row.queue
            case _ if row.ended_at is None:
                self._on_open_call(sheet, row, event)
            case _:
                return

    def _on_open_call(self, sheet: Sheet, row: CallRow, event: e.CallEvent) -> None:
        match event:
            case e.CallQueued():
                self._queued(row, event)
            case e.CallFellBack():
                row.fell_back = True
                row.queue = row.queue or event.queue
                row.joined_at = row.joined_at or event.at
            case e.CallAnswered():
                row.answered_at = row.answered_at or event.at
            case e.CallOffered():
                row.campaign_id = event.campaign_id or row.campaign_id
                self._offer(sheet, event)
            case e.OfferEnded():
                self._offer_ended(sheet, event)
            case e.CallConnected():
                self._connected(sheet, row, event)
            case e.CallDisconnected():
                self._disconnected(sheet, row, event)
            case e.CallHeld():
                row.held_since = row.held_since or event.at
            case e.CallResumed() | e.CallTransferred():
                _hold_over(row, event.at)
            case e.RecordingStarted():
                row.recording_state = RecordingState.RAW
            case e.CallEnded():
                self._ended(sheet, row, event)
            case _:
                return

    def _queued(self, row: CallRow, event: e.CallQueued) -> None:
        _hold_over(row, event.at)
        limits = self._thresholds(event.queue)
        row.queue = event.queue
        row.joined_at = row.joined_at or event.joined_at
        if row.connected_at is None:  # a call given to another queue keeps the limits it was answered under
            row.threshold_seconds = limits.answer_seconds
            row.short_seconds = limits.short_seconds

    def _offer(self, sheet: Sheet, event: e.CallOffered) -> None:
        known = any(
            o.agent_id == event.agent_id and o.offered_at == event.at for o in sheet.offers[event.call_id]
        )
        if not known:
            sheet.add_offer(
                OfferRow(
                    call_id=event.call_id,
                    agent_id=event.agent_id,
                    queue=event.queue,
                    offered_at=event.at,
                    result="offered",
                )
            )

    def _offer_ended(self, sheet: Sheet, event: e.OfferEnded) -> None:
        offer = sheet.open_offer(event.call_id, event.agent_id)
        if offer is not None and offer.connected_at is None:
            offer.result = event.why
            offer.ended_at = event.at

    def _connected(self, sheet: Sheet, row: CallRow, event: e.CallConnected) -> None:
        if row.connected_at is None:
            row.connected_at = event.at
            row.answered_at = row.answered_at or event.at
            row.wait_ms = _ms(row.joined_at or row.answered_at, event.at)
        _hold_over(row, event.at)
        row.agent_id = event.agent_id
        row.talking_since = row.talking_since or event.at
        offer = sheet.open_offer(event.call_id, event.agent_id)
        if offer is None:
            offer = OfferRow(
                call_id=event.call_id, agent_id=event.agent_id, queue=row.queue, offered_at=event.at
            )
            sheet.add_offer(offer)
        offer.result = "connected"
        offer.connected_at = offer.connected_at or event.at

    def _disconnected(self, sheet: Sheet, row: CallRow, event: e.CallDisconnected) -> None:
        row.talk_ms += _ms(row.talking_since, event.at)
        row.talking_since = None
        offer = sheet.open_offer(event.call_id, event.agent_id)
        if offer is not None:
            offer.ended_at = event.at

    def _ended(self, sheet: Sheet, row: CallRow, event: e.CallEnded) -> None:
        row.cause, row.sip_code, row.ended_by = event.cause, event.sip_code, event.by
        self._close(sheet, row, event.at)

    def _close(self, sheet: Sheet, row: CallRow, at: datetime) -> None:
        row.talk_ms += _ms(row.talking_since, at)
        row.hold_ms += _ms(row.held_since, at)
        row.talking_since = row.held_since = None
        row.ended_at = at
        if row.connected_at is None:
            row.wait_ms = _ms(row.joined_at or row.answered_at, at)
        row.outcome = outcome_of(row)
        for offer in sheet.offers[row.id]:
            if offer.ended_at is not None:
                continue
            offer.ended_at = at
            if offer.connected_at is None and offer.result == "offered":
                offer.result = "abandoned"
        for leg in sheet.legs.values():
            if leg.call_id == row.id:
                leg.ended_at = leg.ended_at or at

    def _on_leg(self, sheet: Sheet, event: e.LegStarted | e.LegAnswered | e.LegFinished) -> None:
        if event.call_id not in sheet.calls:
            return
        leg = sheet.legs.get(event.leg_id)
        if leg is None:
            leg = LegRow(
                id=event.leg_id,
                call_id=event.call_id,
                kind=event.kind,
                agent_id=event.agent_id,
                number_raw=event.number_raw[:80] if isinstance(event, e.LegStarted) else "",
                created_at=event.at,
            )
            sheet.add_leg(leg)
        match event:
            case e.LegAnswered():
                leg.answered_at = leg.answered_at or event.at
            case e.LegFinished() if leg.ended_at is None:
                leg.ended_at, leg.cause, leg.sip_code = event.at, event.cause, event.sip_code
            case _:
                pass

    def _close_unseen(self, sheet: Sheet, event: e.FloorKnown) -> None:
        """Rows that are open while Asterisk has no such call: they ended while we were away."""
        still_open = set(event.open_calls)
        for row in sheet.calls.values():
            if row.ended_at is None and row.id not in still_open:
                row.ended_by = e.Party.UNKNOWN
                self._close(sheet, row, event.at)
