"""A model of how VICIdial paces, from a reading of its source (version 2.14): for comparison only.

Two loops. One places calls: about every 2.5 seconds it brings the campaign's calls up to level x agents
counted. The other samples the floor every second, counts the day's calls every 60 and moves the level every
15. It sees neither answer rates nor ring times, talk times or wrap-up. Left out in its favour: delays of its
database and scripts, an empty hopper, trunk limits, several servers.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from typing_extensions import override

from callcenter.dialer.simulation.watching import Watching
from callcenter.dialer.states import Outcome

if TYPE_CHECKING:
    from callcenter.dialer.simulation.run import Run

LOOP = 2.5
SAMPLES = 15
LEVEL_EVERY = 15
COUNT_EVERY = 60
DAY_STARTS = 8  # o'clock, when a simulated day begins


class Method(StrEnum):
    RATIO = "ratio"
    HARD_LIMIT = "hard-limit"
    AVERAGE = "average"
    TAPERED = "tapered"


@dataclass(frozen=True, slots=True)
class Level:
    """A campaign's settings, with the defaults of the schema."""

    method: Method = Method.AVERAGE
    start: float = 1.0
    most: float = 3.0
    available_only: bool = False  # count only agents who are ready
    drop_limit: float = 3.0  # percent
    target: float = 0.0  # agents waiting (negative) or callers waiting (positive) that are aimed at
    intensity: float = 0.0
    latest: int = 2100  # HHMM, for TAPERED
    calls_a_second: float = 5.0


class Vicidial(Watching):
    """Agents in wrap-up are paused for it, so they do not count."""

    def __init__(self, settings: Level) -> None:
        super().__init__()
        self.settings = settings
        self.calls_a_second = settings.calls_a_second
        self.every = 1.0
        self.level = settings.start
        self._dial_due = 0.0
        self._sample_due = 0.0
        self._ready: deque[int] = deque(maxlen=SAMPLES)
        self._callers: deque[int] = deque(maxlen=SAMPLES)
        self._agents: deque[int] = deque(maxlen=SAMPLES)
        self._loops = 0
        self._log: deque[tuple[float, bool]] = deque()  # of the last minute: when, dropped
        self._calls = 0
        self._answers = 0
        self._drops = 0
        self._counted = (0, 0.0, 0, 0.0)  # calls today, percent dropped, calls and percent of the last minute
        self._in_call: set[int] = set()

    @override
    def wrapping(self, agent_id: int, at: float) -> None:
        self._in_call.add(agent_id)

    @override
    def ready(self, agent_id: int, at: float) -> None:
        self._disposed(agent_id, at)

    @override
    def away(self, agent_id: int, at: float) -> None:
        self._disposed(agent_id, at)

    @override
    def failed(self, line_id: int, at: float, outcome: Outcome) -> None:
        self._logged(at)

    @override
    def abandoned(self, line_id: int, at: float) -> None:
        self._answers += 1
        self._drops += 1
        self._logged(at, dropped=True)

    @override
    def was_machine(self, at: float) -> None:
        self._answers -= 1

    @override
    def lines(self, now: float, claiming: int) -> int:
        if now >= self._sample_due:
            self._sample(now)
            self._sample_due = now + 1.0
        lines = 0
        if now >= self._dial_due:
            lines = self._to_place(claiming)
            self._dial_due = now + LOOP + lines / self.calls_a_second
        self.every = max(0.05, min(self._dial_due, self._sample_due) - now)
        return lines

    def _to_place(self, claiming: int) -> int:
        run, settings = self.run, self.settings
        ready, talking = len(run.free), run.talking
        if settings.available_only:
            goal = round(self.level * ready + talking)
        else:
            goal = round(self.level * (ready + talking))
        return max(0, goal - len(run.fates) - claiming - len(run.waiting) - talking)

    def _sample(self, now: float) -> None:
        run = self.run
        self._ready.append(len(run.free))
        self._callers.append(len(run.waiting))
        self._agents.append(run.logged_in)
        self._loops += 1
        if self._loops % COUNT_EVERY == 0:
            self._count(now)
        if self.settings.method is not Method.RATIO and self._loops % LEVEL_EVERY == 0:
            self.level = self._adapted(run)

    def _count(self, now: float) -> None:
        while self._log and self._log[0][0] < now - 60:
            self._log.popleft()
        minute = len(self._log)
        dropped = sum(1 for _, drop in self._log if drop)
        self._counted = (
            self._calls,
            100.0 * self._drops / max(1, self._answers),
            minute,
            100.0 * dropped / max(1, minute),
        )

    def _adapted(self, run: "Run") -> float:
        settings = self.settings
        agents = sum(self._agents) / len(self._agents)
        gap = (sum(self._ready) - sum(self._callers)) / len(self._ready) + settings.target
        percent = 100.0 * gap / agents if agents > 0 else 0.0
        strength = 1 + settings.intensity / 100 if percent >= 0 else abs(settings.intensity / 100 - 1)
        level = round(self.level * (1 + percent * strength / 100), 3)
        level = max(1.0, min(level, settings.most))
        calls, dropped, minute, minute_dropped = self._counted
        if minute > 20 and minute_dropped > 50:
            level /= 2
        if calls > 50 and dropped > settings.drop_limit:
            level = self._limited(level, run)
        return max(1.0, level)

    def _limited(self, level: float, run: "Run") -> float:
        match self.settings.method:
            case Method.HARD_LIMIT:
                return 1.0
            case Method.TAPERED:
                minutes = DAY_STARTS * 60 + int(run.now // 60)
                left = self.settings.latest - (minutes // 60 * 100 + minutes % 60)
                if left < 0:
                    return 1.0
                return level if left > 1000 else level * left / 1000
            case _:
                return level / 2

    def _disposed(self, agent_id: int, at: float) -> None:
        if agent_id in self._in_call:
            self._in_call.remove(agent_id)
            self._answers += 1
            self._logged(at)

    def _logged(self, at: float, *, dropped: bool = False) -> None:
        self._calls += 1
        self._log.append((at, dropped))
