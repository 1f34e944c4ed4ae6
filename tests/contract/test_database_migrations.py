"""Migrations lead to exactly our tables, on both databases, there and back, with rows in."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from callcenter.kernel.auth import Role, Session, User, create_user
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database
from callcenter.kernel.tx import Transactions, system_actor
from callcenter.migrations.run import differences, downgrade, migrate

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


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
