"""Queues and numbers reach Asterisk by themselves, and it is known whether they have."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from callcenter.ami.link import AmiLink
from callcenter.ami.simulator.service import Simulator
from callcenter.ami.simulator.timeline import LiveTimeline
from callcenter.config import AsteriskSettings, Settings, TrunkSettings
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions
from callcenter.pbx.readback import Problem
from callcenter.pbx.seen import Seen, last_seen
from callcenter.provisioning.keeper import Keeper
from callcenter.queues.service import QueueSettings, add_number, create_queue, remove_number
from tests.support.people import acting

ADMIN = acting(Role.ADMINISTRATOR)
NUMBER = "+74955550101"
Settled = Callable[[], Awaitable[Seen]]


class Switchyard:
    """A simulated Asterisk that reads its files at a reload, and the keeper of its folder."""

    def __init__(self, folder: Path, transactions: Transactions) -> None:
        dice = random.Random(7)  # noqa: S311 - seeded
        self.folder = folder
        self.transactions = transactions
        self.simulator = Simulator(timeline=LiveTimeline(SystemClock()), random=dice, numbers={})
        self.simulator.rest.on_reload = self._read
        self.deaf = False
        self.tasks = Tasks()
        self.link: AmiLink | None = None

    async def start(self) -> None:
        await self.simulator.start()
        self.simulator.rest.objects["aor", "carrier"] = {"contact": "sip:sip.example.com:5060"}
        self.simulator.rest.objects["endpoint", "carrier"] = {}
        self.link = AmiLink(
            self.simulator.users,
            sink=lambda _fact: None,
            clock=SystemClock(),
            random=random.Random(8),  # noqa: S311 - seeded
        )
        self.tasks.spawn("link", self.link.run())
        await self.link.wait_live()

    async def stop(self) -> None:
        await self.tasks.aclose()
        await self.simulator.stop()

    def write_the_rest(self) -> None:
        """As `callcenter pbx write` does before Asterisk is ever started."""
        (self.folder / "etc").mkdir(parents=True)
        (self.folder / "etc/asterisk.conf").touch()

    def keeper(self, *, folder: bool = True) -> Keeper:
        url, user, password = self.simulator.ari
        asterisk = AsteriskSettings(ari_url=url, ari_user=user, ari_password=password)
        settings = Settings(
            pbx_folder=str(self.folder) if folder else "",
            trunks={"carrier": TrunkSettings(host="sip.example.com")},
            asterisk=asterisk,
        )
        return Keeper(settings, self.transactions)

    async def settle(self, *, folder: bool = True) -> Seen:
        assert self.link is not None
        return await self.keeper(folder=folder).settle(self.link.actions)

    async def seen(self) -> Seen | None:
        async with self.transactions.read() as session:
            return await last_seen(session)

    async def _read(self, _module: str) -> None:
        """What a real one would take from the files."""
        if self.deaf:
            return
        etc = self.folder / "etc"
        numbers, queues = await asyncio.gather(
            *(asyncio.to_thread((etc / name).read_text) for name in ("numbers.conf", "queues.conf"))
        )
        found = re.findall(r"^exten => (\d+),1,Set\(CC_QUEUE=(.+)\)\n.*CC_LANG=(.+)\)", numbers, re.MULTILINE)
        names = re.findall(r"^\[([a-z0-9-]+)\]\(queue\)", queues, re.MULTILINE)
        self.simulator.teach({digits: (queue, language) for digits, queue, language in found}, names)


@pytest.fixture
async def yard(tmp_path: Path, transactions: Transactions) -> AsyncIterator[Switchyard]:
    made = Switchyard(tmp_path / "pbx", transactions)
    await made.start()
    async with transactions.begin(ADMIN) as tx:
        await create_queue(tx, "support", QueueSettings(title="Support"))
        await add_number(tx, NUMBER, "support", "ru", "RU")
    yield made
    await made.stop()


async def test_rows_are_written_read_and_read_back(yard: Switchyard) -> None:
    yard.write_the_rest()

    seen = await yard.settle()

    assert (seen.problem, seen.detail) == (Problem.NONE, "")
    assert seen.has_number(NUMBER, "support", "ru")
    assert seen.has_queue("support")
    assert seen.present.version == "22.0.0-simulated"
    assert await yard.seen() == seen


async def test_only_what_changed_is_read_again(yard: Switchyard) -> None:
    yard.write_the_rest()
    await yard.settle()
    yard.simulator.rest.reloaded.clear()
    await yard.settle()
    idle = list(yard.simulator.rest.reloaded)

    async with yard.transactions.begin(ADMIN) as tx:
        await remove_number(tx, NUMBER)
    seen = await yard.settle()

    assert idle == []
    assert yard.simulator.rest.reloaded == ["pbx_config"]
    assert (seen.problem, dict(seen.present.numbers)) == (Problem.NONE, {})


async def test_a_reload_that_failed_is_made_up_for_by_the_next_process(yard: Switchyard) -> None:
    yard.write_the_rest()
    password = yard.simulator.rest._expected
    yard.simulator.rest._expected = "other"
    refused = await yard.settle()
    yard.simulator.rest._expected = password

    seen = await yard.settle()

    assert refused.problem is Problem.REFUSED
    assert "401" in refused.detail
    assert seen.problem is Problem.NONE


async def test_an_asterisk_that_says_success_and_reads_nothing_is_found_out(yard: Switchyard) -> None:
    yard.write_the_rest()
    yard.deaf = True

    seen = await yard.settle()

    assert seen.problem is Problem.DIFFERS
    assert seen.detail == "number 74955550101, queue support"


async def test_one_that_was_replaced_is_told_again(yard: Switchyard) -> None:
    yard.write_the_rest()
    await yard.settle()
    yard.simulator.teach({}, ())

    seen = await yard.settle()

    assert seen.problem is Problem.NONE


@pytest.mark.parametrize(("folder", "problem"), [(False, Problem.NO_FOLDER), (True, Problem.NOT_WRITTEN)])
async def test_a_folder_that_is_not_ours_or_empty_is_left_alone(
    yard: Switchyard, folder: bool, problem: Problem
) -> None:
    seen = await yard.settle(folder=folder)

    assert seen.problem is problem
    assert not (yard.folder / "etc").exists()
    assert yard.simulator.rest.reloaded == []


async def test_somebody_elses_asterisk_that_has_everything_agrees(yard: Switchyard) -> None:
    yard.simulator.teach({"74955550101": ("support", "ru")}, ["support"])

    seen = await yard.settle(folder=False)

    assert seen.problem is Problem.NONE


async def test_a_folder_that_cannot_be_written_is_named(yard: Switchyard) -> None:
    yard.write_the_rest()
    (yard.folder / "etc/numbers.conf").mkdir()

    seen = await yard.settle()

    assert seen.problem is Problem.CANNOT_WRITE
    assert "numbers.conf" in seen.detail


async def test_while_asterisk_is_away_it_has_what_it_had(yard: Switchyard) -> None:
    yard.write_the_rest()
    before = await yard.settle()
    await yard.simulator.stop()

    seen = await yard.settle()

    assert seen.problem is Problem.AWAY
    assert seen.present == before.present


async def test_a_change_in_settings_is_carried_out_by_itself(yard: Switchyard) -> None:
    yard.write_the_rest()
    assert yard.link is not None
    yard.tasks.spawn("keeper", yard.keeper().run(yard.link, again_seconds=0.05))
    await until(yard, lambda seen: seen.has_queue("support"))

    async with yard.transactions.begin(ADMIN) as tx:
        await create_queue(tx, "sales", QueueSettings(title="Sales"))

    await until(yard, lambda seen: seen.has_queue("sales"))


async def test_it_is_tried_again_until_asterisk_agrees(yard: Switchyard) -> None:
    yard.write_the_rest()
    yard.deaf = True
    assert yard.link is not None
    yard.tasks.spawn("keeper", yard.keeper().run(yard.link, again_seconds=0.05))
    await until(yard, lambda seen: seen.problem is Problem.DIFFERS)

    yard.deaf = False

    await until(yard, lambda seen: seen.problem is Problem.NONE)


async def until(yard: Switchyard, there: Callable[[Seen], bool]) -> None:
    """What is kept in the row has no event of its own."""
    async with asyncio.timeout(5):
        while (seen := await yard.seen()) is None or not there(seen):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
