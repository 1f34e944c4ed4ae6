"""Calls over HTTP: lists, the note, the recording with range requests."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import queries, service
from callcenter.calls.models import CallRow, RecordingState
from callcenter.kernel.auth import Permission, Role
from callcenter.kernel.clock import iso
from callcenter.kernel.component import SIGNED_IN, Component, Route
from callcenter.kernel.errors import Invalid, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.place import read_place
from callcenter.kernel.tx import Actor
from callcenter.kernel.web import TRANSACTIONS, actor_of, json_response, read_json, whole_number

VIEW = Permission("calls.view", marked("See calls of everybody"), frozenset({Role.SUPERVISOR}))
LISTEN = Permission("calls.listen", marked("Listen to recordings of everybody"), frozenset({Role.SUPERVISOR}))
EDIT = Permission("calls.edit", marked("Change notes of others"), frozenset({Role.SUPERVISOR}))


async def no_names(_session: AsyncSession, _actor: Actor, _contact_ids: Collection[int]) -> Mapping[int, str]:
    """Where there is no CRM."""
    return {}


@dataclass(frozen=True, slots=True)
class CallPages:
    """What these routes need of the composition. `names_of`: the contacts that an actor may see, by id."""

    recordings: Path
    own_agent_id: Callable[[web.Request], Awaitable[int | None]]
    names_of: Callable[[AsyncSession, Actor, Collection[int]], Awaitable[Mapping[int, str]]] = no_names


PAGES = web.AppKey("call_pages", CallPages)
ASK_AGAIN = {"Cache-Control": "private, no-cache"}


class NoteBody(Struct, forbid_unknown_fields=True):
    """The note as typed, and the version it was typed on."""

    text: str
    version: int


def shown(row: CallRow, names: Mapping[int, str]) -> dict[str, object]:
    """A call as the API gives it."""
    return {
        "id": row.id,
        "name": names.get(row.contact_id or 0, row.caller_name),
        "direction": row.direction,
        "number": row.number or row.number_raw,
        "dialled": row.dialled_raw,
        "queue": row.queue,
        "campaign_id": row.campaign_id,
        "agent_id": row.agent_id,
        "contact_id": row.contact_id,
        "started_at": iso(row.started_at),
        "joined_at": _iso(row.joined_at),
        "answered_at": _iso(row.answered_at),
        "connected_at": _iso(row.connected_at),
        "ended_at": _iso(row.ended_at),
        "wait_ms": row.wait_ms,
        "talk_ms": row.talk_ms,
        "hold_ms": row.hold_ms,
        "wrap_ms": row.wrap_ms,
        "outcome": row.outcome,
        "cause": row.cause,
        "sip_code": row.sip_code,
        "ended_by": row.ended_by,
        "disposition": row.disposition,
        "note": row.note,
        "note_version": row.note_version,
        "recording": row.recording_state == RecordingState.READY,
    }


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name, "")
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise Invalid({name: marked("This is not a number.")})
    return number


async def _names(request: web.Request, session: AsyncSession, rows: Sequence[CallRow]) -> Mapping[int, str]:
    contact_ids = {row.contact_id for row in rows if row.contact_id is not None}
    return await request.app[PAGES].names_of(session, actor_of(request), contact_ids)


async def list_calls(request: web.Request) -> web.StreamResponse:
    """`agent_id`, `contact_id`, `number`, `queue`, `direction`, `outcome`, `before`, `limit`.

    `before` is a moment, or the `next` of the page before.
    """
    wanted = queries.CallFilter(
        agent_id=_number(request, "agent_id"),
        contact_id=_number(request, "contact_id"),
        number=request.query.get("number", ""),
        queue=request.query.get("queue", ""),
        direction=request.query.get("direction", ""),
        outcome=request.query.get("outcome", ""),
        before=read_place(request.query.get("before", ""), "before"),
    )
    own = await request.app[PAGES].own_agent_id(request)
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.list_calls(
            session, actor_of(request), own, wanted, _number(request, "limit") or 50
        )
        names = await _names(request, session, rows)
        following = str(queries.place_of(rows[-1])) if rows else None
        return json_response({"calls": [shown(row, names) for row in rows], "next": following})


async def get_call(request: web.Request) -> web.StreamResponse:
    """One call with its legs and the agents who were asked."""
    own = await request.app[PAGES].own_agent_id(request)
    async with request.app[TRANSACTIONS].read() as session:
        row = await queries.call_by_id(session, actor_of(request), own, request.match_info["id"])
        legs = await queries.legs_of(session, row.id)
        offers = await queries.offers_of(session, row.id)
        return json_response(
            shown(row, await _names(request, session, [row]))
            | {
                "legs": [
                    {
                        "id": leg.id,
                        "kind": leg.kind,
                        "agent_id": leg.agent_id,
                        "created_at": iso(leg.created_at),
                        "answered_at": _iso(leg.answered_at),
                        "ended_at": _iso(leg.ended_at),
                        "cause": leg.cause,
                        "sip_code": leg.sip_code,
                    }
                    for leg in legs
                ],
                "offers": [
                    {
                        "agent_id": offer.agent_id,
                        "offered_at": iso(offer.offered_at),
                        "connected_at": _iso(offer.connected_at),
                        "ended_at": _iso(offer.ended_at),
                        "result": offer.result,
                    }
                    for offer in offers
                ],
            }
        )


async def put_note(request: web.Request) -> web.StreamResponse:
    """Save the note; 412 with the present text when somebody was faster."""
    body = await read_json(request, NoteBody)
    own = await request.app[PAGES].own_agent_id(request)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        version = await service.set_note(tx, request.match_info["id"], body.text, body.version, own)
    return json_response({"version": version})


async def _recording(request: web.Request) -> Path:
    actor = actor_of(request)
    own = await request.app[PAGES].own_agent_id(request)
    transactions = request.app[TRANSACTIONS]
    async with transactions.read() as session:
        row = await queries.call_by_id(session, actor, own, request.match_info["id"])
    if row.agent_id != own or own is None:
        actor.require("calls.listen")
    if row.recording_state != RecordingState.READY:
        raise NotFound(marked("There is no recording of this call."))
    return request.app[PAGES].recordings / row.recording


async def get_recording(request: web.Request) -> web.StreamResponse:
    """The stereo WAV: customer left, agent right. Ranges are served; whoever listens is audited.

    A browser that kept it must ask again before it plays it: the next to sit there may have no right.
    """
    path = await _recording(request)
    if not path.is_file():
        raise NotFound(marked("There is no recording of this call."))
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.note_listening(tx, request.match_info["id"])
    return web.FileResponse(path, headers={"Content-Type": "audio/wav"} | ASK_AGAIN)


async def get_peaks(request: web.Request) -> web.StreamResponse:
    """`{"seconds", "peaks": [[customer 0..100], [agent]]}` for the waveform."""
    path = (await _recording(request)).with_suffix(".json")
    if not path.is_file():
        raise NotFound(marked("There is no recording of this call."))
    return web.FileResponse(path, headers={"Content-Type": "application/json"} | ASK_AGAIN)


COMPONENT = Component(
    name="calls",
    permissions=(VIEW, LISTEN, EDIT),
    routes=(
        Route("GET", "/api/v1/calls", list_calls, needs=SIGNED_IN),
        Route("GET", "/api/v1/calls/{id}", get_call, needs=SIGNED_IN),
        Route("PUT", "/api/v1/calls/{id}/note", put_note, needs=SIGNED_IN),
        Route("GET", "/api/v1/calls/{id}/recording", get_recording, needs=SIGNED_IN),
        Route("GET", "/api/v1/calls/{id}/recording/peaks", get_peaks, needs=SIGNED_IN),
    ),
)
