"""One holder at a time, whatever keeps the lease."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from callcenter.kernel.lease import Lease, LocalLease, RedisLease
from tests.support.redis import RedisServer

SECONDS = 1.0

MakeLease = Callable[[], RedisLease]


@pytest.fixture(params=["local", "redis"])
async def lease(request: pytest.FixtureRequest) -> AsyncIterator[Lease]:
    made: Lease = (
        LocalLease()
        if request.param == "local"
        else RedisLease(request.getfixturevalue("redis_url"), "floor", seconds=SECONDS)
    )
    yield made
    await made.release()


@pytest.fixture
async def leases(own_redis: RedisServer) -> AsyncIterator[MakeLease]:
    """As many candidates as a test wants, on a Redis it may kill."""
    async with AsyncExitStack() as stack:

        def make() -> RedisLease:
            made = RedisLease(own_redis.url, "floor", seconds=SECONDS)
            stack.push_async_callback(made.release)
            return made

        yield make


async def soon(work: Awaitable[None]) -> None:
    await asyncio.wait_for(work, 15)


async def does_not_happen(work: Awaitable[None], seconds: float) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(work, seconds)


async def test_a_free_lease_is_acquired(lease: Lease) -> None:
    await soon(lease.acquire())

    assert lease.token > 0


async def test_a_held_lease_is_kept_longer_than_it_lives(lease: Lease) -> None:
    await soon(lease.acquire())

    await does_not_happen(lease.lost(), SECONDS * 2)


async def test_a_second_candidate_waits_for_the_release(leases: MakeLease) -> None:
    first, second = leases(), leases()
    await soon(first.acquire())

    await does_not_happen(second.acquire(), SECONDS * 2)
    await first.release()
    await soon(second.acquire())

    assert second.token > first.token
    await soon(first.lost())


async def test_a_released_lease_may_be_acquired_again(leases: MakeLease) -> None:
    only = leases()
    await soon(only.acquire())
    before = only.token

    await only.release()
    await soon(only.acquire())

    assert only.held
    assert only.token > before


async def test_a_holder_that_redis_does_not_hear_gives_up_before_another_may_take_it(
    own_redis: RedisServer, leases: MakeLease
) -> None:
    first = leases()
    await soon(first.acquire())

    await asyncio.to_thread(own_redis.kill)
    await soon(first.lost())
    await asyncio.to_thread(own_redis.start)
    second = leases()
    await soon(second.acquire())

    assert second.token > first.token, "though Redis came back without its contents"
    assert not first.held


async def test_a_short_restart_of_redis_takes_the_lease_from_nobody(
    own_redis: RedisServer, leases: MakeLease
) -> None:
    first, second = leases(), leases()
    await soon(first.acquire())
    waiting = asyncio.get_running_loop().create_task(second.acquire())

    await asyncio.to_thread(own_redis.kill)
    await asyncio.to_thread(own_redis.start)
    await does_not_happen(first.lost(), SECONDS * 3)

    assert first.held
    assert not second.held
    waiting.cancel()


async def test_a_lease_taken_by_another_is_noticed(own_redis: RedisServer, leases: MakeLease) -> None:
    first = leases()
    await soon(first.acquire())

    await asyncio.to_thread(own_redis.ask, "SET callcenter:lease:floor somebody-else")
    await soon(first.lost())

    assert not first.held
