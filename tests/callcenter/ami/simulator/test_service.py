"""The simulated Asterisk over its real ports: who hears and acts, and what each failure takes away."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, encode_basic_auth, hdrs

from callcenter.ami.connection import (
    AmiAddress,
    AmiConnection,
    AmiLoginRefused,
    AmiRefused,
    AmiTimeout,
    AmiTiming,
    Listening,
)
from callcenter.ami.message import Headers, text
from callcenter.ami.simulator.service import Simulator, by_last_digits
from callcenter.ami.simulator.timeline import ManualTimeline
from callcenter.ami.simulator.world import Answers, Fails, Outcome, RingsOut
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tasks import Tasks

OUR_NUMBER = "74955500100"
CUSTOMER = "+74951112233"
PATIENCE = AmiTiming(first_retry_seconds=0.02, longest_retry_seconds=0.05)
HASTE = AmiTiming(answer_seconds=0.2)


@pytest.fixture
def time(clock: ManualClock) -> ManualTimeline:
    return ManualTimeline(clock)


@pytest.fixture
async def simulator(time: ManualTimeline, rng: random.Random) -> AsyncIterator[Simulator]:
    made = Simulator(timeline=time, random=rng, numbers={OUR_NUMBER: ("support", "en")})
    await made.start()
    yield made
    await made.stop()


class Ear:
    """The names of events in order of arrival, and the ups and downs of the connection."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.states: list[bool] = []
        self._more = asyncio.Event()

    def hear(self, event: Headers) -> None:
        self.events.append(text(event, "Event"))
        self._more.set()

    def turn(self, up: bool) -> None:
        self.states.append(up)
        self._more.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not is_so():
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def connected(
    address: AmiAddress, ear: Ear | None = None, timing: AmiTiming = PATIENCE
) -> AsyncIterator[AmiConnection]:
    """A session that is logged in."""
    tasks = Tasks()
    listening = Listening(on_event=ear.hear, on_state=ear.turn) if ear else None
    dice = random.Random(1)  # noqa: S311 - a test's dice
    connection = AmiConnection(address, random=dice, listening=listening, timing=timing)
    tasks.spawn("ami", connection.run())
    try:
        async with asyncio.timeout(5):
            await connection.wait_up()
        yield connection
    finally:
        await tasks.aclose()


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("+74957000000000", Answers(after_seconds=0)),
        ("+74957000000700", Answers(after_seconds=3.5)),
        ("+74957000009900", Answers(after_seconds=30)),
        ("+74957000000403", Answers(after_seconds=2, stays_seconds=2)),
        ("+74957000009921", RingsOut()),
        ("7", Answers(after_seconds=0)),
        ("+7 (495) 700-00-04-00", Answers(after_seconds=2)),
    ],
)
def test_a_number_says_how_long_it_rings_and_whether_somebody_answers(number: str, outcome: Outcome) -> None:
    assert by_last_digits(number) == outcome


@pytest.mark.parametrize(
    ("code", "cause", "sip_code", "rings"),
    [
        ("20", 17, 486, 2.02),
        ("22", 21, 403, 2.02),
        ("23", 1, 404, 2.02),
        ("24", 1, 404, 2.02),
        ("25", 34, 503, 2.02),
        ("26", 38, 503, 2.02),
        ("27", 19, 480, 5.0),
    ],
)
def test_a_number_that_fails_says_why(code: str, cause: int, sip_code: int, rings: float) -> None:
    outcome = by_last_digits(f"+7495700000004{code}")

    assert isinstance(outcome, Fails)
    assert (outcome.cause, outcome.sip_code, outcome.after_seconds) == (cause, sip_code, rings)


async def test_the_events_user_hears_and_the_actions_user_acts(simulator: Simulator) -> None:
    ear, deaf = Ear(), Ear()
    async with (
        connected(simulator.users.events, ear) as events,
        connected(simulator.users.actions, deaf) as actions,
    ):
        simulator.switch.call_in(CUSTOMER, OUR_NUMBER)
        await ear.until(lambda: "Newchannel" in ear.events)
        rows = await actions.rows("Status")
        with pytest.raises(AmiRefused, match="Permission denied"):
            await events.rows("Status")

    assert [text(row, "CallerIDNum") for row in rows] == [CUSTOMER]
    assert "Newchannel" not in deaf.events


async def test_a_wrong_secret_is_refused(simulator: Simulator) -> None:
    right = simulator.users.actions
    wrong = AmiAddress(host=right.host, port=right.port, username=right.username, secret="guessed")
    dice = random.Random(1)  # noqa: S311 - a test's dice

    with pytest.raises(AmiLoginRefused, match="actions"):
        async with asyncio.timeout(5):
            await AmiConnection(wrong, random=dice).run()


async def test_what_a_dialled_number_does_may_be_told_from_outside(
    time: ManualTimeline, rng: random.Random
) -> None:
    asked: list[str] = []

    def nobody_home(number: str) -> Outcome:
        asked.append(number)
        return Fails(after_seconds=1, status="BUSY", cause=17, sip_code=486)

    simulator = Simulator(timeline=time, random=rng, numbers={}, outcomes=nobody_home)
    await simulator.start()
    try:
        ear = Ear()
        async with (
            connected(simulator.users.events, ear),
            connected(simulator.users.actions) as actions,
        ):
            await actions.act(
                "Originate",
                ("Channel", f"PJSIP/{CUSTOMER}@carrier"),
                ("ChannelId", "attempt-1"),
                ("Context", "cc-outbound"),
                ("Exten", "answered"),
                ("Async", "true"),
            )
            time.advance(0.5)
            assert "attempt-1" in simulator.switch.legs
            time.advance(1)
            await ear.until(lambda: "Hangup" in ear.events)
    finally:
        await simulator.stop()

    assert asked == [CUSTOMER]
    assert simulator.switch.legs == {}


async def test_a_cut_breaks_the_connections_and_no_call(simulator: Simulator) -> None:
    caller = simulator.switch.call_in(CUSTOMER, OUR_NUMBER)
    ear = Ear()
    async with connected(simulator.users.events, ear):
        simulator.cut()
        await ear.until(lambda: ear.states == [True, False, True])
        before = len(ear.events)
        simulator.switch.far_end_presses(caller, "5")
        await ear.until(lambda: "DTMFEnd" in ear.events[before:])

    assert list(simulator.switch.legs) == [caller]


async def test_a_silent_asterisk_keeps_the_connection_and_says_nothing(simulator: Simulator) -> None:
    ear = Ear()
    async with (
        connected(simulator.users.events, ear, HASTE) as events,
        connected(simulator.users.actions, timing=HASTE) as actions,
    ):
        await ear.until(lambda: "FullyBooted" in ear.events)
        simulator.fall_silent(True)
        simulator.switch.register(1)
        with pytest.raises(AmiTimeout):
            await actions.act("Ping")
        unheard = list(ear.events)
        simulator.fall_silent(False)
        simulator.switch.register(2)
        await ear.until(lambda: "DeviceStateChange" in ear.events)
        answer = await actions.act("Ping")

        assert unheard == ["FullyBooted"]
        assert ear.events == ["FullyBooted", "ContactStatus", "ContactStatus", "DeviceStateChange"]
        assert text(answer, "Ping") == "Pong"
        assert events.counters.connections == actions.counters.connections == 1


async def test_who_reconnects_finds_the_restarted_asterisk_at_the_same_ports(simulator: Simulator) -> None:
    users, ari = simulator.users, simulator.ari
    ear = Ear()
    async with connected(users.events, ear):
        await simulator.stop()
        await ear.until(lambda: ear.states == [True, False])
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(users.events.host, users.events.port)

        await simulator.start()

        await ear.until(lambda: ear.states == [True, False, True])
        assert (simulator.users, simulator.ari) == (users, ari)


async def test_a_restart_loses_calls_and_globals_and_keeps_phones_registered(simulator: Simulator) -> None:
    registered = simulator.switch.register(1)
    simulator.switch.register(2)
    simulator.switch.unregister(2)
    simulator.switch.globals["CC_BEAT"] = "1"
    simulator.switch.call_in(CUSTOMER, OUR_NUMBER)

    await simulator.stop()
    await simulator.start()

    async with connected(simulator.users.actions) as actions:
        calls = await actions.rows("Status")
        devices = await actions.rows("DeviceStateList")
        beat = await actions.act("Getvar", ("Variable", "CC_BEAT"))
        queues = await actions.rows("QueueStatus")
    assert calls == ()
    assert [(text(d, "Device"), text(d, "State")) for d in devices] == [("PJSIP/agent1", "NOT_INUSE")]
    assert text(beat, "Value") == ""
    assert [(text(row, "Queue"), text(row, "Calls")) for row in queues] == [("support", "0")]
    assert simulator.switch.phones[1].uri == registered


async def test_what_was_due_before_a_death_does_not_happen_after_it(
    simulator: Simulator, time: ManualTimeline
) -> None:
    simulator.switch.call_in(CUSTOMER, OUR_NUMBER, patience_seconds=10)
    await simulator.stop()
    await simulator.start()
    ear = Ear()
    async with connected(simulator.users.events, ear):
        await ear.until(lambda: "FullyBooted" in ear.events)

        time.advance(60)
        simulator.switch.register(1)

        await ear.until(lambda: "ContactStatus" in ear.events)
        assert "Hangup" not in ear.events


async def test_the_rest_side_tells_registered_phones_of_the_running_asterisk(simulator: Simulator) -> None:
    base, user, password = simulator.ari
    states: list[str] = []
    async with ClientSession(headers={hdrs.AUTHORIZATION: encode_basic_auth(user, password)}) as session:

        async def look() -> None:
            async with session.get(f"{base}/endpoints/PJSIP") as answer:
                states.extend(f"{one['resource']} {one['state']}" for one in await answer.json())

        url = f"{base}/asterisk/config/dynamic/res_pjsip/endpoint/agent1"
        async with session.put(url, json={"fields": [{"attribute": "context", "value": "x"}]}) as put:
            assert put.status == 200
        await look()
        simulator.switch.register(1)
        await look()
        await simulator.stop()
        await simulator.start()
        simulator.switch.unregister(1)
        await look()

    assert states == ["agent1 offline", "agent1 online", "agent1 offline"]


async def test_stopping_what_is_stopped_is_nothing(simulator: Simulator) -> None:
    await simulator.stop()

    await simulator.stop()

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", simulator.users.events.port)
