"""Pages of queues and the numbers that lead to them."""

from dataclasses import asdict, fields

from aiohttp import web

from agent_ui.admin import asterisk
from agent_ui.admin.forms import Form
from agent_ui.admin.pages import back, show, show_form, translator
from agent_ui.admin.people import LANGUAGE_TITLES
from callcenter.agents import queries as agent_queries
from callcenter.kernel.component import Route
from callcenter.kernel.errors import DomainError, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, whole_number
from callcenter.queues import queries, service
from callcenter.queues.models import Queue
from callcenter.queues.routing import Strategy
from callcenter.queues.service import LIMITS, QueueSettings

STRATEGY_TITLES = {
    Strategy.LONGEST_IDLE: marked("Whoever has been free longest"),
    Strategy.FEWEST_CALLS: marked("Whoever has had the fewest calls today"),
    Strategy.LINEAR: marked("In a fixed order"),
}


async def queues(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.list_queues(session)
        policies = {policy.name: policy for policy in await queries.load_policies(session)}
        standing = await asterisk.of_queues(session, rows)
    return show(
        request,
        _list_or_rows(request, "queues"),
        queues=rows,
        policies=policies,
        strategies=STRATEGY_TITLES,
        standing=standing,
    )


def _list_or_rows(request: web.Request, template: str) -> str:
    """The rows alone, for a page that looks again whether Asterisk has them."""
    return f"{template}_rows" if request.query.get("part") == "rows" else template


async def new_queue(request: web.Request) -> web.StreamResponse:
    return await _queue_page(request, Form(asdict(QueueSettings(title="")), translator(request)))


async def add_queue(request: web.Request) -> web.StreamResponse:
    form = await Form.read(request, translator(request))
    settings, penalties = _queue_settings(form), _members(form)
    if form.good:
        try:
            async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
                await service.create_queue(tx, form.text("name"), settings)
                await service.set_members(tx, form.text("name"), penalties)
            return back("/admin/queues")
        except DomainError as error:
            form.refuse(error)
    return await _queue_page(request, form)


async def queue(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    async with request.app[TRANSACTIONS].read() as session:
        found = await session.get(Queue, name)
        if found is None:
            raise NotFound
        values: dict[str, object] = {f.name: getattr(found, f.name) for f in fields(QueueSettings)}
        members = await queries.members_of(session, name)
    for agent_id, penalty in members.items():
        values |= {f"agent:{agent_id}": True, f"penalty:{agent_id}": penalty}
    return await _queue_page(request, Form(values, translator(request)), name)


async def save_queue(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    form = await Form.read(request, translator(request))
    settings, penalties = _queue_settings(form), _members(form)
    if form.good:
        try:
            async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
                await service.edit_queue(tx, name, settings)
                await service.set_members(tx, name, penalties)
            return back("/admin/queues")
        except NotFound:
            raise
        except DomainError as error:
            form.refuse(error)
    return await _queue_page(request, form, name)


async def delete_queue(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.delete_queue(tx, request.match_info["name"])
    return back("/admin/queues", "deleted")


def _queue_settings(form: Form) -> QueueSettings:
    numbers = {name: form.integer(name) for name in LIMITS}
    return QueueSettings(
        title=form.text("title"),
        strategy=form.choice("strategy", Strategy),
        auto_answer=form.flag("auto_answer"),
        language=form["language"],
        script=form["script"].replace("\r\n", "\n"),
        **numbers,
    )


def _members(form: Form) -> dict[int, int]:
    """Agents who are ticked, with their penalties (an empty one is 0)."""
    found: dict[int, int] = {}
    for name in [n for n in form.values if n.startswith("agent:") and form.flag(n)]:
        agent_id = whole_number(name.removeprefix("agent:"))
        if agent_id is not None:
            field = f"penalty:{agent_id}"
            found[agent_id] = form.integer(field) if form.text(field) else 0
    return found


async def _queue_page(request: web.Request, form: Form, name: str = "") -> web.Response:
    async with request.app[TRANSACTIONS].read() as session:
        agents = await agent_queries.list_agents(session)
    return show_form(
        request,
        "queue",
        form,
        name=name,
        agents=agents,
        strategies=STRATEGY_TITLES,
        languages=LANGUAGE_TITLES,
        limits=LIMITS,
    )


# -- numbers ------------------------------------------------------------------------------------


async def numbers(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.inbound_numbers(session)
        titles = {line.name: line.title for line in await queries.list_queues(session)}
        standing = await asterisk.of_numbers(session, rows)
    return show(
        request,
        _list_or_rows(request, "numbers"),
        numbers=rows,
        titles=titles,
        languages=LANGUAGE_TITLES,
        standing=standing,
    )


async def new_number(request: web.Request) -> web.StreamResponse:
    return await _number_page(request, Form({"language": "en"}, translator(request)))


async def add_number(request: web.Request) -> web.StreamResponse:
    form = await Form.read(request, translator(request))
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.add_number(
                tx, form.text("number"), form["queue"], form["language"], request.app[SETTINGS].home_region
            )
        return back("/admin/numbers")
    except DomainError as error:
        form.refuse(error)
    return await _number_page(request, form)


async def number(request: web.Request) -> web.StreamResponse:
    wanted = request.match_info["number"]
    async with request.app[TRANSACTIONS].read() as session:
        found = next((n for n in await queries.inbound_numbers(session) if n.number == wanted), None)
    if found is None:
        raise NotFound
    form = Form({"queue": found.queue, "language": found.language}, translator(request))
    return await _number_page(request, form, wanted)


async def save_number(request: web.Request) -> web.StreamResponse:
    wanted = request.match_info["number"]
    form = await Form.read(request, translator(request))
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.edit_number(tx, wanted, form["queue"], form["language"])
        return back("/admin/numbers")
    except NotFound:
        raise
    except DomainError as error:
        form.refuse(error)
    return await _number_page(request, form, wanted)


async def delete_number(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.remove_number(tx, request.match_info["number"])
    return back("/admin/numbers", "deleted")


async def _number_page(request: web.Request, form: Form, wanted: str = "") -> web.Response:
    async with request.app[TRANSACTIONS].read() as session:
        titles = {line.name: line.title for line in await queries.list_queues(session)}
    return show_form(request, "number", form, number=wanted, titles=titles, languages=LANGUAGE_TITLES)


ROUTES = (
    Route("GET", "/admin/queues", queues, "queues.edit"),
    Route("GET", "/admin/queues/new", new_queue, "queues.edit"),
    Route("POST", "/admin/queues/new", add_queue, "queues.edit"),
    Route("GET", "/admin/queues/{name}", queue, "queues.edit"),
    Route("POST", "/admin/queues/{name}", save_queue, "queues.edit"),
    Route("POST", "/admin/queues/{name}/delete", delete_queue, "queues.edit"),
    Route("GET", "/admin/numbers", numbers, "queues.edit"),
    Route("GET", "/admin/numbers/new", new_number, "queues.edit"),
    Route("POST", "/admin/numbers/new", add_number, "queues.edit"),
    Route("GET", "/admin/numbers/{number}", number, "queues.edit"),
    Route("POST", "/admin/numbers/{number}", save_number, "queues.edit"),
    Route("POST", "/admin/numbers/{number}/delete", delete_number, "queues.edit"),
)
