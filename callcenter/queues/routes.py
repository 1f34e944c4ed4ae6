"""Queues as JSON, read only. Pages that change them are `agent_ui.admin`."""

from aiohttp import web

from callcenter.kernel.auth import Permission, Role
from callcenter.kernel.component import Component, Route
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import TRANSACTIONS, json_response
from callcenter.queues import queries


async def queues(request: web.Request) -> web.StreamResponse:
    """Every queue with its numbers and how many agents serve it."""
    async with request.app[TRANSACTIONS].read() as session:
        return json_response({"queues": await queries.list_queues(session)})


COMPONENT = Component(
    name="queues",
    routes=(Route("GET", "/api/v1/queues", queues, "queues.view"),),
    permissions=(
        Permission("queues.view", marked("See the list of queues"), frozenset({Role.AGENT, Role.SUPERVISOR})),
        Permission("queues.edit", marked("Make and change queues and inbound numbers"), frozenset()),
    ),
)
