"""What Alembic runs: `run.py` hands it an open connection, it compares and migrates on that."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from callcenter.kernel.db import Json, Moment, Term
from callcenter.tables import every_table

KERNEL_TYPES = {id(Json): "Json", id(Term): "Term"}


def kernel_type(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Columns of the kernel's types are written by their names; False leaves the rest to Alembic."""
    if kind != "type":
        return False
    name = "Moment" if isinstance(item, Moment) else KERNEL_TYPES.get(id(item))
    if name is None:
        return False
    autogen.imports.add(f"from callcenter.kernel.db import {name}")
    return f"{name}()" if name == "Moment" else name


def migrate(connection: Connection) -> None:
    """One transaction for all steps: a database is at the old revision or at the new one."""
    context.configure(
        connection=connection,
        target_metadata=every_table(),
        render_as_batch=True,  # SQLite changes a table by copying it
        transactional_ddl=True,
        compare_type=True,
        render_item=kernel_type,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate(context.config.attributes["connection"])
