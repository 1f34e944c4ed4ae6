"""What a simulated day came to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

FIRST_ANSWERS = 100  # before that a share of abandoned calls says little


class Working(Protocol):
    """An agent at the end of the day."""

    agent_id: int
    since: float

    @property
    def doing(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one day. Shares are from 0 to 1, times in seconds."""

    occupancy: float  # conversation and wrap-up over time logged in, breaks not counted
    idle_per_call: float  # mean wait of an agent for the next call
    contacts_per_hour: float  # conversations with people, for each hour of an agent
    attempts: int
    answered: int  # by people
    connected: int
    abandoned: int
    abandoned_share: float
    worst_share: float  # the highest at any moment of the day, from the hundredth answer on
    overdrawn: float  # abandoned calls beyond 3.0 % of the answers so far, at the worst moment; 0: never
    worst_hour: float  # the highest share of any hour with at least a hundred answers
    mean_delay: float  # of connected people, from their answer to the agent


class Meter:
    """Counts while the day runs."""

    def __init__(self, seconds: float, limit: float = 0.03) -> None:
        self.attempts = 0
        self._seconds = seconds
        self._limit = limit
        self._answers: list[tuple[float, bool]] = []
        self._abandoned = 0
        self._connections = 0
        self._people = 0
        self._idle = 0.0
        self._delay = 0.0
        self._worked = 0.0
        self._logged = 0.0
        self._since: dict[int, float] = {}
        self._worst = 0.0
        self._overdrawn = 0.0

    def log_in(self, agent_id: int, at: float) -> None:
        self._since[agent_id] = at

    def log_out(self, agent_id: int, at: float) -> None:
        self._logged += at - self._since.pop(agent_id, at)

    def work(self, begun: float, ended: float) -> None:
        self._worked += ended - begun

    def connect(self, at: float, *, person: bool, idle: float, delay: float) -> None:
        self._connections += 1
        self._idle += idle
        if person:
            self._people += 1
            self._delay += delay
            self._answers.append((at, False))

    def abandon(self, at: float, *, person: bool) -> None:
        if not person:
            return
        self._answers.append((at, True))
        self._abandoned += 1
        answered = len(self._answers)
        self._overdrawn = max(self._overdrawn, self._abandoned - self._limit * answered)
        if answered >= FIRST_ANSWERS:
            self._worst = max(self._worst, self._abandoned / answered)

    def close(self, at: float, people: Iterable[Working]) -> Measures:
        busy = {p.agent_id: p.since for p in people if p.doing in (2, 3)}
        worked = self._worked + sum(at - since for since in busy.values())
        logged = self._logged + sum(at - since for since in self._since.values())
        answered = len(self._answers)
        return Measures(
            occupancy=worked / logged if logged else 0.0,
            idle_per_call=self._idle / self._connections if self._connections else 0.0,
            contacts_per_hour=self._people / logged * 3600 if logged else 0.0,
            attempts=self.attempts,
            answered=answered,
            connected=self._people,
            abandoned=self._abandoned,
            abandoned_share=self._abandoned / answered if answered else 0.0,
            worst_share=self._worst,
            overdrawn=self._overdrawn,
            worst_hour=self._worst_hour(),
            mean_delay=self._delay / self._people if self._people else 0.0,
        )

    def _worst_hour(self) -> float:
        worst, first, lost = 0.0, 0, 0
        for last, (at, abandoned) in enumerate(self._answers):
            lost += abandoned
            while self._answers[first][0] <= at - 3600:
                lost -= self._answers[first][1]
                first += 1
            if last - first + 1 >= FIRST_ANSWERS:
                worst = max(worst, lost / (last - first + 1))
        return worst
