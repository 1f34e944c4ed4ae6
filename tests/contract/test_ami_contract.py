"""The simulator and the real Asterisk say the same facts, in the same partial order.

Here `scene` is the simulator (see `conftest`); `tests/live/test_ami_contract.py` runs this on a real one.
"""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from callcenter.ami.link import AmiLink
from callcenter.calls.control import ControlError, Landing, Membership
from callcenter.calls.facts import (
    AgentLegReady,
    BridgeJoined,
    BridgeLeft,
    CustomerAnswered,
    CustomerDropped,
    FallbackEntered,
    LegChanged,
    LegCreated,
    LegDialled,
    LegDialling,
    LegEndAsked,
    LegEnded,
    LegKind,
    LegState,
    LinkLost,
    LocalPaired,
    MusicChanged,
    OriginateEnded,
    QueueEntered,
    Resynced,
    ReturnedToLoop,
)
from tests.support.scenes import OUR_NUMBER, QUEUE, Heard, Scene, linked

CALLER = "+4930555000111"
_tokens = count(1)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def link(scene: Scene, heard: Heard) -> AsyncIterator[AmiLink]:
    async with linked(scene, heard) as live:
        await live.control.beat(int(scene.clock.now().timestamp()) + 3600)
        yield live


async def nailed(scene: Scene, link: AmiLink, heard: Heard) -> str:
    """The agent's leg, in its silent loop."""
    leg = f"agent-{scene.agent_id}-t{next(_tokens)}x{int(scene.clock.now().timestamp() * 1000)}"
    await link.control.dial_agent(leg, scene.agent_id, auto_answer=True, ring_seconds=10, caller_number="")
    await heard.until(AgentLegReady, lambda f: f.leg_id == leg)
    return leg


async def dialled(scene: Scene, link: AmiLink, what: str, *, ring_seconds: int = 10) -> str:
    """A campaign's leg to a number that behaves like this."""
    leg = f"attempt-{int(scene.clock.now().timestamp() * 1000)}{next(_tokens):03d}"
    await link.control.dial_out(
        leg,
        scene.number(what),
        trunk=scene.trunk,
        caller_id="Shop <+18005550100>",
        ring_seconds=ring_seconds,
        landing=Landing.CAMPAIGN,
        variables={"CC_ATTEMPT": "42", "CC_CAMPAIGN": 'a,b "c" (d) [e] \\f'},
    )
    return leg


async def waiting(scene: Scene, heard: Heard) -> str:
    """A caller in the waiting loop."""
    since = len(heard.facts)
    await scene.call_in(CALLER)
    return (await heard.until(QueueEntered, since=since)).leg_id


async def test_an_agents_leg_rings_answers_and_waits_in_its_loop(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    leg = await nailed(scene, link, heard)
    await heard.until(OriginateEnded, lambda f: f.action_id == leg)

    created = heard.of(LegCreated, leg)[0]
    assert (created.kind, created.agent_id, created.endpoint) == (
        LegKind.AGENT,
        scene.agent_id,
        f"agent{scene.agent_id}",
    )
    assert [f.state for f in heard.of(LegChanged, leg)][-1] is LegState.UP
    assert heard.of(LegDialling, leg)[0].source_id is None
    assert heard.of(LegDialled, leg)[0].status == "ANSWER"
    ended = next(f for f in heard.facts if isinstance(f, OriginateEnded) and f.action_id == leg)
    assert (ended.ok, ended.leg_id, ended.reason) == (True, leg, 4)
    assert heard.position(created) < heard.position(heard.of(LegDialling, leg)[0])


@pytest.mark.parametrize(
    ("what", "status", "cause", "sip_code"),
    [
        ("busy", "BUSY", 17, 486),
        ("congested", "CONGESTION", 34, 503),
        ("invalid", "NOANSWER", 1, 404),
        ("rejected", "NOANSWER", 21, 403),
    ],
)
async def test_a_refused_call_ends_with_its_cause(
    scene: Scene, link: AmiLink, heard: Heard, what: str, status: str, cause: int, sip_code: int
) -> None:
    leg = await dialled(scene, link, what)
    ended = await heard.until(LegEnded, lambda f: f.leg_id == leg)
    outcome = await heard.until(OriginateEnded, lambda f: f.action_id == leg)

    assert (ended.cause, ended.sip_code) == (cause, sip_code if scene.tells_sip_codes else None)
    assert not outcome.ok
    assert heard.of(LegDialled, leg)[0].status == status
    assert heard.of(LegEndAsked, leg)
    assert not heard.of(CustomerAnswered, leg)


async def test_a_call_that_nobody_answers_ends_by_our_limit(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    leg = await dialled(scene, link, "rings-out", ring_seconds=2)
    ended = await heard.until(LegEnded, lambda f: f.leg_id == leg)
    outcome = await heard.until(OriginateEnded, lambda f: f.action_id == leg)

    assert (ended.cause, outcome.ok, outcome.reason) == (19, False, 3)
    assert LegState.RINGING in [f.state for f in heard.of(LegChanged, leg)]


async def test_a_ringing_call_can_be_cancelled(scene: Scene, link: AmiLink, heard: Heard) -> None:
    leg = await dialled(scene, link, "rings-out")
    await heard.until(LegChanged, lambda f: f.leg_id == leg and f.state is LegState.RINGING)

    await link.control.hang_up(leg)

    ended = await heard.until(LegEnded, lambda f: f.leg_id == leg)
    outcome = await heard.until(OriginateEnded, lambda f: f.action_id == leg)
    assert (ended.cause, outcome.ok) == (16, False)
    assert not heard.of(LegEndAsked, leg)


async def test_an_unregistered_phone_gives_only_the_originate_outcome(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    leg = "agent-9999-nobody"
    await link.control.dial_agent(leg, 9999, auto_answer=True, ring_seconds=5, caller_number="")

    outcome = await heard.until(OriginateEnded, lambda f: f.action_id == leg)

    assert not outcome.ok
    assert not heard.of(LegCreated, leg)
    assert not heard.of(LegEnded, leg)


async def test_an_answered_customer_is_bridged_and_both_fall_back(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    agent = await nailed(scene, link, heard)
    customer = await dialled(scene, link, "answers")
    answered = await heard.until(CustomerAnswered, lambda f: f.leg_id == customer)
    assert answered.attempt_id == 42

    await link.control.bridge(customer, agent)
    joined = await heard.until(BridgeJoined, lambda f: f.leg_id == agent)
    assert heard.of(BridgeJoined, customer)[0].bridge_id == joined.bridge_id

    await scene.caller_hangs_up(customer)
    ended = await heard.until(LegEnded, lambda f: f.leg_id == customer)
    assert ended.cause == 16
    asked = heard.of(LegEndAsked, customer)[0]
    left = heard.of(BridgeLeft, customer)[0]
    assert heard.position(asked) < heard.position(left) < heard.position(ended)
    await heard.until(BridgeLeft, lambda f: f.leg_id == agent)
    assert not heard.of(LegEnded, agent)


async def test_an_answered_customer_without_an_agent_hears_the_message(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    customer = await dialled(scene, link, "answers")

    dropped = await heard.until(CustomerDropped, lambda f: f.leg_id == customer)
    await heard.until(LegEnded, lambda f: f.leg_id == customer, seconds=30)

    answered = heard.of(CustomerAnswered, customer)[0]
    assert (dropped.at - answered.at).total_seconds() == pytest.approx(2.0, abs=0.5)


async def test_a_caller_waits_with_music_and_an_agent_takes_the_call(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    agent = await nailed(scene, link, heard)
    caller = await waiting(scene, heard)
    created = heard.of(LegCreated, caller)[0]
    assert created.kind is LegKind.CUSTOMER
    assert created.leg_id == created.linked_id
    assert created.number_raw.lstrip("+") == CALLER.lstrip("+")
    assert created.dialled_raw.lstrip("+") == OUR_NUMBER.lstrip("+")
    await heard.until(MusicChanged, lambda f: f.leg_id == caller and f.playing)

    await link.control.bridge(caller, agent)
    joined = await heard.until(BridgeJoined, lambda f: f.leg_id == caller)
    await heard.until(BridgeJoined, lambda f: f.leg_id == agent)
    stopped = next(f for f in heard.of(MusicChanged, caller) if not f.playing)
    assert heard.position(stopped) < heard.position(joined)

    await link.control.hang_up(agent)
    await heard.until(ReturnedToLoop, lambda f: f.leg_id == caller)
    assert not heard.of(LegEnded, caller)
    await link.control.hang_up(caller)
    assert (await heard.until(LegEnded, lambda f: f.leg_id == caller)).cause == 16


async def test_a_caller_who_gives_up_asks_for_the_end_first(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    caller = await waiting(scene, heard)

    await scene.caller_hangs_up(caller)

    ended = await heard.until(LegEnded, lambda f: f.leg_id == caller)
    assert heard.position(heard.of(LegEndAsked, caller)[0]) < heard.position(ended)


async def test_hold_plays_music_and_bridge_takes_back(scene: Scene, link: AmiLink, heard: Heard) -> None:
    agent = await nailed(scene, link, heard)
    caller = await waiting(scene, heard)
    await link.control.bridge(caller, agent)
    await heard.until(BridgeJoined, lambda f: f.leg_id == agent)
    since = len(heard.facts)

    await link.control.hold(caller)
    await heard.until(BridgeLeft, lambda f: f.leg_id == agent, since=since)
    await heard.until(MusicChanged, lambda f: f.leg_id == caller and f.playing, since=since)
    since = len(heard.facts)
    await link.control.bridge(caller, agent)
    await heard.until(BridgeJoined, lambda f: f.leg_id == agent, since=since)
    assert not heard.of(ReturnedToLoop, caller)

    await scene.agent_hangs_up(agent)
    await heard.until(LegEnded, lambda f: f.leg_id == agent)
    assert heard.of(LegEndAsked, agent)
    await heard.until(ReturnedToLoop, lambda f: f.leg_id == caller)
    await link.control.hang_up(caller)


async def test_a_caller_can_be_sent_to_the_queue_again(scene: Scene, link: AmiLink, heard: Heard) -> None:
    agent = await nailed(scene, link, heard)
    caller = await waiting(scene, heard)
    first = heard.of(QueueEntered, caller)[0]
    await link.control.bridge(caller, agent)
    await heard.until(BridgeJoined, lambda f: f.leg_id == agent)
    since = len(heard.facts)

    await link.control.send_to_queue(caller, QUEUE, "en")

    again = await heard.until(QueueEntered, lambda f: f.leg_id == caller, since=since)
    assert (again.queue, again.joined_at > first.joined_at) == (QUEUE, True)
    await link.control.hang_up(caller)


async def test_a_blind_transfer_dials_out_for_the_customer(scene: Scene, link: AmiLink, heard: Heard) -> None:
    caller = await waiting(scene, heard)

    await link.control.send_to_number(caller, scene.number("answers"), scene.trunk)

    dialling = await heard.until(LegDialling, lambda f: f.source_id == caller)
    outside = heard.of(LegCreated, dialling.leg_id)[0]
    assert (outside.kind, outside.linked_id) == (LegKind.OTHER, caller)
    await heard.until(BridgeJoined, lambda f: f.leg_id == caller)
    await heard.until(BridgeJoined, lambda f: f.leg_id == dialling.leg_id)
    await scene.caller_hangs_up(caller)
    await heard.until(LegEnded, lambda f: f.leg_id == dialling.leg_id)


async def test_a_failed_transfer_comes_back_to_the_queue(scene: Scene, link: AmiLink, heard: Heard) -> None:
    caller = await waiting(scene, heard)
    since = len(heard.facts)

    await link.control.send_to_number(caller, scene.number("busy"), scene.trunk)

    await heard.until(QueueEntered, lambda f: f.leg_id == caller, since=since)
    await link.control.hang_up(caller)


async def test_a_broken_line_is_said_and_healed_from_the_lists(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    agent = await nailed(scene, link, heard)
    customer = await dialled(scene, link, "answers")
    await heard.until(CustomerAnswered, lambda f: f.leg_id == customer)
    await link.control.bridge(customer, agent)
    await heard.until(BridgeJoined, lambda f: f.leg_id == agent)
    caller = await waiting(scene, heard)
    since = len(heard.facts)

    await scene.cut()

    lost = await heard.until(LinkLost, since=since)
    snapshot = await heard.until(Resynced, since=since)
    assert heard.position(lost) < heard.position(snapshot)
    legs = {leg.leg_id: leg for leg in snapshot.legs}
    assert set(legs) == {agent, customer, caller}
    assert legs[agent].bridge_id == legs[customer].bridge_id is not None
    assert legs[caller].bridge_id is None
    assert [legs[leg].kind for leg in (agent, customer, caller)] == [
        LegKind.AGENT,
        LegKind.CUSTOMER,
        LegKind.CUSTOMER,
    ]
    assert legs[customer].number_raw == scene.number("answers")
    assert legs[customer].variables["CC_SERVED"] == "1"
    assert legs[customer].variables["CC_CAMPAIGN"] == 'a,b "c" (d) [e] \\f'
    assert legs[caller].variables["CC_QUEUE"] == QUEUE
    assert legs[caller].dialled_raw.lstrip("+") == OUR_NUMBER.lstrip("+")
    assert scene.agent_id in [agent_id for agent_id, _ in snapshot.phones]
    since = len(heard.facts)
    await link.actions.wait_up()
    await link.control.hang_up(customer)
    await heard.until(LegEnded, lambda f: f.leg_id == customer, since=since)
    await link.control.hang_up(caller)


async def test_without_a_heartbeat_app_queue_takes_callers_and_the_service_takes_them_over(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    await link.control.beat(0)
    caller = await waiting(scene, heard)
    fallback = await heard.until(FallbackEntered, lambda f: f.leg_id == caller)
    assert fallback.queue == QUEUE
    await scene.cut()
    snapshot = await heard.until(Resynced, since=heard.position(fallback))
    assert snapshot.waiting_in_fallback == (caller,)
    first = heard.of(QueueEntered, caller)[0]
    since = len(heard.facts)
    await link.actions.wait_up()

    await link.control.beat(int(scene.clock.now().timestamp()) + 3600)
    await link.control.take_over(caller, QUEUE)

    again = await heard.until(QueueEntered, lambda f: f.leg_id == caller, since=since)
    assert again.joined_at == first.joined_at
    await link.control.hang_up(caller)


async def test_without_a_heartbeat_a_mirrored_member_gets_the_call(
    scene: Scene, link: AmiLink, heard: Heard
) -> None:
    agent = await nailed(scene, link, heard)
    await link.control.set_nailed_leg(scene.agent_id, agent)
    await link.control.mirror_member(scene.agent_id, (QUEUE,), Membership.AVAILABLE)
    await link.control.beat(0)

    caller = await waiting(scene, heard)

    await heard.until(LocalPaired)
    await heard.until(BridgeJoined, lambda f: f.leg_id == caller)
    await heard.until(BridgeJoined, lambda f: f.leg_id == agent)
    since = len(heard.facts)
    await scene.caller_hangs_up(caller)
    await heard.until(LegEnded, lambda f: f.leg_id == caller, since=since)
    await heard.until(BridgeLeft, lambda f: f.leg_id == agent, since=since)
    assert not heard.of(LegEnded, agent)
    await link.control.mirror_member(scene.agent_id, (), Membership.ABSENT)


async def test_a_mirrored_member_follows_its_agent(scene: Scene, link: AmiLink) -> None:
    async def member() -> list[tuple[str, str]]:
        rows = await link.actions.rows("QueueStatus")
        return [(str(r["Queue"]), str(r["Paused"])) for r in rows if r["Event"] == "QueueMember"]

    seen = []
    for state in (Membership.AVAILABLE, Membership.BUSY, Membership.PAUSED, Membership.ABSENT):
        await link.control.mirror_member(scene.agent_id, (QUEUE,), state)
        await link.control.mirror_member(scene.agent_id, (QUEUE,), state)
        seen.append(await member())

    assert seen == [[(QUEUE, "0")], [(QUEUE, "0")], [(QUEUE, "1")], []]


async def test_commands_on_a_leg_that_is_gone(link: AmiLink) -> None:
    await link.control.hang_up("attempt-404")

    with pytest.raises(ControlError, match="refused"):
        await link.control.bridge("attempt-404", "agent-1-gone")
    with pytest.raises(ControlError, match="refused"):
        await link.control.hold("attempt-404")


async def test_small_commands_are_taken(scene: Scene, link: AmiLink, heard: Heard) -> None:
    caller = await waiting(scene, heard)

    await link.control.announce(caller, ("cc/please-hold",))
    await link.control.press(caller, "12#")
    await link.control.set_recording(caller, False)
    await link.control.set_recording(caller, True)
    await link.control.log_queue(QUEUE, caller, "agent1", "ENTERQUEUE", "", "+4930555", "1")

    await link.control.hang_up(caller)
