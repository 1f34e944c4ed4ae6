"""Anything at all, in any order, on simulated telephones; what must always hold is checked all the time."""

import random

from callcenter.agents import machine
from callcenter.agents.machine import Plan, State
from callcenter.agents.roster import AgentSession
from callcenter.calls.control import ControlError
from callcenter.kernel.errors import DomainError
from tests.support.telephones import (
    BUSY_NUMBER,
    GOOD_NUMBER,
    NO_NUMBER,
    SALES,
    SILENT_NUMBER,
    SUPPORT,
    Telephones,
    settle,
)

REFUSABLE = ("Bridge", "Redirect", "Originate")  # Asterisk refuses no Hangup but of a leg that is gone


class Mischief:
    """Takes one random step after another. Deterministic by its dice."""

    def __init__(self, world: Telephones, dice: random.Random, *, restarts: bool) -> None:
        self._world = world
        self._dice = dice
        self._linked = True
        self._restarts = restarts

    async def step(self) -> None:
        """One thing happens, and perhaps some time passes."""
        act = self._dice.choices(
            (
                self._call_in,
                self._press_button,
                self._customer_leaves,
                self._phone,
                self._link,
                self._trouble,
            ),
            weights=(4, 12, 3, 2, 1, 1),
        )[0]
        await act()
        if self._dice.random() < 0.8:
            await settle()
        if self._dice.random() < 0.5:
            await self._world.run(self._dice.choice((0.25, 0.5, 1, 3, 8)))

    async def _call_in(self) -> None:
        number = f"+49305551{self._dice.randrange(100, 999)}"
        await self._world.call_in(self._dice.choice((SUPPORT, SALES)), number)

    async def _customer_leaves(self) -> None:
        legs = [leg for leg in self._world.switch.legs if not leg.startswith("agent-")]
        if legs:
            self._world.switch.far_end_hangs_up(self._dice.choice(sorted(legs)))

    async def _phone(self) -> None:
        agent_id = self._dice.choice(sorted(self._world.floor.roster.sessions))
        match self._dice.randrange(3):
            case 0:
                self._world.switch.unregister(agent_id)
            case 1:
                self._world.switch.register(agent_id)
            case _:
                legs = [leg for leg in self._world.switch.legs if leg.startswith(f"agent-{agent_id}-")]
                for leg_id in legs:
                    self._world.switch.far_end_hangs_up(leg_id)

    async def _link(self) -> None:
        if not self._linked:
            await self.heal()
        elif self._restarts and self._dice.random() < 0.4:
            await self._world.restart()
        else:
            await self._world.cut()
            self._linked = False
            self._world.beating = self._dice.random() < 0.5

    async def heal(self) -> None:
        """Everything works again."""
        self._world.refuse = set()
        self._world.lose_answer = set()
        if not self._linked:
            self._world.beating = True
            self._linked = True
            await self._world.link()

    async def _trouble(self) -> None:
        self._world.refuse = set()
        self._world.lose_answer = set()
        match self._dice.randrange(3):
            case 0:
                self._world.refuse = {self._dice.choice(REFUSABLE)}
            case 1:
                self._world.lose_answer = {self._dice.choice((*REFUSABLE, "Hangup"))}
            case _:
                pass

    async def _press_button(self) -> None:  # noqa: C901, PLR0912 - one line a button
        """An agent presses a button, or somebody sends a command that is not on their screen."""
        desk, roster, dice = self._world.floor.desk, self._world.floor.roster, self._dice
        one = roster.get(dice.choice(sorted(roster.sessions)))
        other = roster.get(dice.choice(sorted(roster.sessions)))
        try:
            match self._button(one):
                case "start":
                    desk.start_shift(one)
                case "end":
                    desk.end_shift(one)
                case "ready":
                    desk.set_ready(one)
                case "pause":
                    desk.set_paused(one, "lunch")
                case "plan":
                    roster.plan(one, Plan(dice.choice((State.READY, State.PAUSED, State.OFFLINE)), ""))
                case "answer":
                    desk.answer(one)
                case "decline":
                    desk.decline(one)
                case "finish":
                    desk.finish(one, "done")
                case "hold":
                    await desk.hold(one)
                case "resume":
                    await desk.resume(one)
                case "hang up":
                    await desk.hang_up(one)
                case "to queue":
                    await desk.transfer_to_queue(one, dice.choice(("support", "sales")), "")
                case "to agent":
                    await desk.transfer_to_agent(one, other)
                case "to number":
                    await desk.transfer_to_number(one, self._number())
                case "consult number":
                    await desk.consult_number(one, self._number())
                case "consult agent":
                    await desk.consult_agent(one, other)
                case "swap":
                    await desk.consult_swap(one)
                case "complete":
                    await desk.consult_complete(one)
                case "cancel":
                    await desk.consult_cancel(one)
                case _:
                    await desk.place(one, self._number(), None)
        except (DomainError, ControlError):
            return  # a refused button changes nothing that is not true

    def _number(self) -> str:
        return self._dice.choice((GOOD_NUMBER, GOOD_NUMBER, BUSY_NUMBER, SILENT_NUMBER, NO_NUMBER))

    def _button(self, session: AgentSession) -> str:
        if self._dice.random() < 0.1:
            return self._dice.choice(("hold", "finish", "answer", "swap", "dial", "end", "start", "plan"))
        fitting: dict[State, tuple[str, ...]] = {
            State.OFFLINE: ("start",),
            State.READY: ("pause", "dial", "end"),
            State.RINGING: ("answer", "answer", "answer", "decline"),
            State.DIALLING: ("hang up",),
            State.TALKING: (
                "hold",
                "hang up",
                "to queue",
                "to agent",
                "to number",
                "consult number",
                "consult agent",
                "consult agent",
                "swap",
                "complete",
                "cancel",
                "plan",
            ),
            State.HOLD: ("resume", "swap", "complete", "cancel", "consult agent", "hang up", "to agent"),
            State.WRAPUP: ("finish", "finish", "dial", "end"),
            State.PAUSED: ("ready", "ready", "ready", "end"),
            State.NOT_RESPONDING: ("ready", "ready", "pause"),
        }
        return self._dice.choice(fitting[session.state])

    # -- what must hold -------------------------------------------------------------------------

    def check(self) -> None:
        """No agent in two conversations, no call with two agents, no offer without the one who is asked."""
        floor = self._world.floor
        for session in floor.roster.sessions.values():
            about = (session.agent_id, session.state, session.call_id)
            if session.state in machine.ON_CALL:
                assert session.call_id, about
            if session.state is State.RINGING:
                assert session.deadline is not None, about
                assert session.call is not None, about
            if session.state not in machine.ON_CALL:
                assert session.helps is None, about
                assert session.consult is None, about
            if session.helps is not None:
                asker = floor.roster.get(session.helps)
                assert asker.consult is not None, about
                assert asker.consult.colleague_id == session.agent_id, about
            if session.joining:
                assert session.deadline is not None, about
        for call_id in {s.call_id for s in floor.roster.sessions.values() if s.call_id}:
            holders = [s for s in floor.roster.around(call_id) if s.helps is None]
            assert len(holders) <= 1, (call_id, [(s.agent_id, s.state) for s in holders])
        for caller in floor.distributor.callers.values():
            if caller.offered_to is not None:
                asked = floor.roster.get(caller.offered_to)
                assert asked.call_id == caller.call_id, (caller, asked.state, asked.call_id)
                assert asked.state is State.RINGING or asked.joining, (caller, asked.state)
            talking = floor.roster.of_call(caller.call_id)
            assert talking is None or talking.state not in machine.IN_CONVERSATION, (caller, talking)

    def check_true(self) -> None:
        """With the link up and nothing under way, what the floor holds is what Asterisk has."""
        floor, switch = self._world.floor, self._world.switch
        assert set(floor.tracker.legs) == set(switch.legs)
        for session in floor.roster.sessions.values():
            about = (session.agent_id, session.state, session.call_id)
            legs = [leg for leg in switch.legs if leg.startswith(f"agent-{session.agent_id}-")]
            assert len(legs) <= 1, (*about, legs)
            if session.state is State.OFFLINE:
                assert legs == [], about
            if session.state is State.TALKING and session.helps is None and session.leg == "up":
                assert self._world.together(session.call_id, session.leg_id), about
            if session.free:
                assert switch.legs[session.leg_id].bridge is None, about
