"""The writer of contacts."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from sqlalchemy import select

from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.auth import Role
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Actor, Transactions, Tx
from crm.contacts import events as e
from crm.contacts.models import Contact, ContactKind, ContactTerm, NumberKind
from crm.contacts.queries import contact_by_id
from crm.contacts.service import (
    NewAddress,
    NewContact,
    NewNumber,
    add_email,
    add_number,
    archive_contact,
    create_contact,
    edit_contact,
    prefer_number,
    remove_email,
    remove_number,
    restore_contact,
    set_addresses,
)
from tests.support.factories.contacts import AGENT, NOBODY, REGION, SUPERVISOR, add_company, add_person
from tests.support.people import sign_up

NUMBER = "+74955550142"
OTHER = "+79215550177"


async def read(transactions: Transactions, contact_id: int) -> Contact:
    async with transactions.read() as session:
        return await contact_by_id(session, AGENT, contact_id)


async def published(bus: LocalBus) -> list[Event]:
    """What is told from now on (call `bus.drain()` before looking)."""
    seen: list[Event] = []

    async def note(events: Sequence[Event]) -> None:
        seen.extend(events)

    bus.subscribe("test", (e.ContactEvent,), note)
    return seen


async def test_a_person_is_shown_by_their_names(transactions: Transactions) -> None:
    contact = await add_person(transactions, "  Anna ", "Petrova", middle_name="Igorevna")

    assert contact.name == "Anna Igorevna Petrova"
    assert contact.sort_name == "petrova anna igorevna"
    assert contact.version == 1


async def test_the_first_number_and_email_are_primary_and_repeats_are_kept_once(
    transactions: Transactions,
) -> None:
    contact = await add_person(
        transactions,
        "Anna",
        "Petrova",
        "8 (495) 555-01-42",
        NUMBER,
        OTHER,
        emails=("a@x.example", "b@x.example"),
    )

    now = await read(transactions, contact.id)
    assert [(row.number, row.number_raw, row.is_primary) for row in now.numbers] == [
        (NUMBER, "8 (495) 555-01-42", True),
        (OTHER, OTHER, False),
    ]
    assert [(row.email, row.is_primary) for row in now.emails] == [
        ("a@x.example", True),
        ("b@x.example", False),
    ]


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewContact(values={"first_name": " "}), "last_name"),
        (NewContact(kind=ContactKind.COMPANY), "name"),
        (NewContact(values={"last_name": "X", "name": "Firm"}), "name"),
        (NewContact(values={"last_name": "X" * 81}), "last_name"),
        (NewContact(values={"last_name": "X", "zone": "Mars/Base"}), "zone"),
        (NewContact(values={"last_name": "X", "language": "Klingon"}), "language"),
        (NewContact(values={"last_name": "X", "company_id": 4711}), "company_id"),
        (NewContact(values={"last_name": "X", "owner_user_id": 4711}), "owner_user_id"),
        (NewContact(values={"last_name": 5}), "last_name"),
        (NewContact(values={"last_name": "X", "version": 5}), "version"),
        (NewContact(values={"last_name": "X"}, numbers=(NewNumber("12"),)), "number"),
        (NewContact(values={"last_name": "X"}, numbers=(NewNumber("not a number"),)), "number"),
        (NewContact(values={"last_name": "X"}, emails=("nobody",)), "email"),
        (NewContact(values={"last_name": "X"}, emails=("a@b.example\r\nBcc: c@d.example",)), "email"),
        (NewContact(values={"last_name": "X"}, addresses=(NewAddress(country="Germany"),)), "country"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(
    transactions: Transactions, new: NewContact, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        async with transactions.begin(AGENT) as tx:
            await create_contact(tx, new, REGION)

    assert list(refused.value.fields) == [field]


async def test_control_characters_never_reach_a_row(transactions: Transactions) -> None:
    contact = await add_person(transactions, "An\x00na\n", "Pet\trova\ud800", notes="one\r\ntwo\x07")

    assert contact.name == "Anna Pet rova"
    assert contact.notes == "one\ntwo"


async def test_a_company_is_linked_by_name_and_made_when_new(transactions: Transactions) -> None:
    sever = await add_company(transactions, "ООО «Север»")

    known = await add_person(transactions, "Anna", "Petrova", company="ооо север")
    new = await add_person(transactions, "Olga", "Petrova", company="Юг")

    assert known.company_id == sever.id
    south = await read(transactions, new.company_id or 0)
    assert (south.name, south.kind) == ("Юг", "company")


async def test_an_edit_is_written_told_and_audited(transactions: Transactions, bus: LocalBus) -> None:
    contact = await add_person(transactions)
    told = await published(bus)

    async with transactions.begin(AGENT) as tx:
        await edit_contact(tx, contact.id, 1, {"segment": "gold", "first_name": "Anna"})
    await bus.drain()

    now = await read(transactions, contact.id)
    assert (now.segment, now.version) == ("gold", 2)
    assert told == [e.ContactChanged(at=transactions.clock.now(), contact_id=contact.id, fields=("segment",))]
    async with transactions.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.kind == "contacts.edited"))).one()
    assert entry.values == {"was": {"segment": ""}, "now": {"segment": "gold"}}


async def test_an_edit_that_changes_nothing_is_nothing(transactions: Transactions, bus: LocalBus) -> None:
    contact = await add_person(transactions)
    told = await published(bus)

    async with transactions.begin(AGENT) as tx:
        await edit_contact(tx, contact.id, 1, {"first_name": "Anna"})
    await bus.drain()

    assert (await read(transactions, contact.id)).version == 1
    assert told == []


async def test_an_edit_of_an_old_version_says_what_is_there_now(transactions: Transactions) -> None:
    contact = await add_person(transactions)
    async with transactions.begin(AGENT) as tx:
        await edit_contact(tx, contact.id, 1, {"last_name": "Theirs"})

    with pytest.raises(Stale) as stale:
        async with transactions.begin(AGENT) as tx:
            await edit_contact(tx, contact.id, 1, {"last_name": "Mine", "company": "Sever"})

    assert stale.value.values == {"version": 2, "last_name": "Theirs", "company": ""}
    assert (await read(transactions, contact.id)).last_name == "Theirs"


async def test_an_owner_is_a_user(transactions: Transactions) -> None:
    user = await sign_up(transactions, Role.AGENT)
    contact = await add_person(transactions, owner_user_id=user.id)

    async with transactions.begin(AGENT) as tx:
        now = await edit_contact(tx, contact.id, 1, {"owner_user_id": None})

    assert contact.owner_user_id == user.id
    assert now.owner_user_id is None


async def test_numbers_change_one_by_one(transactions: Transactions, bus: LocalBus) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", NUMBER)
    told = await published(bus)

    async with transactions.begin(AGENT) as tx:
        await add_number(tx, contact.id, NewNumber("8 921 555-01-77", NumberKind.WORK), REGION)
        await add_number(tx, contact.id, NewNumber(NUMBER, NumberKind.HOME), REGION)
        await prefer_number(tx, contact.id, OTHER)
    await bus.drain()

    now = await read(transactions, contact.id)
    assert [(row.number, row.kind, row.is_primary) for row in now.numbers] == [
        (NUMBER, "home", False),
        (OTHER, "work", True),
    ]
    assert now.version == 4
    assert [event.fields for event in told if isinstance(event, e.ContactChanged)] == [("numbers",)] * 3


async def test_removing_the_primary_number_makes_another_primary(transactions: Transactions) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", NUMBER, OTHER)

    async with transactions.begin(AGENT) as tx:
        await remove_number(tx, contact.id, NUMBER)

    now = await read(transactions, contact.id)
    assert [(row.number, row.is_primary) for row in now.numbers] == [(OTHER, True)]
    with pytest.raises(NotFound):
        async with transactions.begin(AGENT) as tx:
            await remove_number(tx, contact.id, NUMBER)


async def test_emails_change_one_by_one(transactions: Transactions) -> None:
    contact = await add_person(transactions, emails=("a@x.example",))

    async with transactions.begin(AGENT) as tx:
        await add_email(tx, contact.id, "A@X.example")
        await add_email(tx, contact.id, "b@x.example")
        await remove_email(tx, contact.id, "a@x.example")

    now = await read(transactions, contact.id)
    assert [(row.email, row.is_primary) for row in now.emails] == [("b@x.example", True)]


async def test_addresses_are_replaced(transactions: Transactions) -> None:
    contact = await add_person(transactions)

    async with transactions.begin(AGENT) as tx:
        await set_addresses(tx, contact.id, (NewAddress(city="Köln"),))
        await set_addresses(tx, contact.id, (NewAddress(city="Berlin", country="de"),))

    now = await read(transactions, contact.id)
    assert [(row.city, row.country) for row in now.addresses] == [("Berlin", "DE")]


async def test_search_words_are_exactly_those_of_the_fields(transactions: Transactions) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", NUMBER, emails=("ap@x.example",))
    async with transactions.begin(AGENT) as tx:
        await remove_number(tx, contact.id, NUMBER)
        await remove_email(tx, contact.id, "ap@x.example")
        await edit_contact(tx, contact.id, 3, {"last_name": "Ivanova", "company": "Sever"})

    async with transactions.read() as session:
        rows = await session.execute(
            select(ContactTerm.term, ContactTerm.weight).where(ContactTerm.contact_id == contact.id)
        )
    assert dict(rows.all()) == {"anna": 0, "ivanova": 0, "sever": 3}


async def test_an_archived_contact_comes_back_but_is_not_changed(
    transactions: Transactions, bus: LocalBus
) -> None:
    contact = await add_person(transactions)
    told = await published(bus)

    async with transactions.begin(SUPERVISOR) as tx:
        await archive_contact(tx, contact.id)
    with pytest.raises(Conflict):
        async with transactions.begin(AGENT) as tx:
            await add_number(tx, contact.id, NewNumber(NUMBER), REGION)
    async with transactions.begin(SUPERVISOR) as tx:
        await restore_contact(tx, contact.id)
    await bus.drain()

    assert not (await read(transactions, contact.id)).archived
    assert [type(event) for event in told] == [e.ContactArchived, e.ContactRestored]


Act = Callable[[Tx, int], Awaitable[object]]


@pytest.mark.parametrize(
    ("actor", "act"),
    [
        (NOBODY, lambda tx, _: create_contact(tx, NewContact(values={"last_name": "X"}), REGION)),
        (NOBODY, lambda tx, contact_id: edit_contact(tx, contact_id, 1, {"segment": "gold"})),
        (NOBODY, lambda tx, contact_id: add_email(tx, contact_id, "a@b.example")),
        (AGENT, archive_contact),
        (AGENT, restore_contact),
    ],
    ids=["create", "edit", "add_email", "archive", "restore"],
)
async def test_nothing_is_done_without_the_right(transactions: Transactions, actor: Actor, act: Act) -> None:
    contact = await add_person(transactions)

    with pytest.raises(Forbidden):
        async with transactions.begin(actor) as tx:
            await act(tx, contact.id)


async def test_what_failed_is_not_told(transactions: Transactions, bus: LocalBus) -> None:
    told = await published(bus)

    async def make_two_of_which_the_second_fails() -> None:
        async with transactions.begin(AGENT) as tx:
            await create_contact(tx, NewContact(values={"last_name": "X"}), REGION)
            await create_contact(tx, NewContact(), REGION)

    with pytest.raises(Invalid):
        await make_two_of_which_the_second_fails()
    await bus.drain()

    assert told == []
