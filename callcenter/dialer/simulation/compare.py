"""Several days under one policy, and policies tuned with hindsight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from callcenter.dialer.simulation.measures import Measures
from callcenter.dialer.simulation.run import Run
from callcenter.dialer.simulation.watching import Watching
from callcenter.dialer.simulation.world import World

LIMIT = 0.03
HALVINGS = 7
MakeTuned = Callable[[World, float], Watching]


@dataclass(frozen=True, slots=True)
class Band:
    """A measure over several days."""

    mean: float
    low: float  # the lowest day
    high: float  # the highest day


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting of a policy, between two values: the higher, the more calls and the more abandoned ones."""

    low: float
    high: float
    halvings: int = HALVINGS


def tuned(world: World, make: MakeTuned, knob: Knob, seed: int) -> tuple[Measures, float]:
    """The busiest day that ends within the limit, and the setting that gave it: set with hindsight, for this
    day alone."""
    low, high = knob.low, knob.high
    best, at = Run(world, make(world, low), seed).measures(), low
    most = Run(world, make(world, high), seed).measures()
    if most.abandoned_share <= LIMIT:
        return most, high
    for _ in range(knob.halvings):
        middle = (low * high) ** 0.5
        found = Run(world, make(world, middle), seed).measures()
        if found.abandoned_share <= LIMIT:
            low = middle
            if found.occupancy > best.occupancy or best.abandoned_share > LIMIT:
                best, at = found, middle
        else:
            high = middle
    return best, at


def bands(days: Sequence[Measures]) -> dict[str, Band]:
    """Every measure's mean and its extremes."""
    found: dict[str, Band] = {}
    for field in fields(Measures):
        values = [float(getattr(day, field.name)) for day in days]
        found[field.name] = Band(sum(values) / len(values), min(values), max(values))
    return found
