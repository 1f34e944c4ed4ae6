"""Leads shown to agents before anybody dials: the agent dials, skips, or the time box does."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.agents.machine import IllegalStep, State
from callcenter.agents.roster import AgentSession
from callcenter.dialer import hopper
from callcenter.dialer.engine.dials import CampaignState, Dial
from callcenter.dialer.engine.ground import DIALER, ROWS_SECONDS, Ground
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.states import TimeBox
from callcenter.kernel.clock import iso
from callcenter.kernel.errors import Conflict, NotFound
from callcenter.kernel.i18n import marked

TIME_IS_UP = "time"


@dataclass(slots=True)
class Preview:
    """A lead on an agent's page. Before `dialling` it holds nobody: a caller in a queue goes first."""

    dial: Dial
    campaign_id: int
    deadline: datetime | None
    skips_left: int
    name: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    dialling: bool = False


class Previews:
    """The part of the engine that shows leads."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._shown: dict[int, Preview] = {}
        self._skipped: dict[int, int] = {}  # by agent, in a row

    def of(self, agent_id: int) -> Preview | None:
        return self._shown.get(agent_id)

    def document(self, agent_id: int) -> dict[str, object] | None:
        """What the agent's page shows of the lead."""
        preview = self._shown.get(agent_id)
        if preview is None:
            return None
        return {
            "attempt_id": preview.dial.attempt_id,
            "campaign": preview.campaign_id,
            "lead_id": preview.dial.lead_id,
            "number": preview.dial.number,
            "name": preview.name,
            "fields": dict(preview.fields),
            "deadline": iso(preview.deadline) if preview.deadline else None,
            "skips_left": preview.skips_left,
            "dialling": preview.dialling,
        }

    # who sees what

    def show(self, state: CampaignState, team: Sequence[AgentSession]) -> int:
        """Give every free agent a lead; how many are still without one."""
        without = [s for s in team if s.free and s.agent_id not in self._shown]
        taken = self._ground.stock.take(state, len(without))
        for session, dial in zip(without, taken, strict=False):
            self._show(state, session, dial)
        return len(without) - len(taken)

    def _show(self, state: CampaignState, session: AgentSession, dial: Dial) -> None:
        dial.stocked = True  # no line is wanted for it yet
        seconds = state.plan.preview_seconds
        self._shown[session.agent_id] = Preview(
            dial=dial,
            campaign_id=state.plan.campaign_id,
            deadline=self._ground.now() + timedelta(seconds=seconds) if seconds else None,
            skips_left=max(0, state.plan.preview_skips - self._skipped.get(session.agent_id, 0)),
        )
        self._ground.tasks.spawn(f"dialer:preview:{dial.attempt_id}", self._load(session.agent_id, dial))

    async def _load(self, agent_id: int, dial: Dial) -> None:
        """The lead's own words."""
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.read() as session:
                lead = await session.get(Lead, dial.lead_id)
                name, fields = (lead.name, dict(lead.fields)) if lead is not None else ("", {})
        finally:
            preview = self._shown.get(agent_id)
            if preview is not None and preview.dial is dial:
                self._touch(agent_id)
        if preview is not None and preview.dial is dial:
            preview.name, preview.fields = name, fields
            self._touch(agent_id)

    def tick(self, now: datetime) -> None:
        for agent_id, preview in tuple(self._shown.items()):
            if preview.dial.over or preview.dial.connected_at is not None:
                self._forget(agent_id)
            elif not preview.dialling and not self._still_there(agent_id, preview):
                self._withdraw(agent_id)
            elif not preview.dialling and preview.deadline is not None and now >= preview.deadline:
                self._time_is_up(agent_id, preview)

    def agent_changed(self, agent_id: int) -> None:
        """Somebody who does something else looks at no lead any more."""
        preview = self._shown.get(agent_id)
        if preview is not None and not preview.dialling and not self._still_there(agent_id, preview):
            self._withdraw(agent_id)

    def _still_there(self, agent_id: int, preview: Preview) -> bool:
        session = self._ground.roster.sessions.get(agent_id)
        state = self._ground.campaigns.get(preview.campaign_id)
        return (
            session is not None
            and session.free
            and not session.joining
            and state is not None
            and state.running
        )

    def _withdraw(self, agent_id: int) -> None:
        preview = self._forget(agent_id)
        preview.dial.stocked = False
        self._ground.closing.give_up(preview.dial, never_sent=True)

    def _forget(self, agent_id: int) -> Preview:
        preview = self._shown.pop(agent_id)
        self._touch(agent_id)
        return preview

    def _touch(self, agent_id: int) -> None:
        if (session := self._ground.roster.sessions.get(agent_id)) is not None:
            self._ground.roster.touched(session)

    def take_number(self, number: str) -> Dial | None:
        """The lead with this number leaves the page it is shown on, unless it is being called."""
        for agent_id, preview in tuple(self._shown.items()):
            if preview.dial.number == number and not preview.dialling:
                dial = self._forget(agent_id).dial
                dial.stocked = False
                return dial
        return None

    def _time_is_up(self, agent_id: int, preview: Preview) -> None:
        state = self._ground.campaigns[preview.campaign_id]
        if state.plan.preview_then is TimeBox.DIAL:
            self._dial(agent_id, preview, state)
        else:
            self._skip(agent_id, preview, state, TIME_IS_UP)

    # what agents press

    def dial(self, agent_id: int) -> None:
        """Call the lead that is shown."""
        preview, state = self._mine(agent_id)
        session = self._ground.roster.get(agent_id)
        if session.state is not State.READY or not session.free:
            raise IllegalStep(state=session.state)
        self._dial(agent_id, preview, state)

    def _dial(self, agent_id: int, preview: Preview, state: CampaignState) -> None:
        preview.dialling, preview.deadline = True, None
        self._skipped.pop(agent_id, None)
        dial = preview.dial
        dial.stocked, dial.promised = False, True
        self._ground.handing.hold(dial, self._ground.roster.get(agent_id))
        self._ground.lines.start(state, dial)
        self._touch(agent_id)

    def skip(self, agent_id: int, reason: str) -> None:
        """Not this one now. It comes again after a while, to whoever is free then."""
        preview, state = self._mine(agent_id)
        if preview.skips_left <= 0:
            raise Conflict(marked("You have skipped as many as the campaign allows. Please call this one."))
        if not reason.strip():
            raise Conflict(marked("Say why you skip this customer."))
        self._skipped[agent_id] = self._skipped.get(agent_id, 0) + 1
        self._skip(agent_id, preview, state, reason.strip()[:80])

    def _skip(self, agent_id: int, preview: Preview, state: CampaignState, reason: str) -> None:
        self._forget(agent_id)
        dial = preview.dial
        dial.stocked, dial.over, dial.never_sent, dial.writing = False, True, True, True
        until = self._ground.now() + timedelta(minutes=state.plan.skip_minutes)
        work = self._write_skip(dial, agent_id, reason, until)
        self._ground.tasks.spawn(f"dialer:skip:{dial.attempt_id}", work)
        self._ground.lines.advance()

    async def _write_skip(self, dial: Dial, agent_id: int, reason: str, until: datetime) -> None:
        async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
            await hopper.skip(tx.session, dial.attempt_id, agent_id, reason, until, tx.now)
        self._ground.forget(dial)

    def cancel(self, agent_id: int) -> None:
        """Stop calling the lead that is shown."""
        preview, _ = self._mine(agent_id, dialling=True)
        self._ground.lines.cancel(preview.dial)

    def _mine(self, agent_id: int, *, dialling: bool = False) -> tuple[Preview, CampaignState]:
        preview = self._shown.get(agent_id)
        if preview is None or preview.dialling is not dialling:
            raise NotFound
        return preview, self._ground.campaigns[preview.campaign_id]
