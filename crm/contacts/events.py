"""What happened to contacts."""

from dataclasses import dataclass

from callcenter.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEvent(Event):
    """Something about one contact."""

    contact_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCreated(ContactEvent):
    """There is a new person or company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanged(ContactEvent):
    """These fields have other values now; `numbers`, `emails` and `addresses` count as fields."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactArchived(ContactEvent):
    """The contact is out of use: no search and no call finds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRestored(ContactEvent):
    """An archived contact is in use again."""
