"""Sign-in and sign-out, what a user prefers, static files."""

import mimetypes
from pathlib import PurePosixPath

import msgspec
from aiohttp import web

from agent_ui.shell.assets import STATIC_FOLDER
from callcenter.kernel.auth import Role, set_preferences, sign_in, sign_out
from callcenter.kernel.component import PUBLIC, SIGNED_IN, Route
from callcenter.kernel.errors import DomainError, NotFound, Unauthenticated
from callcenter.kernel.i18n import LANGUAGES, Translator, marked
from callcenter.kernel.tx import system_actor
from callcenter.kernel.web import (
    COOKIE,
    LANGUAGE_COOKIE,
    SETTINGS,
    TRANSACTIONS,
    actor_of,
    address_of,
    language_of,
    read_json,
    render,
    signed_in,
)

ONE_YEAR_SECONDS = 365 * 24 * 3600
HOME_OF_ROLE = {Role.AGENT: "/desk", Role.SUPERVISOR: "/supervisor", Role.ADMINISTRATOR: "/supervisor"}

mimetypes.add_type("font/woff2", ".woff2")


class DemoLogin(msgspec.Struct, frozen=True):
    """An invitation on the sign-in page. Exists only where the composition root seeded a demo."""

    login: str
    password: str
    name: str
    title: str


DEMO_LOGINS = web.AppKey("demo_logins", tuple[DemoLogin, ...])


class Preferences(msgspec.Struct, forbid_unknown_fields=True):
    """What a user may change about their own screen."""

    language: str | None = None
    theme: str | None = None


def local_path(wanted: str) -> str:
    """Where to go after sign-in: a path of ours, or nothing. `//host` and `/\\host` lead elsewhere."""
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or any(c in wanted for c in "\r\n\t"):
        return ""
    return wanted


def see_other(path: str) -> web.Response:
    """Go on with GET there."""
    return web.Response(status=303, headers={"Location": path})


async def home(request: web.Request) -> web.StreamResponse:
    """The page where this role works."""
    signed = signed_in(request)
    place = HOME_OF_ROLE.get(Role(signed.actor.role), "/desk") if signed else "/login"
    return see_other(place)


async def login_page(request: web.Request) -> web.StreamResponse:
    """The sign-in form; `?language=` chooses the language before anybody is known."""
    chosen = request.query.get("language", "")
    if chosen in LANGUAGES:
        answer = see_other("/login")
        _remember_language(request, answer, chosen)
        return answer
    if signed_in(request) is not None:
        return see_other("/")
    return _login_form(request)


async def login(request: web.Request) -> web.StreamResponse:
    """Check the password; the failure is counted in the same transaction."""
    form = await request.post()
    name, password = _text(form.get("login")), _text(form.get("password"))
    next_path = local_path(_text(form.get("next")))
    translate = Translator(language_of(request))
    try:
        async with request.app[TRANSACTIONS].begin(system_actor("sign-in")) as tx:
            token = await sign_in(
                tx,
                login=name,
                password=password,
                address=address_of(request),
                user_agent=request.headers.get("User-Agent", ""),
            )
    except DomainError as error:
        return _login_form(request, name, next_path, translate(error.message, error.values), error.status)
    if token is None:
        return _login_form(request, name, next_path, translate(WRONG_PASSWORD), 422)
    answer = see_other(next_path or "/")
    answer.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="Lax",
        secure=request.app[SETTINGS].secure_cookies,
        path="/",
    )
    return answer


WRONG_PASSWORD = marked("The login or the password is not right.")


async def logout(request: web.Request) -> web.StreamResponse:
    """End the session."""
    token = request.cookies.get(COOKIE, "")
    if token:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await sign_out(tx, token)
    answer = see_other("/login")
    answer.del_cookie(COOKIE, path="/")
    return answer


async def save_preferences(request: web.Request) -> web.StreamResponse:
    """Language and theme of the signed-in user."""
    wanted = await read_json(request, Preferences)
    actor = actor_of(request)
    if actor.user_id is None:
        raise Unauthenticated
    async with request.app[TRANSACTIONS].begin(actor) as tx:
        user = await set_preferences(tx, actor.user_id, language=wanted.language, theme=wanted.theme)
        language = user.language
    answer = web.Response(status=204)
    _remember_language(request, answer, language)
    return answer


async def static_file(request: web.Request) -> web.StreamResponse:
    """A file of `agent_ui/static`. Bundled files carry their hash in the name and never change."""
    wanted = request.match_info["path"]
    inside = PurePosixPath(wanted)
    if inside.is_absolute() or ".." in inside.parts or "\0" in wanted:
        raise NotFound
    path = STATIC_FOLDER / inside
    hashed = wanted.startswith("dist/") and inside.suffix != ".json"
    cache = f"public, max-age={ONE_YEAR_SECONDS}, immutable" if hashed else "public, max-age=300"
    return web.FileResponse(path, headers={"Cache-Control": cache})


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _remember_language(request: web.Request, answer: web.StreamResponse, language: str) -> None:
    answer.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=ONE_YEAR_SECONDS,
        samesite="Lax",
        secure=request.app[SETTINGS].secure_cookies,
        path="/",
    )


def _login_form(
    request: web.Request, login_name: str = "", next_path: str = "", error: str = "", status: int = 200
) -> web.Response:
    demo = request.app.get(DEMO_LOGINS, ()) if request.app[SETTINGS].demo else ()
    return render(
        request,
        "login.html",
        status=status,
        login=login_name,
        next=next_path or local_path(request.query.get("next", "")),
        error=error,
        demo_logins=demo,
    )


ROUTES = (
    Route("GET", "/", home, PUBLIC),
    Route("GET", "/login", login_page, PUBLIC),
    Route("POST", "/login", login, PUBLIC),
    Route("POST", "/logout", logout, SIGNED_IN),
    Route("POST", "/api/v1/me/preferences", save_preferences, SIGNED_IN),
    Route("GET", "/static/{path:.+}", static_file, PUBLIC),
)
