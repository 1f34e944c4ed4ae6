"""The base of everything that is published. Pure, so that deciders may define events."""

from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

_types: dict[str, type["Event"]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Named in the past tense; `at` is aware UTC.

    Every subclass is a frozen, slotted, keyword-only dataclass of plain values (str, int, float, bool,
    datetime, StrEnum, tuples and dataclasses of those), so that it survives a trip through Redis.
    """

    at: datetime

    @override
    def __init_subclass__(cls) -> None:
        super(Event, cls).__init_subclass__()
        # @dataclass(slots=True) makes the class twice; the second, with slots, is the one to keep
        _types[cls.__name__] = cls


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync(Event):
    """This process may have missed events of others: read rows again. It never leaves the process."""


def event_type(name: str) -> type[Event] | None:
    """The event class of this name, or None when this process does not know it."""
    return _types.get(name)
