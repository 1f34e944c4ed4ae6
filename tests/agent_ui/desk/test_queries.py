"""What the desk shows beside a call, what the agent promised, whom their queues missed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from agent_ui.desk.queries import CALLBACKS_AHEAD, MISSED_BACK, Work, callbacks_of, missed_for, work_of
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, Outcome
from callcenter.dialer.models import Callback, Disposition
from callcenter.dialer.states import CallbackStatus
from callcenter.kernel.db import Base
from callcenter.kernel.tx import Transactions
from callcenter.queues.models import Queue, QueueMember
from tests.support.factories.dialer import make_campaign

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ME, COLLEAGUE = 7, 8

Keep = Callable[..., Awaitable[None]]


@pytest.fixture
def keep(transactions: Transactions) -> Keep:
    async def write(*rows: Base) -> None:
        async with transactions.database.write() as session:
            session.add_all(rows)

    return write


async def add_campaign(transactions: Transactions, name: str, script: str = "") -> int:
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, NINE, name=name, script=script)
        return campaign.id


def queue(name: str, script: str = "") -> Queue:
    return Queue(name=name, title=name.title(), script=script, created_at=NINE)


def call(call_id: str = "call", **values: object) -> CallRow:
    return CallRow(**({"id": call_id, "direction": Direction.INBOUND, "started_at": NINE} | values))


def result(code: str, key: int, campaign_id: int | None = None) -> Disposition:
    return Disposition(code=code, key=key, title=code.title(), campaign_id=campaign_id)


def promise(number: str, due_at: datetime, **values: object) -> Callback:
    given = {"agent_id": ME, "created_by": "test", "created_at": NINE}
    return Callback(number=number, due_at=due_at, **(given | values))


async def shown(
    transactions: Transactions,
    *,
    queue: str = "",
    campaign_id: int | None = None,
    agent_id: int | None = ME,
) -> Work:
    async with transactions.read() as session:
        return await work_of(session, "call", queue, campaign_id, agent_id)


async def test_before_the_call_has_a_row_the_live_board_says_where_it_belongs(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(queue("support", "Greet the caller."))

    work = await shown(transactions, queue="support")

    assert work == Work(
        script="Greet the caller.",
        queue_title="Support",
        outcomes=[],
        note="",
        note_version=0,
        disposition="",
    )


async def test_the_calls_row_knows_better_than_the_live_board(transactions: Transactions, keep: Keep) -> None:
    await keep(queue("support", "Support's."), queue("sales", "Sales'."), call(queue="sales"))

    work = await shown(transactions, queue="support")

    assert (work.script, work.queue_title) == ("Sales'.", "Sales")


async def test_a_row_that_does_not_say_leaves_the_live_boards_word(
    transactions: Transactions, keep: Keep
) -> None:
    campaign_id = await add_campaign(transactions, "Spring", "Offer spring.")
    await keep(call())

    work = await shown(transactions, campaign_id=campaign_id)

    assert (work.script, work.queue_title) == ("Offer spring.", "Spring")


@pytest.mark.parametrize(("of_campaign", "read"), [("Offer spring.", "Offer spring."), ("", "Support's.")])
async def test_the_campaigns_script_comes_before_the_queues(
    transactions: Transactions, keep: Keep, of_campaign: str, read: str
) -> None:
    campaign_id = await add_campaign(transactions, "Spring", of_campaign)
    await keep(queue("support", "Support's."))

    work = await shown(transactions, queue="support", campaign_id=campaign_id)

    assert (work.script, work.queue_title) == (read, "Support")


async def test_a_call_of_nothing_we_know_still_offers_the_general_results(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(result("resolved", 1))

    work = await shown(transactions, queue="closed-last-year", campaign_id=99)

    assert (work.script, work.queue_title) == ("", "")
    assert [outcome.code for outcome in work.outcomes] == ["resolved"]


async def test_results_are_those_of_the_calls_campaign_and_the_general_ones(
    transactions: Transactions, keep: Keep
) -> None:
    spring, autumn = await add_campaign(transactions, "Spring"), await add_campaign(transactions, "Autumn")
    await keep(
        result("wrong-number", 3),
        result("resolved", 1),
        result("sold", 1, spring),
        result("rented", 2, autumn),
        call(campaign_id=spring),
    )

    work = await shown(transactions, campaign_id=autumn)

    assert [outcome.code for outcome in work.outcomes] == ["sold", "wrong-number"]


@pytest.mark.parametrize(
    ("owner", "note", "disposition"),
    [(ME, "call after six", "sold"), (None, "call after six", "sold"), (COLLEAGUE, "", "")],
)
async def test_a_colleagues_note_and_result_stay_theirs(
    transactions: Transactions, keep: Keep, owner: int | None, note: str, disposition: str
) -> None:
    await keep(call(agent_id=owner, note="call after six", note_version=3, disposition="sold"))

    work = await shown(transactions)

    assert (work.note, work.disposition, work.note_version) == (note, disposition, 3)


async def test_promises_are_the_agents_own_and_open_for_two_weeks_overdue_ones_first(
    transactions: Transactions, keep: Keep
) -> None:
    horizon = NINE + CALLBACKS_AHEAD
    await keep(
        promise("+493011", horizon),
        promise("+493012", horizon + SECOND),
        promise("+493013", NINE - timedelta(days=3)),
        promise("+493014", NINE, agent_id=COLLEAGUE),
        promise("+493015", NINE, agent_id=None),
        promise("+493016", NINE, status=CallbackStatus.DONE),
    )

    async with transactions.read() as session:
        found = await callbacks_of(session, ME, NINE)

    assert [callback.number for callback in found] == ["+493013", "+493011"]


async def test_missed_callers_are_those_of_the_agents_queues_of_the_last_day(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(queue("support"), queue("vip"), queue("sales"))
    await keep(
        QueueMember(queue="support", agent_id=ME),
        QueueMember(queue="vip", agent_id=ME, penalty=5),
        QueueMember(queue="sales", agent_id=COLLEAGUE),
    )
    yesterday = NINE - MISSED_BACK
    for call_id, queue_name, started_at in (
        ("in-support", "support", NINE - 2 * SECOND),
        ("in-vip", "vip", NINE - SECOND),
        ("in-sales", "sales", NINE - SECOND),
        ("in-none", "", NINE - SECOND),
        ("just-in-time", "support", yesterday + SECOND),
        ("too-long-ago", "support", yesterday),
    ):
        number = f"+4930{len(call_id)}{started_at:%H%M%S}{len(queue_name)}"
        outcome = Outcome.ABANDONED
        await keep(call(call_id, queue=queue_name, number=number, started_at=started_at, outcome=outcome))

    async with transactions.read() as session:
        mine = await missed_for(session, ME, NINE)
        nobodys = await missed_for(session, 99, NINE)

    assert [row.id for row in mine] == ["in-vip", "in-support", "just-in-time"]
    assert nobodys == []
