"""Who may own the floor: one holder at a time, proved by a growing fencing number."""

import asyncio
from typing import Protocol


class Lease(Protocol):
    """Held by at most one process. Losing it must end what it guards."""

    @property
    def token(self) -> int:
        """The fencing number of the present holding; grows with every new holder."""

    async def acquire(self) -> None:
        """Wait until this process holds the lease."""

    async def lost(self) -> None:
        """Return when the lease is held no longer."""

    async def release(self) -> None:
        """Give it up so that another may take it at once."""


class LocalLease:
    """The only process always holds it."""

    token = 1

    async def acquire(self) -> None:
        return

    async def lost(self) -> None:
        await asyncio.Event().wait()

    async def release(self) -> None:
        return
