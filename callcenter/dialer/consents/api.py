"""Consents as JSON."""

from aiohttp import web
from msgspec import Struct

from callcenter.dialer.consents import queries, service
from callcenter.dialer.consents.models import ConsentRow
from callcenter.dialer.consents.service import ConsentDraft
from callcenter.dialer.pages import number_in
from callcenter.kernel import phone
from callcenter.kernel.clock import iso
from callcenter.kernel.web import (
    SETTINGS,
    TRANSACTIONS,
    actor_of,
    json_response,
    read_json,
    whole_number,
)


class Revocation(Struct):
    why: str = ""


def consent_json(row: ConsentRow) -> dict[str, object]:
    names = (
        *("id", "number", "contact_id", "purpose", "basis", "reach", "source", "proof", "added_by"),
        *("revoked_by", "revoked_why"),
    )
    moments = ("given_at", "expires_at", "revoked_at", "added_at")
    return {name: getattr(row, name) for name in names} | {
        name: iso(at) if (at := getattr(row, name)) else None for name in moments
    }


async def consents(request: web.Request) -> web.StreamResponse:
    """`?number=`, `?contact_id=`, `?after=`."""
    number_raw = request.query.get("number", "").strip()
    region = request.app[SETTINGS].home_region
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.consents(
            session,
            number=(phone.to_e164(number_raw, region) or number_raw) if number_raw else "",
            contact_id=whole_number(request.query.get("contact_id", "")),
            after_id=whole_number(request.query.get("after", "")) or 0,
        )
    return json_response({"consents": [consent_json(row) for row in rows]})


async def record(request: web.Request) -> web.StreamResponse:
    draft = await read_json(request, ConsentDraft)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.record(tx, draft, request.app[SETTINGS].home_region)
    return json_response(consent_json(row), status=201)


async def revoke(request: web.Request) -> web.StreamResponse:
    why = await read_json(request, Revocation)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.revoke(tx, number_in(request, "id"), why=why.why)
    return json_response(consent_json(row))
