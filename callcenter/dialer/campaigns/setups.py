"""A trial of a campaign in the simulator: what is assumed, which days are run, what they came to. Pure.

Everything that is assumed stands in the address of the page, so a link to it is the trial.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Window
from callcenter.dialer.simulation.compare import Band
from callcenter.dialer.simulation.laws import Lognormal
from callcenter.dialer.simulation.measures import Measures
from callcenter.dialer.simulation.policies import Ours
from callcenter.dialer.simulation.vicidial import Level, Vicidial
from callcenter.dialer.simulation.watching import Watching
from callcenter.dialer.simulation.world import World, everybody, steady
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked

DAYS = 3
GLANCES = 2
SHORTEST_TALK = 5.0
SIZES = (0.5, 1.0, 1.5, 2.0)  # of the team that is asked about
MEASURED = ("occupancy", "idle_per_call", "contacts_per_hour", "abandoned_share")


class Kind(StrEnum):
    """Whose pacing is tried."""

    OURS = "ours"
    PROGRESSIVE = "progressive"
    VICIDIAL = "vicidial"


def _bounded(default: float, low: float, high: float) -> float:
    value: float = field(default=default, metadata={"low": low, "high": high})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is assumed. Percents as people say them, times in seconds."""

    mode: Pace = Pace.PREDICTIVE
    agents: float = _bounded(10, 1, 120)
    limit: float = _bounded(3, 0.1, 3)
    lines: float = _bounded(2, 1, 5)
    answered: float = _bounded(30, 1, 95)
    ring: float = _bounded(12, 2, 40)
    ring_for: float = _bounded(25, 15, 120)
    talk: float = _bounded(120, SHORTEST_TALK, 1800)
    wrap: float = _bounded(20, 0, 600)
    hours: float = _bounded(3, 1, 8)
    glance: bool = False  # only this team, only its own pacing, less exactly

    def query(self) -> dict[str, str]:
        """As it stands in the address."""
        return {name: f"{getattr(self, name):g}" for name in NUMBERS} | {"mode": self.mode.value}


NUMBERS = {one.name: one.metadata for one in fields(Setup) if "low" in one.metadata}


def read_setup(typed: Mapping[str, str], known: Setup) -> Setup:
    """What is typed over what is known; raises `Invalid` beside each field that is out of bounds."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, bounds in NUMBERS.items():
        text = typed.get(name, "").strip().replace(",", ".")
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not bounds["low"] <= value <= bounds["high"]:
            wrong[name] = marked("This is out of bounds.")
        values[name] = value
    mode = typed.get("mode", known.mode.value)
    if mode not in {Pace.PREDICTIVE, Pace.RATIO, Pace.PROGRESSIVE}:
        wrong["mode"] = marked("This is not one of the choices.")
    if wrong:
        raise Invalid(wrong)
    return replace(known, mode=Pace(mode), **values)


@dataclass(frozen=True, slots=True)
class Cell:
    """One simulated day."""

    kind: Kind
    agents: int
    seed: int


@dataclass(frozen=True, slots=True)
class Done:
    """A day that has been run."""

    cell: Cell
    measures: Measures


def sizes_of(setup: Setup) -> list[int]:
    """Numbers of agents to look at, the team's own among them."""
    if setup.glance:
        return [round(setup.agents)]
    return sorted({max(1, round(setup.agents * share)) for share in SIZES})


def kinds_of(setup: Setup) -> list[Kind]:
    if setup.glance:
        return [Kind.OURS]
    return [kind for kind in Kind if kind is not Kind.PROGRESSIVE or setup.mode is not Pace.PROGRESSIVE]


def cells_of(setup: Setup) -> list[Cell]:
    """The days, the team's own size first, so that an answer is there soon."""
    sizes = sorted(sizes_of(setup), key=lambda n: abs(n - setup.agents))
    days = range(GLANCES if setup.glance else DAYS)
    return [Cell(kind, n, seed) for n in sizes for kind in kinds_of(setup) for seed in days]


def world_of(setup: Setup, agents: int) -> World:
    seconds = setup.hours * 3600
    return World(
        seconds,
        everybody(agents, seconds),
        steady(setup.answered / 100),
        ring=Lognormal(setup.ring, 0.55),
        ring_seconds=setup.ring_for,
        talk=Lognormal(setup.talk, 1.0),
        wrap=Lognormal(max(0.5, setup.wrap), 0.6),
    )


def policy_of(setup: Setup, kind: Kind) -> Watching:
    if kind is Kind.VICIDIAL:
        return Vicidial(Level(drop_limit=setup.limit))
    pace = Pace.PROGRESSIVE if kind is Kind.PROGRESSIVE else setup.mode
    limit = Window("day", limit=setup.limit / 100)
    return Ours(Settings(pace=pace, windows=(limit,), ratio=setup.lines, ring_seconds=setup.ring_for))


@dataclass(frozen=True, slots=True)
class Line:
    """What one kind of pacing came to with one number of agents: mean, lowest and highest day."""

    kind: Kind
    agents: int
    days: int
    bands: Mapping[str, Band]


def lines_of(found: Mapping[Cell, Measures]) -> list[Line]:
    """By kind, then by agents; days that are not done yet are left out."""
    groups: dict[tuple[Kind, int], list[Measures]] = {}
    for cell in sorted(found, key=lambda c: c.seed):
        groups.setdefault((cell.kind, cell.agents), []).append(found[cell])
    order = list(Kind)
    return [
        Line(kind, agents, len(days), {name: _band(getattr(day, name) for day in days) for name in MEASURED})
        for (kind, agents), days in sorted(groups.items(), key=lambda g: (order.index(g[0][0]), g[0][1]))
    ]


def _band(values: Iterable[float]) -> Band:
    found = list(values)
    return Band(sum(found) / len(found), min(found), max(found))
