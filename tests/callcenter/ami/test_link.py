import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from callcenter.ami.connection import AmiAddress, AmiLoginRefused, AmiTiming
from callcenter.ami.link import AmiLink, AmiUsers
from callcenter.ami.message import Headers, text
from callcenter.calls.control import ControlError, Landing
from callcenter.calls.facts import Fact, LegChanged, LegCreated, LinkLost, QueueEntered, Resynced
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.tasks import Tasks
from tests.support.ami_peer import Peer, listening, polite
from tests.support.scenes import Heard, linked, simulated_scene

STAMP = "Timestamp: 1795467911.713626"


def lists(*channels: str) -> Callable[[Peer, Headers], None]:
    """Answers list actions; the channels are those of Status."""

    def answer(peer: Peer, action: Headers) -> None:
        name = text(action, "Action")
        if name not in ("Status", "DeviceStateList", "QueueStatus"):
            polite(peer, action)
            return
        identity = f"ActionID: {text(action, 'ActionID')}"
        peer.reply(action, "Success", "EventList: start", "Message: will follow")
        for channel in channels if name == "Status" else ():
            peer.event("Status", identity, f"Uniqueid: {channel}", f"Channel: PJSIP/carrier-{channel}")
        peer.event(f"{name}Complete", identity, "EventList: Complete", "ListItems: 0")

    return answer


@asynccontextmanager
async def running(
    events: AmiAddress, actions: AmiAddress, sink: Callable[[Fact], None]
) -> AsyncIterator[AmiLink]:
    tasks = Tasks()
    dice = random.Random(1)  # noqa: S311 - a test's dice
    link = AmiLink(AmiUsers(events=events, actions=actions), sink=sink, clock=SystemClock(), random=dice)
    tasks.spawn("link", link.run())
    try:
        yield link
    finally:
        await tasks.aclose()


async def test_what_happens_during_a_resync_comes_after_it() -> None:
    heard = Heard()
    held: list[tuple[Peer, Headers]] = []

    def slow(peer: Peer, action: Headers) -> None:
        if text(action, "Action") == "Status":
            held.append((peer, action))
        else:
            lists()(peer, action)

    async with (
        listening() as (ears, events),
        listening(slow) as (hands, actions),
        running(events, actions, heard.take) as link,
    ):
        await hands.until("Status")
        ears.event("Newchannel", STAMP, "Uniqueid: pbx-1.1", "Channel: PJSIP/carrier-1")
        ears.event("Newstate", STAMP, "Uniqueid: pbx-1.1", "ChannelState: 6")
        await asyncio.sleep(0.05)
        assert heard.facts == []
        lists("pbx-1.1")(*held[0])
        await heard.until(LegChanged)
        since = len(heard.facts)
        ears.event("Newstate", STAMP, "Uniqueid: pbx-1.1", "ChannelState: 6")
        await heard.until(LegChanged, since=since)

        assert link.live
    assert [type(f) for f in heard.facts] == [Resynced, LegCreated, LegChanged, LegChanged]


async def test_a_sink_that_fails_on_one_fact_gets_the_next() -> None:
    heard = Heard()

    def sometimes_fails(fact: Fact) -> None:
        heard.take(fact)
        if isinstance(fact, Resynced):
            raise LookupError("a bug")

    async with (
        listening() as (ears, events),
        listening(lists()) as (_, actions),
        running(events, actions, sometimes_fails) as link,
    ):
        await link.wait_live()
        ears.event("Newstate", STAMP, "Uniqueid: pbx-1.1", "ChannelState: 6")
        await heard.until(LegChanged)

    assert link.sink_errors == 1


async def test_a_lost_actions_connection_refuses_commands_but_loses_no_facts() -> None:
    heard = Heard()
    async with (
        listening() as (ears, events),
        listening(lists()) as (_, actions),
        running(events, actions, heard.take) as link,
    ):
        await link.wait_live()
        link.actions.drop()
        await asyncio.sleep(0.05)
        with pytest.raises(ControlError, match="away"):
            await link.control.beat(1)
        ears.event("Newstate", STAMP, "Uniqueid: pbx-1.1", "ChannelState: 6")
        await heard.until(LegChanged)

    assert LinkLost not in [type(f) for f in heard.facts]


async def test_a_refused_user_ends_the_link_with_its_reason() -> None:
    def refuses(peer: Peer, action: Headers) -> None:
        peer.reply(action, "Error", "Message: Authentication failed")

    async with listening(refuses) as (_, events), listening(lists()) as (_, actions):
        dice = random.Random(1)  # noqa: S311 - a test's dice
        users = AmiUsers(events=events, actions=actions)
        link = AmiLink(users, sink=lambda _: None, clock=SystemClock(), random=dice)
        with pytest.raises(AmiLoginRefused, match="Authentication failed"):
            await link.run()


@pytest.mark.parametrize(
    ("number", "trunk", "caller", "variables"),
    [
        ("+4930&PJSIP/0900@carrier", "carrier", "", {}),
        ("+4930,x", "carrier", "", {}),
        ("${SHELL(id)}", "carrier", "", {}),
        ("+4930\r\nVariable: a=b", "carrier", "", {}),
        ("", "carrier", "", {}),
        ("+4930555", "car/rier", "", {}),
        ("+4930555", "carrier", "Shop <1>2>", {}),
        ("+4930555", "carrier", 'Sh"op <12>', {}),
        ("+4930555", "carrier", "Shop\\ <12>", {}),
        ("+4930555", "carrier", "", {"CC_X": "${SHELL(id)}"}),
        ("+4930555", "carrier", "", {"CC_X": "a\nb"}),
        ("+4930555", "carrier", "", {"SHELL(id)": "a"}),
    ],
)
async def test_nothing_can_be_smuggled_into_a_dial_string(
    number: str, trunk: str, caller: str, variables: dict[str, str]
) -> None:
    async with (
        listening() as (_, events),
        listening(lists()) as (hands, actions),
        running(events, actions, lambda _: None) as link,
    ):
        await link.wait_live()
        with pytest.raises(ControlError, match="refused"):
            await link.control.dial_out(
                "attempt-1",
                number,
                trunk=trunk,
                caller_id=caller,
                ring_seconds=5,
                landing=Landing.MANUAL,
                variables=variables,
            )

        assert hands.named("Originate") == []


async def test_after_a_restart_of_asterisk_nothing_is_left() -> None:
    heard = Heard()
    async with simulated_scene() as scene, linked(scene, heard) as link:
        await link.control.beat(int(scene.clock.now().timestamp()) + 3600)
        await scene.call_in("+4930555000111")
        await heard.until(QueueEntered)
        since = len(heard.facts)

        await scene.simulator.stop()
        await heard.until(LinkLost, since=since)
        await scene.simulator.start()
        snapshot = await heard.until(Resynced, since=since)

    assert snapshot.legs == ()
    assert [agent_id for agent_id, _ in snapshot.phones] == [1]
    assert link.resyncs == 2


async def test_a_half_open_line_is_cut_and_healed() -> None:
    heard = Heard()
    timing = AmiTiming(ping_seconds=0.1, dead_seconds=0.3, first_retry_seconds=0.02, answer_seconds=0.3)
    async with simulated_scene() as scene, linked(scene, heard, timing) as link:
        since = len(heard.facts)

        scene.simulator.fall_silent(True)
        await heard.until(LinkLost, since=since)
        assert not link.live
        scene.simulator.fall_silent(False)
        await heard.until(Resynced, since=since)

        assert link.live
