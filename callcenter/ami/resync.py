"""All that Asterisk has now, read from its own lists after a (re)connection.

The lists need only the actions user's rights: channels with their variables come from Status, phones from
DeviceStateList with each reachable phone's contact by dialplan functions (the contact list itself would need
`system`), callers that wait in app_queue from QueueStatus.
"""

import asyncio
from datetime import datetime, timedelta

from callcenter.ami.connection import AmiConnection, AmiRefused
from callcenter.ami.decode import agent_of, endpoint_of, identify, state_of
from callcenter.ami.message import Headers, every, text
from callcenter.calls.facts import LegKind, LegSeen, Resynced

VARIABLES = (
    "CC_QUEUE",
    "CC_LANG",
    "CC_AGENT",
    "CC_ATTEMPT",
    "CC_CAMPAIGN",
    "CC_JOINED_MS",
    "CC_SERVED",
    "CC_RECORD",
    "CC_TARGET",
    "CC_TRUNK",
    "CC_NUMBER",
)
_AWAY = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})


async def resync(connection: AmiConnection, at: datetime) -> Resynced:
    """Read the lists. `at` is now; the age of a leg is counted back from it."""
    channels, devices, queues = await asyncio.gather(
        connection.rows("Status", ("Variables", ",".join(VARIABLES))),
        connection.rows("DeviceStateList"),
        connection.rows("QueueStatus"),
    )
    phones = await asyncio.gather(*(_contacts(connection, agent) for agent in _present(devices)))
    return Resynced(
        at=at,
        legs=tuple(_leg(row, at) for row in channels if text(row, "Event") == "Status"),
        phones=tuple(phone for contacts in phones for phone in contacts),
        waiting_in_fallback=tuple(text(r, "Uniqueid") for r in queues if text(r, "Event") == "QueueEntry"),
    )


def _leg(row: Headers, at: datetime) -> LegSeen:
    leg_id, name = text(row, "Uniqueid"), text(row, "Channel")
    linked_id = text(row, "Linkedid") or leg_id
    variables = {}
    for assignment in every(row, "Variable"):
        variable, _, value = assignment.partition("=")
        if value not in ("", "(null)"):
            variables[variable] = value
    # bridging with an older leg changed the Linkedid; what the dialplan noted on the leg did not change
    born_alone = linked_id if "CC_QUEUE" not in variables else leg_id
    kind, agent_id, attempt_id = identify(leg_id, born_alone, name)
    seconds = text(row, "Seconds")
    return LegSeen(
        leg_id=leg_id,
        linked_id=linked_id,
        name=name,
        endpoint=endpoint_of(name),
        kind=kind,
        agent_id=agent_id,
        attempt_id=attempt_id,
        number_raw=variables.get("CC_NUMBER", "" if kind is LegKind.AGENT else text(row, "CallerIDNum")),
        caller_name=text(row, "CallerIDName"),
        dialled_raw=text(row, "DNID") or text(row, "Exten"),
        context=text(row, "Context"),
        state=state_of(text(row, "ChannelState")),
        bridge_id=text(row, "BridgeID") or None,
        created_at=at - timedelta(seconds=int(seconds) if seconds.isdecimal() else 0),
        variables=variables,
    )


def _present(devices: tuple[Headers, ...]) -> list[int]:
    agents = []
    for row in devices:
        technology, _, device = text(row, "Device").partition("/")
        agent = agent_of(device)
        if technology == "PJSIP" and agent is not None and text(row, "State") not in _AWAY:
            agents.append(agent)
    return agents


async def _contacts(connection: AmiConnection, agent_id: int) -> list[tuple[int, str]]:
    """Agent and address of each contact its phone registered."""
    try:
        contacts = await _function(connection, f"PJSIP_AOR(agent{agent_id},contact)")
        addresses = [
            await _function(connection, f"PJSIP_CONTACT({contact},uri)")
            for contact in contacts.split(",")
            if contact
        ]
    except AmiRefused:  # it unregistered meanwhile; an event says so
        return []
    return [(agent_id, address) for address in addresses if address]


async def _function(connection: AmiConnection, expression: str) -> str:
    return text(await connection.act("Getvar", ("Variable", expression)), "Value")
