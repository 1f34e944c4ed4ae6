"""One edge, one transaction: told to others only when it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.auth import Role
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Forbidden
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Transactions
from tests.support.people import acting


@dataclass(frozen=True, slots=True, kw_only=True)
class SomethingDone(Event):
    pass


@pytest.fixture
async def heard(bus: LocalBus) -> list[Event]:
    events: list[Event] = []

    async def hear(arrived: Sequence[Event]) -> None:
        events.extend(arrived)

    bus.subscribe("test", (SomethingDone,), hear)
    return events


async def test_events_go_out_after_the_commit(
    transactions: Transactions, bus: LocalBus, heard: list[Event]
) -> None:
    async with transactions.begin(acting(Role.AGENT)) as tx:
        tx.emit(SomethingDone(at=tx.now))
        await bus.drain()
        before = list(heard)
    await bus.drain()

    assert before == []
    assert heard == [SomethingDone(at=transactions.clock.now())]


async def test_a_rollback_publishes_and_audits_nothing(
    transactions: Transactions, bus: LocalBus, heard: list[Event]
) -> None:
    async def fail_after_saying_so() -> None:
        async with transactions.begin(acting(Role.AGENT)) as tx:
            tx.emit(SomethingDone(at=tx.now))
            tx.audit("things.done", "thing", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_saying_so()
    await bus.drain()

    assert heard == []
    async with transactions.read() as session:
        assert (await session.scalars(select(AuditEntry))).all() == []


async def test_an_audit_entry_says_who_what_when_and_plainly(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(acting(Role.SUPERVISOR, user_id=7)) as tx:
        tx.audit("things.done", "thing", 42, when=tx.now, role=Role.AGENT, names={"one"})

    async with transactions.read() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.actor_id, entry.actor_name, entry.kind) == (7, "Supervisor", "things.done")
    assert (entry.subject_type, entry.subject_id, entry.at) == ("thing", "42", clock.now())
    assert entry.values == {"when": clock.now().isoformat(), "role": "agent", "names": ["one"]}


def test_an_actor_without_the_right_is_refused() -> None:
    actor = acting(Role.AGENT, (), "things.see")

    actor.require("things.see")
    with pytest.raises(Forbidden):
        actor.require("things.change")
