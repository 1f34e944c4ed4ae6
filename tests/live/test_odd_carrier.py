"""A carrier that misbehaves: each call ends in the right outcome, and ends."""

from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.ami.decode import decode
from callcenter.calls.facts import LegEnded
from callcenter.dialer.outcomes import Ending, outcome_of
from callcenter.dialer.states import Outcome
from callcenter.pbx.config import LOOPBACK, Trunk
from tests.support.asterisk import USUAL, ami, pbx_and_carrier
from tests.support.sipp import misbehaving

NUMBER = "+4930200000"


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("storm", Outcome.CONGESTION),
        ("challenge", Outcome.FAILED),
        ("progress-only", Outcome.NO_ANSWER),
        ("silent", Outcome.NO_ANSWER),
    ],
)
async def test_a_call_that_nobody_answers(tmp_path: Path, name: str, outcome: Outcome) -> None:
    async with misbehaving(tmp_path, name) as port:
        odd = Trunk(name="odd", host=LOOPBACK, port=port, qualify_seconds=0)
        async with pbx_and_carrier(tmp_path, replace(USUAL, trunks=(odd,))) as (pbx, _), ami(pbx) as line:
            await line.originate(
                "attempt-1", f"PJSIP/{NUMBER}@odd", "cc-outbound", "answered", seconds=3, variables={}
            )
            ended = decode(await line.until("Hangup", Uniqueid="attempt-1", seconds=12))

    assert isinstance(ended, LegEnded)
    assert outcome_of(Ending(cause=ended.cause, sip_code=ended.sip_code)) is outcome
    assert "CCAnswered" not in line.names(Uniqueid="attempt-1")


async def test_an_answer_without_a_sound_gets_the_message_in_time_and_ends(tmp_path: Path) -> None:
    async with misbehaving(tmp_path, "no-rtp") as port:
        odd = Trunk(name="odd", host=LOOPBACK, port=port, qualify_seconds=0)
        async with pbx_and_carrier(tmp_path, replace(USUAL, trunks=(odd,))) as (pbx, _), ami(pbx) as line:
            await line.originate(
                "attempt-2", f"PJSIP/{NUMBER}@odd", "cc-outbound", "answered", seconds=5, variables={}
            )
            await line.until("CCAnswered", Uniqueid="attempt-2")
            await line.until("CCDropped", Uniqueid="attempt-2", seconds=5)
            await line.until("Hangup", Uniqueid="attempt-2", seconds=30)
