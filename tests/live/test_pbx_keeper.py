"""A real Asterisk takes what rows and settings say, by the rights there are, and tells what it has."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.ami.connection import AmiConnection
from callcenter.ami.once import logged_in
from callcenter.ami.provision import Provisioner, Reconciled
from callcenter.ami.reload import NotReloaded, Reloader
from callcenter.config import Settings, TrunkSettings
from callcenter.kernel.auth import Role
from callcenter.kernel.tx import Transactions
from callcenter.pbx.config import PbxConfig, Trunk
from callcenter.pbx.instance import Instance
from callcenter.pbx.plan import pbx_plan
from callcenter.pbx.readback import Problem, Target
from callcenter.provisioning import wanted
from callcenter.provisioning.keeper import Keeper
from callcenter.queues.service import QueueSettings, add_number, create_queue, edit_number, remove_number
from tests.support.asterisk import asterisk, free_ports, users
from tests.support.people import acting

ADMIN = acting(Role.ADMINISTRATOR)
NUMBER = "+74955550101"


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Instance]:
    """Started with nothing in it."""
    empty = pbx_plan(PbxConfig(queues=(), numbers=(), trunks=()))
    made = Instance("pbx", tmp_path / "pbx", asterisk(), free_ports("pbx"), empty)
    await made.start()
    yield made
    await made.stop()


@asynccontextmanager
async def actions(pbx: Instance) -> AsyncIterator[AmiConnection]:
    dice = random.Random(1)  # noqa: S311 - jitter of reconnections
    async with logged_in(users(pbx).actions, random=dice, seconds=5) as connection:
        yield connection


def settings(pbx: Instance, **trunks: TrunkSettings) -> Settings:
    return wanted.complete(
        Settings(
            pbx_folder=str(pbx.folder),
            pbx_sip_port=pbx.ports.sip,
            pbx_ami_port=pbx.ports.ami,
            pbx_http_port=pbx.ports.http,
            pbx_rtp_port=pbx.ports.rtp,
            pbx_rtp_last_port=pbx.ports.rtp_end,
            trunks=trunks,
        )
    )


async def test_queues_numbers_and_trunks_come_change_and_go(
    own: Instance, transactions: Transactions
) -> None:
    line = TrunkSettings(host="127.0.0.1", port=5998, username="shop", password="s3cret")
    async with actions(own) as connection:
        keeper = Keeper(settings(own, carrier=line), transactions)
        at_first = await keeper.settle(connection)
        async with transactions.begin(ADMIN) as tx:
            await create_queue(tx, "support", QueueSettings(title="Support"))
            await create_queue(tx, "q" + "x" * 63, QueueSettings(title="A long name"))
            await add_number(tx, NUMBER, "support", "en", "RU")
        there = await keeper.settle(connection)
        async with transactions.begin(ADMIN) as tx:
            await edit_number(tx, NUMBER, "support", "ru")
        changed = await keeper.settle(connection)
        async with transactions.begin(ADMIN) as tx:
            await remove_number(tx, NUMBER)
        gone = await keeper.settle(connection)
        elsewhere = Keeper(settings(own, city=TrunkSettings(host="127.0.0.1", port=5997)), transactions)
        moved = await elsewhere.settle(connection)

    assert [s.problem for s in (at_first, there, changed, gone, moved)] == [Problem.NONE] * 5
    assert at_first.present.version.startswith(own.asterisk.name.split(".")[0])
    assert dict(there.present.numbers) == {"74955550101": Target("support", "en")}
    assert there.present.queues == {"support", "q" + "x" * 63}
    assert dict(changed.present.numbers) == {"74955550101": Target("support", "ru")}
    assert dict(gone.present.numbers) == {}
    assert dict(at_first.present.trunks) == {"carrier": "sip:127.0.0.1:5998"}
    assert dict(moved.present.trunks) == {"city": "sip:127.0.0.1:5997"}


async def test_a_file_that_asterisk_cannot_read_is_found_out(
    own: Instance, transactions: Transactions
) -> None:
    async with transactions.begin(ADMIN) as tx:
        await create_queue(tx, "support", QueueSettings(title="Support"))
        await add_number(tx, NUMBER, "support", "en", "RU")
    theirs = pbx_plan(PbxConfig(queues=(), numbers=(), trunks=(Trunk(name="old", host="127.0.0.1"),)))
    async with actions(own) as connection:
        known = settings(own)
        reloader = Reloader(connection, known.asterisk.ari_url, "callcenter", own.secrets.ari)
        own.configure(replace(theirs))
        (own.folder / "etc/pjsip.conf").write_text("[broken\nnothing")
        await reloader.reload(("res_pjsip",))
        present = await reloader.present()
        seen = await Keeper(replace_folder(known, ""), transactions).settle(connection)

    assert "old" not in present.trunks
    assert seen.problem is Problem.NO_FOLDER
    assert seen.detail == "number 74955550101, queue support"


def replace_folder(known: Settings, folder: str) -> Settings:
    return Settings(pbx_folder=folder, asterisk=known.asterisk)


async def test_a_wrong_password_and_an_unknown_module_are_said(own: Instance) -> None:
    url = settings(own).asterisk.ari_url
    async with actions(own) as connection:
        with pytest.raises(NotReloaded, match="401"):
            await Reloader(connection, url, "callcenter", "wrong").reload(("app_queue",))
        with pytest.raises(NotReloaded, match="404"):
            await Reloader(connection, url, "callcenter", own.secrets.ari).reload(("nonsense",))
        nobody = Reloader(connection, "http://127.0.0.1:1/ari", "callcenter", "x")
        with pytest.raises(NotReloaded, match="does not answer"):
            await nobody.reload(("app_queue",))


async def test_the_first_phone_comes_into_an_asterisk_that_has_no_endpoint_at_all(own: Instance) -> None:
    provisioner = Provisioner(settings(own).asterisk.ari_url, "callcenter", own.secrets.ari)
    account = SipAccount(
        agent_id=7, name="agent7", secret="s3cret", phone=PhoneKind.SIP, leg_mode=LegMode.NAILED
    )

    before = await provisioner.present()
    done = await provisioner.reconcile([account])

    assert before == frozenset()
    assert done == Reconciled(written=(7,), removed=())
