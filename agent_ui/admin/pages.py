"""What the pages of settings share: tabs, the answer to a form, the way back."""

from dataclasses import dataclass

from aiohttp import web

from agent_ui.admin.forms import Form
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.web import actor_of, language_of, render

UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of settings."""

    path: str
    title: str
    needs: str


TABS = (
    Tab("/admin/users", marked("Users"), "users.edit"),
    Tab("/admin/agents", marked("Agents"), "agents.edit"),
    Tab("/admin/queues", marked("Queues"), "queues.edit"),
    Tab("/admin/numbers", marked("Numbers"), "queues.edit"),
    Tab("/admin/pauses", marked("Pause reasons"), "agents.edit"),
    Tab("/admin/audit", marked("Audit log"), "audit.view"),
    Tab("/admin/system", marked("System"), "system.view"),
)


def translator(request: web.Request) -> Translator:
    return Translator(language_of(request))


def show(request: web.Request, template: str, *, status: int = 200, **context: object) -> web.Response:
    """A page of settings, with the tabs this actor may open."""
    actor = actor_of(request)
    tabs = [tab for tab in TABS if actor.may(tab.needs)]
    return render(
        request,
        f"admin/{template}.html",
        status=status,
        tabs=tabs,
        done=request.query.get("done", ""),
        **context,
    )


def show_form(request: web.Request, template: str, form: Form, **context: object) -> web.Response:
    """The form as it was typed, with what is wrong with it."""
    status = form.status if form.good or form.status != 200 else UNPROCESSABLE
    return show(request, template, status=status, form=form, **context)


def back(path: str, done: str = "saved") -> web.StreamResponse:
    """To the list, which says that it was done."""
    return web.Response(status=303, headers={"Location": f"{path}?done={done}"})
