"""What the engine knows of the lines it has placed: values in memory, no behaviour of the floor."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.dialer import detection, survey
from callcenter.dialer.hopper import Open
from callcenter.dialer.ledger import Facts
from callcenter.dialer.models import Campaign
from callcenter.dialer.outcomes import RetryRules
from callcenter.dialer.pacing.agents import Doing
from callcenter.dialer.pacing.decision import Decision
from callcenter.dialer.pacing.pacer import Pacer
from callcenter.dialer.policy import read_retry
from callcenter.dialer.queries import Figures
from callcenter.dialer.rules.words import Purpose
from callcenter.dialer.states import (
    CampaignStatus,
    Detection,
    DialKind,
    MachineAction,
    Mode,
    NextAgent,
    TimeBox,
)
from callcenter.dialer.survey import Survey

KEPT_DECISIONS = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign's row as the engine uses it."""

    campaign_id: int
    name: str
    mode: Mode
    status: CampaignStatus
    priority: int
    region: str
    zone: str
    purpose: Purpose
    lines_per_agent: float
    max_lines: int
    abandon_percent: float
    next_agent: NextAgent
    preview_seconds: int
    preview_then: TimeBox
    preview_skips: int
    skip_minutes: int
    callback_minutes: int
    amd: str  # AMD()'s arguments; empty: agents find out
    machine_action: MachineAction
    message: str
    survey: Survey
    identity: str
    hold_for_callers: int
    trunk: str
    caller_id: str
    caller_pool_id: int | None
    ring_seconds: int
    language: str
    record: bool
    wrapup_seconds: int
    retry: RetryRules


@dataclass(slots=True)
class Dial:
    """An open attempt of this engine. `agent_id` is the agent it is promised to, or who has the call."""

    attempt_id: int
    kind: DialKind
    campaign_id: int | None
    lead_id: int | None
    number: str
    leg_id: str
    facts: Facts = field(default_factory=Facts)
    trunk: str = ""
    caller_id: str = ""
    agent_id: int | None = None
    stocked: bool = False  # claimed ahead: no line is wanted for it yet
    agentless: bool = False  # the customer hears prompts and presses keys
    step: str = ""  # of the survey
    asked_again: bool = False
    promised: bool = False  # it is dialled for an agent who is kept free for it
    deadline: datetime | None = None
    call_id: str = ""
    placed: bool = False  # an Originate may have left
    offered: bool = False  # handed to the desk
    cancelled: bool = False
    up_at: datetime | None = None  # the leg was picked up; detection may still listen
    placed_at: datetime | None = None
    answered_at: datetime | None = None
    connected_at: datetime | None = None
    dropped: bool = False
    machine: bool = False  # treated as a machine: no agent is wanted
    message_left: bool = False
    refused: bool = False  # the Originate ended without an answer; the hang-up may still tell why
    over: bool = False
    seen: bool = True
    never_sent: bool = False
    cause: int = 0
    sip_code: int | None = None
    writing: bool = False
    failed_agents: set[int] = field(default_factory=set)  # the desk could not join them

    @property
    def wanted(self) -> bool:
        """Is a line of it on its way or up?"""
        return not self.stocked and not self.over

    @property
    def holder(self) -> str:
        """Under which name the roster keeps an agent for this line."""
        return f"attempt-{self.attempt_id}"


@dataclass(slots=True)
class LiveCall:
    """An outbound call as the floor's events have told it, whether or not its dial is known yet."""

    leg_id: str
    answered_at: datetime | None = None
    agent_id: int | None = None
    connected_at: datetime | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Why a campaign places fewer lines than its pacing wants. `why` is a key that pages know."""

    why: str
    values: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(slots=True)
class CampaignState:
    """A campaign in the engine: its plan, figures, and what is under way."""

    plan: Plan
    figures: Figures = field(default_factory=Figures)
    open: dict[int, Dial] = field(default_factory=dict)
    stock: deque[Dial] = field(default_factory=deque)  # claimed ahead, the first to be dialled first
    claiming: int = 0  # leads asked of the rows
    dry_until: datetime | None = None  # the hopper had nothing to give
    pacer: Pacer | None = None  # once its past has been read
    loading: bool = False
    load_at: datetime | None = None
    fed: dict[int, tuple[Doing, bool]] = field(default_factory=dict)  # what the pacer knows of agents
    held: Held | None = None
    decision: Decision | None = None  # the latest
    shown: Decision | None = None  # what the board shows: as often as one can read
    told_at: float = 0.0
    decisions: deque[Decision] = field(default_factory=lambda: deque(maxlen=KEPT_DECISIONS))

    @property
    def running(self) -> bool:
        return self.plan.status is CampaignStatus.RUNNING

    def dry(self, now: datetime) -> bool:
        """Is there nothing to dial for the moment?"""
        return not self.stock and self.dry_until is not None and now < self.dry_until


def plan_of(row: Campaign) -> Plan:
    return Plan(
        campaign_id=row.id,
        name=row.name,
        mode=Mode(row.mode),
        status=CampaignStatus(row.status),
        priority=row.priority,
        region=row.region,
        zone=row.zone,
        purpose=Purpose(row.purpose),
        lines_per_agent=row.lines_per_agent,
        max_lines=row.max_lines,
        abandon_percent=row.abandon_percent,
        next_agent=NextAgent(row.next_agent),
        preview_seconds=row.preview_seconds,
        preview_then=TimeBox(row.preview_then),
        preview_skips=row.preview_skips,
        skip_minutes=row.skip_minutes,
        callback_minutes=row.callback_minutes,
        amd=detection.arguments(row.detection_settings) if row.detection == Detection.APP else "",
        machine_action=MachineAction(row.machine_action),
        message=row.message,
        survey=survey.read(row.survey) or survey.only_a_message(row.message),
        identity=row.identity,
        hold_for_callers=row.hold_for_callers,
        trunk=row.trunk,
        caller_id=row.caller_id,
        caller_pool_id=row.caller_pool_id,
        ring_seconds=row.ring_seconds,
        language=row.language,
        record=row.record,
        wrapup_seconds=row.wrapup_seconds,
        retry=read_retry(row.retry),
    )


def adopted(found: Open, live: LiveCall | None) -> Dial:
    """A dial that an earlier process left behind."""
    return Dial(
        attempt_id=found.attempt_id,
        kind=found.kind,
        campaign_id=found.campaign_id,
        lead_id=found.lead_id,
        number=found.number,
        leg_id=found.call_id,
        agent_id=live.agent_id if live else found.agent_id,
        promised=found.agent_id is not None,
        call_id=found.call_id if live else "",
        placed=found.placed_at is not None,
        trunk=found.trunk,
        caller_id=found.caller_id,
        placed_at=found.placed_at,
        answered_at=(live.answered_at if live else None) or found.answered_at,
        connected_at=(live.connected_at if live else None) or found.connected_at,
        dropped=live.dropped if live else False,
        machine=found.machine,
    )
