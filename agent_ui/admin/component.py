"""What the settings declare to the composition root."""

from aiohttp import web

from agent_ui.admin import audit, lines, people, system
from agent_ui.admin.pages import TABS
from callcenter.kernel.auth import Permission
from callcenter.kernel.component import SIGNED_IN, Component, MenuItem, Route
from callcenter.kernel.errors import Forbidden
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import actor_of


async def first(request: web.Request) -> web.StreamResponse:
    """The first page of settings that this actor may open."""
    actor = actor_of(request)
    for tab in TABS:
        if actor.may(tab.needs):
            raise web.HTTPSeeOther(tab.path)
    raise Forbidden


COMPONENT = Component(
    name="admin",
    routes=(
        Route("GET", "/admin", first, SIGNED_IN),
        *people.ROUTES,
        *lines.ROUTES,
        *audit.ROUTES,
        *system.ROUTES,
    ),
    permissions=(
        Permission("audit.view", marked("Read the audit log"), frozenset()),
        Permission("system.view", marked("See the state of the system"), frozenset()),
    ),
    menu=(MenuItem(marked("Settings"), "/admin", "gear", "system.view", 900),),
)
