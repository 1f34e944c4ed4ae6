"""Runs simulated days in a process of its own: a setup comes in by standard input, days go out line by line.

    python -m callcenter.dialer.campaigns.worker

So a trial never slows down the telephones of the process that serves the page, and to cancel it is to end it.
"""

import os
import sys

import msgspec

from callcenter.dialer.campaigns.setups import Done, Setup, cells_of, policy_of, world_of
from callcenter.dialer.simulation.run import Run

POLITE = 10  # behind everything else that the machine has to do


def main() -> None:
    os.nice(POLITE)
    setup = msgspec.json.decode(sys.stdin.buffer.read(), type=Setup)
    for cell in cells_of(setup):
        measures = Run(world_of(setup, cell.agents), policy_of(setup, cell.kind), cell.seed).measures()
        sys.stdout.buffer.write(msgspec.json.encode(Done(cell, measures)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
