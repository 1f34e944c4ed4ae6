"""Writes agents' states: presence (the last) and transitions (all)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.events import AgentPlanChanged, AgentStateChanged
from callcenter.agents.machine import State
from callcenter.agents.models import AgentPresence, AgentTransition
from callcenter.calls.models import CallRow
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event

EVENTS = (AgentStateChanged, AgentPlanChanged)


class AgentJournal:
    """The one writer of agent states. Subscribe `receive` with `Overflow.WAIT` and batches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def receive(self, events: Sequence[Event]) -> None:
        """One transaction for a batch."""
        async with self._database.write() as session:
            for event in events:
                match event:
                    case AgentStateChanged():
                        await self._moved(session, event)
                    case AgentPlanChanged():
                        presence = await self._presence(session, event.agent_id, event.at)
                        presence.plan_state, presence.plan_reason = event.state, event.reason
                    case _:
                        pass

    async def _moved(self, session: AsyncSession, event: AgentStateChanged) -> None:
        spent_ms = max(0, round((event.at - event.last_since).total_seconds() * 1000))
        session.add(
            AgentTransition(
                agent_id=event.agent_id,
                at=event.at,
                last=event.last,
                trigger=event.trigger,
                state=event.state,
                reason=event.reason,
                call_id=event.call_id,
                last_ms=spent_ms,
            )
        )
        presence = await self._presence(session, event.agent_id, event.at)
        if event.last is State.WRAPUP and presence.call_id:
            call = await session.get(CallRow, presence.call_id)
            if call is not None:
                call.wrap_ms += spent_ms
        presence.state, presence.reason = event.state, event.reason
        presence.since, presence.call_id = event.at, event.call_id
        if event.state in (State.READY, State.PAUSED, State.OFFLINE):
            presence.plan_state, presence.plan_reason = State.READY, ""

    async def _presence(self, session: AsyncSession, agent_id: int, at: datetime) -> AgentPresence:
        found = await session.get(AgentPresence, agent_id)
        if found is None:
            found = AgentPresence(
                agent_id=agent_id,
                state=State.OFFLINE,
                reason="",
                since=at,
                call_id="",
                plan_state=State.READY,
                plan_reason="",
            )
            session.add(found)
            await session.flush()
        return found
