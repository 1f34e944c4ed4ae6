"""The same as JSON; and files of any size, as the body of a request."""

from aiohttp import web

from callcenter.dialer.pages import number_in
from callcenter.dialer.registries import queries, service, uploading
from callcenter.dialer.registries.models import BlockedArea, RegistryLoad
from callcenter.dialer.registries.pages import data_date
from callcenter.dialer.registries.queries import Line
from callcenter.dialer.registries.service import AreaDraft, LoadDraft, RegistryDraft
from callcenter.dialer.registries.states import LoadChange
from callcenter.dialer.rules import law
from callcenter.kernel.clock import iso
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, json_response, read_json


def registry_json(line: Line) -> dict[str, object]:
    row = line.row
    return {
        "code": line.code,
        "name": line.name,
        "kind": row.kind if row else "do-not-call",
        "region": row.region if row else None,
        "purposes": row.purposes if row else [],
        "numbers": row.numbers if row else 0,
        "current_at": iso(row.current_at) if row and row.current_at else None,
        "asked_by": line.asked_by,
        "max_age_days": line.max_age_days,
        "load": load_json(line.load) if line.load else None,
    }


def load_json(row: RegistryLoad) -> dict[str, object]:
    names = (
        *("id", "change", "file_name", "status", "bytes_total", "bytes_read", "lines", "taken"),
        *("rejected", "first_rejected", "error"),
    )
    return {name: getattr(row, name) for name in names} | {"current_at": iso(row.current_at)}


def area_json(row: BlockedArea) -> dict[str, object]:
    names = ("id", "key", "digits", "campaign_id", "reason", "added_by")
    return {name: getattr(row, name) for name in names} | {"added_at": iso(row.added_at)}


async def registries(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        lines = await queries.registries(session, law.book())
    return json_response({"registries": [registry_json(line) for line in lines]})


async def create(request: web.Request) -> web.StreamResponse:
    draft = await read_json(request, RegistryDraft)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.create_registry(tx, draft)
    return json_response({"id": row.id, "code": row.code}, status=201)


async def remove(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.remove_registry(tx, request.match_info["code"])
    return web.Response(status=204)


async def load(request: web.Request) -> web.StreamResponse:
    """The body is the file, as long as it likes. `?change=replace&current_on=2026-11-20&name=...`."""
    code = request.match_info.get("code")
    transactions = request.app[TRANSACTIONS]
    change = request.query.get("change", LoadChange.REPLACE if code else LoadChange.CONSENTS)
    if change not in {one.value for one in LoadChange}:
        raise Invalid({"change": marked("This is not one of the choices.")})
    draft = LoadDraft(
        file_name=request.query.get("name", "file"),
        change=LoadChange(change),
        region=request.query.get("region", request.app[SETTINGS].home_region),
        current_at=data_date(request.query.get("current_on", ""), transactions.clock.now()),
    )
    row = await uploading.receive(transactions, actor_of(request), code, draft, uploading.of_request(request))
    return json_response(load_json(row), status=202)


async def load_state(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        return json_response(load_json(await queries.load(session, number_in(request, "id"))))


async def cancel(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.cancel_load(tx, number_in(request, "id"))
    return web.Response(status=204)


async def areas(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.areas(session)
    return json_response({"areas": [area_json(row) for row in rows]})


async def block_area(request: web.Request) -> web.StreamResponse:
    draft = await read_json(request, AreaDraft)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.block_area(tx, draft)
    return json_response(area_json(row), status=201)


async def allow_area(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.allow_area(tx, number_in(request, "id"))
    return web.Response(status=204)
