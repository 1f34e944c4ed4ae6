"""The page of consents."""

from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from callcenter.dialer.consents import queries, service
from callcenter.dialer.consents.service import ConsentDraft
from callcenter.dialer.pages import back, number_in, typed_in
from callcenter.dialer.reasons import BASES, METHODS, PURPOSES
from callcenter.dialer.registries import queries as registry_queries
from callcenter.dialer.registries import uploading
from callcenter.dialer.registries.pages import LOAD_TITLES, data_date
from callcenter.dialer.registries.service import LoadDraft
from callcenter.dialer.registries.states import UNDER_WAY, LoadChange
from callcenter.dialer.rules import Basis, Method, Purpose
from callcenter.kernel import phone
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, render, whole_number

WORDS: dict[str, object] = {
    "purposes": PURPOSES,
    "bases": BASES,
    "methods": METHODS,
    "loads": LOAD_TITLES,
    "under_way": UNDER_WAY,
}


async def consents(
    request: web.Request, error: Invalid | None = None, typed: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Newest first, or those of one number."""
    search = request.query.get("number", "").strip()
    settings = request.app[SETTINGS]
    transactions = request.app[TRANSACTIONS]
    async with transactions.read() as session:
        rows = await queries.consents(
            session,
            number=(phone.to_e164(search, settings.home_region) or search) if search else "",
            after_id=whole_number(request.query.get("after", "")) or 0,
        )
        loads = await registry_queries.consent_loads(session)
    translate = Translator(actor_of(request).language)
    return render(
        request,
        "dialer/consents.html",
        status=error.status if error else 200,
        rows=rows,
        loads=loads,
        search=search,
        more=len(rows) == queries.PAGE,
        now=transactions.clock.now(),
        values=dict(typed or {}),
        wrong={name: translate(text) for name, text in (error.fields if error else {}).items()},
        words=WORDS,
    )


async def record(request: web.Request) -> web.StreamResponse:
    typed = await typed_in(request)
    transactions = request.app[TRANSACTIONS]
    try:
        draft = _draft(typed, transactions.clock.now())
        async with transactions.begin(actor_of(request)) as tx:
            await service.record(tx, draft, request.app[SETTINGS].home_region)
    except Invalid as error:
        return await consents(request, error, typed)
    return back("/consents")


def _draft(typed: Mapping[str, str], now: datetime) -> ConsentDraft:
    try:
        purpose, basis = Purpose(typed.get("purpose", "")), Basis(typed.get("basis", ""))
        reach = Method(typed.get("reach", ""))
    except ValueError as error:
        raise Invalid({"purpose": marked("This is not one of the choices.")}) from error
    expires = typed.get("expires_on", "")
    try:
        given_at = data_date(typed.get("given_on", ""), now)
        expires_at = data_date(expires, now) if expires else None
    except Invalid as error:
        raise Invalid({"given_on": marked("Write dates as 2026-12-31.")}) from error
    return ConsentDraft(
        number=typed.get("number", ""),
        purpose=purpose,
        basis=basis,
        reach=reach,
        given_at=given_at,
        expires_at=expires_at,
        source=typed.get("source", ""),
        proof=typed.get("proof", ""),
    )


async def revoke(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.revoke(tx, number_in(request, "id"), why=(await typed_in(request)).get("why", ""))
    return back("/consents")


async def load(request: web.Request) -> web.StreamResponse:
    """A file of consents from the browser."""
    posted = await request.post()
    upload = posted.get("file")
    transactions = request.app[TRANSACTIONS]
    try:
        if not isinstance(upload, web.FileField):
            raise Invalid({"file": marked("Choose a file.")})
        draft = LoadDraft(
            file_name=upload.filename,
            change=LoadChange.CONSENTS,
            region=request.app[SETTINGS].home_region,
            current_at=transactions.clock.now(),
        )
        body = uploading.of_file(upload.file)
        await uploading.receive(transactions, actor_of(request), None, draft, body)
    except Invalid as error:
        return await consents(request, error)
    return back("/consents")
