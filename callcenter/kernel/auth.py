"""Who acts and what they may do: roles, permissions, users, sessions.

A permission is a string `room.verb` declared by a component together with the roles that have it. Passwords
are argon2id hashes; a session cookie is 256 random bits of which only the SHA-256 is stored.
"""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, String, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kernel.db import Base
from callcenter.kernel.errors import Invalid, NotFound, TooMany
from callcenter.kernel.i18n import LANGUAGES, marked
from callcenter.kernel.tx import Actor, Tx

SESSION_IDLE = timedelta(hours=14)  # a shift and a half: nobody is signed out in the middle of a day
FAILURES_PER_LOGIN = 8
FAILURES_PER_ADDRESS = 40
FAILURE_WINDOW = timedelta(minutes=15)
SHORTEST_PASSWORD = 10
THEMES = ("auto", "light", "dark")

_hasher = PasswordHasher()
# verified when the login is unknown, so that both answers take the same time
_NO_PASSWORD = _hasher.hash(secrets.token_hex(16))


class Role(StrEnum):
    """What a user is. Each role has the permissions that components declare for it."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Permission:
    """A right with the roles that have it. An administrator has every right."""

    name: str
    title: str
    roles: frozenset[Role]


class User(Base):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(5), default="en")
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class Session(Base):
    """A signed-in browser. `token_hash` is SHA-256 of the cookie."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(300))


class LoginFailure(Base):
    """A refused sign-in, counted for the rate limit of the login and of the address."""

    __tablename__ = "login_failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as the web edge sees it."""

    actor: Actor
    csrf: str
    theme: str
    seen_at: datetime
    token_hash: str


class Rights:
    """Permissions by role, collected from components at start."""

    def __init__(self, permissions: tuple[Permission, ...]) -> None:
        self.permissions = {p.name: p for p in permissions}
        everything = frozenset(self.permissions)
        self._by_role = {
            role: everything
            if role is Role.ADMINISTRATOR
            else frozenset(p.name for p in permissions if role in p.roles)
            for role in Role
        }

    def of(self, role: Role) -> frozenset[str]:
        return self._by_role[role]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(password: str) -> str:
    """The password if it is good enough to keep."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(
            {"password": marked("A password has at least {shortest} characters.")},
            shortest=SHORTEST_PASSWORD,
        )
    return password


def _matches(password_hash: str, password: str) -> bool:
    """A tenth of a second of work on purpose: run it in a thread."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


async def create_user(
    tx: Tx,
    *,
    login: str,
    name: str,
    role: Role,
    password: str,
    language: str = "en",
) -> User:
    """A new user. Refuses a login that is taken and a short password."""
    login = login.strip().lower()
    if not login or not name.strip():
        raise Invalid({"login": marked("A login and a name are needed.")})
    if language not in LANGUAGES:
        raise Invalid({"language": marked("This language is not spoken here.")})
    if (await tx.session.scalar(select(User.id).where(User.login == login))) is not None:
        raise Invalid({"login": marked("This login is taken.")})
    user = User(
        login=login,
        name=name.strip(),
        role=role,
        password_hash=await asyncio.to_thread(_hasher.hash, check_password(password)),
        language=language,
        created_at=tx.now,
    )
    tx.session.add(user)
    await tx.session.flush()
    tx.audit("users.created", "user", user.id, login=login, role=role)
    return user


async def set_password(tx: Tx, user_id: int, password: str) -> None:
    """A new password; every session of the user ends."""
    user = await tx.session.get(User, user_id)
    if user is None:
        raise NotFound
    user.password_hash = await asyncio.to_thread(_hasher.hash, check_password(password))
    for row in await tx.session.scalars(select(Session).where(Session.user_id == user_id)):
        await tx.session.delete(row)
    tx.audit("users.password-set", "user", user_id)


async def set_preferences(
    tx: Tx, user_id: int, *, language: str | None = None, theme: str | None = None
) -> User:
    """What a user may change about their own screen."""
    user = await tx.session.get(User, user_id)
    if user is None:
        raise NotFound
    if language is not None:
        if language not in LANGUAGES:
            raise Invalid({"language": marked("This language is not spoken here.")})
        user.language = language
    if theme is not None:
        if theme not in THEMES:
            raise Invalid({"theme": marked("There is no such theme.")})
        user.theme = theme
    tx.audit("users.preferences-set", "user", user_id)
    return user


async def _refuse_when_too_many(tx: Tx, login: str, address: str) -> None:
    since = tx.now - FAILURE_WINDOW
    by_login = await tx.session.scalar(
        select(func.count(LoginFailure.id)).where(LoginFailure.login == login, LoginFailure.at > since)
    )
    by_address = await tx.session.scalar(
        select(func.count(LoginFailure.id)).where(LoginFailure.address == address, LoginFailure.at > since)
    )
    if (by_login or 0) >= FAILURES_PER_LOGIN or (by_address or 0) >= FAILURES_PER_ADDRESS:
        raise TooMany


async def _forget_what_is_over(tx: Tx) -> None:
    """Sessions that nobody can use any more, failures that count no longer."""
    await tx.session.execute(delete(Session).where(Session.seen_at < tx.now - SESSION_IDLE))
    await tx.session.execute(delete(LoginFailure).where(LoginFailure.at < tx.now - FAILURE_WINDOW))


async def sign_in(tx: Tx, *, login: str, password: str, address: str, user_agent: str) -> str | None:
    """The cookie value of a new session, or None when login and password do not match.

    The failure is recorded in the same transaction, so the caller must commit in both cases.
    Raises `TooMany` before looking at the password.
    """
    login = login.strip().lower()[:64]
    await _refuse_when_too_many(tx, login, address)
    user = await tx.session.scalar(select(User).where(User.login == login))
    matches = await asyncio.to_thread(_matches, user.password_hash if user else _NO_PASSWORD, password)
    if not matches or user is None or not user.active:
        tx.session.add(LoginFailure(login=login, address=address, at=tx.now))
        tx.audit("users.sign-in-refused", "login", login, address=address)
        return None
    await _forget_what_is_over(tx)
    if _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = await asyncio.to_thread(_hasher.hash, password)
    token = secrets.token_urlsafe(32)
    tx.session.add(
        Session(
            token_hash=_hash(token),
            user_id=user.id,
            csrf=secrets.token_urlsafe(32),
            created_at=tx.now,
            seen_at=tx.now,
            address=address,
            user_agent=user_agent[:300],
        )
    )
    tx.audit("users.signed-in", "user", user.id, address=address)
    return token


async def sign_out(tx: Tx, token: str) -> None:
    """End this session."""
    row = await tx.session.get(Session, _hash(token))
    if row is not None:
        await tx.session.delete(row)
        tx.audit("users.signed-out", "user", row.user_id)


async def find_session(session: AsyncSession, token: str, now: datetime, rights: Rights) -> SignedIn | None:
    """Who this cookie is, or None when it is unknown, idle too long, or its user is switched off."""
    row = (
        await session.execute(
            select(Session, User)
            .join(User, User.id == Session.user_id)
            .where(Session.token_hash == _hash(token))
        )
    ).one_or_none()
    if row is None:
        return None
    found, user = row
    if not user.active or now - found.seen_at > SESSION_IDLE:
        return None
    actor = Actor(
        user_id=user.id,
        name=user.name,
        login=user.login,
        role=user.role,
        permissions=rights.of(Role(user.role)),
        language=user.language,
    )
    return SignedIn(
        actor=actor,
        csrf=found.csrf,
        theme=user.theme,
        seen_at=found.seen_at,
        token_hash=found.token_hash,
    )


async def touch_session(session: AsyncSession, token_hash: str, now: datetime) -> None:
    """Remember that the session is in use."""
    row = await session.get(Session, token_hash)
    if row is not None:
        row.seen_at = now
