"""A random day on a floor: callers, agents, holds, transfers, hang-ups."""

import asyncio
import random

from callcenter.agents.machine import IllegalStep, State
from callcenter.kernel.errors import DomainError
from callcenter.queues.distributor import QueuePolicy
from tests.support.switchboard import Floor


async def settle() -> None:
    """Let commands and what they cause come to an end."""
    for _ in range(12):
        await asyncio.sleep(0)


class Day:
    """Takes one random step after another. Deterministic by its dice."""

    def __init__(self, floor: Floor, dice: random.Random, queues: tuple[QueuePolicy, ...]) -> None:
        self._floor = floor
        self._dice = dice
        self._queues = [queue.name for queue in queues]
        self._calls = 0

    async def step(self) -> None:
        """One thing happens, and some seconds pass."""
        act = self._dice.choice(
            (self._call_in, self._call_in, self._leave, self._agent, self._agent, self._agent)
        )
        await act()
        await settle()
        self._floor.tick(self._dice.choice((0, 0.2, 1, 4, 9)))
        await settle()

    async def _call_in(self) -> None:
        self._calls += 1
        self._floor.call_in(f"call-{self._calls}", self._dice.choice(self._queues))

    async def _leave(self) -> None:
        """A customer hangs up, wherever they are."""
        if self._floor.tracker.calls:
            leg = self._dice.choice(sorted(self._floor.tracker.calls))
            self._floor.switch.end(leg, asked=True)

    async def _agent(self) -> None:
        """An agent presses a button that is on their screen."""
        desk, roster = self._floor.desk, self._floor.roster
        session = roster.get(self._dice.choice(sorted(roster.sessions)))
        try:
            match session.state:
                case State.OFFLINE:
                    desk.start_shift(session)
                case State.READY:
                    if self._dice.random() < 0.3:
                        desk.set_paused(session, "lunch")
                case State.RINGING:
                    self._dice.choice((desk.answer, desk.answer, desk.decline))(session)
                case State.TALKING:
                    await self._talking(session.agent_id)
                case State.HOLD:
                    await desk.resume(session)
                case State.WRAPUP:
                    desk.finish(session, "done")
                case State.DIALLING:
                    await desk.hang_up(session)
                case State.PAUSED | State.NOT_RESPONDING:
                    self._dice.choice((desk.set_ready, desk.set_ready, desk.end_shift))(session)
        except (IllegalStep, DomainError):
            return  # a refused button changes nothing

    async def _talking(self, agent_id: int) -> None:
        desk, session = self._floor.desk, self._floor.roster.get(agent_id)
        match self._dice.randrange(5):
            case 0:
                await desk.hold(session)
            case 1:
                await desk.transfer_to_queue(session, self._dice.choice(self._queues), "en")
            case 2:
                await desk.set_recording(session, on=session.recording_paused)
            case _:
                await desk.hang_up(session)
