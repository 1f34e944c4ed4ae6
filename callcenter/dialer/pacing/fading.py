"""Counts that fade with time: after each half-life what was counted weighs half."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

HUGE = 1e9  # where the growing weights are brought back


class Fading:
    """A row of counts. New ones are added with growing weight, instead of old ones being shrunk each time."""

    def __init__(self, size: int, half_life: float) -> None:
        self._rate = math.log(2) / half_life
        self._counts = [0.0] * size
        self._begin: float | None = None

    def add(self, index: int, at: float, amount: float = 1.0) -> None:
        if self._begin is None:
            self._begin = at
        weight = math.exp(self._rate * (at - self._begin))
        if weight > HUGE:
            self._counts = [count / weight for count in self._counts]
            self._begin, weight = at, 1.0
        self._counts[index] += amount * weight

    def values(self, now: float) -> Sequence[float]:
        if self._begin is None:
            return self._counts
        scale = math.exp(-self._rate * (now - self._begin))
        return [count * scale for count in self._counts]


@dataclass(slots=True)
class Tally:
    """Trials and answers that fade."""

    at: float
    trials: float = 0.0
    answers: float = 0.0

    def add(self, at: float, trials: float, answers: float, half_life: float) -> None:
        self.fade(at, half_life)
        self.trials += trials
        self.answers += answers

    def fade(self, at: float, half_life: float) -> None:
        if at > self.at:
            keep = 0.5 ** ((at - self.at) / half_life)
            self.trials *= keep
            self.answers *= keep
            self.at = at
