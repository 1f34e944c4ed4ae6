"""Uploaded files on their way to an import: kept in pieces, spreadsheets turned into plain rows."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, time
from pathlib import Path

import python_calamine
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists.models import ImportChunk
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Transactions

PIECE = 1024 * 1024
LARGEST = 256 * 1024 * 1024
LARGEST_SPREADSHEET = 64 * 1024 * 1024  # it is unpacked in memory
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # XLSX and ODS are archives, XLS is a compound file

Cell = str | float | bool | date | time | datetime | object


def is_spreadsheet(content: bytes) -> bool:
    return content.startswith(_WORKBOOKS)


def plain(content: bytes) -> bytes:
    """The file as rows of text: a spreadsheet's first sheet with anything in it becomes CSV in UTF-8."""
    if not is_spreadsheet(content):
        return content
    if len(content) > LARGEST_SPREADSHEET:
        raise Invalid({"file": marked("The spreadsheet is too large. Save it as CSV.")})
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                return _as_csv(sheet)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Invalid({"file": marked("The spreadsheet cannot be read.")}) from error
    raise Invalid({"file": marked("The file is empty.")})


def _as_csv(sheet: python_calamine.CalamineSheet) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in sheet.iter_rows():
        writer.writerow([_text(cell) for cell in row])
    return text.getvalue().encode()


def _text(cell: Cell) -> str:
    """As a person would have typed it: 491701234567.0 is a number's digits, not a fraction."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def keep(session: AsyncSession, job_id: int, content: bytes) -> None:
    """Put a file away in pieces."""
    for position, piece in enumerate(_pieces(content)):
        session.add(ImportChunk(job_id=job_id, position=position, content=piece))


def _pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


async def head(session: AsyncSession, job_id: int) -> bytes:
    """The beginning of a kept file."""
    first = select(ImportChunk.content).where(ImportChunk.job_id == job_id, ImportChunk.position == 0)
    return await session.scalar(first) or b""


async def forget(session: AsyncSession, job_id: int) -> None:
    await session.execute(delete(ImportChunk).where(ImportChunk.job_id == job_id))


async def spool(transactions: Transactions, job_id: int, path: Path) -> int:
    """Write a kept file out where it can be read from; returns the number of its line ends."""
    lines = 0
    with await asyncio.to_thread(path.open, "wb") as file:
        async for piece in _kept(transactions, job_id):
            await asyncio.to_thread(file.write, piece)
            lines += piece.count(b"\n")
    return lines


async def _kept(transactions: Transactions, job_id: int) -> AsyncIterator[bytes]:
    position = 0
    while True:
        async with transactions.read() as session:
            piece = await session.scalar(
                select(ImportChunk.content).where(
                    ImportChunk.job_id == job_id, ImportChunk.position == position
                )
            )
        if piece is None:
            return
        yield piece
        position += 1
