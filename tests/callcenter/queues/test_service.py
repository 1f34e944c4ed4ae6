"""Queues, members and numbers: refused where they are wrong, told to the floor where they are right."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from callcenter.kernel.auth import Role
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.errors import Conflict, Invalid, NotFound
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Transactions
from callcenter.queues.events import QueuesChanged
from callcenter.queues.queries import inbound_numbers, load_policies, members_by_agent
from callcenter.queues.service import (
    QueueSettings,
    add_number,
    create_queue,
    delete_queue,
    edit_queue,
    set_members,
    set_queues_of_agent,
)
from tests.support.people import acting

ADMIN = acting(Role.ADMINISTRATOR)
SETTINGS = QueueSettings(title="Support", answer_seconds=15)


@pytest.fixture
async def told(bus: LocalBus) -> list[Event]:
    """What the floor was told."""
    heard: list[Event] = []

    async def hear(events: Sequence[Event]) -> None:
        heard.extend(events)

    bus.subscribe("test", (QueuesChanged,), hear)
    return heard


async def make(transactions: Transactions, *names: str) -> None:
    async with transactions.begin(ADMIN) as tx:
        for name in names:
            await create_queue(tx, name, SETTINGS)


async def test_the_floor_is_told_of_a_queue_and_of_what_changed_in_it(
    transactions: Transactions, bus: LocalBus, told: list[Event]
) -> None:
    await make(transactions, "support")
    async with transactions.begin(ADMIN) as tx:
        await edit_queue(tx, "support", SETTINGS)
        await edit_queue(tx, "support", replace(SETTINGS, weight=7))
    await bus.drain()

    async with transactions.read() as session:
        (policy,) = await load_policies(session)
    assert (policy.weight, policy.limits.answer_seconds) == (7, 15)
    assert len(told) == 2


@pytest.mark.parametrize(
    ("name", "settings", "field"),
    [
        ("Support", SETTINGS, "name"),
        ("vip", SETTINGS, "name"),
        ("new", replace(SETTINGS, title=" "), "title"),
        ("new", replace(SETTINGS, target_percent=101), "target_percent"),
        ("new", replace(SETTINGS, offer_seconds=2), "offer_seconds"),
        ("new", replace(SETTINGS, language="de"), "language"),
    ],
)
async def test_wrong_settings_are_refused_by_field(
    transactions: Transactions, name: str, settings: QueueSettings, field: str
) -> None:
    await make(transactions, "vip")

    with pytest.raises(Invalid) as refused:
        async with transactions.begin(ADMIN) as tx:
            await create_queue(tx, name, settings)

    assert list(refused.value.fields) == [field]


async def test_members_are_set_from_either_side(transactions: Transactions) -> None:
    await make(transactions, "support", "vip")
    async with transactions.begin(ADMIN) as tx:
        await set_members(tx, "support", {1: 0, 2: 5})
        await set_queues_of_agent(tx, 1, {"vip": 3})

    async with transactions.read() as session:
        assert await members_by_agent(session) == {1: {"vip": 3}, 2: {"support": 5}}


async def test_members_of_what_is_not_there_are_refused(transactions: Transactions) -> None:
    await make(transactions, "support")

    with pytest.raises(NotFound):
        async with transactions.begin(ADMIN) as tx:
            await set_members(tx, "none", {1: 0})
    with pytest.raises(Invalid):
        async with transactions.begin(ADMIN) as tx:
            await set_queues_of_agent(tx, 1, {"none": 0})
    with pytest.raises(Invalid):
        async with transactions.begin(ADMIN) as tx:
            await set_members(tx, "support", {1: 100})


async def test_a_queue_that_numbers_lead_to_stays(transactions: Transactions) -> None:
    await make(transactions, "support")
    async with transactions.begin(ADMIN) as tx:
        await add_number(tx, "0171 5551234", "support", "en", "DE")

    with pytest.raises(Conflict):
        async with transactions.begin(ADMIN) as tx:
            await delete_queue(tx, "support")

    async with transactions.read() as session:
        (number,) = await inbound_numbers(session)
    assert (number.number, number.queue) == ("+491715551234", "support")
