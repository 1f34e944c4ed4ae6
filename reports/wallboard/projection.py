"""From the live board's documents to what the wallboard shows. Pure.

`agent_ui/web/ui/wall-projection.js` mirrors this; `tests/reports/wallboard.json` holds both to one result.
Service level: answered within the threshold / (offered - short abandons); who still waits is not counted yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import floor

from msgspec import Struct, convert

QUEUES_SHOWN = 4
NEAR = 0.75  # of a limit
ABANDON_LIMIT_PERCENT = 5
BREACH_POINTS = 10  # below the goal
NEAR_ABANDON_POINTS = 1  # below the limit
FEWEST_CALLS = 5  # before a share can be called a breach


class Level(StrEnum):
    """How bad it is."""

    CALM = "calm"
    NEAR = "near"
    BREACH = "breach"


class QueueDoc(Struct):
    """What the board says of a queue, as far as it is needed here."""

    name: str
    title: str
    waiting: int
    longest_since: datetime | None
    ready: int
    answered: int
    answered_in_target: int
    abandoned: int
    target: float
    threshold_s: int
    wait_limit_s: int


class AgentDoc(Struct):
    """What the board says of an agent, as far as it is needed here."""

    state: str


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One row of the table."""

    name: str
    title: str
    level: Level
    waiting: int
    longest_seconds: int
    service_percent: int | None
    ready: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything on the wallboard. A threshold or goal is None when the queues do not agree on one."""

    waiting: int
    longest_seconds: int
    longest_queue: str
    wait_limit_seconds: int
    wait_level: Level
    service_percent: int | None
    service_goal_percent: int
    service_level: Level
    answered_in_target: int
    counted: int
    threshold_seconds: int | None
    abandoned_percent: int | None
    abandoned_limit_percent: int
    abandoned_level: Level
    agents: Mapping[str, int]
    queues: tuple[QueueLine, ...]


STATES: Mapping[str, str] = {
    "talking": "talking",
    "dialling": "ringing",
    "ringing": "ringing",
    "hold": "hold",
    "ready": "ready",
    "wrapup": "wrapup",
    "paused": "paused",
    "not-responding": "paused",
}


def project(docs: Mapping[str, Mapping[str, object]], now: datetime) -> Figures:
    """The figures of this board at this moment."""
    queues = [convert(doc, QueueDoc) for _, doc in sorted(docs.get("queue", {}).items())]
    agents = [convert(doc, AgentDoc) for doc in docs.get("agent", {}).values()]
    answered = sum(q.answered for q in queues)
    in_target = sum(q.answered_in_target for q in queues)
    abandoned = sum(q.abandoned for q in queues)
    counted = answered + abandoned
    service = percent(in_target, counted)
    left = percent(abandoned, counted)
    goal = _goal(queues)
    thresholds = {q.threshold_s for q in queues}
    worst = _worst_wait(queues, now)
    return Figures(
        waiting=sum(q.waiting for q in queues),
        longest_seconds=_wait(worst, now) if worst is not None else 0,
        longest_queue=worst.title if worst is not None else "",
        wait_limit_seconds=worst.wait_limit_s
        if worst is not None
        else min((q.wait_limit_s for q in queues), default=0),
        wait_level=_highest(_wait_level(q, now) for q in queues),
        service_percent=service,
        service_goal_percent=goal,
        service_level=_below(service, goal, counted),
        answered_in_target=in_target,
        counted=counted,
        threshold_seconds=thresholds.pop() if len(thresholds) == 1 else None,
        abandoned_percent=left,
        abandoned_limit_percent=ABANDON_LIMIT_PERCENT,
        abandoned_level=_above(left, counted),
        agents=_states(agents),
        queues=tuple(_line(q, now) for q in sorted(queues, key=lambda q: _badness(q, now)))[:QUEUES_SHOWN],
    )


def percent(part: int, whole: int) -> int | None:
    """Whole percents, halves up; None of nothing."""
    return floor(part * 100 / whole + 0.5) if whole else None


def _wait(queue: QueueDoc, now: datetime) -> int:
    if not queue.waiting or queue.longest_since is None:
        return 0
    return max(0, floor((now - queue.longest_since).total_seconds()))


def _worst_wait(queues: Iterable[QueueDoc], now: datetime) -> QueueDoc | None:
    """The queue of the longest wait."""
    waiting = [q for q in queues if q.waiting]
    return max(waiting, key=lambda q: _wait(q, now), default=None)


def _wait_level(queue: QueueDoc, now: datetime) -> Level:
    wait = _wait(queue, now)
    if not queue.wait_limit_s or wait < queue.wait_limit_s * NEAR:
        return Level.CALM
    return Level.BREACH if wait >= queue.wait_limit_s else Level.NEAR


def _goal(queues: list[QueueDoc]) -> int:
    """The queues' goals by how many calls each counted, or their mean before the first call."""
    if not queues:
        return 0
    weights = [q.answered + q.abandoned for q in queues]
    if not any(weights):
        weights = [1] * len(queues)
    weighted = sum(round(q.target * 100) * w for q, w in zip(queues, weights, strict=True))
    return floor(weighted / sum(weights) + 0.5)


def _below(share: int | None, goal: int, counted: int) -> Level:
    if share is None or share >= goal:
        return Level.CALM
    return Level.BREACH if share < goal - BREACH_POINTS and counted >= FEWEST_CALLS else Level.NEAR


def _above(share: int | None, counted: int) -> Level:
    if share is None or share < ABANDON_LIMIT_PERCENT - NEAR_ABANDON_POINTS:
        return Level.CALM
    return Level.BREACH if share > ABANDON_LIMIT_PERCENT and counted >= FEWEST_CALLS else Level.NEAR


def _highest(levels: Iterable[Level]) -> Level:
    order = list(Level)
    return max(levels, key=order.index, default=Level.CALM)


def _states(agents: Iterable[AgentDoc]) -> dict[str, int]:
    found = dict.fromkeys(("talking", "ready", "wrapup", "hold", "paused", "ringing"), 0)
    for agent in agents:
        group = STATES.get(agent.state)
        if group is not None:
            found[group] += 1
    return found


def _line_level(queue: QueueDoc, now: datetime) -> Level:
    """Red is for a wait over its limit; a service level under its goal is amber."""
    share = percent(queue.answered_in_target, queue.answered + queue.abandoned)
    under = Level.NEAR if share is not None and share < round(queue.target * 100) else Level.CALM
    return _highest((_wait_level(queue, now), under))


def _line(queue: QueueDoc, now: datetime) -> QueueLine:
    return QueueLine(
        name=queue.name,
        title=queue.title,
        level=_line_level(queue, now),
        waiting=queue.waiting,
        longest_seconds=_wait(queue, now),
        service_percent=percent(queue.answered_in_target, queue.answered + queue.abandoned),
        ready=queue.ready,
    )


def _badness(queue: QueueDoc, now: datetime) -> tuple[int, float, int, str]:
    """Sorts the worst first: level, share of the wait limit, points under the goal, name."""
    share = percent(queue.answered_in_target, queue.answered + queue.abandoned)
    spent = _wait(queue, now) / queue.wait_limit_s if queue.wait_limit_s else 0.0
    under = max(0, round(queue.target * 100) - share) if share is not None else 0
    return -list(Level).index(_line_level(queue, now)), -spent, -under, queue.name
