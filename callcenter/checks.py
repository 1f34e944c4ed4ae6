"""`callcenter check`: is what the settings name there, and is it what we need?"""

import asyncio
import sys
from pathlib import Path
from random import SystemRandom

from sqlalchemy.exc import DBAPIError

from callcenter.ami.connection import AmiError
from callcenter.ami.once import logged_in
from callcenter.config import Settings
from callcenter.dialer.rules import law
from callcenter.migrations.run import differences
from callcenter.provisioning import wanted

PATIENCE_SECONDS = 10.0


async def run(settings: Settings) -> int:
    """Print findings; 0 when there are none, 1 otherwise."""
    findings = [*laws(settings), *await _database(settings), *await _asterisk(settings)]
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if not findings:
        sys.stdout.write("The database and the Asterisk are what they should be.\n")
    return 1 if findings else 0


def laws(settings: Settings) -> list[str]:
    """Jurisdictions of the administrator's own folder that cannot be used."""
    try:
        law.load(Path(settings.jurisdictions) if settings.jurisdictions else None)
    except law.LawError as error:
        return [f"Jurisdictions: {error}."]
    return []


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
    users = wanted.ami_users(settings)
    for address in (users.events, users.actions):
        try:
            async with logged_in(address, random=SystemRandom(), seconds=PATIENCE_SECONDS):
                pass
        except AmiError as error:
            found.append(f"{error}.")
    return found
