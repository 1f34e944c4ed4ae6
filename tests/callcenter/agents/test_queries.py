"""What the floor is loaded with, what pages list, and an agent's day in stints."""

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.agents.machine import Plan, State, Trigger
from callcenter.agents.models import Agent, AgentPresence, AgentTransition, PauseReason
from callcenter.agents.queries import (
    AgentLine,
    SipAccount,
    Stint,
    agent_of_user,
    days_so_far,
    endpoint_of,
    list_agents,
    load_presences,
    load_profiles,
    pause_reasons,
    sip_account,
    sip_accounts,
    stints,
)
from callcenter.agents.roster import LegMode, PhoneKind, Presence, Today
from callcenter.kernel.auth import Role, User
from callcenter.kernel.tx import Transactions
from tests.support.people import sign_up

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
S, T = State, Trigger


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


async def add_agent(
    transactions: Transactions, agent_id: int, name: str, *, at_work: bool = True, user_active: bool = True
) -> int:
    """An agent with a desk phone; returns the user's id, which is never the agent's."""
    user = await sign_up(transactions, Role.AGENT, login=name.lower(), name=name)
    async with transactions.database.write() as session:
        known = await session.get_one(User, user.id)
        known.active = user_active
        session.add(
            Agent(
                id=agent_id,
                user_id=user.id,
                extension=str(200 + agent_id),
                sip_secret=f"secret of {name}",
                phone=PhoneKind.SIP,
                leg_mode=LegMode.RUNG,
                wrapup_seconds=30,
                active=at_work,
            )
        )
    return user.id


async def step(
    transactions: Transactions,
    minutes: float,
    last: State,
    trigger: Trigger,
    state: State,
    *,
    reason: str = "",
    agent_id: int = 11,
    last_ms: int = 0,
) -> None:
    """A transition so many minutes after nine."""
    async with transactions.database.write() as session:
        session.add(
            AgentTransition(
                agent_id=agent_id,
                at=after(minutes),
                last=last,
                trigger=trigger,
                state=state,
                reason=reason,
                last_ms=last_ms,
            )
        )


async def day(transactions: Transactions, until: float) -> list[Stint]:
    async with transactions.read() as session:
        return await stints(session, 11, NINE, after(until))


async def test_profiles_are_of_those_who_may_work_with_their_own_queues_and_campaigns(
    transactions: Transactions,
) -> None:
    maria = await add_agent(transactions, 12, "Maria")
    await add_agent(transactions, 11, "Olga")
    await add_agent(transactions, 13, "Left", at_work=False)
    await add_agent(transactions, 14, "Locked", user_active=False)

    async with transactions.read() as session:
        olgas, marias = await load_profiles(
            session, {12: frozenset({7}), 13: frozenset({8})}, {12: {"support": 1}, 14: {"sales": 0}}
        )

    assert (olgas.agent_id, olgas.queues, olgas.campaigns) == (11, {}, frozenset())
    assert (marias.agent_id, marias.user_id, marias.name) == (12, maria, "Maria")
    assert (marias.queues, marias.campaigns) == ({"support": 1}, frozenset({7}))
    assert (marias.extension, marias.phone, marias.leg_mode, marias.wrapup_seconds) == (
        "212",
        PhoneKind.SIP,
        LegMode.RUNG,
        30,
    )


async def test_presences_are_values_of_the_machine_in_order_of_agents(transactions: Transactions) -> None:
    await add_agent(transactions, 11, "Olga")
    await add_agent(transactions, 12, "Maria")
    async with transactions.database.write() as session:
        session.add(AgentPresence(agent_id=12, state=S.PAUSED, reason="lunch", since=after(1)))
        session.add(
            AgentPresence(
                agent_id=11,
                state=S.TALKING,
                since=after(2),
                call_id="c",
                plan_state=S.PAUSED,
                plan_reason="tea",
            )
        )

    async with transactions.read() as session:
        found = await load_presences(session)

    assert found == [
        Presence(
            agent_id=11, state=S.TALKING, reason="", since=after(2), call_id="c", plan=Plan(S.PAUSED, "tea")
        ),
        Presence(
            agent_id=12, state=S.PAUSED, reason="lunch", since=after(1), call_id="", plan=Plan(S.READY, "")
        ),
    ]
    assert {type(one.state) for one in found} == {State}


async def test_a_user_is_the_agent_they_are_at_work_as(transactions: Transactions) -> None:
    maria = await add_agent(transactions, 11, "Maria")
    left = await add_agent(transactions, 12, "Left", at_work=False)
    boss = await sign_up(transactions, Role.SUPERVISOR)

    async with transactions.read() as session:
        found = [await agent_of_user(session, user_id) for user_id in (maria, left, boss.id)]

    assert found == [11, None, None]


async def test_accounts_of_agents_at_work_are_named_by_agent(transactions: Transactions) -> None:
    await add_agent(transactions, 12, "Maria")
    await add_agent(transactions, 11, "Olga")
    await add_agent(transactions, 13, "Left", at_work=False)

    async with transactions.read() as session:
        everybody = await sip_accounts(session)
        one = await sip_account(session, 12)
        gone = await sip_account(session, 13)
        nobody = await sip_account(session, 99)

    assert [account.name for account in everybody] == ["agent11", "agent12"]
    assert (
        one
        == everybody[1]
        == SipAccount(
            agent_id=12,
            name=endpoint_of(12),
            secret="secret of Maria",
            phone=PhoneKind.SIP,
            leg_mode=LegMode.RUNG,
        )
    )
    assert (gone, nobody) == (None, None)


async def test_lists_show_every_agent_by_name_and_who_is_switched_off_either_way(
    transactions: Transactions,
) -> None:
    await add_agent(transactions, 11, "Olga")
    boris = await add_agent(transactions, 12, "Boris", at_work=False)
    await add_agent(transactions, 13, "Maria", user_active=False)

    async with transactions.read() as session:
        lines = await list_agents(session)

    assert [(line.name, line.active) for line in lines] == [
        ("Boris", False),
        ("Maria", False),
        ("Olga", True),
    ]
    assert lines[0] == AgentLine(
        id=12,
        user_id=boris,
        name="Boris",
        login="boris",
        extension="212",
        phone=PhoneKind.SIP,
        leg_mode=LegMode.RUNG,
        wrapup_seconds=30,
        active=False,
    )


async def test_pause_reasons_keep_the_order_of_the_menu(transactions: Transactions) -> None:
    async with transactions.database.write() as session:
        for code, order in (("meeting", 2), ("tea", 1), ("lunch", 2)):
            session.add(PauseReason(code=code, title_en=code, title_ru=code, order=order))

    async with transactions.read() as session:
        menu = await pause_reasons(session)

    assert [line.code for line in menu] == ["tea", "lunch", "meeting"]


@pytest.mark.parametrize(("language", "title"), [("en", "Lunch"), ("ru", "Обед"), ("de", "Lunch")])
async def test_a_pause_reason_is_called_in_russian_or_else_in_english(
    transactions: Transactions, language: str, title: str
) -> None:
    async with transactions.database.write() as session:
        session.add(PauseReason(code="lunch", title_en="Lunch", title_ru="Обед", allowed_minutes=45))

    async with transactions.read() as session:
        (lunch,) = await pause_reasons(session)

    assert (lunch.title(language), lunch.allowed_minutes) == (title, 45)


async def test_a_shift_that_began_before_the_day_counts_from_the_days_start(
    transactions: Transactions,
) -> None:
    await step(transactions, -60, S.PAUSED, T.READY, S.READY)
    await step(transactions, 10, S.READY, T.PAUSE, S.PAUSED, reason="lunch")

    found = await day(transactions, until=15)

    assert found == [
        Stint(S.READY, "", after(0), after(10)),
        Stint(S.PAUSED, "lunch", after(10), after(15)),
    ]


async def test_the_day_leaves_out_the_time_before_the_shift_but_not_a_break_in_it(
    transactions: Transactions,
) -> None:
    await step(transactions, 5, S.OFFLINE, T.START, S.PAUSED)
    await step(transactions, 10, S.PAUSED, T.STOP, S.OFFLINE)
    await step(transactions, 30, S.OFFLINE, T.START, S.PAUSED)

    found = await day(transactions, until=40)

    assert [(one.state, one.started_at, one.ended_at) for one in found] == [
        (S.PAUSED, after(5), after(10)),
        (S.OFFLINE, after(10), after(30)),
        (S.PAUSED, after(30), after(40)),
    ]


async def test_a_shift_that_began_the_day_before_goes_on_without_a_step(transactions: Transactions) -> None:
    await step(transactions, -600, S.READY, T.PAUSE, S.PAUSED, reason="night-watch")

    found = await day(transactions, until=30)

    assert found == [Stint(S.PAUSED, "night-watch", after(0), after(30))]


async def test_who_went_home_the_day_before_has_no_day(transactions: Transactions) -> None:
    await step(transactions, -600, S.OFFLINE, T.START, S.PAUSED)
    await step(transactions, -500, S.PAUSED, T.STOP, S.OFFLINE)

    assert await day(transactions, until=30) == []


async def test_the_first_stint_keeps_the_reason_it_began_with(transactions: Transactions) -> None:
    await step(transactions, -5, S.READY, T.PAUSE, S.PAUSED, reason="lunch")
    await step(transactions, 5, S.PAUSED, T.READY, S.READY)

    found = await day(transactions, until=6)

    assert found[0] == Stint(S.PAUSED, "lunch", after(0), after(5))


async def test_states_passed_through_at_one_moment_are_no_stints(transactions: Transactions) -> None:
    await step(transactions, 0.5, S.OFFLINE, T.START, S.PAUSED)
    await step(transactions, 2, S.PAUSED, T.READY, S.READY)
    await step(transactions, 2, S.READY, T.OFFER, S.RINGING)

    found = await day(transactions, until=3)

    assert [(one.state, one.started_at) for one in found] == [(S.PAUSED, after(0.5)), (S.RINGING, after(2))]


async def test_what_others_did_or_what_comes_later_is_not_in_the_day(transactions: Transactions) -> None:
    await step(transactions, 1, S.OFFLINE, T.START, S.PAUSED, agent_id=12)
    nothing = await day(transactions, until=5)
    await step(transactions, 2, S.OFFLINE, T.START, S.PAUSED)
    await step(transactions, 9, S.PAUSED, T.READY, S.READY)

    found = await day(transactions, until=5)

    assert nothing == []
    assert found == [Stint(S.PAUSED, "", after(2), after(5))]


async def test_a_days_counters_come_back_from_its_steps(transactions: Transactions) -> None:
    await step(transactions, -60, S.PAUSED, T.READY, S.READY)
    await step(transactions, 10, S.READY, T.OFFER, S.RINGING, last_ms=70 * 60_000)
    await step(transactions, 11, S.RINGING, T.CONNECT, S.TALKING, last_ms=60_000)
    await step(transactions, 13, S.TALKING, T.HOLD, S.HOLD, last_ms=120_000)
    await step(transactions, 14, S.HOLD, T.RESUME, S.TALKING, last_ms=60_000)

    async with transactions.read() as session:
        days = await days_so_far(session, after(0))

    assert days == {11: Today(calls=1, talk_seconds=120, hold_seconds=60, ready_seconds=600)}
