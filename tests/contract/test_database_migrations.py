"""Migrations lead to exactly our tables, on both databases, there and back, with rows in."""

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from callcenter.dialer.lists.models import Lead, LeadCohort, LeadList
from callcenter.kernel.auth import Role, Session, User, create_user
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database, Json, Moment
from callcenter.kernel.tx import Transactions, system_actor
from callcenter.migrations.run import differences, downgrade, migrate

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FAR = datetime(2126, 3, 2, 9, 0, tzinfo=UTC)


async def put_rows(url: str, bus: LocalBus) -> None:
    database = Database(url)
    async with Transactions(database, bus, ManualClock(AT)).begin(system_actor("test")) as tx:
        user = await create_user(
            tx, login="ada", name="Ada", role=Role.AGENT, password="correct horse battery"
        )
        tx.session.add(
            Session(
                token_hash="t",
                user_id=user.id,
                csrf="c",
                created_at=AT,
                seen_at=AT,
                address="192.0.2.1",
                user_agent="test",
            )
        )
    await database.aclose()


async def users(url: str) -> int:
    database = Database(url)
    async with database.read() as session:
        found = await session.scalar(select(func.count()).select_from(User))
    await database.aclose()
    return found or 0


async def test_the_migrated_schema_is_the_one_our_tables_describe(empty_database_url: str) -> None:
    await migrate(empty_database_url)

    assert await differences(empty_database_url) == []


async def test_up_down_and_up_again_with_rows_in(empty_database_url: str, bus: LocalBus) -> None:
    await migrate(empty_database_url)
    await put_rows(empty_database_url, bus)

    await downgrade(empty_database_url, "-1")
    await migrate(empty_database_url)
    await downgrade(empty_database_url, "base")
    await migrate(empty_database_url)
    await put_rows(empty_database_url, bus)

    assert await differences(empty_database_url) == []
    assert await users(empty_database_url) == 1


async def test_migrating_twice_changes_nothing_and_keeps_the_rows(
    empty_database_url: str, bus: LocalBus
) -> None:
    await migrate(empty_database_url)
    await put_rows(empty_database_url, bus)

    await migrate(empty_database_url)

    assert await users(empty_database_url) == 1


@pytest.mark.databases("postgresql")
async def test_a_migration_waits_for_another_to_end(empty_database_url: str) -> None:
    await asyncio.gather(migrate(empty_database_url), migrate(empty_database_url))

    assert await differences(empty_database_url) == []


CAMPAIGNS = sa.table(
    "campaigns",
    *(sa.column(name) for name in ("id", "name", "mode", "status", "priority", "trunk", "caller_id")),
    *(sa.column(name) for name in ("ring_seconds", "region", "zone", "language", "max_lead_attempts")),
    *(sa.column(name) for name in ("max_number_attempts_a_day", "wrapup_seconds", "script", "version")),
    *(sa.column(name, Json) for name in ("hours", "closed_on", "retry")),
    *(sa.column(name, sa.Boolean) for name in ("consent_needed", "record")),
    sa.column("created_at", Moment()),
)
OLD_LEADS = sa.table(
    "leads",
    *(sa.column(name) for name in ("campaign_id", "number", "number_raw", "name", "region", "status")),
    *(sa.column(name) for name in ("priority", "attempts")),
    *(sa.column(name, Json) for name in ("zones", "fields")),
    sa.column("consent", sa.Boolean),
    *(sa.column(name, Moment()) for name in ("next_try_at", "created_at")),
)


async def _put_old_leads(url: str) -> None:
    database = Database(url)
    async with database.write() as session:
        named = dict.fromkeys(("trunk", "caller_id", "script"), "") | {"region": "DE", "zone": "UTC"}
        counts = dict.fromkeys(("priority", "max_lead_attempts", "max_number_attempts_a_day"), 0)
        kinds = {"hours": {}, "closed_on": [], "retry": {}, "consent_needed": False, "record": True}
        words = {"name": "Old", "mode": "progressive", "status": "draft", "language": "en"}
        rest = {"id": 1, "ring_seconds": 25, "wrapup_seconds": 30, "version": 1, "created_at": AT}
        await session.execute(sa.insert(CAMPAIGNS).values(**named, **counts, **kinds, **words, **rest))
        for index, (status, attempts, at, zones) in enumerate(
            (
                ("waiting", 0, AT, ["Europe/Berlin"]),
                ("waiting", 2, AT, ["Europe/Berlin"]),
                ("waiting", 1, FAR, ["Europe/Berlin", "UTC"]),
                ("finished", 1, AT, ["Europe/Berlin"]),
            )
        ):
            await session.execute(
                sa.insert(OLD_LEADS).values(
                    campaign_id=1,
                    number=f"+4930{index}",
                    number_raw="",
                    name="",
                    region="DE",
                    status=status,
                    priority=0,
                    attempts=attempts,
                    zones=zones,
                    fields={},
                    consent=False,
                    next_try_at=at,
                    created_at=AT,
                )
            )
    await database.aclose()


async def _leads(url: str) -> list[tuple[str, str, tuple[str, ...]]]:
    database = Database(url)
    async with database.read() as session:
        rows = await session.execute(
            sa.select(Lead.number, Lead.status, LeadCohort.zones)
            .join(LeadCohort, LeadCohort.id == Lead.cohort_id)
            .join(LeadList, LeadList.id == Lead.list_id)
            .order_by(Lead.id)
        )
        found = [(number, str(status), tuple(zones)) for number, status, zones in rows]
    await database.aclose()
    return found


async def test_leads_get_lists_and_cohorts_and_lose_nothing(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    await downgrade(empty_database_url, "0003")
    await _put_old_leads(empty_database_url)

    await migrate(empty_database_url)
    once = await _leads(empty_database_url)
    await downgrade(empty_database_url, "0003")
    await migrate(empty_database_url)

    assert once == [
        ("+49300", "new", ("Europe/Berlin",)),
        ("+49301", "waiting", ("Europe/Berlin",)),
        ("+49302", "later", ("Europe/Berlin", "UTC")),
        ("+49303", "finished", ("Europe/Berlin",)),
    ]
    assert await _leads(empty_database_url) == once
