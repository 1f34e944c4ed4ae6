"""Bringing a database to a revision, on SQLite and PostgreSQL alike.

SQLite changes a table by copying it, so foreign keys are off while it does (or the copied table's rows would
cascade away) and are checked afterwards. On PostgreSQL a migration waits a few seconds for its locks and then
gives up, rather than queue the whole house behind it; two processes migrate one after the other.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, NullPool, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine

from callcenter.kernel.db import async_url
from callcenter.tables import every_table

FOLDER = Path(__file__).parent
ONE_AT_A_TIME = 0x63616C6C  # the key of PostgreSQL's advisory lock
LOCK_SECONDS = 5


class BrokenReference(Exception):
    """A migration left rows that point nowhere."""


async def migrate(database_url: str) -> None:
    """Upgrade to the newest revision; nothing happens when it is there already."""
    await _work(database_url, lambda config: command.upgrade(config, "head"))


async def downgrade(database_url: str, revision: str) -> None:
    """Go back to `revision`: a number, `-1` or `base`."""
    await _work(database_url, lambda config: command.downgrade(config, revision))


async def revise(database_url: str, message: str) -> None:
    """Write the next revision: what lies between `database_url`, at the newest one, and our tables."""
    number = sum(1 for _ in ScriptDirectory.from_config(_config()).walk_revisions()) + 1

    def write(config: Config) -> None:
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")

    await _work(database_url, write)


async def differences(database_url: str) -> list[object]:
    """What separates the database from our tables; empty after `migrate`."""
    found: list[object] = []

    def compare(config: Config) -> None:
        connection: Connection = config.attributes["connection"]
        tables = every_table()
        hidden = _indexes_on_expressions(tables) if connection.dialect.name == "sqlite" else frozenset()
        options = {
            "compare_type": True,
            "include_object": lambda _item, name, kind, *_: kind != "index" or name not in hidden,
        }
        found.extend(compare_metadata(MigrationContext.configure(connection, opts=options), tables))

    await _work(database_url, compare)
    return found


def _indexes_on_expressions(tables: MetaData) -> frozenset[str]:
    """Names of the indexes that SQLite cannot show as they are."""
    indexes = (index for table in tables.sorted_tables for index in table.indexes)
    return frozenset(str(i.name) for i in indexes if not all(isinstance(e, Column) for e in i.expressions))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


async def _work(database_url: str, work: Callable[[Config], None]) -> None:
    """Run `work` with a connection in the configuration's attributes, in one transaction and off our loop."""
    await asyncio.to_thread(asyncio.run, _work_here(async_url(database_url), work))


async def _work_here(url: str, work: Callable[[Config], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        event.listen(engine.sync_engine, "connect", _begin_by_hand)
    try:
        async with engine.connect() as connection:
            if sqlite:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
            await connection.run_sync(_with_config, work)
            if sqlite and (broken := (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()):
                raise BrokenReference(str(broken[:10]))
            await connection.commit()
    finally:
        await engine.dispose()


def _with_config(connection: Connection, work: Callable[[Config], None]) -> None:
    config = _config()
    config.attributes["connection"] = connection
    work(config)


def _begin_by_hand(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None
