"""Campaigns as their rows have them, and open attempts that memory does not know."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer import hopper, queries
from callcenter.dialer.engine.dials import CampaignState, Plan, adopted, plan_of
from callcenter.dialer.engine.following import Following
from callcenter.dialer.engine.ground import LEG_GRACE, ROWS_SECONDS, Ground
from callcenter.dialer.hopper import Open
from callcenter.dialer.queries import Figures
from callcenter.dialer.states import AttemptState, CampaignStatus, DialKind, Mode
from callcenter.dialer.trunks import queries as trunk_queries
from callcenter.dialer.trunks.queries import Use

RELOAD_EVERY = timedelta(seconds=5)
SWEEP_EVERY = timedelta(seconds=15)
OWN_ROW_GRACE = timedelta(seconds=60)  # an own row that memory does not know: its task has failed


class Rows:
    """The part of the engine that reads campaigns, and takes up what an earlier engine left."""

    def __init__(self, ground: Ground, following: Following) -> None:
        self._ground = ground
        self._following = following
        self._reloading = False
        self._sweeping = False
        self._reload_at: datetime | None = None
        self._sweep_at: datetime | None = None

    def tick(self, now: datetime) -> None:
        self.want()
        if self._ground.known and (self._sweep_at is None or now >= self._sweep_at):
            self.want_sweep()

    def changed(self) -> None:
        """Somebody changed a campaign: read again at once."""
        self._reload_at = None
        self.want()

    def want(self) -> None:
        now = self._ground.now()
        if self._reloading or (self._reload_at is not None and now < self._reload_at):
            return
        self._ground.tasks.spawn("dialer:reload", self.reload())

    async def reload(self) -> None:
        self._reloading = True
        self._reload_at = self._ground.now() + RELOAD_EVERY
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.read() as session:
                plans = [plan_of(row) for row in await queries.campaigns(session)]
                figures = await queries.figures(session, self._ground.now())
                limits = await trunk_queries.limits(session)
                numbers = await trunk_queries.numbers(session)
                uses = await self._uses(session)
        finally:
            self._reloading = False
        self._ground.trunks.load(limits)
        self._ground.callers.load(numbers, uses)
        self._take_plans(plans, figures)

    async def _uses(self, session: AsyncSession) -> Mapping[str, Use]:
        """The past of caller numbers: read once, then counted here."""
        callers = self._ground.callers
        if callers.loaded:
            return {}
        return await trunk_queries.use(session, callers.midnight(), self._ground.now())

    def _take_plans(self, plans: Iterable[Plan], figures: dict[int, Figures]) -> None:
        ground = self._ground
        seen: set[int] = set()
        for plan in plans:
            seen.add(plan.campaign_id)
            state = ground.campaigns.get(plan.campaign_id)
            if state is None:
                state = ground.campaigns[plan.campaign_id] = CampaignState(plan)
            fresh = figures.get(plan.campaign_id, Figures())
            changed = state.plan != plan
            if changed or fresh != state.figures:
                ground.dirty.add(plan.campaign_id)
            state.plan, state.figures = plan, fresh
            if changed:
                state.dry_until = None
                ground.paces.configure(state)
        for campaign_id in ground.campaigns.keys() - seen:
            ground.stock.give_back(ground.campaigns.pop(campaign_id))
        for dial in tuple(ground.dials.values()):
            state = ground.state_of(dial)
            stopped = state is None or state.plan.status is CampaignStatus.STOPPED
            if dial.kind is DialKind.CAMPAIGN and stopped and not dial.over and not dial.cancelled:
                ground.lines.cancel(dial)
        ground.lines.advance()
        ground.tell()

    def want_sweep(self) -> None:
        if self._sweeping:
            return
        self._sweeping = True
        self._sweep_at = self._ground.now() + SWEEP_EVERY
        self._ground.tasks.spawn("dialer:sweep", self._sweep())

    async def _sweep(self) -> None:
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.read() as session:
                found = await hopper.open_attempts(session)
        finally:
            self._sweeping = False
        self._take_up(found)

    def _take_up(self, found: Iterable[Open]) -> None:
        """Account for open attempts that memory does not know: an earlier engine's, or a failed task's."""
        ground = self._ground
        now = ground.now()
        for row in found:
            if row.attempt_id in ground.dials:
                continue
            if row.engine_id == ground.fence.engine_id and row.claimed_at > now - OWN_ROW_GRACE:
                continue
            self._adopt(row, now)
        if ground.known and not ground.taken_up:
            ground.taken_up = True
        ground.lines.advance()

    def _adopt(self, row: Open, now: datetime) -> None:
        ground = self._ground
        live = ground.live.get(row.call_id)
        dial = adopted(row, live)
        state = ground.state_of(dial)
        dial.agentless = state is not None and state.plan.mode is Mode.AGENTLESS
        ground.keep(dial)
        if live is not None:
            dial.offered = live.connected_at is not None
            if not dial.offered and dial.kind is DialKind.CAMPAIGN:
                dial.agent_id = None
            ground.label(dial)
            if dial.answered_at is not None and not dial.offered and not dial.dropped:
                ground.handing.hand_over(dial)
        elif row.state is AttemptState.CLAIMED:
            ground.closing.give_up(dial, never_sent=True)
        elif dial.answered_at is not None:
            dial.seen = False
            dial.dropped = dial.kind is DialKind.CAMPAIGN and dial.connected_at is None
            ground.closing.finish(dial)
        else:
            # while it rings there is a leg, and the resync would have found it
            dial.deadline = (row.placed_at or row.claimed_at) + LEG_GRACE
            if now >= dial.deadline:
                self._following.deadline(dial)
