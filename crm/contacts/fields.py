"""The fields of a contact that people fill in: their limits and how they are checked. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from zoneinfo import available_timezones

from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from crm.contacts.models import Contact, ContactKind

Value = str | int | None

ZONES = frozenset(available_timezones())
LONGEST = {
    "name": 250,
    "first_name": 80,
    "middle_name": 80,
    "last_name": 80,
    "position": 120,
    "language": 5,
    "zone": 64,
    "segment": 32,
    "notes": 20_000,
}
LINKS = ("company_id", "owner_user_id")
PERSON_NAMES = ("first_name", "middle_name", "last_name")
FIELDS = (*LONGEST, *LINKS)
COMPANY = "company"  # stands for `company_id`: a company by its name

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>.]+(\.[^\s@,;<>.]+)*")
LONGEST_EMAIL = 254


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFC", text) if _may_stay(letter))


def _may_stay(letter: str) -> bool:
    return letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")


def one_line(text: str) -> str:
    """Text without control characters and with single spaces."""
    return " ".join(_plain(text.replace("\n", " ").replace("\t", " ")).split())


def many_lines(text: str) -> str:
    """Text without control characters; its lines stay."""
    return _plain(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def check_email(text: str) -> str:
    """The address as it is kept."""
    email = one_line(text)
    if len(email) > LONGEST_EMAIL or _EMAIL.fullmatch(email) is None:
        raise Invalid({"email": marked("This is not an e-mail address.")})
    return email


def _check_text(field: str, value: Value) -> str:
    if value is not None and not isinstance(value, str):
        raise Invalid({field: marked("This must be text.")})
    text = many_lines(value or "") if field == "notes" else one_line(value or "")
    longest = LONGEST.get(field, LONGEST["name"])
    if len(text) > longest:
        raise Invalid({field: marked("At most {longest} characters fit here.")}, longest=longest)
    if field == "zone" and text and text not in ZONES:
        raise Invalid({field: marked("This is not a time zone.")})
    if field == "language" and text and _LANGUAGE.fullmatch(text) is None:
        raise Invalid({field: marked("This is not a language code.")})
    return text


def _check_link(field: str, value: Value) -> int | None:
    if isinstance(value, str):
        raise Invalid({field: marked("This is not a number.")})
    return value


def check(field: str, value: Value) -> Value:
    """The value as it is kept; `Invalid` names the field."""
    if field in LONGEST or field == COMPANY:
        return _check_text(field, value)
    if field in LINKS:
        return _check_link(field, value)
    raise Invalid({field: marked("There is no such field.")})


def check_name(kind: ContactKind, values: Mapping[str, Value]) -> None:
    """A person has a first or a last name, a company has a name; neither has the other's."""
    for field in ("name",) if kind == ContactKind.PERSON else PERSON_NAMES:
        if values[field]:
            raise Invalid({field: marked("This kind of contact has no such field.")})
    if kind == ContactKind.COMPANY and not values["name"]:
        raise Invalid({"name": marked("A company has a name.")})
    if kind == ContactKind.PERSON and not (values["first_name"] or values["last_name"]):
        raise Invalid({"last_name": marked("A person has a first or a last name.")})


def full_name(kind: ContactKind, values: Mapping[str, Value]) -> str:
    """How the contact is shown."""
    if kind == ContactKind.COMPANY:
        return str(values["name"] or "")
    return " ".join(str(values[field]) for field in PERSON_NAMES if values[field])


def value_of(contact: Contact, field: str) -> Value:
    """What the field holds; the contact must have been read with its company."""
    match field:
        case "company":
            return contact.company.name if contact.company is not None else ""
        case "name":
            return contact.name if contact.kind == ContactKind.COMPANY else ""
        case _:
            value: Value = getattr(contact, field)
            return value
