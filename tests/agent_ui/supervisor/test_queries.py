"""Conversations are counted by the hour that the company's wall clock showed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agent_ui.supervisor.queries import calls_by_hour
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, OfferRow
from callcenter.kernel.tx import Transactions

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


async def offer(transactions: Transactions, agent_id: int, *connected: datetime | None) -> None:
    """The agent was asked that often; None: they did not take it."""
    call_id = f"call of {agent_id}"
    async with transactions.database.write() as session:
        session.add(CallRow(id=call_id, direction=Direction.INBOUND, started_at=NINE))
        await session.flush()
        for moment in connected:
            session.add(
                OfferRow(call_id=call_id, agent_id=agent_id, offered_at=moment or NINE, connected_at=moment)
            )


async def hours(
    transactions: Transactions, since: datetime = NINE, zone: ZoneInfo = UTC_ZONE
) -> dict[int, dict[int, int]]:
    """Agent -> hour -> conversations, without the hours that had none."""
    async with transactions.read() as session:
        found = await calls_by_hour(session, since, zone)
    assert {len(counts) for counts in found.values()} <= {24}
    return {
        agent_id: {hour: count for hour, count in enumerate(counts) if count}
        for agent_id, counts in found.items()
    }


async def test_each_agent_has_a_count_for_each_hour(transactions: Transactions) -> None:
    await offer(transactions, 1, NINE, NINE + timedelta(minutes=59), NINE + timedelta(minutes=60))
    await offer(transactions, 2, NINE + timedelta(hours=2))

    assert await hours(transactions) == {1: {9: 2, 10: 1}, 2: {11: 1}}


async def test_an_hour_is_the_one_on_the_companys_wall(transactions: Transactions) -> None:
    await offer(transactions, 1, NINE, NINE + timedelta(hours=13))

    assert await hours(transactions, zone=ZoneInfo("Asia/Kolkata")) == {1: {14: 1, 3: 1}}  # 14:30 and 3:30


async def test_the_hour_that_the_clocks_repeat_counts_both(transactions: Transactions) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    summer_ends = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    await offer(transactions, 1, summer_ends - timedelta(minutes=30), summer_ends + timedelta(minutes=30))

    found = await hours(transactions, since=summer_ends - timedelta(hours=3), zone=berlin)

    assert found == {1: {2: 2}}


async def test_who_was_only_asked_has_no_conversation(transactions: Transactions) -> None:
    await offer(transactions, 1, None, None)
    await offer(transactions, 2, None, NINE)

    assert await hours(transactions) == {2: {9: 1}}


async def test_the_count_begins_exactly_at_the_start_of_the_day(transactions: Transactions) -> None:
    await offer(transactions, 1, NINE - timedelta(microseconds=1), NINE)

    assert await hours(transactions, since=NINE) == {1: {9: 1}}
