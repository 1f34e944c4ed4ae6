"""In which order a campaign takes its leads. Pure.

An order makes one number of a lead, its key: within a priority the smallest goes first, then the lowest id.
The same arithmetic is done by the database when an order changes under many leads (`sweeps`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PRIME = 2_147_483_647  # products of two remainders fit 64 bits on both databases
FACTOR = 48_271


class LeadOrder(StrEnum):
    """What goes first within a priority."""

    DUE = "due"  # the longest due
    OLDEST = "oldest"
    NEWEST = "newest"
    RANK = "rank"  # the highest rank
    RANDOM = "random"  # a shuffle that stays as it is
    FEWEST = "fewest"  # the fewest attempts
    LEAST_RECENT = "least-recent"  # not dialled for the longest time
    CLOSING = "closing"  # where the calling hours end first


@dataclass(frozen=True, slots=True)
class Placing:
    """What an order looks at."""

    lead_id: int
    rank: int
    attempts: int
    next_try_at: datetime
    last_tried_at: datetime | None = None


def key_of(order: LeadOrder, seed: int, lead: Placing) -> float:
    """The lead's key. `CLOSING` orders cohorts; within one the oldest goes first."""
    match order:
        case LeadOrder.DUE:
            return lead.next_try_at.timestamp()
        case LeadOrder.OLDEST | LeadOrder.CLOSING:
            return float(lead.lead_id)
        case LeadOrder.NEWEST:
            return float(-lead.lead_id)
        case LeadOrder.RANK:
            return float(-lead.rank)
        case LeadOrder.RANDOM:
            return float(shuffled(lead.lead_id, seed))
        case LeadOrder.FEWEST:
            return float(lead.attempts)
        case LeadOrder.LEAST_RECENT:
            return lead.last_tried_at.timestamp() if lead.last_tried_at else 0.0


def shuffled(lead_id: int, seed: int) -> int:
    """A place in a shuffle that `seed` chooses: two rounds of a small generator."""
    first = (lead_id * FACTOR + seed % PRIME) % PRIME
    return (first * ((first + lead_id + seed % PRIME) % PRIME)) % PRIME
