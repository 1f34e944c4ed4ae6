"""The service starts where something is missing, and ends when it is told to."""

import asyncio
import signal
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from callcenter.ami.connection import AmiAddress
from callcenter.ami.message import Headers
from tests.support.ami_peer import Peer, listening
from tests.support.asterisk import until
from tests.support.programs import end, free_port
from tests.support.service import Service

NOWHERE = "1"  # a port that nobody listens on


@pytest.fixture
def migrated(sqlite_template: Path, tmp_path: Path) -> Path:
    """A database with every table and nobody in it."""
    path = tmp_path / "service.db"
    with sqlite3.connect(sqlite_template) as source, sqlite3.connect(path) as target:
        source.backup(target)
    return path


def service(folder: Path, database_url: str, **settings: str) -> Service:
    usual = {"CALLCENTER_DATABASE_URL": database_url, "CALLCENTER_ASTERISK__AMI_PORT": NOWHERE}
    return Service(folder, usual | settings, "web,telephony,worker", free_port())


async def ended(one: Service, seconds: float = 20.0) -> tuple[int, str]:
    """The exit code and all that was said."""
    process = one.process
    assert process is not None
    try:
        await until(lambda: process.poll() is not None, seconds=seconds)
    finally:
        end(process, signal.SIGKILL)
    return int(process.returncode), one.log.read_text()


async def launched(one: Service) -> tuple[int, str]:
    one.roles = "telephony,worker"
    await one.start()
    return await ended(one)


def refusing(peer: Peer, action: Headers) -> None:
    peer.reply(action, "Error", "Message: Authentication failed")


async def test_an_asterisk_that_refuses_us_ends_the_start_with_a_sentence(
    migrated: Path, tmp_path: Path
) -> None:
    async with listening(refusing) as (_, address):
        code, said = await launched(at(address, migrated, tmp_path))

    assert code == 1
    assert f"Asterisk at 127.0.0.1:{address.port} refuses the AMI user" in said
    assert "Traceback" not in said


def at(address: AmiAddress, migrated: Path, folder: Path) -> Service:
    return service(folder, f"sqlite:///{migrated}", CALLCENTER_ASTERISK__AMI_PORT=str(address.port))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CALLCENTER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "the database does not serve"),
        ({"CALLCENTER_DATABASE_URL": "sqlite:///{folder}/empty.db"}, "no such table"),
        ({"CALLCENTER_REDIS_URL": "redis://127.0.0.1:1/0"}, "Redis cannot be reached"),
    ],
)
async def test_what_is_not_there_ends_the_start_with_a_sentence(
    migrated: Path, tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    given = {name: value.format(folder=tmp_path) for name, value in settings.items()}
    url = given.pop("CALLCENTER_DATABASE_URL", f"sqlite:///{migrated}")

    code, said = await launched(service(tmp_path, url, **given))

    assert code == 1
    assert sentence in said
    assert "Traceback" not in said


async def test_without_asterisk_the_pages_open_and_ctrl_c_ends_all_within_seconds(
    migrated: Path, tmp_path: Path
) -> None:
    one = service(tmp_path, f"sqlite:///{migrated}")
    await one.start()
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{one.address}/login") as answer:
            assert answer.status == 200
        await asyncio.sleep(2)
        process = one.process
        assert process is not None
        assert process.poll() is None
        assert "no AMI connection" in one.log.read_text()
        process.send_signal(signal.SIGINT)
        code, said = await ended(one, seconds=6)
    finally:
        one.kill()

    assert code == 0
    assert "Traceback" not in said
