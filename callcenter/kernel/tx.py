"""One edge, one transaction: session, time, actor, and what is told to others after the commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.bus import Bus
from callcenter.kernel.clock import Clock
from callcenter.kernel.db import Database
from callcenter.kernel.errors import Forbidden
from callcenter.kernel.events import Event


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something is done. `user_id` is None for the system itself."""

    user_id: int | None
    name: str
    login: str
    role: str
    permissions: frozenset[str]
    language: str

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise `Forbidden` unless the actor has this right."""
        if not self.may(permission):
            raise Forbidden


def system_actor(name: str, permissions: frozenset[str] = frozenset()) -> Actor:
    """The service itself; `name` says which part (shown in the audit log)."""
    return Actor(user_id=None, name=name, login="", role="system", permissions=permissions, language="en")


@dataclass(slots=True)
class Tx:
    """What a writer gets. It never commits: the edge that opened it does."""

    session: AsyncSession
    now: datetime
    actor: Actor
    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        """Publish after the commit; a rollback publishes nothing."""
        self.events.append(event)

    def audit(self, kind: str, subject_type: str, subject_id: object, **values: object) -> None:
        """Record the act in this transaction."""
        self.session.add(
            AuditEntry(
                at=self.now,
                actor_id=self.actor.user_id,
                actor_name=self.actor.name,
                kind=kind,
                subject_type=subject_type,
                subject_id=str(subject_id),
                values={key: _plain(value) for key, value in values.items()},
            )
        )


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)


class Transactions:
    """Opens transactions; the composition root makes one and hands it to every edge."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self.database = database
        self.bus = bus
        self.clock = clock

    @asynccontextmanager
    async def begin(self, actor: Actor) -> AsyncIterator[Tx]:
        """Commit at the end and then publish; any exception rolls back and publishes nothing."""
        async with self.database.write() as session:
            tx = Tx(session=session, now=self.clock.now(), actor=actor)
            yield tx
        self.bus.publish(*tx.events)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for queries."""
        async with self.database.read() as session:
            yield session
