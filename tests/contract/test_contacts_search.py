"""Contacts are found the same way on every database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from callcenter.kernel.db import Database
from callcenter.kernel.errors import Invalid
from callcenter.kernel.tx import Transactions
from crm.contacts.queries import ContactFilter, find_by_number, list_contacts, segments
from crm.contacts.service import archive_contact, edit_contact
from tests.support.factories.contacts import AGENT, NOBODY, REGION, SUPERVISOR, add_company, add_person

Find = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def find(transactions: Transactions) -> Find:
    """Names of the contacts a text finds, page after page."""

    async def found(text: str = "", *, limit: int = 50, **narrowed: str | int | bool) -> list[str]:
        wanted = ContactFilter(text=text, **narrowed)  # type: ignore[arg-type]  # a filter's own fields
        names: list[str] = []
        cursor = ""
        while True:
            async with transactions.read() as session:
                page = await list_contacts(session, AGENT, wanted, region=REGION, cursor=cursor, limit=limit)
            names += [contact.name for contact in page.contacts]
            cursor = page.next
            if not cursor:
                return names

    return found


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """The statements sent meanwhile, without BEGIN and ROLLBACK."""
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_case_and_yo_do_not_matter(transactions: Transactions, find: Find) -> None:
    await add_person(transactions, "Пётр", "Королёв")
    await add_person(transactions, "Jürgen", "STRAUSS")

    assert await find("КОРОЛЕВ пётр") == ["Пётр Королёв"]
    assert await find("королё") == ["Пётр Королёв"]
    assert await find("jürgen strauß") == ["Jürgen STRAUSS"]


async def test_all_words_must_match_in_any_order(transactions: Transactions, find: Find) -> None:
    await add_person(transactions, "Anna", "Petrova")
    await add_person(transactions, "Anna", "Ivanova")
    await add_person(transactions, "Olga", "Petrova")

    assert await find("petr an") == ["Anna Petrova"]
    assert await find("anna petrova olga") == []


@pytest.mark.parametrize(
    "typed",
    [
        "+7 495 555-01-42",
        "+7495555",
        "8 (495) 555-01-42",
        "8495",
        "495 555 01",
        "74955550142",
        "4955550142",
        "0142",
        "555-01-42",
        "anna 0142",
    ],
)
async def test_a_number_is_found_as_people_write_it(
    transactions: Transactions, find: Find, typed: str
) -> None:
    await add_person(transactions, "Anna", "Petrova", "+74955550142")
    await add_person(transactions, "Olga", "Other", "+79215550177")

    assert await find(typed) == ["Anna Petrova"]


async def test_numbers_that_look_alike_stay_apart(transactions: Transactions, find: Find) -> None:
    await add_person(transactions, "Moscow", "Number", "+74955550142")
    await add_person(transactions, "German", "Number", "+4955550142")

    async with transactions.read() as session:
        found = await find_by_number(session, AGENT, "+4955550142")

    assert [match.name for match in found] == ["German Number"]
    assert await find("+4955550142") == ["German Number"]
    assert await find("+7 495 555-01-42") == ["Moscow Number"]
    assert await find("4955550142") == ["Moscow Number", "German Number"]


async def test_several_contacts_share_a_number(transactions: Transactions) -> None:
    await add_company(transactions, "Sever Logistics", "+74955550142")
    await add_person(transactions, "Anna", "Petrova", "8 495 555-01-42", company="sever logistics")

    async with transactions.read() as session:
        found = await find_by_number(session, AGENT, "+74955550142")

    assert [(match.name, match.company) for match in found] == [
        ("Sever Logistics", ""),
        ("Anna Petrova", "Sever Logistics"),
    ]


async def test_email_and_company_find_a_person(transactions: Transactions, find: Find) -> None:
    await add_person(
        transactions, "Anna", "Petrova", emails=("A.Petrova@Sever.example",), company="ООО «Север»"
    )

    assert await find("a.petrova@sev") == ["Anna Petrova"]
    assert await find("север anna") == ["Anna Petrova"]
    assert await find("example") == []


async def test_own_names_come_before_companies_and_whole_words_before_longer_ones(
    transactions: Transactions, find: Find
) -> None:
    await add_person(transactions, "Max", "Employee", company="Roman")
    await add_person(transactions, "Romanna", "Longer")
    await add_person(transactions, "Roman", "Own")

    assert await find("roman") == ["Roman", "Roman Own", "Max Employee", "Romanna Longer"]


async def test_pages_repeat_and_lose_nobody(transactions: Transactions, find: Find) -> None:
    for index in range(7):
        await add_person(
            transactions, f"Anna{index % 3}", "Annova", f"+7921555010{index}", emails=("anna@x.ru",)
        )

    whole = await find("ann")

    assert len(whole) == 7
    assert await find("ann", limit=2) == whole
    assert await find("55501", limit=2) == await find("55501")
    assert len(await find("9215550 ann", limit=3)) == 7
    assert await find(limit=3) == await find()
    assert sorted(await find(order="recent", limit=3)) == sorted(whole)


async def test_a_new_name_is_found_and_the_old_one_is_not(transactions: Transactions, find: Find) -> None:
    contact = await add_person(transactions, "Anna", "Petrova")

    async with transactions.begin(AGENT) as tx:
        await edit_contact(tx, contact.id, contact.version, {"last_name": "Sidorova"})

    assert await find("sidorova") == ["Anna Sidorova"]
    assert await find("petrova") == []


async def test_people_follow_their_company_to_its_new_name(transactions: Transactions, find: Find) -> None:
    company = await add_company(transactions, "Sever")
    await add_person(transactions, "Anna", "Petrova", company="Sever")

    async with transactions.begin(AGENT) as tx:
        await edit_contact(tx, company.id, company.version, {"name": "Yug"})

    assert await find("yug anna") == ["Anna Petrova"]
    assert await find("sever") == []


async def test_archived_contacts_are_found_only_among_the_archived(
    transactions: Transactions, find: Find
) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", "+74955550142")
    async with transactions.begin(SUPERVISOR) as tx:
        await archive_contact(tx, contact.id)

    async with transactions.read() as session:
        assert await find_by_number(session, AGENT, "+74955550142") == []
    assert await find("petrova") == []
    assert await find() == []
    assert await find("petrova", archived=True) == ["Anna Petrova"]
    assert await find(archived=True) == ["Anna Petrova"]


async def test_filters_narrow_lists_and_searches(transactions: Transactions, find: Find) -> None:
    await add_person(transactions, "Anna", "Gold", segment="gold")
    await add_person(transactions, "Anna", "Silver", segment="silver")
    await add_company(transactions, "Anna Trade")

    assert await find("anna", segment="gold") == ["Anna Gold"]
    assert await find("anna", kind="company") == ["Anna Trade"]
    assert await find(kind="person") == ["Anna Gold", "Anna Silver"]
    async with transactions.read() as session:
        assert await segments(session) == ["gold", "silver"]


async def test_lists_are_in_alphabetical_order_whatever_the_case(
    transactions: Transactions, find: Find
) -> None:
    for name in ("Ёлкин", "абрамов", "Яковлев", "Ежов", "Жуков"):
        await add_person(transactions, "Иван", name)

    assert await find() == ["Иван абрамов", "Иван Ежов", "Иван Ёлкин", "Иван Жуков", "Иван Яковлев"]


async def test_who_may_not_see_contacts_finds_none(transactions: Transactions) -> None:
    await add_person(transactions, "Anna", "Petrova", "+74955550142")

    async with transactions.read() as session:
        page = await list_contacts(session, NOBODY, ContactFilter(text="anna"), region=REGION)
        listed = await list_contacts(session, NOBODY, ContactFilter(), region=REGION)
        matches = await find_by_number(session, NOBODY, "+74955550142")

    assert (page.contacts, listed.contacts, matches) == ((), (), [])


@pytest.mark.parametrize(
    "text", ["", "\x00", "%", "_", "'; DROP TABLE contacts", "«»", "+", "@", "<", "𐀀" * 100]
)
async def test_any_text_may_be_typed(transactions: Transactions, find: Find, text: str) -> None:
    await add_person(transactions, "Anna", "Petrova")

    assert await find(text) == (["Anna Petrova"] if not text.strip() else [])


async def test_a_made_up_cursor_is_refused(transactions: Transactions) -> None:
    async with transactions.read() as session:
        for cursor in ("x", "e30", "%%%", "WzEsMl0"):
            with pytest.raises(Invalid):
                await list_contacts(session, AGENT, ContactFilter(text="a"), region=REGION, cursor=cursor)


@pytest.mark.parametrize(
    ("text", "statements"), [("", 2), ("anna", 2), ("+7495", 2), ("anna petrova 495", 3)]
)
async def test_a_page_costs_the_same_statements_however_long_it_is(
    transactions: Transactions, database: Database, text: str, statements: int
) -> None:
    for index in range(5):
        await add_person(transactions, "Anna", "Petrova", f"+7495555014{index}", company="Sever")

    async with transactions.read() as session:
        with statements_of(database) as sent:
            page = await list_contacts(session, AGENT, ContactFilter(text=text), region=REGION)

    assert len(page.contacts) >= 5
    assert len(sent) == statements


async def test_the_lookup_by_number_is_one_statement(transactions: Transactions, database: Database) -> None:
    await add_person(transactions, "Anna", "Petrova", "+74955550142", company="Sever")

    async with transactions.read() as session:
        with statements_of(database) as sent:
            await find_by_number(session, AGENT, "+74955550142")

    assert len(sent) == 1


async def test_of_two_writers_at_once_one_is_told(transactions: Transactions) -> None:
    contact = await add_person(transactions)

    async def rename(last_name: str) -> None:
        async with transactions.begin(AGENT) as tx:
            await edit_contact(tx, contact.id, 1, {"last_name": last_name})

    ends = await asyncio.gather(*(rename(f"Name{index}") for index in range(4)), return_exceptions=True)

    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "Stale", "Stale", "Stale"]
