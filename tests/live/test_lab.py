"""The carrier's numbers give the causes that a real network gives."""

import asyncio

import pytest

from callcenter.ami.message import text
from callcenter.lab.numbering import Scenario, number_for
from callcenter.pbx.instance import Instance
from tests.live.conftest import MIX
from tests.support.asterisk import Ami
from tests.support.sound import loudness


@pytest.mark.parametrize(
    ("scenario", "status", "cause", "sip"),
    [
        (Scenario.BUSY, "BUSY", "17", "486"),
        (Scenario.CONGESTION, "CONGESTION", "34", "503"),
        (Scenario.UNALLOCATED, "NOANSWER", "1", "404"),
        (Scenario.UNALLOCATED_SIT, "NOANSWER", "1", "404"),
        (Scenario.REJECT, "NOANSWER", "21", "403"),
    ],
)
async def test_a_refused_number_gives_its_cause(
    line: Ami, scenario: Scenario, status: str, cause: str, sip: str
) -> None:
    leg = f"attempt-{scenario}"

    await line.dial(leg, number_for(scenario))

    ended = await line.until("Hangup", Uniqueid=leg)
    assert (text(ended, "Cause"), sip in text(ended, "TechCause")) == (cause, True)
    assert text(await line.until("DialEnd", DestUniqueid=leg), "DialStatus") == status
    assert text(await line.until("OriginateResponse", Uniqueid=leg), "Reason") == "0"


async def test_a_number_that_rings_out_ends_by_our_limit(line: Ami) -> None:
    await line.dial("attempt-rings", number_for(Scenario.NO_ANSWER), seconds=2)

    ended = await line.until("Hangup", Uniqueid="attempt-rings")

    assert text(ended, "Cause") == "19"
    assert text(await line.until("OriginateResponse", Uniqueid="attempt-rings"), "Reason") == "3"


async def test_a_person_answers_after_the_ring_time_of_the_number(line: Ami) -> None:
    await line.dial("attempt-person", number_for(Scenario.PERSON, ring_seconds=1))

    ringing = await line.until("Newstate", Uniqueid="attempt-person", ChannelStateDesc="Ringing")
    answered = await line.until("Newstate", Uniqueid="attempt-person", ChannelStateDesc="Up")

    assert 0.8 < float(text(answered, "Timestamp")) - float(text(ringing, "Timestamp")) < 1.6


async def test_somebody_hangs_up_early(line: Ami) -> None:
    await line.dial("manual-1-early", number_for(Scenario.HANGS_UP), exten="manual")

    await line.until("CCAnswered", Uniqueid="manual-1-early")
    ended = await line.until("Hangup", Uniqueid="manual-1-early")

    assert text(ended, "Cause") == "16"
    assert "HangupRequest" in line.names(Uniqueid="manual-1-early")


async def test_a_mix_does_what_python_foretells_at_each_call(line: Ami) -> None:
    causes = {Scenario.BUSY: "17", Scenario.UNALLOCATED: "1"}
    numbers = ["+74991000001", "+74991000002", "+74990000077"]

    for call in (1, 2, 3):
        for number in numbers:
            leg = f"attempt-{number}-{call}"
            await line.dial(leg, number)
            ended = await line.until("Hangup", Uniqueid=leg)
            assert text(ended, "Cause") == causes[MIX.outcome(number, call).scenario]


async def test_an_answering_machine_keeps_what_is_said_after_the_beep(
    line: Ami, carrier: Instance, phones: Instance
) -> None:
    number = number_for(Scenario.MACHINE_SHORT)
    await line.originate("agent-2-m", "PJSIP/agent2", "cc-agent", "s", variables={"CC_AGENT": "2"})
    await line.dial("manual-2-m", number, exten="manual")
    await line.until("CCAgentLeg", Uniqueid="agent-2-m")
    await line.until("CCAnswered", Uniqueid="manual-2-m")

    await line.bridge("manual-2-m", "agent-2-m")
    await asyncio.sleep(6)
    await line.hang_up("manual-2-m")

    await line.until("Hangup", Uniqueid="manual-2-m")
    kept = carrier.spool / "machines" / f"{number.lstrip('+')}-1.wav"
    await asyncio.sleep(0.5)
    assert loudness(kept) > 200
