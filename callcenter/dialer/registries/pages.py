"""Pages of external registries and of areas that are not called."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from aiohttp import web

from callcenter.dialer import queries as dialer_queries
from callcenter.dialer.pages import back, number_in, typed_in
from callcenter.dialer.reasons import KINDS, PURPOSES
from callcenter.dialer.registries import queries, service, uploading
from callcenter.dialer.registries.service import AreaDraft, LoadDraft, RegistryDraft
from callcenter.dialer.registries.states import UNDER_WAY, LoadChange, LoadStatus
from callcenter.dialer.rules import Purpose, law
from callcenter.dialer.rules.words import RegistryKind
from callcenter.kernel.errors import DomainError, Invalid
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, render, whole_number

LOAD_TITLES: dict[LoadStatus, str] = {
    LoadStatus.UPLOADING: marked("Uploading"),
    LoadStatus.QUEUED: marked("Queued"),
    LoadStatus.RUNNING: marked("Loading"),
    LoadStatus.DONE: marked("Done"),
    LoadStatus.CANCELLED: marked("Cancelled"),
    LoadStatus.FAILED: marked("Failed"),
}
CHANGES: dict[LoadChange, str] = {
    LoadChange.REPLACE: marked("Replace the whole list"),
    LoadChange.ADD: marked("Add to the list"),
    LoadChange.REMOVE: marked("Take off the list"),
}
WORDS: dict[str, object] = {
    "loads": LOAD_TITLES,
    "changes": CHANGES,
    "kinds": KINDS,
    "purposes": PURPOSES,
    "under_way": UNDER_WAY,
}


async def registries(
    request: web.Request, error: DomainError | None = None, typed: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """What is there, how old it is, and what laws ask for; `?part=rows` is only what changes by itself."""
    transactions = request.app[TRANSACTIONS]
    async with transactions.read() as session:
        lines = await queries.registries(session, law.book())
    part = request.query.get("part")
    return render(
        request,
        "dialer/registry_rows.html" if part else "dialer/registries.html",
        status=error.status if error else 200,
        lines=lines,
        laws={one.id: one.title for one in law.book().by_id.values()},
        now=transactions.clock.now(),
        values=dict(typed or {}),
        wrong=_wrong(request, error),
        problem=None if error is None or isinstance(error, Invalid) else error,
        words=WORDS,
        region=request.app[SETTINGS].home_region,
    )


def _wrong(request: web.Request, error: DomainError | None) -> dict[str, str]:
    translate = Translator(actor_of(request).language)
    fields = error.fields if isinstance(error, Invalid) else {}
    return {name: translate(text) for name, text in fields.items()}


async def create(request: web.Request) -> web.StreamResponse:
    typed = await typed_in(request)
    purpose = typed.get("purpose", "")
    kind = typed.get("kind", "")
    draft = RegistryDraft(
        code=typed.get("code", "").strip(),
        name=typed.get("name", ""),
        kind=RegistryKind(kind) if kind in set(RegistryKind) else RegistryKind.DO_NOT_CALL,
        region=typed.get("region", ""),
        purposes=[Purpose(purpose)] if purpose in set(Purpose) else [],
    )
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.create_registry(tx, draft)
    except Invalid as error:
        return await registries(request, error, typed)
    return back("/do-not-call/registries")


async def load(request: web.Request) -> web.StreamResponse:
    """A file from the browser; what is larger than a form may be comes in by the API."""
    posted = await request.post()
    typed = {name: value for name, value in posted.items() if isinstance(value, str)}
    transactions = request.app[TRANSACTIONS]
    try:
        upload = posted.get("file")
        if not isinstance(upload, web.FileField):
            raise Invalid({"file": marked("Choose a file.")})
        draft = LoadDraft(
            file_name=upload.filename,
            change=_change(typed),
            region=request.app[SETTINGS].home_region,
            current_at=data_date(typed.get("current_on", ""), transactions.clock.now()),
        )
        code = typed.get("code", "")
        await uploading.receive(transactions, actor_of(request), code, draft, uploading.of_file(upload.file))
    except (Invalid, service.LoadUnderWay) as error:
        return await registries(request, error, typed)
    return back("/do-not-call/registries")


def _change(typed: Mapping[str, str]) -> LoadChange:
    text = typed.get("change", LoadChange.REPLACE)
    if text not in {change.value for change in CHANGES}:
        raise Invalid({"change": marked("This is not one of the choices.")})
    return LoadChange(text)


def data_date(text: str, now: datetime) -> datetime:
    """The day on which a file was true, at its beginning; empty: now."""
    if not text:
        return now
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid({"current_on": marked("Write dates as 2026-12-31.")}) from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def cancel(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.cancel_load(tx, number_in(request, "id"))
    return back("/do-not-call/registries" if row.registry_id else "/consents")


async def remove(request: web.Request) -> web.StreamResponse:
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.remove_registry(tx, request.match_info["code"])
    except service.LoadUnderWay as error:
        return await registries(request, error)
    return back("/do-not-call/registries")


async def areas(request: web.Request, error: Invalid | None = None, pattern: str = "") -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.areas(session)
        names = {row.id: row.name for row in await dialer_queries.campaigns(session)}
    return render(
        request,
        "dialer/areas.html",
        status=error.status if error else 200,
        rows=rows,
        names=names,
        pattern=pattern,
        wrong=_wrong(request, error),
    )


async def block_area(request: web.Request) -> web.StreamResponse:
    typed = await typed_in(request)
    draft = AreaDraft(
        pattern=typed.get("pattern", ""),
        campaign_id=whole_number(typed.get("campaign_id", "0")) or 0,
        reason=typed.get("reason", ""),
    )
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.block_area(tx, draft)
    except Invalid as error:
        return await areas(request, error, draft.pattern)
    return back("/do-not-call/areas")


async def allow_area(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.allow_area(tx, number_in(request, "id"))
    return back("/do-not-call/areas")
