"""Asterisk's AMD() on the lab's voices: what it takes each of them for, why, and how long it listens."""

import asyncio
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from bench.figures import spread
from callcenter.ami.control import AmiControl
from callcenter.ami.message import text
from callcenter.calls.control import Landing
from callcenter.dialer.detection import arguments
from callcenter.dialer.states import MachineAction
from callcenter.lab.numbering import Scenario, number_for
from tests.support.asterisk import ami, pbx_and_carrier

VOICES = (
    Scenario.PERSON,
    Scenario.PERSON_LONG,
    Scenario.SILENT,
    Scenario.MACHINE_SHORT,
    Scenario.MACHINE_LONG,
    Scenario.FAX,
)
AT_ONCE = 6


async def run(calls: int) -> dict[str, object]:
    """`calls` calls to each voice, with the settings that campaigns have by default."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-amd-"))
    heard: dict[Scenario, Counter[str]] = defaultdict(Counter)
    causes: dict[str, Counter[str]] = defaultdict(Counter)
    times: dict[Scenario, list[float]] = defaultdict(list)
    async with pbx_and_carrier(folder) as (pbx, _carrier), ami(pbx) as line:
        places = asyncio.Semaphore(AT_ONCE)
        control = AmiControl(line.actions)

        async def call(voice: Scenario, index: int, attempt: int) -> None:
            async with places:
                leg = f"attempt-{attempt}"
                number = number_for(voice, line=index)
                await control.dial_out(
                    leg,
                    number,
                    trunk="carrier",
                    caller_id="",
                    ring_seconds=20,
                    landing=Landing.CAMPAIGN,
                    variables={
                        "CC_ATTEMPT": str(attempt),
                        "CC_AMD": arguments({}),
                        "CC_MACHINE": MachineAction.AGENT.value,
                    },
                )
                told = await line.until("CCHeard", Uniqueid=leg)
                heard[voice][text(told, "Status")] += 1
                causes[text(told, "Status")][text(told, "Cause").partition("-")[0]] += 1
                times[voice].append(float(text(told, "Ms")))
                await line.hang_up(leg)

        numbered = [(voice, index) for voice in VOICES for index in range(calls)]
        await asyncio.gather(*(call(voice, index, n) for n, (voice, index) in enumerate(numbered, start=1)))
    return {
        "settings": arguments({}),
        "heard": {voice.value: dict(found) for voice, found in heard.items()},
        "causes": {status: dict(found) for status, found in causes.items()},
        "milliseconds": {voice.value: spread(found) for voice, found in times.items()},
    }
