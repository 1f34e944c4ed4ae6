"""Which calls a list holds and in what order, and which callers are still owed a call."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls.events import Direction
from callcenter.calls.facts import LegKind
from callcenter.calls.models import CallRow, LegRow, OfferRow, Outcome
from callcenter.calls.queries import (
    LARGEST_PAGE,
    CallFilter,
    calls_of_contact,
    legs_of,
    list_calls,
    missed_calls,
    offers_of,
    place_of,
)
from callcenter.kernel.auth import Role
from callcenter.kernel.db import Base
from callcenter.kernel.place import Place
from callcenter.kernel.tx import Transactions
from tests.support.people import acting

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SUPERVISOR = acting(Role.SUPERVISOR, (), "calls.view")
ANNA, PAVEL, GRACE = "+4930123456", "+4930123457", "+4930123458"

Keep = Callable[..., Awaitable[None]]


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def call(call_id: str, minutes: float = 0, **values: object) -> CallRow:
    """A call that began so many minutes after nine."""
    given = {"direction": Direction.INBOUND, "number": ANNA, "outcome": Outcome.ANSWERED}
    return CallRow(id=call_id, started_at=after(minutes), **(given | values))


def left(call_id: str, minutes: float, number: str = ANNA, outcome: Outcome = Outcome.ABANDONED) -> CallRow:
    """A caller who left without an agent."""
    return call(call_id, minutes, number=number, outcome=outcome)


@pytest.fixture
def keep(transactions: Transactions) -> Keep:
    """Writes rows: calls first, what hangs on them afterwards."""

    async def write(*rows: Base) -> None:
        async with transactions.database.write() as session:
            session.add_all(row for row in rows if isinstance(row, CallRow))
            await session.flush()
            session.add_all(row for row in rows if not isinstance(row, CallRow))

    return write


async def missed(transactions: Transactions, since: datetime = NINE, limit: int = 20) -> list[str]:
    async with transactions.read() as session:
        return [row.id for row in await missed_calls(session, since, limit)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CallFilter(), ["sale", "callback", "support"]),
        (CallFilter(agent_id=7), ["sale"]),
        (CallFilter(contact_id=41), ["callback"]),
        (CallFilter(number=PAVEL), ["support"]),
        (CallFilter(queue="support"), ["support"]),
        (CallFilter(direction="out"), ["sale", "callback"]),
        (CallFilter(outcome="unanswered"), ["callback"]),
        (CallFilter(before=Place(after(2))), ["callback", "support"]),
        (CallFilter(direction="out", before=Place(after(2))), ["callback"]),
        (CallFilter(agent_id=7, queue="support"), []),
    ],
)
async def test_every_field_of_the_filter_narrows_a_list_that_shows_the_newest_first(
    transactions: Transactions, keep: Keep, wanted: CallFilter, found: list[str]
) -> None:
    await keep(
        call("support", 0, number=PAVEL, queue="support"),
        call("sale", 2, direction=Direction.OUTBOUND, agent_id=7),
        call("callback", 1, direction=Direction.OUTBOUND, contact_id=41, outcome=Outcome.UNANSWERED),
    )

    async with transactions.read() as session:
        rows = await list_calls(session, SUPERVISOR, None, wanted)

    assert [row.id for row in rows] == found


@pytest.mark.parametrize(("asked", "given"), [(-5, 1), (0, 1), (2, 2), (10_000, LARGEST_PAGE)])
async def test_a_page_has_one_row_at_least_and_the_largest_page_at_most(
    transactions: Transactions, keep: Keep, asked: int, given: int
) -> None:
    await keep(*(call(f"call-{index}", index) for index in range(LARGEST_PAGE + 1)))

    async with transactions.read() as session:
        rows = await list_calls(session, SUPERVISOR, None, CallFilter(), asked)

    assert len(rows) == given


@pytest.mark.parametrize("minutes", [(0, 1, 2, 3, 4), (0, 0, 0, 1, 1), (0, 0, 0, 0, 0)])
async def test_pages_joined_at_the_last_row_hold_every_call_once(
    transactions: Transactions, keep: Keep, minutes: tuple[int, ...]
) -> None:
    await keep(*(call(f"call-{index}", minute) for index, minute in enumerate(minutes)))

    read: list[str] = []
    before: Place | None = None
    async with transactions.read() as session:
        for _ in range(3):
            page = await list_calls(session, SUPERVISOR, None, CallFilter(before=before), 2)
            read += [row.id for row in page]
            before = place_of(page[-1])

    assert read == ["call-4", "call-3", "call-2", "call-1", "call-0"]


async def test_a_contacts_timeline_has_their_calls_only_and_goes_on_where_it_ended(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(*(call(f"own-{index}", index, contact_id=41) for index in range(3)))
    await keep(call("other", 1, contact_id=42), call("unknown", 1))

    async with transactions.read() as session:
        first = await calls_of_contact(session, 41, limit=2)
        rest = await calls_of_contact(session, 41, before=place_of(first[-1]))

    assert [row.id for row in first] == ["own-2", "own-1"]
    assert [row.id for row in rest] == ["own-0"]


async def test_who_left_is_missed_however_they_left(transactions: Transactions, keep: Keep) -> None:
    await keep(
        left("waited", 1, ANNA, Outcome.ABANDONED),
        left("hesitated", 2, PAVEL, Outcome.SHORT),
        left("cut-off", 3, GRACE, Outcome.LOST),
        call("served", 4, number="+4930123459", connected_at=after(4)),
        call("going-on", 5, number="+4930123460", outcome=Outcome.OPEN),
    )

    assert await missed(transactions) == ["cut-off", "hesitated", "waited"]


async def test_who_called_again_and_again_is_missed_once_by_the_last_call(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(left("first", 1), left("second", 2), left("third", 3), left("pavel", 2.5, PAVEL))

    assert await missed(transactions) == ["third", "pavel"]


@pytest.mark.parametrize("direction", list(Direction))
async def test_who_was_spoken_to_since_is_not_missed_whoever_called(
    transactions: Transactions, keep: Keep, direction: Direction
) -> None:
    await keep(left("left", 1), call("spoke", 5, direction=direction, connected_at=after(5)))

    assert await missed(transactions) == []


async def test_the_last_conversation_decides_who_is_still_owed_a_call(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(
        call("served-before", 1, connected_at=after(1)),
        left("left", 2),
        call("called-back", 5, direction=Direction.OUTBOUND, connected_at=after(5)),
    )

    assert await missed(transactions) == []


async def test_who_left_after_the_last_conversation_is_missed(transactions: Transactions, keep: Keep) -> None:
    await keep(
        call("spoke", 1, connected_at=after(1)),
        call("spoke-again", 2, connected_at=after(2)),
        left("left", 5),
    )

    assert await missed(transactions) == ["left"]


async def test_a_call_back_that_nobody_answered_pays_no_debt(transactions: Transactions, keep: Keep) -> None:
    await keep(
        left("left", 1),
        call("tried", 5, direction=Direction.OUTBOUND, outcome=Outcome.UNANSWERED),
    )

    assert await missed(transactions) == ["left"]


async def test_who_hid_the_number_or_left_long_ago_cannot_be_missed(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(left("hidden", 1, ""), left("long-ago", -1), left("just-then", 0, PAVEL))

    assert await missed(transactions) == []


async def test_a_repeated_caller_takes_one_place_of_a_short_list(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(
        left("anna-1", 6),
        left("anna-2", 5),
        left("anna-3", 4),
        left("pavel", 3, PAVEL),
        left("grace", 2, GRACE),
    )

    assert await missed(transactions, limit=2) == ["anna-1", "pavel"]


async def test_legs_and_offers_of_a_call_come_in_order_of_time(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(
        call("this"),
        call("other"),
        LegRow(id="leg-agent", call_id="this", kind=LegKind.AGENT, created_at=after(1)),
        LegRow(id="leg-customer", call_id="this", kind=LegKind.CUSTOMER, created_at=after(0)),
        LegRow(id="leg-other", call_id="other", kind=LegKind.CUSTOMER, created_at=after(0)),
        OfferRow(call_id="this", agent_id=8, offered_at=after(2)),
        OfferRow(call_id="this", agent_id=7, offered_at=after(1)),
        OfferRow(call_id="other", agent_id=9, offered_at=after(1)),
    )

    async with transactions.read() as session:
        legs = await legs_of(session, "this")
        offers = await offers_of(session, "this")

    assert [leg.id for leg in legs] == ["leg-customer", "leg-agent"]
    assert [offer.agent_id for offer in offers] == [7, 8]


async def test_a_call_of_ours_that_was_cut_off_is_no_missed_caller(
    transactions: Transactions, keep: Keep
) -> None:
    await keep(call("ours", 1, direction=Direction.OUTBOUND, outcome=Outcome.LOST))

    assert await missed(transactions) == []


async def test_one_who_calls_all_the_time_hides_nobody(transactions: Transactions, keep: Keep) -> None:
    await keep(left("patient", 1, PAVEL), *(left(f"again-{index}", 2 + index) for index in range(100)))

    assert await missed(transactions, limit=2) == ["again-99", "patient"]
