"""One AMI connection that tells the truth. The only module that imports panoramisk.

panoramisk writes actions and matches answers to them. What its protocol lacks for a dialler is done here:
actions are never sent a second time, every action has a deadline, a listener cannot break the connection,
letters survive chunk borders, values cannot smuggle in further actions, a silent peer is found out, and
events arrive through one bounded inbox in the order Asterisk sent them.
"""

import asyncio
import logging
import ssl
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message
from typing_extensions import override

from callcenter.ami.message import SEPARATOR, Headers, Value, checked, parse, text
from callcenter.kernel.tasks import Tasks

log = logging.getLogger(__name__)

_LONGEST_MESSAGE = 4 * 1024 * 1024


class AmiError(Exception):
    """Anything that keeps an action from its answer."""


class AmiDown(AmiError):
    """No connection. When it broke after sending, nobody knows whether Asterisk did it."""


class AmiTimeout(AmiError):
    """No answer in time; the action may or may not have been carried out."""


class AmiRefused(AmiError):
    """Asterisk answered with an error."""


class AmiLoginRefused(AmiError):
    """The user name or the secret is wrong, or the address is not permitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiAddress:
    """Where an Asterisk's manager listens, and who we are to it. `tls` wraps the connection when given."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: ssl.SSLContext | None = None


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """TLS towards Asterisk, verified against this authority, or the system's when none is named."""
    return ssl.create_default_context(cafile=ca_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiTiming:
    """Deadlines and pauses of one connection."""

    answer_seconds: float = 5.0
    connect_seconds: float = 5.0
    ping_seconds: float = 5.0
    dead_seconds: float = 12.0
    first_retry_seconds: float = 0.25
    longest_retry_seconds: float = 10.0


@dataclass(slots=True)
class AmiCounters:
    """What went over one connection since the start."""

    events: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    listener_errors: int = 0
    overflows: int = 0
    timeouts: int = 0


@dataclass(frozen=True, slots=True)
class _Link:
    up: bool


class Sent:
    """An action on the wire. `answer()` waits for what Asterisk says to it."""

    def __init__(self, action: Action, protocol: "_Protocol", seconds: float, counters: AmiCounters) -> None:
        self._action = action
        self._protocol = protocol
        self._seconds = seconds
        self._counters = counters

    async def answer(self) -> Headers:
        """The first answer; an error of Asterisk's raises `AmiRefused`."""
        return (await self.answers())[0]

    async def answers(self) -> tuple[Headers, ...]:
        """The answer and all rows of a list action."""
        try:
            async with asyncio.timeout(self._seconds):
                result = await self._action.future
        except TimeoutError as error:
            self._counters.timeouts += 1
            raise AmiTimeout(f"{self._action['Action']}: no answer in {self._seconds:g} s") from error
        finally:
            self._protocol.forget(self._action)
        messages = tuple(_headers(m) for m in (result if isinstance(result, list) else [result]))
        if text(messages[0], "Response") not in ("Success", "Goodbye", "Pong"):
            raise AmiRefused(text(messages[0], "Message"))
        return messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Who hears the events of a connection, and how.

    `on_event` and `on_state` are called one at a time, in order, from one reader. `wanted` names the events
    that are parsed and delivered (None: all); the others are only counted. `gate` is awaited before each
    delivery and so holds the reader back. When the inbox overflows the connection is dropped, because a
    known gap (which a resync heals) is better than a silent one. `record` gets every message as it came.
    """

    on_event: Callable[[Headers], None]
    on_state: Callable[[bool], None] | None = None
    gate: Callable[[], Awaitable[None]] | None = None
    wanted: Collection[str] | None = None
    known: Collection[str] = ()
    record: Callable[[bytes], None] | None = None
    inbox_limit: int = 50_000


class AmiConnection:
    """Keeps one logged-in AMI session, again and again, while `run` runs. Without `listening`: no events."""

    def __init__(
        self,
        address: AmiAddress,
        *,
        random: Random,
        listening: Listening | None = None,
        timing: AmiTiming | None = None,
    ) -> None:
        self.counters = AmiCounters()
        self.timing = timing or AmiTiming()
        self._address = address
        self._random = random
        self._listening = listening
        wanted = listening.wanted if listening else ()
        self._wanted = None if wanted is None else frozenset(name.encode() for name in wanted)
        self._known = frozenset(name.encode() for name in listening.known) if listening else frozenset()
        self._inbox: deque[Headers | _Link] = deque()
        self._wake = asyncio.Event()
        self._up = asyncio.Event()
        self._protocol: _Protocol | None = None
        self._tasks = Tasks()
        self._token = f"{random.getrandbits(48):012x}"
        self._actions = 0

    @property
    def up(self) -> bool:
        """Logged in, as far as we know."""
        return self._up.is_set()

    @property
    def waiting(self) -> int:
        """How many events wait in the inbox."""
        return len(self._inbox)

    async def run(self) -> None:
        """Connect and stay connected. Raises only `AmiLoginRefused` of a session that never was."""
        self._tasks.spawn("ami:reader", self._deliver())
        delay = self.timing.first_retry_seconds
        try:
            while True:
                try:
                    protocol = await self._open()
                except AmiLoginRefused:
                    if not self.counters.connections:
                        raise
                    log.exception("AMI login refused", extra=self._where())
                except (OSError, AmiError, TimeoutError) as error:
                    log.warning("no AMI connection", extra={**self._where(), "error": repr(error)})
                else:
                    delay = self.timing.first_retry_seconds
                    await self._watch(protocol)
                await asyncio.sleep(delay * self._random.uniform(0.5, 1.0))
                delay = min(delay * 2, self.timing.longest_retry_seconds)
        finally:
            self._drop()
            await self._tasks.aclose()

    async def wait_up(self) -> None:
        """Wait until logged in."""
        await self._up.wait()

    def drop(self) -> None:
        """Cut the connection; `run` makes the next one."""
        if self._protocol is not None:
            self._protocol.cut()

    def send(self, action: str, *headers: tuple[str, str], action_id: str | None = None) -> Sent:
        """Write an action now. Two calls in a row reach Asterisk in that order."""
        if self._protocol is None or not self.up:
            raise AmiDown("not connected")
        return self._write(self._protocol, action, headers, action_id, listed=False)

    async def act(self, action: str, *headers: tuple[str, str], action_id: str | None = None) -> Headers:
        """Send an action and wait for its first answer."""
        return await self.send(action, *headers, action_id=action_id).answer()

    async def rows(self, action: str, *headers: tuple[str, str]) -> tuple[Headers, ...]:
        """Send a list action and wait for the whole list; only its rows are returned."""
        if self._protocol is None or not self.up:
            raise AmiDown("not connected")
        messages = await self._write(self._protocol, action, headers, None, listed=True).answers()
        return tuple(m for m in messages if "Event" in m and text(m, "EventList") != "Complete")

    def _write(
        self,
        protocol: "_Protocol",
        action: str,
        headers: tuple[tuple[str, str], ...],
        action_id: str | None,
        *,
        listed: bool,
    ) -> Sent:
        self._actions += 1
        identity = action_id or f"{self._token}-{self._actions}"
        fields: dict[str, list[str]] = {}
        for name, value in checked((("Action", action), ("ActionID", identity), *headers)):
            fields.setdefault(name, []).append(value)
        # panoramisk takes None as "decide from the first answer", which is what a list action needs
        as_list = None if listed else False
        message = Action({k: v if len(v) > 1 else v[0] for k, v in fields.items()}, as_list=as_list)
        protocol.send(message, as_list=as_list)
        return Sent(message, protocol, self.timing.answer_seconds, self.counters)

    async def _open(self) -> "_Protocol":
        loop = asyncio.get_running_loop()
        protocol = _Protocol(self._take, self._listening.record if self._listening else None)
        async with asyncio.timeout(self.timing.connect_seconds):
            await loop.create_connection(
                lambda: protocol, self._address.host, self._address.port, ssl=self._address.tls
            )
        login = (
            ("Username", self._address.username),
            ("Secret", self._address.secret),
            ("Events", "on" if self._listening else "off"),
        )
        try:
            await self._write(protocol, "Login", login, None, listed=False).answer()
        except AmiRefused as error:
            protocol.cut()
            where = f"{self._address.host}:{self._address.port}"
            raise AmiLoginRefused(
                f"Asterisk at {where} refuses the AMI user {self._address.username}: {error}"
            ) from error
        except BaseException:
            protocol.cut()
            raise
        self._protocol = protocol
        self.counters.connections += 1
        self._up.set()
        self._put(_Link(up=True))
        for name, block in protocol.early:
            self._take(name, block, protocol)
        protocol.early.clear()
        return protocol

    async def _watch(self, protocol: "_Protocol") -> None:
        """Return when the connection is over, by itself or because the peer fell silent."""
        loop = asyncio.get_running_loop()
        while not protocol.over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self.timing.ping_seconds):
                    await protocol.over.wait()
            if protocol.over.is_set():
                break
            if loop.time() - protocol.heard_at > self.timing.dead_seconds:
                log.error("Asterisk fell silent; the connection is cut", extra=self._where())
                protocol.cut()
            else:
                ping = self._write(protocol, "Ping", (), None, listed=False)
                protocol.forget_when_done(ping)
        self._drop()

    def _drop(self) -> None:
        if self._protocol is None:
            return
        self._protocol.cut()
        self._protocol = None
        self._up.clear()
        self._put(_Link(up=False))

    def _take(self, name: bytes, block: bytes, protocol: "_Protocol") -> None:
        """One event, straight from the wire. Those that came with the login's answer wait for `up`."""
        if protocol.over.is_set():
            return
        if self._protocol is not protocol:
            protocol.early.append((name, block))
            return
        self.counters.events[name.decode("ascii", "replace")] += 1
        if self._known and name not in self._known:
            self.counters.unknown[name.decode("ascii", "replace")] += 1
        if self._listening is None or (self._wanted is not None and name not in self._wanted):
            return
        if len(self._inbox) >= self._listening.inbox_limit:
            self.counters.overflows += 1
            log.error("the AMI inbox is full; the connection is cut to resync", extra=self._where())
            self._inbox.clear()
            protocol.cut()
            return
        self._put(parse(block))

    def _put(self, item: Headers | _Link) -> None:
        self._inbox.append(item)
        self._wake.set()

    async def _deliver(self) -> None:
        gate = self._listening.gate if self._listening else None
        while True:
            while self._inbox:
                if gate is not None:
                    await gate()
                if not self._inbox:  # it may have overflowed while the gate was shut
                    break
                item = self._inbox.popleft()
                try:
                    self._hand(item)
                except Exception:  # a listener's fault must not cost the connection
                    self.counters.listener_errors += 1
                    log.exception("an AMI listener failed")
            self._wake.clear()
            await self._wake.wait()

    def _hand(self, item: Headers | _Link) -> None:
        if self._listening is None:
            return
        if not isinstance(item, _Link):
            self._listening.on_event(item)
        elif self._listening.on_state is not None:
            self._listening.on_state(item.up)

    def _where(self) -> dict[str, object]:
        return {"asterisk": f"{self._address.host}:{self._address.port}", "ami_user": self._address.username}


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's protocol with our framing: whole messages as bytes, events apart from answers."""

    responses: dict[str, Action]

    def __init__(
        self, take: Callable[[bytes, bytes, "_Protocol"], None], record: Callable[[bytes], None] | None
    ) -> None:
        self.over = asyncio.Event()
        self.heard_at = asyncio.get_running_loop().time()
        self.encoding = "utf-8"
        self._take = take
        self._record = record
        self._rest = b""
        self.early: list[tuple[bytes, bytes]] = []

    @override
    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        *blocks, self._rest = (self._rest + data).split(SEPARATOR)
        for block in blocks:
            self._message(block)
        if len(self._rest) > _LONGEST_MESSAGE:
            log.error("an AMI message without end; the connection is cut")
            self.cut()

    def _message(self, block: bytes) -> None:
        if block.startswith(b"Asterisk Call Manager/"):
            _, _, block = block.partition(b"\r\n")
        block = block.strip(b"\r\n")
        if self._record is not None:
            self._record(block)
        if block.startswith(b"Event: "):
            if self.responses and b"\r\nActionID: " in block:
                self._answer(block)
            name = block[7:].partition(b"\r\n")[0]
            self._take(name, block, self)
            if name == b"Shutdown":
                self.cut()
        else:
            self._answer(block)

    def _answer(self, block: bytes) -> None:
        message = Message.from_line(block.decode("utf-8", "replace"))
        if message is not None and message.action_id in self.responses:
            self.handle_message(message)

    def forget(self, action: Action) -> None:
        """Wait no longer for this action's answer."""
        self.responses.pop(action.id, None)

    def forget_when_done(self, sent: Sent) -> None:
        """Nobody waits for this answer; hearing anything at all is what counts."""
        sent._action.future.add_done_callback(_look)  # noqa: SLF001 - one module, two halves

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        self.cut()

    def cut(self) -> None:
        """End the connection at once and fail whoever waits for an answer; nothing is ever sent again."""
        if self.over.is_set():
            return
        self.over.set()
        self.closed = True
        self.transport.abort()
        waiting, self.responses = self.responses, {}
        for action in waiting.values():
            if not action.future.done():
                action.future.set_exception(
                    AmiDown("connection lost; the action may or may not have been carried out")
                )
                _look(action.future)


def _look(future: "asyncio.Future[object]") -> None:
    """Mark a failure as seen: its waiter may have given up long ago."""
    if not future.cancelled():
        future.exception()


def _headers(message: Message) -> dict[str, Value]:
    # panoramisk adds `content`, the body of answers as Asterisk gave them before version 14
    return {k: tuple(v) if isinstance(v, list) else v for k, v in message.items() if k != "content"}
