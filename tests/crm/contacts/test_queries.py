"""Reads of contacts that need one database only; search is proved on both in tests/contract."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import NotFound
from callcenter.kernel.place import Place
from callcenter.kernel.tx import Actor, Transactions
from crm.contacts.queries import ContactFilter, contact_by_id, list_contacts, match_of, owners
from crm.contacts.screenpop import ACTOR
from crm.timeline import Phrase, TimelineItem, TimelinePage, timeline_of
from tests.support.factories.contacts import AGENT, NOBODY, REGION, add_person
from tests.support.people import sign_up


async def test_a_contact_one_may_not_see_is_not_found(transactions: Transactions) -> None:
    contact = await add_person(transactions)

    async with transactions.read() as session:
        with pytest.raises(NotFound):
            await contact_by_id(session, NOBODY, contact.id)
        assert await match_of(session, NOBODY, contact.id) is None


async def test_a_match_says_who_and_where_from(transactions: Transactions) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", company="Sever")

    async with transactions.read() as session:
        match = await match_of(session, ACTOR, contact.id)

    assert match is not None
    assert (match.name, match.company, match.kind) == ("Anna Petrova", "Sever", "person")


async def test_a_line_names_owner_company_and_primary_number(transactions: Transactions) -> None:
    user = await sign_up(transactions, Role.AGENT, name="Olga")
    await add_person(
        transactions,
        "Anna",
        "Petrova",
        "+74955550142",
        "+79215550177",
        emails=("a@x.example",),
        company="Sever",
        owner_user_id=user.id,
    )

    async with transactions.read() as session:
        page = await list_contacts(session, AGENT, ContactFilter(owner_user_id=user.id), region=REGION)
        assert await owners(session) == [(user.id, "Olga")]

    line = page.contacts[0]
    assert (line.owner, line.company, line.number, line.email) == (
        "Olga",
        "Sever",
        "+74955550142",
        "a@x.example",
    )


async def test_an_exact_number_narrows_a_list(transactions: Transactions) -> None:
    await add_person(transactions, "Anna", "Petrova", "+74955550142")
    await add_person(transactions, "Olga", "Petrova", "+74955550143")

    async with transactions.read() as session:
        page = await list_contacts(session, AGENT, ContactFilter(number="+74955550143"), region=REGION)

    assert [line.name for line in page.contacts] == ["Olga Petrova"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_the_timeline_merges_rooms_and_goes_on_where_it_stopped(
    transactions: Transactions, clock: ManualClock, limit: int
) -> None:
    start = clock.now()

    def room(kind: str, minutes: Sequence[int]) -> "Room":
        return Room(kind, [start + timedelta(minutes=minute) for minute in minutes])

    rooms = (room("call", (1, 4, 4, 5)), room("ticket", (1, 4, 3)))

    told: list[tuple[str, int]] = []
    page: TimelinePage | None = None
    async with transactions.read() as session:
        while page is None or page.before is not None:
            before = page.before if page is not None else None
            page = await timeline_of(session, AGENT, 1, rooms, before=before, limit=limit)
            told += [(item.kind, (item.at - start) // timedelta(minutes=1)) for item in page.items]

    assert told == [
        ("call", 5),
        ("ticket", 4),
        ("call", 4),
        ("call", 4),
        ("ticket", 3),
        ("ticket", 1),
        ("call", 1),
    ]


class Room:
    """A room with items at these moments."""

    def __init__(self, kind: str, moments: Sequence[datetime]) -> None:
        self._kind = kind
        self._items = sorted(((m, str(n)) for n, m in enumerate(moments)), reverse=True)

    async def __call__(
        self, session: AsyncSession, actor: Actor, contact_id: int, before: Place | None, limit: int
    ) -> Sequence[TimelineItem]:
        assert (actor, contact_id) == (AGENT, 1)
        assert session.is_active
        last = (before.at, before.kind, before.key) if before is not None else None
        return [
            TimelineItem(at=moment, kind=self._kind, key=key, icon="phone", title=Phrase(self._kind))
            for moment, key in self._items
            if last is None or (moment, self._kind, key) < last
        ][:limit]
