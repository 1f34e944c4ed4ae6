"""What a simulated campaign is made of: its people, its leads and how long everything takes."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from random import Random

from callcenter.dialer.simulation.laws import Law, Lognormal, Uniform


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begins` on leads of this list answer with this chance, which drifts evenly to that of the next
    stretch of the same list."""

    begins: float
    list_id: int
    chance: float


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent is logged in from `begins` to `ends` (seconds of the day)."""

    begins: float
    ends: float


PERSON_RING = Lognormal(12.0, 0.55)
MACHINE_RING = Uniform(14.0, 22.0)
FAILURE = Uniform(0.5, 5.0)
TALK = Lognormal(120.0, 1.0)
MACHINE_TALK = Uniform(4.0, 12.0)
WRAP = Lognormal(20.0, 0.6)


@dataclass(frozen=True, slots=True)
class World:
    """One campaign day."""

    seconds: float
    shifts: tuple[Shift, ...]
    stretches: tuple[Stretch, ...]
    ring: Law = PERSON_RING  # until a person answers
    ring_seconds: float = 25.0  # an unanswered line is given up
    quick_failures: float = 0.15  # of the unanswered: busy, invalid, rejected
    failure: Law = FAILURE
    machines: float = 0.0  # of the unanswered: taken by a machine that is not found and reaches an agent
    machine_ring: Law = MACHINE_RING
    machine_talk: Law = MACHINE_TALK
    talk: Law = TALK
    wrap: Law = WRAP
    patience: float = 2.0  # an answered person who waits longer is abandoned
    dial_seconds: float = 0.1  # from the decision to the first ring
    break_every: float = 5400.0  # seconds of work between breaks, on average; 0: none
    break_seconds: float = 480.0

    def stretch_at(self, at: float) -> tuple[int, float]:
        """The list that is dialled and the chance that its next lead answers."""
        index = max(0, bisect_right(self.stretches, at, key=lambda s: s.begins) - 1)
        here = self.stretches[index]
        if index + 1 < len(self.stretches):
            following = self.stretches[index + 1]
            if following.list_id == here.list_id and following.begins > here.begins:
                way = (at - here.begins) / (following.begins - here.begins)
                return here.list_id, here.chance + (following.chance - here.chance) * max(0.0, way)
        return here.list_id, here.chance


def drifting(
    random: Random,
    seconds: float,
    low: float = 0.15,
    high: float = 0.45,
    *,
    every: float = 300.0,
    speed: float = 0.12,
    changes: int = 4,
) -> tuple[Stretch, ...]:
    """An answer chance that wanders between `low` and `high` and jumps when the list changes."""
    jumps = sorted(random.uniform(0.05, 0.95) * seconds for _ in range(changes))
    found: list[Stretch] = []
    begins, list_id = 0.0, 1
    place = random.random()
    while begins < seconds:
        if jumps and begins >= jumps[0]:
            jumps.pop(0)
            list_id += 1
            place = random.random()
        found.append(Stretch(begins, list_id, low + (high - low) * place))
        place += random.gauss(0.0, speed)
        place = abs(place) if place < 1 else 2 - place
        place = min(1.0, max(0.0, place))
        begins += every
    return tuple(found)


def staffed(random: Random, agents: int, seconds: float) -> tuple[Shift, ...]:
    """Most work from the beginning to the end; some come late, go early, or only for a part of the day."""
    shifts: list[Shift] = []
    for _ in range(agents):
        kind = random.random()
        if kind < 0.7:
            shifts.append(Shift(random.uniform(0, 600), seconds - random.uniform(0, 600)))
        elif kind < 0.85:
            shifts.append(Shift(random.uniform(0, 0.4 * seconds), seconds))
        else:
            shifts.append(Shift(random.uniform(0, 300), random.uniform(0.5, 0.95) * seconds))
    return tuple(shifts)


def steady(chance: float, list_id: int = 1) -> tuple[Stretch, ...]:
    return (Stretch(0.0, list_id, chance),)


def everybody(agents: int, seconds: float) -> tuple[Shift, ...]:
    """All come at the beginning, within two minutes, and stay."""
    return tuple(
        Shift(120.0 * k / max(1, agents), math.inf if seconds <= 0 else seconds) for k in range(agents)
    )
