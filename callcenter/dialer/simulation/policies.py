"""Ways of pacing to compare: ours through the same `Pacer`, and fixed ratios."""

from typing_extensions import override

from callcenter.dialer.pacing.pacer import Pacer
from callcenter.dialer.pacing.settings import Settings
from callcenter.dialer.simulation.watching import Ears, Watching


class Ours(Watching):
    """The product's own pacer, told what the engine would tell it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.pacer = Pacer(settings)

    @property
    @override
    def ears(self) -> Ears:
        return self.pacer

    @override
    def lines(self, now: float, claiming: int) -> int:
        return self.pacer.decide(now, claiming).lines


class FixedRatio(Watching):
    """So many ringing lines for each free agent, on every event, whatever comes of it."""

    def __init__(self, ratio: float) -> None:
        super().__init__()
        self.ratio = ratio

    @override
    def lines(self, now: float, claiming: int) -> int:
        run = self.run
        free = len(run.free) - len(run.waiting)
        return max(0, int(self.ratio * free) - len(run.fates) - claiming)
