"""The distributed form loses its Redis, or one of its processes, with everything in progress."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.support.asterisk import until
from tests.support.busy_floor import (
    HOLDER,
    NEWCOMER,
    TALKER,
    all_end,
    answered_by_fallback,
    busy_floor,
    call_id_of,
    floor_is_true,
)
from tests.support.cluster import Cluster, running_cluster
from tests.support.postgres import Postgres
from tests.support.programs import free_port
from tests.support.redis import RedisServer, running_redis
from tests.support.service import Service
from tests.support.working import bridged_agents, dialled, press, row_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis() -> AsyncIterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, redis: RedisServer
) -> AsyncIterator[Cluster]:
    url = postgres.create("faults")
    async with running_cluster(tmp_path_factory.mktemp("redis"), url, redis.url) as made:
        yield made


async def test_redis_dies_with_everything_in_progress_and_comes_back_empty(
    cluster: Cluster, redis: RedisServer
) -> None:
    company = cluster.company
    async with busy_floor(company, 721, ring_seconds=29) as floor:
        olga, nadia = floor.people["olga"], floor.people["nadia"]
        redis.kill()
        await asyncio.sleep(5)  # until the lease is lost
        await answered_by_fallback(floor)
        assert await bridged_agents(company.pbx) == {olga.agent_id, nadia.agent_id}
        redis.start()

        await floor.until_states(olga="talking", peter="hold", nadia="talking", seconds=30)
        whom = floor.with_whom()
        assert (whom["olga"], whom["peter"], whom["nadia"]) == (TALKER, HOLDER, NEWCOMER)
        await floor_is_true(floor)
        await press(floor.people["peter"], "resume")
        await floor.until_states(peter="talking")
        await all_end(floor)
        assert (await row_of(floor.elena, floor.calls[TALKER]))["talk_ms"] > 10_000
        assert (await dialled(company.carrier))[floor.ringing] == 1
        for service in (company.service, cluster.telephony, cluster.worker):
            assert service.process is not None
            assert service.process.poll() is None, "nobody had to be started again"


async def test_another_telephony_process_takes_the_floor_over(cluster: Cluster) -> None:
    company = cluster.company
    second = Service(cluster.telephony.folder, cluster.telephony.settings, "telephony", free_port())
    async with AsyncExitStack() as stack:
        stack.callback(second.kill)
        stack.push_async_callback(cluster.telephony.start)  # for whoever comes next
        await second.start()
        floor = await stack.enter_async_context(busy_floor(company, 722, ring_seconds=29))
        assert len([pop for pop in floor.people["olga"].pops if pop["number"] == TALKER]) == 1
        cluster.telephony.kill()

        await until(lambda: _has_floor(cluster), seconds=30, every=0.3)
        await floor.until_states(olga="talking", peter="hold", nadia="ready", igor="ringing")
        assert call_id_of(floor, TALKER) == floor.calls[TALKER]
        await floor_is_true(floor)
        await all_end(floor)
        assert (await dialled(company.carrier))[floor.ringing] == 1
    await until(lambda: _has_floor(cluster), seconds=30, every=0.3)


async def _has_floor(cluster: Cluster) -> bool:
    """Its heartbeat arrives at the dialplan again."""
    first = await cluster.company.pbx.cli("dialplan show globals")
    await asyncio.sleep(1.2)
    return first != await cluster.company.pbx.cli("dialplan show globals")
