"""Who may be an agent and how: refused where it is wrong, told to the floor where it is right."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from callcenter.agents.events import AgentsChanged
from callcenter.agents.machine import Plan, State, Trigger
from callcenter.agents.models import AgentPresence, AgentTransition
from callcenter.agents.queries import agent_of_user, load_presences, load_profiles, sip_account, stints
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.agents.service import AgentSettings, UserSettings, create_agent, edit_agent, edit_user
from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.auth import Role
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Transactions
from tests.support.people import acting, sign_up

SETTINGS = AgentSettings(extension="201", phone=PhoneKind.BROWSER, leg_mode=LegMode.NAILED, wrapup_seconds=30)
ADMIN = acting(Role.ADMINISTRATOR)


@pytest.fixture
async def told(bus: LocalBus) -> list[Event]:
    """What the floor was told."""
    heard: list[Event] = []

    async def hear(events: Sequence[Event]) -> None:
        heard.extend(events)

    bus.subscribe("test", (AgentsChanged,), hear)
    return heard


async def make(transactions: Transactions, login: str = "maria", **changes: str) -> int:
    user = await sign_up(transactions, Role.AGENT, login=login, name=login.title())
    async with transactions.begin(ADMIN) as tx:
        agent = await create_agent(tx, user.id, replace(SETTINGS, **changes))  # type: ignore[arg-type]
        return agent.id


async def test_the_floor_gets_the_new_agent_with_queues_and_campaigns(
    transactions: Transactions, bus: LocalBus, told: list[Event]
) -> None:
    agent_id = await make(transactions)
    await bus.drain()

    async with transactions.read() as session:
        (profile,) = await load_profiles(session, {agent_id: frozenset({7})}, {agent_id: {"support": 1}})
        account = await sip_account(session, agent_id)

    assert (profile.name, profile.extension, profile.wrapup_seconds) == ("Maria", "201", 30)
    assert (profile.queues, profile.campaigns) == ({"support": 1}, frozenset({7}))
    assert account is not None
    assert (account.name, len(account.secret) >= 32) == (f"agent{agent_id}", True)
    assert len(told) == 1


async def test_no_secret_is_in_the_audit_log(transactions: Transactions) -> None:
    agent_id = await make(transactions)

    async with transactions.read() as session:
        account = await sip_account(session, agent_id)
        entries = list(await session.scalars(select(AuditEntry)))

    assert account is not None
    assert not [e for e in entries if account.secret in str(e.values)]


async def test_an_agent_who_is_switched_off_is_not_loaded_and_has_no_account(
    transactions: Transactions, bus: LocalBus, told: list[Event]
) -> None:
    agent_id = await make(transactions)
    async with transactions.begin(ADMIN) as tx:
        agent = await edit_agent(tx, agent_id, replace(SETTINGS, active=False))
    await bus.drain()

    async with transactions.read() as session:
        assert await load_profiles(session, {}, {}) == []
        assert await sip_account(session, agent_id) is None
        assert await agent_of_user(session, agent.user_id) is None
    assert len(told) == 2


async def test_saving_what_is_there_tells_nobody(
    transactions: Transactions, bus: LocalBus, told: list[Event]
) -> None:
    agent_id = await make(transactions)
    await bus.drain()

    async with transactions.begin(ADMIN) as tx:
        await edit_agent(tx, agent_id, SETTINGS)
    await bus.drain()

    assert len(told) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"extension": "12a"}, "extension"),
        ({"extension": "201"}, "extension"),
        ({"extension": "202", "wrapup_seconds": -1}, "wrapup_seconds"),
        ({"extension": "202", "leg_mode": LegMode.RUNG}, "leg_mode"),
    ],
)
async def test_wrong_settings_are_refused_by_field(
    transactions: Transactions, changes: dict[str, str], field: str
) -> None:
    await make(transactions)

    with pytest.raises(Invalid) as refused:
        await make(transactions, "olga", **changes)

    assert list(refused.value.fields) == [field]


async def test_a_user_who_is_switched_off_leaves_the_floor(transactions: Transactions) -> None:
    await make(transactions)
    async with transactions.read() as session:
        (profile,) = await load_profiles(session, {}, {})
    settings = UserSettings(name="Maria", role=Role.AGENT, language="en", active=False, version=1)

    async with transactions.begin(ADMIN) as tx:
        await edit_user(tx, profile.user_id, settings)

    async with transactions.read() as session:
        assert await load_profiles(session, {}, {}) == []


async def test_presences_come_back_as_they_were(transactions: Transactions, clock: ManualClock) -> None:
    agent_id = await make(transactions)
    async with transactions.begin(ADMIN) as tx:
        tx.session.add(
            AgentPresence(
                agent_id=agent_id,
                state=State.TALKING,
                reason="",
                since=clock.now(),
                call_id="call-1",
                plan_state=State.PAUSED,
                plan_reason="lunch",
            )
        )

    async with transactions.read() as session:
        (presence,) = await load_presences(session)

    assert (presence.state, presence.since, presence.call_id) == (State.TALKING, clock.now(), "call-1")
    assert presence.plan == Plan(State.PAUSED, "lunch")


async def test_the_day_is_told_in_stints_from_its_first_state(
    transactions: Transactions, clock: ManualClock
) -> None:
    agent_id = await make(transactions)
    begun = clock.now()
    for last, trigger, state in (
        (State.OFFLINE, Trigger.START, State.PAUSED),
        (State.PAUSED, Trigger.READY, State.READY),
    ):
        async with transactions.begin(ADMIN) as tx:
            tx.session.add(
                AgentTransition(
                    agent_id=agent_id,
                    at=clock.advance(60),
                    last=last,
                    trigger=trigger,
                    state=state,
                    last_ms=0,
                )
            )

    async with transactions.read() as session:
        day = await stints(session, agent_id, begun, clock.advance(30))

    assert [(s.state, (s.ended_at - s.started_at).seconds) for s in day] == [
        (State.PAUSED, 60),
        (State.READY, 30),
    ]
