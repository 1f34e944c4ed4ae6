"""The end of an attempt, and what is written of it on the way."""

import asyncio
from datetime import datetime, timedelta

from callcenter.dialer import hopper
from callcenter.dialer.detection import Heard
from callcenter.dialer.engine.dials import Dial
from callcenter.dialer.engine.ground import DIALER, ROWS_SECONDS, Ground
from callcenter.dialer.events import AttemptEnded
from callcenter.dialer.hopper import Closed, Closing
from callcenter.dialer.outcomes import Ending, outcome_of
from callcenter.dialer.states import AttemptState, Outcome

REWRITE_EVERY = timedelta(seconds=2)


class Closings:
    """The part of the engine that writes rows of attempts forward, and ends them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._rewrite_at: datetime | None = None

    def finish(self, dial: Dial) -> None:
        """The line is gone: free the agent, write the outcome."""
        if dial.over:
            return
        dial.over = True
        dial.deadline = None
        if dial.agent_id is not None:
            self._ground.roster.release(dial.agent_id, dial.holder)
        if dial.campaign_id is not None:
            self._ground.dirty.add(dial.campaign_id)
        outcome = _closing(dial).outcome
        self._ground.paces.ended(dial, outcome)
        self._ground.trunks.ended(dial, outcome)
        self._ground.callers.ended(dial)
        self._write_end(dial)
        self._ground.lines.advance()

    def give_up(self, dial: Dial, *, never_sent: bool) -> None:
        """Close an attempt that came to nothing on our side."""
        dial.never_sent = never_sent
        dial.cancelled = dial.cancelled or never_sent
        dial.refused = not never_sent
        self.finish(dial)

    async def hand_back(self, dial: Dial) -> None:
        """As giving up a line that was never sent, and wait until the row says so."""
        dial.never_sent = dial.cancelled = dial.over = dial.writing = True
        await self._close(dial)

    def tick(self, now: datetime) -> None:
        """Ends that could not be written are written again."""
        if self._rewrite_at is not None and now >= self._rewrite_at:
            self._rewrite_at = None
            for dial in [d for d in self._ground.dials.values() if d.over and not d.writing]:
                self._write_end(dial)

    def write_advance(self, dial: Dial, state: AttemptState, at: datetime) -> None:
        """Answered or connected, in the row."""
        self._ground.tasks.spawn(
            f"dialer:{state}:{dial.attempt_id}",
            self._save_advance(dial.attempt_id, state, dial.call_id, dial.agent_id, at),
        )

    def write_answer(self, dial: Dial, heard: Heard | None, at: datetime) -> None:
        """What was heard of an answer, in the row."""
        self._ground.tasks.spawn(f"dialer:heard:{dial.attempt_id}", self._save_answer(dial, heard, at))

    async def _save_answer(self, dial: Dial, heard: Heard | None, at: datetime) -> None:
        async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
            await hopper.note_answer(
                tx.session, dial.attempt_id, dial.call_id, heard, machine=dial.machine, at=at
            )

    async def _save_advance(
        self, attempt_id: int, state: AttemptState, call_id: str, agent_id: int | None, at: datetime
    ) -> None:
        async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
            await hopper.advance(tx.session, attempt_id, state, call_id, agent_id, at)

    def _write_end(self, dial: Dial) -> None:
        dial.writing = True
        self._ground.tasks.spawn(f"dialer:close:{dial.attempt_id}", self._close(dial))

    async def _close(self, dial: Dial) -> None:
        retry = self._ground.retry(dial.campaign_id)
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
                closed = await hopper.close(tx.session, dial.attempt_id, _closing(dial), retry, tx.now)
                if closed is not None:
                    tx.emit(_ended_event(closed, tx.now))
        except BaseException:
            dial.writing = False
            self._rewrite_at = self._ground.now() + REWRITE_EVERY
            raise
        self._ground.forget(dial)
        self._ground.lines.advance()


def _closing(dial: Dial) -> Closing:
    ending = Ending(
        answered=dial.answered_at is not None,
        connected=dial.connected_at is not None or (dial.agentless and dial.answered_at is not None),
        dropped=dial.dropped,
        machine=dial.machine,
        cancelled=dial.cancelled,
        seen=dial.seen,
        cause=dial.cause,
        sip_code=dial.sip_code,
    )
    return Closing(
        outcome=Outcome.CANCELLED if dial.never_sent else outcome_of(ending),
        never_sent=dial.never_sent,
        agent_id=dial.agent_id,
        call_id=dial.call_id,
        cause=dial.cause,
        sip_code=dial.sip_code,
        answered_at=dial.answered_at,
        connected_at=dial.connected_at,
        message_left=dial.message_left,
    )


def _ended_event(closed: Closed, at: datetime) -> AttemptEnded:
    return AttemptEnded(
        at=at,
        attempt_id=closed.attempt_id,
        campaign_id=closed.campaign_id,
        lead_id=closed.lead_id,
        agent_id=closed.agent_id,
        call_id=closed.call_id,
        outcome=closed.outcome,
    )
