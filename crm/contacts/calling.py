"""A new contact, and who is on the line: the card, a choice, or search with a form."""

from aiohttp import web

from callcenter.calls.service import bind_contact
from callcenter.kernel import phone
from callcenter.kernel.errors import Forbidden, Invalid, NotFound
from callcenter.kernel.web import TRANSACTIONS, actor_of, render
from crm.contacts import queries, service
from crm.contacts.api import contact_id_of, region_of
from crm.contacts.calls import own_agent_id
from crm.contacts.forms import LANGUAGES, NUMBER_KINDS, ContactForm
from crm.contacts.models import Contact, ContactKind
from crm.contacts.record import Context, card_context, form_of, texts_of, translator_of

FOUND_IN_POP = 9  # as many as there are digit keys


def _form_context(form: ContactForm, call_id: str = "") -> Context:
    return {"form": form, "kinds": NUMBER_KINDS, "languages": LANGUAGES, "call_id": call_id}


async def new_page(request: web.Request) -> web.StreamResponse:
    """An empty form, or one with what the address says (`number`, `kind`, ...)."""
    return render(request, "contacts/new.html", **_form_context(ContactForm(dict(request.query))))


async def create(request: web.Request) -> web.StreamResponse:
    """Make the contact and show it; the form again when something is not right."""
    form = ContactForm(await form_of(request))
    try:
        contact = await _create(request, form)
    except Invalid as error:
        form.errors = texts_of(request, error)
        return render(request, "contacts/new.html", status=422, **_form_context(form))
    raise web.HTTPSeeOther(f"/crm/contacts/{contact.id}")


async def _create(request: web.Request, form: ContactForm) -> Contact:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        return await service.create_contact(tx, form.new_contact(), region_of(request))


async def companies(request: web.Request) -> web.StreamResponse:
    """Names for the field of the company, as it is typed."""
    wanted = queries.ContactFilter(text=request.query.get("company", ""), kind=ContactKind.COMPANY)
    async with request.app[TRANSACTIONS].read() as session:
        page = await queries.list_contacts(
            session, actor_of(request), wanted, region=region_of(request), limit=8
        )
    return render(request, "contacts/companies.html", contacts=page.contacts)


async def pop(request: web.Request) -> web.StreamResponse:
    """Who is calling: the card of the one who has the number, a choice of several, or search and a form."""
    number_raw = request.query.get("number", "")
    number = phone.to_e164(number_raw, region_of(request)) or ""
    async with request.app[TRANSACTIONS].read() as session:
        matches = await queries.find_by_number(session, actor_of(request), number)
    if len(matches) == 1:
        return render(request, "contacts/card.html", **await card_context(request, matches[0].contact_id))
    form = ContactForm({"number": number or number_raw})
    return render(
        request,
        "contacts/pop.html",
        matches=matches[:FOUND_IN_POP],
        number=number or number_raw,
        **_form_context(form, request.query.get("call_id", "")),
    )


async def pop_search(request: web.Request) -> web.StreamResponse:
    """People to choose from, as the name is typed."""
    text = request.query.get("text", "")
    found: tuple[queries.ListedContact, ...] = ()
    if text.strip():
        async with request.app[TRANSACTIONS].read() as session:
            page = await queries.list_contacts(
                session,
                actor_of(request),
                queries.ContactFilter(text=text),
                region=region_of(request),
                limit=FOUND_IN_POP,
            )
        found = page.contacts
    return render(
        request,
        "contacts/found.html",
        found=found,
        text=text,
        call_id=request.query.get("call_id", ""),
        number=request.query.get("number", ""),
    )


async def pop_create(request: web.Request) -> web.StreamResponse:
    """The caller becomes a contact, bound to the call."""
    form = ContactForm(await form_of(request))
    try:
        contact = await _create(request, form)
    except Invalid as error:
        form.errors = texts_of(request, error)
        context = _form_context(form, form["call_id"])
        return render(request, "contacts/form.html", status=422, in_pop=True, **context)
    return await _bound(request, contact.id, form["call_id"])


async def bind(request: web.Request) -> web.StreamResponse:
    """The agent says who it is; a number the contact does not have yet is kept when `keep_number` is set."""
    form = await form_of(request)
    contact_id = contact_id_of(request)
    if form.get("keep_number") and form.get("number"):
        actor_of(request).require("contacts.edit")
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            new = service.NewNumber(form["number"])
            await service.add_number(tx, contact_id, new, region_of(request))
    return await _bound(request, contact_id, form.get("call_id", ""))


async def _bound(request: web.Request, contact_id: int, call_id: str) -> web.Response:
    """Bind the call, if there is one, and show the card. The card comes even when the call is not ours."""
    context = await card_context(request, contact_id, call_id)
    name: str = context["contact"].name
    problem = ""
    if call_id:
        actor = actor_of(request)
        async with request.app[TRANSACTIONS].read() as session:
            agent_id = await own_agent_id(session, actor)
        try:
            async with request.app[TRANSACTIONS].begin(actor) as tx:
                await bind_contact(tx, call_id, contact_id, name, agent_id)
        except (Forbidden, NotFound) as error:
            problem = translator_of(request)(error.message, error.values)
    return render(request, "contacts/card.html", **(context | {"problem": problem}))
