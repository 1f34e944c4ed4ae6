"""The words a campaign, a lead and an attempt can be in. Pure."""

from enum import StrEnum


class Mode(StrEnum):
    """How a campaign decides how many lines to place."""

    MANUAL = "manual"  # agents dial by themselves
    PREVIEW = "preview"  # a lead is shown to a free agent, who dials it or skips it
    PROGRESSIVE = "progressive"  # one line for each free agent, who is kept for it
    RATIO = "ratio"  # a fixed number of lines for each free agent
    AGENTLESS = "agentless"  # a prompt and keys; no agent is needed
    PREDICTIVE = "predictive"  # as many as agents and answers to come allow


class CampaignStatus(StrEnum):
    """Where a campaign stands. Only `RUNNING` places calls."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class LeadStatus(StrEnum):
    """What may happen to a lead. Only `NEW` and `WAITING` are ever claimed."""

    NEW = "new"  # never dialled
    WAITING = "waiting"  # dialled before, due again
    LATER = "later"  # not before `next_try_at`: the promoter makes it `WAITING` then
    CLAIMED = "claimed"  # an attempt is open
    FINISHED = "finished"  # spoken to, or closed by a disposition
    EXHAUSTED = "exhausted"  # tried as often as allowed
    BLOCKED = "blocked"  # a rule forbids it for good: do-not-call, no consent
    INVALID = "invalid"  # the number does not exist
    ARCHIVED = "archived"  # put away by a person


DIALABLE = (LeadStatus.NEW, LeadStatus.WAITING)
STILL_TO_CALL = (*DIALABLE, LeadStatus.LATER, LeadStatus.CLAIMED)


class AttemptState(StrEnum):
    """How far an attempt got. It only moves forward."""

    CLAIMED = "claimed"  # written, provably not dialled yet
    PLACED = "placed"  # committed just before the Originate
    ANSWERED = "answered"
    CONNECTED = "connected"
    ENDED = "ended"


EARLIER: dict[AttemptState, tuple[AttemptState, ...]] = {
    AttemptState.CLAIMED: (),
    AttemptState.PLACED: (AttemptState.CLAIMED,),
    AttemptState.ANSWERED: (AttemptState.CLAIMED, AttemptState.PLACED),
    AttemptState.CONNECTED: (AttemptState.CLAIMED, AttemptState.PLACED, AttemptState.ANSWERED),
    AttemptState.ENDED: (
        AttemptState.CLAIMED,
        AttemptState.PLACED,
        AttemptState.ANSWERED,
        AttemptState.CONNECTED,
    ),
}


class DialKind(StrEnum):
    """On whose decision a number is dialled."""

    CAMPAIGN = "campaign"
    MANUAL = "manual"
    CALLBACK = "callback"


class Outcome(StrEnum):
    """How an attempt ended."""

    ANSWERED = "answered"  # the customer spoke with an agent
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    REJECTED = "rejected"
    INVALID = "invalid"
    CONGESTION = "congestion"
    FAILED = "failed"
    DROPPED = "dropped"  # answered, and no agent came in time
    EARLY_HANG_UP = "early-hang-up"  # answered and gone before an agent could come
    MACHINE = "machine"
    CANCELLED = "cancelled"  # by us, before the answer
    UNKNOWN = "unknown"  # it ended while nobody of ours was looking


class JobStatus(StrEnum):
    """Where an import or another long work stands."""

    DRAFT = "draft"  # uploaded, and being set up
    QUEUED = "queued"
    RUNNING = "running"
    CHECKED = "checked"  # a trial has ended: nothing was written
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REVERTED = "reverted"  # taken back


class CallbackStatus(StrEnum):
    """A promise to call again."""

    PENDING = "pending"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class NextAgent(StrEnum):
    """Who of several free agents gets an answered customer. Whoever else is free comes after."""

    LONGEST_IDLE = "longest-idle"
    OWNER = "owner"  # whose customer the lead is
    LAST_AGENT = "last-agent"  # who spoke to the number last


class Detection(StrEnum):
    """Who finds out that a machine has answered, before an agent is given to it."""

    OFF = "off"  # the agent does
    APP = "app"  # Asterisk's AMD()


class MachineAction(StrEnum):
    """What happens to a machine that was found."""

    HANG_UP = "hang-up"
    MESSAGE = "message"  # it is spoken to after the tone
    AGENT = "agent"  # it is connected as if it were a person


class PausedBy(StrEnum):
    """Who has paused a campaign. Only what a person paused waits for a person."""

    PERSON = ""
    SCHEDULE = "schedule"
    GOAL = "goal"


class TimeBox(StrEnum):
    """What happens when an agent has looked at a lead long enough."""

    DIAL = "dial"
    SKIP = "skip"


class Scope(StrEnum):
    """Whose do-not-call list a number is on."""

    COMPANY = "company"
    CAMPAIGN = "campaign"
