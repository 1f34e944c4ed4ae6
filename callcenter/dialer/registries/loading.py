"""The background load: a slice of the file at a time, each with its progress in one transaction.

A killed load goes on at `bytes_read` of its row, in whichever process looks next. A replacing file is
written as a generation of its own and counts only when it is whole; rows of generations that no longer count,
or never will, are swept away in small portions, so that no other writer waits for long.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.consents.models import ConsentRow
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.lists.promoting import again
from callcenter.dialer.registries import arriving
from callcenter.dialer.registries.arriving import CHUNK
from callcenter.dialer.registries.models import Registry, RegistryChunk, RegistryLoad, RegistryNumber
from callcenter.dialer.registries.reading import (
    ConsentLine,
    ConsentReader,
    Numbered,
    NumberReader,
    consent_reader,
)
from callcenter.dialer.registries.states import LoadChange, LoadStatus
from callcenter.dialer.rules.words import RegistryKind
from callcenter.dialer.states import LeadStatus
from callcenter.kernel.i18n import marked
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, Tx, system_actor

log = logging.getLogger(__name__)

LOADER = system_actor("registry load")
STALE = timedelta(seconds=30)  # a running load that shows no sign of life is taken over
ABANDONED = timedelta(minutes=30)  # an upload that sends nothing any more
LOOK_EVERY_SECONDS = 2.0
SWEPT = 5000
SHOWN = 20  # lines without a number that are kept to be looked at
LONGEST_LINE = 4096

_UNNEST = """
INSERT INTO registry_numbers (digits, registry_id, generation, since)
SELECT d, :registry_id, :generation, s FROM unnest(:digits, :since) AS t(d, s)
ON CONFLICT (digits, registry_id, generation) DO UPDATE SET since = excluded.since
"""
_POSTGRESQL = text(_UNNEST).bindparams(
    bindparam("digits", type_=ARRAY(BigInteger)), bindparam("since", type_=ARRAY(Date))
)
_SQLITE = text(
    "INSERT INTO registry_numbers (digits, registry_id, generation, since) "
    "VALUES (:digits, :registry_id, :generation, :since) "
    "ON CONFLICT (digits, registry_id, generation) DO UPDATE SET since = excluded.since"
).bindparams(bindparam("since", type_=Date))


@dataclass(slots=True)
class Work:
    """A load that this process has taken."""

    load_id: int
    registry_id: int | None
    change: LoadChange
    kind: RegistryKind
    region: str
    generation: int
    bytes_total: int
    bytes_read: int
    lines: int
    reader: NumberReader | ConsentReader


@dataclass(frozen=True, slots=True)
class Slice:
    """What one portion of the file gave. `end`: how far it has been read."""

    end: int
    lines: int
    good: list[Numbered | ConsentLine]
    bad: list[tuple[int, str]]


class NoHeading(Exception):
    """A file of consents whose first line does not name its columns."""


class Loader:
    """Takes queued files one after another. Runs in the worker role."""

    def __init__(self, transactions: Transactions, tasks: Tasks, runner: str) -> None:
        self._transactions = transactions
        self._tasks = tasks
        self._runner = runner

    def start(self) -> None:
        self._tasks.every("dialer:registries", LOOK_EVERY_SECONDS, self.work)

    async def work(self) -> None:
        """Everything that is queued or was left behind."""
        while True:
            try:
                work = await self._take()
            except NoHeading as error:
                await self._fail(int(str(error)), marked("The first line must name the columns."))
                continue
            if work is None:
                return
            await self._run(work)
            await self.sweep()

    async def _take(self) -> Work | None:
        now = self._transactions.clock.now()
        waiting = or_(
            RegistryLoad.status == LoadStatus.QUEUED,
            and_(RegistryLoad.status == LoadStatus.RUNNING, RegistryLoad.beat_at < now - STALE),
        )
        broken = and_(RegistryLoad.status == LoadStatus.UPLOADING, RegistryLoad.beat_at < now - ABANDONED)
        async with self._transactions.read() as session:
            if await session.scalar(select(RegistryLoad.id).where(or_(waiting, broken)).limit(1)) is None:
                return None
        async with self._transactions.begin(LOADER) as tx:
            for load_id in await tx.session.scalars(select(RegistryLoad.id).where(broken)):
                await arriving.break_off(tx, load_id)
            row: RegistryLoad | None = await tx.session.scalar(
                select(RegistryLoad)
                .where(waiting)
                .order_by(RegistryLoad.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return None
            row.status, row.runner, row.beat_at = LoadStatus.RUNNING, self._runner, now
            registry = await _locked(tx, row.registry_id) if row.registry_id else None
            if registry is not None and not row.generation:
                replaces = row.change == LoadChange.REPLACE
                row.generation = registry.generation + 1 if replaces else max(registry.generation, 1)
            heading = await tx.session.scalar(
                select(RegistryChunk.content).where(
                    RegistryChunk.load_id == row.id, RegistryChunk.position == 0
                )
            )
            work = Work(
                load_id=row.id,
                registry_id=row.registry_id,
                change=LoadChange(row.change),
                kind=RegistryKind(registry.kind) if registry else RegistryKind.DO_NOT_CALL,
                region=row.region,
                generation=row.generation,
                bytes_total=row.bytes_total,
                bytes_read=row.bytes_read,
                lines=row.lines,
                reader=NumberReader(row.region),
            )
        if work.change is LoadChange.CONSENTS:
            first = _text((heading or b"").partition(b"\n")[0])
            reader = consent_reader(first, work.region)
            if reader is None:
                raise NoHeading(work.load_id)
            work.reader = reader
        return work

    async def _run(self, work: Work) -> None:
        while work.bytes_read < work.bytes_total:
            content = await self._content(work)
            found = await asyncio.to_thread(_read, work, content)
            if not await self._keep(work, found):
                return
            work.bytes_read, work.lines = found.end, work.lines + found.lines
        await self._finish(work)

    async def _content(self, work: Work) -> bytes:
        """From where the load stands: the rest of its chunk, and the next one, where a line may go on."""
        first = work.bytes_read // CHUNK
        async with self._transactions.read() as session:
            chunks = await session.scalars(
                select(RegistryChunk.content)
                .where(RegistryChunk.load_id == work.load_id, RegistryChunk.position.in_((first, first + 1)))
                .order_by(RegistryChunk.position)
            )
            return b"".join(chunks)[work.bytes_read - first * CHUNK :]

    async def _keep(self, work: Work, found: Slice) -> bool:
        """One portion. False: cancelled, or another process has taken the load over."""
        async with self._transactions.begin(LOADER) as tx:
            row = await tx.session.get_one(RegistryLoad, work.load_id, with_for_update=True)
            if row.runner != self._runner or row.status != LoadStatus.RUNNING:
                return False
            if row.cancel_asked:
                await arriving.end_load(tx, row, LoadStatus.CANCELLED, "")
                return False
            await _write(tx, work, found.good)
            row.bytes_read = found.end
            row.lines += found.lines
            row.taken += len(found.good)
            row.rejected += len(found.bad)
            if found.bad and len(row.first_rejected) < SHOWN:
                kept = [[line, words] for line, words in found.bad]
                row.first_rejected = [*row.first_rejected, *kept][:SHOWN]
            row.beat_at = tx.now
        return True

    async def _finish(self, work: Work) -> None:
        """The file is in: from now on it counts. One in which nothing was found changes nothing."""
        async with self._transactions.begin(LOADER) as tx:
            row = await tx.session.get_one(RegistryLoad, work.load_id, with_for_update=True)
            if row.runner != self._runner or row.status != LoadStatus.RUNNING:
                return
            if row.rejected and not row.taken:
                error = marked("No line of the file could be read.")
                await arriving.end_load(tx, row, LoadStatus.FAILED, error)
                return
            await arriving.end_load(tx, row, LoadStatus.DONE, "")
            if work.registry_id is None:
                await _try_again(tx, work.load_id)
                return
            registry = await tx.session.get_one(Registry, work.registry_id, with_for_update=True)
            registry.generation = work.generation
            registry.current_at = row.current_at
            registry.numbers = await _count(tx.session, work.registry_id, work.generation)
            tx.audit(
                "registries.loaded", "registry", registry.id, code=registry.code, numbers=registry.numbers
            )

    async def _fail(self, load_id: int, error: str) -> None:
        async with self._transactions.begin(LOADER) as tx:
            row = await tx.session.get_one(RegistryLoad, load_id, with_for_update=True)
            await arriving.end_load(tx, row, LoadStatus.FAILED, error)

    async def sweep(self) -> None:
        """Rows that do not count: of replaced generations, and of loads that did not end well."""
        async with self._transactions.read() as session:
            registries = (await session.scalars(select(Registry.id))).all()
        for registry_id in registries:
            while await self._sweep_some(registry_id):
                pass

    async def _sweep_some(self, registry_id: int) -> bool:
        """A portion; whether there may be more. Not while a file is being written there."""
        async with self._transactions.begin(LOADER) as tx:
            registry = await _locked(tx, registry_id)
            running = select(RegistryLoad.id).where(
                RegistryLoad.registry_id == registry_id, RegistryLoad.status == LoadStatus.RUNNING
            )
            if registry is None or await tx.session.scalar(running.limit(1)) is not None:
                return False
            rows = await tx.session.execute(
                select(RegistryNumber.digits, RegistryNumber.generation)
                .where(
                    RegistryNumber.registry_id == registry_id,
                    RegistryNumber.generation != registry.generation,
                )
                .limit(SWEPT)
            )
            found = [(digits, registry_id, past) for digits, past in rows]
            if found:
                key = tuple_(RegistryNumber.digits, RegistryNumber.registry_id, RegistryNumber.generation)
                await tx.session.execute(
                    delete(RegistryNumber).where(key.in_(found)).execution_options(synchronize_session=False)
                )
        return bool(found)


async def _locked(tx: Tx, registry_id: int) -> Registry | None:
    """So that nobody sweeps while somebody begins to write."""
    return await tx.session.get(Registry, registry_id, with_for_update=True, populate_existing=True)


def _read(work: Work, content: bytes) -> Slice:
    """Whole lines of this portion, at least one; in a thread, because it takes its time."""
    last = work.bytes_read + len(content) >= work.bytes_total
    cut = len(content) if last else min(content.rfind(b"\n") + 1, _first_end(content))
    if not cut:  # a line without an end: no line of a registry is that long
        cut = len(content)
    good: list[Numbered | ConsentLine] = []
    bad: list[tuple[int, str]] = []
    lines = content[:cut].split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    for index, raw in enumerate(lines, start=work.lines + 1):
        line = _text(raw[:LONGEST_LINE]).strip()
        if not line or (index == 1 and _is_heading(work, line)):
            continue
        found = work.reader.read(line)
        if found is None:
            bad.append((index, line[:80]))
        else:
            good.append(found)
    return Slice(work.bytes_read + cut, len(lines), good, bad)


def _first_end(content: bytes) -> int:
    """No more than a chunk at once, to the end of a line."""
    end = content.find(b"\n", min(CHUNK, len(content)) - 1)
    return end + 1 if end >= 0 else len(content)


def _is_heading(work: Work, line: str) -> bool:
    return isinstance(work.reader, ConsentReader) or work.reader.read(line) is None


def _text(raw: bytes) -> str:
    """Digits are digits in every encoding that such files use."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


async def _write(tx: Tx, work: Work, good: Sequence[Numbered | ConsentLine]) -> None:
    if not good:
        return
    if work.registry_id is None:
        consents = [line for line in good if isinstance(line, ConsentLine)]
        await tx.session.execute(insert(ConsentRow), [_consent(tx, work, line) for line in consents])
        return
    numbers: dict[int, date | None] = {}
    for line in good:
        if not isinstance(line, ConsentLine):
            numbers[line[0]] = line[1]
    if work.change is LoadChange.REMOVE:
        await tx.session.execute(
            delete(RegistryNumber)
            .where(
                RegistryNumber.digits.in_(numbers),
                RegistryNumber.registry_id == work.registry_id,
                RegistryNumber.generation == work.generation,
            )
            .execution_options(synchronize_session=False)
        )
        return
    common: dict[str, Any] = {"registry_id": work.registry_id, "generation": work.generation}
    if tx.session.get_bind().dialect.name == "sqlite":
        rows = [{"digits": digits, "since": since, **common} for digits, since in numbers.items()]
        await tx.session.execute(_SQLITE, rows)
    else:
        values = {"digits": list(numbers), "since": list(numbers.values()), **common}
        await tx.session.execute(_POSTGRESQL, values)


def _consent(tx: Tx, work: Work, line: ConsentLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "contact_id": None,
        "purpose": line.purpose,
        "basis": line.basis,
        "reach": line.reach,
        "source": line.source,
        "proof": line.proof,
        "load_id": work.load_id,
        "given_at": line.given_at,
        "expires_at": line.expires_at,
        "revoked_by": "",
        "revoked_why": "",
        "added_by": LOADER.name,
        "added_at": tx.now,
    }


async def _count(session: AsyncSession, registry_id: int, generation: int) -> int:
    return (
        await session.scalar(
            select(func.count())
            .select_from(RegistryNumber)
            .where(RegistryNumber.registry_id == registry_id, RegistryNumber.generation == generation)
        )
        or 0
    )


async def _try_again(tx: Tx, load_id: int) -> None:
    """Leads that were blocked for want of a consent come back; the gate judges them again."""
    agreed = select(ConsentRow.number).where(ConsentRow.load_id == load_id)
    await tx.session.execute(
        update(Lead)
        .where(Lead.number.in_(agreed), Lead.status == LeadStatus.BLOCKED)
        .values(status=again(), next_try_at=tx.now)
        .execution_options(synchronize_session=False)
    )
