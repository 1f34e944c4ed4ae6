"""The pages of contacts: the list and the record, and the table of all routes."""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from callcenter.kernel.component import Route
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import TRANSACTIONS, actor_of, render
from crm.contacts import api, calling, editing, permissions, queries
from crm.contacts.api import contact_id_of, filter_of, region_of
from crm.contacts.record import card_context

PAGE = 50
COLUMNS: Mapping[str, str] = {
    "company": marked("Company"),
    "number": marked("Number"),
    "email": marked("E-mail"),
    "segment": marked("Segment"),
    "owner": marked("Owner"),
    "updated": marked("Changed"),
}
USUAL_COLUMNS = ("company", "number", "segment", "updated")


async def list_page(request: web.Request) -> web.StreamResponse:
    """The list; what it shows is all in the address, so a link to it is a saved filter."""
    wanted = filter_of(request)
    columns = tuple(name for name in request.query.getall("column", []) if name in COLUMNS)
    kept = {
        name: request.query[name]
        for name in ("text", "kind", "segment", "owner", "archived", "order")
        if request.query.get(name)
    }
    async with request.app[TRANSACTIONS].read() as session:
        page = await queries.list_contacts(
            session,
            actor_of(request),
            wanted,
            region=region_of(request),
            cursor=request.query.get("cursor", ""),
            limit=PAGE,
        )
        segments = await queries.segments(session)
        owners = await queries.owners(session)
    query = urlencode([*kept.items(), *(("column", name) for name in columns)])
    return render(
        request,
        "contacts/list.html",
        page=page,
        wanted=wanted,
        kept=kept,
        segments=segments,
        owners=owners,
        titles=COLUMNS,
        columns=columns or USUAL_COLUMNS,
        query=query,
        first=not request.query.get("cursor"),
    )


async def contact_page(request: web.Request) -> web.StreamResponse:
    """The record as a page of its own."""
    return render(request, "contacts/contact.html", **await card_context(request, contact_id_of(request)))


async def card(request: web.Request) -> web.StreamResponse:
    """The record as a partial: the centre of the desk, a side panel."""
    return render(request, "contacts/card.html", **await card_context(request, contact_id_of(request)))


async def timeline_part(request: web.Request) -> web.StreamResponse:
    """Older items of the timeline."""
    return render(request, "contacts/timeline.html", **await card_context(request, contact_id_of(request)))


_VIEW, _CREATE = permissions.VIEW.name, permissions.CREATE.name
_EDIT, _ARCHIVE = permissions.EDIT.name, permissions.ARCHIVE.name
_ONE = r"/crm/contacts/{id:\d{1,18}}"

ROUTES = (
    Route("GET", "/crm/contacts", list_page, needs=_VIEW),
    Route("POST", "/crm/contacts", calling.create, needs=_CREATE),
    Route("GET", "/crm/contacts/new", calling.new_page, needs=_CREATE),
    Route("GET", "/crm/contacts/companies", calling.companies, needs=_VIEW),
    Route("GET", "/crm/contacts/pop", calling.pop, needs=_VIEW),
    Route("POST", "/crm/contacts/pop", calling.pop_create, needs=_CREATE),
    Route("GET", "/crm/contacts/pop/search", calling.pop_search, needs=_VIEW),
    Route("GET", _ONE, contact_page, needs=_VIEW),
    Route("GET", _ONE + "/card", card, needs=_VIEW),
    Route("GET", _ONE + "/timeline", timeline_part, needs=_VIEW),
    Route("GET", _ONE + "/rows/{row}", editing.row_view, needs=_VIEW),
    Route("POST", _ONE + "/rows/{row}", editing.row_save, needs=_EDIT),
    Route("POST", _ONE + "/reach", editing.reach, needs=_EDIT),
    Route("POST", _ONE + "/bind", calling.bind, needs=_VIEW),
    Route("POST", _ONE + "/archive", editing.archive, needs=_ARCHIVE),
    Route("POST", _ONE + "/restore", editing.restore, needs=_ARCHIVE),
    *api.ROUTES,
)
