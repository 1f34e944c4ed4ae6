"""The wallboard's page, and the same figures as JSON."""

from pathlib import Path

from aiohttp import web

from callcenter.kernel.auth import Permission, Role
from callcenter.kernel.component import Component, MenuItem, Route
from callcenter.kernel.errors import Unavailable
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import TRANSACTIONS, json_response, render
from callcenter.live.mirror import Mirror
from reports.wallboard.projection import project

BOARD = web.AppKey("wallboard_board", Mirror)


async def board(request: web.Request) -> web.StreamResponse:
    """The page; everything on it comes over the socket."""
    return render(request, "wallboard/board.html")


async def figures(request: web.Request) -> web.StreamResponse:
    """What the wallboard shows now; 503 while the floor is not known."""
    mirror = request.app.get(BOARD)
    if mirror is None or not mirror.known:
        raise Unavailable
    return json_response(project(mirror.docs, request.app[TRANSACTIONS].clock.now()))


COMPONENT = Component(
    name="wallboard",
    routes=(
        Route("GET", "/wallboard", board, "wallboard.view"),
        Route("GET", "/api/v1/wallboard", figures, "wallboard.view"),
    ),
    permissions=(Permission("wallboard.view", marked("See the wallboard"), frozenset({Role.SUPERVISOR})),),
    menu=(MenuItem(marked("Wallboard"), "/wallboard", "screen", "wallboard.view", 65),),
    templates=Path(__file__).parent / "templates",
)
