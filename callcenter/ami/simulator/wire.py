"""The simulator's events as header lists, in the shape that the recordings of a real Asterisk have."""

from collections.abc import Iterable

from callcenter.ami.simulator.world import CAUSES, STATE_NAMES, Bridge, Leg

Pairs = list[tuple[str, str]]

SYSTEM_NAME = "simulator"
_PRIVILEGES = {
    "UserEvent": "user,all",
    "FullyBooted": "system,all",
    "ContactStatus": "system,all",
    "DTMFBegin": "dtmf,all",
    "DTMFEnd": "dtmf,all",
}


def event(name: str, stamp: str, *parts: Iterable[tuple[str, str]]) -> Pairs:
    """An event with its head: name, privilege, time stamp, system."""
    privilege = _PRIVILEGES.get(name, "agent,all" if name.startswith("Queue") else "call,all")
    head = [("Event", name), ("Privilege", privilege), ("Timestamp", stamp), ("SystemName", SYSTEM_NAME)]
    return [*head, *(pair for part in parts for pair in part)]


def channel(leg: Leg, prefix: str = "") -> Pairs:
    """The fourteen headers that describe a channel, `prefix` as in DialBegin's `Dest`."""
    return [
        (f"{prefix}Channel", leg.name),
        (f"{prefix}ChannelState", str(leg.state)),
        (f"{prefix}ChannelStateDesc", STATE_NAMES[leg.state]),
        (f"{prefix}CallerIDNum", leg.number),
        (f"{prefix}CallerIDName", leg.caller_name),
        (f"{prefix}ConnectedLineNum", leg.connected),
        (f"{prefix}ConnectedLineName", "<unknown>"),
        (f"{prefix}Language", "en"),
        (f"{prefix}AccountCode", ""),
        (f"{prefix}Context", leg.context),
        (f"{prefix}Exten", leg.exten),
        (f"{prefix}Priority", "1"),
        (f"{prefix}Uniqueid", leg.leg_id),
        (f"{prefix}Linkedid", leg.linked_id),
    ]


def bridge(one: Bridge) -> Pairs:
    """The headers that describe a bridge."""
    return [
        ("BridgeUniqueid", one.bridge_id),
        ("BridgeType", "basic"),
        ("BridgeTechnology", "simple_bridge"),
        ("BridgeCreator", "<unknown>"),
        ("BridgeName", "<unknown>"),
        ("BridgeNumChannels", str(len(one.legs))),
        ("BridgeVideoSourceMode", "none"),
    ]


def hangup(cause: int, sip_code: int | None) -> Pairs:
    """Why a channel ended; TechCause is there only when the far end gave one."""
    pairs = [("Cause", str(cause)), ("Cause-txt", CAUSES.get(cause, "Unknown"))]
    return pairs if sip_code is None else [*pairs, ("TechCause", str(sip_code))]


def hangup_request(cause: int, sip_code: int | None) -> Pairs:
    """What the far end gave as its reason; nothing when it gave none."""
    pairs = [("Cause", str(cause))] if cause else []
    return pairs if sip_code is None else [*pairs, ("TechCause", str(sip_code))]
