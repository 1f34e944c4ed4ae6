"""Whose agents are they now? Pure: agents of several campaigns in, each agent given to one of them.

An agent who is counted by two campaigns would be dialled for twice. So every agent belongs to one campaign at
a time: the one they speak for; else, of those that have something to dial, the one with the highest
priority. Campaigns of equal priority share evenly: agents take turns in the order of their ids, so that the
shares stay the same from one moment to the next.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent on shift. `busy_with` is the campaign of the present call."""

    agent_id: int
    campaigns: frozenset[int]
    busy_with: int | None = None


def allot(workers: Iterable[Worker], hungry: Mapping[int, int]) -> dict[int, int]:
    """Agent to campaign. `hungry` are the campaigns that could dial, with their priority."""
    shares: dict[int, int] = {}
    turns: dict[tuple[int, ...], int] = defaultdict(int)
    for worker in sorted(workers, key=lambda w: w.agent_id):
        mine = [c for c in worker.campaigns if c in hungry]
        if worker.busy_with in mine:
            shares[worker.agent_id] = worker.busy_with
            continue
        if not mine:
            continue
        top = max(hungry[c] for c in mine)
        equal = tuple(sorted(c for c in mine if hungry[c] == top))
        shares[worker.agent_id] = equal[turns[equal] % len(equal)]
        turns[equal] += 1
    return shares
