"""Personal callbacks: offered to their agent when due, before the campaign's next call."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.agents.machine import State
from callcenter.dialer import callbacks
from callcenter.dialer.callbacks import Due
from callcenter.dialer.engine.ground import DIALER, ROWS_SECONDS, Ground
from callcenter.kernel.clock import iso
from callcenter.kernel.db import is_away

log = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(seconds=5)
KEPT_FREE = timedelta(seconds=45)  # so long the agent gets no other call, to be able to keep the promise


@dataclass(slots=True)
class Offered:
    """A promise on its agent's page."""

    due: Due
    at: datetime


class Promises:
    """The part of the engine that reminds agents."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._due: dict[int, list[Due]] = {}
        self._offered: dict[int, Offered] = {}
        self._sweep_at: datetime | None = None
        self._sweeping = False

    def keeps(self, agent_id: int) -> bool:
        """Is the agent kept free for a promise?"""
        return agent_id in self._offered

    def document(self, agent_id: int) -> dict[str, object] | None:
        """What the agent's page shows."""
        offered = self._offered.get(agent_id)
        if offered is None:
            return None
        due = offered.due
        return {
            "id": due.callback_id,
            "number": due.number,
            "name": due.name,
            "note": due.note,
            "zone": due.zone,
            "due_at": iso(due.due_at),
            "campaign": due.campaign_id,
            "lead_id": due.lead_id,
            "contact_id": due.contact_id,
            "deadline": iso(offered.at + KEPT_FREE),
        }

    def changed(self) -> None:
        """A promise was made, kept or moved: look again at once."""
        self._sweep_at = None

    def tick(self, now: datetime) -> None:
        if not self._sweeping and (self._sweep_at is None or now >= self._sweep_at):
            self._sweeping, self._sweep_at = True, now + SWEEP_EVERY
            self._ground.tasks.spawn("dialer:callbacks", self._sweep())
        for agent_id, offered in tuple(self._offered.items()):
            session = self._ground.roster.sessions.get(agent_id)
            if (
                session is None
                or session.state is not State.READY
                or session.joining
                or offered.due not in self._due.get(agent_id, [])
            ):
                self._take_down(agent_id)
            elif now >= offered.at + KEPT_FREE:
                self._take_down(agent_id)
                self._due[agent_id].remove(offered.due)
                self._ground.tasks.spawn("dialer:callback-again", self._again(offered.due))
        for agent_id, found in self._due.items():
            if found and agent_id not in self._offered:
                self._offer(agent_id, found[0], now)

    def _offer(self, agent_id: int, due: Due, now: datetime) -> None:
        session = self._ground.roster.sessions.get(agent_id)
        if session is None or not session.free or session.joining:
            return
        self._offered[agent_id] = Offered(due, now)
        self._ground.roster.touched(session)
        self._ground.tasks.spawn("dialer:callback-offered", self._note_offer(due))

    def _take_down(self, agent_id: int) -> None:
        del self._offered[agent_id]
        if (session := self._ground.roster.sessions.get(agent_id)) is not None:
            self._ground.roster.touched(session)

    async def _sweep(self) -> None:
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
                found = await callbacks.sweep(tx)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("callbacks could not be read")
            return
        finally:
            self._sweeping = False
        self._due = {}
        for due in found:
            self._due.setdefault(due.agent_id, []).append(due)

    async def _note_offer(self, due: Due) -> None:
        async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
            await callbacks.offered(tx, due.callback_id)

    async def _again(self, due: Due) -> None:
        async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
            await callbacks.again(tx, due.callback_id)
