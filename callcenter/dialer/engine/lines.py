"""Placing lines: how many each campaign wants now, the last look, the Originate."""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from callcenter.agents.machine import State
from callcenter.agents.roster import AgentSession
from callcenter.calls.control import ControlError, Landing
from callcenter.dialer import last_look
from callcenter.dialer.allotment import Worker, allot
from callcenter.dialer.engine.dials import CampaignState, Dial, Held, Plan
from callcenter.dialer.engine.ground import COMMAND_SECONDS, DIALER, LEG_GRACE, ROWS_SECONDS, Ground
from callcenter.dialer.last_look import Placing
from callcenter.dialer.states import Mode
from callcenter.dialer.survey import START

log = logging.getLogger(__name__)

WITHOUT_AGENTS = frozenset({Mode.MANUAL, Mode.AGENTLESS})
AT_WORK = frozenset({State.READY, State.RINGING, State.DIALLING, State.TALKING, State.HOLD, State.WRAPUP})


class Lines:
    """The part of the engine that dials."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def advance(self) -> None:
        """Give waiting customers and agentless lines their agents, then place new lines."""
        ground = self._ground
        if not ground.dialling:
            return
        ground.handing.reassign_all()
        teams = self._teams()
        for state in sorted(ground.campaigns.values(), key=lambda s: (-s.plan.priority, s.plan.campaign_id)):
            team = teams.get(state.plan.campaign_id, [])
            if state.running and state.plan.mode is Mode.AGENTLESS:
                self._place_agentless(state)
                continue
            if not state.running or not team or state.plan.mode is Mode.MANUAL:
                ground.stock.give_back(state)
                continue
            self._place_lines(state, team)

    def _teams(self) -> dict[int, list[AgentSession]]:
        """The agents at work, each in the campaign that they are for now."""
        now = self._ground.now()
        hungry = {
            campaign_id: state.plan.priority
            for campaign_id, state in self._ground.campaigns.items()
            if state.running and state.plan.mode not in WITHOUT_AGENTS and not state.dry(now)
        }
        at_work = [
            s
            for s in self._ground.roster.sessions.values()
            if s.state in AT_WORK and s.profile.campaigns and not self._ground.promises.keeps(s.agent_id)
        ]
        shares = allot(
            (
                Worker(s.agent_id, s.profile.campaigns, s.call.campaign_id if s.call else None)
                for s in at_work
            ),
            hungry,
        )
        teams: dict[int, list[AgentSession]] = defaultdict(list)
        for session in at_work:
            if session.agent_id in shares:
                teams[shares[session.agent_id]].append(session)
        return teams

    def _place_lines(self, state: CampaignState, team: Sequence[AgentSession]) -> None:
        if state.plan.mode is Mode.PREVIEW:
            lacking = self._ground.previews.show(state, team)
            self._ground.stock.refill(state, lacking + math.ceil(len(team) / 2))
            return
        decision = self._ground.paces.decide(state, team)
        lines = self._granted(state, team, decision.lines if decision is not None else 0)
        if state.plan.mode is Mode.PROGRESSIVE:
            free = sorted((s for s in team if s.free), key=lambda s: s.free_since or s.since)
            lines = min(lines, len(free))
            taken = self._ground.stock.take(state, lines)
            for dial, session in zip(taken, free, strict=False):
                dial.promised = True
                self._ground.handing.hold(dial, session)
        else:
            taken = self._ground.stock.take(state, lines)
        for dial in taken:
            self.start(state, dial)
        ahead = math.ceil(2 * len(team) * max(1.0, state.plan.lines_per_agent))
        self._ground.stock.refill(state, lines - len(taken) + ahead)

    def _place_agentless(self, state: CampaignState) -> None:
        """As many lines as the campaign and its trunk bear."""
        up = sum(1 for dial in state.open.values() if dial.wanted)
        wanted = self._granted(state, (), max(0, state.plan.max_lines - up))
        for dial in self._ground.stock.take(state, wanted):
            dial.agentless, dial.step = True, START
            self.start(state, dial)
        self._ground.stock.refill(state, max(1, state.plan.max_lines // 2))

    def _granted(self, state: CampaignState, team: Sequence[AgentSession], wanted: int) -> int:
        """How many of the wanted lines nothing speaks against; what does is kept for the board."""
        lines, held = wanted, None
        if wanted and self._callers_first(state, team):
            lines, held = 0, Held("callers-first", {"limit": state.plan.hold_for_callers})
        elif wanted and not self._ground.callers.has_any(state):
            lines, held = 0, Held("caller-ids")
        elif wanted:
            lines, held = self._ground.trunks.room(state, wanted)
        if held != state.held and (wanted or state.held is not None):
            state.held = held
            self._ground.dirty.add(state.plan.campaign_id)
        return lines

    def start(self, state: CampaignState, dial: Dial) -> None:
        """On its way: it has a trunk and a caller number from here on."""
        dial.trunk = self._ground.trunks.name_of(state)
        if not self._ground.callers.choose(state, dial):
            self._ground.closing.give_up(dial, never_sent=True)
            return
        self._ground.trunks.placed(dial)
        self._ground.tasks.spawn(f"dialer:place:{dial.attempt_id}", self._place(dial, state.plan))

    def _callers_first(self, state: CampaignState, team: Sequence[AgentSession]) -> bool:
        """Do so many people wait in the queues of this team that the campaign stands back?"""
        if not state.plan.hold_for_callers:
            return False
        queues = {queue for session in team for queue in session.profile.queues}
        waiting = self._ground.callers_waiting()
        return sum(waiting.get(queue, 0) for queue in queues) >= state.plan.hold_for_callers

    async def _place(self, dial: Dial, plan: Plan) -> None:
        """The row first, then the Originate, once. Whatever is uncertain afterwards counts as dialled."""
        ground = self._ground
        async with asyncio.timeout(ROWS_SECONDS):
            async with ground.transactions.read() as session:
                good = await last_look.looks_good(session, dial.attempt_id, ground.now())
            async with ground.transactions.begin(DIALER) as tx:
                placing = Placing(dial.attempt_id, dial.agent_id, dial.trunk, dial.caller_id)
                placed = good and await last_look.place(tx.session, placing, tx.now)
                if not good:
                    await last_look.send_back(tx.session, dial.attempt_id, tx.now)
        if not placed or not self._still_wanted(dial):
            ground.closing.give_up(dial, never_sent=True)
            return
        dial.placed, dial.placed_at = True, ground.now()
        dial.deadline = ground.now() + timedelta(seconds=plan.ring_seconds) + LEG_GRACE
        ground.count(dial, attempts=1)
        ground.paces.placed(dial)
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await ground.control.dial_out(
                    dial.leg_id,
                    dial.number,
                    trunk=dial.trunk,
                    caller_id=dial.caller_id,
                    ring_seconds=plan.ring_seconds,
                    landing=Landing.AGENTLESS if dial.agentless else Landing.CAMPAIGN,
                    variables=_variables(dial, plan),
                )
        except ControlError as error:
            log.warning("a dial was not taken", extra={"attempt_id": dial.attempt_id, "code": error.code})
            if error.code == "refused" and not dial.call_id:
                ground.closing.give_up(dial, never_sent=False)
        except TimeoutError:
            log.warning("a dial was not confirmed in time", extra={"attempt_id": dial.attempt_id})

    def _still_wanted(self, dial: Dial) -> bool:
        """The last look before the Originate: link, campaign and an agent for the answer."""
        state = self._ground.state_of(dial)
        if not self._ground.dialling or dial.cancelled or state is None or not state.running:
            return False
        if dial.promised and not self._ground.handing.holds(dial):
            self._ground.handing.reassign(dial)
            return self._ground.handing.holds(dial)
        return True

    def cancel(self, dial: Dial) -> None:
        """End a line that rings."""
        dial.cancelled = True
        if dial.call_id and dial.answered_at is None:
            self._ground.tasks.spawn(f"dialer:cancel:{dial.attempt_id}", self._hang_up(dial.leg_id, dial))

    def hang_up_late(self, leg_id: str) -> None:
        """End a leg whose attempt is over already."""
        self._ground.tasks.spawn("dialer:late-leg", self._hang_up(leg_id))

    async def _hang_up(self, leg_id: str, dial: Dial | None = None) -> None:
        if dial is not None and dial.answered_at is not None:
            return  # they picked up meanwhile: a conversation is not cut off
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await self._ground.control.hang_up(leg_id)
        except (ControlError, TimeoutError):
            log.warning("a hang-up was not taken", extra={"leg_id": leg_id})


def _variables(dial: Dial, plan: Plan) -> dict[str, str]:
    """The channel variables of the dialplan contract."""
    return {
        "CC_ATTEMPT": str(dial.attempt_id),
        "CC_CAMPAIGN": str(plan.campaign_id),
        "CC_LANG": plan.language,
        "CC_RECORD": dial.leg_id if plan.record else "",
        "CC_AMD": plan.amd,
        "CC_MACHINE": plan.machine_action.value if plan.amd else "",
        "CC_MESSAGE": plan.message,
        "CC_IDENTITY": plan.identity,
        **({"CC_PROMPT": plan.survey[START].prompt} if dial.agentless and plan.survey else {}),
    }
