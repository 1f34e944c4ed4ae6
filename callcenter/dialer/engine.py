"""The engine: places lines, hands answered customers to agents, closes attempts.

Lives on the floor. Handlers are synchronous; claiming, placing and closing run in tasks and come back as
method calls. The rows are the truth about who was dialled: memory is only what makes it quick, and a new
engine on the same rows (`_take_up`) goes on where the last one was killed.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from callcenter.agents.bench import Outside
from callcenter.agents.events import AgentStateChanged
from callcenter.agents.machine import State
from callcenter.agents.roster import AgentSession, Roster
from callcenter.calls import events as e
from callcenter.calls.control import CallControl, ControlError, Landing
from callcenter.calls.stage import Stage
from callcenter.dialer import hopper, queries
from callcenter.dialer.dials import CampaignState, Dial, LiveCall, Plan, adopted, plan_of
from callcenter.dialer.events import AttemptEnded, CampaignChanged, CampaignProgressed
from callcenter.dialer.hopper import Claimed, Closed, Closing, Fence, Fenced, Open
from callcenter.dialer.outcomes import DEFAULT_RETRY, Ending, RetryRules, outcome_of
from callcenter.dialer.pacing.held import PACINGS, View
from callcenter.dialer.queries import Figures
from callcenter.dialer.states import AttemptState, CampaignStatus, DialKind, Outcome
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor

log = logging.getLogger(__name__)

DIALER = system_actor("dialer")
ROWS_SECONDS = 15  # a transaction that takes longer is given up; the rows stay as they were
COMMAND_SECONDS = 10
RELOAD_EVERY = timedelta(seconds=5)
SWEEP_EVERY = timedelta(seconds=15)
DRY_FOR = timedelta(seconds=2)
REWRITE_EVERY = timedelta(seconds=2)
CAUSE_GRACE = timedelta(seconds=2)  # the hang-up with its cause may follow the Originate's answer
LEG_GRACE = timedelta(seconds=10)  # for a leg that nobody has seen; from an own Originate, after ringing
MANUAL_GRACE = timedelta(seconds=30)
OWN_ROW_GRACE = timedelta(seconds=60)  # an own row that memory does not know: its task has failed
BATCH = 50  # lines claimed at once for one campaign


class Desk(Protocol):
    """What the dialer needs from whoever conducts conversations."""

    def connect(self, agent_id: int, call_id: str, leg_id: str, campaign_id: int) -> None:
        """Join an answered customer with this agent at once, card first. Tell `Engine.connect_failed`."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What the engine shares with everything else on the floor."""

    stage: Stage
    roster: Roster
    control: CallControl
    tasks: Tasks
    outside: Outside


class Engine:
    """The dialer of the process that holds the floor: `attach` a desk, `start`, then events and ticks."""

    def __init__(self, floor: Floor, transactions: Transactions, fence: Fence) -> None:
        self._stage = floor.stage
        self._roster = floor.roster
        self._control = floor.control
        self._outside = floor.outside
        self._tasks = floor.tasks
        self._transactions = transactions
        self._clock = transactions.clock
        self.fence = fence
        self._desk: Desk | None = None
        self.campaigns: dict[int, CampaignState] = {}
        self.dials: dict[int, Dial] = {}
        self._by_leg: dict[str, int] = {}
        self._live: dict[str, LiveCall] = {}
        self._dirty: set[int] = set()
        self._known = False  # the link to Asterisk is up and resynced
        self._taken_up = False  # what an earlier engine left is accounted for
        self._fenced = False
        self._reloading = False
        self._sweeping = False
        self._reload_at: datetime | None = None
        self._sweep_at: datetime | None = None
        self._rewrite_at: datetime | None = None

    def attach(self, desk: Desk) -> None:
        self._desk = desk

    async def start(self) -> None:
        """Read the campaigns. Dialling begins when the floor is known and old attempts are accounted for."""
        await self._reload()

    @property
    def dialling(self) -> bool:
        """May new lines be placed at all?"""
        return self._known and self._taken_up and not self._fenced and self._desk is not None

    # what happens

    def on_event(self, event: Event) -> None:
        """The stage's listener."""
        match event:
            case e.CallStarted(direction=e.Direction.OUTBOUND):
                self._started(event)
            case e.CallAnswered():
                self._answered(event)
            case e.CallConnected():
                self._connected(event)
            case e.CallDropped():
                self._dropped(event)
            case e.CallEnded():
                self._call_ended(event)
            case e.DialFailed():
                self._originate_ended(event)
            case e.FloorUnknown():
                self._known = False
            case e.FloorKnown():
                self._floor_known()
            case AgentStateChanged():
                self._agent_changed(event)
            case e.AgentLegUp():
                self._advance()
            case CampaignChanged():
                self._reload_at = None
                self._want_rows()
            case _:
                return

    async def receive(self, events: Sequence[Event]) -> None:
        """The bus subscriber: campaigns are changed by people, perhaps in another process."""
        for event in events:
            self.on_event(event)

    def tick(self) -> None:
        """Call several times a second: deadlines, lost reservations, new lines, rows to read again."""
        now = self._clock.now()
        self._want_rows()
        if self._known and (self._sweep_at is None or now >= self._sweep_at):
            self._want_sweep()
        for dial in [d for d in self.dials.values() if d.deadline is not None and now >= d.deadline]:
            self._deadline(dial)
        if self._rewrite_at is not None and now >= self._rewrite_at:
            self._rewrite_at = None
            for dial in [d for d in self.dials.values() if d.over and not d.writing]:
                self._write_end(dial)
        self._advance()
        self._tell()

    def connect_failed(self, call_id: str) -> None:
        """The desk could not join this customer with the agent: the next free one gets them."""
        dial = self._dial_of(call_id)
        if dial is None or dial.over or dial.connected_at is not None:
            return
        if dial.agent_id is not None:
            dial.failed_agents.add(dial.agent_id)
        self._unhold(dial)
        dial.offered = False
        self._hand_over(dial)

    def expect(self, dial: Dial) -> None:
        """Follow an attempt that was opened elsewhere (a person's own dialling)."""
        self._keep(dial)

    def expect_leg(self, dial: Dial) -> None:
        """From now on its leg must appear, or the attempt ends as unknown."""
        if not dial.over and not dial.call_id:
            dial.deadline = self._clock.now() + MANUAL_GRACE

    def give_up(self, dial: Dial, *, never_sent: bool) -> None:
        """Close an attempt that came to nothing on our side."""
        dial.never_sent = never_sent
        dial.cancelled = dial.cancelled or never_sent
        dial.refused = not never_sent
        self._finish(dial)

    def board(self, campaign_id: int) -> dict[str, object]:
        """The live board's document of a campaign; raises `KeyError` for one that does not exist."""
        state = self.campaigns[campaign_id]
        figures = state.figures
        on_shift = [
            s
            for s in self._roster.sessions.values()
            if campaign_id in s.profile.campaigns and s.state is not State.OFFLINE
        ]
        return {
            "id": campaign_id,
            "name": state.plan.name,
            "status": state.plan.status.value,
            "mode": state.plan.mode.value,
            "leads": figures.leads,
            "dialable": figures.dialable,
            "in_flight": sum(
                1 for d in self.dials.values() if d.campaign_id == campaign_id and not d.over and d.placed
            ),
            "attempts": figures.attempts,
            "answered": figures.answered,
            "connected": figures.connected,
            "abandoned": figures.abandoned,
            "agents": len(on_shift),
            "ready": sum(1 for s in on_shift if s.state is State.READY),
            "last_refusals": dict(figures.refusals),
        }

    # calls

    def _started(self, event: e.CallStarted) -> None:
        self._live.setdefault(event.call_id, LiveCall(leg_id=event.leg_id))
        dial = self.dials.get(self._by_leg.get(event.leg_id, 0))
        if dial is None:
            if self._taken_up and event.attempt_id is not None:  # a leg that came after we gave up on it
                self._tasks.spawn("dialer:late-leg", self._hang_up(event.leg_id))
            return
        dial.call_id = event.call_id
        dial.deadline = None
        self._label(dial)
        if dial.cancelled and not dial.over:
            self._cancel(dial)

    def _answered(self, event: e.CallAnswered) -> None:
        live = self._live.setdefault(event.call_id, LiveCall(leg_id=event.leg_id))
        live.answered_at = live.answered_at or event.at
        dial = self._dial_of(event.call_id)
        if dial is None or dial.answered_at is not None or dial.over:
            return
        dial.answered_at = event.at
        self._count(dial, answered=1)
        self._write_advance(dial, AttemptState.ANSWERED, event.at)
        if self._known:
            self._hand_over(dial)

    def _connected(self, event: e.CallConnected) -> None:
        live = self._live.get(event.call_id)
        if live is not None:
            live.agent_id, live.connected_at = event.agent_id, live.connected_at or event.at
        dial = self._dial_of(event.call_id)
        if dial is None or dial.over:
            return
        if dial.agent_id != event.agent_id:
            self._unhold(dial)
            dial.agent_id = event.agent_id
        dial.offered = True
        if dial.connected_at is None:
            dial.connected_at = event.at
            self._count(dial, connected=1)
            self._write_advance(dial, AttemptState.CONNECTED, event.at)
        self._roster.release(event.agent_id, dial.holder)

    def _dropped(self, event: e.CallDropped) -> None:
        live = self._live.get(event.call_id)
        if live is not None:
            live.dropped = True
        dial = self._dial_of(event.call_id)
        if dial is not None and not dial.dropped and dial.connected_at is None:
            dial.dropped = True
            self._count(dial, abandoned=1)
            self._unhold(dial)

    def _call_ended(self, event: e.CallEnded) -> None:
        self._live.pop(event.call_id, None)
        dial = self._dial_of(event.call_id)
        if dial is None or dial.over:
            return
        dial.cause, dial.sip_code = event.cause, event.sip_code
        dial.seen = event.by is not e.Party.UNKNOWN
        self._finish(dial)

    def _originate_ended(self, event: e.DialFailed) -> None:
        """Says nothing about why. If a leg existed its hang-up does, and may come a little later."""
        dial = self.dials.get(self._by_leg.get(event.leg_id, 0))
        if dial is not None and not dial.over and dial.answered_at is None:
            dial.refused = True
            dial.deadline = self._clock.now() + CAUSE_GRACE

    def _deadline(self, dial: Dial) -> None:
        """Nobody has seen a leg in time, or its hang-up never came."""
        dial.deadline = None
        if dial.over:
            return
        if dial.call_id in self._live:
            if not dial.refused:
                return
            self._live.pop(dial.call_id)
        dial.seen = dial.refused
        self._finish(dial)

    # agents

    def _agent_changed(self, event: AgentStateChanged) -> None:
        session = self._roster.sessions.get(event.agent_id)
        if session is not None:
            self._dirty.update(session.profile.campaigns & self.campaigns.keys())
        if event.state is State.READY:
            self._advance()
            return
        for dial in tuple(self.dials.values()):
            if dial.agent_id == event.agent_id and not dial.over and dial.kind is DialKind.CAMPAIGN:
                if dial.offered:
                    self._roster.release(event.agent_id, dial.holder)
                else:
                    self._unhold(dial)

    def _holds(self, dial: Dial) -> bool:
        """Is the promised agent still there for this line?"""
        session = self._roster.sessions.get(dial.agent_id or 0)
        return (
            session is not None
            and session.state is State.READY
            and session.reachable
            and session.reserved_by == dial.holder
        )

    def _free_for(self, dial: Dial) -> list[AgentSession]:
        """Who could take this line, the longest free first."""
        found = self._roster.free_for_campaign(dial.campaign_id or 0)
        return [session for session in found if session.agent_id not in dial.failed_agents]

    def _hold(self, dial: Dial, session: AgentSession) -> None:
        self._roster.reserve(session.agent_id, dial.holder)
        dial.agent_id = session.agent_id

    def _unhold(self, dial: Dial) -> None:
        if dial.agent_id is not None:
            self._roster.release(dial.agent_id, dial.holder)
            dial.agent_id = None

    def _hand_over(self, dial: Dial) -> None:
        """An answered customer to their agent, or to any other free one of the campaign."""
        if dial.campaign_id is None or dial.kind is not DialKind.CAMPAIGN or self._desk is None:
            return
        if not self._holds(dial):
            self._unhold(dial)
            free = self._free_for(dial)
            if not free:
                return
            self._hold(dial, free[0])
        if dial.agent_id is not None:
            dial.offered = True
            self._desk.connect(dial.agent_id, dial.call_id, dial.leg_id, dial.campaign_id)

    # lines

    def _advance(self) -> None:
        """Give lines that lost their agent another, then place new ones."""
        if not self.dialling:
            return
        for dial in tuple(self.dials.values()):
            self._reassign(dial)
        taken: set[int] = set()
        now = self._clock.now()
        for state in sorted(self.campaigns.values(), key=lambda s: (-s.plan.priority, s.plan.campaign_id)):
            if state.plan.status is CampaignStatus.RUNNING and not (
                state.dry_until and now < state.dry_until
            ):
                self._place_lines(state, taken)

    def _reassign(self, dial: Dial) -> None:
        if dial.over or dial.offered or dial.kind is not DialKind.CAMPAIGN or dial.campaign_id is None:
            return
        if dial.dropped or self._holds(dial):
            return
        if dial.answered_at is not None:
            self._hand_over(dial)
            return
        self._unhold(dial)
        free = self._free_for(dial)
        if free:
            self._hold(dial, free[0])

    def _place_lines(self, state: CampaignState, taken: set[int]) -> None:
        campaign_id = state.plan.campaign_id
        free = [s.agent_id for s in self._roster.free_for_campaign(campaign_id) if s.agent_id not in taken]
        unheld = sum(
            1
            for d in self.dials.values()
            if d.campaign_id == campaign_id and not d.over and d.agent_id is None and not d.dropped
        )
        view = View(free_agents=len(free), claiming=state.claiming, unheld=unheld)
        lines = min(BATCH, PACINGS[state.plan.mode](view))
        taken.update(free[: state.claiming + unheld + lines])
        if lines > 0:
            state.claiming += lines
            self._tasks.spawn(f"dialer:claim:{campaign_id}", self._claim(campaign_id, lines))

    async def _claim(self, campaign_id: int, lines: int) -> None:
        claimed: tuple[Claimed, ...] = ()
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._transactions.begin(DIALER) as tx:
                found = await hopper.claim(tx.session, campaign_id, lines, tx.now, self.fence)
            claimed = found
        except Fenced:
            self._fenced = True
            log.error("a younger holder of the floor dials: this engine places no more calls")
        finally:
            self._claimed(campaign_id, lines, claimed)

    def _claimed(self, campaign_id: int, lines: int, claimed: tuple[Claimed, ...]) -> None:
        state = self.campaigns.get(campaign_id)
        if state is not None:
            state.claiming -= lines
            if len(claimed) < lines:
                state.dry_until = self._clock.now() + DRY_FOR
        for found in claimed:
            dial = Dial(
                attempt_id=found.attempt_id,
                kind=DialKind.CAMPAIGN,
                campaign_id=campaign_id,
                lead_id=found.lead_id,
                number=found.number,
                leg_id=hopper.leg_of(DialKind.CAMPAIGN, found.attempt_id, None),
            )
            self._keep(dial)
            free = self._free_for(dial)
            if free and self.dialling and state is not None:
                self._hold(dial, free[0])
                self._tasks.spawn(f"dialer:place:{dial.attempt_id}", self._place(dial, state.plan))
            else:
                self.give_up(dial, never_sent=True)

    async def _place(self, dial: Dial, plan: Plan) -> None:
        """The row first, then the Originate, once. Whatever is uncertain afterwards counts as dialled."""
        async with asyncio.timeout(ROWS_SECONDS), self._transactions.begin(DIALER) as tx:
            placed = await hopper.place(tx.session, dial.attempt_id, dial.agent_id, tx.now)
        if not placed or not self._still_wanted(dial):
            self.give_up(dial, never_sent=True)
            return
        dial.placed = True
        dial.deadline = self._clock.now() + timedelta(seconds=plan.ring_seconds) + LEG_GRACE
        self._count(dial, attempts=1)
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await self._control.dial_out(
                    dial.leg_id,
                    dial.number,
                    trunk=plan.trunk or self._outside.trunk,
                    caller_id=plan.caller_id or self._outside.caller_id,
                    ring_seconds=plan.ring_seconds,
                    landing=Landing.CAMPAIGN,
                    variables=_variables(dial, plan),
                )
        except ControlError as error:
            log.warning("a dial was not taken", extra={"attempt_id": dial.attempt_id, "code": error.code})
            if error.code == "refused" and not dial.call_id:
                self.give_up(dial, never_sent=False)
        except TimeoutError:
            log.warning("a dial was not confirmed in time", extra={"attempt_id": dial.attempt_id})

    def _still_wanted(self, dial: Dial) -> bool:
        """The last look before the Originate: link, campaign and an agent for the answer."""
        state = self.campaigns.get(dial.campaign_id or 0)
        if not self.dialling or dial.cancelled or state is None:
            return False
        if state.plan.status is not CampaignStatus.RUNNING:
            return False
        if not self._holds(dial):
            self._reassign(dial)
        return self._holds(dial)

    def _cancel(self, dial: Dial) -> None:
        """End a line that rings."""
        dial.cancelled = True
        if dial.call_id and dial.answered_at is None:
            self._tasks.spawn(f"dialer:cancel:{dial.attempt_id}", self._hang_up(dial.leg_id, dial))

    async def _hang_up(self, leg_id: str, dial: Dial | None = None) -> None:
        if dial is not None and dial.answered_at is not None:
            return  # they picked up meanwhile: a conversation is not cut off
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await self._control.hang_up(leg_id)
        except (ControlError, TimeoutError):
            log.warning("a hang-up was not taken", extra={"leg_id": leg_id})

    # the end of an attempt

    def _finish(self, dial: Dial) -> None:
        """The line is gone: free the agent, write the outcome."""
        if dial.over:
            return
        dial.over = True
        dial.deadline = None
        if dial.agent_id is not None:
            self._roster.release(dial.agent_id, dial.holder)
        if dial.campaign_id is not None:
            self._dirty.add(dial.campaign_id)
        self._write_end(dial)
        self._advance()

    def _write_end(self, dial: Dial) -> None:
        dial.writing = True
        self._tasks.spawn(f"dialer:close:{dial.attempt_id}", self._close(dial))

    async def _close(self, dial: Dial) -> None:
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._transactions.begin(DIALER) as tx:
                closed = await hopper.close(
                    tx.session, dial.attempt_id, _closing(dial), self._retry(dial.campaign_id), tx.now
                )
                if closed is not None:
                    tx.emit(_ended_event(closed, tx.now))
        except BaseException:
            dial.writing = False
            self._rewrite_at = self._clock.now() + REWRITE_EVERY
            raise
        self._forget(dial)
        self._advance()

    def _write_advance(self, dial: Dial, state: AttemptState, at: datetime) -> None:
        self._tasks.spawn(
            f"dialer:{state}:{dial.attempt_id}",
            self._save_advance(dial.attempt_id, state, dial.call_id, dial.agent_id, at),
        )

    async def _save_advance(
        self, attempt_id: int, state: AttemptState, call_id: str, agent_id: int | None, at: datetime
    ) -> None:
        async with asyncio.timeout(ROWS_SECONDS), self._transactions.begin(DIALER) as tx:
            await hopper.advance(tx.session, attempt_id, state, call_id, agent_id, at)

    # rows and restarts

    def _want_rows(self) -> None:
        now = self._clock.now()
        if self._reloading or (self._reload_at is not None and now < self._reload_at):
            return
        self._tasks.spawn("dialer:reload", self._reload())

    async def _reload(self) -> None:
        self._reloading = True
        self._reload_at = self._clock.now() + RELOAD_EVERY
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._transactions.read() as session:
                plans = [plan_of(row) for row in await queries.campaigns(session)]
                figures = await queries.figures(session, self._clock.now())
        finally:
            self._reloading = False
        self._take_plans(plans, figures)

    def _take_plans(self, plans: Iterable[Plan], figures: dict[int, Figures]) -> None:
        seen: set[int] = set()
        for plan in plans:
            seen.add(plan.campaign_id)
            state = self.campaigns.get(plan.campaign_id)
            if state is None:
                state = self.campaigns[plan.campaign_id] = CampaignState(plan)
            if state.plan != plan:
                state.dry_until = None
            fresh = figures.get(plan.campaign_id, Figures())
            if fresh != state.figures or state.plan != plan:
                self._dirty.add(plan.campaign_id)
            state.plan, state.figures = plan, fresh
        for campaign_id in self.campaigns.keys() - seen:
            del self.campaigns[campaign_id]
        for dial in self.dials.values():
            state = self.campaigns.get(dial.campaign_id or 0)
            stopped = state is None or state.plan.status is CampaignStatus.STOPPED
            if dial.kind is DialKind.CAMPAIGN and stopped and not dial.over and not dial.cancelled:
                self._cancel(dial)
        self._advance()
        self._tell()

    def _floor_known(self) -> None:
        """All calls that are up have been told; what else is open in rows or memory has no leg."""
        self._known = True
        for dial in tuple(self.dials.values()):
            live = dial.call_id in self._live
            if dial.call_id and not live and not dial.over:
                dial.seen = False
                self._finish(dial)
            elif live and dial.answered_at is not None and not dial.offered:
                self._hand_over(dial)
        self._want_sweep()

    def _want_sweep(self) -> None:
        if self._sweeping:
            return
        self._sweeping = True
        self._sweep_at = self._clock.now() + SWEEP_EVERY
        self._tasks.spawn("dialer:sweep", self._sweep())

    async def _sweep(self) -> None:
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._transactions.read() as session:
                found = await hopper.open_attempts(session)
        finally:
            self._sweeping = False
        self._take_up(found)

    def _take_up(self, found: Iterable[Open]) -> None:
        """Account for open attempts that memory does not know: an earlier engine's, or a failed task's."""
        now = self._clock.now()
        for row in found:
            if row.attempt_id in self.dials:
                continue
            if row.engine_id == self.fence.engine_id and row.claimed_at > now - OWN_ROW_GRACE:
                continue
            self._adopt(row, now)
        if self._known and not self._taken_up:
            self._taken_up = True
        self._advance()

    def _adopt(self, row: Open, now: datetime) -> None:
        live = self._live.get(row.call_id)
        dial = adopted(row, live)
        self._keep(dial)
        if live is not None:
            dial.offered = live.connected_at is not None
            if not dial.offered and dial.kind is DialKind.CAMPAIGN:
                dial.agent_id = None
            self._label(dial)
            if dial.answered_at is not None and not dial.offered and not dial.dropped:
                self._hand_over(dial)
        elif row.state is AttemptState.CLAIMED:
            self.give_up(dial, never_sent=True)
        elif dial.answered_at is not None:
            dial.seen = False
            dial.dropped = dial.kind is DialKind.CAMPAIGN and dial.connected_at is None
            self._finish(dial)
        else:
            # while it rings there is a leg, and the resync would have found it
            dial.deadline = (row.placed_at or row.claimed_at) + LEG_GRACE
            if now >= dial.deadline:
                self._deadline(dial)

    # small things

    def _keep(self, dial: Dial) -> None:
        self.dials[dial.attempt_id] = dial
        self._by_leg[dial.leg_id] = dial.attempt_id

    def _forget(self, dial: Dial) -> None:
        self.dials.pop(dial.attempt_id, None)
        self._by_leg.pop(dial.leg_id, None)
        if dial.campaign_id is not None:
            self._dirty.add(dial.campaign_id)

    def _dial_of(self, call_id: str) -> Dial | None:
        """The dial whose leg this call was born with (a call we placed has its leg's id)."""
        return self.dials.get(self._by_leg.get(call_id, 0))

    def _retry(self, campaign_id: int | None) -> RetryRules:
        state = self.campaigns.get(campaign_id or 0)
        return state.plan.retry if state else DEFAULT_RETRY

    def _label(self, dial: Dial) -> None:
        """Tell the journal whose call this is."""
        state = self.campaigns.get(dial.campaign_id or 0)
        self._stage.emit(
            e.CallLabelled(
                at=self._clock.now(),
                call_id=dial.call_id,
                campaign_id=dial.campaign_id,
                queue="",
                recording=dial.leg_id if state is not None and state.plan.record else "",
            )
        )

    def _count(
        self, dial: Dial, *, attempts: int = 0, answered: int = 0, connected: int = 0, abandoned: int = 0
    ) -> None:
        """Keep the board right between two readings of the rows."""
        state = self.campaigns.get(dial.campaign_id or 0)
        if state is None:
            return
        figures = state.figures
        figures.attempts += attempts
        figures.answered += answered
        figures.connected += connected
        figures.abandoned += abandoned
        self._dirty.add(state.plan.campaign_id)

    def _tell(self) -> None:
        """One event for each campaign whose figures moved since the last tick."""
        dirty, self._dirty = self._dirty, set()
        for campaign_id in sorted(dirty & self.campaigns.keys()):
            self._stage.emit(CampaignProgressed(at=self._clock.now(), campaign_id=campaign_id))


def _variables(dial: Dial, plan: Plan) -> dict[str, str]:
    """The channel variables of the dialplan contract."""
    return {
        "CC_ATTEMPT": str(dial.attempt_id),
        "CC_CAMPAIGN": str(plan.campaign_id),
        "CC_LANG": plan.language,
        "CC_RECORD": dial.leg_id if plan.record else "",
    }


def _closing(dial: Dial) -> Closing:
    ending = Ending(
        answered=dial.answered_at is not None,
        connected=dial.connected_at is not None,
        dropped=dial.dropped,
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
