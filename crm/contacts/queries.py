"""Reads of contacts. Every one goes through `visible_to(actor)`."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, literal, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, selectinload

from callcenter.kernel.auth import User
from callcenter.kernel.errors import NotFound
from callcenter.kernel.tx import Actor
from crm.contacts.folding import sort_key, wanted_words
from crm.contacts.models import Contact, ContactEmail, ContactKind, ContactNumber
from crm.contacts.search import Place, from_cursor, search_terms, to_cursor

LARGEST_PAGE = 200
MOST_MATCHES = 20


@dataclass(frozen=True, slots=True)
class Match:
    """A contact that has a number."""

    contact_id: int
    name: str
    company: str
    kind: ContactKind
    number_kind: str = ""


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Narrows a list; empty fields do not. `order` (name, recent) counts only without `text`."""

    text: str = ""
    number: str = ""
    kind: str = ""
    segment: str = ""
    owner_user_id: int | None = None
    archived: bool = False
    order: str = "name"


@dataclass(frozen=True, slots=True)
class ListedContact:
    """A line of a list."""

    id: int
    kind: ContactKind
    name: str
    position: str
    company_id: int | None
    company: str
    number: str
    email: str
    segment: str
    owner_user_id: int | None
    owner: str
    archived: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Lines, and the cursor of the next page (empty: that was all)."""

    contacts: tuple[ListedContact, ...] = field(default=())
    next: str = ""


class NamePlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a page by name ended."""

    sort_name: str
    contact_id: int


class RecentPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a page by last change ended."""

    updated_at: datetime
    contact_id: int


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Which rows of `Contact` this actor may see: all, for whoever may see contacts."""
    return true() if actor.may("contacts.view") else false()


async def contact_by_id(session: AsyncSession, actor: Actor, contact_id: int) -> Contact:
    """One contact with all its parts; `NotFound` also when it is not the actor's to see."""
    found = await session.scalar(
        select(Contact)
        .where(Contact.id == contact_id, visible_to(actor))
        .options(
            selectinload(Contact.company),
            selectinload(Contact.numbers),
            selectinload(Contact.emails),
            selectinload(Contact.addresses),
        )
    )
    if found is None:
        raise NotFound
    return found


_company = aliased(Contact)
# made once: a caller is looked up while the phone rings, and making the statement costs more than running it
_BY_NUMBER = (
    select(Contact.id, Contact.name, _company.name, Contact.kind, ContactNumber.kind)
    .join_from(ContactNumber, Contact, Contact.id == ContactNumber.contact_id)
    .outerjoin(_company, _company.id == Contact.company_id)
    .where(ContactNumber.number == bindparam("number"), ~Contact.archived)
    .order_by(Contact.id)
    .limit(MOST_MATCHES)
)


async def find_by_number(session: AsyncSession, actor: Actor, number: str) -> list[Match]:
    """Everybody in use who has this E.164 number, the longest known first. One indexed lookup."""
    if not number:
        return []
    rows = await session.execute(_BY_NUMBER.where(visible_to(actor)), {"number": number})
    return [Match(id_, name, firm or "", ContactKind(kind), where) for id_, name, firm, kind, where in rows]


async def match_of(session: AsyncSession, actor: Actor, contact_id: int) -> Match | None:
    """The contact as a match, whatever its numbers are."""
    company = aliased(Contact)
    row = (
        await session.execute(
            select(Contact.id, Contact.name, company.name, Contact.kind)
            .outerjoin(company, company.id == Contact.company_id)
            .where(Contact.id == contact_id, visible_to(actor))
        )
    ).one_or_none()
    if row is None:
        return None
    id_, name, firm, kind = row
    return Match(id_, name, firm or "", ContactKind(kind))


async def names_of(session: AsyncSession, actor: Actor, contact_ids: Collection[int]) -> dict[int, str]:
    """The names of those contacts that the actor may see."""
    if not contact_ids:
        return {}
    rows = await session.execute(
        select(Contact.id, Contact.name).where(Contact.id.in_(contact_ids), visible_to(actor))
    )
    return dict(rows.all())


def _condition(actor: Actor, wanted: ContactFilter) -> ColumnElement[bool]:
    conditions = [visible_to(actor), Contact.archived if wanted.archived else ~Contact.archived]
    if wanted.number:
        having = select(ContactNumber.contact_id).where(ContactNumber.number == wanted.number)
        conditions.append(Contact.id.in_(having))
    if wanted.kind:
        conditions.append(Contact.kind == wanted.kind)
    if wanted.segment:
        conditions.append(Contact.segment == wanted.segment)
    if wanted.owner_user_id is not None:
        conditions.append(Contact.owner_user_id == wanted.owner_user_id)
    return and_(*conditions)


def _lines() -> Select[Contact, str | None, str | None, str | None, str | None]:
    company = aliased(Contact)
    return (
        select(Contact, company.name, ContactNumber.number, ContactEmail.email, User.name)
        .outerjoin(company, company.id == Contact.company_id)
        .outerjoin(ContactNumber, and_(ContactNumber.contact_id == Contact.id, ContactNumber.is_primary))
        .outerjoin(ContactEmail, and_(ContactEmail.contact_id == Contact.id, ContactEmail.is_primary))
        .outerjoin(User, User.id == Contact.owner_user_id)
    )


async def _listed(session: AsyncSession, contact_ids: tuple[int, ...]) -> tuple[ListedContact, ...]:
    if not contact_ids:
        return ()
    found = {
        contact.id: ListedContact(
            id=contact.id,
            kind=ContactKind(contact.kind),
            name=contact.name,
            position=contact.position,
            company_id=contact.company_id,
            company=company or "",
            number=number or "",
            email=email or "",
            segment=contact.segment,
            owner_user_id=contact.owner_user_id,
            owner=owner or "",
            archived=contact.archived,
            updated_at=contact.updated_at,
        )
        for contact, company, number, email, owner in (
            await session.execute(_lines().where(Contact.id.in_(contact_ids)))
        )
    }
    return tuple(found[contact_id] for contact_id in contact_ids if contact_id in found)


async def list_contacts(
    session: AsyncSession,
    actor: Actor,
    wanted: ContactFilter,
    *,
    region: str,
    cursor: str = "",
    limit: int = 50,
) -> ContactPage:
    """A page of contacts: by relevance when there is text to find, else in the filter's order.

    `region` says how numbers in the text are read. Two statements, three for several words.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    condition = _condition(actor, wanted)
    if wanted.text.strip():
        hits = await search_terms(
            session, wanted_words(wanted.text, region), condition, from_cursor(cursor, Place), limit
        )
        return ContactPage(await _listed(session, hits.contact_ids), to_cursor(hits.last))
    if wanted.order == "recent":
        return await _recent(session, condition, cursor, limit)
    return await _by_name(session, condition, cursor, limit)


async def _by_name(
    session: AsyncSession, condition: ColumnElement[bool], cursor: str, limit: int
) -> ContactPage:
    query = select(Contact.sort_name, Contact.id).where(condition)
    if (after := from_cursor(cursor, NamePlace)) is not None:
        place = tuple_(Contact.sort_name, Contact.id)
        query = query.where(place > tuple_(after.sort_name, after.contact_id))
    query = query.order_by(Contact.sort_name, Contact.id).limit(limit + 1)
    places = [NamePlace(*row) for row in (await session.execute(query))]
    return await _page(session, places, limit)


async def _recent(
    session: AsyncSession, condition: ColumnElement[bool], cursor: str, limit: int
) -> ContactPage:
    query = select(Contact.updated_at, Contact.id).where(condition)
    if (after := from_cursor(cursor, RecentPlace)) is not None:
        place = tuple_(Contact.updated_at, Contact.id)
        before = tuple_(literal(after.updated_at, Contact.updated_at.type), after.contact_id)
        query = query.where(place < before)
    query = query.order_by(Contact.updated_at.desc(), Contact.id.desc()).limit(limit + 1)
    places = [RecentPlace(*row) for row in (await session.execute(query))]
    return await _page(session, places, limit)


async def _page(
    session: AsyncSession, places: list[NamePlace] | list[RecentPlace], limit: int
) -> ContactPage:
    shown = places[:limit]
    lines = await _listed(session, tuple(place.contact_id for place in shown))
    return ContactPage(lines, to_cursor(shown[-1]) if len(places) > limit else "")


async def company_named(session: AsyncSession, actor: Actor, name: str) -> Contact | None:
    """The oldest company in use whose name reads the same."""
    return await session.scalar(
        select(Contact)
        .where(
            Contact.sort_name == sort_key(name),
            Contact.kind == ContactKind.COMPANY,
            ~Contact.archived,
            visible_to(actor),
        )
        .order_by(Contact.id)
        .limit(1)
    )


async def segments(session: AsyncSession) -> list[str]:
    """The segments in use, in alphabetical order: steps along the index from one to the next."""
    steps = select(func.min(Contact.segment).label("segment")).where(Contact.segment > "").cte(recursive=True)
    following = select(func.min(Contact.segment)).where(Contact.segment > steps.c.segment)
    steps = steps.union_all(
        select(following.correlate(steps).scalar_subquery()).where(steps.c.segment.is_not(None))
    )
    found = await session.scalars(select(steps.c.segment).where(steps.c.segment.is_not(None)))
    return list(found)


async def owners(session: AsyncSession) -> list[tuple[int, str]]:
    """Users who may own contacts."""
    rows = await session.execute(select(User.id, User.name).where(User.active).order_by(User.name))
    return list(rows)
