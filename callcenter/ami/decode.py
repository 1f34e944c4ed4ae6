"""From Asterisk's events to facts. Pure, and total: no input makes `decode` raise."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from callcenter.ami.message import Headers, text
from callcenter.calls.facts import (
    AgentLegReady,
    AnswerHeard,
    BridgeJoined,
    BridgeLeft,
    CustomerAnswered,
    CustomerDropped,
    DigitPressed,
    Fact,
    FallbackEntered,
    KeyChosen,
    LegChanged,
    LegCreated,
    LegDialled,
    LegDialling,
    LegEndAsked,
    LegEnded,
    LegKind,
    LegRenamed,
    LegState,
    LocalPaired,
    MessageLeft,
    MusicChanged,
    OptedOut,
    OriginateEnded,
    PhoneChanged,
    QueueEntered,
    RecordingChanged,
    ReturnedToLoop,
)

_CHOSEN = re.compile(r"(agent|manual|consult)-([0-9]{1,9})-.+|attempt-([0-9]{1,18})")
_AGENT = re.compile(r"agent([0-9]{1,9})")
_SIP_CODE = re.compile(r"\b([1-6][0-9]{2})\b")
_NO_ANSWER = 19
_DEVICE_TECHNOLOGIES = frozenset({"PJSIP", "SIP", "IAX2", "DAHDI"})
_REACHABLE = frozenset({"Reachable", "NonQualified", "Created", "Updated"})
_GONE = frozenset({"Unreachable", "Removed"})


class Malformed(ValueError):
    """An event that lacks what its fact needs."""


def decode(headers: Headers, on_malformed: Callable[[str], None] | None = None) -> Fact | None:
    """The fact of this event, or None when it has none. A malformed event is told to `on_malformed`."""
    name = text(headers, "Event")
    reader = _READERS.get(name)
    if reader is None:
        return None
    try:
        return reader(headers, moment(text(headers, "Timestamp")))
    except Malformed:
        if on_malformed:
            on_malformed(name)
        return None


def moment(stamp: str) -> datetime:
    """Asterisk's `seconds.microseconds` as aware UTC, without the rounding of a float."""
    seconds, _, fraction = stamp.partition(".")
    try:
        whole = datetime.fromtimestamp(int(seconds), UTC)
        return whole.replace(microsecond=int(fraction[:6].ljust(6, "0")))
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed("time stamp") from error


def endpoint_of(name: str) -> str:
    """`PJSIP/agent7-0000001a` -> `agent7`."""
    _, _, rest = name.partition("/")
    base, dash, _ = rest.rpartition("-")
    return base if dash else rest


def identify(leg_id: str, linked_id: str, name: str) -> tuple[LegKind, int | None, int | None]:
    """Kind, agent and attempt of a leg: from the id that we chose, else from the channel's name.

    A trunk's channel that was born on its own is a caller; one that Asterisk dialled for another leg is not.
    """
    if chosen := _CHOSEN.fullmatch(leg_id):
        if chosen[3]:
            return LegKind.CUSTOMER, None, int(chosen[3])
        kinds = {"agent": LegKind.AGENT, "manual": LegKind.CUSTOMER, "consult": LegKind.CONSULT}
        return kinds[chosen[1]], int(chosen[2]), None
    technology = name.partition("/")[0]
    if technology == "Local":
        return LegKind.LOCAL, None, None
    if technology in _DEVICE_TECHNOLOGIES:
        if agent := agent_of(endpoint_of(name)):
            return LegKind.AGENT, agent, None
        if leg_id == linked_id:
            return LegKind.CUSTOMER, None, None
    return LegKind.OTHER, None, None


def agent_of(endpoint: str) -> int | None:
    """`agent7` -> 7."""
    match = _AGENT.fullmatch(endpoint)
    return int(match[1]) if match else None


def state_of(channel_state: str) -> LegState:
    """Asterisk's numbers: 4 and 5 ring (inbound, outbound), 6 is up, the rest is not there yet."""
    return {"4": LegState.RINGING, "5": LegState.RINGING, "6": LegState.UP}.get(channel_state, LegState.DOWN)


def _need(headers: Headers, name: str) -> str:
    if value := text(headers, name):
        return value
    raise Malformed(name)


def _number(headers: Headers, name: str) -> int:
    try:
        return int(text(headers, name) or 0)
    except ValueError as error:
        raise Malformed(name) from error


def _created(headers: Headers, at: datetime) -> Fact:
    leg_id, name = _need(headers, "Uniqueid"), _need(headers, "Channel")
    linked_id = text(headers, "Linkedid") or leg_id
    kind, agent_id, attempt_id = identify(leg_id, linked_id, name)
    return LegCreated(
        at=at,
        leg_id=leg_id,
        linked_id=linked_id,
        name=name,
        endpoint=endpoint_of(name),
        kind=kind,
        agent_id=agent_id,
        attempt_id=attempt_id,
        number_raw=text(headers, "CallerIDNum"),
        caller_name=text(headers, "CallerIDName"),
        dialled_raw=text(headers, "Exten"),
        context=text(headers, "Context"),
        state=state_of(text(headers, "ChannelState")),
    )


def _renamed(headers: Headers, at: datetime) -> Fact:
    return LegRenamed(at=at, leg_id=_need(headers, "Uniqueid"), name=_need(headers, "Newname"))


def _changed(headers: Headers, at: datetime) -> Fact:
    state = state_of(text(headers, "ChannelState"))
    return LegChanged(at=at, leg_id=_need(headers, "Uniqueid"), state=state)


def _dialling(headers: Headers, at: datetime) -> Fact:
    source = text(headers, "Uniqueid") or None
    return LegDialling(at=at, source_id=source, leg_id=_need(headers, "DestUniqueid"))


def _dialled(headers: Headers, at: datetime) -> Fact:
    return LegDialled(
        at=at,
        source_id=text(headers, "Uniqueid") or None,
        leg_id=_need(headers, "DestUniqueid"),
        status=text(headers, "DialStatus"),
    )


def _end_asked(headers: Headers, at: datetime) -> Fact:
    return LegEndAsked(at=at, leg_id=_need(headers, "Uniqueid"))


def _ended(headers: Headers, at: datetime) -> Fact:
    leg_id = _need(headers, "Uniqueid")
    code = _SIP_CODE.search(text(headers, "TechCause"))
    return LegEnded(
        at=at,
        leg_id=leg_id,
        linked_id=text(headers, "Linkedid") or leg_id,
        cause=_number(headers, "Cause") or _unsaid_cause(headers),
        sip_code=int(code[1]) if code else None,
    )


def _unsaid_cause(headers: Headers) -> int:
    """Asterisk 20 gives a call no cause that rang until our own time was up; later ones say 19."""
    return _NO_ANSWER if state_of(text(headers, "ChannelState")) is LegState.RINGING else 0


def _originated(headers: Headers, at: datetime) -> Fact:
    return OriginateEnded(
        at=at,
        action_id=text(headers, "ActionID"),
        leg_id=text(headers, "Uniqueid") or None,
        ok=text(headers, "Response") == "Success",
        reason=_number(headers, "Reason"),
    )


def _joined(headers: Headers, at: datetime) -> Fact:
    return BridgeJoined(at=at, bridge_id=_need(headers, "BridgeUniqueid"), leg_id=_need(headers, "Uniqueid"))


def _left(headers: Headers, at: datetime) -> Fact:
    return BridgeLeft(at=at, bridge_id=_need(headers, "BridgeUniqueid"), leg_id=_need(headers, "Uniqueid"))


def _paired(headers: Headers, at: datetime) -> Fact:
    one, two = _need(headers, "LocalOneUniqueid"), _need(headers, "LocalTwoUniqueid")
    return LocalPaired(at=at, one_id=one, two_id=two)


def _music_started(headers: Headers, at: datetime) -> Fact:
    return MusicChanged(at=at, leg_id=_need(headers, "Uniqueid"), playing=True)


def _music_stopped(headers: Headers, at: datetime) -> Fact:
    return MusicChanged(at=at, leg_id=_need(headers, "Uniqueid"), playing=False)


def _digit(headers: Headers, at: datetime) -> Fact | None:
    if text(headers, "Direction") != "Received":
        return None
    return DigitPressed(at=at, leg_id=_need(headers, "Uniqueid"), digit=_need(headers, "Digit"))


def _recording_started(headers: Headers, at: datetime) -> Fact:
    return RecordingChanged(at=at, leg_id=_need(headers, "Uniqueid"), state="on")


def _recording_stopped(headers: Headers, at: datetime) -> Fact:
    return RecordingChanged(at=at, leg_id=_need(headers, "Uniqueid"), state="off")


def _recording_muted(headers: Headers, at: datetime) -> Fact:
    state = "paused" if text(headers, "State") == "1" else "on"
    return RecordingChanged(at=at, leg_id=_need(headers, "Uniqueid"), state=state)


def _phone(headers: Headers, at: datetime) -> Fact | None:
    agent = agent_of(text(headers, "EndpointName") or text(headers, "AOR"))
    status = text(headers, "ContactStatus")
    if agent is None or status not in _REACHABLE | _GONE:
        return None
    return PhoneChanged(at=at, agent_id=agent, reachable=status in _REACHABLE, uri=text(headers, "URI"))


def _queued(headers: Headers, at: datetime) -> Fact:
    try:
        joined = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text(headers, "JoinedMs")))
    except (ValueError, OverflowError):
        joined = at
    return QueueEntered(
        at=at, leg_id=_need(headers, "Uniqueid"), queue=text(headers, "Queue"), joined_at=joined
    )


def _returned(headers: Headers, at: datetime) -> Fact:
    return ReturnedToLoop(at=at, leg_id=_need(headers, "Uniqueid"))


def _agent_ready(headers: Headers, at: datetime) -> Fact:
    try:
        agent_id = int(_need(headers, "Agent"))
    except ValueError as error:
        raise Malformed("Agent") from error
    return AgentLegReady(at=at, leg_id=_need(headers, "Uniqueid"), agent_id=agent_id)


def _answered(headers: Headers, at: datetime) -> Fact:
    attempt = text(headers, "Attempt")
    usable = attempt.isascii() and attempt.isdigit() and len(attempt) <= 18
    return CustomerAnswered(
        at=at, leg_id=_need(headers, "Uniqueid"), attempt_id=int(attempt) if usable else None
    )


def _dropped(headers: Headers, at: datetime) -> Fact:
    return CustomerDropped(at=at, leg_id=_need(headers, "Uniqueid"))


def _heard(headers: Headers, at: datetime) -> Fact:
    try:
        ms = int(text(headers, "Ms") or 0)
    except ValueError:
        ms = 0
    return AnswerHeard(
        at=at,
        leg_id=_need(headers, "Uniqueid"),
        status=text(headers, "Status")[:10],
        cause=text(headers, "Cause")[:40],
        ms=ms,
        action=text(headers, "Action"),
    )


def _message_left(headers: Headers, at: datetime) -> Fact:
    ok = text(headers, "Status") == "SUCCESS"
    return MessageLeft(at=at, leg_id=_need(headers, "Uniqueid"), ok=ok)


def _key_chosen(headers: Headers, at: datetime) -> Fact:
    return KeyChosen(at=at, leg_id=_need(headers, "Uniqueid"), key=text(headers, "Key")[:1])


def _opted_out(headers: Headers, at: datetime) -> Fact:
    return OptedOut(at=at, leg_id=_need(headers, "Uniqueid"))


def _fallback(headers: Headers, at: datetime) -> Fact:
    return FallbackEntered(at=at, leg_id=_need(headers, "Uniqueid"), queue=text(headers, "Queue"))


_Reader = Callable[[Headers, datetime], Fact | None]

_USER_EVENTS: Mapping[str, _Reader] = {
    "CCQueued": _queued,
    "CCReturned": _returned,
    "CCAgentLeg": _agent_ready,
    "CCAnswered": _answered,
    "CCDropped": _dropped,
    "CCFallback": _fallback,
    "CCHeard": _heard,
    "CCMessageLeft": _message_left,
    "CCKey": _key_chosen,
    "CCOptedOut": _opted_out,
}


def _user_event(headers: Headers, at: datetime) -> Fact | None:
    reader = _USER_EVENTS.get(text(headers, "UserEvent"))
    return reader(headers, at) if reader else None


_READERS: Mapping[str, _Reader] = {
    "Newchannel": _created,
    "Rename": _renamed,
    "Newstate": _changed,
    "DialBegin": _dialling,
    "DialEnd": _dialled,
    "HangupRequest": _end_asked,
    "Hangup": _ended,
    "OriginateResponse": _originated,
    "BridgeEnter": _joined,
    "BridgeLeave": _left,
    "LocalBridge": _paired,
    "MusicOnHoldStart": _music_started,
    "MusicOnHoldStop": _music_stopped,
    "DTMFEnd": _digit,
    "MixMonitorStart": _recording_started,
    "MixMonitorStop": _recording_stopped,
    "MixMonitorMute": _recording_muted,
    "ContactStatus": _phone,
    "UserEvent": _user_event,
}

DECODED = frozenset(_READERS)
"""Events that may become a fact; no other has to be parsed."""

KNOWN = DECODED | {
    "AgentCalled",
    "AgentComplete",
    "AgentConnect",
    "AgentDump",
    "AgentRingNoAnswer",
    "AorDetail",
    "AsyncAGIEnd",
    "AsyncAGIStart",
    "AttendedTransfer",
    "BlindTransfer",
    "BridgeCreate",
    "BridgeDestroy",
    "BridgeMerge",
    "BridgeVideoSourceUpdate",
    "CEL",
    "Cdr",
    "ChallengeResponseFailed",
    "ChallengeSent",
    "ChanSpyStart",
    "ChanSpyStop",
    "ChannelTalkingStart",
    "ChannelTalkingStop",
    "ContactList",
    "ContactStatusDetail",
    "DTMFBegin",
    "DeviceStateChange",
    "DialState",
    "ExtensionStatus",
    "FullyBooted",
    "HangupHandlerPop",
    "HangupHandlerPush",
    "HangupHandlerRun",
    "Hold",
    "InvalidAccountID",
    "InvalidPassword",
    "LocalOptimizationBegin",
    "LocalOptimizationEnd",
    "ModuleLoadReport",
    "NewAccountCode",
    "NewCallerid",
    "NewConnectedLine",
    "Newexten",
    "PeerStatus",
    "Pickup",
    "PresenceStateChange",
    "QueueCallerAbandon",
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueMemberAdded",
    "QueueMemberPause",
    "QueueMemberPenalty",
    "QueueMemberRemoved",
    "QueueMemberRinginuse",
    "QueueMemberStatus",
    "RTCPReceived",
    "RTCPSent",
    "Registry",
    "Reload",
    "Shutdown",
    "SoftHangupRequest",
    "SuccessfulAuth",
    "TestEvent",
    "Unhold",
    "VarSet",
    "WaitEventComplete",
}
"""Events of Asterisk 20 to 22 that we have met; any other is counted as unknown."""
