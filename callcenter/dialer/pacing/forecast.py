"""Whom the next seconds will bring: agents who become free, customers who answer."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from callcenter.dialer.pacing.agents import Agent, Doing
from callcenter.dialer.pacing.answers import AnswerChance
from callcenter.dialer.pacing.lines import Cohort
from callcenter.dialer.pacing.rings import Rings
from callcenter.dialer.pacing.survival import EDGES, LifeTable, bin_of

STEP = 2.5  # seconds
HORIZON = 30.0  # an answer that comes later than that is for later decisions
PARTS = 6  # of wrap-up, when it is added to what is left of a conversation


@dataclass(frozen=True, slots=True)
class Flow:
    """What is expected up to the end of each step from now: means, and the variances of the sums."""

    means: tuple[float, ...]
    variances: tuple[float, ...]


class Frees:
    """When busy agents become free, by what they do and how long they have done it."""

    def __init__(self, steps: int, grace: float, talk: LifeTable, wrap: LifeTable) -> None:
        self._seconds = [STEP * (k + 1) + grace for k in range(steps)]
        self._talk, self._wrap = talk, wrap
        self.refresh(1.0)

    def refresh(self, coming_back: float) -> None:
        """The tables have changed. `coming_back`: the share of those who are ready again after a call."""
        self._coming_back = coming_back
        self._rows: dict[tuple[bool, int], tuple[float, ...]] = {}
        self._parts = self._wrap.quantiles(PARTS)
        self._rows = {}

    def _row(self, key: tuple[bool, int]) -> tuple[float, ...]:
        """The chances at each step, for those who talk (or wrap up) and have for as long as the bin says."""
        row = self._rows.get(key)
        if row is None:
            talking, k = key
            age = 0.5 * (EDGES[k] + EDGES[k + 1])
            if talking:
                begin, parts = self._talk.cumulated(age), self._parts
                over = [
                    sum(
                        1.0 - math.exp(begin - self._talk.cumulated(age + s - part))
                        for part in parts
                        if part < s
                    )
                    for s in self._seconds
                ]
                row = tuple(self._coming_back * share / PARTS for share in over)
            else:
                row = tuple(self._coming_back * self._wrap.over_within(age, s) for s in self._seconds)
            self._rows[key] = row
        return row

    def flow(self, agents: Iterable[Agent], now: float) -> Flow:
        steps = len(self._seconds)
        counts: dict[tuple[bool, int], int] = {}
        for agent in agents:
            if agent.doing is not Doing.READY and not agent.gone_by(now):
                key = (agent.doing is Doing.TALKING, bin_of(now - agent.since))
                counts[key] = counts.get(key, 0) + 1
        means, squares = [0.0] * steps, [0.0] * steps
        for key, count in counts.items():
            for step, chance in enumerate(self._row(key)):
                part = count * chance
                means[step] += part
                squares[step] += part * chance
        return Flow(tuple(means), tuple(m - s for m, s in zip(means, squares, strict=True)))


class Answers:
    """When ringing lines are answered, by cohort and by the second they were placed in."""

    def __init__(self, steps: int, rings: Rings, chances: AnswerChance) -> None:
        self._seconds = [STEP * (k + 1) for k in range(steps)]
        self._rings = rings
        self._chances = chances
        self._rows: list[tuple[float, ...]] = []
        self.refresh()

    def refresh(self) -> None:
        """The rings have learnt: by age, the share of the answers still to come that each step brings."""
        rings = self._rings
        self._rows = []
        for age in range(rings.most):
            begin = rings.answered_by(age + 0.5)
            rest = max(1e-9, 1.0 - begin)
            self._rows.append(tuple((rings.answered_by(age + 0.5 + s) - begin) / rest for s in self._seconds))
        self.when = tuple(rings.answered_by(s) for s in self._seconds)

    def flow(self, ringing: Mapping[tuple[int, Cohort], int], claimed: float, now: float) -> Flow:
        """`claimed`: answers expected of lines that are decided and not placed yet."""
        steps = len(self._seconds)
        means = [claimed * share for share in self.when]
        squares = [0.0] * steps
        doubt = 0.0
        for (second, cohort), count in ringing.items():
            age = int(now - second)
            if age >= len(self._rows):
                continue
            chance, wrong = self._chances.chance(cohort)
            still = self._rings.still(age + 0.5, chance)
            doubt += count * still * wrong
            for step, share in enumerate(self._rows[max(0, age)]):
                each = still * share
                means[step] += count * each
                squares[step] += count * each * each
        spread = doubt / means[-1] if means[-1] > 0 else 0.0
        return Flow(tuple(means), tuple(m - q + spread * m * m for m, q in zip(means, squares, strict=True)))
