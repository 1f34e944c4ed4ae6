"""A predictive campaign on a real Asterisk: every attempt's outcome, the two seconds, what agents got to do.

People, busy numbers and rings in vain come from the lab's carrier; agents talk a few seconds and wrap up, so
that hours fit into minutes.
"""

import asyncio
import time
from collections import Counter

from bench.figures import spread
from callcenter.agents.machine import State
from callcenter.dialer.states import Mode, Outcome
from tests.support.calling import ENDINGS, MIX, settled, world


async def run(agents: int, leads: int) -> dict[str, object]:
    """Until every lead has been dialled once."""
    async with world(agents=agents, leads=leads, mode=Mode.PREDICTIVE) as made, made.process() as process:
        await made.begin_shift(process)
        began, busy, looked = time.monotonic(), 0, 0
        cpu = time.process_time()
        async with asyncio.timeout(60 + leads):
            while len(await made.attempts()) < leads or not await settled(made, made.campaign_id):
                await asyncio.sleep(1)
                sessions = process.floor.roster.sessions.values()
                busy += sum(1 for s in sessions if s.state in (State.TALKING, State.WRAPUP))
                looked += agents
        seconds = time.monotonic() - began
        attempts = await made.attempts()
        wrong = [
            (a.number, a.outcome)
            for a in attempts
            if Outcome(a.outcome or "unknown") not in ENDINGS[MIX.outcome(a.number, 1).scenario]
        ]
        outcomes = Counter(str(a.outcome) for a in attempts)
        people = outcomes["answered"] + outcomes["dropped"]
        return {
            "agents": agents,
            "leads": leads,
            "seconds": round(seconds, 1),
            "outcomes": dict(outcomes),
            "wrong_outcomes": len(wrong),
            "dialled_twice": sum(1 for count in (await made.dialled()).values() if count > 1),
            "abandoned_share": round(outcomes["dropped"] / people, 4) if people else None,
            "busy_share": round(busy / looked, 3) if looked else None,
            "answer_to_both_hear_ms": spread([s * 1000 for s in process.watch.connect]),
            "answer_to_message_ms": spread([s * 1000 for s in process.watch.dropped]),
            "our_cpu_share": round((time.process_time() - cpu) / seconds, 3),
        }
