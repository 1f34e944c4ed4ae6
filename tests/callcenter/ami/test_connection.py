"""Each fault that a plain panoramisk has, and that `AmiConnection` must not have."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.ami.connection import (
    AmiAddress,
    AmiConnection,
    AmiDown,
    AmiLoginRefused,
    AmiRefused,
    AmiTimeout,
    AmiTiming,
    Listening,
    tls_context,
)
from callcenter.ami.message import SEPARATOR, Headers, UnsafeHeader, text
from callcenter.kernel.tasks import Tasks
from tests.support.ami_peer import Peer, listening, polite

QUICK = AmiTiming(
    answer_seconds=0.5,
    connect_seconds=2,
    ping_seconds=0.1,
    dead_seconds=0.3,
    first_retry_seconds=0.02,
    longest_retry_seconds=0.1,
)


class Ear:
    """What a listener heard: events by name, and `up`/`down`."""

    def __init__(self) -> None:
        self.heard: list[Headers] = []
        self.line: list[str] = []
        self.more = asyncio.Event()

    def event(self, headers: Headers) -> None:
        self.heard.append(headers)
        self.line.append(text(headers, "Event"))
        self.more.set()

    def state(self, up: bool) -> None:
        self.line.append("up" if up else "down")
        self.more.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                self.more.clear()
                await self.more.wait()


@asynccontextmanager
async def connected(
    address: AmiAddress, ear: Ear, listen: Listening | None = None, *, seconds: float = 5
) -> AsyncIterator[AmiConnection]:
    tasks = Tasks()
    listen = listen or Listening(on_event=ear.event, on_state=ear.state)
    connection = AmiConnection(address, random=random.Random(1), listening=listen, timing=QUICK)  # noqa: S311
    tasks.spawn("connection", connection.run())
    try:
        async with asyncio.timeout(seconds):
            await connection.wait_up()
        yield connection
    finally:
        await tasks.aclose()


async def test_letters_survive_the_borders_of_chunks() -> None:
    ear = Ear()
    message = "Event: Named\r\nName: José Müller Ёж 🦔".encode() + SEPARATOR
    async with listening() as (peer, address), connected(address, ear):
        for byte in message:
            peer.send(bytes([byte]))
            await asyncio.sleep(0)

        await ear.until(lambda: "Named" in ear.line)

    assert text(ear.heard[-1], "Name") == "José Müller Ёж 🦔"


async def test_an_action_whose_answer_was_lost_is_never_sent_again() -> None:
    def loses_originates(peer: Peer, action: Headers) -> None:
        if text(action, "Action") == "Originate":
            assert peer.writer is not None
            peer.writer.transport.abort()
        else:
            polite(peer, action)

    ear = Ear()
    async with listening(loses_originates) as (peer, address), connected(address, ear) as connection:
        with pytest.raises(AmiDown, match="may or may not have been carried out"):
            await connection.act("Originate", ("Channel", "PJSIP/1@carrier"))
        await ear.until(lambda: ear.line.count("up") == 2)
        await connection.act("Ping")

        assert peer.named("Originate") == [1]
        assert peer.named("Login") == [1, 2]
    assert connection.counters.connections == 2


async def test_an_action_without_an_answer_times_out_and_leaves_nothing_behind() -> None:
    def forgets(peer: Peer, action: Headers) -> None:
        if text(action, "Action") != "Setvar":
            polite(peer, action)

    async with listening(forgets) as (_, address), connected(address, Ear()) as connection:
        with pytest.raises(AmiTimeout):
            await connection.act("Setvar", ("Variable", "A"), ("Value", "1"))

        assert connection.counters.timeouts == 1
        assert (await connection.act("Ping"))["Response"] == "Success"


@pytest.mark.parametrize("value", ["1\r\n\r\nAction: Originate", "1\r2", "1\n2", "1\0"])
async def test_a_value_cannot_smuggle_in_another_action(value: str) -> None:
    async with listening() as (peer, address), connected(address, Ear()) as connection:
        with pytest.raises(UnsafeHeader):
            connection.send("Setvar", ("Variable", "A"), ("Value", value))
        await connection.act("Getvar", ("Variable", "A"))

        assert peer.named("Setvar") == []
        assert peer.named("Originate") == []


async def test_a_refused_login_is_raised() -> None:
    def refuses(peer: Peer, action: Headers) -> None:
        peer.reply(action, "Error", "Message: Authentication failed")

    async with listening(refuses) as (_, address):
        connection = AmiConnection(address, random=random.Random(1), timing=QUICK)  # noqa: S311
        with pytest.raises(AmiLoginRefused, match="Authentication failed"):
            await connection.run()


async def test_a_login_that_is_refused_later_is_tried_again() -> None:
    def refuses_the_second(peer: Peer, action: Headers) -> None:
        if text(action, "Action") == "Login" and peer.connections == 2:
            peer.reply(action, "Error", "Message: Authentication failed")
        else:
            polite(peer, action)

    ear = Ear()
    async with listening(refuses_the_second) as (peer, address), connected(address, ear) as connection:
        connection.drop()
        await ear.until(lambda: ear.line.count("up") == 2)

        assert peer.named("Login") == [1, 2, 3]


async def test_a_peer_that_falls_silent_is_found_out() -> None:
    silent = False

    def falls_silent(peer: Peer, action: Headers) -> None:
        if not silent or peer.connections == 2:
            polite(peer, action)

    ear = Ear()
    async with listening(falls_silent) as (peer, address), connected(address, ear):
        silent = True
        await ear.until(lambda: ear.line.count("up") == 2)

        assert peer.named("Ping")
    assert [word for word in ear.line if word in ("up", "down")][:3] == ["up", "down", "up"]


async def test_a_listeners_fault_costs_neither_the_connection_nor_later_events() -> None:
    ear = Ear()

    def sometimes_fails(headers: Headers) -> None:
        ear.event(headers)
        if text(headers, "Event") == "Bad":
            raise LookupError("a bug")

    listen = Listening(on_event=sometimes_fails, on_state=ear.state)
    async with listening() as (peer, address), connected(address, ear, listen) as connection:
        peer.event("Bad")
        peer.event("Good")
        await ear.until(lambda: "Good" in ear.line)

        assert connection.up
    assert connection.counters.listener_errors == 1


async def test_an_event_that_answers_an_action_reaches_the_listener_too() -> None:
    def originates(peer: Peer, action: Headers) -> None:
        polite(peer, action)
        if text(action, "Action") == "Originate":
            identity = f"ActionID: {text(action, 'ActionID')}"
            peer.event("OriginateResponse", identity, "Response: Failure", "Reason: 0")

    ear = Ear()
    async with listening(originates) as (_, address), connected(address, ear) as connection:
        answer = await connection.act("Originate", action_id="attempt-7")
        await ear.until(lambda: "OriginateResponse" in ear.line)

    assert text(answer, "Response") == "Success"
    assert text(ear.heard[-1], "ActionID") == "attempt-7"


async def test_a_queue_add_is_answered_at_once() -> None:
    def adds(peer: Peer, action: Headers) -> None:
        if text(action, "Action") == "QueueAdd":
            peer.reply(action, "Success", "Message: Added interface to queue")
        else:
            polite(peer, action)

    async with listening(adds) as (_, address), connected(address, Ear()) as connection:
        answer = await connection.act("QueueAdd", ("Queue", "support"), ("Interface", "Local/1@x/n"))

    assert text(answer, "Message") == "Added interface to queue"


async def test_an_error_is_raised_with_asterisks_words() -> None:
    def refuses(peer: Peer, action: Headers) -> None:
        if text(action, "Action") in ("Bridge", "Status"):
            peer.reply(action, "Error", "Message: No such channel")
        else:
            polite(peer, action)

    async with listening(refuses) as (_, address), connected(address, Ear()) as connection:
        with pytest.raises(AmiRefused, match="No such channel"):
            await connection.act("Bridge")
        with pytest.raises(AmiRefused, match="No such channel"):
            await connection.rows("Status")


async def test_a_list_is_collected_and_repeated_headers_are_tuples() -> None:
    def lists(peer: Peer, action: Headers) -> None:
        if text(action, "Action") != "Status":
            polite(peer, action)
            return
        identity = f"ActionID: {text(action, 'ActionID')}"
        peer.reply(action, "Success", "EventList: start", "Message: Channel status will follow")
        peer.event("Status", identity, "Variable: A=1", "Variable: B=2", "Channel: x")
        peer.event("Unrelated")
        peer.event("Status", identity, "Channel: y")
        peer.event("StatusComplete", identity, "EventList: Complete", "ListItems: 2")

    async with listening(lists) as (_, address), connected(address, Ear()) as connection:
        rows = await connection.rows("Status")

    assert [text(row, "Channel") for row in rows] == ["x", "y"]
    assert rows[0]["Variable"] == ("A=1", "B=2")


async def test_actions_written_in_a_row_arrive_in_that_order() -> None:
    async with listening() as (peer, address), connected(address, Ear()) as connection:
        sent = [connection.send("Setvar", ("Variable", str(number))) for number in range(50)]
        for one in reversed(sent):
            await one.answer()

    arrived = [text(action, "Variable") for _, action in peer.actions if text(action, "Action") == "Setvar"]
    assert arrived == [str(number) for number in range(50)]


async def test_an_overflow_cuts_the_connection_rather_than_losing_events_silently() -> None:
    ear = Ear()
    opened = asyncio.Event()

    async def gate() -> None:
        await opened.wait()

    listen = Listening(on_event=ear.event, on_state=ear.state, gate=gate, inbox_limit=10)
    async with listening() as (peer, address), connected(address, ear, listen) as connection:
        for number in range(20):
            peer.event("Flood", f"Number: {number}")
        await peer.until("Login", times=2)
        opened.set()
        peer.event("After")
        await ear.until(lambda: "After" in ear.line)

    assert connection.counters.overflows == 1
    assert ear.line.index("down") < ear.line.index("up") < ear.line.index("After")
    assert "Flood" not in ear.line


async def test_states_and_events_come_in_the_order_in_which_they_happened() -> None:
    ear = Ear()
    async with listening() as (peer, address), connected(address, ear):
        peer.event("Last")
        await asyncio.sleep(0.05)
        assert peer.writer is not None
        peer.writer.transport.abort()
        await ear.until(lambda: ear.line.count("up") == 2)

    assert ear.line.index("Last") < ear.line.index("down")


async def test_only_wanted_events_are_delivered_and_all_are_counted() -> None:
    ear = Ear()
    listen = Listening(on_event=ear.event, wanted={"Hangup"}, known={"Hangup", "VarSet", "FullyBooted"})
    async with listening() as (peer, address), connected(address, ear, listen) as connection:
        peer.event("VarSet")
        peer.event("Novelty")
        peer.event("Hangup")
        await ear.until(lambda: "Hangup" in ear.line)

    assert ear.line == ["Hangup"]
    assert connection.counters.events["VarSet"] == 1
    assert dict(connection.counters.unknown) == {"Novelty": 1}


async def test_without_a_connection_actions_are_refused_at_once() -> None:
    async with listening() as (_, address):
        pass
    connection = AmiConnection(address, random=random.Random(1))  # noqa: S311

    with pytest.raises(AmiDown):
        await connection.act("Ping")


async def test_a_shutdown_of_asterisk_ends_the_connection() -> None:
    ear = Ear()
    async with listening() as (peer, address), connected(address, ear):
        peer.event("Shutdown", "Shutdown: Cleanly", "Restart: False")
        await ear.until(lambda: ear.line.count("up") == 2)

    assert "down" in ear.line


async def test_a_message_without_end_cuts_the_connection() -> None:
    ear = Ear()
    async with listening() as (peer, address), connected(address, ear):
        peer.send(b"Event: Endless\r\nX: " + b"x" * (4 * 1024 * 1024 + 1))
        await ear.until(lambda: ear.line.count("up") == 2)


async def test_tls_verifies_the_authority_that_is_named(tmp_path: Path) -> None:
    certificate, key = await self_signed(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    peer = Peer(polite)
    server = await asyncio.start_server(peer.accept, "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]

    def address(context: ssl.SSLContext) -> AmiAddress:
        return AmiAddress(host="127.0.0.1", port=port, username="e", secret="s", tls=context)

    async with connected(address(tls_context(certificate)), Ear()) as verified:
        assert (await verified.act("Ping"))["Response"] == "Success"
    with pytest.raises(TimeoutError):
        async with connected(address(tls_context(None)), Ear(), seconds=0.5):
            pytest.fail("an unknown authority was trusted")
    server.close()
    await server.wait_closed()


async def self_signed(folder: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that nobody vouches for."""
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    making = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1"),
        *("-addext", "subjectAltName=IP:127.0.0.1"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await making.wait() == 0
    return certificate, key
