"""Claiming 100 leads of 5 000 000, and importing files with everything checked.

On a PostgreSQL made for the occasion (the tests' cluster: no fsync, 64 MB of shared buffers). Rows are
made by SQL; what is measured is the product's own code, each claim committed with its attempts.
"""

import io
import tempfile
import time
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import text

from bench.figures import spread
from callcenter.dialer import hopper
from callcenter.dialer.hopper import Fence
from callcenter.dialer.lists import imports
from callcenter.dialer.lists.cohorts import Cohort
from callcenter.dialer.lists.duplicates import Duplicates, Where
from callcenter.dialer.lists.importing import Importer
from callcenter.dialer.lists.models import ImportJob, LeadCohort
from callcenter.dialer.lists.parsing import Spec, prepare
from callcenter.dialer.lists.reading import SAMPLE, detect
from callcenter.dialer.lists.reading import rows as rows_of
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.db import Database
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor
from callcenter.migrations.run import migrate
from tests.support.factories.dialer import make_campaign, make_list
from tests.support.postgres import running_postgres

BENCHER = system_actor("bench")
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
LISTS = 4
WEST, EAST = "America/Los_Angeles", "America/New_York"
COHORTS = 60  # of a list; a third of them is asleep
LEADS = r"""
INSERT INTO leads (list_id, campaign_id, cohort_id, number, number_raw, name, external_id, fields, consent,
    status, selected, priority, rank, order_key, next_try_at, attempts, created_at)
SELECT c.list_id, :campaign, c.id, '+1' || (2000000000 + g), '', 'Lead ' || g, '',
    CAST('{{"city" \: "Springfield"}}' AS jsonb), false,
    CASE WHEN g % 10 < 7 THEN 'new' WHEN g % 10 = 7 THEN 'waiting' WHEN g % 10 = 8 THEN 'finished'
        ELSE 'later' END,
    true, CASE WHEN g % 1000 = 0 THEN 1 ELSE 0 END, g % 100, CAST(g AS bigint) * 48271 % 2147483647,
    CAST(:now AS timestamptz) + CASE WHEN g % 10 = 9 THEN interval '1 day' ELSE interval '0' END,
    CASE WHEN g % 10 < 7 THEN 0 ELSE 1 END, CAST(:now AS timestamptz)
FROM generate_series(1, CAST(:leads AS int)) g
JOIN lead_cohorts c ON c.id = 1 + CAST(g AS bigint) * 7919 % {cohorts}
"""


async def seed(database: Database, leads: int) -> int:
    async with database.write() as session:
        hours = {str(day): [["08:30", "20:00"]] for day in range(7)}
        campaign = await make_campaign(
            session, NOW, hours=hours, region="US", zone=EAST, max_number_attempts_a_day=3
        )
        for _ in range(LISTS):
            own = await make_list(session, campaign, NOW)
            for index in range(COHORTS):
                zone = WEST if index % 3 == 0 else EAST
                cohort = Cohort((zone,), "US", f"US-{index:02}", "fixed-or-mobile")
                session.add(
                    LeadCohort(
                        list_id=own.id,
                        key=cohort.key,
                        zones=[zone],
                        region="US",
                        subdivision=cohort.subdivision,
                        number_type=cohort.number_type,
                    )
                )
    indexes = ("ix_leads_dialable", "ix_leads_later", "ix_leads_list_id_id_status", "ix_leads_number")
    async with database.write() as session:
        said = {
            name: await session.scalar(
                text("SELECT indexdef FROM pg_indexes WHERE indexname = :n"), {"n": name}
            )
            for name in indexes
        }
        for name in indexes:
            await session.execute(text(f"DROP INDEX {name}"))
        statement = LEADS.format(cohorts=LISTS * COHORTS)
        await session.execute(text(statement), {"campaign": campaign.id, "now": NOW, "leads": leads})
        for definition in said.values():
            await session.execute(text(str(definition)))
    async with database.engine.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.execute(text("VACUUM ANALYZE"))
    return campaign.id


async def claims(leads: int, batch: int, rounds: int) -> dict[str, object]:
    """`rounds` claims of `batch` leads, one after another, each closed at once as never sent or left open."""
    with running_postgres() as cluster:
        url = cluster.create("bench_claims")
        await migrate(url)
        database = Database(url)
        began = time.monotonic()
        campaign_id = await seed(database, leads)
        seeded = round(time.monotonic() - began, 1)
        milliseconds = []
        got = 0
        for index in range(rounds):
            began = time.perf_counter()
            async with database.write() as session:
                now = NOW + timedelta(seconds=index)
                got += len(await hopper.claim(session, campaign_id, batch, now, Fence(1, "bench")))
            milliseconds.append((time.perf_counter() - began) * 1000)
        await database.aclose()
    return {
        "leads": leads,
        "cohorts": LISTS * COHORTS,
        "batch": batch,
        "claimed": got,
        "seed_seconds": seeded,
        "milliseconds": spread(milliseconds),
    }


def file_of(rows: int) -> bytes:
    """Leads of twenty American area codes as a customer's spreadsheet would have them, each tenth twice."""
    dice = Random(20260302)  # noqa: S311 - a benchmark's dice
    areas = (*(212, 305, 415, 702, 312, 713, 206, 617, 404, 503), *(602, 303, 214, 510, 619, 917, 786, 408))
    lines = ["phone,mobile,full name,zip,customer id,city,balance"]
    written = ""
    for index in range(rows):
        if index % 10 or not written:
            written = f"({dice.choice(areas)}) {dice.randint(201, 999)}-{dice.randint(0, 9999):04}"
        more = (
            f"+1{dice.choice(areas)}{dice.randint(201, 999)}{dice.randint(0, 9999):04}"
            if index % 5 == 0
            else ""
        )
        name, town = f"Customer Number {index}", f"Town {index % 500}"
        lines.append(f"{written},{more},{name},{10001 + index % 900},C{index},{town},{index % 10000}.50")
    return "\n".join(lines).encode()


async def imports_on(url: str, rows: int) -> dict[str, object]:
    """One file, from its queueing to the last lead in its index, with duplicates looked for everywhere."""
    await migrate(url)
    database = Database(url)
    transactions = Transactions(database, LocalBus(), SystemClock())
    async with database.write() as session:
        campaign = await make_campaign(session, NOW, region="US", zone=EAST)
    content = file_of(rows)
    async with transactions.begin(BENCHER) as tx:
        job = await imports.upload(tx, campaign.id, "bench.csv", content)
        job.options = {"list_name": "bench", "duplicates": Duplicates(where=Where.COMPANY).as_row()}
        await imports.begin(tx, job.id, trial=False)
    tasks = Tasks()
    began = time.perf_counter()
    await Importer(transactions, tasks, "bench").work()
    seconds = time.perf_counter() - began
    await tasks.aclose()
    async with transactions.read() as session:
        done = await session.get_one(ImportJob, job.id)
    await database.aclose()
    return {
        "rows": done.rows_read,
        "megabytes": round(len(content) / 1e6, 1),
        "status": done.status,
        "added": done.added,
        "duplicates": done.duplicates,
        "seconds": round(seconds, 1),
        "rows_per_second": round(done.rows_read / seconds),
    }


def reading(rows: int) -> dict[str, object]:
    """What reading alone takes: the process that parses rows and numbers, without a database."""
    content = file_of(rows)
    layout = detect(content[:SAMPLE], "US")
    spec = Spec(layout, "US", as_copy=True)
    batches = list(rows_of(io.StringIO(content.decode(), newline=""), layout))
    began = time.perf_counter()
    for start in range(0, len(batches), 10_000):
        prepare(batches[start : start + 10_000], spec)
    seconds = time.perf_counter() - began
    return {"rows": rows, "rows_per_second": round(rows / seconds)}


async def run(leads: int, rounds: int, rows: int) -> dict[str, object]:
    """Claims of a hundred, and the same file into both databases."""
    found: dict[str, object] = {"claim_of_100": await claims(leads, 100, rounds)}
    found["reading_alone"] = reading(min(rows, 200_000))
    with running_postgres() as cluster:
        found["import_postgresql"] = await imports_on(cluster.create("bench_import"), rows)
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-") as folder:
        found["import_sqlite"] = await imports_on(f"sqlite:///{folder}/bench.sqlite", rows)
    return found
