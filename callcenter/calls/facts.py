"""What Asterisk said, as typed values. Pure: made by `ami.decode`, folded by `calls.tracker`.

A fact carries Asterisk's own time stamp. A leg is named by its Uniqueid. Facts may be repeated, late,
or in any order inside one millisecond; the tracker has to cope.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LegKind(StrEnum):
    """What a channel is to us, decided from its id (when we chose it), endpoint and technology."""

    CUSTOMER = "customer"
    AGENT = "agent"
    CONSULT = "consult"
    LOCAL = "local"
    OTHER = "other"


class LegState(StrEnum):
    """Asterisk's channel states, folded to those that matter to a call."""

    DOWN = "down"
    RINGING = "ringing"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Anything Asterisk said. `at` is Asterisk's clock (aware UTC, millisecond precision or better)."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LegCreated(Fact):
    """Newchannel. `endpoint` is the PJSIP endpoint of the channel name (`PJSIP/agent7-0001` -> `agent7`)."""

    leg_id: str
    linked_id: str
    name: str
    endpoint: str
    kind: LegKind
    agent_id: int | None
    attempt_id: int | None
    number_raw: str
    caller_name: str
    dialled_raw: str
    context: str
    state: LegState


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRenamed(Fact):
    """Rename: a masquerade gave the leg another channel name; its id stays."""

    leg_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegChanged(Fact):
    """Newstate."""

    leg_id: str
    state: LegState


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDialling(Fact):
    """DialBegin. `source_id` is None for a leg that we originate."""

    source_id: str | None
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDialled(Fact):
    """DialEnd. `status` is DIALSTATUS: trust it for ANSWER only; causes come from `LegEnded`."""

    source_id: str | None
    leg_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEndAsked(Fact):
    """HangupRequest: the far end of this leg asked for the end (it sent BYE or CANCEL)."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded(Fact):
    """Hangup. `cause` is ISDN (Q.850, 0 = none given), `sip_code` the far end's SIP code or None."""

    leg_id: str
    linked_id: str
    cause: int
    sip_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginateEnded(Fact):
    """OriginateResponse. On failures such as an unknown endpoint there is no leg at all, only this."""

    action_id: str
    leg_id: str | None
    ok: bool
    reason: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeJoined(Fact):
    """BridgeEnter."""

    bridge_id: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLeft(Fact):
    """BridgeLeave."""

    bridge_id: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPaired(Fact):
    """LocalBridge: the two halves of a Local channel."""

    one_id: str
    two_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntered(Fact):
    """Our own UserEvent CCQueued: the caller entered the waiting loop. `joined_at` keeps over fallbacks."""

    leg_id: str
    queue: str
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedToLoop(Fact):
    """Our own UserEvent CCReturned: a served customer is alone again and hears music."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLegReady(Fact):
    """Our own UserEvent CCAgentLeg: the agent's leg sits in its loop and can be bridged."""

    leg_id: str
    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAnswered(Fact):
    """Our own UserEvent CCAnswered: an outbound customer's leg is up and waits to be bridged."""

    leg_id: str
    attempt_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDropped(Fact):
    """Our own UserEvent CCDropped: an answered customer got no agent in time and hears the message."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerHeard(Fact):
    """Our own UserEvent CCHeard: machine detection is through with an answered leg.

    `status` is AMDSTATUS, `cause` AMDCAUSE, `action` what follows if it is a machine.
    """

    leg_id: str
    status: str
    cause: str
    ms: int
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLeft(Fact):
    """Our own UserEvent CCMessageLeft: a machine has been spoken to. `ok`: the whole message was played."""

    leg_id: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChosen(Fact):
    """Our own UserEvent CCKey: a customer of a campaign without agents pressed a key, or (empty) none."""

    leg_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedOut(Fact):
    """Our own UserEvent CCOptedOut: the customer pressed the key against further calls."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackEntered(Fact):
    """Our own UserEvent CCFallback: the caller went to app_queue because the service was away."""

    leg_id: str
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicChanged(Fact):
    """MusicOnHoldStart and Stop."""

    leg_id: str
    playing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitPressed(Fact):
    """DTMFEnd, received from the far end of the leg."""

    leg_id: str
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingChanged(Fact):
    """MixMonitorStart, Stop and Mute."""

    leg_id: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChanged(Fact):
    """ContactStatus of an agent's phone. A new `uri` means that the phone registered anew (F5)."""

    agent_id: int
    reachable: bool
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSeen:
    """One channel as Asterisk lists it now; `variables` holds the CC_* that are set."""

    leg_id: str
    linked_id: str
    name: str
    endpoint: str
    kind: LegKind
    agent_id: int | None
    attempt_id: int | None
    number_raw: str
    caller_name: str
    dialled_raw: str
    context: str
    state: LegState
    bridge_id: str | None
    created_at: datetime
    variables: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resynced(Fact):
    """All that Asterisk has now, read after a (re)connection. What we hold and is not here has ended."""

    legs: tuple[LegSeen, ...]
    phones: tuple[tuple[int, str], ...]
    waiting_in_fallback: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost(Fact):
    """The AMI events connection broke: what we hold is unknown until `Resynced`."""
