"""The web edge: who asks, may they, what goes wrong, how it is shown.

Order of middlewares: security headers, errors, session (makes the `Actor`), rights (the route's `needs`),
CSRF (a cookie alone never changes anything: unsafe methods need the session's token and our own Origin).
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import msgspec
from aiohttp import web
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from callcenter.kernel import phone
from callcenter.kernel.auth import Rights, SignedIn, find_session, touch_session
from callcenter.kernel.clock import iso
from callcenter.kernel.component import PUBLIC, SIGNED_IN, Component, MenuItem, Panel, Route
from callcenter.kernel.db import is_away, is_refused
from callcenter.kernel.errors import DomainError, Forbidden, Invalid, Unauthenticated
from callcenter.kernel.i18n import LANGUAGES, Translator, best_language, catalogue, marked
from callcenter.kernel.proxies import Network, client_address
from callcenter.kernel.tx import Actor, Transactions

log = logging.getLogger(__name__)

COOKIE = "cc_session"
LANGUAGE_COOKIE = "cc_language"
TOUCH_EVERY = timedelta(minutes=1)
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LARGEST_BODY = 32 * 1024 * 1024
LARGEST_JSON = 1024 * 1024
LARGEST_FROM_STRANGERS = 64 * 1024  # who is not signed in sends a login and a password
LARGEST_INTEGER = 2**31 - 1  # of a column on PostgreSQL

T = TypeVar("T")

WebHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the edge needs to know. `origins` are the further origins pages may be served from;
    `trusted_proxies` are those whose word on the client's address is taken."""

    company: str
    home_region: str
    zone: str
    aht_goal_seconds: int = 0  # 0: no goal is shown
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    connect_sources: tuple[str, ...] = ()
    secure_cookies: bool = False
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Composition:
    """The rooms this application is made of."""

    components: tuple[Component, ...]


TRANSACTIONS = web.AppKey("transactions", Transactions)
RIGHTS = web.AppKey("rights", Rights)
SETTINGS = web.AppKey("settings", WebSettings)
TEMPLATES = web.AppKey("templates", Environment)
COMPONENTS = web.AppKey("components", Composition)
NEEDS = web.AppKey("needs", dict[web.AbstractRoute, str])
ASSETS = web.AppKey("assets", Mapping[str, str])

SIGNED = web.RequestKey("signed", SignedIn)
NONCE = web.RequestKey("nonce", str)


def signed_in(request: web.Request) -> SignedIn | None:
    """The session of this request, if there is one."""
    found: SignedIn | None = request.get(SIGNED)
    return found


def actor_of(request: web.Request) -> Actor:
    """The signed-in actor; raises `Unauthenticated` on a public route without one."""
    signed = signed_in(request)
    if signed is None:
        raise Unauthenticated
    return signed.actor


def language_of(request: web.Request) -> str:
    """The actor's language, or the cookie's or the browser's before sign-in."""
    signed = signed_in(request)
    if signed is not None:
        return signed.actor.language
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else best_language(request.headers.get("Accept-Language", ""))


def address_of(request: web.Request) -> str:
    """Where the request comes from, as far as it can be trusted."""
    forwarded = request.headers.getall("X-Forwarded-For", ())
    return client_address(request.remote or "", forwarded, request.app[SETTINGS].trusted_proxies)


def whole_number(text: str) -> int | None:
    """A number as people and links write it, if a column can hold it."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(LARGEST_INTEGER)):
        return None
    return number if (number := int(text)) <= LARGEST_INTEGER else None


def wants_json(request: web.Request) -> bool:
    return request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", "")


async def read_json(request: web.Request, shape: type[T]) -> T:
    """The body as `shape` (a msgspec Struct or dataclass); a wrong one is `Invalid` with the reason."""
    if (request.content_length or 0) > LARGEST_JSON:
        raise TooLarge
    body = await request.read()
    if len(body) > LARGEST_JSON:
        raise TooLarge
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        text = str(error)
        place = text.rsplit("`$", 1)[-1].rstrip("`").strip(".[]") if "`$" in text else "body"
        raise Invalid({place or "body": text}) from error
    except msgspec.DecodeError as error:
        raise Invalid({"body": str(error)}) from error


def json_response(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """JSON by msgspec: dataclasses, datetimes and enums included."""
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        charset="utf-8",
        headers=headers,
    )


def render(request: web.Request, template: str, *, status: int = 200, **context: object) -> web.Response:
    """A page or a partial, in the actor's language."""
    environment = request.app[TEMPLATES]
    text = environment.get_template(template).render(page_context(request) | context)
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


def page_context(request: web.Request) -> dict[str, object]:
    """What every template may use."""
    signed = signed_in(request)
    language = language_of(request)
    settings = request.app[SETTINGS]
    found = catalogue(language)
    return {
        "request": request,
        "path": request.path,
        "actor": signed.actor if signed else None,
        "csrf": signed.csrf if signed else "",
        "theme": signed.theme if signed else "auto",
        "language": language,
        "nonce": request.get(NONCE, ""),
        "settings": settings,
        "menu": menu_of(request.app[COMPONENTS].components, signed.actor if signed else None),
        "panels": lambda slot: panels_of(
            request.app[COMPONENTS].components, slot, signed.actor if signed else None
        ),
        "asset": request.app[ASSETS],
        "phone": lambda number: phone.display(number, settings.home_region) if number else "",
        "iso": iso,
        "_": found.gettext,
        "gettext": found.gettext,
        "ngettext": found.ngettext,
    }


def menu_of(components: Iterable[Component], actor: Actor | None) -> list[MenuItem]:
    """The rail as this actor sees it."""
    if actor is None:
        return []
    items = [item for c in components for item in c.menu if _allowed(item.needs, actor)]
    return sorted(items, key=lambda item: item.order)


def panels_of(components: Iterable[Component], slot: str, actor: Actor | None) -> list[Panel]:
    """What fills a slot for this actor."""
    if actor is None:
        return []
    found = [p for c in components for p in c.panels if p.slot == slot and _allowed(p.needs, actor)]
    return sorted(found, key=lambda panel: panel.order)


def _allowed(needs: str, actor: Actor) -> bool:
    return needs in (PUBLIC, SIGNED_IN) or actor.may(needs)


def same_origin(request: web.Request) -> bool:
    """Does the request come from a page of ours? A missing Origin is not proof of it."""
    origin = request.headers.get("Origin", "")
    if not origin:
        return False
    return origin.partition("://")[2] == request.host or origin in request.app[SETTINGS].origins


def problem(error: DomainError, translate: Translator) -> web.Response:
    """RFC 9457 problem+json."""
    body: dict[str, object] = {
        "type": f"urn:callcenter:error:{error.key}",
        "title": translate(error.message, error.values),
        "status": error.status,
        "key": error.key,
    }
    if error.values:
        body["values"] = {key: str(value) for key, value in error.values.items()}
    if isinstance(error, Invalid):
        body["fields"] = {
            name: translate(text, error.values) if error.values else translate(text)
            for name, text in error.fields.items()
        }
    return web.json_response(body, status=error.status, content_type="application/problem+json", dumps=_dumps)


def _dumps(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _wants_part(request: web.Request) -> bool:
    """Is the answer put into a page, rather than taken as one? Navigation and Back take whole pages."""
    asked = request.headers
    return "HX-Request" in asked and "HX-Boosted" not in asked and "HX-History-Restore-Request" not in asked


def _error_response(request: web.Request, error: DomainError) -> web.StreamResponse:
    translate = Translator(language_of(request))
    if wants_json(request):
        return problem(error, translate)
    if isinstance(error, Unauthenticated) and request.method == "GET" and "HX-Request" not in request.headers:
        place = quote(str(request.rel_url), safe="/")
        return web.Response(status=303, headers={"Location": f"/login?next={place}"})
    return render(
        request,
        "parts/error.html" if _wants_part(request) else "error.html",
        status=error.status,
        error=error,
        title=translate(error.message, error.values),
        fields={k: translate(v, error.values) for k, v in error.fields.items()}
        if isinstance(error, Invalid)
        else {},
    )


@web.middleware
async def errors(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """Domain errors become answers in the actor's language; the rest a 500 with an id to quote."""
    try:
        return await handler(request)
    except DomainError as error:
        return _error_response(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = _error_response(request, _told(error))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception as error:  # the web edge is one of the three places that catch all
        incident = secrets.token_hex(4)
        known = _of_the_database(error, incident)
        if not isinstance(known, Invalid):
            route = request.match_info.route.resource
            log.exception(
                "unexpected error",
                extra={
                    "incident": incident,
                    "method": request.method,
                    "route": route.canonical if route is not None else "",
                    "pii_path": request.path,
                },
            )
        return _error_response(request, known)


def _told(error: web.HTTPException) -> DomainError:
    """What aiohttp refuses by itself, as we say it."""
    match error.status:
        case 404:
            return DomainNotFound()
        case 405:
            return NotThisWay()
        case 413:
            return TooLarge()
        case _:
            return DomainError()


def _of_the_database(error: Exception, incident: str) -> DomainError:
    """Values that no column holds are the sender's fault; a database that is away is nobody's."""
    if is_refused(error):
        return Invalid({"body": marked("A value is too long or too large.")})
    return DatabaseAway(incident=incident) if is_away(error) else Unexpected(incident=incident)


class DomainNotFound(DomainError):
    """No such page."""

    status = 404
    key = "not-found"
    message = "Nothing is found here."


class NotThisWay(DomainError):
    """A method that this address does not know."""

    status = 405
    key = "method"


class TooLarge(DomainError):
    """More than is read."""

    status = 413
    key = "too-large"
    message = "This is too large."


class DatabaseAway(DomainError):
    """Rows can be neither read nor written for now."""

    status = 503
    key = "database-away"
    message = "The database does not answer. Try again in a moment."


class Unexpected(DomainError):
    """A defect of ours; `incident` finds it in the log."""

    status = 500
    key = "unexpected"
    message = "Something broke on our side. Tell your administrator this code: {incident}."


@web.middleware
async def headers(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """A strict content policy: our own scripts and sockets, nothing inline without the nonce."""
    nonce = secrets.token_urlsafe(16)
    request[NONCE] = nonce
    try:
        response = await handler(request)
    except web.HTTPException as redirect:
        _secure(request, redirect.headers, nonce)
        raise
    if not response.prepared:
        _secure(request, response.headers, nonce)
    return response


def _secure(request: web.Request, headers: MutableMapping[str, str], nonce: str) -> None:
    sources = " ".join(("'self'", *request.app[SETTINGS].connect_sources))
    headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; media-src 'self' blob:; connect-src {sources}; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "microphone=(self)")
    headers.setdefault("Cache-Control", "no-store")  # a workstation is shared by shifts


@web.middleware
async def session(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """Read the cookie; keep the session fresh at most once a minute."""
    token = request.cookies.get(COOKIE)
    if token and not request.path.startswith("/static/"):
        transactions = request.app[TRANSACTIONS]
        now = transactions.clock.now()
        async with transactions.read() as reading:
            signed = await find_session(reading, token, now, request.app[RIGHTS])
        if signed is not None:
            request[SIGNED] = signed
            if now - signed.seen_at > TOUCH_EVERY:
                async with transactions.database.write() as writing:
                    await touch_session(writing, signed.token_hash, now)
    return await handler(request)


@web.middleware
async def rights(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """The route's `needs` against the actor's permissions, then CSRF for unsafe methods."""
    if request.match_info.http_exception is not None:
        raise request.match_info.http_exception
    needs = request.app[NEEDS][request.match_info.route]
    signed = signed_in(request)
    if needs != PUBLIC:
        if signed is None:
            raise Unauthenticated
        if needs != SIGNED_IN:
            signed.actor.require(needs)
    if request.method in UNSAFE:
        if signed is None and request.can_read_body:
            sent = request.content_length
            if sent is None or sent > LARGEST_FROM_STRANGERS:
                raise TooLarge
        await _check_csrf(request, signed)
    return await handler(request)


async def _check_csrf(request: web.Request, signed: SignedIn | None) -> None:
    if not same_origin(request):
        raise Forbidden(key="origin")
    if signed is None:
        return
    token = request.headers.get("X-CSRF-Token", "")
    if not token and request.content_type in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        field = (await request.post()).get("csrf", "")
        token = field if isinstance(field, str) else ""
    if not secrets.compare_digest(token.encode(), signed.csrf.encode()):
        raise Forbidden(key="csrf")


def make_templates(folders: Iterable[Path]) -> Environment:
    """One Jinja environment over the template folders of every room."""
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        lambda message: message, lambda one, many, count: one if count == 1 else many, newstyle=True
    )
    return environment


def make_web_app(
    *,
    transactions: Transactions,
    settings: WebSettings,
    components: tuple[Component, ...],
    templates: Environment,
    assets: Mapping[str, str],
) -> web.Application:
    """The aiohttp application of these components. Refuses a route whose `needs` nobody declared."""
    permissions = tuple(p for c in components for p in c.permissions)
    app = web.Application(middlewares=[headers, errors, session, rights], client_max_size=LARGEST_BODY)
    app[TRANSACTIONS] = transactions
    app[SETTINGS] = settings
    app[COMPONENTS] = Composition(components)
    app[RIGHTS] = Rights(permissions)
    app[TEMPLATES] = templates
    app[ASSETS] = assets
    app[NEEDS] = {}
    known = {p.name for p in permissions} | {PUBLIC, SIGNED_IN}
    for route in (r for c in components for r in c.routes):
        if route.needs not in known:
            raise ValueError(f"{route.method} {route.path} needs {route.needs!r}, which no room declares")
        _add(app, route)
    return app


def _add(app: web.Application, route: Route) -> None:
    """HEAD is GET without the body, so it needs the same."""
    resource = app.router.add_resource(route.path)
    for method in ("HEAD", "GET") if route.method == "GET" else (route.method,):
        app[NEEDS][resource.add_route(method, route.handler)] = route.needs
