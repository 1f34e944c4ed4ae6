"""The chance that a line is answered, by cohort.

Answers come sooner than the news that nobody answers, so a share counted of resolved lines is too high.
Here each line placed counts as the part of a trial that its age makes it: a line that has rung so long that
40 % of all answers would have come is 0.4 of a trial, whether or not it was answered. Counts are kept for the
campaign, the list, the kind of number and attempt, and the hour; each level leans on the one above it as far
as its own counts are few. A last factor, the answers of the last minutes over those that were to be expected,
follows a drift that all share.
"""

from collections import deque
from dataclasses import dataclass

from callcenter.dialer.pacing.fading import Tally
from callcenter.dialer.pacing.lines import Cohort
from callcenter.dialer.pacing.rings import Rings

PRIOR_CHANCE = 0.25
PRIOR_TRIALS = 8.0
LEAN = (PRIOR_TRIALS, 25.0, 60.0, 120.0)  # trials that the level above weighs, from the campaign down
HALF_LIFE = 900.0
RECENT_HALF_LIFE = 200.0
RECENT_LEAN = 20.0  # expected answers that stand for "no drift"
FORGOTTEN = 0.01
LATE = 3.0  # seconds after the ring time-out until a line is resolved for sure
Key = tuple[int | str, ...]


@dataclass(slots=True)
class Batch:
    """The lines of one cohort placed within one second."""

    second: int
    cohort: Cohort
    lines: int = 0
    answers: int = 0


class AnswerChance:
    """Learns from every line placed."""

    def __init__(self, rings: Rings) -> None:
        self._rings = rings
        self._young: deque[Batch] = deque()
        self._by_second: dict[tuple[int, Cohort], Batch] = {}
        self._tallies: dict[Key, Tally] = {}
        self._recent: dict[Cohort, Tally] = {}
        self._known: dict[Cohort, tuple[float, float]] = {}
        self._totals: dict[Key, tuple[float, float]] = {}
        self._drift = 1.0
        self._doubt = 1.0 / RECENT_LEAN

    def placed(self, cohort: Cohort, at: float) -> None:
        self._batch(cohort, at).lines += 1

    def answered(self, cohort: Cohort, placed_at: float) -> None:
        batch = self._by_second.get((int(placed_at), cohort))
        if batch is not None:
            batch.answers += 1

    def uncounted(self, cohort: Cohort, placed_at: float) -> None:
        """A line that says nothing about its cohort: we took it down, or never saw its end."""
        batch = self._by_second.get((int(placed_at), cohort))
        if batch is not None:
            batch.lines = max(batch.answers, batch.lines - 1)

    def refresh(self, now: float) -> None:
        """Count up to now; `chance` speaks of this moment until the next time."""
        self._settle(now)
        totals: dict[Key, list[float]] = {}
        recent: dict[Cohort, list[float]] = {}
        for key, tally in self._tallies.items():
            tally.fade(now, HALF_LIFE)
            totals[key] = [tally.trials, tally.answers]
        for cohort, tally in tuple(self._recent.items()):
            tally.fade(now, RECENT_HALF_LIFE)
            if tally.trials < FORGOTTEN:
                del self._recent[cohort]
                continue
            recent[cohort] = [tally.trials, tally.answers]
        for batch in self._young:
            trials = batch.lines * self._rings.answered_by(now - batch.second - 0.5)
            for key in _keys(batch.cohort):
                total = totals.setdefault(key, [0.0, 0.0])
                total[0] += trials
                total[1] += batch.answers
            total = recent.setdefault(batch.cohort, [0.0, 0.0])
            total[0] += trials
            total[1] += batch.answers
        self._totals = {key: (total[0], total[1]) for key, total in totals.items()}
        self._known = {}
        expected = sum(total[0] * self._slow(cohort)[0] for cohort, total in recent.items())
        came = sum(total[1] for total in recent.values())
        self._doubt = 1.0 / (came + RECENT_LEAN)
        self._drift = (came + RECENT_LEAN) / (expected + RECENT_LEAN)

    def chance(self, cohort: Cohort) -> tuple[float, float]:
        """The chance, and the square of how wrong it may be, relative to itself."""
        known = self._known.get(cohort)
        if known is None:
            slow, trials = self._slow(cohort)
            chance = min(0.98, max(0.005, slow * self._drift))
            doubt = self._doubt + (1.0 - chance) / (chance * (trials + 1.0))
            known = self._known[cohort] = (chance, doubt)
        return known

    def _slow(self, cohort: Cohort) -> tuple[float, float]:
        chance, weight = PRIOR_CHANCE, PRIOR_TRIALS
        for key, lean in zip(_keys(cohort), LEAN, strict=True):
            trials, answers = self._totals.get(key, (0.0, 0.0))
            chance = (answers + lean * chance) / (trials + lean)
            weight = trials + min(lean, weight)
        return chance, weight

    def _batch(self, cohort: Cohort, at: float) -> Batch:
        key = (int(at), cohort)
        batch = self._by_second.get(key)
        if batch is None:
            batch = self._by_second[key] = Batch(key[0], cohort)
            self._young.append(batch)
        return batch

    def _settle(self, now: float) -> None:
        """Batches whose lines must all be resolved go into the tallies."""
        old = now - self._rings.most - LATE
        while self._young and self._young[0].second < old:
            batch = self._young.popleft()
            del self._by_second[(batch.second, batch.cohort)]
            at = batch.second + self._rings.most + LATE
            for key in _keys(batch.cohort):
                tally = self._tallies.setdefault(key, Tally(at))
                tally.add(at, batch.lines, batch.answers, HALF_LIFE)
            tally = self._recent.setdefault(batch.cohort, Tally(at))
            tally.add(at, batch.lines, batch.answers, RECENT_HALF_LIFE)


def _keys(cohort: Cohort) -> tuple[Key, ...]:
    """From the campaign down to the cohort itself."""
    return ((), (cohort.list_id,), (cohort.list_id, cohort.kind, cohort.attempt), cohort)
