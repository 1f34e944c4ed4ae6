"""Agents as JSON, read only. Pages that change them are `agent_ui.admin`."""

from aiohttp import web

from callcenter.agents import queries
from callcenter.kernel.auth import Permission, Role
from callcenter.kernel.component import Component, Route
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import TRANSACTIONS, json_response


async def agents(request: web.Request) -> web.StreamResponse:
    """Every agent, also those switched off."""
    async with request.app[TRANSACTIONS].read() as session:
        return json_response({"agents": await queries.list_agents(session)})


COMPONENT = Component(
    name="agents",
    routes=(Route("GET", "/api/v1/agents", agents, "agents.view"),),
    permissions=(
        Permission("agents.view", marked("See the list of agents"), frozenset({Role.SUPERVISOR})),
        Permission("agents.edit", marked("Make and change agents and pause reasons"), frozenset()),
        Permission("users.edit", marked("Make and change users"), frozenset()),
    ),
)
