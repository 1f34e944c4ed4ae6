"""How many agents will be free at the end of each step, if so many lines are placed now.

Free agents go up when one comes free and down when somebody answers; below zero they cannot go, as an answer
that finds nobody is lost (and abandoned). With few agents the distribution is computed as it is; with many it
is a normal one, cut off at zero after each step.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from callcenter.dialer.pacing.forecast import Flow

FINENESS = 100  # parts of a call, for means that are looked up
NEGLIGIBLE = 1e-7
ROOT_TWO = math.sqrt(2.0)
ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


def nobody(free: int, frees: Flow, answers: Flow, *, exact: bool) -> list[float]:
    """The chance at each step that nobody is free."""
    if exact:
        return _exact(free, frees.means, answers.means)
    return _normal(free, frees, answers)


def _exact(free: int, frees: Sequence[float], answers: Sequence[float]) -> list[float]:
    size = max(1, free) + math.ceil(frees[-1] + 3.0 * math.sqrt(frees[-1]) + 1.0)
    at = [0.0] * (size + 1)
    at[max(0, free)] = 1.0
    found: list[float] = []
    freed = answered = 0.0
    for now_freed, now_answered in zip(frees, answers, strict=True):
        at = _moved(at, _difference(now_freed - freed, now_answered - answered))
        freed, answered = now_freed, now_answered
        found.append(at[0])
    return found


def _moved(at: list[float], change: Sequence[tuple[int, float]]) -> list[float]:
    last = len(at) - 1
    found = [0.0] * (last + 1)
    for have, chance in enumerate(at):
        if chance > NEGLIGIBLE:
            for by, share in change:
                to = have + by
                found[0 if to < 0 else last if to > last else to] += chance * share
    return found


@lru_cache(maxsize=4096)
def _steps(freed: int, answered: int) -> tuple[tuple[int, float], ...]:
    """How free agents change when so many (in hundredths) come free on average, and so many answer."""
    change: dict[int, float] = {}
    for more, chance in enumerate(_poisson(freed / FINENESS)):
        for fewer, other in enumerate(_poisson(answered / FINENESS)):
            change[more - fewer] = change.get(more - fewer, 0.0) + chance * other
    return tuple((by, share) for by, share in sorted(change.items()) if share > NEGLIGIBLE)


def _difference(freed: float, answered: float) -> tuple[tuple[int, float], ...]:
    return _steps(round(max(0.0, freed) * FINENESS), round(max(0.0, answered) * FINENESS))


def _poisson(mean: float) -> list[float]:
    """Counts up to where they hardly matter; the last takes what is left."""
    if mean <= 1e-6:
        return [1.0]
    share = math.exp(-mean)
    found, whole = [share], share
    while whole < 0.999 and len(found) < 40:
        share *= mean / len(found)
        found.append(share)
        whole += share
    found[-1] += 1.0 - whole
    return found


def _normal(free: int, frees: Flow, answers: Flow) -> list[float]:
    mean, variance = float(max(0, free)), 0.0
    found: list[float] = []
    freed = answered = spread = 0.0
    for f, a, fv, av in zip(frees.means, answers.means, frees.variances, answers.variances, strict=True):
        mean += f - freed - (a - answered)
        variance += max(0.05, fv + av - spread)
        freed, answered, spread = f, a, fv + av
        deviation = math.sqrt(variance)
        found.append(0.5 * math.erfc((mean - 0.5) / (deviation * ROOT_TWO)))
        z = mean / deviation
        above = 0.5 * math.erfc(-z / ROOT_TWO)
        density = math.exp(-0.5 * z * z) / ROOT_TWO_PI
        kept = mean * above + deviation * density
        variance = max(1e-6, (mean * mean + variance) * above + mean * deviation * density - kept * kept)
        mean = kept
    return found
