"""What happened with a contact, over all rooms: one list of items, newest first.

A room that has something to tell gives a `Provider`; `crm.components.TIMELINE` lists them. Texts are msgids
with values, so that the same item reads right in every language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kernel.place import Place
from callcenter.kernel.tx import Actor

PAGE = 30


@dataclass(frozen=True, slots=True)
class Phrase:
    """A msgid and what fills its placeholders."""

    message: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """Something that happened. `kind` is what the list can be narrowed to, `icon` a name in the sprite.

    `key` is the row's, alone among its kind. `labels` are shown as they are (dispositions, states); `text`
    was written by a person. `call_id` lets the desk find the present call, `recording_soon` says that its
    recording is being put together.
    """

    at: datetime
    kind: str
    key: str
    icon: str
    title: Phrase
    detail: Phrase | None = None
    labels: tuple[str, ...] = ()
    text: str = ""
    recording: str = ""
    recording_seconds: int = 0
    recording_soon: bool = False
    call_id: str = ""
    live: bool = False
    alarm: bool = False


class Provider(Protocol):
    """A room's part of the timeline."""

    async def __call__(
        self, session: AsyncSession, actor: Actor, contact_id: int, before: Place | None, limit: int
    ) -> Sequence[TimelineItem]:
        """At most `limit` items beyond that place (`kernel.place.older`), newest first."""


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Items, and the place to go on from (None: that was all)."""

    items: tuple[TimelineItem, ...]
    before: Place | None


async def timeline_of(
    session: AsyncSession,
    actor: Actor,
    contact_id: int,
    providers: Sequence[Provider],
    *,
    before: Place | None = None,
    limit: int = PAGE,
) -> TimelinePage:
    """One page over all providers. The caller has checked that the actor may see the contact."""
    found: list[TimelineItem] = []
    for provider in providers:
        found += await provider(session, actor, contact_id, before, limit + 1)
    # within a kind the provider's order stands: its database knows how keys compare
    found.sort(key=lambda item: (item.at, item.kind), reverse=True)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return TimelinePage(tuple(page), Place(last.at, last.kind, last.key) if last is not None else None)
