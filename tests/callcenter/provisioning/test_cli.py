"""`callcenter pbx write`: what it writes, shows and says."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.kernel.auth import Role
from callcenter.kernel.tx import Transactions
from callcenter.pbx.modules import ALL
from callcenter.queues.service import QueueSettings, add_number, create_queue
from tests.support.people import acting

HOUSE = Path(__file__).parents[3]
TRUNK = {
    "CALLCENTER_TRUNKS__CARRIER__HOST": "sip.example.com",
    "CALLCENTER_TRUNKS__CARRIER__USERNAME": "shop",
    "CALLCENTER_TRUNKS__CARRIER__PASSWORD": "s3cret",
}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    """An Asterisk that is there and says its version, as `pbx.fetch` keeps one."""
    tree = tmp_path / "cache/callcenter/asterisk-22.1.2"
    for name, said in (("ld.so", "Asterisk 22.1.2"), ("sbin/asterisk", "")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(f"#!/bin/sh\necho {said}\n")
        (tree / name).chmod(0o755)
    (tree / "modules").mkdir()
    for module in ALL:
        (tree / "modules" / f"{module}.so").touch()
    return tmp_path / "cache"


@pytest.fixture
def callcenter(tmp_path: Path, database_url: str, cached: Path) -> Run:
    """The command, as a person types it."""

    def run(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "XDG_CACHE_HOME": str(cached),
            "PYTHONPATH": str(HOUSE),
            "CALLCENTER_DATABASE_URL": database_url,
            "CALLCENTER_PBX_FOLDER": str(tmp_path / "pbx"),
            **TRUNK,
            **changes,
        }
        return subprocess.run(  # noqa: S603 - ours
            [sys.executable, "-m", "callcenter", *words],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=60,
        )

    return run


async def add_line(transactions: Transactions) -> None:
    async with transactions.begin(acting(Role.ADMINISTRATOR)) as tx:
        await create_queue(tx, "support", QueueSettings(title="Support"))
        await add_number(tx, "+74955550101", "support", "en", "RU")


async def test_everything_is_written_once_and_passwords_are_kept(
    tmp_path: Path, transactions: Transactions, callcenter: Run
) -> None:
    await add_line(transactions)

    first = callcenter("pbx", "write")
    secrets = (tmp_path / "pbx/secrets.json").read_text()
    again = callcenter("pbx", "write")

    etc = tmp_path / "pbx/etc"
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "queues: 1, numbers: 1, trunks: carrier (sip:sip.example.com:5060)" in first.stdout
    assert f"-C {etc}/asterisk.conf -f -n" in first.stdout
    assert "are as they should be" in again.stdout
    assert (tmp_path / "pbx/secrets.json").read_text() == secrets
    assert "exten => 74955550101,1,Set(CC_QUEUE=support)" in (etc / "numbers.conf").read_text()
    assert "password=s3cret" in (etc / "pjsip.conf").read_text()
    assert stat.S_IMODE((etc / "pjsip.conf").stat().st_mode) == 0o600


async def test_a_look_writes_nothing_and_shows_no_password(
    tmp_path: Path, transactions: Transactions, callcenter: Run
) -> None:
    before = callcenter("pbx", "write", "--diff")
    untouched = not (tmp_path / "pbx").exists()
    callcenter("pbx", "write")
    same = callcenter("pbx", "write", "--diff")
    await add_line(transactions)
    changed = callcenter("pbx", "write", "--diff")
    secret = callcenter("pbx", "write", "--diff", CALLCENTER_TRUNKS__CARRIER__PASSWORD="other")

    assert (before.returncode, same.returncode, changed.returncode) == (3, 0, 3)
    assert untouched
    assert "+[support](queue)" in changed.stdout
    assert "+exten => 74955550101,1,Set(CC_QUEUE=support)" in changed.stdout
    assert "s3cret" not in before.stdout
    assert "other" not in secret.stdout
    assert "pjsip.conf: only a password would change" in secret.stdout


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"CALLCENTER_PBX_FOLDER": ""}, 2, "pbx_folder is not set"),
        ({"CALLCENTER_PBX_FOLDER": "/proc/nothing"}, 1, "/proc/nothing"),
        ({"CALLCENTER_TRUNKS__CARRIER__HOST": "a;b"}, 1, "cannot be used as a trunk setting"),
        ({"CALLCENTER_TRUNKS__CARRIER__HOTS": "a"}, 2, "hots"),
        ({"CALLCENTER_DATABASE_URL": "sqlite:////nowhere/x.db"}, 1, "database"),
        ({"CALLCENTER_PBX_AMI_TLS_PORT": "5039"}, 2, "pbx_certificate"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    callcenter: Run, changes: dict[str, str], code: int, said: str
) -> None:
    done = callcenter("pbx", "write", **changes)

    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert said in done.stderr


def test_a_reload_without_an_asterisk_says_where_it_looked(callcenter: Run) -> None:
    done = callcenter("pbx", "reload", CALLCENTER_PBX_AMI_PORT="1")

    assert done.returncode == 1
    assert "No Asterisk answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
