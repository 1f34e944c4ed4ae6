"""Campaigns on a real Asterisk: every attempt ends in the right outcome, whatever dies in the middle."""

import asyncio
from datetime import timedelta

import pytest

from callcenter.dialer.models import Attempt
from callcenter.dialer.states import AttemptState, DialKind, Mode, Outcome
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.db import Database
from tests.support.asterisk import until
from tests.support.calling import ENDINGS, MIX, World, settled, world

pytestmark = pytest.mark.timeout(180)


async def all_over(made: World, leads: int) -> bool:
    return len(await made.attempts()) >= leads and await settled(made, made.campaign_id)


def wrong(attempts: list[Attempt], lost: frozenset[Outcome] = frozenset()) -> list[tuple[str, object]]:
    """Attempts whose outcome is not what their number does; `lost` are allowed after a death."""
    return [
        (a.number, a.outcome)
        for a in attempts
        if a.outcome not in ENDINGS[MIX.outcome(a.number, 1).scenario] | lost
    ]


async def test_a_process_that_dies_in_the_middle_dials_nobody_twice() -> None:
    async with world(agents=4, leads=24, talk_seconds=4) as made:
        async with made.process() as first:
            await made.begin_shift(first)
            await until(lambda: _placed(made, 8), seconds=40)
        await asyncio.sleep(1)
        async with made.process() as second:
            await made.begin_shift(second)
            await until(lambda: all_over(made, 24), seconds=110, every=1)

        attempts = await made.attempts()
        dialled = await made.dialled()
    assert wrong(attempts, frozenset({Outcome.UNKNOWN, Outcome.DROPPED, Outcome.EARLY_HANG_UP})) == []
    assert {number: count for number, count in dialled.items() if count > 1} == {}
    assert len(dialled) == 24


async def _placed(made: World, count: int) -> bool:
    return len(await made.attempts()) >= count


async def test_who_finds_no_agent_hears_the_message_two_seconds_after_the_answer() -> None:
    async with world(agents=1, leads=16, mode=Mode.RATIO, talk_seconds=20, lines_per_agent=5) as made:
        await _people_reached_before(made)
        async with made.process() as process:
            await made.begin_shift(process)
            await until(lambda: len(process.watch.dropped) >= 2, seconds=60)
            figures = process.watch

        attempts = await made.attempts()
    assert all(1.9 < seconds < 2.4 for seconds in figures.dropped)
    assert all(seconds < 0.5 for seconds in figures.connect)
    assert Outcome.DROPPED in {a.outcome for a in attempts}


async def _people_reached_before(made: World) -> None:
    """A past that leaves room for abandoned calls in the window."""
    database = Database(made.url)
    at = SystemClock().now() - timedelta(minutes=1)
    async with database.write() as session:
        session.add_all(
            Attempt(
                kind=DialKind.CAMPAIGN,
                campaign_id=made.campaign_id,
                number=f"+7495300{index:04d}",
                state=AttemptState.ENDED,
                outcome=Outcome.ANSWERED,
                claimed_at=at,
                answered_at=at,
                ended_at=at,
                token=1,
                engine_id="before",
            )
            for index in range(400)
        )
    await database.aclose()
