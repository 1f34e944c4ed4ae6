"""What the simulated Asterisk holds: legs, bridges, queues, and how the far ends behave."""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.ami.simulator.timeline import Timer

UNKNOWN = "<unknown>"
DOWN, RING, RINGING, UP = 0, 4, 5, 6
STATE_NAMES = {DOWN: "Down", RING: "Ring", RINGING: "Ringing", UP: "Up"}

CAUSES = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    21: "Call Rejected",
    34: "Circuit/channel congestion",
    38: "Network out of order",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The far end picks up; it hangs up by itself after `stays_seconds` (None: never)."""

    after_seconds: float = 1.0
    stays_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fails:
    """The far end or the carrier ends the call unanswered."""

    after_seconds: float = 0.02
    status: str
    cause: int
    sip_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RingsOut:
    """Nobody picks up; the call ends by our own time limit."""


Outcome = Answers | Fails | RingsOut

BUSY = Fails(status="BUSY", cause=17, sip_code=486)
CONGESTED = Fails(status="CONGESTION", cause=34, sip_code=503)
UNALLOCATED = Fails(status="NOANSWER", cause=1, sip_code=404)
REJECTED = Fails(status="NOANSWER", cause=21, sip_code=403)
OUT_OF_ORDER = Fails(status="CONGESTION", cause=38, sip_code=503)
GAVE_UP = Fails(after_seconds=3.0, status="NOANSWER", cause=19, sip_code=480)


@dataclass(frozen=True, slots=True)
class Pause:
    """A step of a dialplan that takes time: silence or music. None: until somebody ends it."""

    seconds: float | None
    music: bool = False


Place = tuple[str, str]
Program = Generator[Pause, None, Place | int]
"""Ends with where the leg goes next, or with the cause it is hung up with."""


@dataclass(slots=True, kw_only=True, eq=False)
class Bridge:
    """A basic bridge: it ends when one of its two legs leaves."""

    bridge_id: str
    legs: "list[Leg]" = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Dialling:
    """A leg that we originated and that is not answered yet."""

    action_id: str
    channel: str
    context: str
    exten: str


@dataclass(slots=True, kw_only=True, eq=False)
class Leg:
    """A channel."""

    leg_id: str
    linked_id: str
    name: str
    serial: int
    created_at: datetime
    context: str
    exten: str
    state: int = DOWN
    number: str = UNKNOWN
    caller_name: str = UNKNOWN
    connected: str = UNKNOWN
    dialled: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    bridge: Bridge | None = None
    program: Program | None = None
    pause: Pause | None = None
    timer: Timer | None = None
    far_end: Timer | None = None
    dialling: Dialling | None = None
    dialled_by: "Leg | None" = None
    other_half: "Leg | None" = None
    recorded: bool = False
    ended: bool = False

    @property
    def endpoint(self) -> str:
        return self.name.partition("/")[2].rpartition("-")[0]

    @property
    def idle(self) -> bool:
        """Alive, and in nobody's company."""
        return not self.ended and self.bridge is None


@dataclass(slots=True, kw_only=True)
class Phone:
    """An agent's registered phone. `answers_after` None: it rings until somebody picks up."""

    uri: str
    answers_after: float | None = None
    auto_answer: bool = True


@dataclass(slots=True, kw_only=True)
class Member:
    """A member of an app_queue."""

    interface: str
    name: str
    state_interface: str
    paused: bool


@dataclass(slots=True)
class Queue:
    """An app_queue."""

    members: dict[str, Member] = field(default_factory=dict)
    callers: list[Leg] = field(default_factory=list)
