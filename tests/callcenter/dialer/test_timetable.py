"""Campaigns that start and pause by themselves."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent
from callcenter.dialer import by_itself, service
from callcenter.dialer.events import CampaignGoalReached
from callcenter.dialer.models import Attempt, Campaign, CampaignAgent, Disposition
from callcenter.dialer.states import AttemptState, CampaignStatus, DialKind, Outcome, PausedBy
from callcenter.dialer.timetable import BadTimetable, read_goals, runs_at
from callcenter.kernel.auth import Role, User
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.dialling import DiallingFloor
from tests.support.factories.dialer import german_number

Seed = Callable[..., Awaitable[Campaign]]
TESTER = system_actor("test")
MORNINGS = {"days": {str(day): [["08:00", "12:00"]] for day in range(5)}}  # Berlin: 07:00 to 11:00 UTC


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ({}, None),
        (MORNINGS, True),
        ({"days": {"6": [["08:00", "12:00"]]}}, False),
        ({"from": "2026-03-03"}, False),
        ({"from": "2026-03-02", "until": "2026-03-02"}, True),
        ({"until": "2026-03-01"}, False),
    ],
)
def test_a_schedule_is_dates_and_hours_in_the_campaigns_zone(
    schedule: dict[str, object], runs: bool | None
) -> None:
    assert runs_at(schedule, "Europe/Berlin", datetime(2026, 3, 2, 9, tzinfo=UTC)) is runs


@pytest.mark.parametrize("goals", [{"contacts": -1}, {"sales": "many"}, {"money": 3}])
def test_goals_that_are_none_are_refused(goals: dict[str, object]) -> None:
    with pytest.raises(BadTimetable):
        read_goals(goals)


async def status(transactions: Transactions) -> tuple[str, str]:
    async with transactions.read() as session:
        campaign = (await session.scalars(select(Campaign))).one()
        return campaign.status, campaign.paused_by


async def make_agent(session: AsyncSession, clock: ManualClock) -> int:
    user = User(login="a", name="A", role=Role.AGENT, password_hash="", created_at=clock.now())
    session.add(user)
    await session.flush()
    agent = Agent(user_id=user.id, extension="101", sip_secret="x")
    session.add(agent)
    await session.flush()
    return agent.id


async def test_a_running_campaign_is_paused_at_the_end_of_its_hours_and_goes_on_in_the_morning(
    floor: DiallingFloor, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(60, schedule=MORNINGS)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(20)
    assert await status(transactions) == (CampaignStatus.RUNNING, "")

    clock.advance(3 * 3600)
    await floor.run(20)
    assert await status(transactions) == (CampaignStatus.PAUSED, PausedBy.SCHEDULE)

    async with transactions.database.write() as session:
        session.add(CampaignAgent(campaign_id=campaign.id, agent_id=await make_agent(session, clock)))
    clock.advance(20 * 3600)
    await floor.run(20)
    assert await status(transactions) == (CampaignStatus.RUNNING, PausedBy.PERSON)


async def test_what_a_person_paused_stays_paused(
    transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1, schedule=MORNINGS)
    async with transactions.begin(TESTER) as tx:
        await service.step(tx, campaign.id, "pause")

    async with transactions.begin(TESTER) as tx:
        await by_itself.apply(tx)

    assert await status(transactions) == (CampaignStatus.PAUSED, PausedBy.PERSON)


async def test_a_goal_that_is_reached_is_told_once_and_stops_the_day(
    transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1, goals={"sales": 2, "stop": True})
    heard: list[Event] = []

    async def hear(events: object) -> None:
        heard.extend(events)  # type: ignore[arg-type]

    transactions.bus.subscribe("test", (CampaignGoalReached,), hear)
    async with transactions.database.write() as session:
        session.add(Disposition(code="bought", key=8, title="Bought", sale=True))
        for index in range(2):
            session.add(
                Attempt(
                    kind=DialKind.CAMPAIGN,
                    campaign_id=campaign.id,
                    number=german_number(50 + index),
                    state=AttemptState.ENDED,
                    outcome=Outcome.ANSWERED,
                    disposition="bought",
                    claimed_at=clock.now(),
                    placed_at=clock.now(),
                    ended_at=clock.now(),
                    token=1,
                    engine_id="one",
                )
            )

    for _ in range(2):
        async with transactions.begin(TESTER) as tx:
            await by_itself.apply(tx)
    await transactions.bus.drain()

    assert await status(transactions) == (CampaignStatus.PAUSED, PausedBy.GOAL)
    assert len(heard) == 1
