"""From a freed agent to the Originate on the wire, on a real floor with a real Asterisk.

Between the two lie the pacer's decision, a lead from stock, the gate's second look and the commit of the row.
"""

import asyncio
import time

from bench.figures import spread
from callcenter.agents.events import AgentStateChanged
from callcenter.agents.machine import State
from callcenter.calls.events import CallEnded
from callcenter.dialer.states import Mode
from callcenter.kernel.events import Event
from callcenter.lab.numbering import Mix, Scenario
from tests.support.calling import Process, world

SHORT = Mix(
    prefix="7", seed=3, weights={Scenario.PERSON: 1}, ring_seconds=(1.0, 3.0), talk_seconds=(600, 900)
)


class Stopwatch:
    """Starts when an agent gets free, stops when a line promised to them is sent."""

    def __init__(self) -> None:
        self._free_at: dict[int, float] = {}
        self.milliseconds: list[float] = []

    def watch(self, process: Process) -> None:
        self._floor = process.floor
        before = process.floor.control.before_dial_out

        def dialled(leg_id: str, number: str) -> None:
            before(leg_id, number)
            dial = self._floor.engine.dials.get(int(leg_id.rpartition("-")[2]))
            started = self._free_at.pop(dial.agent_id or 0, None) if dial is not None else None
            if started is not None:
                self.milliseconds.append((time.perf_counter() - started) * 1000)

        process.floor.control.before_dial_out = dialled

    def on_event(self, event: Event) -> None:
        """The first to hear of everything: the engine acts on it afterwards."""
        if isinstance(event, AgentStateChanged) and event.state is State.READY:
            self._free_at[event.agent_id] = time.perf_counter()
        elif isinstance(event, CallEnded) and event.attempt_id is not None:
            dial = self._floor.engine.dials.get(event.attempt_id)
            if dial is not None and dial.agent_id is not None:
                self._free_at[dial.agent_id] = time.perf_counter()


async def run(agents: int, leads: int) -> dict[str, object]:
    """Short conversations free the agents again and again."""
    watch = Stopwatch()
    async with (
        world(agents=agents, leads=leads, mode=Mode.PROGRESSIVE, mix=SHORT, talk_seconds=1.5) as made,
        made.process(watch.on_event) as process,
    ):
        watch.watch(process)
        await made.begin_shift(process)
        async with asyncio.timeout(120):
            while len(watch.milliseconds) < leads * 0.8:  # noqa: ASYNC110 - counted elsewhere
                await asyncio.sleep(0.2)
    return {"agents": agents, "milliseconds": spread(watch.milliseconds)}
