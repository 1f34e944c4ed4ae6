"""The process as a whole: what it does when its floor ends."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from callcenter.app import House, Telephony
from callcenter.config import AsteriskSettings, Settings
from callcenter.floor import LeaseLost
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
