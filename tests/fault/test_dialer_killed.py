"""The dialing process dies between any two of its steps. Nobody is called twice, no lead is lost."""

from collections import Counter

import pytest
from sqlalchemy import select

from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt
from callcenter.dialer.outcomes import DEFAULT_RETRY
from callcenter.dialer.states import AttemptState, LeadStatus, Outcome
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor, Killed, Life, MortalExchange, MortalTransactions
from tests.support.exchange import NO_ANSWER, Exchange
from tests.support.factories.dialer import german_number, make_campaign, make_lead

LEADS = 3
AGENTS = 2
STEPS = range(1, 60, 1)

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


async def _seed(database: Database, clock: ManualClock) -> int:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        for index in range(LEADS):
            await make_lead(session, campaign, german_number(index), clock.now())
        return campaign.id


async def _run_until_killed(floor: DiallingFloor, life: Life, agents: dict[int, frozenset[int]]) -> None:
    """The first process: it may die anywhere, also in the middle of nothing."""
    try:
        await floor.start(agents)
        for _ in range(80):
            await floor.run(0.5)
            if life.dead:
                break
    except Killed:
        pass
    await floor.kill()


@pytest.mark.parametrize("dies_at", STEPS)
async def test_killed_between_two_steps(
    database: Database, bus: LocalBus, clock: ManualClock, dies_at: int
) -> None:
    campaign_id = await _seed(database, clock)
    shared = Exchange(clock)
    shared.plan[german_number(2)] = NO_ANSWER
    agents = {n: frozenset({campaign_id}) for n in range(1, AGENTS + 1)}
    life = Life(dies_at)
    first = DiallingFloor(
        MortalTransactions(database, bus, clock, life), MortalExchange(shared, life), clock, "first"
    )
    await _run_until_killed(first, life, agents)
    for _ in range(4):  # nobody looks: calls go on by themselves
        clock.advance(0.5)
        shared.run()

    second = DiallingFloor(Transactions(database, bus, clock), shared, clock, "second")
    await second.start(agents)
    await second.run(70)

    dialled = Counter(shared.numbers())
    assert max(dialled.values()) == 1, "a lead was dialled again before its retry time"
    legs = [leg_id for leg_id, _ in shared.dialled]
    assert len(legs) == len(set(legs)), "one attempt was dialled twice"
    async with database.read() as session:
        states = (await session.execute(select(Attempt.state, Attempt.outcome))).all()
        leads = (await session.execute(select(Lead.status, Lead.last_outcome, Lead.number))).all()
    assert all(state == AttemptState.ENDED and outcome is not None for state, outcome in states)
    for status, outcome, number in leads:
        assert status in (LeadStatus.FINISHED, LeadStatus.WAITING, LeadStatus.LATER, LeadStatus.NEW)
        assert dialled[number] == 1 or outcome == Outcome.UNKNOWN
    assert all(s.reserved_by == "" for s in second.roster.sessions.values())

    clock.advance(DEFAULT_RETRY[Outcome.DROPPED].delay_seconds)
    shared.plan.clear()
    await second.run(60)
    async with database.read() as session:
        left = set(await session.scalars(select(Lead.status)))
    assert left == {LeadStatus.FINISHED}, "a lead was lost"
    assert set(shared.numbers()) == {german_number(index) for index in range(LEADS)}
    await second.kill()
