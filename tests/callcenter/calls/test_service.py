"""Who may see a call and write on it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, OfferRow, Outcome
from callcenter.calls.queries import CallFilter, call_by_id, list_calls
from callcenter.calls.routes import COMPONENT
from callcenter.calls.service import dispose, note_listening, set_note
from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.auth import Rights, Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Forbidden, NotFound, Stale
from callcenter.kernel.tx import Actor, Transactions
from tests.support.people import acting

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AGENT = acting(Role.AGENT)
SUPERVISOR = acting(Role.SUPERVISOR, (), "calls.view", "calls.edit")


@pytest.fixture
async def rows(transactions: Transactions) -> Transactions:
    """A call that agent 7 gave to agent 8, and one that nobody took."""
    async with transactions.database.write() as session:
        for call_id, agent_id in (("given", 8), ("nobody", None)):
            session.add(
                CallRow(
                    id=call_id,
                    direction=Direction.INBOUND,
                    agent_id=agent_id,
                    started_at=START,
                    outcome=Outcome.ANSWERED,
                )
            )
        await session.flush()
        for agent_id, connected_at in ((7, START), (8, START), (6, None)):
            session.add(
                OfferRow(
                    call_id="given",
                    agent_id=agent_id,
                    offered_at=START,
                    connected_at=connected_at,
                    ended_at=START,
                    result="x",
                )
            )
    return transactions


@pytest.mark.parametrize(
    ("actor", "agent_id", "call_id", "may"),
    [
        (AGENT, 8, "given", True),
        (AGENT, 7, "given", True),
        (AGENT, 6, "given", False),
        (AGENT, None, "given", False),
        (AGENT, None, "nobody", False),
        (AGENT, 8, "nobody", False),
        (SUPERVISOR, None, "nobody", True),
    ],
)
async def test_who_spoke_to_the_customer_sees_the_call_and_writes_on_it(
    rows: Transactions, actor: Actor, agent_id: int | None, call_id: str, may: bool
) -> None:
    async with rows.read() as session:
        listed = [r.id for r in await list_calls(session, actor, agent_id, CallFilter(), -5)]
        if may:
            assert (await call_by_id(session, actor, agent_id, call_id)).id == call_id
        else:
            with pytest.raises(NotFound):
                await call_by_id(session, actor, agent_id, call_id)
    assert len(listed) <= 1

    async with rows.begin(actor) as tx:
        if may:
            await dispose(tx, call_id, "sold", agent_id)
            assert await set_note(tx, call_id, "called back", 0, agent_id) == 1
        else:
            with pytest.raises(Forbidden):
                await dispose(tx, call_id, "sold", agent_id)


async def test_a_note_typed_on_an_old_version_is_not_lost(rows: Transactions) -> None:
    async with rows.begin(SUPERVISOR) as tx:
        await set_note(tx, "given", "first", 0, None)

    async with rows.begin(SUPERVISOR) as tx:
        with pytest.raises(Stale) as stale:
            await set_note(tx, "given", "second", 0, None)

    assert stale.value.values == {"text": "first", "version": 1}


async def test_one_listening_is_audited_once_and_the_next_again(
    rows: Transactions, clock: ManualClock
) -> None:
    for user_id, minutes in ((1, 0), (1, 1), (2, 0), (1, 120)):
        clock.advance(minutes * 60)
        async with rows.begin(acting(Role.SUPERVISOR, user_id=user_id)) as tx:
            await note_listening(tx, "given")

    async with rows.read() as session:
        found = list(await session.scalars(select(AuditEntry.actor_id).order_by(AuditEntry.id)))
    assert found == [1, 2, 1]


def test_an_agent_sees_no_calls_of_others() -> None:
    rights = Rights(COMPONENT.permissions)

    assert not rights.of(Role.AGENT) & {"calls.view", "calls.listen", "calls.edit"}
