"""`make bench [ARGS="connect pop"]`: the benchmarks, one JSON document on standard output.

Without names all are run.
"""

import argparse
import asyncio
import json
import platform
import sys
import time
from collections.abc import Callable

from bench import amd, ami, campaign, connect, gate, lists, originate, pacing, pop, weights

CALLS = 200
POPS = 100
CONTACTS = 1_000_000
AGENTS = 100
LEADS = 5_000_000
CLAIMS = 500
ROWS = 1_000_000
STARTS = 5
ROUNDS = 3
VOICE_CALLS = 20
CAMPAIGN_AGENTS = 20
CAMPAIGN_LEADS = 500
FREED_AGENTS = 8
FREED_LEADS = 300
DIALS = 1_000_000
NUMBERS = 5_000_000
GATE_ROUNDS = 100
GATE_LEADS = 5_000_000

BENCHMARKS: dict[str, Callable[[], object]] = {
    "amd": lambda: asyncio.run(amd.run(VOICE_CALLS)),
    "ami": lambda: ami.measure(rounds=ROUNDS),
    "campaign": lambda: asyncio.run(campaign.run(CAMPAIGN_AGENTS, CAMPAIGN_LEADS)),
    "connect": lambda: asyncio.run(connect.run(CALLS)),
    "lists": lambda: asyncio.run(lists.run(LEADS, CLAIMS, ROWS)),
    "originate": lambda: asyncio.run(originate.run(FREED_AGENTS, FREED_LEADS)),
    "gate": lambda: gate.run(DIALS, NUMBERS, GATE_ROUNDS, GATE_LEADS),
    "pacing": pacing.run,
    "pop": lambda: asyncio.run(pop.run(POPS, CONTACTS)),
    "weights": lambda: asyncio.run(weights.run(AGENTS, STARTS)),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description="Measure; JSON on standard output.")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which; all when none is named")
    names = parser.parse_args().names or list(BENCHMARKS)
    figures: dict[str, object] = {
        "machine": {"python": platform.python_version(), "system": platform.platform()},
    }
    for name in names:
        sys.stderr.write(f"measuring {name} ...\n")
        began = time.monotonic()
        figures[name] = BENCHMARKS[name]()
        sys.stderr.write(f"  {time.monotonic() - began:.0f} s\n")
    json.dump(figures, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
