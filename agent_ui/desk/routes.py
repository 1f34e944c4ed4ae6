"""The desk over HTTP."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_ui.desk import day, queries
from agent_ui.desk.script import parse_script
from callcenter.agents.queries import pause_reasons, stints
from callcenter.calls.models import CallRow
from callcenter.calls.queries import CallFilter, list_calls
from callcenter.calls.routes import PAGES
from callcenter.dialer.models import Callback
from callcenter.dialer.queries import disposition_titles
from callcenter.kernel.clock import iso
from callcenter.kernel.component import Component, MenuItem, Route
from callcenter.kernel.errors import Forbidden
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.tx import Actor
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, json_response, render, whole_number
from callcenter.queues.queries import queue_titles

NEEDS = "desk.use"  # declared beside the socket
CALLS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class DeskPages:
    """What these routes need of the composition: the names of contacts that an actor may see."""

    names_of: Callable[[AsyncSession, Actor, Collection[int]], Awaitable[Mapping[int, str]]]


DESK_PAGES = web.AppKey("desk_pages", DeskPages)


async def desk_page(request: web.Request) -> web.StreamResponse:
    """The page; its scripts fill it."""
    return render(request, "desk/desk.html")


async def _agent_id(request: web.Request) -> int:
    own = await request.app[PAGES].own_agent_id(request)
    if own is None:
        raise Forbidden(marked("Your login has no telephone. An administrator can give you one."))
    return own


async def _names(
    request: web.Request, session: AsyncSession, rows: Sequence[CallRow | Callback]
) -> Mapping[int, str]:
    """Whom the CRM knows of these customers, by contact."""
    contact_ids = {row.contact_id for row in rows if row.contact_id is not None}
    return await request.app[DESK_PAGES].names_of(session, actor_of(request), contact_ids)


def _day_start(now: datetime, zone: str) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date(), time(), ZoneInfo(zone))


def _noon(at: datetime, zone: str) -> datetime:
    """The noon of the company's day: the same date for whoever reads it."""
    return datetime.combine(at.astimezone(ZoneInfo(zone)).date(), time(12), ZoneInfo(zone))


async def day_part(request: web.Request) -> web.StreamResponse:
    """The agent's own day."""
    agent_id = await _agent_id(request)
    actor = actor_of(request)
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    since = _day_start(now, request.app[SETTINGS].zone)
    translate = Translator(actor.language)
    async with transactions.read() as session:
        states = await stints(session, agent_id, since, now)
        rows = await list_calls(session, actor, agent_id, CallFilter(agent_id=agent_id), CALLS_SHOWN)
        queues = await queue_titles(session)
        outcomes = await disposition_titles(session, actor.language)
        names = await _names(request, session, rows)
    return render(
        request,
        "desk/day.html",
        now=now,
        day_of=partial(_noon, zone=request.app[SETTINGS].zone),
        ribbon=day.ribbon(states, translate),
        legend=day.legend(states, translate),
        facts=day.facts(rows, states, since, translate),
        calls=[day.line(row, names, queues, outcomes, translate) for row in rows],
    )


async def work_part(request: web.Request) -> web.StreamResponse:
    """Script, outcomes and note of a call. `queue` and `campaign` say what the call is until its row does."""
    agent_id = await _agent_id(request)
    actor = actor_of(request)
    campaign = request.query.get("campaign", "")
    async with request.app[TRANSACTIONS].read() as session:
        work = await queries.work_of(
            session,
            request.match_info["id"],
            request.query.get("queue", ""),
            whole_number(campaign),
            agent_id,
        )
        return render(
            request,
            "desk/work.html",
            call_id=request.match_info["id"],
            steps=parse_script(work.script),
            filled={
                "agent": actor.name,
                "company": request.app[SETTINGS].company,
                "queue": work.queue_title,
            },
            outcomes=work.outcomes,
            chosen=work.disposition,
            note=work.note,
            note_version=work.note_version,
        )


async def config(request: web.Request) -> web.StreamResponse:
    """What the desk's scripts need to know once: reasons to pause in the agent's language."""
    language = actor_of(request).language
    async with request.app[TRANSACTIONS].read() as session:
        reasons = await pause_reasons(session)
    return json_response(
        {
            "reasons": [
                {
                    "code": reason.code,
                    "title": reason.title_ru if language == "ru" else reason.title_en,
                    "minutes": reason.allowed_minutes,
                }
                for reason in reasons
            ],
            "aht_goal_seconds": request.app[SETTINGS].aht_goal_seconds,
        }
    )


async def up_next(request: web.Request) -> web.StreamResponse:
    """Promised callbacks and missed callers of this agent."""
    agent_id = await _agent_id(request)
    now = request.app[TRANSACTIONS].clock.now()
    async with request.app[TRANSACTIONS].read() as session:
        callbacks = await queries.callbacks_of(session, agent_id, now)
        missed = await queries.missed_for(session, agent_id, now)
        names = await _names(request, session, (*callbacks, *missed))
        return json_response(
            {
                "callbacks": [
                    {
                        "id": one.id,
                        "number": one.number,
                        "name": one.name or names.get(one.contact_id or 0, ""),
                        "note": one.note,
                        "due_at": iso(one.due_at),
                        "contact_id": one.contact_id,
                    }
                    for one in callbacks
                ],
                "missed": [
                    {
                        "call_id": row.id,
                        "number": row.number,
                        "name": names.get(row.contact_id or 0, row.caller_name),
                        "queue": row.queue,
                        "at": iso(row.started_at),
                        "contact_id": row.contact_id,
                    }
                    for row in missed
                ],
            }
        )


COMPONENT = Component(
    name="desk",
    routes=(
        Route("GET", "/desk", desk_page, needs=NEEDS),
        Route("GET", "/desk/day", day_part, needs=NEEDS),
        Route("GET", "/desk/calls/{id}/work", work_part, needs=NEEDS),
        Route("GET", "/api/v1/desk/config", config, needs=NEEDS),
        Route("GET", "/api/v1/desk/next", up_next, needs=NEEDS),
    ),
    menu=(MenuItem(marked("Desk"), "/desk", "head", NEEDS, 10),),
)
