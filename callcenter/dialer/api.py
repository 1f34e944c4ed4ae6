"""The same rooms as JSON."""

from dataclasses import asdict
from datetime import datetime

from aiohttp import web
from msgspec import Struct

from callcenter.dialer import callbacks as callback_writers
from callcenter.dialer import queries, service
from callcenter.dialer.lists import imports
from callcenter.dialer.lists.models import ImportJob
from callcenter.dialer.models import Callback, Campaign, DoNotCall
from callcenter.dialer.pages import CALLBACKS_AHEAD, NOTHING, lead_filter, number_in
from callcenter.dialer.queries import Figures, LeadLine
from callcenter.dialer.service import CallbackDraft, CampaignDraft, DispositionDraft
from callcenter.dialer.states import CallbackStatus
from callcenter.kernel import phone
from callcenter.kernel.clock import iso
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import (
    SETTINGS,
    TRANSACTIONS,
    actor_of,
    json_response,
    read_json,
    whole_number,
)


class Edit(Struct):
    """A draft with the version it was made of."""

    version: int
    campaign: CampaignDraft


class Step(Struct):
    verb: str


class Agents(Struct):
    agents: list[int]


class Results(Struct):
    results: list[DispositionDraft]


class NewCallback(Struct):
    """Without `agent_id` it is the caller's own; `mine` false makes it the campaign's."""

    number: str
    due_at: datetime
    name: str = ""
    note: str = ""
    campaign_id: int | None = None
    lead_id: int | None = None
    contact_id: int | None = None
    zone: str = ""
    expires_at: datetime | None = None
    mine: bool = True


class CallbackClosing(Struct):
    status: CallbackStatus


class NewEntry(Struct):
    number: str
    reason: str = ""
    campaign_id: int = 0


def campaign_json(row: Campaign, figures: Figures) -> dict[str, object]:
    names = (
        *(
            "id",
            "name",
            "mode",
            "status",
            "priority",
            "trunk",
            "caller_id",
            "caller_pool_id",
            "ring_seconds",
            "region",
        ),
        *("lines_per_agent", "max_lines", "abandon_percent", "next_agent", "hold_for_callers"),
        *("preview_seconds", "preview_then", "preview_skips", "skip_minutes", "callback_minutes"),
        *("detection", "detection_settings", "machine_action", "message", "survey", "identity"),
        *("schedule", "goals", "paused_by"),
        *("zone", "language", "hours", "closed_on", "retry", "max_lead_attempts"),
        *("max_number_attempts_a_day", "consent_needed", "purpose", "matter", "on_holidays"),
        *("limits", "laws", "other_lists"),
        *("record", "wrapup_seconds", "script", "version"),
    )
    return {name: getattr(row, name) for name in names} | {"figures": asdict(figures)}


def job_json(row: ImportJob) -> dict[str, object]:
    names = (
        *("id", "campaign_id", "list_id", "file_name", "encoding", "delimiter", "columns", "status"),
        *("rows_total", "rows_read", "added", "rejected", "duplicates", "error"),
    )
    return {name: getattr(row, name) for name in names}


def lead_json(line: LeadLine) -> dict[str, object]:
    lead, refusal = line.lead, line.refusal
    return {
        "id": lead.id,
        "number": lead.number,
        "name": lead.name,
        "list_id": lead.list_id,
        "zones": line.cohort.zones,
        "region": line.cohort.region,
        "subdivision": line.cohort.subdivision,
        "number_type": line.cohort.number_type,
        "fields": lead.fields,
        "status": lead.status,
        "priority": lead.priority,
        "attempts": lead.attempts,
        "last_outcome": lead.last_outcome,
        "next_try_at": iso(lead.next_try_at),
        "refusal": None
        if refusal is None
        else {
            "rule": refusal.rule,
            "version": refusal.version,
            "values": refusal.values,
            "at": iso(refusal.at),
            "next_possible_at": iso(refusal.next_possible_at) if refusal.next_possible_at else None,
        },
    }


def callback_json(row: Callback) -> dict[str, object]:
    names = (
        "id",
        "number",
        "name",
        "agent_id",
        "campaign_id",
        "lead_id",
        "contact_id",
        "note",
        "zone",
        "status",
    )
    return {name: getattr(row, name) for name in names} | {"due_at": iso(row.due_at)}


def entry_json(row: DoNotCall) -> dict[str, object]:
    names = ("id", "number", "scope", "campaign_id", "reason", "added_by")
    return {name: getattr(row, name) for name in names} | {"added_at": iso(row.added_at)}


async def campaigns(request: web.Request) -> web.StreamResponse:
    transactions = request.app[TRANSACTIONS]
    async with transactions.read() as session:
        rows = await queries.campaigns(session)
        figures = await queries.figures(session, transactions.clock.now())
    return json_response({"campaigns": [campaign_json(r, figures.get(r.id, NOTHING)) for r in rows]})


async def campaign(request: web.Request) -> web.StreamResponse:
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    campaign_id = number_in(request, "id")
    async with transactions.read() as session:
        row = await queries.campaign(session, campaign_id)
        figures = await queries.figures(session, now, campaign_id)
        lacking = await service.missing(session, row, now)
        agents = await queries.agents_of(session, campaign_id)
    found = campaign_json(row, figures.get(campaign_id, NOTHING))
    return json_response(found | {"missing": lacking, "agents": sorted(agents)})


async def create_campaign(request: web.Request) -> web.StreamResponse:
    draft = await read_json(request, CampaignDraft)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.create_campaign(tx, draft)
    return json_response(campaign_json(row, NOTHING), status=201)


async def edit_campaign(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, Edit)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.edit_campaign(tx, number_in(request, "id"), body.version, body.campaign)
    return json_response(campaign_json(row, NOTHING))


async def step(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, Step)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.step(tx, number_in(request, "id"), body.verb)
    return json_response({"id": row.id, "status": row.status})


async def set_agents(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, Agents)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.set_agents(tx, number_in(request, "id"), body.agents)
    return json_response({"agents": sorted(set(body.agents))})


async def set_results(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, Results)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.set_dispositions(tx, number_in(request, "id"), body.results)
    return json_response({"results": body.results})


async def import_list(request: web.Request) -> web.StreamResponse:
    """The body is the file; `?name=` its name, `?number=2&name_column=0` columns by index."""
    roles = {"number": "number", "name_column": "name", "zone": "zone", "priority": "priority"}
    columns = {
        role: index
        for given, role in roles.items()
        if (index := whole_number(request.query.get(given, ""))) is not None
    }
    content = await request.read()
    if not content:
        raise Invalid({"file": marked("The file is empty.")})
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        job = await imports.request_import(
            tx, number_in(request, "id"), request.query.get("name", "list.csv"), content, columns
        )
    return json_response(job_json(job), status=202)


async def import_job(request: web.Request) -> web.StreamResponse:
    """Progress, and the rows that became no lead (`?after=` the last id seen)."""
    after = request.query.get("after", "")
    async with request.app[TRANSACTIONS].read() as session:
        job = await queries.import_job(session, number_in(request, "id"))
        rows = await queries.rejected_rows(session, job.id, whole_number(after) or 0)
    rejected = [{"id": r.id, "line": r.line, "reason": r.reason, "values": r.values} for r in rows]
    return json_response(job_json(job) | {"rejected_rows": rejected})


async def cancel_import(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await imports.cancel(tx, number_in(request, "id"))
    return web.Response(status=204)


async def leads(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        lines = await queries.leads(session, number_in(request, "id"), lead_filter(request))
    return json_response({"leads": [lead_json(line) for line in lines]})


async def callbacks(request: web.Request) -> web.StreamResponse:
    """One's own, the earliest first; with the right to it `?whose=all` shows everybody's."""
    actor = actor_of(request)
    transactions = request.app[TRANSACTIONS]
    async with transactions.read() as session:
        own = await queries.agent_of_user(session, actor.user_id) or 0
        everybody = request.query.get("whose") == "all" and actor.may("callbacks.all")
        until = transactions.clock.now() + CALLBACKS_AHEAD
        rows = await queries.due_callbacks(session, until, None if everybody else own)
    return json_response({"callbacks": [callback_json(row) for row in rows]})


async def add_callback(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, NewCallback)
    actor = actor_of(request)
    if not body.mine:
        actor.require("callbacks.all")  # it changes when a lead is called, and by whom
    number = phone.to_e164(body.number, request.app[SETTINGS].home_region)
    if number is None:
        raise Invalid({"number": marked("This is not a telephone number.")})
    async with request.app[TRANSACTIONS].begin(actor) as tx:
        own = await queries.agent_of_user(tx.session, actor.user_id)
        if body.mine and own is None:
            raise Invalid({"mine": marked("Only an agent can have callbacks.")})
        row = await service.add_callback(
            tx,
            CallbackDraft(
                number=number,
                due_at=body.due_at,
                agent_id=own if body.mine else None,
                campaign_id=body.campaign_id,
                lead_id=body.lead_id,
                contact_id=body.contact_id,
                name=body.name,
                note=body.note,
                zone=body.zone,
                expires_at=body.expires_at,
            ),
        )
    return json_response(callback_json(row), status=201)


async def postpone_callback(request: web.Request) -> web.StreamResponse:
    """The agent's own promise, ten minutes later."""
    actor = actor_of(request)
    async with request.app[TRANSACTIONS].begin(actor) as tx:
        own = await queries.agent_of_user(tx.session, actor.user_id) or 0
        await callback_writers.postpone(tx, number_in(request, "id"), own)
    return web.Response(status=204)


async def close_callback(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, CallbackClosing)
    if body.status is CallbackStatus.PENDING:
        raise Invalid({"status": marked("A callback is done or cancelled.")})
    actor = actor_of(request)
    async with request.app[TRANSACTIONS].begin(actor) as tx:
        own = await queries.agent_of_user(tx.session, actor.user_id) or 0
        only = None if actor.may("callbacks.all") else own
        row = await service.close_callback(tx, number_in(request, "id"), body.status, agent_id=only)
    return json_response(callback_json(row))


async def do_not_call(request: web.Request) -> web.StreamResponse:
    search = request.query.get("number", "").strip()
    after = request.query.get("after", "")
    region = request.app[SETTINGS].home_region
    number = (phone.to_e164(search, region) or search) if search else ""
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.do_not_call(session, number, whole_number(after) or 0)
    return json_response({"entries": [entry_json(row) for row in rows]})


async def forbid(request: web.Request) -> web.StreamResponse:
    body = await read_json(request, NewEntry)
    region = request.app[SETTINGS].home_region
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.forbid(tx, body.number, region, campaign_id=body.campaign_id, reason=body.reason)
    return json_response(entry_json(row), status=201)


async def allow(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.allow(tx, number_in(request, "id"))
    return web.Response(status=204)
