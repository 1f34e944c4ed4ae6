"""The writers of imports: a file is uploaded, set up, tried, taken in, cancelled, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from callcenter.dialer import queries
from callcenter.dialer.lists import layouts, reading, sweeps, uploads
from callcenter.dialer.lists.duplicates import By, Duplicates
from callcenter.dialer.lists.importing import start_over
from callcenter.dialer.lists.models import ImportJob, LeadField, LeadList
from callcenter.dialer.lists.reading import Column, Layout, Role
from callcenter.dialer.lists.sweeps import Kind
from callcenter.dialer.states import JobStatus
from callcenter.kernel.errors import Conflict, Invalid, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx

SETTABLE = (JobStatus.DRAFT, JobStatus.CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What a person says of an uploaded file. `list_id` None: a new list of this name.

    `encoding` and `delimiter` empty: as they were found.
    """

    columns: tuple[Column, ...]
    has_heading: bool = True
    encoding: str = ""
    delimiter: str = ""
    list_id: int | None = None
    list_name: str = ""
    duplicates: Duplicates = field(default_factory=Duplicates)


async def request_import(
    tx: Tx,
    campaign_id: int,
    file_name: str,
    content: bytes,
    columns: Mapping[str, int] | None = None,
) -> ImportJob:
    """Take a file in without further questions. Raises `Invalid` when it holds no column of numbers."""
    job = await upload(tx, campaign_id, file_name, content)
    if columns:
        layout = reading.override(layouts.layout_of(job), columns)
        job.columns = layouts.as_row(layout)
    return await begin(tx, job.id, trial=False)


async def upload(tx: Tx, campaign_id: int, file_name: str, content: bytes) -> ImportJob:
    """Put a file (plain rows of text) away and guess how it is to be read, as last time if it was here."""
    campaign = await queries.campaign(tx.session, campaign_id)
    layout = reading.detect(content, campaign.region)
    known = await layouts.remembered(tx.session, layout.heading) if layout.has_heading else None
    if known:
        layout = replace(layout, columns=known)
    job = ImportJob(
        campaign_id=campaign_id,
        list_id=None,
        file_name=file_name[:200],
        size=len(content),
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        columns=layouts.as_row(layout),
        options={"list_name": file_name[:200], "duplicates": Duplicates().as_row()},
        status=JobStatus.DRAFT,
        beat_at=tx.now,
        created_by=tx.actor.name,
        created_at=tx.now,
    )
    tx.session.add(job)
    await tx.session.flush()
    uploads.keep(tx.session, job.id, content)
    await tx.session.flush()
    tx.audit("lists.file-uploaded", "import", job.id, campaign_id=campaign_id, size=len(content))
    return job


async def set_up(tx: Tx, job_id: int, given: SetUp) -> ImportJob:
    """What the columns mean and what happens to duplicates; remembered for files with the same heading."""
    job = await _settable(tx, job_id)
    campaign = await queries.campaign(tx.session, job.campaign_id)
    layout = reading.detect(
        await uploads.head(tx.session, job_id),
        campaign.region,
        encoding=given.encoding or job.encoding,
        delimiter=given.delimiter or job.delimiter,
    )
    layout = _as_given(layout, given)
    if given.duplicates.by is By.EXTERNAL_ID and Role.EXTERNAL_ID not in (c.role for c in layout.columns):
        raise Invalid({"duplicates": marked("Say which column holds the customer’s code.")})
    if given.list_id is not None:
        await _list_of(tx, given.list_id, job.campaign_id)
    job.encoding, job.delimiter = layout.encoding, layout.delimiter
    job.columns = layouts.as_row(layout)
    job.list_id = given.list_id
    job.options = {
        "list_name": given.list_name.strip()[:200] or job.file_name,
        "duplicates": given.duplicates.as_row(),
    }
    job.status = JobStatus.DRAFT
    await start_over(tx, job)
    await layouts.remember(tx, layout)
    tx.audit("lists.import-set-up", "import", job_id, columns=job.columns["columns"], options=job.options)
    return job


def _as_given(layout: Layout, given: SetUp) -> Layout:
    """The person's columns, as far as the file has them; their word on the heading counts."""
    width = len(layout.heading)
    if any(not 0 <= column.index < width for column in given.columns):
        raise Invalid({"columns": marked("There is no such column.")})
    heading = layout.heading
    if not given.has_heading:
        heading = tuple(str(n + 1) for n in range(width))
    return reading.checked(
        replace(layout, heading=heading, columns=given.columns, has_heading=given.has_heading)
    )


async def begin(tx: Tx, job_id: int, *, trial: bool) -> ImportJob:
    """Queue it: a `trial` counts and writes nothing, otherwise its rows become leads of the list."""
    job = await _settable(tx, job_id)
    layout = reading.checked(layouts.layout_of(job))
    await start_over(tx, job)
    job.dry_run = trial
    job.status = JobStatus.QUEUED
    job.cancel_asked = False
    if not trial:
        if job.list_id is None:
            made = LeadList(
                campaign_id=job.campaign_id, name=str(job.options["list_name"]), created_at=tx.now
            )
            tx.session.add(made)
            await tx.session.flush()
            job.list_id = made.id
        await _declare_fields(tx, job.campaign_id, layout)
    await tx.session.flush()
    tx.audit("lists.import-asked", "import", job.id, campaign_id=job.campaign_id, trial=trial)
    return job


async def _declare_fields(tx: Tx, campaign_id: int, layout: Layout) -> None:
    """Fields that come in with the file are known to the campaign from now on."""
    known = set(await tx.session.scalars(select(LeadField.name).where(LeadField.campaign_id == campaign_id)))
    for column in layout.columns:
        if column.role is Role.FIELD and column.name not in known:
            tx.session.add(
                LeadField(
                    campaign_id=campaign_id,
                    name=column.name,
                    label=column.name,
                    type=column.type,
                    position=len(known),
                )
            )
            known.add(column.name)


async def cancel(tx: Tx, job_id: int) -> None:
    """Stop after the present batch; the leads that are in stay. A draft is thrown away."""
    job = await _job(tx, job_id)
    if job.status in (JobStatus.QUEUED, *SETTABLE):
        job.status = (
            JobStatus.DRAFT if job.dry_run and job.status == JobStatus.QUEUED else JobStatus.CANCELLED
        )
        if job.status == JobStatus.CANCELLED:
            job.finished_at = tx.now
            await uploads.forget(tx.session, job_id)
    elif job.status != JobStatus.RUNNING:
        raise Conflict
    else:
        job.cancel_asked = True
    tx.audit("lists.import-cancelled", "import", job_id)


async def revert(tx: Tx, job_id: int) -> None:
    """Take the import back: leads that were never dialled go, the others stay and are named."""
    job = await _job(tx, job_id)
    if job.status not in (JobStatus.DONE, JobStatus.CANCELLED, JobStatus.FAILED) or job.list_id is None:
        raise Conflict
    await sweeps.order_sweep(tx, Kind.REVERT, job.campaign_id, job.list_id, {"job": job_id})
    tx.audit("lists.import-taken-back", "import", job_id)


async def _job(tx: Tx, job_id: int) -> ImportJob:
    job = await tx.session.get(ImportJob, job_id, with_for_update=True, populate_existing=True)
    if job is None:
        raise NotFound
    return job


async def _settable(tx: Tx, job_id: int) -> ImportJob:
    job = await _job(tx, job_id)
    if job.status not in SETTABLE:
        raise Conflict
    return job


async def _list_of(tx: Tx, list_id: int, campaign_id: int) -> LeadList:
    found = await tx.session.get(LeadList, list_id)
    if found is None or found.campaign_id != campaign_id:
        raise Invalid({"list_id": marked("The campaign has no such list.")})
    if found.busy:
        raise Conflict
    return found
