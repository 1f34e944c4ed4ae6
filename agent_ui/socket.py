"""The one WebSocket behind every page: a snapshot, numbered deltas, pops and notices out; commands in.

A socket has a bounded outbox. When it is full the socket is closed: the page comes back and takes a new
snapshot. What an agent may not see is taken out of the documents before they are sent.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import msgspec
from aiohttp import WSMsgType, web
from msgspec import Struct

from callcenter.agents.events import AgentNotice, CommandDone, CommandIssued
from callcenter.calls.events import ScreenPop
from callcenter.kernel import phone
from callcenter.kernel.auth import Permission, Role, find_session, touch_session
from callcenter.kernel.bus import Bus, Overflow
from callcenter.kernel.clock import Clock, iso
from callcenter.kernel.component import SIGNED_IN, Component, Route
from callcenter.kernel.errors import Forbidden
from callcenter.kernel.events import Event
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Actor
from callcenter.kernel.web import COOKIE, RIGHTS, TRANSACTIONS, actor_of, same_origin
from callcenter.live.board import Delta, Doc, Docs
from callcenter.live.mirror import Mirror, Reader

log = logging.getLogger(__name__)

OUTBOX = 500
CLOCK_SECONDS = 10.0
PING_SECONDS = 20.0
COMMAND_SECONDS = 5.0
GOODBYE_SECONDS = 2.0
TOUCH_EVERY = timedelta(minutes=10)
SIGNED_OUT = 4401  # pages know this code: the way back is through the sign-in page
LARGEST_FRAME = 16 * 1024

DESK = Permission("desk.use", marked("Work at the agent's desk"), frozenset({Role.AGENT}))
FLOOR = Permission("floor.view", marked("See every agent and call live"), frozenset({Role.SUPERVISOR}))
STEER = Permission("floor.steer", marked("Change the state of agents"), frozenset({Role.SUPERVISOR}))
STEERING = frozenset({"supervise_ready", "supervise_pause", "supervise_logout"})


class CommandFrame(Struct, forbid_unknown_fields=True):
    """What a page sends."""

    type: str
    id: str
    verb: str
    args: dict[str, str | int | bool | None] = {}


@dataclass(frozen=True, slots=True)
class Seat:
    """The agent behind a user, and their phone account (None: no agent, or a desk phone)."""

    agent_id: int | None
    queues: frozenset[str]
    sip: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class SocketRoom:
    """What the socket needs of the composition."""

    bus: Bus
    clock: Clock
    mirror: Mirror
    seat_of: Callable[[int], Awaitable[Seat]]
    look_again_seconds: float = 30.0  # is this still the same person, with the same rights?


class OpenSockets:
    """The sockets of this process, to be told when it goes."""

    def __init__(self) -> None:
        self.sockets: set[web.WebSocketResponse] = set()


ROOM = web.AppKey("socket_room", SocketRoom)
SOCKETS = web.AppKey("sockets", OpenSockets)


class Line:
    """One page's socket."""

    def __init__(self, room: SocketRoom, actor: Actor, seat: Seat, socket: web.WebSocketResponse) -> None:
        self._room = room
        self._actor = actor
        self._seat = seat
        self._socket = socket
        self._translate = Translator(actor.language)
        self._outbox: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._waiting: dict[str, asyncio.Event] = {}
        self._all = actor.may("floor.view")
        self._numbers = actor.may("leads.view")
        self.full = False

    # -- out ------------------------------------------------------------------------------------

    def send(self, frame: Mapping[str, object]) -> None:
        """Queue a frame; an overfull outbox ends the socket."""
        if len(self._outbox) >= OUTBOX:
            self.full = True
        else:
            self._outbox.append(msgspec.json.encode(frame))
        self._wake.set()

    def hello(self) -> None:
        self.send(
            {
                "type": "hello",
                "agent_id": self._seat.agent_id,
                "user": {
                    "id": self._actor.user_id,
                    "name": self._actor.name,
                    "role": self._actor.role,
                },
                "sip": self._seat.sip,
                "now": iso(self._room.clock.now()),
            }
        )

    def whole(self, docs: Docs, seq: int) -> None:
        """The board as this actor may see it."""
        if not self._room.mirror.known:
            return
        shown = {
            kind: {key: seen for key, doc in of_kind.items() if (seen := self._seen(kind, key, doc))}
            for kind, of_kind in docs.items()
        }
        self.send({"type": "snapshot", "seq": seq, "docs": shown})

    def changed(self, delta: Delta) -> None:
        """Every number is sent, so that the page can tell a gap; a hidden document goes as nothing."""
        doc = self._seen(delta.kind, delta.key, delta.doc) if delta.doc is not None else None
        self.send(
            {
                "type": "delta",
                "seq": delta.seq,
                "kind": delta.kind,
                "key": delta.key,
                "doc": doc,
            }
        )

    def _seen(self, kind: str, key: str, doc: Doc) -> Doc | None:
        if kind == "campaign":
            return doc if self._numbers else _without_numbers(doc)
        if self._all:
            return doc
        match kind:
            case "agent" if key != str(self._seat.agent_id):
                return doc | {"call": None, "today": None, "preview": None, "callback": None}
            case "call" if doc.get("agent_id") != self._seat.agent_id or self._seat.agent_id is None:
                return None
            case _:
                return doc

    async def receive(self, events: Sequence[Event]) -> None:
        """The bus subscriber of this socket."""
        for event in events:
            match event:
                case ScreenPop() if event.agent_id == self._seat.agent_id:
                    self.send(_pop(event))
                case AgentNotice() if event.agent_id == self._seat.agent_id:
                    text = self._translate(event.message)
                    self.send({"type": "notice", "level": event.level, "text": text})
                case CommandDone() if event.command_id in self._waiting:
                    self._waiting.pop(event.command_id).set()
                    self.send(self._done(event))
                case _:
                    pass

    def _done(self, event: CommandDone) -> dict[str, object]:
        error = None
        if not event.ok:
            error = {
                "key": event.key,
                "text": self._translate(event.message, event.values or None),
            }
        return {"type": "done", "id": event.command_id.split(":", 1)[1], "ok": event.ok, "error": error}

    async def write(self) -> None:
        """Send what is queued until the socket ends; the clock goes out when there is silence."""
        while not self._socket.closed:
            while self._outbox:
                await self._socket.send_str(self._outbox.popleft().decode())
            if self.full:
                await self._socket.close(code=1013, message=b"too slow")
                return
            self._wake.clear()
            try:
                async with asyncio.timeout(CLOCK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                self.send({"type": "clock", "now": iso(self._room.clock.now())})

    # -- in -------------------------------------------------------------------------------------

    async def read(self, tasks: Tasks) -> None:
        """Take commands until the page goes."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                frame = msgspec.json.decode(message.data, type=CommandFrame)
            except (msgspec.ValidationError, msgspec.DecodeError):
                self.send({"type": "notice", "level": "error", "text": "bad frame"})
                continue
            if frame.type == "command":
                self._command(frame, tasks)

    def _command(self, frame: CommandFrame, tasks: Tasks) -> None:
        needed = "floor.steer" if frame.verb in STEERING else "desk.use"
        if not self._actor.may(needed) or self._actor.user_id is None:
            error = Forbidden()
            self._refuse(frame.id, error.key, error.message)
            return
        # prefixed, so that two pages that happen to use the same id do not hear each other's answer
        command_id = f"{secrets.token_hex(8)}:{frame.id[:64]}"
        answered = asyncio.Event()
        self._waiting[command_id] = answered
        self._room.bus.publish(
            CommandIssued(
                at=self._room.clock.now(),
                command_id=command_id,
                agent_id=self._seat.agent_id,
                user_id=self._actor.user_id,
                verb=frame.verb,
                args={k: _plain(v) for k, v in frame.args.items() if v is not None},
            )
        )
        tasks.spawn("socket:command", self._expect(command_id, frame.id, answered))

    async def _expect(self, command_id: str, frame_id: str, answered: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await answered.wait()
        except TimeoutError:
            if self._waiting.pop(command_id, None) is not None:
                self._refuse(
                    frame_id,
                    "unavailable",
                    marked("The telephone service does not answer. Try again in a moment."),
                )

    def _refuse(self, frame_id: str, key: str, message: str) -> None:
        self.send(
            {
                "type": "done",
                "id": frame_id,
                "ok": False,
                "error": {"key": key, "text": self._translate(message)},
            }
        )


def _plain(value: str | int | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_numbers(doc: Doc) -> Doc:
    """A campaign as somebody sees it who may not see its leads."""
    shown = dict(doc)
    for name in ("lines", "next"):
        rows = doc.get(name)
        if isinstance(rows, list):
            shown[name] = [row | {"number": phone.masked(str(row["number"]))} for row in rows]
    return shown


def _pop(event: ScreenPop) -> dict[str, object]:
    return {
        "type": "pop",
        "call_id": event.call_id,
        "number": event.number,
        "direction": event.direction,
        "queue": event.queue,
        "campaign": event.campaign_id,
        "at": iso(event.at),
        "matches": [
            {"id": m.contact_id, "name": m.name, "company": m.company, "kind": m.kind} for m in event.matches
        ],
    }


async def open_socket(request: web.Request) -> web.StreamResponse:
    """GET /socket: the Origin is checked before the upgrade."""
    if not same_origin(request):
        raise Forbidden(key="origin")
    actor = actor_of(request)
    room = request.app[ROOM]
    seat = await room.seat_of(actor.user_id or 0)
    socket = web.WebSocketResponse(
        heartbeat=PING_SECONDS, timeout=GOODBYE_SECONDS, max_msg_size=LARGEST_FRAME, compress=False
    )
    await socket.prepare(request)
    line = Line(room, actor, seat, socket)
    tasks = Tasks()
    reader = Reader(line.whole, line.changed)
    subscription = room.bus.subscribe(
        f"socket:{actor.user_id}",
        (ScreenPop, AgentNotice, CommandDone),
        line.receive,
        limit=OUTBOX,
        overflow=Overflow.DROP_OLDEST,
        max_batch=50,
    )
    line.hello()
    room.mirror.attach(reader)
    request.app[SOCKETS].sockets.add(socket)
    tasks.spawn("socket:write", _quiet(line.write()))
    tasks.every("socket:session", room.look_again_seconds, partial(_look_again, request, socket))
    try:
        await line.read(tasks)
    finally:
        request.app[SOCKETS].sockets.discard(socket)
        room.mirror.detach(reader)
        subscription.close()
        await tasks.aclose()
    return socket


async def _look_again(request: web.Request, socket: web.WebSocketResponse) -> None:
    """Who signed out, was switched off or got other rights has no socket any more. An open page is in use."""
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    async with transactions.read() as reading:
        signed = await find_session(reading, request.cookies.get(COOKIE, ""), now, request.app[RIGHTS])
    if signed is None or signed.actor.permissions != actor_of(request).permissions:
        await socket.close(code=SIGNED_OUT, message=b"signed out")
    elif now - signed.seen_at > TOUCH_EVERY:
        async with transactions.database.write() as writing:
            await touch_session(writing, signed.token_hash, now)


async def _quiet(work: Awaitable[None]) -> None:
    """A page that goes away in the middle of a frame is no error."""
    with suppress(ConnectionError):
        await work


async def close_sockets(app: web.Application) -> None:
    """At shutdown: tell every page to come back."""
    goodbyes = [socket.close(code=1012, message=b"restarting") for socket in app[SOCKETS].sockets]
    with suppress(TimeoutError):
        async with asyncio.timeout(2 * GOODBYE_SECONDS):
            await asyncio.gather(*goodbyes, return_exceptions=True)


COMPONENT = Component(
    name="socket",
    permissions=(DESK, FLOOR, STEER),
    routes=(Route("GET", "/socket", open_socket, needs=SIGNED_IN),),
)
