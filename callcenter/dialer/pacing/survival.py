"""How long something still lasts that has lasted so long: a decayed life table, smoothed.

Durations that are over are counted in bins that widen with their length; those still going on count among the
ones at risk (Kaplan and Meier). The hazard of a bin is pooled with its neighbours and with a few made-up
durations of a lognormal law, which matter only while little has been seen. Nothing is assumed of the shape:
with a heavy tail, who has talked long is expected to go on.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from callcenter.dialer.pacing.fading import Fading

FINE = 20  # seconds in bins of one second each
WIDENING = 1.08
LONGEST = 7200.0
POOLED = 2  # bins on each side whose hazard is looked at as well


def _edges() -> tuple[float, ...]:
    edges = [float(k) for k in range(FINE + 1)]
    while edges[-1] < LONGEST:
        edges.append(max(edges[-1] + 1.0, edges[-1] * WIDENING))
    return tuple(edges)


EDGES = _edges()
BINS = len(EDGES) - 1


class LifeTable:
    """Durations of one kind: conversations, or wrap-up."""

    def __init__(self, mean: float, cv: float, *, prior: float, half_life: float) -> None:
        """`prior` durations of a lognormal law with this mean and variation are taken as seen."""
        self._prior = [prior * share for share in _lognormal_bins(mean, cv)]
        self._ended = Fading(BINS, half_life)
        self._hazard = [0.0] * (BINS + 1)  # cumulated at each edge
        self.refresh((), 0.0)

    def add(self, duration: float, at: float) -> None:
        """One is over."""
        self._ended.add(bin_of(duration), at)

    def refresh(self, lasting: Iterable[float], now: float) -> None:
        """Compute the table again; `lasting` are the ages of those that go on."""
        seen = self._ended.values(now)
        ended = [count + prior for count, prior in zip(seen, self._prior, strict=True)]
        going = [0.0] * BINS
        for age in lasting:
            going[bin_of(age)] += 1.0
        exposed = [0.0] * BINS
        at_risk = 0.0
        for k in range(BINS - 1, -1, -1):
            width = EDGES[k + 1] - EDGES[k]
            exposed[k] = (at_risk + 0.5 * (ended[k] + going[k])) * width
            at_risk += ended[k] + going[k]
        total = 0.0
        for k in range(BINS):
            low, high = max(0, k - POOLED), min(BINS, k + POOLED + 1)
            seconds = sum(exposed[low:high])
            hazard = sum(ended[low:high]) / seconds if seconds > 0 else 0.0
            total += hazard * (EDGES[k + 1] - EDGES[k])
            self._hazard[k + 1] = total

    def cumulated(self, age: float) -> float:
        """The cumulated hazard: minus the logarithm of the share that lasts longer than `age`."""
        if age <= 0:
            return 0.0
        if age >= EDGES[-1]:
            return self._hazard[-1] + (age / EDGES[-1] - 1.0)
        k = bin_of(age)
        low, high = EDGES[k], EDGES[k + 1]
        return self._hazard[k] + (self._hazard[k + 1] - self._hazard[k]) * (age - low) / (high - low)

    def over_within(self, age: float, seconds: float) -> float:
        """The chance that what has lasted `age` is over within `seconds`."""
        if seconds <= 0:
            return 0.0
        return 1.0 - math.exp(self.cumulated(age) - self.cumulated(age + seconds))

    def quantiles(self, number: int) -> tuple[float, ...]:
        """The middles of `number` equal parts of all durations."""
        return tuple(self._quantile((k + 0.5) / number) for k in range(number))

    def _quantile(self, share: float) -> float:
        wanted = -math.log(1.0 - share)
        k = min(BINS - 1, max(0, bisect_right(self._hazard, wanted) - 1))
        step = self._hazard[k + 1] - self._hazard[k]
        part = (wanted - self._hazard[k]) / step if step > 0 else 0.0
        return EDGES[k] + min(1.0, part) * (EDGES[k + 1] - EDGES[k])

    @property
    def mean(self) -> float:
        """Of durations up to the longest that are told apart."""
        return sum(
            0.5 * (math.exp(-self._hazard[k]) + math.exp(-self._hazard[k + 1])) * (EDGES[k + 1] - EDGES[k])
            for k in range(BINS)
        )


def bin_of(duration: float) -> int:
    if duration < FINE:
        return max(0, int(duration))
    return min(BINS - 1, bisect_right(EDGES, duration) - 1)


def _lognormal_bins(mean: float, cv: float) -> Sequence[float]:
    """How a lognormal law spreads over the bins."""
    square = math.log1p(cv * cv)
    middle, spread = math.log(mean) - square / 2, math.sqrt(square)
    below = [0.0] + [
        0.5 * math.erfc((middle - math.log(edge)) / (spread * math.sqrt(2))) for edge in EDGES[1:]
    ]
    below[-1] = 1.0
    return [high - low for low, high in pairwise(below)]
