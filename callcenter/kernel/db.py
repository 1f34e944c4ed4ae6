"""The database: SQLite by default, PostgreSQL by URL. Portable types only.

SQLite has one writer: transactions that write are queued in the process (`_writer`) and begin IMMEDIATE, so
that a second process meets `busy_timeout` instead of a deadlock between two upgraded readers.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

import aiosqlite
from sqlalchemy import JSON, DateTime, MetaData, String, TypeDecorator, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase
from typing_extensions import override

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """Aware UTC with microseconds on both databases (SQLite has no zones: stored naive, read aware)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")

# compared by code point on both databases, so that a prefix is a range: p <= term < p + U+10FFFF
Term = String().with_variant(String(collation="C"), "postgresql")


class Base(DeclarativeBase):
    """The declarative base of every table; relationships are lazy="raise" by house rule."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Moment(), dict[str, Any]: Json, list[Any]: Json}  # noqa: RUF012


def is_refused(error: BaseException) -> bool:
    """Has the database refused these very values? The same again will be refused again."""
    if isinstance(error, OverflowError | DataError | IntegrityError):  # an integer that SQLite cannot hold
        return True
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    # asyncpg finds some wrong values before it sends them
    return state.startswith(("22", "23")) or isinstance(error.orig.__cause__, ValueError)


def is_away(error: BaseException) -> bool:
    """Is the database out of reach or out of order? The same again may succeed later."""
    return isinstance(error, DBAPIError | PoolTimeout | OSError | TimeoutError) and not is_refused(error)


def async_url(url: str) -> str:
    """The URL with the asyncio driver that we ship."""
    if url.startswith("sqlite://"):
        return url.replace("sqlite://", "sqlite+aiosqlite://", 1)
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+asyncpg://" + url.removeprefix(prefix)
    return url


def _tune_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "cache_size=-65536",
        "mmap_size=268435456",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def _open_sqlite(*words: Any, **options: Any) -> aiosqlite.Connection:
    """A refused file leaves no thread of the driver behind: it would speak to a loop that may have ended."""
    connection = aiosqlite.connect(*words, **options)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does with those it opens itself
    try:
        return await connection
    except BaseException:
        connection._thread.join()  # noqa: SLF001 - it was told to stop, and has nothing else to do
        raise


class Database:
    """One engine, two ways in: `read()` for queries, `write()` for a unit of work."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = async_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        options: dict[str, Any] = {"hide_parameters": True}  # values are personal data
        if self.is_sqlite:
            options["connect_args"] = {"async_creator_fn": _open_sqlite}
        else:
            options |= {"pool_size": pool_size, "pool_pre_ping": True}
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _tune_sqlite)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._writer = asyncio.Lock() if self.is_sqlite else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading; nothing it changes is kept, and rows stay as they were read."""
        async with self._sessions() as session:
            if self.is_sqlite:
                await (await session.connection()).exec_driver_sql("BEGIN")
            try:
                yield session
            finally:
                session.expunge_all()
                await session.rollback()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One unit of work: committed at the end, rolled back by any exception."""
        async with self._writer or nullcontext(), self._sessions() as session:
            if self.is_sqlite:
                await (await session.connection()).exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield session
                await session.commit()
            except BaseException:
                await session.rollback()
                raise

    async def aclose(self) -> None:
        await self.engine.dispose()
