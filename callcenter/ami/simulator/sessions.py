"""AMI over TCP: logins, actions and answers of the simulated Asterisk."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from callcenter.ami.message import SEPARATOR, Headers, every, parse, render, text
from callcenter.ami.simulator.switch import Refused, Switch
from callcenter.ami.simulator.wire import Pairs
from callcenter.ami.simulator.world import STATE_NAMES, UNKNOWN, Dialling, Leg, Member

log = logging.getLogger(__name__)

_BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_FUNCTION = re.compile(r"([A-Z_]+)\((.*)\)")
_UNESCAPED = re.compile(r"\\(.)")
_CALLER = re.compile(r'"?([^"<]*)"?\s*<([^>]*)>')


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One AMI user: the events user may only read, the actions user may only act."""

    secret: str
    reads: bool
    acts: bool


class Sessions:
    """Everybody who is connected. `say` sends an event to whoever listens."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users
        self._open: set[_Session] = set()
        self._switch: Switch | None = None
        self.silent = False

    def serve(self, switch: Switch) -> None:
        """Act on this switch from now on."""
        self._switch = switch

    def say(self, pairs: Pairs) -> None:
        """An event, to every session that reads."""
        if self.silent:
            return
        data = render(pairs)
        for session in tuple(self._open):
            if session.reads:
                session.writer.write(data)

    def cut(self) -> None:
        """Break every connection at once."""
        for session in tuple(self._open):
            session.writer.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its end."""
        session = _Session(self._users, writer)
        self._open.add(session)
        writer.write(_BANNER)
        try:
            while True:
                block = await reader.readuntil(SEPARATOR)
                if self._switch is not None and not self.silent:
                    session.act(parse(block), self._switch)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            self._open.discard(session)
            writer.close()


class _Session:
    """One connection's login and its actions."""

    def __init__(self, users: Mapping[str, User], writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.reads = False
        self._users = users
        self._user: User | None = None

    def act(self, action: Headers, switch: Switch) -> None:
        """Do what is asked, or answer why not."""
        name = text(action, "Action").lower()
        if name == "login":
            self._login(action)
            return
        if self._user is None or (name != "ping" and not self._user.acts):
            self._answer(action, "Error", ("Message", "Permission denied"))
            return
        handler = self._ACTIONS.get(name)
        if handler is None:
            self._answer(action, "Error", ("Message", "Invalid/unknown command"))
            return
        try:
            handler(self, action, switch)
        except Refused as refused:
            self._answer(action, "Error", ("Message", str(refused)))

    def _login(self, action: Headers) -> None:
        user = self._users.get(text(action, "Username"))
        if user is None or text(action, "Secret") != user.secret:
            self._answer(action, "Error", ("Message", "Authentication failed"))
            self.writer.close()
            return
        self._user = user
        self._answer(action, "Success", ("Message", "Authentication accepted"))
        # as at a real login, this one bears no time stamp
        booted = [("Event", "FullyBooted"), ("Privilege", "system,all"), ("Uptime", "1")]
        self.writer.write(render([*booted, ("LastReload", "1"), ("Status", "Fully Booted")]))
        self.reads = user.reads and text(action, "Events") != "off"

    def _answer(self, action: Headers, response: str, *pairs: tuple[str, str]) -> None:
        self.writer.write(render([("Response", response), ("ActionID", text(action, "ActionID")), *pairs]))

    def _rows(self, action: Headers, kind: str, rows: Iterable[Pairs]) -> None:
        self._answer(action, "Success", ("EventList", "start"), ("Message", f"{kind} will follow"))
        identity = ("ActionID", text(action, "ActionID"))
        blocks = [render([*row, identity]) for row in rows]
        self.writer.write(b"".join(blocks))
        count = ("ListItems", str(len(blocks)))
        end = [("Event", f"{kind}Complete"), identity, ("EventList", "Complete"), count]
        self.writer.write(render(end))

    def _ping(self, action: Headers, switch: Switch) -> None:
        stamp = f"{switch.timeline.now().timestamp():.6f}"
        self._answer(action, "Success", ("Ping", "Pong"), ("Timestamp", stamp))

    def _originate(self, action: Headers, switch: Switch) -> None:
        variables = []
        for value in every(action, "Variable"):
            name, _, content = value.partition("=")
            variables.append((name, _UNESCAPED.sub(r"\1", content)))
        dialling = Dialling(
            action_id=text(action, "ActionID"),
            channel=text(action, "Channel"),
            context=text(action, "Context"),
            exten=text(action, "Exten"),
        )
        caller = _CALLER.fullmatch(text(action, "CallerID"))
        name, number = (caller[1].strip(), caller[2]) if caller else ("", text(action, "CallerID"))
        switch.originate(
            text(action, "ChannelId"),
            dialling,
            caller=(name or UNKNOWN, number or UNKNOWN),
            seconds=int(text(action, "Timeout") or 30000) / 1000,
            variables=variables,
        )
        self._answer(action, "Success", ("Message", "Originate successfully queued"))

    def _setvar(self, action: Headers, switch: Switch) -> None:
        name, value = text(action, "Variable"), text(action, "Value")
        function = _FUNCTION.fullmatch(name)
        if function and function[1] == "DEVICE_STATE":
            switch.set_device(function[2], value)
        elif identity := text(action, "Channel"):
            switch.find(identity, "No such channel").variables[name] = value
        else:
            switch.globals[name] = value
        self._answer(action, "Success", ("Message", "Variable Set"))

    def _getvar(self, action: Headers, switch: Switch) -> None:
        name = text(action, "Variable")
        identity = text(action, "Channel")
        leg = switch.find(identity, "No such channel") if identity else None
        value = _value(name, leg, switch)
        self._answer(action, "Success", ("Variable", name), ("Value", value))

    def _bridge(self, action: Headers, switch: Switch) -> None:
        one, two = text(action, "Channel1"), text(action, "Channel2")
        first = switch.find(one, f"Channel1 does not exist: {one}")
        second = switch.find(two, f"Channel2 does not exist: {two}")
        switch.bridge(first, second)
        self._answer(action, "Success", ("Message", "Channels have been bridged"))

    def _redirect(self, action: Headers, switch: Switch) -> None:
        identity = text(action, "Channel")
        leg = switch.find(identity, f"Channel does not exist: {identity}")
        switch.redirect(leg, text(action, "Context"), text(action, "Exten"))
        self._answer(action, "Success", ("Message", "Redirect successful"))

    def _hangup(self, action: Headers, switch: Switch) -> None:
        leg = switch.find(text(action, "Channel"), "No such channel")
        self._answer(action, "Success", ("Message", "Channel Hungup"))
        switch.end(leg, int(text(action, "Cause") or 0))

    def _play(self, action: Headers, switch: Switch) -> None:
        switch.find(text(action, "Channel"), "Channel not found")
        self._answer(action, "Success", ("Message", "DTMF successfully queued"))

    def _mute(self, action: Headers, switch: Switch) -> None:
        switch.mute_recording(
            switch.find(text(action, "Channel"), "Channel not found"), text(action, "State")
        )
        self._answer(action, "Success")

    def _queue_add(self, action: Headers, switch: Switch) -> None:
        interface = text(action, "Interface")
        member = Member(
            interface=interface,
            name=text(action, "MemberName") or interface,
            state_interface=text(action, "StateInterface") or interface,
            paused=text(action, "Paused") == "true",
        )
        switch.add_member(text(action, "Queue"), member)
        self._answer(action, "Success", ("Message", "Added interface to queue"))

    def _queue_remove(self, action: Headers, switch: Switch) -> None:
        switch.remove_member(text(action, "Queue"), text(action, "Interface"))
        self._answer(action, "Success", ("Message", "Removed interface from queue"))

    def _queue_pause(self, action: Headers, switch: Switch) -> None:
        paused = text(action, "Paused") == "true"
        switch.pause_member(text(action, "Queue"), text(action, "Interface"), paused=paused)
        word = "paused" if paused else "unpaused"
        self._answer(action, "Success", ("Message", f"Interface {word} successfully"))

    def _queue_withdraw(self, action: Headers, switch: Switch) -> None:
        switch.withdraw(text(action, "Queue"), text(action, "Caller"))
        self._answer(action, "Success", ("Message", "Withdraw requested successfully"))

    def _queue_log(self, action: Headers, switch: Switch) -> None:
        names = ("Uniqueid", "Queue", "Interface", "Event", "Message")
        switch.queue_log.append(tuple(text(action, name) for name in names))
        self._answer(action, "Success", ("Message", "Event added successfully"))

    def _queue_status(self, action: Headers, switch: Switch) -> None:
        self._rows(action, "QueueStatus", _queue_rows(switch, text(action, "Member")))

    def _dialplan(self, action: Headers, switch: Switch) -> None:
        """Of the dialplan only the numbers are known as rows."""
        rows = _number_rows(switch) if text(action, "Context") == "cc-numbers" else ()
        self._rows(action, "ShowDialPlan", rows)

    def _status(self, action: Headers, switch: Switch) -> None:
        names = [name for name in text(action, "Variables").split(",") if name]
        self._rows(action, "Status", [_status_row(leg, names, switch) for leg in switch.legs.values()])

    def _devices(self, action: Headers, switch: Switch) -> None:
        rows = [
            [("Event", "DeviceStateChange"), ("Device", device), ("State", state)]
            for device, state in switch.devices.items()
        ]
        self._rows(action, "DeviceStateList", rows)

    _ACTIONS: ClassVar[Mapping[str, Callable[["_Session", Headers, Switch], None]]] = {
        "ping": _ping,
        "originate": _originate,
        "setvar": _setvar,
        "getvar": _getvar,
        "bridge": _bridge,
        "redirect": _redirect,
        "hangup": _hangup,
        "playdtmf": _play,
        "mixmonitormute": _mute,
        "queueadd": _queue_add,
        "queueremove": _queue_remove,
        "queuepause": _queue_pause,
        "queuewithdrawcaller": _queue_withdraw,
        "queuelog": _queue_log,
        "queuestatus": _queue_status,
        "showdialplan": _dialplan,
        "status": _status,
        "devicestatelist": _devices,
    }


def _value(name: str, leg: Leg | None, switch: Switch) -> str:
    function = _FUNCTION.fullmatch(name)
    if function is None:
        return leg.variables.get(name, "") if leg else switch.globals.get(name, "")
    if function[1] == "CHANNEL" and leg is not None:
        return leg.name if function[2] == "name" else ""
    subject, _, item = function[2].partition(",")
    agent = subject.partition(";")[0].removeprefix("agent")
    phone = switch.phones.get(int(agent)) if agent.isdecimal() else None
    if phone is None:
        return ""
    if function[1] == "PJSIP_AOR":
        return f"agent{agent};@{phone.uri[-8:]}"
    return phone.uri if item == "uri" else "Reachable"


def _status_row(leg: Leg, names: list[str], switch: Switch) -> Pairs:
    age = int((switch.timeline.now() - leg.created_at).total_seconds())
    return [
        ("Event", "Status"),
        ("Privilege", "Call"),
        ("Channel", leg.name),
        ("ChannelState", str(leg.state)),
        ("ChannelStateDesc", STATE_NAMES[leg.state]),
        ("CallerIDNum", leg.number),
        ("CallerIDName", leg.caller_name),
        ("ConnectedLineNum", leg.connected),
        ("Context", leg.context),
        ("Exten", leg.exten),
        ("Priority", "1"),
        ("Uniqueid", leg.leg_id),
        ("Linkedid", leg.linked_id),
        ("Type", leg.name.partition("/")[0]),
        ("DNID", leg.dialled if leg.dialling is None else ""),
        ("BridgeID", leg.bridge.bridge_id if leg.bridge else ""),
        ("Seconds", str(age)),
        *(("Variable", f"{name}={leg.variables.get(name, '(null)')}") for name in names),
    ]


def _number_rows(switch: Switch) -> Iterable[Pairs]:
    for digits, (queue, language) in switch.numbers.items():
        place = [("Event", "ListDialplan"), ("Context", "cc-numbers"), ("Extension", digits)]
        for priority, said in enumerate((f"CC_QUEUE={queue}", f"CC_LANG={language}"), 1):
            yield [*place, ("Priority", str(priority)), ("Application", "Set"), ("AppData", said)]


def _queue_rows(switch: Switch, member_filter: str) -> Iterable[Pairs]:
    for name, queue in switch.queues.items():
        yield [("Event", "QueueParams"), ("Queue", name), ("Calls", str(len(queue.callers)))]
        for member in queue.members.values():
            if member_filter in ("", member.interface):
                yield [
                    ("Event", "QueueMember"),
                    ("Queue", name),
                    ("Name", member.name),
                    ("Location", member.interface),
                    ("StateInterface", member.state_interface),
                    ("Paused", "1" if member.paused else "0"),
                ]
        for position, leg in enumerate(queue.callers, 1):
            yield [
                ("Event", "QueueEntry"),
                ("Queue", name),
                ("Position", str(position)),
                ("Channel", leg.name),
                ("Uniqueid", leg.leg_id),
            ]
