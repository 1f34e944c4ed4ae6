"""A file's layout as rows keep it, and as it is remembered by its heading."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists.models import ImportMapping
from callcenter.dialer.lists.reading import Column, FieldType, Layout, NumberKind, Role, heading_key
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx


class HasLayout(Protocol):
    """The part of an import's row that says how its file is read."""

    encoding: Any
    delimiter: Any
    columns: Any


def layout_of(row: HasLayout) -> Layout:
    """How the row says its file is to be read."""
    return Layout(
        encoding=row.encoding,
        delimiter=row.delimiter,
        heading=tuple(row.columns["heading"]),
        columns=columns_from(row.columns["columns"]),
        has_heading=bool(row.columns["has_heading"]),
    )


def as_row(layout: Layout) -> dict[str, Any]:
    """A layout as the row keeps it."""
    return {
        "heading": list(layout.heading),
        "columns": columns_as_rows(layout.columns),
        "has_heading": layout.has_heading,
    }


def columns_as_rows(columns: Sequence[Column]) -> list[dict[str, Any]]:
    return [
        {
            "index": c.index,
            "role": c.role.value,
            "kind": c.kind.value,
            "name": c.name,
            "type": c.type.value,
        }
        for c in columns
    ]


def columns_from(rows: Sequence[dict[str, Any]]) -> tuple[Column, ...]:
    """Raises `Invalid` for a role, kind or type that does not exist."""
    try:
        return tuple(
            Column(
                index=int(row["index"]),
                role=Role(row["role"]),
                kind=NumberKind(row.get("kind") or NumberKind.OTHER),
                name=str(row.get("name", "")).strip()[:80],
                type=FieldType(row.get("type") or FieldType.TEXT),
            )
            for row in rows
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid({"columns": marked("There is no such column.")}) from error


async def remembered(session: AsyncSession, heading: Sequence[str]) -> tuple[Column, ...] | None:
    """What these columns meant last time."""
    found = await session.get(ImportMapping, heading_key(heading))
    return columns_from(found.columns) if found else None


async def remember(tx: Tx, layout: Layout) -> None:
    """Next time a file with this heading means the same."""
    if not layout.has_heading:
        return
    key = heading_key(layout.heading)
    row = await tx.session.get(ImportMapping, key)
    if row is None:
        row = ImportMapping(key=key)
        tx.session.add(row)
    row.columns = columns_as_rows(layout.columns)
    row.used_at = tx.now
