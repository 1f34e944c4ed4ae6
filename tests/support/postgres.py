"""One PostgreSQL cluster for a test session, on loopback, without durability, thrown away at the end."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from callcenter.kernel.db import async_url
from callcenter.tables import every_table
from tests.support import programs

_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "Asia/Kolkata",  # not UTC, so that a test notices who forgets the zone
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running cluster. A test's database is a copy of a template, so it costs milliseconds."""

    port: int

    def url(self, name: str) -> str:
        return f"postgresql://callcenter@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        """A new database; returns its URL."""
        _apart(self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'))
        return self.url(name)

    def drop(self, name: str) -> None:
        _apart(self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def prepare(self, name: str) -> None:
        """A database with every table, to be copied."""
        self.create(name)
        _apart(_make_tables(self.url(name), every_table()))

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"), timeout=10)
        try:
            await connection.execute(statement, timeout=30)
        finally:
            await connection.close(timeout=10)


async def _make_tables(url: str, tables: MetaData) -> None:
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(tables.create_all)
    await engine.dispose()


def _apart(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own in another thread: fixtures leave the test's loop alone."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A fresh cluster for the length of the block."""
    places = "/usr/lib/postgresql/*/bin"
    initdb = programs.find("initdb", "postgresql", places)
    server = programs.find("postgres", "postgresql", places)
    user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="cc-postgres-", dir=_fastest_folder()))
    cluster, log = folder / "cluster", folder / "log"
    try:
        if user is not None:
            shutil.chown(folder, user, user)
        making = ["-U", "callcenter", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
        if programs.start([initdb, "-D", cluster, *making], log=log, user=user).wait(60) != 0:
            raise RuntimeError(f"initdb failed:\n{log.read_text()}")
        port = programs.free_port()
        options = [f"-c{key}={value}" for key, value in _FAST.items()]
        process = programs.start(
            [server, "-D", cluster, "-p", str(port), "-k", folder, *options], log=log, user=user
        )
        try:
            _wait_until_ready(Postgres(port), process, log)
            yield Postgres(port)
        finally:
            programs.end(process, signal.SIGINT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fastest_folder() -> Path | None:
    """Memory where there is enough of it: a copied database is hundreds of small files."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder inside it is made by mkdtemp
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3
    return memory if roomy else None


def _wait_until_ready(postgres: Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            _apart(postgres._run("SELECT 1"))
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
