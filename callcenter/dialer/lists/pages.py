"""Pages of lists: a campaign's lists with order and mix, the way of a file into a list, leads by filter."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from callcenter.dialer import queries as dialer_queries
from callcenter.dialer.lists import filters, imports, layouts, queries, reading, service, sweeps, uploads
from callcenter.dialer.lists.duplicates import By, Policy, Where, read_duplicates
from callcenter.dialer.lists.filters import Sort
from callcenter.dialer.lists.imports import SetUp
from callcenter.dialer.lists.models import ImportJob
from callcenter.dialer.lists.orders import LeadOrder
from callcenter.dialer.lists.queries import Sorting, Wanted
from callcenter.dialer.lists.reading import Column, FieldType, NumberKind, Role
from callcenter.dialer.lists.service import ListDraft, OrderDraft
from callcenter.dialer.lists.sweeps import Kind
from callcenter.dialer.lists.titles import TITLES
from callcenter.dialer.pages import TITLES as DIALER_TITLES
from callcenter.dialer.states import Outcome
from callcenter.kernel import phone
from callcenter.kernel.errors import Conflict, Invalid, NotFound
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, render, whole_number

SAMPLE_ROWS = 8
FILTER_ROWS = 4


def number_in(request: web.Request, name: str = "id") -> int:
    """A number of the path; what is none is not found."""
    number = whole_number(request.match_info.get(name, ""))
    if number is None:
        raise NotFound
    return number


def back(path: str) -> web.StreamResponse:
    return web.Response(status=303, headers={"Location": path})


async def typed_in(request: web.Request) -> dict[str, str]:
    posted = await request.post()
    return {name: value for name, value in posted.items() if isinstance(value, str)}


def filter_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """The filter that a form's rows say (`f0`, `o0`, `v0`, ... joined by `join`), or a ready tree."""
    if typed.get("filter"):
        return tree_of(typed["filter"])
    parts: list[dict[str, Any]] = []
    for n in range(FILTER_ROWS):
        name, op, value = (typed.get(f"{letter}{n}", "").strip() for letter in "fov")
        if not name:
            continue
        known = filters.FIELDS.get(name)
        wanted: Any = value
        if op == "in":
            wanted = [part.strip() for part in value.split(",") if part.strip()]
        elif known is not None and known.sort is Sort.YES_NO:
            wanted = value.casefold() not in ("", "0", "no", "нет", "false")
        parts.append({"field": name, "op": op, "value": wanted})
    return {"any" if typed.get("join") == "any" else "all": parts} if parts else {}


def rows_of(tree: Mapping[str, Any]) -> tuple[str, list[Mapping[str, Any]]] | None:
    """A tree as rows of a form: how they are joined, and they; None: it is more than rows can say."""
    if not tree:
        return "all", []
    if "field" in tree:
        return "all", [tree]
    for join in ("all", "any"):
        parts = tree.get(join)
        if isinstance(parts, list) and len(parts) <= FILTER_ROWS and all("field" in part for part in parts):
            return join, parts
    return None


def tree_of(text: str) -> dict[str, Any]:
    """A filter as a form or link carries it; raises `Invalid` when it is none."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise Invalid({"filter": marked("This filter cannot be read.")}) from error
    if not isinstance(found, dict):
        raise Invalid({"filter": marked("This filter cannot be read.")})
    return found


def _said(request: web.Request, error: Invalid | None) -> dict[str, str]:
    """What is wrong, in the reader's language, by field."""
    if error is None:
        return {}
    translate = Translator(actor_of(request).language)
    return {name: translate(text, error.values) for name, text in error.fields.items()}


# a campaign's lists


async def lists(request: web.Request, error: Invalid | None = None) -> web.StreamResponse:
    """The campaign's lists; `?part=table` is only what changes by itself."""
    campaign_id = number_in(request)
    archived = request.query.get("archived") == "1"
    async with request.app[TRANSACTIONS].read() as session:
        campaign = await dialer_queries.campaign(session, campaign_id)
        lines, whole = await queries.lists(session, campaign_id, archived=archived)
        context: dict[str, Any] = {
            "campaign": campaign,
            "lines": lines,
            "whole": whole,
            "archived": archived,
            "jobs": await queries.jobs(session, campaign_id),
            "sweeps": await queries.running_sweeps(session, campaign_id),
            "order": await queries.order(session, campaign_id),
            "others": [row for row in await dialer_queries.campaigns(session) if row.id != campaign_id],
            "fields": await queries.fields(session, campaign_id),
        }
    part = request.query.get("part") == "table"
    return render(
        request,
        "dialer/lists/table.html" if part else "dialer/lists/lists.html",
        status=error.status if error else 200,
        **context,
        wrong=_said(request, error),
        known_fields=[f for f in filters.FIELDS.values() if f.steady],
        shown=rows_of(context["order"].filter or {}),
        tree=json.dumps(context["order"].filter or {}, ensure_ascii=False),
        rows=FILTER_ROWS,
        titles=DIALER_TITLES | TITLES,
        now=request.app[TRANSACTIONS].clock.now(),
    )


async def save_order(request: web.Request) -> web.StreamResponse:
    typed = await typed_in(request)
    campaign_id = number_in(request)
    try:
        order = typed.get("order", "")
        draft = OrderDraft(
            order=LeadOrder(order) if order in set(LeadOrder) else LeadOrder.DUE,
            new_every=whole_number(typed.get("new_every", "") or "0") or 0,
            mixed=typed.get("mixed") == "on",
            mix_strict=typed.get("mix_strict") == "on",
            filter=filter_of(typed),
        )
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.set_order(tx, campaign_id, draft)
    except Invalid as error:
        return await lists(request, error)
    return back(f"/campaigns/{campaign_id}/lists/all")


async def save_list(request: web.Request) -> web.StreamResponse:
    """One list's switch, name, expiry, share; or it is archived, moved, reset."""
    typed = await typed_in(request)
    list_id = number_in(request)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await queries.lead_list(tx.session, list_id)
        campaign_id = row.campaign_id
        match typed.get("do", "save"):
            case "reset":
                params: dict[str, Any] = {"forget": typed.get("forget") == "on"}
                if typed.get("outcome") in set(Outcome):
                    params["outcomes"] = [typed["outcome"]]
                await service.bulk(tx, Kind.RESET, campaign_id, list_id=list_id, params=params)
            case "move":
                await service.move_list(tx, list_id, whole_number(typed.get("campaign_id", "")) or 0)
            case "switch":
                draft = _draft_of(row, active=not row.active)
                await service.edit_list(tx, list_id, draft)
            case "archive":
                await service.edit_list(tx, list_id, _draft_of(row, archived=row.archived_at is None))
            case _:
                await service.edit_list(tx, list_id, _typed_list(typed, row))
    return back(f"/campaigns/{campaign_id}/lists/all")


def _draft_of(row: Any, **changes: Any) -> ListDraft:
    values = {
        "name": row.name,
        "active": row.active,
        "archived": row.archived_at is not None,
        "expires_at": row.expires_at,
        "mix_percent": row.mix_percent,
    }
    return ListDraft(**(values | changes))


def _typed_list(typed: dict[str, str], row: Any) -> ListDraft:
    expires = typed.get("expires_at", "").strip()
    try:
        at = datetime.fromisoformat(expires).replace(tzinfo=UTC) if expires else None
    except ValueError as error:
        raise Invalid({"expires_at": marked("Write dates as 2026-12-31.")}) from error
    percent = whole_number(typed.get("mix_percent", "") or "0")
    return _draft_of(
        row, name=typed.get("name", ""), expires_at=at, mix_percent=-1 if percent is None else percent
    )


async def cancel_sweep(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await sweeps.cancel(tx, number_in(request))
        row = await queries.sweep(tx.session, number_in(request))
    return back(f"/campaigns/{row.campaign_id}/lists/all")


# a file on its way


async def upload(request: web.Request) -> web.StreamResponse:
    """A file from the browser, on to its setting up."""
    campaign_id = number_in(request)
    posted = await request.post()
    given = posted.get("file")
    try:
        if not isinstance(given, web.FileField):
            raise Invalid({"file": marked("Choose a file.")})
        content = await asyncio.to_thread(given.file.read)
        content = await asyncio.to_thread(uploads.plain, content)
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            job = await imports.upload(tx, campaign_id, given.filename, content)
    except Invalid as error:
        return await lists(request, error)
    return back(f"/campaigns/imports/{job.id}/setup")


async def setup(
    request: web.Request, error: Invalid | None = None, typed: dict[str, str] | None = None
) -> web.StreamResponse:
    """What the columns mean, with the first rows; after a trial also what it found."""
    job_id = number_in(request)
    async with request.app[TRANSACTIONS].read() as session:
        job = await dialer_queries.import_job(session, job_id)
        campaign = await dialer_queries.campaign(session, job.campaign_id)
        lines, _ = await queries.lists(session, job.campaign_id)
        head = await uploads.head(session, job_id)
        rejected = await dialer_queries.rejected_rows(session, job_id, limit=20)
    if not head:
        return back(f"/campaigns/imports/{job_id}")
    layout = layouts.layout_of(job)
    duplicates = read_duplicates(job.options.get("duplicates", {}))
    return render(
        request,
        "dialer/lists/setup.html",
        status=error.status if error else 200,
        job=job,
        campaign=campaign,
        layout=layout,
        rows=reading.sample(head, layout, SAMPLE_ROWS),
        lists=[line.row for line in lines],
        duplicates=duplicates,
        rejected=rejected,
        wrong=_said(request, error),
        typed=typed or {},
        encodings=reading.ENCODINGS,
        delimiters=reading.DELIMITERS,
        titles=DIALER_TITLES | TITLES,
    )


async def save_setup(request: web.Request) -> web.StreamResponse:
    """Keep what was typed; then try it, or take the file in."""
    job_id = number_in(request)
    typed = await typed_in(request)
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            job = await dialer_queries.import_job(tx.session, job_id)
            await imports.set_up(tx, job_id, _typed_setup(typed, job))
            if typed.get("do") in ("try", "import"):
                await imports.begin(tx, job_id, trial=typed["do"] == "try")
    except Invalid as error:
        return await setup(request, error, typed)
    if typed.get("do") in ("try", "import"):
        return back(f"/campaigns/imports/{job_id}")
    return back(f"/campaigns/imports/{job_id}/setup")


def _typed_setup(typed: dict[str, str], job: ImportJob) -> SetUp:
    width = len(job.columns["heading"])
    columns = []
    try:
        for index in range(width):
            role, _, kind = typed.get(f"role_{index}", Role.SKIP).partition("/")
            columns.append(
                Column(
                    index=index,
                    role=Role(role),
                    kind=NumberKind(kind or NumberKind.OTHER) if role == Role.NUMBER else NumberKind.OTHER,
                    name=typed.get(f"name_{index}", "").strip()[:80] if role == Role.FIELD else "",
                    type=FieldType(typed.get(f"type_{index}") or FieldType.TEXT),
                )
            )
    except ValueError as error:
        raise Invalid({"columns": marked("There is no such column.")}) from error
    return SetUp(
        columns=tuple(columns),
        has_heading=typed.get("has_heading") == "on",
        encoding=typed.get("encoding", ""),
        delimiter=typed.get("delimiter", ""),
        list_id=whole_number(typed.get("list_id", "")),
        list_name=typed.get("list_name", ""),
        duplicates=read_duplicates(
            {
                "by": typed.get("by") or By.NUMBER,
                "where": typed.get("where") or Where.CAMPAIGN,
                "policy": typed.get("policy") or Policy.SKIP,
                "days": whole_number(typed.get("days", "") or "0") or 0,
            }
        ),
    )


async def report(request: web.Request) -> web.StreamResponse:
    """How far an import is, and rows that became no lead; `?part=live` is only what changes."""
    job_id = number_in(request)
    after = whole_number(request.query.get("after", "")) or 0
    async with request.app[TRANSACTIONS].read() as session:
        job = await dialer_queries.import_job(session, job_id)
        rows = await dialer_queries.rejected_rows(session, job_id, after)
        campaign = await dialer_queries.campaign(session, job.campaign_id)
    part = request.query.get("part") == "live"
    template = "dialer/lists/report_live.html" if part else "dialer/lists/report.html"
    return render(request, template, job=job, rows=rows, campaign=campaign, titles=DIALER_TITLES | TITLES)


async def begin(request: web.Request) -> web.StreamResponse:
    """After a trial: take the file in as it was tried."""
    job_id = number_in(request)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await imports.begin(tx, job_id, trial=False)
    return back(f"/campaigns/imports/{job_id}")


async def revert(request: web.Request) -> web.StreamResponse:
    job_id = number_in(request)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await imports.revert(tx, job_id)
    return back(f"/campaigns/imports/{job_id}")


# leads


def wanted_of(request: web.Request, campaign_id: int) -> Wanted:
    """List, words, filter, order and page from the query."""
    search = request.query.get("search", request.query.get("number", "")).strip()[:80]
    sorting = request.query.get("sort", "")
    status = request.query.get("status", "")
    tree = filter_of(request.query)
    if status in DIALER_STATUSES:
        own = {"field": "status", "op": "is", "value": status}
        tree = {"all": [own, tree]} if tree else own
    return Wanted(
        campaign_id=campaign_id,
        list_id=whole_number(request.query.get("list", "")),
        search=phone.to_e164(search, request.app[SETTINGS].home_region) or search,
        filter=tree,
        sorting=Sorting(sorting) if sorting in set(Sorting) else Sorting.OLDEST,
        page=max(1, whole_number(request.query.get("page", "")) or 1),
    )


DIALER_STATUSES = frozenset(filters.FIELDS["status"].choices)


async def leads(request: web.Request) -> web.StreamResponse:
    """Leads that fit; `?part=count` is only their number, for a filter that is being made."""
    campaign_id = number_in(request)
    now = request.app[TRANSACTIONS].clock.now()
    wrong: dict[str, str] = {}
    try:
        wanted = wanted_of(request, campaign_id)
        filters.compiled(wanted.filter, "sqlite", now)
    except Invalid as error:
        wrong = _said(request, error)
        wanted = Wanted(campaign_id=campaign_id)
    async with request.app[TRANSACTIONS].read() as session:
        campaign = await dialer_queries.campaign(session, campaign_id)
        fitting = await queries.count(session, wanted, now)
        if request.query.get("part") == "count":
            return render(request, "dialer/lists/count.html", fitting=fitting, wrong=wrong)
        rows = await queries.leads(session, wanted, now)
        counts = await dialer_queries.lead_statuses(session, campaign_id)
        lines = await dialer_queries.with_refusals(session, rows[: queries.PAGE])
        own_lists, _ = await queries.lists(session, campaign_id)
        own_fields = await queries.fields(session, campaign_id)
    return render(
        request,
        "dialer/lists/leads.html",
        status=422 if wrong else 200,
        now=now,
        campaign=campaign,
        lines=lines,
        counts=counts,
        fitting=fitting,
        wanted=wanted,
        query={name: value for name, value in request.query.items() if name not in ("page", "part")},
        link="?"
        + urlencode({n: v for n, v in request.query.items() if n not in ("page", "part")} | {"page": ""}),
        more=len(rows) > queries.PAGE,
        lists=[line.row for line in own_lists],
        fields=own_fields,
        known_fields=list(filters.FIELDS.values()),
        shown=rows_of(filter_of(request.query) if not wrong else {}),
        tree=request.query.get("filter", ""),
        rows=FILTER_ROWS,
        wrong=wrong,
        titles=DIALER_TITLES | TITLES,
    )


def _page_link(request: web.Request) -> str:
    """This page's address up to the number of the page."""
    kept = {name: value for name, value in request.query.items() if name not in ("page", "part")}
    return "?" + urlencode(kept | {"page": ""})


async def bulk(request: web.Request) -> web.StreamResponse:
    """The chosen change to every lead that fits the filter."""
    campaign_id = number_in(request)
    typed = await typed_in(request)
    kind = typed.get("kind", "")
    if kind not in {one.value for one in service.BULK}:
        raise Conflict
    params: dict[str, Any] = {"filter": filter_of(typed)}
    if typed.get("status") in DIALER_STATUSES:
        own = {"field": "status", "op": "is", "value": typed["status"]}
        params["filter"] = {"all": [own, params["filter"]]} if params["filter"] else own
    if kind == Kind.PRIORITY:
        params["value"] = whole_number(typed.get("value", ""))
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.bulk(
            tx, Kind(kind), campaign_id, list_id=whole_number(typed.get("list", "")), params=params
        )
    return back(f"/campaigns/{campaign_id}/lists/all")
