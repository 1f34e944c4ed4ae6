"""What happened to agents, and what people ask of the floor."""

from dataclasses import dataclass
from datetime import datetime

from callcenter.agents.machine import State, Trigger
from callcenter.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChanged(Event):
    """One transition. `last_since` is when the agent had entered `last`."""

    agent_id: int
    last: State
    trigger: Trigger
    state: State
    reason: str
    call_id: str
    deadline: datetime | None
    last_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlanChanged(Event):
    """What follows the present call was changed."""

    agent_id: int
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoaded(Event):
    """The roster knows a new or changed agent (settings, queues, campaigns)."""

    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsChanged(Event):
    """Rows of agents changed: the floor reads them again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpFinished(Event):
    """The agent is done with a call. Empty `disposition`: the clock ended it, or none was needed."""

    agent_id: int
    call_id: str
    disposition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNotice(Event):
    """Something the agent has to know. `level`: info, warning, error; `message` is an English msgid."""

    agent_id: int
    level: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandIssued(Event):
    """A person asks the floor to do something. `args` are plain strings."""

    command_id: str
    agent_id: int | None
    user_id: int
    verb: str
    args: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDone(Event):
    """The answer: taken, or refused with an error's key, msgid and values."""

    command_id: str
    ok: bool
    key: str = ""
    message: str = ""
    values: dict[str, str] | None = None
