"""What the contact pages read from forms, and the rows of details they show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from callcenter.kernel.i18n import marked
from crm.contacts.conflict import as_text
from crm.contacts.fields import COMPANY, LINKS, Value, value_of
from crm.contacts.models import Contact, ContactKind, NumberKind
from crm.contacts.service import NewContact, NewNumber

TITLES: Mapping[str, str] = {
    "name": marked("Name"),
    "last_name": marked("Last name"),
    "first_name": marked("First name"),
    "middle_name": marked("Middle name"),
    "company": marked("Company"),
    "position": marked("Job title"),
    "segment": marked("Segment"),
    "owner_user_id": marked("Owner"),
    "language": marked("Language"),
    "zone": marked("Time zone"),
    "notes": marked("Notes"),
}
NUMBER_KINDS: Mapping[str, str] = {
    NumberKind.MOBILE: marked("Mobile"),
    NumberKind.WORK: marked("At work"),
    NumberKind.HOME: marked("At home"),
    NumberKind.FAX: marked("Fax"),
    NumberKind.OTHER: marked("Other"),
}
ADDRESS_KINDS: Mapping[str, str] = {
    "work": marked("At work"),
    "home": marked("At home"),
    "delivery": marked("Delivery"),
}
LANGUAGES: Mapping[str, str] = {"": "", "ru": "Русский", "en": "English", "de": "Deutsch", "kk": "Қазақша"}
PERSON_ROWS = ("name", "company", "position", "segment", "owner", "language", "zone", "notes")
COMPANY_ROWS = ("name", "segment", "owner", "language", "zone", "notes")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of details that is edited as one."""

    key: str
    title: str
    fields: tuple[str, ...]


def row_of(kind: ContactKind, key: str) -> Row | None:
    """The line of this name, if this kind of contact has it."""
    if key not in (PERSON_ROWS if kind == ContactKind.PERSON else COMPANY_ROWS):
        return None
    match key:
        case "name" if kind == ContactKind.PERSON:
            return Row(key, TITLES["name"], ("last_name", "first_name", "middle_name"))
        case "name":
            return Row(key, marked("Company name"), ("name",))
        case "owner":
            return Row(key, TITLES["owner_user_id"], ("owner_user_id",))
        case _:
            return Row(key, TITLES[key], (key,))


def rows_of(kind: ContactKind) -> Iterator[Row]:
    """The lines of details, in order."""
    for key in PERSON_ROWS if kind == ContactKind.PERSON else COMPANY_ROWS:
        if (row := row_of(kind, key)) is not None:
            yield row


def values_of(contact: Contact, row: Row) -> dict[str, str]:
    """What the line's fields hold, as a form carries it."""
    return {name: as_text(value_of(contact, name)) for name in row.fields}


def _value(name: str, text: str) -> Value:
    if name not in LINKS:
        return text
    if not text.strip():
        return None
    return int(text) if text.isascii() and text.isdigit() else text


def sent_values(form: Mapping[str, str], names: tuple[str, ...], prefix: str = "") -> dict[str, Value]:
    """The form's values of these fields."""
    return {name: _value(name, form[prefix + name]) for name in names if prefix + name in form}


@dataclass(slots=True)
class ContactForm:
    """A new contact as it is being filled in. `errors` are texts in the reader's language."""

    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    @property
    def kind(self) -> ContactKind:
        return ContactKind.COMPANY if self["kind"] == ContactKind.COMPANY else ContactKind.PERSON

    def new_contact(self) -> NewContact:
        """What is to be made of it; empty fields are left out."""
        person = self.kind == ContactKind.PERSON
        names = ("last_name", "first_name", "middle_name", COMPANY, "position") if person else ("name",)
        number_kind = self["number_kind"]
        kind = NumberKind(number_kind) if number_kind in NUMBER_KINDS else NumberKind.MOBILE
        return NewContact(
            kind=self.kind,
            values=sent_values(self.values, (*names, "segment", "language", "notes")),
            numbers=(NewNumber(self["number"], kind),) if self["number"].strip() else (),
            emails=(self["email"],) if self["email"].strip() else (),
        )
