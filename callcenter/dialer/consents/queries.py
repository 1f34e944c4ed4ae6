"""Reads of consents."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.consents.models import ConsentRow

PAGE = 50


async def consents(
    session: AsyncSession, number: str = "", contact_id: int | None = None, after_id: int = 0
) -> Sequence[ConsentRow]:
    """A page of consents, newest first: of one number, of one contact, or all."""
    statement = select(ConsentRow).order_by(ConsentRow.id.desc()).limit(PAGE)
    if number:
        statement = statement.where(ConsentRow.number == number)
    if contact_id is not None:
        statement = statement.where(ConsentRow.contact_id == contact_id)
    if after_id:
        statement = statement.where(ConsentRow.id < after_id)
    return (await session.scalars(statement)).all()
