"""The one owner of every agent's state.

Lives in the process that holds the floor. All methods are synchronous; every transition goes through
`move`, which asks the machine, stamps the time and emits `AgentStateChanged`. Rows are written by
`agents.journal` from those events, and `restore` reads them back after a restart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from callcenter.agents import machine
from callcenter.agents.events import AgentLoaded, AgentPlanChanged, AgentStateChanged
from callcenter.agents.machine import Plan, State, Trigger
from callcenter.calls.events import Direction
from callcenter.calls.stage import Stage
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import Conflict, NotFound

WAITING_FOR_PHONE = "starting"  # the reason of a pause that ends by itself when the phone is up


class LegMode(StrEnum):
    """How the agent's phone takes part in calls."""

    NAILED = "nailed"  # called once a shift, sits in its loop
    RUNG = "rung"  # called for each call


class PhoneKind(StrEnum):
    """What the agent speaks into."""

    BROWSER = "browser"
    SIP = "sip"


class Moving(StrEnum):
    """Why the agent's bridge is about to break: what the desk has asked of Asterisk."""

    HOLD = "hold"
    TRANSFER = "transfer"
    SWAP = "swap"
    MESSAGE = "message"


class LegState(StrEnum):
    """The agent's leg as a page shows it."""

    DOWN = "down"
    CALLING = "calling"
    UP = "up"


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """What the administrator says of an agent. `queues` maps a queue to the agent's penalty there."""

    agent_id: int
    user_id: int
    name: str
    extension: str
    phone: PhoneKind
    leg_mode: LegMode
    queues: Mapping[str, int]
    campaigns: frozenset[int]
    wrapup_seconds: int = 45


@dataclass(frozen=True, slots=True)
class Presence:
    """An agent's state as the last row had it."""

    agent_id: int
    state: State
    reason: str
    since: datetime
    call_id: str
    plan: Plan


@dataclass(slots=True)
class Consult:
    """The second line: a colleague or a third party. `leg_id` is theirs, empty until they have taken it."""

    leg_id: str
    number: str
    since: datetime
    name: str = ""
    colleague_id: int | None = None
    up: bool = False
    talking: bool = False

    @property
    def kind(self) -> str:
        """As a transfer names its target: agent or number."""
        return "number" if self.colleague_id is None else "agent"

    @property
    def target(self) -> str:
        return self.number if self.colleague_id is None else str(self.colleague_id)


@dataclass(frozen=True, slots=True)
class Offer:
    """A call that an agent has been asked to take, or is dialling."""

    call_id: str
    leg_id: str
    direction: Direction
    number: str
    queue: str
    campaign_id: int | None
    offered_at: datetime


@dataclass(slots=True)
class Today:
    """Counters of the agent's present day."""

    calls: int = 0
    talk_seconds: float = 0.0
    wrap_seconds: float = 0.0
    hold_seconds: float = 0.0
    paused_seconds: float = 0.0
    ready_seconds: float = 0.0


@dataclass(slots=True)
class AgentSession:
    """An agent on the floor. Only the roster and the desk change it."""

    profile: AgentProfile
    since: datetime
    state: State = State.OFFLINE
    reason: str = ""
    plan: Plan = field(default_factory=Plan)
    deadline: datetime | None = None
    leg_id: str = ""
    leg: LegState = LegState.DOWN
    phone_uri: str = ""
    call_id: str = ""
    call: Offer | None = None
    answered_at: datetime | None = None
    moving: Moving | None = None
    reserved_by: str = ""
    recover_until: datetime | None = None
    call_again_at: datetime | None = None
    start_when_up: bool = False
    consult: Consult | None = None
    helps: int | None = None  # the colleague who asked for advice; `call_id` is that colleague's call
    recording_paused: bool = False
    free_since: datetime | None = None
    today: Today = field(default_factory=Today)

    @property
    def agent_id(self) -> int:
        return self.profile.agent_id

    @property
    def reachable(self) -> bool:
        """Could a call be given to this agent's phone now?"""
        if self.profile.leg_mode is LegMode.NAILED:
            return self.leg is LegState.UP
        return bool(self.phone_uri)

    @property
    def joining(self) -> bool:
        """A call is being joined at once: still ready, and yet taken."""
        return self.state is State.READY and bool(self.call_id)

    @property
    def free(self) -> bool:
        """Ready, reachable, and promised to nobody."""
        return self.state is State.READY and self.reachable and not self.reserved_by


class Roster:
    """Every agent, by id."""

    def __init__(self, stage: Stage, clock: Clock) -> None:
        self._stage = stage
        self._clock = clock
        self.sessions: dict[int, AgentSession] = {}
        self._day_began = datetime.min.replace(tzinfo=UTC)

    def load(self, profiles: Iterable[AgentProfile]) -> None:
        """Take new and changed agents; one that is gone is dropped once offline."""
        seen: set[int] = set()
        for profile in profiles:
            seen.add(profile.agent_id)
            known = self.sessions.get(profile.agent_id)
            if known is None:
                self.sessions[profile.agent_id] = AgentSession(profile=profile, since=self._clock.now())
            elif known.profile == profile:
                continue
            else:
                known.profile = profile
            self._stage.emit(AgentLoaded(at=self._clock.now(), agent_id=profile.agent_id))
        for agent_id in [a for a, s in self.sessions.items() if a not in seen and s.state is State.OFFLINE]:
            del self.sessions[agent_id]

    def restore_day(self, began: datetime, days: Mapping[int, Today]) -> None:
        """Take up the day's counters as rows have them, up to each agent's last change of state."""
        self._day_began = began
        for agent_id, today in days.items():
            if (session := self.sessions.get(agent_id)) is not None:
                session.today = today

    def restore(self, presences: Iterable[Presence]) -> None:
        """Take up states that an earlier process left. Says nothing: nothing has changed."""
        for presence in presences:
            session = self.sessions.get(presence.agent_id)
            if session is None:
                continue
            session.state = presence.state
            session.reason = presence.reason
            session.since = presence.since
            session.call_id = presence.call_id
            session.plan = presence.plan
            session.start_when_up = presence.state is State.PAUSED and presence.reason == WAITING_FOR_PHONE
            if presence.state is State.READY:
                session.free_since = presence.since
            if presence.state is State.WRAPUP:
                session.deadline = presence.since + timedelta(seconds=session.profile.wrapup_seconds)

    def get(self, agent_id: int) -> AgentSession:
        found = self.sessions.get(agent_id)
        if found is None:
            raise NotFound
        return found

    def of_user(self, user_id: int) -> AgentSession | None:
        return next((s for s in self.sessions.values() if s.profile.user_id == user_id), None)

    def of_call(self, call_id: str) -> AgentSession | None:
        """The agent who has this call now: not one who still writes about it, nor one who only advises."""
        return next(
            (
                s
                for s in self.sessions.values()
                if s.call_id == call_id and s.state is not State.WRAPUP and s.helps is None
            ),
            None,
        )

    def around(self, call_id: str) -> list[AgentSession]:
        """Everybody who has to do with this call, except those who only write about it."""
        return [s for s in self.sessions.values() if s.call_id == call_id and s.state is not State.WRAPUP]

    def free_for_queue(self, queue: str) -> list[AgentSession]:
        """Free agents of a queue, in no particular order."""
        return [s for s in self.sessions.values() if s.free and queue in s.profile.queues]

    def free_for_campaign(self, campaign_id: int) -> list[AgentSession]:
        """Free agents of a campaign, the longest free first."""
        found = [s for s in self.sessions.values() if s.free and campaign_id in s.profile.campaigns]
        return sorted(found, key=lambda s: s.free_since or s.since)

    def reserve(self, agent_id: int, holder: str) -> None:
        """Promise a free agent to a dial in progress. Raises `Conflict` when they are not free."""
        session = self.get(agent_id)
        if not session.free:
            raise Conflict
        session.reserved_by = holder
        self._stage.emit(AgentLoaded(at=self._clock.now(), agent_id=agent_id))

    def release(self, agent_id: int, holder: str) -> None:
        """Take the promise back; somebody else's promise stays."""
        session = self.sessions.get(agent_id)
        if session is not None and session.reserved_by == holder:
            session.reserved_by = ""
            self._stage.emit(AgentLoaded(at=self._clock.now(), agent_id=agent_id))

    def move(
        self,
        session: AgentSession,
        trigger: Trigger,
        *,
        reason: str = "",
        call_id: str | None = None,
        seconds: float | None = None,
        at: datetime | None = None,
    ) -> None:
        """One step of the machine. `seconds` sets the deadline of the new state."""
        after = machine.step(session.state, trigger, session.plan)
        now = at or self._clock.now()
        last, last_since = session.state, session.since
        spent = max(0.0, (now - max(last_since, self._day_began)).total_seconds())
        count(session.today, last, spent)
        session.state = after.state
        session.reason = reason or after.reason
        session.since = now
        session.deadline = now + timedelta(seconds=seconds) if seconds is not None else None
        if call_id is not None:
            session.call_id = call_id
        if after.state not in machine.ON_CALL and after.state is not State.WRAPUP:
            session.call_id = ""
            session.call = None
            session.answered_at = None
            session.moving = None
            session.consult = None
            session.helps = None
            session.recording_paused = False
            session.plan = Plan()
        if after.state is State.READY:
            session.free_since = now
        if last is not State.TALKING and after.state is State.TALKING and last is not State.HOLD:
            session.today.calls += 1
        self._stage.emit(
            AgentStateChanged(
                at=now,
                agent_id=session.agent_id,
                last=last,
                trigger=trigger,
                state=session.state,
                reason=session.reason,
                call_id=session.call_id,
                deadline=session.deadline,
                last_since=last_since,
            )
        )

    def plan(self, session: AgentSession, plan: Plan) -> None:
        """Say what follows the present call."""
        if plan.state not in machine.PLANNABLE:
            raise Conflict
        busy = session.state in machine.ON_CALL or session.state is State.WRAPUP or session.joining
        if not busy:
            raise machine.IllegalStep(state=session.state)
        session.plan = plan
        self._stage.emit(
            AgentPlanChanged(
                at=self._clock.now(), agent_id=session.agent_id, state=plan.state, reason=plan.reason
            )
        )

    def set_deadline(self, session: AgentSession, deadline: datetime) -> None:
        """Move the present state's clock (“30 seconds more”)."""
        session.deadline = deadline
        self._stage.emit(AgentLoaded(at=self._clock.now(), agent_id=session.agent_id))

    def touched(self, session: AgentSession) -> None:
        """Something a page shows of the agent changed without a transition."""
        self._stage.emit(AgentLoaded(at=self._clock.now(), agent_id=session.agent_id))

    def new_day(self) -> None:
        """Start the day's counters anew; what a state has lasted until now belongs to the old day."""
        self._day_began = self._clock.now()
        for session in self.sessions.values():
            session.today = replace(Today())


def count(today: Today, state: State, seconds: float) -> None:
    """Add what a state has lasted."""
    match state:
        case State.TALKING:
            today.talk_seconds += seconds
        case State.HOLD:
            today.hold_seconds += seconds
        case State.WRAPUP:
            today.wrap_seconds += seconds
        case State.PAUSED | State.NOT_RESPONDING:
            today.paused_seconds += seconds
        case State.READY:
            today.ready_seconds += seconds
        case State.OFFLINE | State.RINGING | State.DIALLING:
            pass
