"""Writes calls, legs and offers from events: exactly one row a conversation.

Idempotent: an event that comes twice changes nothing. Calls that ended while the service was away are closed
when the floor is known again, and say so (`Outcome.LOST`) unless they had been answered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import events as e
from callcenter.calls.models import CallRow, LegRow, OfferRow, Outcome, RecordingState
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event

EVENTS = (e.CallEvent, e.LegStarted, e.LegAnswered, e.LegFinished, e.FloorKnown)
OPEN_OFFERS = ("offered", "connected")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Service level limits in force for a queue, stored with each of its calls."""

    answer_seconds: int = 20
    short_seconds: int = 5


DEFAULT_LIMITS = Thresholds()


def outcome_of(row: CallRow, *, dropped: bool = False) -> Outcome:
    """How an ended call counts."""
    if row.connected_at is not None:
        return Outcome.ANSWERED
    if row.ended_by is e.Party.UNKNOWN:
        return Outcome.LOST
    if row.direction is e.Direction.OUTBOUND:
        return Outcome.DROPPED if dropped or row.answered_at is not None else Outcome.UNANSWERED
    if row.joined_at is None:
        return Outcome.REFUSED
    return Outcome.SHORT if row.wait_ms < row.short_seconds * 1000 else Outcome.ABANDONED


def _ms(start: datetime | None, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000)) if start is not None else 0


def _hold_over(row: CallRow, at: datetime) -> None:
    """The customer is not on hold any more: back with the agent, or somebody else's."""
    row.hold_ms += _ms(row.held_since, at)
    row.held_since = None


class Journal:
    """The one writer of call rows. Subscribe `receive` with `Overflow.WAIT` and batches."""

    def __init__(self, database: Database, thresholds: Callable[[str], Thresholds]) -> None:
        self._database = database
        self._thresholds = thresholds

    async def receive(self, events: Sequence[Event]) -> None:
        """One transaction for a batch."""
        async with self._database.write() as session:
            for event in events:
                await self._write(session, event)

    async def _write(self, session: AsyncSession, event: Event) -> None:
        match event:
            case e.CallStarted():
                await self._started(session, event)
            case e.CallEvent():
                row = await session.get(CallRow, event.call_id)
                if row is not None:
                    await self._on_call(session, row, event)
            case e.LegStarted() | e.LegAnswered() | e.LegFinished():
                await self._on_leg(session, event)
            case e.FloorKnown():
                await self._close_unseen(session, event)
            case _:
                return

    async def _started(self, session: AsyncSession, event: e.CallStarted) -> None:
        if await session.get(CallRow, event.call_id) is not None:
            return
        limits = self._thresholds(event.queue) if event.queue else DEFAULT_LIMITS
        session.add(
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
        await session.flush()

    async def _on_call(self, session: AsyncSession, row: CallRow, event: e.CallEvent) -> None:
        match event:
            case e.ContactBound():
                row.contact_id = event.contact_id
            case e.CallLabelled():
                row.campaign_id = event.campaign_id or row.campaign_id
                row.queue = event.queue or row.queue
            case _ if row.ended_at is None:
                await self._on_open_call(session, row, event)
            case _:
                return

    async def _on_open_call(self, session: AsyncSession, row: CallRow, event: e.CallEvent) -> None:
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
                await self._offer(session, event)
            case e.OfferEnded():
                await self._offer_ended(session, event)
            case e.CallConnected():
                await self._connected(session, row, event)
            case e.CallDisconnected():
                await self._disconnected(session, row, event)
            case e.CallHeld():
                row.held_since = row.held_since or event.at
            case e.CallResumed() | e.CallTransferred():
                _hold_over(row, event.at)
            case e.RecordingStarted():
                row.recording_state = RecordingState.RAW
            case e.CallEnded():
                await self._ended(session, row, event)
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

    async def _offer(self, session: AsyncSession, event: e.CallOffered) -> None:
        known = await session.scalar(
            select(OfferRow.id).where(
                OfferRow.call_id == event.call_id,
                OfferRow.agent_id == event.agent_id,
                OfferRow.offered_at == event.at,
            )
        )
        if known is None:
            session.add(
                OfferRow(
                    call_id=event.call_id,
                    agent_id=event.agent_id,
                    queue=event.queue,
                    offered_at=event.at,
                    result="offered",
                )
            )

    async def _open_offer(self, session: AsyncSession, call_id: str, agent_id: int) -> OfferRow | None:
        found = await session.scalars(
            select(OfferRow)
            .where(
                OfferRow.call_id == call_id,
                OfferRow.agent_id == agent_id,
                OfferRow.result.in_(OPEN_OFFERS),
            )
            .order_by(OfferRow.id.desc())
            .limit(1)
        )
        return found.first()

    async def _offer_ended(self, session: AsyncSession, event: e.OfferEnded) -> None:
        offer = await self._open_offer(session, event.call_id, event.agent_id)
        if offer is not None and offer.connected_at is None:
            offer.result = event.why
            offer.ended_at = event.at

    async def _connected(self, session: AsyncSession, row: CallRow, event: e.CallConnected) -> None:
        if row.connected_at is None:
            row.connected_at = event.at
            row.answered_at = row.answered_at or event.at
            row.wait_ms = _ms(row.joined_at or row.answered_at, event.at)
        _hold_over(row, event.at)
        row.agent_id = event.agent_id
        row.talking_since = row.talking_since or event.at
        offer = await self._open_offer(session, event.call_id, event.agent_id)
        if offer is None:
            offer = OfferRow(
                call_id=event.call_id, agent_id=event.agent_id, queue=row.queue, offered_at=event.at
            )
            session.add(offer)
        offer.result = "connected"
        offer.connected_at = offer.connected_at or event.at

    async def _disconnected(self, session: AsyncSession, row: CallRow, event: e.CallDisconnected) -> None:
        row.talk_ms += _ms(row.talking_since, event.at)
        row.talking_since = None
        offer = await self._open_offer(session, event.call_id, event.agent_id)
        if offer is not None:
            offer.ended_at = event.at

    async def _ended(self, session: AsyncSession, row: CallRow, event: e.CallEnded) -> None:
        row.cause, row.sip_code, row.ended_by = event.cause, event.sip_code, event.by
        await self._close(session, row, event.at)

    async def _close(self, session: AsyncSession, row: CallRow, at: datetime) -> None:
        row.talk_ms += _ms(row.talking_since, at)
        row.hold_ms += _ms(row.held_since, at)
        row.talking_since = row.held_since = None
        row.ended_at = at
        if row.connected_at is None:
            row.wait_ms = _ms(row.joined_at or row.answered_at, at)
            row.recording_state = RecordingState.NONE  # nothing is recorded before a conversation
        row.outcome = outcome_of(row)
        for offer in await session.scalars(
            select(OfferRow).where(OfferRow.call_id == row.id, OfferRow.ended_at.is_(None))
        ):
            offer.ended_at = at
            if offer.connected_at is None and offer.result == "offered":
                offer.result = "abandoned"
        for leg in await session.scalars(
            select(LegRow).where(LegRow.call_id == row.id, LegRow.ended_at.is_(None))
        ):
            leg.ended_at = at

    async def _on_leg(
        self, session: AsyncSession, event: e.LegStarted | e.LegAnswered | e.LegFinished
    ) -> None:
        if not event.call_id:
            return
        leg = await session.get(LegRow, event.leg_id)
        if leg is None:
            if await session.get(CallRow, event.call_id) is None:
                return
            leg = LegRow(
                id=event.leg_id,
                call_id=event.call_id,
                kind=event.kind,
                agent_id=event.agent_id,
                number_raw=event.number_raw[:80] if isinstance(event, e.LegStarted) else "",
                created_at=event.at,
            )
            session.add(leg)
        match event:
            case e.LegAnswered():
                leg.answered_at = leg.answered_at or event.at
            case e.LegFinished() if leg.ended_at is None:
                leg.ended_at, leg.cause, leg.sip_code = event.at, event.cause, event.sip_code
            case _:
                pass

    async def _close_unseen(self, session: AsyncSession, event: e.FloorKnown) -> None:
        """Rows that are open while Asterisk has no such call: they ended while we were away."""
        rows = await session.scalars(select(CallRow).where(CallRow.ended_at.is_(None)))
        still_open = set(event.open_calls)
        for row in rows:
            if row.id not in still_open:
                row.ended_by = e.Party.UNKNOWN
                await self._close(session, row, event.at)
