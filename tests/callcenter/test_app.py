"""The process as a whole: what it does when its floor ends."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from zoneinfo import ZoneInfo

import pytest

from callcenter.agents.desk import Outside
from callcenter.agents.events import AgentsChanged
from callcenter.agents.queries import SipAccount
from callcenter.ami.connection import AmiAddress
from callcenter.ami.link import AmiUsers
from callcenter.app import House, Telephony
from callcenter.config import AsteriskSettings, Settings
from callcenter.floor import Floor, FloorSettings, LeaseLost
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions
from tests.support.asterisk import until


class Fragile:
    """A lease whose first holding ends with `failure`; those after it last."""

    held = 0

    def __init__(self, failure: Exception | None) -> None:
        self._failure = failure
        self.token = 1

    async def acquire(self) -> None:
        self.held += 1

    async def lost(self) -> None:
        if self._failure is None:
            await asyncio.Event().wait()
        elif not isinstance(self._failure, LeaseLost):
            raise self._failure

    async def release(self) -> None:
        self.held -= 1


@pytest.mark.parametrize("failure", [LeaseLost(), ZeroDivisionError()])
async def test_a_floor_that_was_lost_or_broke_is_made_anew(
    transactions: Transactions, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    leases: list[Fragile] = []

    def make_lease() -> Fragile:
        leases.append(Fragile(None if leases else failure))
        return leases[-1]

    telephony = Telephony(house(transactions, make_lease))
    tasks = Tasks()
    running = tasks.start("test: telephony", telephony.run())
    await until(lambda: len(leases) > 1 and leases[1].held, seconds=20, every=0.02)
    assert not running.done()
    await tasks.aclose()
    with suppress(asyncio.CancelledError):
        await running

    assert [lease.held for lease in leases] == [0, 0]
    assert caplog.records


async def test_phones_that_asterisk_did_not_take_are_given_again(transactions: Transactions) -> None:
    given: list[int] = []

    async def provision(accounts: Sequence[SipAccount]) -> None:
        given.append(len(accounts))
        if len(given) == 1:
            raise ConnectionRefusedError

    at = AmiAddress(host="127.0.0.1", port=1, username="", secret="")
    floor = Floor(
        FloorSettings(
            home_region="DE",
            zone=ZoneInfo("Europe/Berlin"),
            outside=Outside(trunk="carrier", caller_id=""),
            users=AmiUsers(events=at, actions=at),
        ),
        transactions=transactions,
        lease=Fragile(None),
        random=Random(1),  # noqa: S311 - a test's dice
        provision=provision,
    )
    tasks = Tasks()
    running = tasks.start("test: floor", floor.run())
    await asyncio.sleep(0.5)
    transactions.bus.publish(AgentsChanged(at=transactions.clock.now()))
    await until(lambda: len(given) == 2)
    await tasks.aclose()
    with suppress(asyncio.CancelledError):
        await running


def house(transactions: Transactions, make_lease: Callable[[], Fragile]) -> House:
    return House(
        settings=Settings(asterisk=AsteriskSettings(ami_port=1)),
        clock=SystemClock(),
        database=transactions.database,
        bus=transactions.bus,
        make_lease=make_lease,
        transactions=transactions,
        tasks=Tasks(),
    )
