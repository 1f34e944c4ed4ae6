"""Who gets whom. Pure: waiting callers and free agents in, pairs out.

Order of callers: a higher queue weight first, then a caller sent back to the front, then the longest wait.
Order of agents for a caller: lower penalty first, then the queue's strategy.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Strategy(StrEnum):
    """How a queue chooses among free agents of equal penalty."""

    LONGEST_IDLE = "longest-idle"
    FEWEST_CALLS = "fewest-calls"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue. `excluded` agents have just declined or missed this call."""

    call_id: str
    queue: str
    weight: int
    joined_at: datetime
    front: bool = False
    wanted_agent: int | None = None
    excluded: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Free:
    """An agent who can take a call now."""

    agent_id: int
    queues: dict[str, int] = field(hash=False)
    free_since: datetime
    calls_today: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Offer this call to this agent."""

    call_id: str
    agent_id: int


def _rank(strategy: Strategy) -> Callable[[Free], tuple[float, int]]:
    match strategy:
        case Strategy.LONGEST_IDLE:
            return lambda agent: (agent.free_since.timestamp(), agent.agent_id)
        case Strategy.FEWEST_CALLS:
            return lambda agent: (agent.calls_today, agent.agent_id)
        case Strategy.LINEAR:
            return lambda agent: (0, agent.agent_id)


def order(callers: Iterable[Waiting]) -> list[Waiting]:
    """Callers in the order they are served."""
    return sorted(callers, key=lambda c: (-c.weight, not c.front, c.joined_at, c.call_id))


def decide(callers: Iterable[Waiting], agents: Sequence[Free], strategies: dict[str, Strategy]) -> list[Pair]:
    """Pairs, each caller and each agent at most once.

    A caller who waits for one agent (`wanted_agent`) is given to nobody else.
    """
    free = {agent.agent_id: agent for agent in agents}
    pairs: list[Pair] = []
    for caller in order(callers):
        if not free:
            break
        able = [
            agent
            for agent in free.values()
            if agent.agent_id not in caller.excluded
            and (
                agent.agent_id == caller.wanted_agent
                if caller.wanted_agent is not None
                else caller.queue in agent.queues
            )
        ]
        if not able:
            continue
        rank = _rank(strategies.get(caller.queue, Strategy.LONGEST_IDLE))
        chosen = min(able, key=lambda agent: (agent.queues.get(caller.queue, 0), *rank(agent)))
        del free[chosen.agent_id]
        pairs.append(Pair(call_id=caller.call_id, agent_id=chosen.agent_id))
    return pairs


def expected_wait_seconds(position: int, agents: int, handle_seconds: float) -> float | None:
    """A caller's expected wait: those before them and themselves, served by `agents` at this pace."""
    if agents <= 0:
        return None
    return position * handle_seconds / agents
