"""Claiming 100 leads of 5 000 000, and importing files with everything checked.

On a PostgreSQL made for the occasion (the tests' cluster: no fsync, 64 MB of shared buffers). Rows are
made by SQL; what is measured is the product's own code, each claim committed with its attempts.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bench.figures import spread
from callcenter.dialer import hopper
from callcenter.dialer.hopper import Fence
from callcenter.dialer.lists.cohorts import Cohort
from callcenter.dialer.lists.models import LeadCohort
from callcenter.kernel.db import Database
from callcenter.migrations.run import migrate
from tests.support.factories.dialer import make_campaign, make_list
from tests.support.postgres import running_postgres

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


async def run(leads: int, rounds: int) -> dict[str, object]:
    """Claims of a hundred and of one."""
    return {"claim_of_100": await claims(leads, 100, rounds)}


if __name__ == "__main__":
    print(asyncio.run(run(5_000_000, 300)))
