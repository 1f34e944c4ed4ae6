"""Pages of users, agents and pause reasons."""

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_ui.admin.forms import Form
from agent_ui.admin.pages import back, show, show_form, translator
from callcenter.agents import queries, service
from callcenter.agents.models import Agent
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.agents.service import AgentSettings, ReasonSettings, UserSettings
from callcenter.kernel.auth import Role, User, create_user, set_password
from callcenter.kernel.component import Route
from callcenter.kernel.errors import DomainError, Invalid, NotFound
from callcenter.kernel.i18n import LANGUAGES, marked
from callcenter.kernel.web import TRANSACTIONS, actor_of, whole_number
from callcenter.queues import queries as queue_queries
from callcenter.queues.service import set_queues_of_agent

ROLE_TITLES = {
    Role.AGENT: marked("Agent"),
    Role.SUPERVISOR: marked("Supervisor"),
    Role.ADMINISTRATOR: marked("Administrator"),
}
PHONE_TITLES = {
    PhoneKind.BROWSER: marked("In the browser"),
    PhoneKind.SIP: marked("SIP phone or softphone"),
}
LEG_TITLES = {
    LegMode.NAILED: marked("Connected for the whole shift"),
    LegMode.RUNG: marked("Rung for each call"),
}
LANGUAGE_TITLES = {"en": "English", "ru": "Русский"}
NEW_AGENT: Mapping[str, object] = {
    "phone": PhoneKind.BROWSER,
    "leg_mode": LegMode.NAILED,
    "wrapup_seconds": 45,
    "active": True,
    "language": "en",
}


def _number(request: web.Request, name: str = "id") -> int:
    """The row's number in the path."""
    number = whole_number(request.match_info[name])
    if number is None:
        raise NotFound
    return number


# -- users --------------------------------------------------------------------------------------


async def users(request: web.Request) -> web.StreamResponse:
    """Everybody who may sign in."""
    async with request.app[TRANSACTIONS].read() as session:
        rows = list(await session.scalars(select(User).order_by(User.name, User.id)))
        agent_of = dict(iter(await session.execute(select(Agent.user_id, Agent.id))))
        return show(request, "users", users=rows, agent_of=agent_of, roles=ROLE_TITLES)


async def new_user(request: web.Request) -> web.StreamResponse:
    form = Form({"role": Role.AGENT, "language": "en", "active": True}, translator(request))
    return _user_page(request, form)


async def add_user(request: web.Request) -> web.StreamResponse:
    """A user with a first password."""
    form = await Form.read(request, translator(request))
    role = form.choice("role", Role)
    if form.good:
        try:
            async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
                await create_user(
                    tx,
                    login=form.text("login"),
                    name=form.text("name"),
                    role=role,
                    password=form["password"],
                    language=form["language"],
                )
            return back("/admin/users")
        except DomainError as error:
            form.refuse(error)
    return _user_page(request, form)


async def user(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        found = await session.get(User, _number(request))
        if found is None:
            raise NotFound
        form = Form(
            {
                "name": found.name,
                "role": found.role,
                "language": found.language,
                "active": found.active,
                "version": found.version,
            },
            translator(request),
        )
        return _user_page(request, form, user_id=found.id, login=found.login)


async def save_user(request: web.Request) -> web.StreamResponse:
    user_id = _number(request)
    form = await Form.read(request, translator(request))
    settings = UserSettings(
        name=form.text("name"),
        role=form.choice("role", Role),
        language=form["language"],
        active=form.flag("active"),
        version=form.integer("version"),
    )
    if form.good:
        try:
            async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
                await service.edit_user(tx, user_id, settings)
            return back("/admin/users")
        except NotFound:
            raise
        except DomainError as error:
            form.refuse(error)
    return await _user_again(request, form, user_id)


async def save_password(request: web.Request) -> web.StreamResponse:
    """A new password; the user is signed out everywhere."""
    user_id = _number(request)
    form = await Form.read(request, translator(request))
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await set_password(tx, user_id, form["password"])
        return back("/admin/users", "password")
    except Invalid as error:
        form.refuse(error)
    return await _user_again(request, form, user_id)


async def _user_again(request: web.Request, form: Form, user_id: int) -> web.Response:
    """The page of a user with what was typed; what was not in the form comes from the row."""
    async with request.app[TRANSACTIONS].read() as session:
        found = await session.get(User, user_id)
        if found is None:
            raise NotFound
        if "name" not in form.values:
            form.values |= {
                "name": found.name,
                "role": str(found.role),
                "language": found.language,
                "active": "on" if found.active else "",
                "version": str(found.version),
            }
        return _user_page(request, form, user_id=user_id, login=found.login)


def _user_page(
    request: web.Request, form: Form, *, user_id: int | None = None, login: str = ""
) -> web.Response:
    return show_form(
        request,
        "user",
        form,
        user_id=user_id,
        login=login,
        roles=ROLE_TITLES,
        languages=LANGUAGE_TITLES,
    )


# -- agents -------------------------------------------------------------------------------------


async def agents(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.list_agents(session)
        members = await queue_queries.members_by_agent(session)
        titles = {line.name: line.title for line in await queue_queries.list_queues(session)}
    return show(
        request,
        "agents",
        agents=rows,
        members=members,
        titles=titles,
        phones=PHONE_TITLES,
        legs=LEG_TITLES,
    )


async def new_agent(request: web.Request) -> web.StreamResponse:
    """A new agent; `?user=` makes one of a user who is there already."""
    form = Form({**NEW_AGENT, "user_id": request.query.get("user", "")}, translator(request))
    return await _agent_page(request, form)


async def add_agent(request: web.Request) -> web.StreamResponse:
    """The user (unless chosen), the agent and the agent's queues in one go."""
    form = await Form.read(request, translator(request))
    settings = _agent_settings(form)
    penalties = _penalties(form)
    if form.good:
        try:
            async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
                user_id = form.integer("user_id") if form["user_id"] else 0
                if not user_id:
                    tx.actor.require("users.edit")
                    made = await create_user(
                        tx,
                        login=form.text("login"),
                        name=form.text("name"),
                        role=Role.AGENT,
                        password=form["password"],
                        language=form["language"] if form["language"] in LANGUAGES else LANGUAGES[0],
                    )
                    user_id = made.id
                agent = await service.create_agent(tx, user_id, settings)
                await set_queues_of_agent(tx, agent.id, penalties)
            return back("/admin/agents")
        except DomainError as error:
            form.refuse(error)
    return await _agent_page(request, form)


async def agent(request: web.Request) -> web.StreamResponse:
    agent_id = _number(request)
    async with request.app[TRANSACTIONS].read() as session:
        found = await session.get(Agent, agent_id)
        if found is None:
            raise NotFound
        values: dict[str, object] = {
            "extension": found.extension,
            "phone": found.phone,
            "leg_mode": found.leg_mode,
            "wrapup_seconds": found.wrapup_seconds,
            "active": found.active,
        }
        members = (await queue_queries.members_by_agent(session)).get(agent_id, {})
    for queue, penalty in members.items():
        values |= {f"queue:{queue}": True, f"penalty:{queue}": penalty}
    return await _agent_page(request, Form(values, translator(request)), agent_id)


async def save_agent(request: web.Request) -> web.StreamResponse:
    agent_id = _number(request)
    form = await Form.read(request, translator(request))
    settings = _agent_settings(form)
    penalties = _penalties(form)
    if form.good:
        try:
            async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
                await service.edit_agent(tx, agent_id, settings)
                await set_queues_of_agent(tx, agent_id, penalties)
            return back("/admin/agents")
        except NotFound:
            raise
        except DomainError as error:
            form.refuse(error)
    return await _agent_page(request, form, agent_id)


async def renew_secret(request: web.Request) -> web.StreamResponse:
    """A new phone password."""
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.renew_sip_secret(tx, _number(request))
    return back(f"/admin/agents/{_number(request)}", "secret")


def _agent_settings(form: Form) -> AgentSettings:
    return AgentSettings(
        extension=form.text("extension"),
        phone=form.choice("phone", PhoneKind),
        leg_mode=form.choice("leg_mode", LegMode),
        wrapup_seconds=form.integer("wrapup_seconds"),
        active=form.flag("active"),
    )


def _penalties(form: Form) -> dict[str, int]:
    """Queues that are ticked, with their penalties (an empty one is 0)."""
    found: dict[str, int] = {}
    for name in [n for n in form.values if n.startswith("queue:") and form.flag(n)]:
        queue = name.removeprefix("queue:")
        field = f"penalty:{queue}"
        found[queue] = form.integer(field) if form.text(field) else 0
    return found


async def _agent_page(request: web.Request, form: Form, agent_id: int | None = None) -> web.Response:
    async with request.app[TRANSACTIONS].read() as session:
        queues = await queue_queries.list_queues(session)
        account = await queries.sip_account(session, agent_id) if agent_id is not None else None
        name, free = await _who(session, agent_id)
    return show_form(
        request,
        "agent",
        form,
        agent_id=agent_id,
        name=name,
        users=free,
        queues=queues,
        account=account,
        phones=PHONE_TITLES,
        legs=LEG_TITLES,
        languages=LANGUAGE_TITLES,
    )


async def _who(session: AsyncSession, agent_id: int | None) -> tuple[str, list[tuple[int, str]]]:
    """The agent's name; or, for a new one, users who are no agents yet."""
    if agent_id is not None:
        name = await session.scalar(
            select(User.name).join(Agent, Agent.user_id == User.id).where(Agent.id == agent_id)
        )
        if name is None:
            raise NotFound
        return name, []
    taken = select(Agent.user_id)
    rows = await session.scalars(
        select(User).where(User.active, User.id.not_in(taken)).order_by(User.name, User.id)
    )
    return "", [(row.id, f"{row.name} ({row.login})") for row in rows]


# -- pause reasons ------------------------------------------------------------------------------


async def pauses(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        return show(request, "pauses", reasons=await queries.pause_reasons(session))


async def new_pause(request: web.Request) -> web.StreamResponse:
    form = Form({"allowed_minutes": 0, "order": 0}, translator(request))
    return show_form(request, "pause", form, code="")


async def add_pause(request: web.Request) -> web.StreamResponse:
    form = await Form.read(request, translator(request))
    settings = _reason(form)
    if form.good:
        try:
            async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
                await service.create_reason(tx, form.text("code"), settings)
            return back("/admin/pauses")
        except DomainError as error:
            form.refuse(error)
    return show_form(request, "pause", form, code="")


async def pause(request: web.Request) -> web.StreamResponse:
    code = request.match_info["code"]
    async with request.app[TRANSACTIONS].read() as session:
        found = next((r for r in await queries.pause_reasons(session) if r.code == code), None)
    if found is None:
        raise NotFound
    form = Form(
        {
            "title_en": found.title_en,
            "title_ru": found.title_ru,
            "allowed_minutes": found.allowed_minutes,
            "order": found.order,
        },
        translator(request),
    )
    return show_form(request, "pause", form, code=code)


async def save_pause(request: web.Request) -> web.StreamResponse:
    code = request.match_info["code"]
    form = await Form.read(request, translator(request))
    settings = _reason(form)
    if form.good:
        try:
            async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
                await service.edit_reason(tx, code, settings)
            return back("/admin/pauses")
        except NotFound:
            raise
        except DomainError as error:
            form.refuse(error)
    return show_form(request, "pause", form, code=code)


async def delete_pause(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.delete_reason(tx, request.match_info["code"])
    return back("/admin/pauses", "deleted")


def _reason(form: Form) -> ReasonSettings:
    return ReasonSettings(
        title_en=form.text("title_en"),
        title_ru=form.text("title_ru"),
        allowed_minutes=form.integer("allowed_minutes"),
        order=form.integer("order"),
    )


ROUTES = (
    Route("GET", "/admin/users", users, "users.edit"),
    Route("GET", "/admin/users/new", new_user, "users.edit"),
    Route("POST", "/admin/users/new", add_user, "users.edit"),
    Route("GET", "/admin/users/{id}", user, "users.edit"),
    Route("POST", "/admin/users/{id}", save_user, "users.edit"),
    Route("POST", "/admin/users/{id}/password", save_password, "users.edit"),
    Route("GET", "/admin/agents", agents, "agents.edit"),
    Route("GET", "/admin/agents/new", new_agent, "agents.edit"),
    Route("POST", "/admin/agents/new", add_agent, "agents.edit"),
    Route("GET", "/admin/agents/{id}", agent, "agents.edit"),
    Route("POST", "/admin/agents/{id}", save_agent, "agents.edit"),
    Route("POST", "/admin/agents/{id}/secret", renew_secret, "agents.edit"),
    Route("GET", "/admin/pauses", pauses, "agents.edit"),
    Route("GET", "/admin/pauses/new", new_pause, "agents.edit"),
    Route("POST", "/admin/pauses/new", add_pause, "agents.edit"),
    Route("GET", "/admin/pauses/{code}", pause, "agents.edit"),
    Route("POST", "/admin/pauses/{code}", save_pause, "agents.edit"),
    Route("POST", "/admin/pauses/{code}/delete", delete_pause, "agents.edit"),
)
