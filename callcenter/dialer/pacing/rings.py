"""How long lines ring: those that are answered, and those that end without an answer."""

import math
from collections.abc import Sequence

from callcenter.dialer.pacing.fading import Fading

PRIOR = 20.0  # lines of each kind taken as seen before any was
PRIOR_MEAN = 11.0
PRIOR_SPREAD = 5.0
PRIOR_QUICK = 0.15  # of the unanswered: busy, rejected, invalid, within a few seconds
QUICK = 5
HALF_LIFE = 3600.0


class Rings:
    """Both laws by whole seconds, up to the ring time-out, when a line is over."""

    def __init__(self, ring_seconds: float) -> None:
        self.most = max(1, math.ceil(ring_seconds))
        self._prior_answered = _bell(self.most)
        self._prior_failed = [PRIOR * PRIOR_QUICK / min(QUICK, self.most)] * min(QUICK, self.most)
        self._prior_failed += [0.0] * (self.most - len(self._prior_failed))
        self._answered = Fading(self.most, HALF_LIFE)
        self._failed = Fading(self.most + 1, HALF_LIFE)  # the last: rang to the end
        self._answered_by: list[float] = []
        self._failed_by: list[float] = []
        self.refresh(0.0)

    def answer(self, seconds: float, at: float) -> None:
        self._answered.add(min(self.most - 1, max(0, int(seconds))), at)

    def failure(self, seconds: float, at: float) -> None:
        self._failed.add(min(self.most, max(0, int(seconds))), at)

    def refresh(self, now: float) -> None:
        answered = self._answered.values(now)
        self._answered_by = _shares([c + p for c, p in zip(answered, self._prior_answered, strict=True)])
        failed = self._failed.values(now)
        quick = [c + p for c, p in zip(failed, self._prior_failed, strict=False)]
        rest = failed[self.most] + PRIOR * (1.0 - PRIOR_QUICK)
        whole = sum(quick) + rest
        self._failed_by = [0.0]
        for count in quick:
            self._failed_by.append(self._failed_by[-1] + count / whole)

    def answered_by(self, age: float) -> float:
        """Of the lines that are answered at all, the share that is when it has rung for `age`."""
        return self._at(self._answered_by, age, 1.0)

    def still(self, age: float, chance: float) -> float:
        """The chance that a line is answered yet that has rung for `age`, when at first it was `chance`."""
        if age >= self.most:
            return 0.0
        answer = chance * (1.0 - self._at(self._answered_by, age, 1.0))
        other = (1.0 - chance) * (1.0 - self._at(self._failed_by, age, 1.0))
        return answer / (answer + other) if answer + other > 0 else 0.0

    def _at(self, shares: Sequence[float], age: float, beyond: float) -> float:
        second = int(age)
        if second >= self.most:
            return beyond
        low = shares[second]
        return low + (shares[second + 1] - low) * (age - second)


def _bell(seconds: int) -> list[float]:
    """The made-up answered lines: a bell round the usual ring time, cut off at the time-out."""
    heights = [math.exp(-0.5 * ((k + 0.5 - PRIOR_MEAN) / PRIOR_SPREAD) ** 2) for k in range(seconds)]
    return [PRIOR * height / sum(heights) for height in heights]


def _shares(counts: Sequence[float]) -> list[float]:
    """The running sum, from 0 to 1."""
    whole = sum(counts)
    found = [0.0]
    for count in counts:
        found.append(found[-1] + count / whole)
    return found
