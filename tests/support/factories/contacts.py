"""Contacts for tests, made as the product makes them."""

from callcenter.kernel.auth import Role
from callcenter.kernel.tx import Actor, Transactions
from crm.contacts.models import Contact, ContactKind, NumberKind
from crm.contacts.permissions import PERMISSIONS
from crm.contacts.service import NewContact, NewNumber, create_contact
from tests.support.people import acting

REGION = "RU"
SUPERVISOR = acting(Role.SUPERVISOR, PERMISSIONS)
AGENT = acting(Role.AGENT, PERMISSIONS)
NOBODY = acting(Role.AGENT)


async def add_person(
    transactions: Transactions,
    first_name: str = "Anna",
    last_name: str = "Petrova",
    *numbers: str,
    emails: tuple[str, ...] = (),
    company: str = "",
    actor: Actor = SUPERVISOR,
    **values: str | int,
) -> Contact:
    """A person with these numbers, the first of them primary."""
    new = NewContact(
        values={"first_name": first_name, "last_name": last_name, "company": company, **values},
        numbers=tuple(NewNumber(number) for number in numbers),
        emails=emails,
    )
    async with transactions.begin(actor) as tx:
        return await create_contact(tx, new, REGION)


async def add_company(
    transactions: Transactions, name: str = "Sever Logistics", *numbers: str, actor: Actor = SUPERVISOR
) -> Contact:
    """A company."""
    new = NewContact(
        kind=ContactKind.COMPANY,
        values={"name": name},
        numbers=tuple(NewNumber(number, NumberKind.WORK) for number in numbers),
    )
    async with transactions.begin(actor) as tx:
        return await create_contact(tx, new, REGION)
