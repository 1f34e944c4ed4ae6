"""How many lines a campaign wants: each has a pacer that is told everything and asked often."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from callcenter.agents.machine import State
from callcenter.agents.roster import AgentSession
from callcenter.dialer import ledger
from callcenter.dialer.engine.dials import CampaignState, Dial, Plan
from callcenter.dialer.engine.ground import ROWS_SECONDS, Ground
from callcenter.dialer.pacing.agents import Doing
from callcenter.dialer.pacing.decision import Decision
from callcenter.dialer.pacing.lines import Cohort
from callcenter.dialer.pacing.pacer import Pacer
from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Window
from callcenter.dialer.rules import law
from callcenter.dialer.states import DialKind, MachineAction, Mode, Outcome
from callcenter.kernel.db import is_away

log = logging.getLogger(__name__)

PACES = {
    Mode.PROGRESSIVE: Pace.PROGRESSIVE,
    Mode.RATIO: Pace.RATIO,
    Mode.PREDICTIVE: Pace.PREDICTIVE,
}
MACHINE_ERRORS = 0.05  # of the machines that AMD() finds and nobody hears, people; they count as abandoned
GRACE_SECONDS = 2.0  # as the dialplan's
AGAIN = timedelta(seconds=2)
IN_CALL = frozenset({State.RINGING, State.DIALLING, State.TALKING, State.HOLD})


class Paces:
    """The part of the engine that keeps the pacers true."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def decide(self, state: CampaignState, team: Sequence[AgentSession]) -> Decision | None:
        """What the campaign wants now; None until its past has been read."""
        now = self._ground.now()
        if state.pacer is None:
            self._want_pacer(state, now)
            return None
        self._feed(state, state.pacer, team, now)
        claiming = sum(1 for d in state.open.values() if d.wanted and not d.placed)
        decision = state.pacer.decide(now.timestamp(), claiming)
        self._keep(state, decision)
        return decision

    def configure(self, state: CampaignState) -> None:
        """The campaign's settings have changed. Other windows have another past: it is read again."""
        if state.pacer is None:
            return
        settings = settings_of(state.plan, self._ground.now())
        if settings.windows == state.pacer.settings.windows:
            state.pacer.configure(settings)
        else:
            state.pacer = None

    def _keep(self, state: CampaignState, decision: Decision) -> None:
        last = state.decisions[-1] if state.decisions else None
        if last is None or decision.lines or decision.bound is not last.bound:
            state.decisions.append(decision)
        state.decision = decision
        if last is None or decision.lines or decision.at - state.told_at >= 1:
            state.told_at = decision.at
            state.shown = decision
            self._ground.dirty.add(state.plan.campaign_id)

    # what a pacer is told

    def placed(self, dial: Dial) -> None:
        if (pacer := self._of(dial)) is not None:
            pacer.placed(dial.attempt_id, self._ground.now().timestamp(), cohort_of(dial, self._ground.now()))

    def answered(self, dial: Dial, at: datetime) -> None:
        if (pacer := self._of(dial)) is not None:
            pacer.answered(dial.attempt_id, at.timestamp())

    def connected(self, dial: Dial, at: datetime, agent_id: int) -> None:
        if (pacer := self._of(dial)) is not None:
            pacer.connected(dial.attempt_id, at.timestamp(), agent_id)

    def abandoned(self, dial: Dial, at: datetime) -> None:
        if (pacer := self._of(dial)) is not None:
            pacer.abandoned(dial.attempt_id, at.timestamp())

    def machine(self, dial: Dial, at: datetime) -> None:
        if (pacer := self._of(dial)) is not None:
            pacer.machine(dial.attempt_id, at.timestamp())

    def was_machine(self, dial: Dial) -> None:
        if (pacer := self._of(dial)) is not None:
            pacer.was_machine(self._ground.now().timestamp())

    def ended(self, dial: Dial, outcome: Outcome) -> None:
        """Whatever has not been told of this line yet."""
        pacer = self._of(dial)
        if pacer is None or not dial.placed:
            return
        now = self._ground.now().timestamp()
        if dial.answered_at is None:
            pacer.failed(dial.attempt_id, now, outcome)
        else:
            pacer.hung_up(dial.attempt_id, now)

    def _of(self, dial: Dial) -> Pacer | None:
        state = self._ground.state_of(dial)
        return state.pacer if state is not None and dial.kind is DialKind.CAMPAIGN else None

    def _feed(self, state: CampaignState, pacer: Pacer, team: Sequence[AgentSession], now: datetime) -> None:
        """Tell the pacer of every agent whose doing has changed since it was told last."""
        at = now.timestamp()
        present: dict[int, tuple[Doing, bool]] = {}
        for session in team:
            doing = doing_of(session)
            if doing is not None:
                leaving = session.plan.state is not State.READY and doing is not Doing.READY
                present[session.agent_id] = (doing, leaving)
        for agent_id in state.fed.keys() - present.keys():
            pacer.away(agent_id, at)
        for agent_id, (doing, leaving) in present.items():
            before = state.fed.get(agent_id)
            if before is None or before[0] is not doing:
                tell = {
                    Doing.READY: pacer.ready,
                    Doing.TALKING: pacer.talking,
                    Doing.WRAPPING: pacer.wrapping,
                }
                tell[doing](agent_id, at)
            if leaving and not (before and before[1]):
                pacer.leaving(agent_id, at)
            elif before is not None and before[1] and not leaving:
                pacer.staying(agent_id)
        state.fed = present

    # a pacer and its past

    def _want_pacer(self, state: CampaignState, now: datetime) -> None:
        if state.loading or (state.load_at is not None and now < state.load_at):
            return
        state.loading, state.load_at = True, now + AGAIN
        campaign_id = state.plan.campaign_id
        self._ground.tasks.spawn(
            f"dialer:past:{campaign_id}", self._load(state, settings_of(state.plan, now))
        )

    async def _load(self, state: CampaignState, settings: Settings) -> None:
        now = self._ground.now()
        campaign_id = state.plan.campaign_id
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.read() as session:
                spent = {w.name: await ledger.spent(session, campaign_id, w, now) for w in settings.windows}
                recent = await ledger.recent(session, campaign_id, now)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("the past of a campaign could not be read", extra={"campaign_id": campaign_id})
            return
        finally:
            state.loading = False
        state.pacer = Pacer(settings, spent=spent, recent=recent)
        state.fed = {}
        for dial in state.open.values():
            if dial.placed and not dial.over and dial.connected_at is None and not dial.dropped:
                self.placed(dial)
                if dial.answered_at is not None:
                    self.answered(dial, dial.answered_at)
        self._ground.lines.advance()


def settings_of(plan: Plan, now: datetime) -> Settings:
    return Settings(
        pace=PACES.get(plan.mode, Pace.NONE),
        windows=windows_of(plan, now),
        ratio=plan.lines_per_agent,
        ring_seconds=float(plan.ring_seconds),
        grace_seconds=GRACE_SECONDS,
        most_lines=plan.max_lines or None,
        machine_errors=MACHINE_ERRORS if plan.amd and plan.machine_action is not MachineAction.AGENT else 0.0,
    )


def windows_of(plan: Plan, now: datetime) -> tuple[Window, ...]:
    """The law's windows where the customers are, and the campaign's own day where there is none.

    The campaign's limit may only be stricter.
    """
    own = plan.abandon_percent / 100
    rules = law.book().abandon_rules(plan.region, now, plan.purpose)
    limits: dict[int, float] = {}
    for rule in rules:
        limits[rule.window_days] = min(own, rule.limit, limits.get(rule.window_days, own))
    return tuple(
        Window("day" if days == 1 else f"{days} days", limit=limit, days=days, zone=plan.zone)
        for days, limit in sorted((limits or {1: own}).items())
    )


def doing_of(session: AgentSession) -> Doing | None:
    """An agent as pacing sees them; None: they take no call of a campaign."""
    if session.state in IN_CALL or session.joining:
        return Doing.TALKING
    if session.state is State.WRAPUP:
        return Doing.WRAPPING
    if session.state is State.READY and session.reachable:
        return Doing.READY
    return None


def cohort_of(dial: Dial, now: datetime) -> Cohort:
    """What the line's answer is compared with."""
    hour = now.astimezone(dial.facts.zone).hour
    return Cohort(dial.facts.list_id, dial.facts.kind, dial.facts.ordinal, hour)
