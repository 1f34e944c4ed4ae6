"""Who may sign in, for how long, and how often one may try."""

import pytest
from sqlalchemy import func, select

from callcenter.kernel.auth import (
    FAILURES_PER_ADDRESS,
    FAILURES_PER_LOGIN,
    SESSION_IDLE,
    LoginFailure,
    Permission,
    Rights,
    Role,
    Session,
    User,
    find_session,
    set_password,
    set_preferences,
    sign_in,
    sign_out,
)
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid, TooMany
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.people import PASSWORD, sign_up

SEE = Permission("things.see", "See things", frozenset({Role.AGENT}))
CHANGE = Permission("things.change", "Change things", frozenset({Role.SUPERVISOR}))
RIGHTS = Rights((SEE, CHANGE))


async def try_to_sign_in(
    transactions: Transactions, login: str, password: str = PASSWORD, address: str = "192.0.2.1"
) -> str | None:
    async with transactions.begin(system_actor("test")) as tx:
        return await sign_in(tx, login=login, password=password, address=address, user_agent="test")


async def permissions_of(transactions: Transactions, token: str) -> set[str] | None:
    async with transactions.read() as session:
        signed = await find_session(session, token, transactions.clock.now(), RIGHTS)
    return set(signed.actor.permissions) if signed else None


def test_roles_have_the_rights_declared_for_them_and_the_administrator_all() -> None:
    assert RIGHTS.of(Role.AGENT) == {"things.see"}
    assert RIGHTS.of(Role.SUPERVISOR) == {"things.change"}
    assert RIGHTS.of(Role.ADMINISTRATOR) == {"things.see", "things.change"}


async def test_a_user_signs_in_and_has_the_rights_of_their_role(transactions: Transactions) -> None:
    await sign_up(transactions, Role.AGENT, login="Ada")

    token = await try_to_sign_in(transactions, " ADA ")

    assert token is not None
    assert await permissions_of(transactions, token) == {"things.see"}


@pytest.mark.parametrize(("login", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_login_or_password_gives_no_session(
    transactions: Transactions, login: str, password: str
) -> None:
    await sign_up(transactions, Role.AGENT, login="ada")

    assert await try_to_sign_in(transactions, login, password) is None


async def test_a_change_of_role_holds_at_once(transactions: Transactions) -> None:
    user = await sign_up(transactions, Role.AGENT)
    token = await try_to_sign_in(transactions, user.login)
    assert token is not None

    async with transactions.begin(system_actor("test")) as tx:
        (await tx.session.get_one(User, user.id)).role = Role.SUPERVISOR

    assert await permissions_of(transactions, token) == {"things.change"}


async def test_a_user_who_is_switched_off_is_out_at_once(transactions: Transactions) -> None:
    user = await sign_up(transactions, Role.AGENT)
    token = await try_to_sign_in(transactions, user.login)
    assert token is not None

    async with transactions.begin(system_actor("test")) as tx:
        (await tx.session.get_one(User, user.id)).active = False

    assert await permissions_of(transactions, token) is None
    assert await try_to_sign_in(transactions, user.login) is None


async def test_an_idle_session_ends(transactions: Transactions, clock: ManualClock) -> None:
    user = await sign_up(transactions, Role.AGENT)
    token = await try_to_sign_in(transactions, user.login)
    assert token is not None

    clock.advance(SESSION_IDLE.total_seconds() + 1)

    assert await permissions_of(transactions, token) is None


async def test_signing_out_ends_this_session_only(transactions: Transactions) -> None:
    user = await sign_up(transactions, Role.AGENT)
    here = await try_to_sign_in(transactions, user.login)
    there = await try_to_sign_in(transactions, user.login)
    assert here is not None
    assert there is not None

    async with transactions.begin(system_actor("test")) as tx:
        await sign_out(tx, here)

    assert await permissions_of(transactions, here) is None
    assert await permissions_of(transactions, there) is not None


async def test_a_new_password_ends_every_session(transactions: Transactions) -> None:
    user = await sign_up(transactions, Role.AGENT)
    token = await try_to_sign_in(transactions, user.login)
    assert token is not None

    async with transactions.begin(system_actor("test")) as tx:
        await set_password(tx, user.id, "another good one")

    assert await permissions_of(transactions, token) is None
    assert await try_to_sign_in(transactions, user.login, "another good one") is not None


async def test_too_many_failures_lock_a_login_for_a_while(
    transactions: Transactions, clock: ManualClock
) -> None:
    user = await sign_up(transactions, Role.AGENT)
    for number in range(FAILURES_PER_LOGIN):
        await try_to_sign_in(transactions, user.login, "wrong", address=f"192.0.2.{number}")

    with pytest.raises(TooMany):
        await try_to_sign_in(transactions, user.login)
    clock.advance(15 * 60 + 1)

    assert await try_to_sign_in(transactions, user.login) is not None


async def test_too_many_failures_lock_an_address(transactions: Transactions) -> None:
    user = await sign_up(transactions, Role.AGENT)
    for number in range(FAILURES_PER_ADDRESS):
        await try_to_sign_in(transactions, f"guess-{number}", "wrong")

    with pytest.raises(TooMany):
        await try_to_sign_in(transactions, user.login)

    assert await try_to_sign_in(transactions, user.login, address="198.51.100.1") is not None


async def test_a_short_password_and_a_taken_login_are_refused_by_field(transactions: Transactions) -> None:
    await sign_up(transactions, Role.AGENT, login="ada")

    with pytest.raises(Invalid) as short:
        await sign_up(transactions, Role.AGENT, login="bob", password="short")
    with pytest.raises(Invalid) as taken:
        await sign_up(transactions, Role.AGENT, login="ADA")

    assert set(short.value.fields) == {"password"}
    assert set(taken.value.fields) == {"login"}


async def test_preferences_are_checked(transactions: Transactions) -> None:
    user = await sign_up(transactions, Role.AGENT)

    async with transactions.begin(system_actor("test")) as tx:
        changed = await set_preferences(tx, user.id, language="ru", theme="dark")
        with pytest.raises(Invalid):
            await set_preferences(tx, user.id, language="xx")

    assert (changed.language, changed.theme) == ("ru", "dark")


async def test_what_is_over_is_forgotten(transactions: Transactions, clock: ManualClock) -> None:
    await sign_up(transactions, Role.AGENT, login="ada")
    await try_to_sign_in(transactions, "ada")
    await try_to_sign_in(transactions, "ada", "wrong")

    clock.advance(SESSION_IDLE.total_seconds() + 1)
    token = await try_to_sign_in(transactions, "ada")

    assert token is not None
    assert await permissions_of(transactions, token) == {"things.see"}
    async with transactions.read() as session:
        assert await session.scalar(select(func.count(Session.token_hash))) == 1
        assert await session.scalar(select(func.count(LoginFailure.id))) == 0
