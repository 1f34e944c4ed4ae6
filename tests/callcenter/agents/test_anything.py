"""Random sequences of calls, buttons, lost phones, broken links and refusals."""

import random

import pytest
from sqlalchemy import select

from callcenter.agents import machine
from callcenter.calls import events as e
from callcenter.calls.journal import EVENTS, Journal
from callcenter.calls.models import CallRow, OfferRow, Outcome
from callcenter.kernel.db import Database
from tests.support.mischief import Mischief
from tests.support.telephones import Telephones, settle

STEPS = 100


async def _work(world: Telephones, seed: int, *, restarts: bool) -> None:
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    await world.open(3)
    await world.start(1, 2, 3)
    mischief = Mischief(world, dice, restarts=restarts)
    for _ in range(STEPS):
        await mischief.step()
        mischief.check()
    await mischief.heal()
    await world.run(45)
    mischief.check()
    mischief.check_true()
    for leg_id in [leg for leg in world.switch.legs if not leg.startswith("agent-")]:
        if leg_id in world.switch.legs:
            world.switch.far_end_hangs_up(leg_id)
    await settle()
    await world.run(60)
    mischief.check()
    mischief.check_true()
    assert world.floor.tracker.calls == {}
    assert world.floor.distributor.callers == {}
    assert [s.state for s in world.floor.roster.sessions.values() if s.state in machine.ON_CALL] == []
    assert [leg for leg in world.switch.legs if not leg.startswith("agent-")] == []


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_is_ever_lost_or_had_twice(world: Telephones, seed: int) -> None:
    await _work(world, seed, restarts=False)


@pytest.mark.parametrize("seed", range(100, 108))
async def test_nor_when_the_service_is_restarted(world: Telephones, seed: int) -> None:
    await _work(world, seed, restarts=True)


@pytest.mark.parametrize("seed", range(200, 204))
async def test_every_call_that_began_ends_once_in_its_row(
    world: Telephones, database: Database, seed: int
) -> None:
    journal = Journal(database, world.floor.distributor.thresholds)
    world.bus.subscribe("journal", EVENTS, journal.receive, max_batch=200)

    await _work(world, seed, restarts=seed % 2 == 0)
    await world.bus.drain()

    began = {event.call_id for event in world.of(e.CallStarted) if isinstance(event, e.CallStarted)}
    async with database.read() as session:
        rows = list(await session.scalars(select(CallRow)))
        open_offers = await session.scalars(select(OfferRow.id).where(OfferRow.ended_at.is_(None)))
        assert list(open_offers) == []
    assert {row.id for row in rows} == began
    for row in rows:
        assert row.ended_at is not None
        assert row.outcome is not Outcome.OPEN
        length = (row.ended_at - row.started_at).total_seconds() * 1000
        assert row.talk_ms + row.hold_ms <= length + 2
