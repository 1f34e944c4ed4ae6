"""Commands of people: arguments are checked, and what an agent says of a call is kept in one transaction."""

from collections.abc import Sequence
from itertools import count

import pytest
from sqlalchemy import select

from callcenter.agents.commands import CommandDesk
from callcenter.agents.events import CommandDone, CommandIssued
from callcenter.agents.machine import State
from callcenter.agents.verbs import Disposal, Results, Verbs
from callcenter.calls.control import ControlError
from callcenter.calls.journal import EVENTS, Journal
from callcenter.calls.models import CallRow
from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.errors import Conflict
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, Tx
from tests.support.telephones import GOOD_NUMBER, Telephones, settle


class Office:
    """Commands to a floor, and their answers."""

    def __init__(self, world: Telephones, transactions: Transactions) -> None:
        self.world = world
        self.disposed: list[Disposal] = []
        self.refuse = False
        self._ids = count(1)
        self._answers: list[CommandDone] = []
        self._desk = CommandDesk(world.bus, world.clock, Tasks())
        Verbs(
            commands=self._desk,
            roster=world.floor.roster,
            desk=world.floor.desk,
            results=Results(transactions, world.bus.drain, (self._dispose,)),
            home_region="DE",
            queues=lambda: frozenset({"support", "sales"}),
        )
        world.bus.subscribe("answers", (CommandDone,), self._hear)

    async def _hear(self, events: Sequence[Event]) -> None:
        self._answers.extend(event for event in events if isinstance(event, CommandDone))

    async def _dispose(self, _tx: Tx, disposal: Disposal) -> None:
        if self.refuse:
            raise Conflict
        self.disposed.append(disposal)

    async def send(
        self, verb: str, args: dict[str, str] | None = None, *, agent_id: int | None = 1
    ) -> CommandDone:
        command = CommandIssued(
            at=self.world.clock.now(),
            command_id=f"k{next(self._ids)}",
            agent_id=agent_id,
            user_id=101,
            verb=verb,
            args=args or {},
        )
        await self._desk.carry_out(command)
        await self.world.bus.drain()
        await settle()
        return self._answers[-1]


@pytest.fixture
async def office(world: Telephones, transactions: Transactions, bus: LocalBus) -> Office:
    await world.open(3)
    journal = Journal(transactions.database, world.floor.distributor.thresholds)
    bus.subscribe("journal", EVENTS, journal.receive)
    return Office(world, transactions)


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("set_next", {"state": "talking-loudly"}),
        ("press", {"digits": "12a"}),
        ("press", {}),
        ("transfer_queue", {"queue": "nowhere"}),
        ("transfer_number", {"number": "12"}),
        ("transfer_agent", {"agent_id": "²"}),
        ("transfer_agent", {}),
        ("consult_number", {"number": "abc"}),
        ("consult_agent", {"agent_id": "two"}),
        ("extend_wrapup", {"seconds": "9999"}),
        ("extend_wrapup", {"seconds": "-5"}),
        ("supervise_ready", {"agent_id": "9" * 40}),
    ],
)
async def test_arguments_that_make_no_sense_are_refused(
    office: Office, verb: str, args: dict[str, str]
) -> None:
    done = await office.send(verb, args)

    assert (done.ok, done.key) == (False, "invalid")


async def test_an_unknown_verb_and_an_unknown_agent_are_refused(office: Office) -> None:
    assert (await office.send("dance")).key == "unknown-verb"
    assert (await office.send("set_ready", agent_id=99)).key == "not-found"
    assert (await office.send("set_ready", agent_id=None)).key == "forbidden"
    assert (await office.send("answer")).key == "illegal-step"


async def test_a_refusal_of_asterisk_is_told(office: Office) -> None:
    await office.send("start_shift")
    await office.world.run(0.5)
    await office.world.talk()
    office.world.refuse = {"Redirect"}

    done = await office.send("hold")

    assert (done.ok, done.key) == (False, "telephony-refused")


async def test_a_whole_call_by_commands(office: Office) -> None:
    await office.send("start_shift")
    await office.world.run(0.5)
    await office.world.call_in()
    for verb, state in (
        ("answer", State.TALKING),
        ("hold", State.HOLD),
        ("resume", State.TALKING),
        ("hang_up", State.WRAPUP),
        ("finish", State.READY),
    ):
        done = await office.send(verb)
        assert done.ok, verb
        assert office.world.agent(1).state is state


async def test_a_consult_by_commands(office: Office) -> None:
    await office.send("start_shift")
    await office.world.run(0.5)
    call_id = await office.world.talk()
    await office.send("start_shift", agent_id=2)
    await office.world.run(0.5)

    assert (await office.send("consult_agent", {"agent_id": "2"})).ok
    await office.send("answer", agent_id=2)
    done = await office.send("consult_complete")

    assert done.ok
    assert office.world.together(call_id, office.world.agent(2).leg_id)


async def test_finish_keeps_what_the_agent_says(office: Office, transactions: Transactions) -> None:
    call_id = await _wrapping_up(office)

    done = await office.send("finish", {"disposition": "sold", "callback_at": "tomorrow"})

    assert done.ok
    assert office.world.agent(1).state is State.READY
    async with transactions.read() as session:
        row = await session.get(CallRow, call_id)
        audited = list(await session.scalars(select(AuditEntry.kind)))
    assert row is not None
    assert row.disposition == "sold"
    assert audited == ["calls.disposed"]
    assert [(d.call_id, d.args["callback_at"]) for d in office.disposed] == [(call_id, "tomorrow")]


async def test_a_disposer_that_refuses_leaves_nothing_behind(
    office: Office, transactions: Transactions
) -> None:
    call_id = await _wrapping_up(office)
    office.refuse = True

    done = await office.send("finish", {"disposition": "sold"})

    assert not done.ok
    assert office.world.agent(1).state is State.WRAPUP
    async with transactions.read() as session:
        row = await session.get(CallRow, call_id)
    assert row is not None
    assert row.disposition == ""


async def test_who_gave_a_call_away_can_still_say_how_it_went(office: Office) -> None:
    for agent_id in (1, 2):
        await office.send("start_shift", agent_id=agent_id)
        await office.world.run(0.5)
        if agent_id == 1:
            await office.world.talk()
    await office.send("transfer_agent", {"agent_id": "2"})
    await office.send("answer", agent_id=2)
    assert office.world.agent(2).state is State.TALKING

    done = await office.send("finish", {"disposition": "passed-on"})

    assert done.ok


async def test_a_number_that_could_not_be_dialled_can_be_disposed_of(office: Office) -> None:
    await office.send("start_shift")
    await office.world.run(0.5)
    office.world.refuse = {"Originate"}
    with pytest.raises(ControlError):
        await office.world.floor.desk.place(office.world.agent(1), GOOD_NUMBER, None)

    done = await office.send("finish", {"disposition": "unreachable"})

    assert done.ok
    assert len(office.disposed) == 1


async def test_a_supervisor_steers_another_agent(office: Office) -> None:
    await office.send("start_shift", agent_id=2)
    await office.world.run(0.5)

    await office.send("supervise_pause", {"agent_id": "2", "reason": "training"})

    assert (office.world.agent(2).state, office.world.agent(2).reason) == (State.PAUSED, "training")


async def _wrapping_up(office: Office) -> str:
    await office.send("start_shift")
    await office.world.run(0.5)
    call_id = await office.world.talk()
    await office.send("hang_up")
    return call_id
