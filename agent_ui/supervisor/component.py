"""The page of the floor, and the two answers it asks for besides the live board."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from agent_ui.supervisor.queries import calls_by_hour
from callcenter.agents import queries
from callcenter.agents.machine import State
from callcenter.agents.models import Agent
from callcenter.dialer.queries import disposition_titles
from callcenter.kernel.clock import iso
from callcenter.kernel.component import Component, MenuItem, Route
from callcenter.kernel.errors import NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, json_response, language_of, render, whole_number

# seconds in a state after which a supervisor should look; wrap-up, ringing and pauses bring their own
LIMITS: Mapping[State, int] = {
    State.TALKING: 600,
    State.HOLD: 120,
    State.DIALLING: 60,
    State.RINGING: 30,
    State.READY: 300,
    State.WRAPUP: 120,
    State.NOT_RESPONDING: 60,
}
ABANDON_LIMIT = 0.05


def midnight(request: web.Request) -> tuple[datetime, ZoneInfo]:
    """When the company's day began, and its zone."""
    zone = ZoneInfo(request.app[SETTINGS].zone)
    now = request.app[TRANSACTIONS].clock.now().astimezone(zone)
    return now.replace(hour=0, minute=0, second=0, microsecond=0), zone


async def floor(request: web.Request) -> web.StreamResponse:
    """The page; everything that moves comes over the socket."""
    language = language_of(request)
    async with request.app[TRANSACTIONS].read() as session:
        reasons = await queries.pause_reasons(session)
        outcomes = await disposition_titles(session, language)
    config = {
        "limits": dict(LIMITS),
        "abandon_limit": ABANDON_LIMIT,
        "aht_goal_seconds": request.app[SETTINGS].aht_goal_seconds,
        "reasons": [
            {"code": r.code, "title": r.title(language), "minutes": r.allowed_minutes} for r in reasons
        ],
        "outcomes": outcomes,
    }
    return render(request, "supervisor/floor.html", floor=config)


async def hours(request: web.Request) -> web.StreamResponse:
    """Each agent's conversations by hour of today."""
    since, zone = midnight(request)
    async with request.app[TRANSACTIONS].read() as session:
        found = await calls_by_hour(session, since, zone)
    return json_response({"hours": {str(agent_id): counts for agent_id, counts in found.items()}})


async def agent_day(request: web.Request) -> web.StreamResponse:
    """The chosen agent's day in states."""
    agent_id = whole_number(request.match_info["id"])
    if agent_id is None:
        raise NotFound
    since, _ = midnight(request)
    async with request.app[TRANSACTIONS].read() as session:
        if await session.get(Agent, agent_id) is None:
            raise NotFound
        found = await queries.stints(session, agent_id, since, request.app[TRANSACTIONS].clock.now())
    return json_response(
        {
            "stints": [
                {
                    "state": stint.state,
                    "reason": stint.reason,
                    "started_at": iso(stint.started_at),
                    "ended_at": iso(stint.ended_at),
                }
                for stint in found
            ]
        }
    )


COMPONENT = Component(
    name="supervisor",
    routes=(
        Route("GET", "/supervisor", floor, "floor.view"),
        Route("GET", "/api/v1/floor/hours", hours, "floor.view"),
        Route("GET", "/api/v1/floor/agents/{id}", agent_day, "floor.view"),
    ),
    menu=(MenuItem(marked("Live"), "/supervisor", "bolt", "floor.view", 15),),
)
