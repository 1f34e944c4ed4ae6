"""The clairvoyant: what pacing could reach if it knew how every line ends and how long every call lasts.

It knows the moment at which each agent will be free (talk, wrap-up, breaks and log-outs to come) and, from
the moment a line is placed, whether and when a person will answer it. It does not know who would answer
before anybody is dialled, nor how long a call lasts that has not begun. A new line is placed if its answer,
whenever it comes, would probably find an agent; how probably is `daring`, which a comparison sets with
hindsight, for each day, so that the day ends just under the limit. A real dialer has less of everything.
"""

from bisect import bisect_right
from random import Random

from typing_extensions import override

from callcenter.dialer.simulation.watching import Watching
from callcenter.dialer.simulation.world import World
from callcenter.dialer.states import Outcome

DRAWS = 4000
HORIZON = 60


class Clairvoyant(Watching):
    """Places one line at a time, and knows at once what comes of it."""

    again = 0.0

    def __init__(self, world: World, daring: float) -> None:
        super().__init__()
        self._daring = daring
        random = Random(1)  # noqa: S311
        rings = (world.ring.draw(random) for _ in range(DRAWS))
        self._rings = sorted(ring for ring in rings if ring <= world.ring_seconds)
        self._patience = world.patience
        self._horizon = world.ring_seconds + world.dial_seconds
        self._delay = world.dial_seconds

    @override
    def lines(self, now: float, claiming: int) -> int:
        if claiming:
            return 0
        return 1 if self._risk() < self._daring else 0

    def _risk(self) -> float:
        """The chance that one more answer comes while nobody is free, nor will be within the patience."""
        run = self.run
        now = run.now
        steps: list[tuple[float, int]] = [
            (fate.ends_at, -1)
            for fate in run.fates.values()
            if fate.outcome in (Outcome.ANSWERED, Outcome.MACHINE)
        ]
        last = now + self._horizon + self._patience
        for at, change in run.coming(last):
            # somebody who comes free within the patience serves an earlier answer
            steps.append((max(now, at - self._patience) if change > 0 else at, change))
        steps.sort()
        free = len(run.free) - len(run.waiting)
        risk, since = 0.0, now
        for at, change in steps:
            if free <= 0:
                risk += self._share(since, at, now)
            if change > 0 or free > 0:
                free += change
            since = at
        if free <= 0:
            risk += self._share(since, now + self._horizon, now)
        return risk

    def _share(self, begins: float, ends: float, now: float) -> float:
        """Of the answers of a line placed now, how many come between the two moments."""
        rings, shift = self._rings, now + self._delay
        return (bisect_right(rings, ends - shift) - bisect_right(rings, begins - shift)) / len(rings)
