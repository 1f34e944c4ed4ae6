"""The state of the system: the link to Asterisk, counters, versions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from agent_ui.admin import asterisk
from agent_ui.admin.pages import show
from callcenter.kernel.component import Route
from callcenter.kernel.web import SETTINGS, TRANSACTIONS


@dataclass(frozen=True, slots=True)
class SystemState:
    """What the process that holds the floor says of itself. `link` is up, down or absent."""

    link: str
    link_since: datetime | None = None
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SystemProbe:
    """Where the state comes from; the composition root of a process with telephony puts one in the app."""

    tell: Callable[[], SystemState]


SYSTEM_PROBE = web.AppKey("system_probe", SystemProbe)
ABSENT = SystemState(link="absent")


async def system(request: web.Request) -> web.StreamResponse:
    """One page; a process without telephony says so."""
    probe = request.app.get(SYSTEM_PROBE)
    database = request.app[TRANSACTIONS].database
    async with request.app[TRANSACTIONS].read() as session:
        standing = await asterisk.of_all(session)
    return show(
        request,
        "system",
        state=probe.tell() if probe is not None else ABSENT,
        standing=standing,
        database="SQLite" if database.is_sqlite else "PostgreSQL",
        zone=request.app[SETTINGS].zone,
        region=request.app[SETTINGS].home_region,
        now=request.app[TRANSACTIONS].clock.now(),
    )


ROUTES = (Route("GET", "/admin/system", system, "system.view"),)
