"""Contacts as JSON under /api/v1/contacts. Writes carry the version they were made on (`If-Match`)."""

from typing import cast

from aiohttp import web
from msgspec import UNSET, Struct, UnsetType, structs

from callcenter.kernel import phone
from callcenter.kernel.clock import iso
from callcenter.kernel.component import Route
from callcenter.kernel.errors import DomainError, Invalid, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import (
    SETTINGS,
    TRANSACTIONS,
    actor_of,
    json_response,
    read_json,
    whole_number,
)
from crm.contacts import permissions, queries, service
from crm.contacts.fields import FIELDS, Value
from crm.contacts.models import AddressKind, Contact, ContactKind, NumberKind

MOST_AT_ONCE = 100


class NumberBody(Struct, forbid_unknown_fields=True):
    """A number in any form people write it."""

    number: str
    kind: NumberKind = NumberKind.MOBILE


class EmailBody(Struct, forbid_unknown_fields=True):
    """An e-mail address."""

    email: str


class AddressBody(Struct, forbid_unknown_fields=True):
    """A postal address."""

    kind: AddressKind = AddressKind.WORK
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""


class ContactBody(Struct, forbid_unknown_fields=True):
    """The fields of a contact; what is left out stays as it is. `company` is `company_id` by name."""

    name: str | UnsetType = UNSET
    first_name: str | UnsetType = UNSET
    middle_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    company: str | UnsetType = UNSET
    company_id: int | UnsetType | None = UNSET
    position: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    zone: str | UnsetType = UNSET
    segment: str | UnsetType = UNSET
    owner_user_id: int | UnsetType | None = UNSET
    notes: str | UnsetType = UNSET

    def values(self) -> dict[str, Value]:
        """What was sent."""
        sent = {name: getattr(self, name) for name in (*FIELDS, "company")}
        return {name: value for name, value in sent.items() if value is not UNSET}


class NewContactBody(ContactBody, kw_only=True, forbid_unknown_fields=True):
    """A contact to be made."""

    kind: ContactKind = ContactKind.PERSON
    numbers: tuple[NumberBody, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[AddressBody, ...] = ()


class VersionNeeded(DomainError):
    """A write that does not say what it was made on would undo the work of others."""

    status = 428
    key = "version-needed"
    message = "Say which version you change: send its ETag as If-Match."


def shown(contact: Contact) -> dict[str, object]:
    """A contact as the API gives it."""
    return {
        "id": contact.id,
        "kind": contact.kind,
        **{field: getattr(contact, field) for field in FIELDS},
        "company": contact.company.name if contact.company is not None else "",
        "numbers": [
            {"number": n.number, "number_raw": n.number_raw, "kind": n.kind, "primary": n.is_primary}
            for n in contact.numbers
        ],
        "emails": [{"email": row.email, "primary": row.is_primary} for row in contact.emails],
        "addresses": [
            {name: getattr(row, name) for name in AddressBody.__struct_fields__} for row in contact.addresses
        ],
        "archived": contact.archived,
        "created_at": iso(contact.created_at),
        "updated_at": iso(contact.updated_at),
        "version": contact.version,
    }


def line(contact: queries.ListedContact) -> dict[str, object]:
    """A contact in a list."""
    return {name: getattr(contact, name) for name in contact.__dataclass_fields__} | {
        "updated_at": iso(contact.updated_at)
    }


def contact_id_of(request: web.Request) -> int:
    """The contact in the address."""
    contact_id = whole_number(request.match_info["id"])
    if contact_id is None:
        raise NotFound
    return contact_id


def region_of(request: web.Request) -> str:
    """Where numbers without a country code are at home."""
    return request.app[SETTINGS].home_region


def filter_of(request: web.Request) -> queries.ContactFilter:
    """`text`, `number`, `kind`, `segment`, `owner`, `archived`, `order` of the address."""
    asked = request.query
    owner = asked.get("owner", "")
    owner_user_id = whole_number(owner)
    if owner and owner_user_id is None:
        raise Invalid({"owner": marked("This is not a number.")})
    number = asked.get("number", "")
    return queries.ContactFilter(
        text=asked.get("text", ""),
        number=(phone.to_e164(number, region_of(request)) or number) if number else "",
        kind=asked.get("kind", ""),
        segment=asked.get("segment", ""),
        owner_user_id=owner_user_id,
        archived=asked.get("archived", "") in ("1", "true", "on"),
        order=asked.get("order", "name"),
    )


def _etag(contact: Contact) -> str:
    return f'"{contact.version}"'


def _version(request: web.Request) -> int:
    sent = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not sent:
        raise VersionNeeded
    version = whole_number(sent)
    if version is None:
        raise Invalid({"If-Match": marked("This is not an ETag of ours.")})
    return version


async def _answer(request: web.Request, contact_id: int, status: int = 200) -> web.Response:
    async with request.app[TRANSACTIONS].read() as session:
        contact = await queries.contact_by_id(session, actor_of(request), contact_id)
        headers = {"ETag": _etag(contact)}
        if status == 201:
            headers["Location"] = f"/api/v1/contacts/{contact.id}"
        return json_response(shown(contact), status=status, headers=headers)


async def list_contacts(request: web.Request) -> web.StreamResponse:
    """A page of contacts; go on with `cursor` = the answer's `next`."""
    limit = whole_number(request.query.get("limit", "50"))
    if limit is None:
        raise Invalid({"limit": marked("This is not a number.")})
    async with request.app[TRANSACTIONS].read() as session:
        page = await queries.list_contacts(
            session,
            actor_of(request),
            filter_of(request),
            region=region_of(request),
            cursor=request.query.get("cursor", ""),
            limit=limit,
        )
    return json_response({"contacts": [line(contact) for contact in page.contacts], "next": page.next})


async def get_contact(request: web.Request) -> web.StreamResponse:
    """One contact; its ETag is its version."""
    async with request.app[TRANSACTIONS].read() as session:
        contact = await queries.contact_by_id(session, actor_of(request), contact_id_of(request))
        if _etag(contact) in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers={"ETag": _etag(contact)})
        return json_response(shown(contact), headers={"ETag": _etag(contact)})


async def create(request: web.Request) -> web.StreamResponse:
    """201 with the contact and its address."""
    body = await read_json(request, NewContactBody)
    if max(len(body.numbers), len(body.emails), len(body.addresses)) > MOST_AT_ONCE:
        raise Invalid({"body": marked("There is too much at once.")})
    new = service.NewContact(
        kind=body.kind,
        values=body.values(),
        numbers=tuple(service.NewNumber(n.number, n.kind) for n in body.numbers),
        emails=body.emails,
        addresses=tuple(service.NewAddress(**structs.asdict(address)) for address in body.addresses),
    )
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        contact = await service.create_contact(tx, new, region_of(request))
    return await _answer(request, contact.id, 201)


async def patch(request: web.Request) -> web.StreamResponse:
    """Change fields; 412 with what is there now when somebody was faster."""
    version = _version(request)
    body = await read_json(request, ContactBody)
    contact_id = contact_id_of(request)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.edit_contact(tx, contact_id, version, body.values())
    return await _answer(request, contact_id)


async def archive(request: web.Request) -> web.StreamResponse:
    """Take the contact out of use."""
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.archive_contact(tx, contact_id_of(request))
    return web.Response(status=204)


async def restore(request: web.Request) -> web.StreamResponse:
    """Take an archived contact into use again."""
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.restore_contact(tx, contact_id_of(request))
    return await _answer(request, contact_id_of(request))


async def add_number(request: web.Request) -> web.StreamResponse:
    """One more number."""
    body = await read_json(request, NumberBody)
    new = service.NewNumber(body.number, body.kind)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.add_number(tx, contact_id_of(request), new, region_of(request))
    return await _answer(request, contact_id_of(request))


async def remove_number(request: web.Request) -> web.StreamResponse:
    """Forget a number."""
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.remove_number(tx, contact_id_of(request), request.match_info["number"])
    return await _answer(request, contact_id_of(request))


async def add_email(request: web.Request) -> web.StreamResponse:
    """One more e-mail address."""
    body = await read_json(request, EmailBody)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.add_email(tx, contact_id_of(request), body.email)
    return await _answer(request, contact_id_of(request))


async def remove_email(request: web.Request) -> web.StreamResponse:
    """Forget an e-mail address."""
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.remove_email(tx, contact_id_of(request), request.match_info["email"])
    return await _answer(request, contact_id_of(request))


async def put_addresses(request: web.Request) -> web.StreamResponse:
    """These addresses instead of those there are."""
    body = cast("list[AddressBody]", await read_json(request, list[AddressBody]))
    addresses = tuple(service.NewAddress(**structs.asdict(address)) for address in body[:MOST_AT_ONCE])
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.set_addresses(tx, contact_id_of(request), addresses)
    return await _answer(request, contact_id_of(request))


_VIEW, _CREATE = permissions.VIEW.name, permissions.CREATE.name
_EDIT, _ARCHIVE = permissions.EDIT.name, permissions.ARCHIVE.name
_ONE = r"/api/v1/contacts/{id:\d{1,18}}"

ROUTES = (
    Route("GET", "/api/v1/contacts", list_contacts, needs=_VIEW),
    Route("POST", "/api/v1/contacts", create, needs=_CREATE),
    Route("GET", _ONE, get_contact, needs=_VIEW),
    Route("PATCH", _ONE, patch, needs=_EDIT),
    Route("DELETE", _ONE, archive, needs=_ARCHIVE),
    Route("POST", _ONE + "/restore", restore, needs=_ARCHIVE),
    Route("POST", _ONE + "/numbers", add_number, needs=_EDIT),
    Route("DELETE", _ONE + r"/numbers/{number:\+\d{3,20}}", remove_number, needs=_EDIT),
    Route("POST", _ONE + "/emails", add_email, needs=_EDIT),
    Route("DELETE", _ONE + "/emails/{email:[^/]+}", remove_email, needs=_EDIT),
    Route("PUT", _ONE + "/addresses", put_addresses, needs=_EDIT),
)
