"""Reads of registries, their loads, and areas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.registries.models import BlockedArea, Registry, RegistryLoad
from callcenter.dialer.registries.service import RegistryDraft, known_registries
from callcenter.dialer.registries.states import LoadChange
from callcenter.dialer.rules.law import Book
from callcenter.kernel.errors import NotFound

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A registry as a page shows it. `row` None: a law asks for it, and nobody has loaded it."""

    code: str
    name: str
    row: Registry | None
    load: RegistryLoad | None
    asked_by: tuple[str, ...]  # jurisdictions
    max_age_days: int  # the shortest that a law allows; 0: none asks

    def age_days(self, now: datetime) -> int | None:
        current = self.row.current_at if self.row else None
        return None if current is None else max(0, (now - current).days)

    def too_old(self, now: datetime) -> bool:
        """Does a law that asks for it not accept it any more?"""
        age = self.age_days(now)
        return bool(self.max_age_days) and (age is None or age >= self.max_age_days)


async def registries(session: AsyncSession, book: Book) -> list[Line]:
    """Those that are there, then those that laws ask for."""
    rows = (await session.scalars(select(Registry).order_by(Registry.name))).all()
    newest = (
        select(func.max(RegistryLoad.id))
        .where(RegistryLoad.registry_id.is_not(None))
        .group_by(RegistryLoad.registry_id)
    )
    loads = {
        load.registry_id: load
        for load in await session.scalars(select(RegistryLoad).where(RegistryLoad.id.in_(newest)))
    }
    known = known_registries(book)
    found = [_line(row.code, row.name, row, loads.get(row.id), book) for row in rows]
    there = {row.code for row in rows}
    return found + [_missing(draft, book) for code, draft in known.items() if code not in there]


def _missing(draft: RegistryDraft, book: Book) -> Line:
    return _line(draft.code, draft.name, None, None, book)


def _line(code: str, name: str, row: Registry | None, load: RegistryLoad | None, book: Book) -> Line:
    demands = [
        (law.id, clause.registry.max_age_days)
        for law in book.by_id.values()
        for clause in law.rules
        if clause.registry is not None and clause.registry.code == code
    ]
    return Line(
        code,
        name,
        row,
        load,
        tuple(dict.fromkeys(law for law, _ in demands)),
        min((days for _, days in demands), default=0),
    )


async def load(session: AsyncSession, load_id: int) -> RegistryLoad:
    found = await session.get(RegistryLoad, load_id)
    if found is None:
        raise NotFound
    return found


async def consent_loads(session: AsyncSession, limit: int = 5) -> Sequence[RegistryLoad]:
    """The latest files of consents."""
    rows = await session.scalars(
        select(RegistryLoad)
        .where(RegistryLoad.change == LoadChange.CONSENTS)
        .order_by(RegistryLoad.id.desc())
        .limit(limit)
    )
    return rows.all()


async def areas(session: AsyncSession) -> Sequence[BlockedArea]:
    """Everything that is not called because of where it is."""
    return (await session.scalars(select(BlockedArea).order_by(BlockedArea.key, BlockedArea.id))).all()
