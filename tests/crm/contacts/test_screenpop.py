"""The caller's card comes before the answer, and stays with the call."""

from collections.abc import Sequence

import pytest

from callcenter.calls import events as e
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Transactions
from crm.contacts.screenpop import ScreenPops
from tests.support.factories.contacts import add_company, add_person

NUMBER = "+74955550142"
CALL = "1700000000.7"


class Desk:
    """Says what telephony would, and keeps what the page would be told."""

    def __init__(self, bus: LocalBus, clock: ManualClock, pops: ScreenPops) -> None:
        self._bus = bus
        self._clock = clock
        self.rooms = pops
        self.pops: list[e.ScreenPop] = []
        self.bound: list[e.ContactBound] = []

    async def note(self, events: Sequence[Event]) -> None:
        self.pops += [event for event in events if isinstance(event, e.ScreenPop)]
        self.bound += [event for event in events if isinstance(event, e.ContactBound)]

    async def start(self, *, agent_id: int | None = None, number: str = NUMBER) -> None:
        direction = e.Direction.INBOUND if agent_id is None else e.Direction.OUTBOUND
        started = e.CallStarted(
            at=self._clock.now(),
            call_id=CALL,
            direction=direction,
            number=number,
            number_raw=number,
            caller_name="",
            dialled_raw="100",
            attempt_id=None,
            agent_id=agent_id,
            leg_id=CALL,
        )
        await self.tell(started)

    async def offer(self, agent_id: int = 1, *, number: str = NUMBER) -> None:
        offered = e.CallOffered(
            at=self._clock.now(),
            call_id=CALL,
            agent_id=agent_id,
            direction=e.Direction.INBOUND,
            number=number,
            queue="support",
            campaign_id=None,
            deadline=None,
        )
        await self.tell(offered)

    async def connect(self, agent_id: int = 1) -> None:
        connected = e.CallConnected(
            at=self._clock.now(), call_id=CALL, agent_id=agent_id, leg_id=CALL, agent_leg_id="agent-1-x"
        )
        await self.tell(connected)

    async def end(self) -> None:
        ended = e.CallEnded(
            at=self._clock.now(), call_id=CALL, attempt_id=None, cause=16, sip_code=None, by=e.Party.CUSTOMER
        )
        await self.tell(ended)

    async def tell(self, *events: Event) -> None:
        self._bus.publish(*events)
        await self._bus.drain()


@pytest.fixture
async def desk(transactions: Transactions, bus: LocalBus, clock: ManualClock) -> Desk:
    pops = ScreenPops(transactions)
    pops.subscribe(bus)
    made = Desk(bus, clock, pops)
    bus.subscribe("page", (e.ScreenPop, e.ContactBound), made.note)
    return made


async def test_an_offered_call_shows_who_it_is_before_the_answer(
    desk: Desk, transactions: Transactions
) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", NUMBER, company="Sever")

    await desk.start()
    await desk.offer()

    pop = desk.pops[0]
    assert (pop.call_id, pop.agent_id, pop.number, pop.queue) == (CALL, 1, NUMBER, "support")
    assert pop.matches == (e.PopMatch(contact.id, "Anna Petrova", "Sever", "person"),)


async def test_a_single_match_is_bound_to_the_call_once(desk: Desk, transactions: Transactions) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", NUMBER)

    await desk.offer(1)
    await desk.offer(2)

    assert [(b.call_id, b.contact_id, b.name) for b in desk.bound] == [(CALL, contact.id, "Anna Petrova")]
    assert [pop.agent_id for pop in desk.pops] == [1, 2]


async def test_a_caller_who_left_before_anybody_was_asked_is_bound_too(
    desk: Desk, transactions: Transactions
) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", NUMBER)

    await desk.start()
    await desk.end()

    assert [(b.call_id, b.contact_id) for b in desk.bound] == [(CALL, contact.id)]
    assert desk.pops == []
    assert desk.rooms.open_calls == 0


async def test_several_matches_are_offered_and_none_is_bound(desk: Desk, transactions: Transactions) -> None:
    await add_company(transactions, "Sever", NUMBER)
    await add_person(transactions, "Anna", "Petrova", NUMBER)

    await desk.offer()

    assert [match.name for match in desk.pops[0].matches] == ["Sever", "Anna Petrova"]
    assert desk.bound == []


@pytest.mark.parametrize("number", [NUMBER, ""])
async def test_an_unknown_caller_pops_without_a_match(desk: Desk, number: str) -> None:
    await desk.offer(number=number)

    assert [pop.matches for pop in desk.pops] == [()]
    assert desk.bound == []


async def test_the_next_agent_sees_the_contact_the_first_one_chose(
    desk: Desk, transactions: Transactions, clock: ManualClock
) -> None:
    await add_company(transactions, "Sever", NUMBER)
    chosen = await add_person(transactions, "Anna", "Petrova", NUMBER)
    await desk.offer(1)

    await desk.tell(e.ContactBound(at=clock.now(), call_id=CALL, contact_id=chosen.id, name=chosen.name))
    await desk.offer(2)

    assert [match.name for match in desk.pops[1].matches] == ["Anna Petrova"]


async def test_a_call_joined_without_an_offer_pops_too_but_not_twice(
    desk: Desk, transactions: Transactions
) -> None:
    await add_person(transactions, "Anna", "Petrova", NUMBER)
    await desk.start()
    await desk.offer(1)

    await desk.connect(1)
    await desk.connect(2)

    assert [pop.agent_id for pop in desk.pops] == [1, 2]


async def test_a_number_dialled_by_hand_pops_while_it_rings(desk: Desk, transactions: Transactions) -> None:
    await add_person(transactions, "Anna", "Petrova", NUMBER)

    await desk.start(agent_id=4)
    await desk.connect(4)

    assert [(pop.agent_id, pop.direction) for pop in desk.pops] == [(4, e.Direction.OUTBOUND)]


async def test_ended_and_vanished_calls_are_forgotten(desk: Desk, clock: ManualClock) -> None:
    await desk.start()
    await desk.end()
    assert desk.rooms.open_calls == 0

    await desk.start()
    await desk.tell(e.FloorKnown(at=clock.now(), open_calls=()))

    assert desk.rooms.open_calls == 0
