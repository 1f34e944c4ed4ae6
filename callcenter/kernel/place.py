"""Where a list of what happened goes on: the newest first, and no two rows at one place.

A moment alone is no place: two calls may begin in the same microsecond, and whoever went on at the moment
of the last row would skip the second one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from typing_extensions import override

from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked

_MARK = "~"  # stays as it is in an address


@dataclass(frozen=True, slots=True)
class Place:
    """A row in a list over all kinds of rows; without a kind, the beginning of that moment."""

    at: datetime
    kind: str = ""
    key: str = ""

    @override
    def __str__(self) -> str:
        moment = self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return _MARK.join((moment, self.kind, self.key)) if self.kind else moment


def read_place(text: str, field: str) -> Place | None:
    """What `str(place)` wrote, or a moment of somebody's own; none for nothing. Refusals name `field`."""
    if not text:
        return None
    moment, _, rest = text.partition(_MARK)
    kind, _, key = rest.partition(_MARK)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError as error:
        raise Invalid({field: marked("This is not a date and time.")}) from error
    if at.tzinfo is None:
        raise Invalid({field: marked("The date and time needs its zone.")})
    return Place(at, kind, key)


def older(
    at: InstrumentedAttribute[datetime], key: InstrumentedAttribute[str], kind: str, place: Place
) -> ColumnElement[bool]:
    """Rows of this kind beyond a place, for a list in the order of `at` and `key`, both descending."""
    moment = literal(place.at, at.type)
    if kind == place.kind:
        return tuple_(at, key) < tuple_(moment, literal(place.key, key.type))
    return at <= moment if kind < place.kind else at < moment
