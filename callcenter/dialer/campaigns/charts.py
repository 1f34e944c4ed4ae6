"""Small charts of a trial: a measure against the number of agents, band and line for each kind. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.dialer.campaigns.setups import Kind, Line

WIDTH, HEIGHT = 360.0, 140.0
LEFT, RIGHT, TOP, BOTTOM = 38.0, 10.0, 8.0, 20.0
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Curve:
    """`band` and `line` are what an SVG's polygon and polyline take as points."""

    kind: Kind
    band: str
    line: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    measure: str
    curves: tuple[Curve, ...]
    across: tuple[Tick, ...]  # numbers of agents
    up: tuple[Tick, ...]
    limit: float | None  # where the limit lies


def chart_of(lines: Sequence[Line], measure: str, *, scale: float = 1.0, limit: float | None = None) -> Chart:
    """`scale` makes of the measure what is shown (a share becomes percent); `limit` is in what is shown."""
    sizes = sorted({line.agents for line in lines})
    highest = max(
        (*(line.bands[measure].high * scale for line in lines), limit * 1.15 if limit else 0.0), default=1.0
    )
    step = _step(highest)
    top = max(step, step * math.ceil(highest / step))

    def x(agents: int) -> float:
        if len(sizes) < 2:
            return round((LEFT + WIDTH - RIGHT) / 2, 1)
        share = (agents - sizes[0]) / (sizes[-1] - sizes[0])
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM), 1)

    curves = []
    for kind in Kind:
        own = [line for line in lines if line.kind is kind]
        if not own:
            continue
        bands = [line.bands[measure] for line in own]
        upper = [(x(line.agents), y(band.high * scale)) for line, band in zip(own, bands, strict=True)]
        lower = [(x(line.agents), y(band.low * scale)) for line, band in zip(own, bands, strict=True)]
        dots = tuple((x(line.agents), y(band.mean * scale)) for line, band in zip(own, bands, strict=True))
        curves.append(Curve(kind, _points([*upper, *reversed(lower)]), _points(dots), dots))
    return Chart(
        measure,
        tuple(reversed(curves)),  # ours is drawn last, above the others
        tuple(Tick(x(agents), agents) for agents in sizes),
        tuple(Tick(y(step * k), step * k) for k in range(round(top / step) + 1)),
        y(limit) if limit is not None else None,
    )


def _step(highest: float) -> float:
    """About three lines up."""
    if highest <= 0:
        return 1.0
    rough = highest / 3
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return float(next(magnitude * step for step in STEPS if magnitude * step >= rough))


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{across:g},{up:g}" for across, up in places)
