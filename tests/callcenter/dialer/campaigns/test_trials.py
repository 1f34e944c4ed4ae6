"""Trials in processes of their own, and the page that shows them."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow
from callcenter.dialer import COMPONENT
from callcenter.dialer.campaigns.setups import Kind, Setup
from callcenter.dialer.campaigns.simulating import TRIALS
from callcenter.dialer.campaigns.statistics import known
from callcenter.dialer.campaigns.trials import Trial, Trials, TrialState
from callcenter.dialer.models import Attempt, Campaign
from callcenter.dialer.pacing.settings import Pace
from callcenter.dialer.states import AttemptState, DialKind, Mode, Outcome
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor
from tests.conftest import Visit
from tests.support.browsing import Visitor
from tests.support.factories.dialer import german_number, make_campaign

SOMEBODY = system_actor("test")
QUICK = Setup(mode=Pace.PROGRESSIVE, agents=2, hours=1, glance=True)
SECONDS = 60


@pytest.fixture
async def trials() -> AsyncIterator[Trials]:
    tasks = Tasks()
    yield Trials(tasks)
    await tasks.aclose()


@pytest.fixture
async def visitor(visiting: Visit, trials: Trials) -> Visitor:
    def prepare(app: web.Application) -> None:
        app[TRIALS] = trials

    return await visiting(COMPONENT, prepare=prepare)


async def ended(trial: Trial) -> None:
    async with asyncio.timeout(SECONDS):
        while trial.state is TrialState.RUNNING:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.05)


def workers() -> list[str]:
    """Processes of trials that this one has started."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("utf-8").split()
    commands = [Path(f"/proc/{pid}/cmdline").read_text("utf-8") for pid in children]
    return [command for command in commands if "campaigns.worker" in command]


async def campaign_of(transactions: Transactions, clock: ManualClock) -> Campaign:
    async with transactions.begin(SOMEBODY) as tx:
        return await make_campaign(tx.session, clock.now(), mode=Mode.PREDICTIVE, abandon_percent=2.5)


async def test_a_trial_runs_its_days_and_is_kept(trials: Trials) -> None:
    trial = trials.start(QUICK)
    await ended(trial)

    (line,) = trial.lines
    assert trial.state is TrialState.DONE
    assert (line.kind, line.agents, line.days) == (Kind.OURS, 2, 2)
    assert trials.start(QUICK) is trial


async def test_a_cancelled_trial_ends_at_once_and_may_be_begun_again(trials: Trials) -> None:
    long = Setup(agents=60, hours=8)
    trial = trials.start(long)
    await asyncio.sleep(0.3)

    trials.cancel(long)

    assert trial.state is TrialState.CANCELLED
    again = trials.start(long)
    assert again is not trial
    assert again.state is TrialState.RUNNING


async def test_a_trial_that_is_cancelled_while_its_worker_starts_leaves_no_process() -> None:
    tasks = Tasks()
    trials = Trials(tasks)
    for agents in range(50, 54):
        trials.start(Setup(agents=agents, hours=8))
        await asyncio.sleep(0)

    for agents in range(50, 54):
        trials.cancel(Setup(agents=agents, hours=8))
        await asyncio.sleep(0.01)
    await tasks.aclose()

    assert workers() == []


async def test_a_newer_glance_of_the_same_form_gives_the_older_up(trials: Trials) -> None:
    first = trials.glance("1:7", Setup(agents=90, hours=8, glance=True))
    other = trials.glance("2:7", Setup(agents=91, hours=8, glance=True))

    trials.glance("1:7", Setup(agents=92, hours=8, glance=True))

    assert first.state is TrialState.CANCELLED
    assert other.state is TrialState.RUNNING


async def test_the_page_runs_what_stands_in_its_address(
    visitor: Visitor, trials: Trials, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await campaign_of(transactions, clock)
    await visitor.sign_in(Role.SUPERVISOR)
    path = f"/campaigns/{campaign.id}/simulate"

    asked = await (await visitor.get(path)).text()
    running = await (await visitor.get(f"{path}?run=1&mode=progressive&agents=2&hours=1")).text()
    setup = next(s for s in trials._trials if s.agents == 2)
    await ended(trials.start(setup))
    shown = await (await visitor.get(f"{path}?run=1&mode=progressive&agents=2&hours=1")).text()

    assert "Try it before anybody is called" in asked
    assert 'name="limit" type="number" value="2.5"' in asked
    assert "of 24 days" in running
    assert "With 2 agents" in shown
    assert shown.count("<figure") == 4
    assert "VICIdial, adaptive" in shown


async def test_a_trial_is_stopped_from_the_page_and_says_so(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await campaign_of(transactions, clock)
    await visitor.sign_in(Role.SUPERVISOR)
    path = f"/campaigns/{campaign.id}/simulate"
    setup = {"agents": "50", "hours": "8", "mode": "predictive"} | {"limit": "2.5"}

    await visitor.get(path, params=setup | {"run": "1"})
    full = await (await visitor.get(path, params=setup)).text()
    stopped = await visitor.post(
        f"{path}/cancel", data=Setup(agents=50, hours=8, limit=2.5, lines=1, wrap=45).query()
    )
    page = await (await visitor.get(stopped.headers["Location"])).text()

    assert "Try it" in full
    assert "Stopped after 0 of 36 days." in page


async def test_what_is_out_of_bounds_stands_beside_its_field(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await campaign_of(transactions, clock)
    await visitor.sign_in(Role.SUPERVISOR)

    answer = await visitor.get(f"/campaigns/{campaign.id}/simulate?run=1&agents=9000")

    assert answer.status == 422
    assert 'value="9000" aria-invalid="true"' in await answer.text()


async def test_the_forecast_beside_the_form_comes_when_it_is_reckoned(
    visitor: Visitor, trials: Trials, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await campaign_of(transactions, clock)
    await visitor.sign_in(Role.SUPERVISOR)
    path = f"/campaigns/{campaign.id}/forecast?agents=2&mode=progressive"

    early = await (await visitor.get(path)).text()
    await ended(next(iter(trials._trials.values())))
    late = await (await visitor.get(path)).text()

    assert "Being reckoned…" in early
    assert "Conversations per agent-hour" in late


async def test_the_campaigns_own_calls_tell_the_assumptions(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await campaign_of(transactions, clock)
    async with transactions.begin(SOMEBODY) as tx:
        for index in range(60):
            up = index % 3 == 0
            placed = tx.now - timedelta(minutes=index)
            tx.session.add(
                Attempt(
                    kind=DialKind.CAMPAIGN,
                    campaign_id=campaign.id,
                    number=german_number(index),
                    state=AttemptState.ENDED,
                    call_id=f"call-{index}",
                    claimed_at=placed,
                    placed_at=placed,
                    answered_at=placed + timedelta(seconds=8) if up else None,
                    ended_at=placed + timedelta(seconds=30),
                    outcome=Outcome.ANSWERED if up else Outcome.NO_ANSWER,
                    token=1,
                    engine_id="test",
                )
            )
            tx.session.add(
                CallRow(
                    id=f"call-{index}",
                    direction=Direction.OUTBOUND,
                    number=german_number(index),
                    started_at=placed,
                    talk_ms=90_000 if up else 0,
                    wrap_ms=30_000 if up else 0,
                )
            )

    async with transactions.read() as session:
        found = await known(session, campaign.id, Setup(), clock.now())
        nothing = await known(session, campaign.id + 1, Setup(), clock.now())

    setup = found.setup
    assert (found.calls, setup.answered, setup.ring, setup.talk, setup.wrap) == (60, 33.3, 8.0, 90, 30)
    assert (nothing.calls, nothing.setup) == (0, Setup())
