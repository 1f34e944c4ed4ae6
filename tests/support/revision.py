"""`make revision m="what changed"`: the next migration, from the difference to the tables.

Compared on a PostgreSQL made for the occasion, because SQLite cannot show indexes on expressions.
"""

import asyncio
import sys

from callcenter.migrations.run import FOLDER, migrate, revise
from tests.support.postgres import running_postgres


async def write(url: str, message: str) -> None:
    """Compare a database at the newest revision with the tables."""
    await migrate(url)
    await revise(url, message)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit('Say what changed: make revision m="campaigns have a colour"')
    with running_postgres() as cluster:
        asyncio.run(write(cluster.create("revision"), sys.argv[1].strip()))
    sys.stdout.write(f"Read it before you commit it: {FOLDER / 'versions'}\n")
