"""The only writer of contacts. Every act is audited, told to others, and keeps the search words true."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import selectinload

from callcenter.kernel import phone
from callcenter.kernel.auth import User
from callcenter.kernel.errors import Conflict, Invalid, NotFound, Stale
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx
from crm.contacts import events as e
from crm.contacts.fields import (
    COMPANY,
    FIELDS,
    LINKS,
    LONGEST,
    Value,
    check,
    check_email,
    check_name,
    full_name,
    one_line,
    value_of,
)
from crm.contacts.folding import contact_terms, sort_key
from crm.contacts.models import (
    AddressKind,
    Contact,
    ContactAddress,
    ContactEmail,
    ContactKind,
    ContactNumber,
    ContactTerm,
    NumberKind,
)
from crm.contacts.queries import company_named, contact_by_id, visible_to

MOST_NUMBERS = 20
LONGEST_NUMBER_RAW = 80


@dataclass(frozen=True, slots=True)
class NewNumber:
    """A number as somebody wrote it."""

    number_raw: str
    kind: NumberKind = NumberKind.MOBILE


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    """A postal address."""

    kind: AddressKind = AddressKind.WORK
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """What a new contact starts with. `values` are fields of `fields`; the first number is primary."""

    kind: ContactKind = ContactKind.PERSON
    values: Mapping[str, Value] = field(default_factory=dict)
    numbers: tuple[NewNumber, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[NewAddress, ...] = ()


async def create_contact(tx: Tx, new: NewContact, region: str) -> Contact:
    """A new person or company; numbers are read as written in `region`."""
    tx.actor.require("contacts.create")
    values = await _resolve(tx, {name: check(name, value) for name, value in new.values.items()})
    contact = Contact(
        kind=new.kind,
        numbers=[_number_row(number, region) for number in _distinct(new.numbers, region)],
        emails=[ContactEmail(email=check_email(email)) for email in dict.fromkeys(new.emails)],
        addresses=[_address_row(address) for address in new.addresses],
        created_at=tx.now,
        updated_at=tx.now,
        version=1,
    )
    if contact.numbers:
        contact.numbers[0].is_primary = True
    if contact.emails:
        contact.emails[0].is_primary = True
    await _fill(tx, contact, dict.fromkeys(LONGEST, "") | dict.fromkeys(LINKS) | values)
    tx.session.add(contact)
    await tx.session.flush()
    await _index(tx, contact)
    tx.audit("contacts.created", "contact", contact.id, contact_kind=contact.kind, name=contact.name)
    tx.emit(e.ContactCreated(at=tx.now, contact_id=contact.id))
    return contact


async def edit_contact(tx: Tx, contact_id: int, version: int, changes: Mapping[str, Value]) -> Contact:
    """Write these fields. When `version` is old: `Stale` with what these fields hold now."""
    contact = await _to_change(tx, contact_id)
    values = {name: check(name, value) for name, value in changes.items()}
    if contact.version != version:
        stale = Stale()
        stale.values = {name: value_of(contact, name) for name in values} | {"version": contact.version}
        raise stale
    values = await _resolve(tx, values)
    was = {name: value_of(contact, name) for name in FIELDS}
    changed = {name: value for name, value in values.items() if was[name] != value}
    if not changed:
        return contact
    old_name = contact.name
    await _fill(tx, contact, was | changed)
    await _changed(tx, contact, *changed)
    await tx.session.refresh(contact, ["company"])
    if contact.name != old_name:
        await _index_staff(tx, contact)
    tx.audit("contacts.edited", "contact", contact.id, was={name: was[name] for name in changed}, now=changed)
    return contact


async def add_number(tx: Tx, contact_id: int, new: NewNumber, region: str) -> Contact:
    """One more number; one the contact has already changes nothing but its kind."""
    contact = await _to_change(tx, contact_id)
    row = _number_row(new, region)
    known = next((n for n in contact.numbers if n.number == row.number), None)
    if known is not None:
        if known.kind == row.kind:
            return contact
        known.kind = row.kind
    else:
        if len(contact.numbers) >= MOST_NUMBERS:
            raise Invalid({"number": marked("There are too many numbers already.")})
        row.is_primary = not contact.numbers
        contact.numbers.append(row)
    await _changed(tx, contact, "numbers")
    tx.audit("contacts.number-added", "contact", contact.id, number=row.number, number_kind=row.kind)
    return contact


async def remove_number(tx: Tx, contact_id: int, number: str) -> Contact:
    """Forget a number; another one becomes primary."""
    contact = await _to_change(tx, contact_id)
    row = _number_of(contact, number)
    contact.numbers.remove(row)
    if row.is_primary and contact.numbers:
        contact.numbers[0].is_primary = True
    await _changed(tx, contact, "numbers")
    tx.audit("contacts.number-removed", "contact", contact.id, number=number)
    return contact


async def prefer_number(tx: Tx, contact_id: int, number: str) -> Contact:
    """Make it the primary number."""
    contact = await _to_change(tx, contact_id)
    chosen = _number_of(contact, number)
    if chosen.is_primary:
        return contact
    for row in contact.numbers:
        row.is_primary = row is chosen
    await _changed(tx, contact, "numbers")
    tx.audit("contacts.number-preferred", "contact", contact.id, number=number)
    return contact


async def add_email(tx: Tx, contact_id: int, email: str) -> Contact:
    """One more e-mail address; one the contact has already changes nothing."""
    contact = await _to_change(tx, contact_id)
    email = check_email(email)
    if any(row.email.casefold() == email.casefold() for row in contact.emails):
        return contact
    contact.emails.append(ContactEmail(email=email, is_primary=not contact.emails))
    await _changed(tx, contact, "emails")
    tx.audit("contacts.email-added", "contact", contact.id, email=email)
    return contact


async def remove_email(tx: Tx, contact_id: int, email: str) -> Contact:
    """Forget an e-mail address; another one becomes primary."""
    contact = await _to_change(tx, contact_id)
    row = next((row for row in contact.emails if row.email == email), None)
    if row is None:
        raise NotFound
    contact.emails.remove(row)
    if row.is_primary and contact.emails:
        contact.emails[0].is_primary = True
    await _changed(tx, contact, "emails")
    tx.audit("contacts.email-removed", "contact", contact.id, email=email)
    return contact


async def set_addresses(tx: Tx, contact_id: int, addresses: tuple[NewAddress, ...]) -> Contact:
    """These addresses instead of those there are."""
    contact = await _to_change(tx, contact_id)
    contact.addresses = [_address_row(address) for address in addresses]
    await _changed(tx, contact, "addresses")
    tx.audit("contacts.addresses-set", "contact", contact.id, count=len(addresses))
    return contact


async def archive_contact(tx: Tx, contact_id: int) -> Contact:
    """Take the contact out of use. Nothing of it is lost; calls do not find it any more."""
    tx.actor.require("contacts.archive")
    contact = await _locked(tx, contact_id)
    if not contact.archived:
        contact.archived = True
        _touch(tx, contact)
        tx.audit("contacts.archived", "contact", contact.id)
        tx.emit(e.ContactArchived(at=tx.now, contact_id=contact.id))
    return contact


async def restore_contact(tx: Tx, contact_id: int) -> Contact:
    """Take an archived contact into use again."""
    tx.actor.require("contacts.archive")
    contact = await _locked(tx, contact_id)
    if contact.archived:
        contact.archived = False
        _touch(tx, contact)
        tx.audit("contacts.restored", "contact", contact.id)
        tx.emit(e.ContactRestored(at=tx.now, contact_id=contact.id))
    return contact


async def _locked(tx: Tx, contact_id: int) -> Contact:
    """The row with its parts, held against other writers until the end of the transaction."""
    held = select(Contact.id).where(Contact.id == contact_id, visible_to(tx.actor)).with_for_update()
    if await tx.session.scalar(held) is None:
        raise NotFound
    return await contact_by_id(tx.session, tx.actor, contact_id)


async def _to_change(tx: Tx, contact_id: int) -> Contact:
    tx.actor.require("contacts.edit")
    contact = await _locked(tx, contact_id)
    if contact.archived:
        raise Conflict(marked("An archived contact is not changed. Restore it first."), key="archived")
    return contact


def _touch(tx: Tx, contact: Contact) -> None:
    contact.version += 1
    contact.updated_at = tx.now


async def _changed(tx: Tx, contact: Contact, *fields: str) -> None:
    _touch(tx, contact)
    await tx.session.flush()
    await _index(tx, contact)
    tx.emit(e.ContactChanged(at=tx.now, contact_id=contact.id, fields=fields))


async def _fill(tx: Tx, contact: Contact, values: Mapping[str, Value]) -> None:
    """Set every field, and the names that follow from them."""
    check_name(contact.kind, values)
    await _check_links(tx, contact, values)
    for name, value in values.items():
        setattr(contact, name, value)
    contact.name = full_name(contact.kind, values)
    if contact.kind == ContactKind.PERSON:
        contact.sort_name = sort_key(contact.last_name, contact.first_name, contact.middle_name)
    else:
        contact.sort_name = sort_key(contact.name)


async def _check_links(tx: Tx, contact: Contact, values: Mapping[str, Value]) -> None:
    company_id, owner_id = values["company_id"], values["owner_user_id"]
    if company_id is not None and company_id != contact.company_id:
        found = select(Contact.id).where(
            Contact.id == company_id, Contact.kind == ContactKind.COMPANY, visible_to(tx.actor)
        )
        if contact.kind == ContactKind.COMPANY or await tx.session.scalar(found) is None:
            raise Invalid({"company_id": marked("There is no such company.")})
    if owner_id is not None and owner_id != contact.owner_user_id:
        owner = select(User.id).where(User.id == owner_id, User.active)
        if await tx.session.scalar(owner) is None:
            raise Invalid({"owner_user_id": marked("There is no such user.")})


async def _resolve(tx: Tx, values: Mapping[str, Value]) -> dict[str, Value]:
    """Turn the name of a company into a link, making the company when there is none of this name."""
    found = dict(values)
    if COMPANY not in found:
        return found
    name = str(found.pop(COMPANY) or "")
    if not name:
        return found | {"company_id": None}
    company = await company_named(tx.session, tx.actor, name)
    if company is None:
        company = await create_contact(tx, NewContact(kind=ContactKind.COMPANY, values={"name": name}), "")
    return found | {"company_id": company.id}


def _number_row(new: NewNumber, region: str) -> ContactNumber:
    raw = one_line(new.number_raw)[:LONGEST_NUMBER_RAW]
    number = phone.to_e164(raw, region)
    if number is None:
        raise Invalid({"number": marked("“{number}” is not a telephone number.")}, number=raw)
    return ContactNumber(kind=new.kind, number=number, number_raw=raw, is_primary=False)


def _distinct(numbers: tuple[NewNumber, ...], region: str) -> list[NewNumber]:
    by_number = {phone.to_e164(new.number_raw, region) or new.number_raw: new for new in reversed(numbers)}
    return [new for new in numbers if new in by_number.values()]


def _number_of(contact: Contact, number: str) -> ContactNumber:
    row = next((row for row in contact.numbers if row.number == number), None)
    if row is None:
        raise NotFound
    return row


def _address_row(new: NewAddress) -> ContactAddress:
    country = one_line(new.country).upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise Invalid({"country": marked("A country is two letters, for example DE.")})
    return ContactAddress(
        kind=new.kind,
        street=one_line(new.street)[:200],
        city=one_line(new.city)[:120],
        postcode=one_line(new.postcode)[:16],
        country=country,
    )


async def _index(tx: Tx, contact: Contact) -> None:
    """Make the search words what the contact's fields say; only what differs is written."""
    company = await tx.session.get(Contact, contact.company_id) if contact.company_id else None
    wanted = contact_terms(
        (contact.name,),
        (row.number for row in contact.numbers),
        (row.email for row in contact.emails),
        company.name if company is not None else "",
    )
    rows = await tx.session.execute(
        select(ContactTerm.term, ContactTerm.weight).where(ContactTerm.contact_id == contact.id)
    )
    known = dict(rows.all())
    gone = [term for term, weight in known.items() if wanted.get(term) != weight]
    fresh = [
        {"contact_id": contact.id, "term": term, "weight": int(weight)}
        for term, weight in wanted.items()
        if known.get(term) != weight
    ]
    if gone:
        await tx.session.execute(
            delete(ContactTerm).where(ContactTerm.contact_id == contact.id, ContactTerm.term.in_(gone))
        )
    if fresh:
        await tx.session.execute(insert(ContactTerm), fresh)


async def _index_staff(tx: Tx, company: Contact) -> None:
    """A company's new name is a word its people are found by."""
    if company.kind != ContactKind.COMPANY:
        return
    staff = select(Contact).where(Contact.company_id == company.id)
    parts = (selectinload(Contact.numbers), selectinload(Contact.emails))
    for person in await tx.session.scalars(staff.options(*parts)):
        await _index(tx, person)
