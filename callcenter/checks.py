"""`callcenter check`: is what the settings name there, and is it what we need?"""

import asyncio
import sys
from contextlib import suppress
from random import SystemRandom

from sqlalchemy.exc import DBAPIError

from callcenter.ami.connection import AmiAddress, AmiConnection, AmiError, tls_context
from callcenter.config import Settings
from callcenter.migrations.run import differences

PATIENCE_SECONDS = 10.0


async def run(settings: Settings) -> int:
    """Print findings; 0 when there are none, 1 otherwise."""
    findings = [*await _database(settings), *await _asterisk(settings)]
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if not findings:
        sys.stdout.write("The database and the Asterisk are what they should be.\n")
    return 1 if findings else 0


async def _database(settings: Settings) -> list[str]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await differences(settings.database_url)
    except (OSError, TimeoutError, DBAPIError) as error:
        return [f"The database cannot be reached: {error}."]
    if found:
        return [
            f"The database is not at the newest revision ({len(found)} differences): run callcenter migrate."
        ]
    return []


async def _asterisk(settings: Settings) -> list[str]:
    found = []
    asterisk = settings.asterisk
    tls = tls_context(asterisk.ami_ca or None) if asterisk.ami_tls else None
    for user, secret in (
        (asterisk.events_user, asterisk.events_secret),
        (asterisk.actions_user, asterisk.actions_secret),
    ):
        address = AmiAddress(
            host=asterisk.host, port=asterisk.ami_port, username=user, secret=secret, tls=tls
        )
        connection = AmiConnection(address, random=SystemRandom())
        running = asyncio.ensure_future(connection.run())  # noqa: TID251 - ended three lines below
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                waiting = asyncio.ensure_future(connection.wait_up())  # noqa: TID251 - awaited here
                await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            if running.done():
                found.append(f"{running.exception()}.")
        except TimeoutError:
            found.append(f"No Asterisk answers at {asterisk.host}:{asterisk.ami_port} (AMI user {user}).")
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError, AmiError):
                await running
    return found
