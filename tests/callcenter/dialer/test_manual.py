"""A person's own dialling goes through the same gate and leaves the same trace."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from callcenter.agents.events import CommandIssued
from callcenter.agents.machine import IllegalStep, State, Trigger
from callcenter.calls.control import ControlError, Landing
from callcenter.dialer.manual import DialRefused, Home, ManualDial, ManualDialler
from callcenter.dialer.models import Attempt, Refusal
from callcenter.dialer.states import AttemptState, DialKind, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import BUSY, Behaviour, Exchange
from tests.support.factories.dialer import forbid, german_number

NUMBER = german_number(1)


@pytest.fixture
def exchange(clock: ManualClock) -> Exchange:
    return Exchange(clock)


@pytest.fixture
async def floor(
    transactions: Transactions, exchange: Exchange, clock: ManualClock
) -> AsyncIterator[DiallingFloor]:
    made = DiallingFloor(transactions, exchange, clock, "one")
    await made.start({7: frozenset()})
    yield made
    await made.kill()


@pytest.fixture
def dialler(floor: DiallingFloor, transactions: Transactions, exchange: Exchange) -> ManualDialler:
    """The handler with a desk that dials at once."""

    async def place(order: ManualDial) -> None:
        session = floor.roster.get(order.agent_id)
        floor.roster.move(session, Trigger.DIAL, call_id=order.leg_id)
        await exchange.dial_out(
            order.leg_id,
            order.number,
            trunk=order.trunk,
            caller_id=order.caller_id,
            ring_seconds=45,
            landing=Landing.MANUAL,
            variables={},
        )

    def may_dial(agent_id: int) -> None:
        state = floor.roster.get(agent_id).state
        if state is not State.READY:
            raise IllegalStep(state=state)

    return ManualDialler(floor.engine, transactions, Home("DE", "Europe/Berlin"), may_dial, place)


def command(clock: ManualClock, **args: str) -> CommandIssued:
    return CommandIssued(at=clock.now(), command_id="c", agent_id=7, user_id=1, verb="dial", args=args)


async def attempts(transactions: Transactions) -> list[Attempt]:
    async with transactions.read() as session:
        return list(await session.scalars(select(Attempt).order_by(Attempt.id)))


async def test_a_dialled_number_is_an_attempt_until_its_call_ends(
    dialler: ManualDialler,
    floor: DiallingFloor,
    exchange: Exchange,
    transactions: Transactions,
    clock: ManualClock,
) -> None:
    exchange.plan[NUMBER] = BUSY

    await dialler.dial(command(clock, number="030 2000001", contact_id="12"))
    (during,) = await attempts(transactions)
    await floor.run(5)

    (after,) = await attempts(transactions)
    assert exchange.dialled == [("manual-7-1", NUMBER)]
    assert (during.kind, during.state, during.contact_id) == (DialKind.MANUAL, AttemptState.PLACED, 12)
    assert (after.state, after.outcome, after.call_id) == (AttemptState.ENDED, Outcome.BUSY, "manual-7-1")


async def test_a_forbidden_number_is_refused_and_the_refusal_kept(
    dialler: ManualDialler, exchange: Exchange, transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.database.write() as session:
        await forbid(session, NUMBER, clock.now())

    with pytest.raises(DialRefused) as refused:
        await dialler.dial(command(clock, number=NUMBER))

    assert refused.value.key == "dial-do-not-call"
    assert exchange.dialled == []
    async with transactions.read() as session:
        row = (await session.scalars(select(Refusal))).one()
    assert (row.rule, row.agent_id, row.kind) == ("do-not-call", 7, DialKind.MANUAL)


async def test_pressing_twice_dials_once(
    dialler: ManualDialler, exchange: Exchange, floor: DiallingFloor, clock: ManualClock
) -> None:
    await dialler.dial(command(clock, number=NUMBER))
    floor.roster.get(7).state = State.READY  # a second press that came before the page changed

    with pytest.raises(DialRefused) as refused:
        await dialler.dial(command(clock, number=NUMBER))

    assert refused.value.key == "dial-in-progress"
    assert len(exchange.dialled) == 1


async def test_what_is_no_number_and_who_is_on_a_call_are_refused_before_any_row(
    dialler: ManualDialler, floor: DiallingFloor, transactions: Transactions, clock: ManualClock
) -> None:
    with pytest.raises(Invalid):
        await dialler.dial(command(clock, number="12"))
    floor.roster.move(floor.roster.get(7), Trigger.PAUSE)
    with pytest.raises(IllegalStep):
        await dialler.dial(command(clock, number=NUMBER))

    assert await attempts(transactions) == []


async def test_an_originate_that_asterisk_refused_leaves_no_open_attempt(
    dialler: ManualDialler,
    exchange: Exchange,
    floor: DiallingFloor,
    transactions: Transactions,
    clock: ManualClock,
) -> None:
    exchange.refuse.add(NUMBER)

    with pytest.raises(ControlError):
        await dialler.dial(command(clock, number=NUMBER))
    await floor.settle()

    assert [(a.state, a.outcome) for a in await attempts(transactions)] == [
        (AttemptState.ENDED, Outcome.FAILED)
    ]


async def test_a_conversation_that_a_person_dialled_counts_as_answered(
    dialler: ManualDialler,
    exchange: Exchange,
    floor: DiallingFloor,
    transactions: Transactions,
    clock: ManualClock,
) -> None:
    exchange.plan[NUMBER] = Behaviour(1, 5)
    await dialler.dial(command(clock, number=NUMBER))
    await floor.run(2)
    await exchange.bridge("manual-7-1", exchange.agent_leg(7))

    await floor.run(10)

    assert [a.outcome for a in await attempts(transactions)] == [Outcome.ANSWERED]
