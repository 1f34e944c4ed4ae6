"""Trunks and caller numbers as JSON."""

from collections.abc import Sequence

from aiohttp import web
from msgspec import Struct

from callcenter.dialer.limits import TrunkLimits
from callcenter.dialer.pages import number_in
from callcenter.dialer.trunks import queries, service
from callcenter.dialer.trunks.models import CallerNumberRow, CallerPool
from callcenter.dialer.trunks.service import PoolDraft
from callcenter.kernel.clock import iso
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, json_response, read_json


class Limits(Struct):
    """Zero is no limit."""

    max_lines: int = 0
    calls_per_second: float = 0.0


def pool_json(pool: CallerPool, rows: Sequence[CallerNumberRow]) -> dict[str, object]:
    names = ("id", "number", "area", "subdivision", "region", "daily_cap", "rest_reason")
    numbers = [
        {name: getattr(row, name) for name in names}
        | {"rested_until": iso(row.rested_until) if row.rested_until else None}
        for row in rows
        if row.pool_id == pool.id
    ]
    return {"id": pool.id, "name": pool.name, "numbers": numbers}


async def trunks(request: web.Request) -> web.StreamResponse:
    """The empty name is the whole company."""
    async with request.app[TRANSACTIONS].read() as session:
        found = await queries.limits(session)
    return json_response({"trunks": found})


async def set_limits(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, Limits)
    name = request.query.get("name", "")
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.set_limits(tx, name, TrunkLimits(body.max_lines, body.calls_per_second))
    return json_response(
        {"name": name, "max_lines": body.max_lines, "calls_per_second": body.calls_per_second}
    )


async def pools(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.numbers(session)
        found = [pool_json(pool, rows) for pool in await queries.pools(session)]
    return json_response({"pools": found})


async def create_pool(request: web.Request) -> web.StreamResponse:
    return await _save(request, None, 201)


async def save_pool(request: web.Request) -> web.StreamResponse:
    return await _save(request, number_in(request, "id"), 200)


async def _save(request: web.Request, pool_id: int | None, status: int) -> web.StreamResponse:
    draft = await read_json(request, PoolDraft)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        pool = await service.save_pool(tx, pool_id, draft, request.app[SETTINGS].home_region)
        rows = await queries.numbers(tx.session)
    return json_response(pool_json(pool, rows), status=status)


async def remove_pool(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.remove_pool(tx, number_in(request, "id"))
    return web.Response(status=204)


async def wake(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.wake(tx, number_in(request, "id"))
    return web.Response(status=204)
