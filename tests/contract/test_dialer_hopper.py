"""Claiming, placing and closing mean the same on both databases, however many do it at once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcenter.dialer import hopper
from callcenter.dialer.gate import Candidate
from callcenter.dialer.hopper import Claimed, Closing, Fence, Fenced
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt, Campaign, Refusal
from callcenter.dialer.outcomes import DEFAULT_RETRY
from callcenter.dialer.rules import Policy
from callcenter.dialer.states import (
    AttemptState,
    CampaignStatus,
    DialKind,
    LeadStatus,
    Outcome,
)
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database
from tests.support.factories.dialer import german_number, make_campaign, make_lead

FENCE = Fence(1, "one")


async def seed(database: Database, clock: ManualClock, leads: int, **values: object) -> int:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now(), **values)
        for index in range(leads):
            await make_lead(session, campaign, german_number(index), clock.now())
        return campaign.id


async def claim(
    database: Database, campaign_id: int, limit: int, clock: ManualClock, fence: Fence = FENCE
) -> tuple[Claimed, ...]:
    async with database.write() as session:
        return await hopper.claim(session, campaign_id, limit, clock.now(), fence)


async def close(database: Database, attempt_id: int, closing: Closing, clock: ManualClock) -> object:
    async with database.write() as session:
        return await hopper.close(session, attempt_id, closing, DEFAULT_RETRY, clock.now())


async def test_concurrent_claimers_get_every_lead_exactly_once(
    database: Database, database_url: str, clock: ManualClock
) -> None:
    campaign_id = await seed(database, clock, 60)
    others = [Database(database_url) for _ in range(3)]

    async def claimer(own: Database) -> list[Claimed]:
        found: list[Claimed] = []
        while batch := await claim(own, campaign_id, 4, clock):
            found.extend(batch)
        return found

    found = await asyncio.gather(*(claimer(own) for own in others))
    for other in others:
        await other.aclose()

    leads = [c.lead_id for batch in found for c in batch]
    assert len(leads) == len(set(leads)) == 60


async def test_a_claim_takes_no_more_than_it_was_asked_for(database: Database, clock: ManualClock) -> None:
    campaign_id = await seed(database, clock, 9)

    sizes = [len(await claim(database, campaign_id, 2, clock)) for _ in range(6)]

    assert sizes == [2, 2, 2, 2, 1, 0]


async def test_one_number_has_one_open_attempt_even_from_two_campaigns(
    database: Database, clock: ManualClock
) -> None:
    first = await seed(database, clock, 1)
    second = await seed(database, clock, 1)

    got = await asyncio.gather(claim(database, first, 1, clock), claim(database, second, 1, clock))

    assert sorted(len(batch) for batch in got) == [0, 1]
    async with database.read() as session:
        assert (await session.scalars(select(Refusal.rule))).all() == ["in-progress"]


async def test_an_open_number_cannot_be_opened_again_past_the_gate(
    database: Database, clock: ManualClock
) -> None:
    candidate = Candidate(DialKind.MANUAL, german_number(1), Policy(), agent_id=1)
    async with database.write() as session:
        first = await hopper.open_attempt(session, candidate, clock.now(), FENCE)

    async with database.write() as session:
        second = await hopper.open_attempt(session, candidate, clock.now(), FENCE)
        await make_campaign(session, clock.now())  # the transaction goes on

    assert first is not None
    assert second is None


async def test_an_attempt_is_placed_once(database: Database, clock: ManualClock) -> None:
    campaign_id = await seed(database, clock, 1)
    (claimed,) = await claim(database, campaign_id, 1, clock)

    results = []
    for _ in range(2):
        async with database.write() as session:
            results.append(await hopper.place(session, claimed.attempt_id, 1, clock.now()))

    assert results == [True, False]
    async with database.read() as session:
        assert await session.scalar(select(Lead.attempts)) == 1


async def test_a_paused_campaign_cannot_place_what_it_has_claimed(
    database: Database, clock: ManualClock
) -> None:
    campaign_id = await seed(database, clock, 1)
    (claimed,) = await claim(database, campaign_id, 1, clock)
    async with database.write() as session:
        (await session.get_one(Campaign, campaign_id)).status = CampaignStatus.PAUSED

    async with database.write() as session:
        placed = await hopper.place(session, claimed.attempt_id, 1, clock.now())

    assert not placed


async def test_an_ended_attempt_never_moves_again(database: Database, clock: ManualClock) -> None:
    campaign_id = await seed(database, clock, 1)
    (claimed,) = await claim(database, campaign_id, 1, clock)
    await close(database, claimed.attempt_id, Closing(Outcome.UNKNOWN), clock)

    async with database.write() as session:
        placed = await hopper.place(session, claimed.attempt_id, 1, clock.now())
        await hopper.advance(session, claimed.attempt_id, AttemptState.ANSWERED, "attempt-1", 1, clock.now())
    again = await close(database, claimed.attempt_id, Closing(Outcome.ANSWERED), clock)

    assert not placed
    assert again is None
    async with database.read() as session:
        row = (await session.execute(select(Attempt.state, Attempt.outcome))).one()
    assert tuple(row) == (AttemptState.ENDED, Outcome.UNKNOWN)


async def test_a_late_answer_does_not_undo_the_connection(database: Database, clock: ManualClock) -> None:
    campaign_id = await seed(database, clock, 1)
    (claimed,) = await claim(database, campaign_id, 1, clock)

    async with database.write() as session:
        await hopper.advance(session, claimed.attempt_id, AttemptState.CONNECTED, "a", 1, clock.now())
        await hopper.advance(session, claimed.attempt_id, AttemptState.ANSWERED, "a", 1, clock.now())

    async with database.read() as session:
        assert await session.scalar(select(Attempt.state)) == AttemptState.CONNECTED


async def test_a_lead_that_was_never_dialled_comes_back_at_once(
    database: Database, clock: ManualClock
) -> None:
    campaign_id = await seed(database, clock, 1)
    (claimed,) = await claim(database, campaign_id, 1, clock)
    async with database.write() as session:
        await hopper.place(session, claimed.attempt_id, 1, clock.now())

    await close(database, claimed.attempt_id, Closing(Outcome.CANCELLED, never_sent=True), clock)

    (again,) = await claim(database, campaign_id, 1, clock)
    assert again.attempt_id != claimed.attempt_id
    async with database.read() as session:
        assert await session.scalar(select(Lead.attempts)) == 0


async def test_the_same_outcome_again_and_again_exhausts_the_lead(
    database: Database, clock: ManualClock
) -> None:
    campaign_id = await seed(database, clock, 1, max_lead_attempts=0)
    most = DEFAULT_RETRY[Outcome.BUSY].most
    for _ in range(most + 1):
        (claimed,) = await claim(database, campaign_id, 1, clock)
        async with database.write() as session:
            await hopper.place(session, claimed.attempt_id, 1, clock.now())
        await close(database, claimed.attempt_id, Closing(Outcome.BUSY, cause=17), clock)
        clock.advance(3600)

    async with database.read() as session:
        assert await session.scalar(select(Lead.status)) == LeadStatus.EXHAUSTED
    assert await claim(database, campaign_id, 1, clock) == ()


async def test_the_urgent_and_then_the_longest_due_come_first(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with database.write() as session:
        campaign = await make_campaign(session, now)
        for index, (priority, minutes_ago) in enumerate([(0, 1), (0, 60), (5, 1), (0, -5)]):
            await make_lead(
                session,
                campaign,
                german_number(index),
                now,
                priority=priority,
                next_try_at=now - timedelta(minutes=minutes_ago),
            )

    found = await claim(database, campaign.id, 10, clock)

    assert [c.number for c in found] == [german_number(2), german_number(1), german_number(0)]


async def test_an_older_holder_of_the_floor_claims_nothing(database: Database, clock: ManualClock) -> None:
    campaign_id = await seed(database, clock, 2)
    await claim(database, campaign_id, 1, clock, Fence(2, "young"))

    with pytest.raises(Fenced):
        await claim(database, campaign_id, 1, clock, Fence(1, "old"))

    async with database.read() as session:
        assert await session.scalar(select(func.count(Attempt.id))) == 1


async def test_attempts_that_have_not_ended_are_found_after_a_restart(
    database: Database, clock: ManualClock
) -> None:
    campaign_id = await seed(database, clock, 3)
    found = await claim(database, campaign_id, 3, clock)
    async with database.write() as session:
        await hopper.place(session, found[0].attempt_id, 1, clock.now())
    await close(database, found[2].attempt_id, Closing(Outcome.BUSY), clock)

    async with database.read() as session:
        left = await hopper.open_attempts(session)

    assert [(o.attempt_id, o.state, o.call_id) for o in left] == [
        (found[0].attempt_id, AttemptState.PLACED, f"attempt-{found[0].attempt_id}"),
        (found[1].attempt_id, AttemptState.CLAIMED, f"attempt-{found[1].attempt_id}"),
    ]
