"""Imports run in the background, report every row, survive a kill and can be cancelled; on both databases."""

from sqlalchemy import func, select

from callcenter.dialer import queries
from callcenter.dialer.lists import imports, parsing
from callcenter.dialer.lists.importing import Importer, Work
from callcenter.dialer.lists.models import ImportJob, Lead, LeadList, RejectedRow
from callcenter.dialer.lists.parsing import TWICE_IN_FILE, Prepared
from callcenter.dialer.lists.staging import TWICE_IN_CAMPAIGN
from callcenter.dialer.states import JobStatus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.factories.dialer import german_number, make_campaign, make_lead

ASSISTANT = system_actor("test")


async def ask(transactions: Transactions, clock: ManualClock, content: bytes, known: int = 0) -> int:
    """A queued import into a campaign that has some leads already."""
    async with transactions.begin(ASSISTANT) as tx:
        campaign = await make_campaign(tx.session, clock.now())
        for index in range(known):
            await make_lead(tx.session, campaign, german_number(index), clock.now())
        return (await imports.request_import(tx, campaign.id, "list.csv", content)).id


def importer(transactions: Transactions, runner: str = "one") -> Importer:
    return Importer(transactions, Tasks(), runner)


async def job(transactions: Transactions, job_id: int) -> ImportJob:
    async with transactions.read() as session:
        return await queries.import_job(session, job_id)


def batch_of(work: Work, rows: int) -> Prepared:
    """The first rows of the file, read."""
    return parsing.prepare([(i + 2, [german_number(i)]) for i in range(rows)], work.spec)


def file_of(count: int) -> bytes:
    return b"phone\n" + b"".join(f"{german_number(i)}\n".encode() for i in range(count))


async def test_good_rows_are_kept_and_bad_ones_reported(
    transactions: Transactions, clock: ManualClock
) -> None:
    lines = [german_number(5), "12", german_number(0), german_number(5), german_number(6)]
    job_id = await ask(transactions, clock, ("phone\n" + "\n".join(lines)).encode(), known=1)

    await importer(transactions).work()

    done = await job(transactions, job_id)
    assert (done.status, done.rows_read, done.rows_total) == (JobStatus.DONE, 5, 5)
    assert (done.added, done.rejected, done.duplicates) == (2, 1, 2)
    async with transactions.read() as session:
        found = (await session.execute(select(RejectedRow.line, RejectedRow.reason))).all()
        assert [tuple(row) for row in found if row.reason in (TWICE_IN_CAMPAIGN, TWICE_IN_FILE)] == [
            (4, TWICE_IN_CAMPAIGN),
            (5, TWICE_IN_FILE),
        ]
        assert await session.scalar(select(func.count(Lead.id))) == 3
        assert await session.scalar(select(LeadList.added).where(LeadList.id == done.list_id)) == 2


async def test_a_killed_import_goes_on_where_it_was(transactions: Transactions, clock: ManualClock) -> None:
    job_id = await ask(transactions, clock, file_of(35))
    first = importer(transactions)
    work = await first.take()
    assert work is not None
    batch = batch_of(work, 2)
    assert await first.keep(work, batch, 35)  # and now it is killed

    clock.advance(10)
    await importer(transactions, "two").work()
    before = await job(transactions, job_id)
    clock.advance(31)
    await importer(transactions, "two").work()

    after = await job(transactions, job_id)
    assert (before.status, before.rows_read) == (JobStatus.RUNNING, 2)
    assert (after.status, after.added, after.duplicates) == (JobStatus.DONE, 35, 0)
    assert not await first.keep(work, batch, 35), "the killed one wrote after it had lost the import"


async def test_a_cancelled_import_stops_after_its_batch_and_keeps_what_is_in(
    transactions: Transactions, clock: ManualClock
) -> None:
    job_id = await ask(transactions, clock, file_of(5))
    running = importer(transactions)
    work = await running.take()
    assert work is not None
    batch = batch_of(work, 1)
    await running.keep(work, batch, 5)
    async with transactions.begin(ASSISTANT) as tx:
        await imports.cancel(tx, job_id)

    await running.run(work)

    done = await job(transactions, job_id)
    assert (done.status, done.added) == (JobStatus.CANCELLED, 1)


async def test_a_queued_import_can_be_cancelled_before_it_begins(
    transactions: Transactions, clock: ManualClock
) -> None:
    job_id = await ask(transactions, clock, file_of(3))
    async with transactions.begin(ASSISTANT) as tx:
        await imports.cancel(tx, job_id)

    await importer(transactions).work()

    assert (await job(transactions, job_id)).status == JobStatus.CANCELLED


async def test_thousands_of_rows_come_in_batches(transactions: Transactions, clock: ManualClock) -> None:
    job_id = await ask(transactions, clock, file_of(3000))

    await importer(transactions).work()

    done = await job(transactions, job_id)
    assert (done.status, done.added) == (JobStatus.DONE, 3000)
