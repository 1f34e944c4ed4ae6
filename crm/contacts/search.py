"""Search over `contact_terms`: every word must match by prefix, best matches first, paged by position.

The rarest word drives: its terms are read in index order and stop at a page, the other words are probed for
each contact met. A contact that matches in several ways is met once, at its best.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from crm.contacts.folding import Prefix, Wanted
from crm.contacts.models import Contact, ContactTerm

P = TypeVar("P", bound=msgspec.Struct)

PROBE = 5000  # a word with more matches than this is common; how common does not matter


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of search results ended: the way of matching, and the term row met last."""

    way: int
    term: str
    weight: int
    contact_id: int


@dataclass(frozen=True, slots=True)
class Hits:
    """Contacts in order, and where to go on (None: that was all)."""

    contact_ids: tuple[int, ...]
    last: Place | None


def to_cursor(place: msgspec.Struct | None) -> str:
    """An opaque text for a URL; empty when there is nothing more."""
    if place is None:
        return ""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def from_cursor(cursor: str, shape: type[P]) -> P | None:
    """The place a cursor of ours stands for."""
    if not cursor:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise Invalid({"cursor": marked("This place in the list is not known any more.")}) from error


def _starts(term: SQLColumnExpression[str], prefix: Prefix) -> ColumnElement[bool]:
    return and_(term >= prefix.low, term < prefix.high)


def _probe(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """EXISTS that is asked row by row: OFFSET keeps PostgreSQL from making a join of it, which would read
    every match of a common word before the first row comes out."""
    return select(literal(1)).where(*conditions).offset(0).exists()


def _has(contact_id: SQLColumnExpression[int], wanted: Wanted) -> ColumnElement[bool]:
    other = aliased(ContactTerm)
    matches = or_(*(_starts(other.term, prefix) for prefix in wanted))
    return _probe(other.contact_id == contact_id, matches)


async def _rarest(session: AsyncSession, words: tuple[Wanted, ...]) -> int:
    """Which word has the fewest terms, counted up to `PROBE`."""
    if len(words) == 1:
        return 0
    counts = []
    for wanted in words:
        ways = [select(ContactTerm.contact_id).where(_starts(ContactTerm.term, way)) for way in wanted]
        found = union_all(*ways).limit(PROBE).subquery()
        counts.append(select(func.count()).select_from(found).scalar_subquery())
    row = (await session.execute(select(*counts))).one()
    return min(range(len(words)), key=lambda index: row[index])


def _way(
    driver: Wanted,
    index: int,
    others: tuple[Wanted, ...],
    condition: ColumnElement[bool],
    after: Place | None,
    limit: int,
) -> Select[int, str, int, int]:
    """One way the driving word may match, in the order of its terms."""
    met, better = aliased(ContactTerm), aliased(ContactTerm)
    prefix = driver[index]
    earlier = or_(
        and_(better.term >= prefix.low, better.term < met.term),
        *(_starts(better.term, way) for way in driver[:index]),
    )
    query = (
        select(literal(index).label("way"), met.term, met.weight, met.contact_id)
        .where(
            _starts(met.term, prefix),
            _probe(Contact.id == met.contact_id, condition),
            ~_probe(better.contact_id == met.contact_id, earlier),
            *(_has(met.contact_id, wanted) for wanted in others),
        )
        .order_by(met.term, met.weight, met.contact_id)
        .limit(limit)
    )
    if after is not None and after.way == index:
        place = tuple_(met.term, met.weight, met.contact_id)
        query = query.where(place > tuple_(after.term, after.weight, after.contact_id))
    return query


async def search_terms(
    session: AsyncSession,
    words: tuple[Wanted, ...],
    condition: ColumnElement[bool],
    after: Place | None,
    limit: int,
) -> Hits:
    """Contacts that have all the words and meet the condition (on `Contact`). One or two statements."""
    if not words:
        return Hits((), None)
    rarest = await _rarest(session, words)
    driver, others = words[rarest], words[:rarest] + words[rarest + 1 :]
    first = after.way if after is not None else 0
    ways = [
        select(_way(driver, index, others, condition, after, limit + 1).subquery())
        for index in range(first, len(driver))
    ]
    if not ways:
        return Hits((), None)
    found = union_all(*ways).subquery()
    way, term, weight, contact_id = found.c
    rows = (
        await session.execute(select(found).order_by(way, term, weight, contact_id).limit(limit + 1))
    ).all()
    places = [Place(*row) for row in rows[:limit]]
    return Hits(
        tuple(place.contact_id for place in places),
        places[-1] if len(rows) > limit else None,
    )
