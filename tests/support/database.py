"""A database with every table for one test: SQLite always, PostgreSQL where the test asks for both."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine

from callcenter.tables import every_table
from tests.support.postgres import Postgres

TEMPLATE = "callcenter_template"


def make_sqlite_template(path: Path) -> Path:
    """An SQLite file with every table, to be copied."""
    engine = create_engine(f"sqlite:///{path}")
    every_table().create_all(engine)
    engine.dispose()
    return path


@contextmanager
def sqlite_copy(template: Path, folder: Path) -> Iterator[str]:
    """The URL of a fresh copy."""
    path = folder / "callcenter.sqlite"
    shutil.copy(template, path)
    yield f"sqlite:///{path}"


@contextmanager
def postgres_copy(postgres: Postgres, template: str = TEMPLATE) -> Iterator[str]:
    """The URL of a fresh database, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    yield postgres.create(name, template)
    postgres.drop(name)
