"""What the contact pages have in common: the record, forms, texts of refusals."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import Translator
from callcenter.kernel.place import read_place
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, language_of
from crm.contacts import queries
from crm.contacts.api import contact_id_of
from crm.contacts.calls import calls_in_timeline
from crm.contacts.forms import ADDRESS_KINDS, LANGUAGES, NUMBER_KINDS, rows_of
from crm.contacts.matters import matters_of
from crm.contacts.models import Contact
from crm.timeline import Provider, timeline_of

Context = dict[str, Any]  # what a template is given, of whatever type it draws

TIMELINE = web.AppKey("contact_timeline", tuple[Provider, ...])


async def form_of(request: web.Request) -> dict[str, str]:
    """The text fields that were sent."""
    sent = await request.post()
    return {name: value for name, value in sent.items() if isinstance(value, str)}


def translator_of(request: web.Request) -> Translator:
    """Into the reader's language."""
    return Translator(language_of(request))


def texts_of(request: web.Request, error: Invalid) -> dict[str, str]:
    """What is wrong with each field, in the reader's language."""
    translate = translator_of(request)
    return {name: translate(text, error.values) for name, text in error.fields.items()}


def _days(zone: str) -> Callable[[datetime], datetime]:
    """The noon of the company's day that a moment belongs to: the same date for whoever reads it."""
    here = ZoneInfo(zone)
    return lambda at: at.astimezone(here).replace(hour=12, minute=0, second=0, microsecond=0)


async def contact_of(request: web.Request) -> Contact:
    """The contact of this address, with all its parts."""
    async with request.app[TRANSACTIONS].read() as session:
        return await queries.contact_by_id(session, actor_of(request), contact_id_of(request))


async def card_context(request: web.Request, contact_id: int, call_id: str = "") -> Context:
    """What the record shows: `tab` of the address says which part. `call_id`: the call that is on."""
    call_id = call_id or request.query.get("call_id", "")
    actor = actor_of(request)
    tab = request.query.get("tab", "timeline")
    async with request.app[TRANSACTIONS].read() as session:
        contact = await queries.contact_by_id(session, actor, contact_id)
        now = request.app[TRANSACTIONS].clock.now()
        context: Context = {
            "contact": contact,
            "tab": tab,
            "call_id": call_id,
            "now": now,
            "matters": await matters_of(session, actor, contact, now, call_id),
            "kinds": NUMBER_KINDS,
            "address_kinds": ADDRESS_KINDS,
            "day_of": _days(request.app[SETTINGS].zone),
        }
        if tab == "timeline":
            providers = request.app.get(TIMELINE, (calls_in_timeline,))
            before = read_place(request.query.get("before", ""), "before")
            context["timeline"] = await timeline_of(session, actor, contact.id, providers, before=before)
            context["first_page"] = before is None
        elif tab == "details":
            owners = dict(await queries.owners(session))
            context["rows"] = [(row, shown_value(contact, row.key, owners)) for row in rows_of(contact.kind)]
            context["errors"] = {}
    return context


def shown_value(contact: Contact, key: str, owners: Mapping[int, str]) -> str:
    """A line of details as text."""
    match key:
        case "name":
            return contact.name
        case "company":
            return contact.company.name if contact.company is not None else ""
        case "owner":
            return owners.get(contact.owner_user_id or 0, "")
        case "language":
            return LANGUAGES.get(contact.language, contact.language)
        case _:
            return str(getattr(contact, key))
