"""How many lines a predictive campaign may have. The argument is in docs/adr/0020."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from callcenter.dialer.pacing.budget import SURE, Room, overdrawn
from callcenter.dialer.pacing.decision import Bound
from callcenter.dialer.pacing.experience import Experience
from callcenter.dialer.pacing.forecast import STEP, Flow
from callcenter.dialer.pacing.lines import Cohort
from callcenter.dialer.pacing.projection import nobody

DEAREST = 36_000.0  # seconds; where nothing may be lost
SMALL_TEAM = 25  # agents up to whom every number of free agents is told apart
DEVIATIONS = 2.5  # of the answer chance that are allowed for where nothing may be abandoned


@dataclass(frozen=True, slots=True)
class Scene:
    """The campaign at this moment."""

    now: float
    team: int  # agents on shift
    free: int  # less those whom an answered customer is waiting for
    ready: int
    ringing: Mapping[tuple[int, Cohort], int]  # by second placed and cohort
    lines: int  # that ring, those being claimed included
    claiming: int
    chance: float  # of the line that would be placed next
    doubt: float  # the square of how wrong that may be, relative to itself


@dataclass(frozen=True, slots=True)
class Verdict:
    """So many more lines, and what kept them from being one more."""

    lines: int
    bound: Bound
    risk: float
    expected: float  # agents who come free
    within: float  # seconds: half of the answers to a line placed now have come by then
    answers: float  # expected of the lines that ring
    price: float


class Question:
    """One decision: `more(n)` says whether n further lines are right."""

    def __init__(self, scene: Scene, known: Experience, frees: Flow, room: Room) -> None:
        self._scene = scene
        self._room = room
        self._when = known.answers.when
        self._one = tuple(scene.chance * share for share in known.answers.when)
        self._weights = early(known.answers.when)
        leave = known.leave_rate * max(0, scene.ready)
        self._leaving = tuple(leave * STEP * (k + 1) for k in range(len(self._one)))
        self.frees = frees
        self.answers = known.answers.flow(scene.ringing, scene.claiming * scene.chance, scene.now)
        self._known: dict[int, tuple[float, float]] = {}

    @property
    def half(self) -> int:
        """The step by which half of the answers to a line placed now have come."""
        when = self._when
        return next((k for k, share in enumerate(when) if share >= 0.5 * when[-1]), len(when) - 1)

    def price(self, daring: float) -> float:
        """Of one abandoned call, in seconds that an agent waits: what makes this daring the right one.

        A line placed a moment earlier saves that moment if somebody is free, and loses a call, at the rate at
        which agents come free, if nobody is: at the right daring the two weigh the same.
        """
        rate = self.frees.means[-1] / (STEP * len(self.frees.means))
        return min(DEAREST, (1.0 / daring - 1.0) / rate) if daring > 0 and rate > 0 else DEAREST

    def risk(self, lines: int) -> float:
        return self._lost(lines)[0]

    def fits(self, lines: int) -> bool:
        """Would what these lines may cost in abandoned calls stay within the room there is?"""
        if self._room.standing is None:
            return True
        if self._room.spent:
            return self._safe(lines)
        return self._lost(lines)[1] <= SURE

    def _safe(self, lines: int) -> bool:
        """Is there an agent, free now, for every answer, as good as surely?"""
        scene = self._scene
        mean = self.answers.means[-1] + lines * self._one[-1]
        return (
            overdrawn(mean * (1.0 + DEVIATIONS * math.sqrt(scene.doubt)), scene.free - self._leaving[-1])
            <= SURE
        )

    def _lost(self, lines: int) -> tuple[float, float]:
        known = self._known.get(lines)
        if known is None:
            known = self._known[lines] = self._project(lines)
        return known

    def _project(self, lines: int) -> tuple[float, float]:
        """The chance that one of these lines' answers finds nobody, and that there is no room for that."""
        answers = self.answers
        means = tuple(a + lines * o for a, o in zip(answers.means, self._one, strict=True))
        spread = tuple(v + lines * o * (1.0 - o) for v, o in zip(answers.variances, self._one, strict=True))
        pulled = tuple(m + q for m, q in zip(means, self._leaving, strict=True))
        chances = nobody(
            self._scene.free, self.frees, Flow(pulled, spread), exact=self._scene.team <= SMALL_TEAM
        )
        risk = sum(w * chance for w, chance in zip(self._weights, chances, strict=True))
        return risk, self._too_many(means, spread)

    def _too_many(self, means: Sequence[float], spread: Sequence[float]) -> float:
        """The chance that more answers are lost than there is room for.

        Lost is what the free agents would fall below zero; that they fall so low at some time is, by the
        principle of reflection, about twice as likely as that they are so low at the worst moment.
        """
        scene, room = self._scene, math.floor(self._room.calls) + 0.5 if self._room.standing else 0.0
        nearest = math.inf
        for f, fv, a, av in zip(self.frees.means, self.frees.variances, means, spread, strict=True):
            deviation = math.sqrt(max(1e-6, fv + av + scene.doubt * a * a))
            nearest = min(nearest, (room + scene.free + f - a) / deviation)
        return min(1.0, math.erfc(nearest / math.sqrt(2.0)))


def verdict(question: Question, scene: Scene, daring: float) -> Verdict:
    """A line for each free agent is always right; beyond that, as many as risk and room allow."""
    surely = max(0, scene.free - scene.lines)

    def right(lines: int) -> bool:
        return question.risk(lines) < daring and question.fits(lines)

    lines = most(right, surely)
    bound = Bound.RISK if question.fits(lines + 1) else Bound.LIMIT
    half = question.half
    return Verdict(
        lines,
        bound,
        risk=question.risk(max(1, lines)),
        expected=question.frees.means[half],
        within=STEP * (half + 1),
        answers=question.answers.means[-1],
        price=question.price(daring),
    )


def within_room(question: Question, scene: Scene, wanted: int) -> tuple[int, Bound]:
    """A fixed ratio's lines, as far as the windows have room for what they may cost."""
    surely = max(0, scene.free - scene.lines)
    if wanted <= surely or question.fits(wanted):
        return wanted, Bound.RATIO
    return min(wanted, most(question.fits, surely)), Bound.LIMIT


def most(right: Callable[[int], bool], least: int, limit: int = 512) -> int:
    """The highest number that is right, where every lower one is too; at least `least`."""
    if not right(least + 1):
        return least
    low, step = least + 1, 1
    while low + step < limit and right(low + step):
        low, step = low + step, step * 2
    high = min(limit, low + step)
    while high - low > 1:
        middle = (low + high) // 2
        if right(middle):
            low = middle
        else:
            high = middle
    return low


def early(when: tuple[float, ...]) -> tuple[float, ...]:
    """How much each step's chance of finding nobody weighs for a line placed now: as its answers come then,
    and less the later, as later decisions can still make up for it."""
    weights, before = [], 0.0
    for share in when:
        weights.append((share - before) * (1.0 - 0.5 * (share + before)))
        before = share
    whole = sum(weights)
    return tuple(w / whole for w in weights)
