"""Lists, imports and leads as JSON."""

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web
from msgspec import Struct, field

from callcenter.dialer import queries as dialer_queries
from callcenter.dialer.lists import imports, layouts, queries, service, sweeps, uploads
from callcenter.dialer.lists.duplicates import Duplicates
from callcenter.dialer.lists.imports import SetUp
from callcenter.dialer.lists.models import ImportJob, LeadSweep
from callcenter.dialer.lists.pages import number_in, wanted_of
from callcenter.dialer.lists.queries import PAGE, ListLine
from callcenter.dialer.lists.service import ListDraft, OrderDraft
from callcenter.dialer.lists.sweeps import Kind
from callcenter.kernel.clock import iso
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import TRANSACTIONS, actor_of, json_response, read_json


class ImportSetUp(Struct):
    """As `SetUp`; a column is {"index", "role", "kind", "name", "type"}."""

    columns: list[dict[str, Any]]
    has_heading: bool = True
    encoding: str = ""
    delimiter: str = ""
    list_id: int | None = None
    list_name: str = ""
    duplicates: Duplicates = field(default_factory=Duplicates)


class Begin(Struct):
    trial: bool = False


class Bulk(Struct):
    """`params`: a `filter`, and `value` (priority), `outcomes` and `forget` (reset)."""

    kind: Kind
    list_id: int | None = None
    params: dict[str, Any] = {}


class Move(Struct):
    campaign_id: int


def list_json(line: ListLine) -> dict[str, object]:
    names = ("id", "campaign_id", "name", "active", "busy", "mix_percent", "added", "rejected", "duplicates")
    moments = ("archived_at", "expires_at", "created_at", "tallied_at")
    found: dict[str, object] = {name: getattr(line.row, name) for name in names}
    for name in moments:
        at = getattr(line.row, name)
        found[name] = iso(at) if at else None
    return found | {"tally": asdict(line.tally)}


def job_json(row: ImportJob) -> dict[str, object]:
    names = (
        *("id", "campaign_id", "list_id", "file_name", "size", "encoding", "delimiter", "columns", "options"),
        *("status", "dry_run", "rows_total", "rows_read", "added", "updated", "rejected", "duplicates"),
        *("remarks", "blocked", "untouched", "error"),
    )
    return {name: getattr(row, name) for name in names}


def sweep_json(row: LeadSweep) -> dict[str, object]:
    names = (
        *("id", "kind", "campaign_id", "list_id", "params", "status", "leads_total", "leads_seen"),
        *("changed", "error"),
    )
    return {name: getattr(row, name) for name in names}


async def lists(request: web.Request) -> web.StreamResponse:
    """A campaign's lists with what became of their leads; `?archived=1` the archived ones too."""
    campaign_id = number_in(request)
    async with request.app[TRANSACTIONS].read() as session:
        await dialer_queries.campaign(session, campaign_id)
        lines, whole = await queries.lists(
            session, campaign_id, archived=request.query.get("archived") == "1"
        )
        running = await queries.running_sweeps(session, campaign_id)
    return json_response(
        {
            "lists": [list_json(line) for line in lines],
            "together": asdict(whole),
            "sweeps": [sweep_json(row) for row in running],
        }
    )


async def edit_list(request: web.Request) -> web.StreamResponse:
    draft = await read_json(request, ListDraft)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.edit_list(tx, number_in(request), draft)
    return json_response({"id": row.id, "name": row.name, "active": row.active})


async def move_list(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, Move)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.move_list(tx, number_in(request), body.campaign_id)
    return json_response(sweep_json(row), status=202)


async def order(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        await dialer_queries.campaign(session, number_in(request))
        row = await queries.order(session, number_in(request))
    names = ("order", "seed", "new_every", "mixed", "mix_strict", "filter")
    return json_response({name: getattr(row, name) for name in names})


async def set_order(request: web.Request) -> web.StreamResponse:
    draft = await read_json(request, OrderDraft)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        sweep = await service.set_order(tx, number_in(request), draft)
    return json_response({"sweep": sweep_json(sweep) if sweep else None}, status=202 if sweep else 200)


async def bulk(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, Bulk)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.bulk(tx, body.kind, number_in(request), list_id=body.list_id, params=body.params)
    return json_response(sweep_json(row), status=202)


async def sweep(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        return json_response(sweep_json(await queries.sweep(session, number_in(request))))


async def cancel_sweep(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await sweeps.cancel(tx, number_in(request))
    return web.Response(status=204)


async def count(request: web.Request) -> web.StreamResponse:
    """How many leads fit `?filter=` (JSON), `?search=`, `?list=`."""
    wanted = wanted_of(request, number_in(request))
    async with request.app[TRANSACTIONS].read() as session:
        found = await queries.count(session, wanted, request.app[TRANSACTIONS].clock.now())
    return json_response({"count": found})


async def upload(request: web.Request) -> web.StreamResponse:
    """The body is the file, `?name=` its name: an import to be set up, tried and begun."""
    content = bytearray()
    async for piece in request.content.iter_chunked(uploads.PIECE):
        content += piece
        if len(content) > uploads.LARGEST:
            raise Invalid({"file": marked("The file is too large.")})
    if not content:
        raise Invalid({"file": marked("The file is empty.")})
    plain = await asyncio.to_thread(uploads.plain, bytes(content))
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        job = await imports.upload(tx, number_in(request), request.query.get("name", "list.csv"), plain)
    return json_response(job_json(job), status=201)


async def set_up(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, ImportSetUp)
    given = SetUp(
        columns=layouts.columns_from(body.columns),
        has_heading=body.has_heading,
        encoding=body.encoding,
        delimiter=body.delimiter,
        list_id=body.list_id,
        list_name=body.list_name,
        duplicates=body.duplicates,
    )
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        job = await imports.set_up(tx, number_in(request), given)
    return json_response(job_json(job))


async def begin(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, Begin)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        job = await imports.begin(tx, number_in(request), trial=body.trial)
    return json_response(job_json(job), status=202)


async def revert(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await imports.revert(tx, number_in(request))
    return web.Response(status=202)


async def leads(request: web.Request) -> web.StreamResponse:
    """A page of leads that fit, with the number of all; `?sort=`, `?page=`."""
    wanted = wanted_of(request, number_in(request))
    now = request.app[TRANSACTIONS].clock.now()
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.leads(session, wanted, now)
        lines = await dialer_queries.with_refusals(session, rows[:PAGE])
        own = {line.lead.id: await queries.numbers(session, line.lead.id) for line in lines}
    found = [
        {
            "id": line.lead.id,
            "list_id": line.lead.list_id,
            "number": line.lead.number,
            "numbers": [
                {"number": n.number, "kind": n.kind, "attempts": n.attempts, "closed": n.closed}
                for n in own[line.lead.id]
            ],
            "name": line.lead.name,
            "external_id": line.lead.external_id,
            "rank": line.lead.rank,
            "priority": line.lead.priority,
            "fields": line.lead.fields,
            "zones": line.cohort.zones,
            "region": line.cohort.region,
            "subdivision": line.cohort.subdivision,
            "number_type": line.cohort.number_type,
            "status": line.lead.status,
            "selected": line.lead.selected,
            "attempts": line.lead.attempts,
            "last_outcome": line.lead.last_outcome,
            "next_try_at": iso(line.lead.next_try_at),
            "contact_id": line.lead.contact_id,
        }
        for line in lines
    ]
    return json_response({"leads": found, "more": len(rows) > PAGE})
