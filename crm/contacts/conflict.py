"""Three ways at once: what I saw, what I wrote, what somebody else wrote meanwhile. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from crm.contacts.fields import Value


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that two people changed to different values."""

    field: str
    base: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class Merge:
    """My changes that do not touch theirs, and those that do."""

    values: Mapping[str, Value]
    conflicts: tuple[Conflict, ...]


def as_text(value: Value) -> str:
    """A value as a form carries it."""
    return "" if value is None else str(value)


def changes(base: Mapping[str, Value], mine: Mapping[str, Value]) -> dict[str, Value]:
    """What I wrote differently from what I saw."""
    return {name: value for name, value in mine.items() if as_text(value) != as_text(base.get(name))}


def merge(base: Mapping[str, Value], mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> Merge:
    """Field by field. A field that they left as I saw it is mine; one that we agree on is no conflict."""
    values: dict[str, Value] = {}
    conflicts: list[Conflict] = []
    for field, value in mine.items():
        seen, now, wanted = as_text(base.get(field)), as_text(theirs.get(field)), as_text(value)
        if wanted in (seen, now):
            continue
        if now == seen:
            values[field] = value
        else:
            conflicts.append(Conflict(field, seen, now, wanted))
    return Merge(values, tuple(conflicts))
