"""The background import: batches of rows, each with its progress in one transaction.

A killed import goes on at `rows_read` of its row, in whichever process looks next; a row of the file becomes
a lead once, because the batch's leads and the batch's progress are committed together.
"""

import asyncio
import csv
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.dialer.events import CampaignChanged, ImportProgressed
from callcenter.dialer.lists import reading, supply
from callcenter.dialer.lists.cohorting import cohort_ids
from callcenter.dialer.lists.cohorts import Cohort
from callcenter.dialer.lists.models import ImportJob, Lead, LeadList, RejectedRow
from callcenter.dialer.lists.orders import LeadOrder, Placing, key_of
from callcenter.dialer.lists.reading import Bad, Good, Layout
from callcenter.dialer.models import Campaign
from callcenter.dialer.states import CampaignStatus, JobStatus, LeadStatus
from callcenter.kernel.i18n import marked
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, Tx, system_actor

log = logging.getLogger(__name__)

IMPORTER = system_actor("list import")
BATCH = 500
IMPORT_LOCK = 0x696D70  # the class of PostgreSQL's advisory locks for imports
STALE = timedelta(seconds=30)  # a running import that shows no sign of life is taken over
LOOK_EVERY_SECONDS = 1.0

Numbered = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Work:
    """An import that this process has taken."""

    job_id: int
    campaign_id: int
    list_id: int
    region: str
    layout: Layout
    content: bytes
    rows_read: int


class Importer:
    """Takes queued imports one after another. Runs in the worker role."""

    def __init__(self, transactions: Transactions, tasks: Tasks, runner: str) -> None:
        self._transactions = transactions
        self._tasks = tasks
        self._runner = runner

    def start(self) -> None:
        self._tasks.every("dialer:imports", LOOK_EVERY_SECONDS, self.work)

    async def work(self) -> None:
        """Everything that is queued or was left behind."""
        while (work := await self._take()) is not None:
            await self._run(work)

    async def _take(self) -> Work | None:
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
            row = await tx.session.get_one(ImportJob, job_id, options=[undefer(ImportJob.content)])
            campaign = await tx.session.get_one(Campaign, row.campaign_id)
            return Work(
                job_id=row.id,
                campaign_id=row.campaign_id,
                list_id=row.list_id,
                region=campaign.region,
                layout=layout_of(row),
                content=row.content,
                rows_read=row.rows_read,
            )

    async def _run(self, work: Work) -> None:
        try:
            total = await asyncio.to_thread(_count, work)
            rows = islice(reading.rows(work.content, work.layout), work.rows_read, None)
            while batch := await asyncio.to_thread(_read_batch, rows, work):
                if not await self._keep(work, batch, total):
                    return
            await self._finish(work, JobStatus.DONE, "")
        except csv.Error:
            log.warning("a list cannot be read", extra={"job_id": work.job_id})
            await self._finish(work, JobStatus.FAILED, marked("The file cannot be read to its end."))

    async def _keep(self, work: Work, batch: Sequence[Good | Bad], total: int) -> bool:
        """One batch. False: cancelled, or another process has taken the import over."""
        async with self._transactions.begin(IMPORTER) as tx:
            row = await tx.session.get_one(ImportJob, work.job_id, with_for_update=True)
            if row.runner != self._runner or row.status != JobStatus.RUNNING:
                return False
            if row.cancel_asked:
                _end(tx, row, JobStatus.CANCELLED, "")
                return False
            good, bad = [r for r in batch if isinstance(r, Good)], [r for r in batch if isinstance(r, Bad)]
            duplicates = await _add_leads(tx, work, good)
            tx.session.add_all(
                RejectedRow(job_id=row.id, line=b.line, reason=b.reason, values=list(b.values)[:20])
                for b in sorted((*bad, *duplicates), key=lambda b: b.line)
            )
            row.rows_read += len(batch)
            row.rows_total = total
            row.added += len(good) - len(duplicates)
            row.rejected += len(bad)
            row.duplicates += len(duplicates)
            row.beat_at = tx.now
            found = await tx.session.get_one(LeadList, work.list_id)
            found.added, found.rejected, found.duplicates = row.added, row.rejected, row.duplicates
            _tell(tx, row)
        return True

    async def _finish(self, work: Work, status: JobStatus, error: str) -> None:
        async with self._transactions.begin(IMPORTER) as tx:
            row = await tx.session.get_one(ImportJob, work.job_id, with_for_update=True)
            if row.runner == self._runner and row.status == JobStatus.RUNNING:
                _end(tx, row, status, error)
                campaign = await tx.session.get_one(Campaign, work.campaign_id)
                tx.emit(
                    CampaignChanged(
                        at=tx.now, campaign_id=campaign.id, status=CampaignStatus(campaign.status)
                    )
                )


def layout_of(row: ImportJob) -> Layout:
    """How the row says its file is to be read."""
    return Layout(
        encoding=row.encoding,
        delimiter=row.delimiter,
        heading=tuple(row.columns["heading"]),
        columns={role: int(index) for role, index in row.columns["roles"].items()},
        has_heading=bool(row.columns["has_heading"]),
    )


def columns_of(layout: Layout) -> dict[str, Any]:
    """A layout as the row keeps it."""
    return {
        "heading": list(layout.heading),
        "roles": dict(layout.columns),
        "has_heading": layout.has_heading,
    }


def _count(work: Work) -> int:
    return sum(1 for _ in reading.rows(work.content, work.layout))


def _read_batch(rows: Iterator[Numbered], work: Work) -> list[Good | Bad]:
    """Parsing numbers takes long enough to be kept off the event loop."""
    return [reading.read_row(line, cells, work.layout, work.region) for line, cells in islice(rows, BATCH)]


async def _add_leads(tx: Tx, work: Work, good: Sequence[Good]) -> list[Bad]:
    """New leads; those whose number is known already come back with the reason."""
    await _one_at_a_time(tx.session, work.campaign_id)
    known = await _known_numbers(tx.session, work.campaign_id, {row.number for row in good})
    duplicates: list[Bad] = []
    fresh: dict[str, Good] = {}
    for row in good:
        if row.number in fresh or known.get(row.number) == work.list_id:
            duplicates.append(Bad(row.line, reading.TWICE_IN_FILE, (row.number_raw, row.name)))
        elif row.number in known:
            duplicates.append(Bad(row.line, reading.TWICE_IN_CAMPAIGN, (row.number_raw, row.name)))
        else:
            fresh[row.number] = row
    if fresh:
        await _insert(tx, work, list(fresh.values()))
    return duplicates


async def _one_at_a_time(session: AsyncSession, campaign_id: int) -> None:
    """Two imports into one campaign must see each other's numbers. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK, campaign_id)))


async def _known_numbers(session: AsyncSession, campaign_id: int, numbers: set[str]) -> dict[str, int | None]:
    rows = await session.execute(
        select(Lead.number, Lead.list_id).where(Lead.campaign_id == campaign_id, Lead.number.in_(numbers))
    )
    return {row.number: row.list_id for row in rows}


async def _insert(tx: Tx, work: Work, rows: Sequence[Good]) -> None:
    """The fresh rows as leads of their cohorts."""
    order = await supply.order_of(tx.session, work.campaign_id)
    cohorts = await cohort_ids(tx.session, work.list_id, {_cohort(row) for row in rows})
    values = [
        {
            "campaign_id": work.campaign_id,
            "list_id": work.list_id,
            "cohort_id": cohorts[_cohort(row)],
            "import_id": work.job_id,
            "number": row.number,
            "number_raw": row.number_raw,
            "name": row.name,
            "external_id": "",
            "fields": dict(row.fields),
            "consent": row.consent,
            "status": LeadStatus.NEW,
            "selected": True,
            "priority": row.priority,
            "rank": 0,
            "order_key": 0.0,
            "next_try_at": tx.now,
            "attempts": 0,
            "created_at": tx.now,
        }
        for row in rows
    ]
    ids = await tx.session.scalars(insert(Lead).returning(Lead.id, sort_by_parameter_order=True), values)
    keys = [
        {"id": i, "order_key": key_of(LeadOrder(order.order), order.seed, Placing(i, 0, 0, tx.now))}
        for i in ids
    ]
    await tx.session.execute(update(Lead), keys)


def _cohort(row: Good) -> Cohort:
    return Cohort(row.zones, row.region[:2], "", row.number_type)


def _end(tx: Tx, row: ImportJob, status: JobStatus, error: str) -> None:
    row.status = status
    row.error = error
    row.finished_at = tx.now
    row.content = b""  # the leads are in; the file is not kept
    tx.audit(
        "lists.import-ended",
        "import",
        row.id,
        status=status,
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
