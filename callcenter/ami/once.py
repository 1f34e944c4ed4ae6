"""One AMI session for one errand, as commands need it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random

from callcenter.ami.connection import AmiAddress, AmiConnection, AmiDown, AmiError


@asynccontextmanager
async def logged_in(address: AmiAddress, *, random: Random, seconds: float) -> AsyncIterator[AmiConnection]:
    """Logged in for the time of the block. `AmiLoginRefused`, or `AmiDown` when nobody answers in time."""
    connection = AmiConnection(address, random=random)
    running = asyncio.ensure_future(connection.run())  # noqa: TID251 - both end with this block
    waiting = asyncio.ensure_future(connection.wait_up())  # noqa: TID251
    try:
        await asyncio.wait((running, waiting), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        if not waiting.done():
            where = f"{address.host}:{address.port}"
            raise AmiDown(f"No Asterisk answers at {where} (AMI user {address.username})")
        yield connection
    finally:
        for task in (waiting, running):
            task.cancel()
            with suppress(asyncio.CancelledError, AmiError):
                await task
