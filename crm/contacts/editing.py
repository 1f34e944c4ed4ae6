"""Editing a contact in place, line by line; two people at once are told, field by field."""

from collections.abc import Mapping

from aiohttp import web

from callcenter.kernel.errors import Invalid, NotFound, Stale
from callcenter.kernel.web import TRANSACTIONS, actor_of, render, whole_number
from crm.contacts import queries, service
from crm.contacts.api import contact_id_of, region_of
from crm.contacts.conflict import as_text, changes, merge
from crm.contacts.fields import Value
from crm.contacts.forms import (
    ADDRESS_KINDS,
    LANGUAGES,
    NUMBER_KINDS,
    TITLES,
    row_of,
    sent_values,
    values_of,
)
from crm.contacts.models import AddressKind, Contact, NumberKind
from crm.contacts.record import Context, card_context, contact_of, form_of, shown_value, texts_of


async def archive(request: web.Request) -> web.StreamResponse:
    """Take the contact out of use."""
    contact_id = contact_id_of(request)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.archive_contact(tx, contact_id)
    return render(request, "contacts/card.html", **await card_context(request, contact_id))


async def restore(request: web.Request) -> web.StreamResponse:
    """Take it into use again."""
    contact_id = contact_id_of(request)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.restore_contact(tx, contact_id)
    return render(request, "contacts/card.html", **await card_context(request, contact_id))


async def _row_context(request: web.Request, contact: Contact) -> Context:
    row = row_of(contact.kind, request.match_info["row"])
    if row is None:
        raise NotFound
    async with request.app[TRANSACTIONS].read() as session:
        owners = dict(await queries.owners(session))
    return {
        "contact": contact,
        "row": row,
        "shown": shown_value(contact, row.key, owners),
        "values": values_of(contact, row),
        "base": values_of(contact, row),
        "owners": owners,
        "languages": LANGUAGES,
        "titles": TITLES,
        "errors": {},
        "names": {as_text(owner): name for owner, name in owners.items()} if row.key == "owner" else {},
    }


async def row_view(request: web.Request) -> web.StreamResponse:
    """A line of details as text; `?edit=1` as fields."""
    template = "contacts/row_edit.html" if request.query.get("edit") else "contacts/row.html"
    return render(request, template, **await _row_context(request, await contact_of(request)))


async def row_save(request: web.Request) -> web.StreamResponse:
    """Save a line. What others changed meanwhile stays, unless it is the same field: then people decide."""
    form = await form_of(request)
    contact = await contact_of(request)
    context = await _row_context(request, contact)
    row = row_of(contact.kind, request.match_info["row"])
    version = whole_number(form.get("version", ""))
    if row is None or version is None:
        raise NotFound
    base = sent_values(form, row.fields, "base.")
    mine = changes(base, sent_values(form, row.fields))
    try:
        await _edit(request, version, mine)
    except Stale as stale:
        merged = merge(base, mine, stale.values)  # type: ignore[arg-type]  # the fields' own values
        if merged.conflicts:
            clash = {"conflicts": merged.conflicts, "mine": mine, "contact": await contact_of(request)}
            return render(request, "contacts/conflict.html", status=409, **(context | clash))
        if merged.values:
            await _edit(request, int(str(stale.values["version"])), merged.values)
    except Invalid as error:
        typed = {name: form[name] for name in row.fields if name in form}
        context |= {
            "values": context["values"] | typed,
            "base": context["base"] | base,
            "errors": texts_of(request, error),
        }
        return render(request, "contacts/row_edit.html", status=422, **context)
    return render(request, "contacts/row.html", **await _row_context(request, await contact_of(request)))


async def _edit(request: web.Request, version: int, values: Mapping[str, Value]) -> None:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.edit_contact(tx, contact_id_of(request), version, values)


async def reach(request: web.Request) -> web.StreamResponse:
    """One change of how to reach the contact: `act` says which."""
    form = await form_of(request)
    contact_id = contact_id_of(request)
    errors: dict[str, str] = {}
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            match form.get("act", ""):
                case "add-number":
                    kind = NumberKind(form["kind"]) if form.get("kind") in NUMBER_KINDS else NumberKind.MOBILE
                    new = service.NewNumber(form.get("number", ""), kind)
                    await service.add_number(tx, contact_id, new, region_of(request))
                case "remove-number":
                    await service.remove_number(tx, contact_id, form.get("number", ""))
                case "prefer-number":
                    await service.prefer_number(tx, contact_id, form.get("number", ""))
                case "add-email":
                    await service.add_email(tx, contact_id, form.get("email", ""))
                case "remove-email":
                    await service.remove_email(tx, contact_id, form.get("email", ""))
                case "set-address":
                    await service.set_addresses(tx, contact_id, _address(form))
                case _:
                    raise NotFound
    except Invalid as error:
        errors = texts_of(request, error)
    return render(
        request,
        "contacts/reach.html",
        status=422 if errors else 200,
        contact=await contact_of(request),
        kinds=NUMBER_KINDS,
        address_kinds=ADDRESS_KINDS,
        errors=errors,
        typed=form if errors else {},
    )


def _address(form: Mapping[str, str]) -> tuple[service.NewAddress, ...]:
    parts = {name: form.get(name, "").strip() for name in ("street", "city", "postcode", "country")}
    if not any(parts.values()):
        return ()
    kind = form.get("kind", "")
    return (service.NewAddress(kind=AddressKind(kind if kind in ADDRESS_KINDS else "work"), **parts),)
