"""What happened to calls and legs, in the house's own words. Published on the bus."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.calls.facts import LegKind
from callcenter.kernel.events import Event


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "in"
    OUTBOUND = "out"


class Party(StrEnum):
    """Who ended a call, as far as Asterisk can tell."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
    UNKNOWN = "unknown"  # it ended while nobody of ours was looking


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """Something about one conversation. `call_id` is the customer leg's Linkedid at birth."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(CallEvent):
    """A customer's leg exists. `number` is E.164 or empty when it cannot be read.

    `resumed` is true when the call was found at a resync rather than seen from its beginning; `queue` and
    `joined_at` then say where it has waited, if it has.
    """

    direction: Direction
    number: str
    number_raw: str
    caller_name: str
    dialled_raw: str
    attempt_id: int | None
    agent_id: int | None
    leg_id: str
    resumed: bool = False
    queue: str = ""
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(CallEvent):
    """The caller waits in our own loop. `joined_at` is the first entry: it survives fallbacks."""

    queue: str
    joined_at: datetime
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFellBack(CallEvent):
    """The caller waits in app_queue, because the service was away when they came."""

    queue: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallEvent):
    """The customer of an outbound call picked up."""

    attempt_id: int | None
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDropped(CallEvent):
    """An answered customer got no agent in time and hears the identity message."""

    attempt_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerJudged(CallEvent):
    """Machine detection has said who answered. `machine`: the call goes no further to an agent.

    `status` and `cause` are the detector's own words, `ms` is how long after the answer it said so.
    """

    machine: bool
    status: str
    cause: str
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLeft(CallEvent):
    """A machine has been spoken to. `ok`: it got the whole message."""

    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChosen(CallEvent):
    """A customer of a campaign without agents pressed a key, or (empty) none in time."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOptedOut(CallEvent):
    """The customer pressed the key against further calls. `number` is theirs."""

    attempt_id: int | None
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(CallEvent):
    """An agent is asked to take the call. The screen-pop starts here.

    `consult_of` is the colleague who only asks for advice and keeps the customer meanwhile.
    """

    agent_id: int
    direction: Direction
    number: str
    queue: str
    campaign_id: int | None
    deadline: datetime | None
    consult_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded(CallEvent):
    """The offer is over without a conversation with the customer.

    `why`: declined, timeout, abandoned, refused (by Asterisk), consulted (advice was given).
    """

    agent_id: int
    queue: str
    why: str
    rang_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConnected(CallEvent):
    """Customer and agent share a bridge."""

    agent_id: int
    leg_id: str
    agent_leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDisconnected(CallEvent):
    """Customer and agent share no bridge any more: held, transferred, lost, or about to end."""

    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(CallEvent):
    """The agent put the customer on hold."""

    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(CallEvent):
    """The agent is back with the customer."""

    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred(CallEvent):
    """The agent gave the call away. `kind`: queue, agent, number; `how`: blind, attended."""

    agent_id: int
    kind: str
    target: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReturned(CallEvent):
    """A served customer is alone again and hears music while we decide."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFoundHeld(CallEvent):
    """A resync found the customer alone on hold. Whose they are is for the floor to know."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLabelled(CallEvent):
    """A call got its campaign or queue after it had started."""

    campaign_id: int | None
    queue: str
    recording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """The customer's leg is gone. `cause` is Q.850, 0 when unknown; `sip_code` the far end's."""

    attempt_id: int | None
    cause: int
    sip_code: int | None
    by: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactBound(CallEvent):
    """The call's customer is known: this contact, shown by this name."""

    contact_id: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class PopMatch:
    """A contact that may be the caller."""

    contact_id: int
    name: str
    company: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenPop(CallEvent):
    """Who the customer may be, for the agent's page. No match: unknown caller."""

    agent_id: int
    number: str
    direction: Direction
    queue: str
    campaign_id: int | None
    matches: tuple[PopMatch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegStarted(Event):
    """A leg exists; `call_id` is empty for an agent's leg that is in no call yet."""

    call_id: str
    leg_id: str
    kind: LegKind
    agent_id: int | None
    number_raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAnswered(Event):
    """A leg is up."""

    call_id: str
    leg_id: str
    kind: LegKind
    agent_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFinished(Event):
    """A leg is gone. `asked` is true when its far end asked for the end (BYE, CANCEL)."""

    call_id: str
    leg_id: str
    kind: LegKind
    agent_id: int | None
    cause: int
    sip_code: int | None
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLegUp(Event):
    """The agent's leg sits in its loop and can be bridged."""

    agent_id: int
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLegDown(Event):
    """The agent's leg is gone."""

    agent_id: int
    leg_id: str
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultChanged(Event):
    """A consult leg: state up (answered) or down (gone)."""

    agent_id: int
    leg_id: str
    up: bool
    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultJoined(Event):
    """The agent hears this leg now: a consulted party's, or a colleague's."""

    agent_id: int
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultReturned(Event):
    """A consulted party is alone again and hears music."""

    agent_id: int
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRegistered(Event):
    """The agent's phone registered anew: a page was opened or reloaded, or a desk phone restarted."""

    agent_id: int
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneLost(Event):
    """This registration of the agent's phone is gone."""

    agent_id: int
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialFailed(Event):
    """An Originate ended without a call: no leg came of it or it was not answered."""

    leg_id: str
    reason: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(CallEvent):
    """Asterisk records this call; the file grows while the customer is in a conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPaused(CallEvent):
    """The recording was muted or unmuted."""

    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorUnknown(Event):
    """The link to Asterisk broke: calls go on, but we do not see them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorKnown(Event):
    """The link is back and everything Asterisk has now is known. All other open calls have ended."""

    open_calls: tuple[str, ...]
