"""The background import: batches of rows, each with its progress in one transaction.

A killed import goes on at `rows_read` of its row, in whichever process looks next; a row of the file becomes
a lead once, because the batch's leads and the batch's progress are committed together. A trial writes nothing
but its counts and is begun again instead.
"""

import asyncio
import csv
import logging
import multiprocessing
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TextIO

from sqlalchemy import and_, delete, or_, select, update

from callcenter.dialer.events import CampaignChanged, ImportProgressed
from callcenter.dialer.lists import parsing, reading, staging, uploads
from callcenter.dialer.lists.duplicates import By, Policy, read_duplicates
from callcenter.dialer.lists.layouts import layout_of
from callcenter.dialer.lists.models import ImportJob, LeadList, RejectedRow
from callcenter.dialer.lists.parsing import Prepared, Spec
from callcenter.dialer.lists.reading import Layout
from callcenter.dialer.lists.staging import Kept, Target
from callcenter.dialer.lists.supply import order_of
from callcenter.dialer.lists.sweeps import Kind, order_sweep
from callcenter.dialer.lists.uploads import PIECE
from callcenter.dialer.models import Campaign
from callcenter.dialer.states import CampaignStatus, JobStatus
from callcenter.kernel.i18n import marked
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, Tx, system_actor

log = logging.getLogger(__name__)

IMPORTER = system_actor("list import")
BATCH = 10_000
BATCH_SQLITE = 2_000  # while one is written, nobody else writes
LARGE = 512 * 1024  # from this size on rows are read in a process of their own
MOST_REJECTED_KEPT = 10_000
STALE = timedelta(seconds=30)  # a running import that shows no sign of life is taken over
LOOK_EVERY_SECONDS = 1.0

Numbered = tuple[int, list[str]]


@dataclass(slots=True)
class Work:
    """An import that this process has taken. `seen`: a trial's own numbers so far."""

    target: Target
    spec: Spec
    trial: bool
    size: int
    rows_read: int
    seen: set[int]


class Importer:
    """Takes queued imports one after another. Runs in the worker role."""

    def __init__(self, transactions: Transactions, tasks: Tasks, runner: str) -> None:
        self._transactions = transactions
        self._tasks = tasks
        self._runner = runner
        self._batch = BATCH_SQLITE if transactions.database.is_sqlite else BATCH

    def start(self) -> None:
        self._tasks.every("dialer:imports", LOOK_EVERY_SECONDS, self.work)

    async def work(self) -> None:
        """Everything that is queued or was left behind."""
        while (work := await self.take()) is not None:
            await self.run(work)

    async def take(self) -> Work | None:
        """The next import, ours from now on."""
        now = self._transactions.clock.now()
        waiting = or_(
            ImportJob.status == JobStatus.QUEUED,
            and_(ImportJob.status == JobStatus.RUNNING, ImportJob.beat_at < now - STALE),
        )
        async with self._transactions.read() as session:
            if await session.scalar(select(ImportJob.id).where(waiting).limit(1)) is None:
                return None
        async with self._transactions.begin(IMPORTER) as tx:
            next_one = select(ImportJob.id).where(waiting).order_by(ImportJob.id).limit(1)
            due = next_one.with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED")
            job_id = await tx.session.scalar(
                update(ImportJob)
                .where(ImportJob.id.in_(select(due.c.id)))
                .values(status=JobStatus.RUNNING, runner=self._runner, beat_at=now)
                .returning(ImportJob.id)
                .execution_options(synchronize_session=False)
            )
            if job_id is None:
                return None
            row = await tx.session.get_one(ImportJob, job_id)
            if row.dry_run:
                await start_over(tx, row)
            campaign = await tx.session.get_one(Campaign, row.campaign_id)
            return self._work_of(row, campaign)

    def _work_of(self, row: ImportJob, campaign: Campaign) -> Work:
        duplicates = read_duplicates(row.options.get("duplicates", {}))
        return Work(
            target=Target(row.id, row.campaign_id, row.list_id, duplicates),
            spec=Spec(
                layout=layout_of(row),
                region=campaign.region,
                by_id=duplicates.by is By.EXTERNAL_ID,
                merge=duplicates.policy is Policy.ADD,
                as_copy=not self._transactions.database.is_sqlite,
            ),
            trial=row.dry_run,
            size=row.size,
            rows_read=row.rows_read,
            seen=set(),
        )

    async def run(self, work: Work) -> None:
        """To the end, or until somebody cancels it or takes it over."""
        try:
            async with _folder() as folder:
                path = folder / "list"
                lines = await uploads.spool(self._transactions, work.target.job_id, path)
                async with _executor(work.size) as executor, _opened(path, work.spec.layout) as file:
                    finished = await self._keep_all(work, file, executor, lines)
            if finished:
                await self._finish(work, JobStatus.CHECKED if work.trial else JobStatus.DONE, "")
        except csv.Error:
            log.warning("a list cannot be read", extra={"job_id": work.target.job_id})
            await self._finish(work, JobStatus.FAILED, marked("The file cannot be read to its end."))

    async def _keep_all(self, work: Work, file: TextIO, executor: Executor | None, lines: int) -> bool:
        """While one batch is written the next is read. False: not ours any more."""
        loop = asyncio.get_running_loop()
        rows = await asyncio.to_thread(_skipping, file, work)
        batch = await asyncio.to_thread(_next_batch, rows, self._batch)
        while batch:
            ahead = loop.run_in_executor(executor, parsing.prepare, batch, work.spec)
            following = await asyncio.to_thread(_next_batch, rows, self._batch)
            if not await self.keep(work, await ahead, lines):
                return False
            batch = following
        return True

    async def keep(self, work: Work, batch: Prepared, lines: int) -> bool:
        """One batch. False: cancelled, or another process has taken the import over."""
        async with self._transactions.begin(IMPORTER) as tx:
            row = await tx.session.get_one(ImportJob, work.target.job_id, with_for_update=True)
            if row.runner != self._runner or row.status != JobStatus.RUNNING:
                return False
            if row.cancel_asked:
                await _end(tx, row, JobStatus.CANCELLED, "")
                return False
            kept = await staging.keep(tx.session, work.target, batch, tx.now, trial=work.trial)
            again = _seen_before(work, batch) if work.trial else 0
            await _count(tx, row, batch, kept, again)
            row.rows_total = max(lines, row.rows_read)
            row.beat_at = tx.now
            _tell(tx, row)
        return True

    async def _finish(self, work: Work, status: JobStatus, error: str) -> None:
        async with self._transactions.begin(IMPORTER) as tx:
            row = await tx.session.get_one(ImportJob, work.target.job_id, with_for_update=True)
            if row.runner == self._runner and row.status == JobStatus.RUNNING:
                row.rows_total = row.rows_read
                await _end(tx, row, status, error)
                campaign = await tx.session.get_one(Campaign, work.target.campaign_id)
                tx.emit(
                    CampaignChanged(
                        at=tx.now, campaign_id=campaign.id, status=CampaignStatus(campaign.status)
                    )
                )


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """A place for the file while it is read."""
    made = await asyncio.to_thread(tempfile.mkdtemp, prefix="callcenter-import-")
    try:
        yield Path(made)
    finally:
        await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)


@asynccontextmanager
async def _executor(size: int) -> AsyncIterator[Executor | None]:
    """A process that reads rows, for large files; None: a thread will do."""
    if size < LARGE:
        yield None
        return
    made = ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield made
    finally:
        await asyncio.to_thread(made.shutdown, cancel_futures=True)


@asynccontextmanager
async def _opened(path: Path, layout: Layout) -> AsyncIterator[TextIO]:
    file = await asyncio.to_thread(
        path.open, encoding=layout.encoding, errors="replace", newline="", buffering=PIECE
    )
    try:
        yield file
    finally:
        await asyncio.to_thread(file.close)


def _skipping(file: TextIO, work: Work) -> Iterator[Numbered]:
    return islice(reading.rows(file, work.spec.layout), work.rows_read, None)


def _next_batch(rows: Iterator[Numbered], size: int) -> list[Numbered]:
    return list(islice(rows, size))


def _seen_before(work: Work, batch: Prepared) -> int:
    """How many numbers of a trial's batch were in an earlier one: nothing in the database shows them."""
    numbers = {int(number[1:]) for number in batch.numbers}
    again = len(numbers & work.seen)
    work.seen |= numbers
    return again


async def _count(tx: Tx, row: ImportJob, batch: Prepared, kept: Kept, again: int) -> None:
    """Add up what became of a batch, and keep the rows that somebody may want to look at."""
    refused = [bad for bad in batch.bad if not bad.taken]
    repeated = [bad for bad in refused if bad.reason in (parsing.TWICE_IN_FILE, parsing.ID_TWICE_IN_FILE)]
    before = row.rejected + row.duplicates + row.remarks
    row.rows_read += batch.read
    row.added += kept.added - again
    row.updated += kept.updated
    row.blocked += kept.blocked
    row.duplicates += len(kept.bad) + len(repeated) + again
    row.rejected += len(refused) - len(repeated)
    row.remarks += len(batch.bad) - len(refused)
    room = max(0, MOST_REJECTED_KEPT - before)
    tx.session.add_all(
        RejectedRow(job_id=row.id, line=bad.line, reason=bad.reason, values=list(bad.values), taken=bad.taken)
        for bad in sorted((*batch.bad, *kept.bad), key=lambda bad: bad.line)[:room]
    )
    if row.list_id is not None and not row.dry_run:
        found = await tx.session.get_one(LeadList, row.list_id)
        found.added += kept.added
        found.rejected += len(refused) - len(repeated)
        found.duplicates += len(kept.bad) + len(repeated)


async def start_over(tx: Tx, row: ImportJob) -> None:
    """Forget the counts of a trial, and what it said of rows."""
    for name in ("rows_read", "added", "updated", "rejected", "duplicates", "remarks", "blocked"):
        setattr(row, name, 0)
    await tx.session.execute(delete(RejectedRow).where(RejectedRow.job_id == row.id))


async def _end(tx: Tx, row: ImportJob, status: JobStatus, error: str) -> None:
    trial_cancelled = row.dry_run and status is JobStatus.CANCELLED
    row.status = JobStatus.DRAFT if trial_cancelled else status
    row.cancel_asked = False
    row.error = error
    row.finished_at = None if row.dry_run else tx.now
    if not row.dry_run:
        await uploads.forget(tx.session, row.id)  # the leads are in; the file is not kept
        if row.added and (await order_of(tx.session, row.campaign_id)).filter:
            await order_sweep(tx, Kind.ORDER, row.campaign_id, None, {})
    tx.audit(
        "lists.import-ended",
        "import",
        row.id,
        status=row.status,
        trial=row.dry_run,
        added=row.added,
        rejected=row.rejected,
        duplicates=row.duplicates,
    )
    _tell(tx, row)


def _tell(tx: Tx, row: ImportJob) -> None:
    tx.emit(
        ImportProgressed(
            at=tx.now,
            job_id=row.id,
            campaign_id=row.campaign_id,
            status=JobStatus(row.status),
            rows_read=row.rows_read,
            rows_total=row.rows_total,
        )
    )
