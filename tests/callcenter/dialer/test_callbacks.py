"""Promises to call: whose they are, when they are due, what becomes of those that are missed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from callcenter.agents.machine import Trigger
from callcenter.dialer import callbacks, service
from callcenter.dialer.callbacks import customer_time
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt, Callback, Campaign
from callcenter.dialer.service import CallbackDraft
from callcenter.dialer.states import AttemptState, CallbackStatus, DialKind, LeadStatus, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid, NotFound
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.dialling import DiallingFloor
from tests.support.exchange import Exchange
from tests.support.factories.dialer import german_number

Seed = Callable[..., Awaitable[Campaign]]
TESTER = system_actor("test")


async def promise(transactions: Transactions, campaign: Campaign, **values: object) -> int:
    """By agent 1 to the campaign's first lead, due now."""
    async with transactions.begin(TESTER) as tx:
        lead = (await tx.session.scalars(select(Lead).order_by(Lead.id))).first()
        assert lead is not None
        lead.status = LeadStatus.FINISHED
        given: dict[str, object] = {
            "number": lead.number,
            "due_at": tx.now,
            "agent_id": 1,
            "campaign_id": campaign.id,
            "lead_id": lead.id,
        }
        return (await service.add_callback(tx, CallbackDraft(**(given | values)))).id  # type: ignore[arg-type]


async def row(transactions: Transactions, callback_id: int) -> Callback:
    async with transactions.read() as session:
        return await session.get_one(Callback, callback_id)


async def first_lead(transactions: Transactions) -> Lead:
    async with transactions.read() as session:
        found = (await session.scalars(select(Lead).order_by(Lead.id))).first()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "zones", "utc"),
    [
        ("2026-03-02T15:00", ("America/New_York",), "2026-03-02T20:00:00+00:00"),
        ("2026-03-02T15:00+03:00", ("America/New_York",), "2026-03-02T12:00:00+00:00"),
        ("2026-03-02T15:00", ("nowhere", "Europe/Berlin"), "2026-03-02T14:00:00+00:00"),
        ("2026-03-02T15:00", (), "2026-03-02T15:00:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_the_customers(text: str, zones: tuple[str, ...], utc: str) -> None:
    assert customer_time(text, zones).astimezone(UTC).isoformat() == utc


async def test_a_personal_callback_is_offered_when_due_and_the_campaign_waits_for_it(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(2)
    floor_agents = {1: frozenset({campaign.id})}
    callback_id = await promise(transactions, campaign, note="has the contract at hand")
    await floor.start(floor_agents)
    await floor.run(1)
    first = len(exchange.dialled)
    await floor.run(30)

    shown = floor.engine.promises.document(1)

    assert shown is not None
    assert (shown["id"], shown["number"], shown["note"]) == (
        callback_id,
        german_number(0),
        "has the contract at hand",
    )
    assert len(exchange.dialled) <= first + 1, "the agent is kept free for the promise"
    assert (await row(transactions, callback_id)).offered_at is not None


async def test_who_does_not_take_it_up_gets_other_calls_and_is_reminded_again(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1)
    await promise(transactions, campaign)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(50)
    assert floor.engine.promises.document(1) is None

    clock.advance(callbacks.AGAIN.total_seconds())
    await floor.run(10)

    assert floor.engine.promises.document(1) is not None


async def test_a_personal_callback_that_was_missed_is_dialled_for_anybody_first(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(3, callback_minutes=20)
    callback_id = await promise(transactions, campaign)
    await floor.start({1: frozenset({campaign.id}), 2: frozenset({campaign.id})})
    await floor.run(1)
    floor.roster.move(floor.roster.get(1), Trigger.PAUSE)
    await floor.run(20)
    before = len(exchange.dialled)

    clock.advance(20 * 60)
    await floor.run(40)

    moved = await row(transactions, callback_id)
    assert moved.agent_id is None
    assert german_number(0) in list(exchange.numbers())[before:]
    assert moved.status == CallbackStatus.DONE


async def test_a_callback_nobody_kept_in_time_is_over(
    transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1)
    due_at = clock.now() + timedelta(hours=1)
    callback_id = await promise(
        transactions, campaign, agent_id=None, due_at=due_at, expires_at=due_at + timedelta(hours=2)
    )
    assert (await first_lead(transactions)).status == LeadStatus.LATER
    clock.advance(3 * 3600)

    async with transactions.begin(TESTER) as tx:
        assert await callbacks.sweep(tx) == []

    assert (await row(transactions, callback_id)).status == CallbackStatus.EXPIRED
    assert (await first_lead(transactions)).status == LeadStatus.FINISHED


async def test_it_cannot_end_before_it_is_due(
    transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1)
    with pytest.raises(Invalid):
        await promise(transactions, campaign, expires_at=clock.now() - timedelta(hours=1))


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Outcome.ANSWERED, CallbackStatus.DONE), (Outcome.NO_ANSWER, CallbackStatus.PENDING)],
)
async def test_a_promise_is_kept_by_speaking_and_offered_again_otherwise(
    transactions: Transactions, clock: ManualClock, seed: Seed, outcome: Outcome, status: CallbackStatus
) -> None:
    campaign = await seed(1)
    callback_id = await promise(transactions, campaign)
    now = clock.now()
    attempt = Attempt(
        kind=DialKind.CALLBACK,
        agent_id=1,
        number=german_number(0),
        state=AttemptState.ENDED,
        outcome=outcome,
        claimed_at=now,
    )

    async with transactions.begin(TESTER) as tx:
        await callbacks.attempt_ended(tx.session, attempt, now)

    after = await row(transactions, callback_id)
    assert after.status == status
    assert (after.due_at > now) == (status == CallbackStatus.PENDING)


async def test_only_its_agent_may_postpone_it(
    transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1)
    callback_id = await promise(transactions, campaign)
    with pytest.raises(NotFound):
        async with transactions.begin(TESTER) as tx:
            await callbacks.postpone(tx, callback_id, agent_id=2)

    async with transactions.begin(TESTER) as tx:
        await callbacks.postpone(tx, callback_id, agent_id=1)

    due_at: datetime = (await row(transactions, callback_id)).due_at
    assert due_at == clock.now() + callbacks.AGAIN
