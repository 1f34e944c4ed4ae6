import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.ami.message import parse, text
from callcenter.ami.recording import replay
from callcenter.ami.simulator.service import by_last_digits
from callcenter.ami.simulator.switch import Switch
from callcenter.ami.simulator.timeline import ManualTimeline
from callcenter.ami.simulator.wire import Pairs
from callcenter.ami.simulator.world import Answers, Dialling, Fails, Member, RingsOut
from callcenter.kernel.clock import ManualClock

RECORDING = Path(__file__).parents[2] / "support" / "recordings" / "calls.ami"
NUMBER = "74955500100"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Shape = tuple[str, str, tuple[str, ...]]


class Stage:
    """A switch whose time stands still between steps."""

    def __init__(self, seed: int = 7) -> None:
        self.time = ManualTimeline(ManualClock(START))
        self.events: list[Pairs] = []
        dice = random.Random(seed)  # noqa: S311 - seeded
        self.switch = Switch(
            timeline=self.time,
            random=dice,
            emit=self.events.append,
            numbers={NUMBER: ("support", "en")},
            outcomes=by_last_digits,
        )

    def beat(self, ahead: int = 100_000) -> None:
        self.switch.globals["CC_BEAT"] = str(int(self.time.now().timestamp()) + ahead)

    def dial(self, leg_id: str, channel: str, context: str, exten: str, seconds: float = 20) -> None:
        place = Dialling(action_id=leg_id, channel=channel, context=context, exten=exten)
        variables = [("CC_AGENT", "1"), ("CC_ATTEMPT", "5"), ("CC_RECORD", leg_id)]
        self.switch.originate(leg_id, place, caller=("Shop", "+1"), seconds=seconds, variables=variables)

    def said(self, leg_id: str) -> list[str]:
        rows = [dict(event) for event in self.events]
        return [
            row.get("UserEvent", row["Event"])
            for row in rows
            if leg_id in (row.get("Uniqueid"), row.get("DestUniqueid"))
        ]


def play(stage: Stage) -> None:
    """Something of everything."""
    switch = stage.switch
    stage.beat()
    switch.register(1)
    stage.dial("agent-1-a", "PJSIP/agent1", "cc-agent", "s")
    switch.agent_picks_up(1)
    caller = switch.call_in("+74951112233", NUMBER, name="Ann")
    stage.time.advance(3)
    leg, agent = switch.legs[caller], switch.legs["agent-1-a"]
    leg.variables["CC_SERVED"] = "1"
    switch.bridge(leg, agent)
    switch.far_end_presses(caller, "5")
    switch.mute_recording(leg, "1")
    stage.time.advance(20)
    switch.redirect(leg, "cc-hold", "s")
    stage.time.advance(4)
    switch.bridge(leg, agent)
    switch.far_end_hangs_up(caller)
    for index, ending in enumerate(("20", "21", "22", "23", "25", "00")):
        number = f"PJSIP/+749570000002{ending}@carrier"
        stage.dial(f"attempt-{index}", number, "cc-outbound", "answered", 8)
    stage.dial("agent-9-x", "PJSIP/agent9", "cc-agent", "s")
    stage.time.advance(30)
    moved = switch.legs[switch.call_in("+74951112234", NUMBER)]
    moved.variables.update(CC_TARGET="+74957000000000", CC_TRUNK="carrier")
    switch.redirect(moved, "cc-transfer", "external")
    stage.time.advance(5)
    switch.far_end_hangs_up(moved.leg_id)
    switch.globals["CC_BEAT"] = "0"
    waiting = switch.call_in("+74951112235", NUMBER, patience_seconds=60)
    stage.time.advance(1)
    switch.withdraw("support", switch.legs[waiting].name)
    switch.globals["CC_LEG_1"] = "agent-1-a"
    interface = "Local/1@cc-fallback-agent/n"
    member = Member(interface=interface, name="agent1", state_interface="Custom:agent1", paused=False)
    switch.add_member("support", member)
    switch.set_device("Custom:agent1", "NOT_INUSE")
    stage.time.advance(100)
    switch.unregister(1)


def shape(headers: list[tuple[str, str]]) -> Shape:
    row = dict(headers)
    return row["Event"], row.get("UserEvent", ""), tuple(name for name, _ in headers)


def recorded_shapes() -> set[Shape]:
    blocks = [parse(message.block) for message in replay(RECORDING)]
    return {shape([(name, text(b, name) or "-") for name in b]) for b in blocks if "Event" in b}


def test_simulated_events_have_the_headers_that_asterisk_was_recorded_with() -> None:
    stage = Stage()
    play(stage)
    real = recorded_shapes()
    recorded = {(name, user_event) for name, user_event, _ in real}

    simulated = {shape(event) for event in stage.events}

    compared = {one for one in simulated if one[:2] in recorded}
    assert compared - real == set()
    assert len({name for name, _, _ in compared}) > 15


def test_the_same_seed_and_script_give_the_same_events() -> None:
    first, second, other = Stage(1), Stage(1), Stage(2)
    for stage in (first, second, other):
        play(stage)

    assert first.events == second.events
    assert first.events != other.events


def test_nobody_is_left_behind() -> None:
    stage = Stage()
    play(stage)

    assert set(stage.switch.legs) == {"agent-1-a"}
    born = {dict(e)["Uniqueid"] for e in stage.events if dict(e)["Event"] == "Newchannel"}
    ended = [dict(e)["Uniqueid"] for e in stage.events if dict(e)["Event"] == "Hangup"]
    assert sorted([*ended, "agent-1-a"]) == sorted(born)
    assert stage.said("agent-1-a")[-1] == "BridgeLeave"


def test_a_caller_nobody_comes_for_hears_music_until_patience_ends() -> None:
    stage = Stage()
    stage.beat()
    caller = stage.switch.call_in("+74951112233", NUMBER, patience_seconds=12)

    stage.time.advance(13)

    said = stage.said(caller)
    assert said[:5] == ["Newchannel", "Newstate", "MixMonitorStart", "CCQueued", "MusicOnHoldStart"]
    assert said[-4:] == ["HangupRequest", "MusicOnHoldStop", "MixMonitorStop", "Hangup"]
    assert said.count("MusicOnHoldStart") == 3


def test_an_agent_who_does_not_pick_up_is_rung_until_the_limit() -> None:
    stage = Stage()
    stage.switch.register(1, auto_answer=False)
    stage.dial("agent-1-a", "PJSIP/agent1", "cc-agent", "s", seconds=10)

    stage.time.advance(9)
    assert stage.switch.legs["agent-1-a"].state == 5
    stage.time.advance(2)

    assert stage.said("agent-1-a")[-2:] == ["OriginateResponse", "Hangup"]


def test_an_agent_may_pick_up_or_decline() -> None:
    stage = Stage()
    stage.switch.register(1)
    stage.dial("agent-1-a", "PJSIP/agent1", "cc-agent", "s")
    stage.switch.agent_declines(1)
    stage.dial("agent-1-b", "PJSIP/agent1", "cc-agent", "s")
    stage.switch.agent_picks_up(1)

    assert stage.said("agent-1-a")[-1] == "Hangup"
    assert "CCAgentLeg" in stage.said("agent-1-b")
    with pytest.raises(LookupError):
        stage.switch.agent_picks_up(1)


def test_an_unknown_number_is_released_as_unallocated() -> None:
    stage = Stage()
    caller = stage.switch.call_in("+74951112233", "000")

    stage.time.advance(5)

    ended = dict(stage.events[-1])
    assert (ended["Event"], ended["Uniqueid"], ended["Cause"]) == ("Hangup", caller, "1")


def test_the_dialled_number_decides_the_outcome() -> None:
    assert by_last_digits("+74957000000400") == Answers(after_seconds=2.0)
    assert by_last_digits("+74957000000021") == RingsOut()
    busy = by_last_digits("+74957000000220")
    assert isinstance(busy, Fails)
    assert (busy.cause, busy.after_seconds) == (17, 1.02)
