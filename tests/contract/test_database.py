"""SQLite and PostgreSQL behave alike where we build on them."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.auth import LoginFailure, Role, Session, User
from callcenter.kernel.db import Database, is_away, is_refused

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


def failure(login: str, at: datetime = NOON) -> LoginFailure:
    return LoginFailure(login=login, address="192.0.2.1", at=at)


def user(login: str) -> User:
    return User(login=login, name=login, role=Role.AGENT, password_hash="-", created_at=NOON)


async def rows_of(database: Database, query: Select[User]) -> list[User]:
    async with database.read() as session:
        return list(await session.scalars(query))


async def logins(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(select(LoginFailure.login).order_by(LoginFailure.id)))


async def test_a_unit_of_work_is_kept_at_its_end(database: Database) -> None:
    async with database.write() as session:
        session.add(failure("kept"))

    assert await logins(database) == ["kept"]


async def test_an_exception_undoes_the_whole_unit(database: Database) -> None:
    async def fail_half_way() -> None:
        async with database.write() as session:
            session.add(failure("lost"))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_half_way()

    assert await logins(database) == []


async def test_a_reader_changes_nothing(database: Database) -> None:
    async with database.read() as session:
        session.add(failure("lost"))
        await session.flush()

    assert await logins(database) == []


async def test_a_moment_comes_back_aware_and_exact_whatever_zone_it_went_in(database: Database) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))

    async with database.write() as session:
        session.add(failure("moment", elsewhere))

    async with database.read() as session:
        found = (await session.scalars(select(LoginFailure.at))).one()
    assert found == NOON
    assert found.utcoffset() == timedelta(0)


async def test_a_naive_moment_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        async with database.write() as session:
            session.add(failure("naive", NOON.replace(tzinfo=None)))


async def test_moments_compare_in_queries(database: Database) -> None:
    async with database.write() as session:
        session.add_all([failure("before", NOON - timedelta(microseconds=1)), failure("at", NOON)])

    async with database.read() as session:
        found = list(await session.scalars(select(LoginFailure.login).where(LoginFailure.at >= NOON)))
    assert found == ["at"]


async def test_json_values_come_back_as_they_went(database: Database) -> None:
    values = {"text": "ёлка", "list": [1, 2.5, None, True], "nested": {"deep": "✓"}}

    async with database.write() as session:
        session.add(
            AuditEntry(
                at=NOON,
                actor_id=None,
                actor_name="test",
                kind="k",
                subject_type="s",
                subject_id="1",
                values=values,
            )
        )

    async with database.read() as session:
        assert (await session.scalars(select(AuditEntry.values))).one() == values


async def test_a_repeated_unique_value_is_refused(database: Database) -> None:
    async with database.write() as session:
        session.add(user("taken"))

    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(user("taken"))


async def test_foreign_keys_are_enforced_and_cascade(database: Database) -> None:
    def session_of(user_id: int) -> Session:
        return Session(
            token_hash="t",
            user_id=user_id,
            csrf="c",
            created_at=NOON,
            seen_at=NOON,
            address="192.0.2.1",
            user_agent="test",
        )

    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(session_of(4711))

    async with database.write() as session:
        owner = user("owner")
        session.add(owner)
        await session.flush()
        session.add(session_of(owner.id))
    async with database.write() as session:
        await session.delete(await session.get_one(User, owner.id))

    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Session)) == 0


async def test_many_writers_at_once_all_succeed(database: Database) -> None:
    async def write(name: str) -> None:
        async with database.write() as session:
            session.add(failure(name))

    await asyncio.gather(*(write(f"writer-{number}") for number in range(20)))

    assert sorted(await logins(database)) == sorted(f"writer-{number}" for number in range(20))


async def test_two_processes_may_write_in_turn(database: Database, database_url: str) -> None:
    other = Database(database_url)

    async def write(where: Database, name: str) -> None:
        async with where.write() as session:
            session.add(failure(name))
            await session.flush()
            await asyncio.sleep(0.01)

    await asyncio.gather(*(write(where, "x") for where in (database, other) for _ in range(5)))
    await other.aclose()

    assert len(await logins(database)) == 10


async def test_what_a_column_cannot_hold_is_refused_for_good(database: Database) -> None:
    with pytest.raises((DBAPIError, OverflowError)) as refusal:
        await rows_of(database, select(User).where(User.id == 10**30))

    assert is_refused(refusal.value)
    assert not is_away(refusal.value)


@pytest.mark.databases("postgresql")
async def test_a_text_that_cannot_be_stored_is_refused_for_good(database: Database) -> None:
    with pytest.raises(DBAPIError) as refusal:
        await rows_of(database, select(User).where(User.login == "a\0b"))

    assert is_refused(refusal.value)


async def test_a_row_that_is_there_already_is_refused_for_good(database: Database) -> None:
    async def add_twice() -> None:
        async with database.write() as session:
            session.add_all([user("same"), user("same")])

    with pytest.raises(IntegrityError) as refusal:
        await add_twice()

    assert is_refused(refusal.value)


async def test_a_server_that_does_not_answer_is_away() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises((DBAPIError, OSError)) as failure:
        await rows_of(database, select(User))
    await database.aclose()

    assert is_away(failure.value)
