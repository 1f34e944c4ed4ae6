"""The same line in the distributed form: pages, telephony and worker in processes of their own."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.demo import company as demo
from tests.support.cluster import Cluster, running_cluster
from tests.support.postgres import Postgres
from tests.support.redis import running_redis
from tests.support.service import sign_in
from tests.support.working import (
    at_work,
    call_in,
    fold_is_true,
    loudness,
    press,
    recording_of,
    row_of,
    take,
    wrap_up,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
ANNA = demo.CUSTOMERS[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> AsyncIterator[Cluster]:
    url = postgres.create("company")
    with running_redis() as redis:
        async with running_cluster(tmp_path_factory.mktemp("cluster"), url, redis.url) as made:
            yield made


async def test_a_call_from_the_ring_to_the_result_over_three_processes(cluster: Cluster) -> None:
    company = cluster.company
    async with (
        await sign_in(company.service.address, "elena") as elena,
        at_work(company, "olga", "peter") as [olga, peter],
    ):
        call_in(company, "support", ANNA.number)
        await olga.until(lambda: olga.state == "ringing" and olga.pops)
        assert [match["name"] for match in olga.pops[-1]["matches"]] == ["Anna Petrova"]
        call_id = await take(olga)
        await asyncio.sleep(1)
        await press(olga, "hold")
        await olga.until(lambda: olga.state == "hold")
        await press(olga, "resume")
        await olga.until(lambda: olga.state == "talking")
        await press(olga, "transfer_queue", queue="delivery")
        await wrap_up(olga, "sale")
        assert await take(peter) == call_id
        await asyncio.sleep(1)
        await press(peter, "hang_up")
        await wrap_up(peter, "resolved")
        row = await row_of(elena, call_id, lambda r: r["ended_at"] and r["disposition"] == "resolved")
        assert (row["outcome"], row["agent_id"]) == ("answered", peter.agent_id)
        assert [o["agent_id"] for o in row["offers"]] == [olga.agent_id, peter.agent_id]
        assert row["legs"][0]["ended_at"] is not None
        assert min(loudness(await recording_of(elena, call_id))) > 1000
        await elena.until(lambda: not elena.docs["call"])
        await fold_is_true(company, elena, "elena")
