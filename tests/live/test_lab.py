"""The carrier's numbers give the causes that a real network gives."""

import pytest

from callcenter.ami.message import text
from callcenter.lab.numbering import Scenario, number_for
from tests.support.asterisk import Ami


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
