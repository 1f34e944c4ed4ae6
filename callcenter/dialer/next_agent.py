"""Which of the free agents gets an answered customer. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from callcenter.dialer.states import NextAgent


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """An agent who could take the customer now."""

    agent_id: int
    free_since: datetime


@dataclass(frozen=True, slots=True)
class Ties:
    """The agents whom a customer knows, if any."""

    owner_id: int | None = None
    last_agent_id: int | None = None


def ranked(agents: Iterable[FreeAgent], rule: NextAgent, ties: Ties) -> list[int]:
    """Agents' ids, the best first. Whom the rule names goes first when free, then who is idle longest."""
    named = {NextAgent.OWNER: ties.owner_id, NextAgent.LAST_AGENT: ties.last_agent_id}.get(rule)
    order = sorted(agents, key=lambda a: (a.agent_id != named, a.free_since, a.agent_id))
    return [agent.agent_id for agent in order]
