"""Generated contacts are like those people make, on every database."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from callcenter.kernel.db import Database
from callcenter.kernel.tx import Transactions
from crm.contacts.folding import contact_terms
from crm.contacts.generate import generate
from crm.contacts.models import Contact, ContactNumber, ContactTerm
from crm.contacts.queries import ContactFilter, contact_by_id, find_by_number, list_contacts
from tests.support.factories.contacts import AGENT, REGION, add_person

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_generated_contacts_are_found_by_number_and_name(
    database: Database, transactions: Transactions
) -> None:
    await generate(database, 40, seed=7, now=NOW)

    async with transactions.read() as session:
        number = (await session.scalars(select(ContactNumber).order_by(ContactNumber.id).limit(1))).one()
        matches = await find_by_number(session, AGENT, number.number)
        found = await list_contacts(session, AGENT, ContactFilter(text=number.number), region=REGION)
    assert number.contact_id in [match.contact_id for match in matches]
    assert number.contact_id in [contact.id for contact in found.contacts]


async def test_their_words_are_those_the_service_would_write(
    database: Database, transactions: Transactions
) -> None:
    await generate(database, 40, seed=7, now=NOW)

    async with transactions.read() as session:
        for contact_id in await session.scalars(select(Contact.id)):
            contact = await contact_by_id(session, AGENT, contact_id)
            company = contact.company.name if contact.company is not None else ""
            expected = contact_terms(
                (contact.name,),
                (row.number for row in contact.numbers),
                (row.email for row in contact.emails),
                company,
            )
            terms = await session.scalars(
                select(ContactTerm.term).where(ContactTerm.contact_id == contact_id)
            )
            assert set(terms) == set(expected)


async def test_the_same_seed_makes_the_same_people(database: Database, transactions: Transactions) -> None:
    await generate(database, 20, seed=7, now=NOW)
    await generate(database, 20, seed=7, now=NOW)

    async with transactions.read() as session:
        names = list(await session.scalars(select(Contact.name).order_by(Contact.id)))
    assert names[:20] == names[20:]


async def test_people_can_go_on_adding_contacts(database: Database, transactions: Transactions) -> None:
    progress: list[tuple[int, int]] = []
    await generate(database, 20, seed=7, now=NOW, progress=lambda done, count: progress.append((done, count)))

    added = await add_person(transactions, "Anna", "Petrova")

    async with transactions.read() as session:
        assert await session.scalar(select(func.max(Contact.id))) == added.id
    assert progress == [(20, 20)]
