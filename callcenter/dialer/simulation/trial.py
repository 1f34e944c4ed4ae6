"""Before go-live: what a campaign would come to, by number of agents, mode and limit.

`simulate` takes seconds to minutes and blocks: a page calls it in a worker thread, and ends it by answering
False when told how far it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean

from callcenter.dialer.pacing.lines import Past
from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Window
from callcenter.dialer.simulation.compare import Band, bands
from callcenter.dialer.simulation.laws import Always, Law, Lognormal, Seen
from callcenter.dialer.simulation.measures import Measures
from callcenter.dialer.simulation.policies import Ours
from callcenter.dialer.simulation.run import Run
from callcenter.dialer.simulation.world import (
    FAILURE,
    PERSON_RING,
    TALK,
    WRAP,
    World,
    everybody,
    steady,
)

LEAST_SEEN = 30  # measured values that speak for themselves; fewer, and a usual law stands for them
Tell = Callable[[float], bool]


class TooLittleSeen(Exception):
    """The campaign has not dialled enough lately to be replayed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a campaign's calls are like."""

    answer_chance: float
    ring: Law = PERSON_RING
    ring_seconds: float = 25.0
    quick_failures: float = 0.15  # of the unanswered
    failure: Law = FAILURE
    talk: Law = TALK
    wrap: Law = WRAP


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try: each number of agents with each mode and limit."""

    agents: tuple[int, ...]
    paces: tuple[Pace, ...] = (Pace.PROGRESSIVE, Pace.PREDICTIVE)
    limits: tuple[float, ...] = (0.03,)
    ratio: float = 2.0
    hours: float = 8.0
    days: int = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One of them, over all days: measures by name."""

    agents: int
    pace: Pace
    limit: float
    bands: dict[str, Band]


def figures_of(past: Sequence[Past], ring_seconds: float) -> Figures:
    """A campaign's own recent statistics; raises `TooLittleSeen`."""
    if len(past) < LEAST_SEEN:
        raise TooLittleSeen
    rings = [a.resolved_at - a.placed_at for a in past if a.answered]
    failed = [a.resolved_at - a.placed_at for a in past if not a.answered]
    quick = [seconds for seconds in failed if seconds < 0.8 * ring_seconds]
    return Figures(
        answer_chance=(len(rings) + 0.25) / (len(past) + 1.0),
        ring=_seen(rings, PERSON_RING),
        ring_seconds=ring_seconds,
        quick_failures=len(quick) / len(failed) if failed else 0.0,
        failure=_seen(quick, FAILURE),
        talk=_seen([a.talk_seconds for a in past if a.talk_seconds is not None], TALK),
        wrap=_seen([a.wrapup_seconds for a in past if a.wrapup_seconds is not None], WRAP),
    )


def simulate(figures: Figures, trial: Trial, tell: Tell = lambda _: True) -> list[Row] | None:
    """Every combination, day by day. `tell` hears the share that is done; None: it said to stop."""
    tasks = list(product(trial.agents, trial.paces, trial.limits))
    whole = sum(agents for agents, _, _ in tasks) * trial.days
    done = 0.0
    rows: list[Row] = []
    for agents, pace, limit in tasks:
        days: list[Measures] = []
        for seed in range(trial.days):
            stopped = False

            def hear(share: float, part: float = agents / whole, before: float = done) -> bool:
                nonlocal stopped
                stopped = not tell(before + share * part)
                return not stopped

            days.append(
                Run(_world(figures, agents, trial.hours), _ours(figures, trial, pace, limit), seed).measures(
                    hear
                )
            )
            if stopped:
                return None
            done += agents / whole
        rows.append(Row(agents, pace, limit, bands(days)))
        if not tell(min(1.0, done)):
            return None
    return rows


def _world(figures: Figures, agents: int, hours: float) -> World:
    seconds = hours * 3600
    return World(
        seconds=seconds,
        shifts=everybody(agents, seconds),
        stretches=steady(figures.answer_chance),
        ring=figures.ring,
        ring_seconds=figures.ring_seconds,
        quick_failures=figures.quick_failures,
        failure=figures.failure,
        talk=figures.talk,
        wrap=figures.wrap,
    )


def _ours(figures: Figures, trial: Trial, pace: Pace, limit: float) -> Ours:
    return Ours(
        Settings(
            pace=pace,
            windows=(Window("day", limit=limit),),
            ratio=trial.ratio,
            ring_seconds=figures.ring_seconds,
        )
    )


def _seen(seconds: Sequence[float], usual: Law) -> Law:
    """What was measured; if that is little, the usual law, with the mean that was."""
    kept = tuple(s for s in seconds if s >= 0)
    if len(kept) >= LEAST_SEEN:
        return Seen(kept)
    if len(kept) >= 5 and isinstance(usual, Lognormal):
        mean = fmean(kept)
        return Lognormal(mean, usual.cv) if mean > 0 else Always(0.0)
    return usual
