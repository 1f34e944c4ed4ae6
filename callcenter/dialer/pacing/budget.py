"""How daring to be: the windows' budget, spent evenly and never overdrawn.

The chance that a line's answer finds nobody is kept under `daring`. What share of answers is abandoned at a
given daring is learnt; the share that is wanted follows from what the windows have left.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.dialer.pacing.fading import Tally
from callcenter.dialer.pacing.window import Standing

SPREAD_OVER = 1200.0  # seconds of answers over which a surplus or a debt is worked off
LEAST_ANSWERS = 60.0
MOST = 2.0  # times the limit that may be aimed at when there is a surplus
LOST_PER_DARING = 0.8  # before anything is learnt
LEAN = 4.0  # abandoned calls that this is worth
HALF_LIFE = 5400.0
SURE = 2e-5  # the chance of overdrawing that the lines in the air may take
KEPT = 3.0  # standard deviations of what the lines in the air may do that are kept back
SWINGS = 0.5  # standard deviations of the room itself that are kept back besides


@dataclass(frozen=True, slots=True)
class Room:
    """What the tightest window allows now."""

    standing: Standing | None
    calls: float  # that may be abandoned yet

    @property
    def spent(self) -> bool:
        return self.calls < 1.0


class Budget:
    """Learns what daring costs and says how much of it there may be."""

    def __init__(self) -> None:
        self._learnt = Tally(0.0)  # trials: daring of the answers; answers: of them, the abandoned
        self._answers = Tally(0.0)

    def answered(self, at: float, daring: float) -> None:
        """An answer that was dialled for at this daring."""
        self._learnt.add(at, daring, 0.0, HALF_LIFE)
        self._answers.add(at, 1.0, 0.0, SPREAD_OVER / 2)

    def abandoned(self, at: float) -> None:
        self._learnt.add(at, 0.0, 1.0, HALF_LIFE)

    def room(self, standings: Sequence[Standing]) -> Room:
        if not standings:
            return Room(None, math.inf)
        tightest = min(standings, key=lambda s: s.room)
        return Room(tightest, tightest.room)

    def daring(self, room: Room, coming: float, now: float) -> float:
        """`coming`: answers expected of the lines that ring already."""
        if room.standing is None:
            return 1.0
        limit = room.standing.window.limit
        self._answers.fade(now, SPREAD_OVER / 2)
        ahead = max(LEAST_ANSWERS, self._answers.trials)
        kept = KEPT * math.sqrt(2.0 * coming) + SWINGS * math.sqrt(2.0 * limit * ahead)
        surplus = room.calls - kept
        wanted = min(MOST * limit, max(0.0, limit + surplus / ahead))
        return min(0.5, wanted / self.lost_per_daring(now))

    def lost_per_daring(self, now: float) -> float:
        self._learnt.fade(now, HALF_LIFE)
        return (self._learnt.answers + LEAN * LOST_PER_DARING) / (self._learnt.trials + LEAN)


def overdrawn(expected: float, room: float) -> float:
    """The chance that more calls are abandoned than there is room for, when so many are expected."""
    if room < 0:
        return 1.0
    share, whole = math.exp(-expected), 0.0
    for calls in range(int(room) + 1):
        whole += share
        share *= expected / (calls + 1)
        if whole > 1.0 - SURE / 10:
            return max(0.0, 1.0 - whole)
    return max(0.0, 1.0 - whole)
