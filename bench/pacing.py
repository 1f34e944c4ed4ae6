"""Pacing on simulated days: ours beside progressive, fixed ratios, VICIdial's modes and a clairvoyant.

Each seed is a day with its own drifting answer rate (0.15 to 0.45, four changes of list), heavy-tailed
conversations, late and early shifts and breaks; every way of pacing meets the same leads, conversations and
people. What says "hindsight" was tuned for each day by itself, so that the day just ends within the limit:
nobody could set it so in advance.
"""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from random import Random

from bench.figures import spread
from callcenter.dialer.pacing.lines import Cohort
from callcenter.dialer.pacing.pacer import Pacer
from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Window
from callcenter.dialer.simulation.clairvoyant import Clairvoyant
from callcenter.dialer.simulation.compare import Knob, bands, tuned
from callcenter.dialer.simulation.laws import Gamma, Lognormal, Mixture
from callcenter.dialer.simulation.measures import Measures
from callcenter.dialer.simulation.policies import FixedRatio, Ours
from callcenter.dialer.simulation.run import Run
from callcenter.dialer.simulation.vicidial import Level, Method, Vicidial
from callcenter.dialer.simulation.world import Stretch, World, drifting, everybody, staffed, steady
from callcenter.dialer.states import Outcome

WORKERS = 2
DAY = Window("day")
CALLS_A_SECOND = 25.0  # more than VICIdial's default, so that carriers hold nobody back
SHOWN = ("occupancy", "idle_per_call", "contacts_per_hour", "abandoned_share", "worst_share", "overdrawn")


@dataclass(frozen=True, slots=True)
class Size:
    """So many agents, for so many hours, on so many days."""

    agents: int
    hours: float
    days: int


SIZES = (Size(10, 8, 3), Size(50, 6, 2), Size(200, 3, 1))


def day(agents: int, hours: float, seed: int) -> World:
    random = Random(f"{seed}/{agents}")  # noqa: S311
    seconds = hours * 3600
    return World(
        seconds=seconds, shifts=staffed(random, agents, seconds), stretches=drifting(random, seconds)
    )


def _settings(pace: Pace) -> Settings:
    return Settings(pace=pace, windows=(DAY,))


def _vicidial(**settings: object) -> Vicidial:
    return Vicidial(Level(calls_a_second=CALLS_A_SECOND, **settings))  # type: ignore[arg-type]


def _best(world: World, seed: int, method: Method) -> Measures:
    """The better of the two ways to count agents, each with the level (or its cap) set with hindsight."""

    def make(available: bool, _: World, value: float) -> Vicidial:
        level = {"start": value} if method is Method.RATIO else {"most": value}
        return _vicidial(method=method, available_only=available, **level)

    found = [
        tuned(world, partial(make, available), Knob(1.0, most), seed)[0]
        for available, most in ((False, 5.0), (True, 14.0))
    ]
    lawful = [m for m in found if m.abandoned_share <= DAY.limit]
    return max(lawful or found, key=lambda m: m.occupancy)


POLICIES: dict[str, Callable[[World, int], Measures]] = {
    "ours": lambda w, s: Run(w, Ours(_settings(Pace.PREDICTIVE)), s).measures(),
    "progressive": lambda w, s: Run(w, Ours(_settings(Pace.PROGRESSIVE)), s).measures(),
    "best fixed ratio, hindsight": lambda w, s: tuned(
        w, lambda _, ratio: FixedRatio(ratio), Knob(1.0, 14.0), s
    )[0],
    "VICIdial ADAPT_AVERAGE, default": lambda w, s: Run(w, _vicidial(), s).measures(),
    "VICIdial ADAPT_HARD_LIMIT, default": lambda w, s: Run(
        w, _vicidial(method=Method.HARD_LIMIT), s
    ).measures(),
    "VICIdial ADAPT_TAPERED, default": lambda w, s: Run(w, _vicidial(method=Method.TAPERED), s).measures(),
    "VICIdial ADAPT_AVERAGE, cap by hindsight": lambda w, s: _best(w, s, Method.AVERAGE),
    "VICIdial RATIO, level by hindsight": lambda w, s: _best(w, s, Method.RATIO),
    "clairvoyant": lambda w, s: tuned(w, Clairvoyant, Knob(0.001, 0.2, halvings=5), s)[0],
}


def _one(task: tuple[Size, str, int]) -> Measures:
    size, policy, seed = task
    return POLICIES[policy](day(size.agents, size.hours, seed), seed)


def compared(sizes: tuple[Size, ...] = SIZES) -> dict[str, object]:
    found: dict[str, object] = {}
    with ProcessPoolExecutor(WORKERS) as pool:
        for size in sizes:
            tasks = [(size, policy, seed) for policy in POLICIES for seed in range(size.days)]
            days = dict(zip(tasks, pool.map(_one, tasks), strict=True))
            rows = {p: [days[size, p, seed] for seed in range(size.days)] for p in POLICIES}
            bound = sum(m.occupancy for m in rows["clairvoyant"])
            found[f"{size.agents} agents"] = {
                "hours": size.hours,
                "days": size.days,
                "ours of the clairvoyant": round(sum(m.occupancy for m in rows["ours"]) / bound, 4),
                **{policy: _shown(measures) for policy, measures in rows.items()},
            }
    return found


def _shown(days: list[Measures]) -> dict[str, object]:
    every = bands(days)
    return {
        name: [round(every[name].mean, 4), round(every[name].low, 4), round(every[name].high, 4)]
        for name in SHOWN
    }


def _other(seed: int) -> dict[str, World]:
    """Worlds unlike the one above."""
    seconds = 6 * 3600.0
    random = Random(f"other/{seed}")  # noqa: S311

    def team(agents: int) -> dict[str, object]:
        return {"seconds": seconds, "shifts": everybody(agents, seconds)}

    steps = tuple(Stretch(3600.0 * k, k + 1, (0.4, 0.15, 0.3, 0.1, 0.45, 0.2)[k]) for k in range(6))
    return {
        "5 agents": World(**team(5), stretches=drifting(random, seconds)),  # type: ignore[arg-type]
        "20 agents, short calls": World(
            **team(20), stretches=steady(0.25), talk=Lognormal(35.0, 0.8), wrap=Gamma(8.0, 0.7)
        ),  # type: ignore[arg-type]
        "30 agents, long calls": World(
            **team(30), stretches=steady(0.3), talk=Gamma(400.0, 0.9), wrap=Gamma(60.0, 0.5)
        ),  # type: ignore[arg-type]
        "40 agents, steps of the answer rate": World(**team(40), stretches=steps),  # type: ignore[arg-type]
        "40 agents, most calls very short, some very long": World(
            **team(40),
            stretches=steady(0.2),
            talk=Mixture(((0.7, Lognormal(20.0, 0.7)), (0.3, Lognormal(400.0, 1.0)))),
        ),  # type: ignore[arg-type]
        "30 agents, slow ring": World(
            **team(30), stretches=steady(0.3), ring=Lognormal(20.0, 0.5), ring_seconds=40.0
        ),  # type: ignore[arg-type]
        "30 agents, quick ring": World(**team(30), stretches=steady(0.3), ring=Gamma(6.0, 0.5)),  # type: ignore[arg-type]
        "30 agents, machines": World(**team(30), stretches=steady(0.2), machines=0.3),  # type: ignore[arg-type]
    }


def _elsewhere(task: tuple[str, int]) -> Measures:
    name, seed = task
    world = _other(seed)[name]
    settings = Settings(pace=Pace.PREDICTIVE, windows=(DAY,), ring_seconds=world.ring_seconds)
    return Run(world, Ours(settings), seed).measures()


def robust(days: int = 1) -> dict[str, object]:
    """Ours alone, in worlds of other kinds."""
    tasks = [(name, seed) for name in _other(0) for seed in range(days)]
    with ProcessPoolExecutor(WORKERS) as pool:
        found = dict(zip(tasks, pool.map(_elsewhere, tasks), strict=True))
    return {name: _shown([found[name, seed] for seed in range(days)]) for name in _other(0)}


def decision_times(agents: int, decisions: int = 2000) -> dict[str, float]:
    """Milliseconds of one decision, with that many agents busy and the lines that go with them."""
    random = Random(1)  # noqa: S311
    pacer = Pacer(_settings(Pace.PREDICTIVE))
    cohorts = [Cohort(1 + k % 3, "mobile", 1 + k % 4, 9 + k % 3) for k in range(12)]
    now = 1_750_000_000.0
    for agent in range(agents):
        pacer.ready(agent, now)
        if agent % 20:
            pacer.talking(agent, now - random.expovariate(1 / 90))
            if agent % 5 == 0:
                pacer.wrapping(agent, now - random.uniform(0, 20))
    times: list[float] = []
    line = 0
    for _ in range(decisions):
        now += 0.05
        for _ in range(max(1, agents // 100)):
            line += 1
            pacer.placed(line, now, cohorts[line % len(cohorts)])
            if line > agents:
                pacer.failed(line - agents, now, Outcome.NO_ANSWER)
        began = time.perf_counter()
        pacer.decide(now)
        times.append((time.perf_counter() - began) * 1000)
    return spread(times, 2)


def run() -> dict[str, object]:
    return {
        "decision milliseconds": {f"{n} agents": decision_times(n) for n in (10, 50, 200, 500)},
        "measures": "mean, lowest day, highest day",
        "days": compared(),
        "other worlds, ours": robust(),
    }
