"""The only writer of users' settings, agents and pause reasons. Queues of an agent are `queues.service`'s."""

import re
import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from callcenter.agents.events import AgentsChanged
from callcenter.agents.models import Agent, PauseReason
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.kernel.auth import Role, User
from callcenter.kernel.errors import Conflict, Invalid, NotFound, Stale
from callcenter.kernel.i18n import LANGUAGES, marked
from callcenter.kernel.tx import Tx

EXTENSION = re.compile(r"[0-9]{2,12}")
REASON_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
LONGEST_WRAPUP = 3600
LONGEST_PAUSE_MINUTES = 480

ONE_TO_TWELVE_DIGITS = marked("An extension has 2 to 12 digits.")
EXTENSION_TAKEN = marked("This extension is taken.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """What an administrator decides about an agent."""

    extension: str
    phone: PhoneKind
    leg_mode: LegMode
    wrapup_seconds: int
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """What an administrator decides about a user. `version` is the one that was read."""

    name: str
    role: Role
    language: str
    active: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonSettings:
    """A reason to pause, as the menu shows it."""

    title_en: str
    title_ru: str
    allowed_minutes: int
    order: int


async def create_agent(tx: Tx, user_id: int, settings: AgentSettings) -> Agent:
    """Make a user an agent; the phone's password is drawn here and never typed by anybody."""
    await _check(tx, settings, agent_id=None)
    if await tx.session.get(User, user_id) is None:
        raise NotFound
    if await tx.session.scalar(select(Agent.id).where(Agent.user_id == user_id)) is not None:
        raise Invalid({"user_id": marked("This user is an agent already.")})
    agent = Agent(user_id=user_id, sip_secret=secrets.token_urlsafe(24), **_columns(settings))
    tx.session.add(agent)
    await _flush(tx)
    tx.audit("agents.created", "agent", agent.id, user_id=user_id, **_columns(settings))
    tx.emit(AgentsChanged(at=tx.now))
    return agent


async def edit_agent(tx: Tx, agent_id: int, settings: AgentSettings) -> Agent:
    """Change an agent. An agent who is switched off leaves the floor once offline."""
    agent = await tx.session.get(Agent, agent_id)
    if agent is None:
        raise NotFound
    await _check(tx, settings, agent_id=agent_id)
    wanted = _columns(settings)
    changed = {name: value for name, value in wanted.items() if getattr(agent, name) != value}
    for name, value in changed.items():
        setattr(agent, name, value)
    await _flush(tx)
    if changed:
        tx.audit("agents.changed", "agent", agent_id, **changed)
        tx.emit(AgentsChanged(at=tx.now))
    return agent


async def renew_sip_secret(tx: Tx, agent_id: int) -> None:
    """A new phone password; the old one is worth nothing from the next registration on."""
    agent = await tx.session.get(Agent, agent_id)
    if agent is None:
        raise NotFound
    agent.sip_secret = secrets.token_urlsafe(24)
    tx.audit("agents.secret-renewed", "agent", agent_id)
    tx.emit(AgentsChanged(at=tx.now))


async def edit_user(tx: Tx, user_id: int, settings: UserSettings) -> User:
    """Change a user. Nobody switches themselves off or takes their own rights away."""
    user = await tx.session.get(User, user_id)
    if user is None:
        raise NotFound
    if user.version != settings.version:
        raise Stale(name=user.name)
    errors: dict[str, str] = {}
    if not 1 <= len(settings.name.strip()) <= 120:
        errors["name"] = marked("A name is needed.")
    if settings.language not in LANGUAGES:
        errors["language"] = marked("This language is not spoken here.")
    if user_id == tx.actor.user_id and not settings.active:
        errors["active"] = marked("You cannot switch yourself off.")
    if user_id == tx.actor.user_id and settings.role != user.role:
        errors["role"] = marked("You cannot change your own role.")
    if errors:
        raise Invalid(errors)
    wanted: dict[str, object] = {
        "name": settings.name.strip(),
        "role": settings.role,
        "language": settings.language,
        "active": settings.active,
    }
    changed = {name: value for name, value in wanted.items() if getattr(user, name) != value}
    for name, value in changed.items():
        setattr(user, name, value)
    if changed:
        user.version += 1
        tx.audit("users.changed", "user", user_id, **changed)
        tx.emit(AgentsChanged(at=tx.now))
    return user


async def create_reason(tx: Tx, code: str, settings: ReasonSettings) -> PauseReason:
    """A new reason to pause."""
    errors = _reason_errors(settings)
    if not REASON_CODE.fullmatch(code):
        errors["code"] = marked("A code has small letters, digits and hyphens, and begins with a letter.")
    elif await tx.session.get(PauseReason, code) is not None:
        errors["code"] = marked("This code is taken.")
    if errors:
        raise Invalid(errors, most=LONGEST_PAUSE_MINUTES)
    reason = PauseReason(code=code, **_reason_columns(settings))
    tx.session.add(reason)
    await tx.session.flush()
    tx.audit("pauses.created", "pause-reason", code, **_reason_columns(settings))
    return reason


async def edit_reason(tx: Tx, code: str, settings: ReasonSettings) -> PauseReason:
    """Change how a reason is shown and how long it may last; its code stays."""
    reason = await tx.session.get(PauseReason, code)
    if reason is None:
        raise NotFound
    if errors := _reason_errors(settings):
        raise Invalid(errors, most=LONGEST_PAUSE_MINUTES)
    for name, value in _reason_columns(settings).items():
        setattr(reason, name, value)
    tx.audit("pauses.changed", "pause-reason", code, **_reason_columns(settings))
    return reason


async def delete_reason(tx: Tx, code: str) -> None:
    """Take a reason out of the menu; what was recorded with it keeps its code."""
    reason = await tx.session.get(PauseReason, code)
    if reason is None:
        raise NotFound
    await tx.session.delete(reason)
    tx.audit("pauses.deleted", "pause-reason", code)


async def _check(tx: Tx, settings: AgentSettings, agent_id: int | None) -> None:
    errors: dict[str, str] = {}
    if not EXTENSION.fullmatch(settings.extension):
        errors["extension"] = ONE_TO_TWELVE_DIGITS
    else:
        holder = await tx.session.scalar(select(Agent.id).where(Agent.extension == settings.extension))
        if holder is not None and holder != agent_id:
            errors["extension"] = EXTENSION_TAKEN
    if not 0 <= settings.wrapup_seconds <= LONGEST_WRAPUP:
        errors["wrapup_seconds"] = marked("Between 0 and {most} seconds.")
    if settings.phone is PhoneKind.BROWSER and settings.leg_mode is LegMode.RUNG:
        errors["leg_mode"] = marked("A phone in the browser is always connected for the whole shift.")
    if errors:
        raise Invalid(errors, most=LONGEST_WRAPUP)


async def _flush(tx: Tx) -> None:
    """Somebody may have taken the extension since it was checked."""
    try:
        await tx.session.flush()
    except IntegrityError as error:
        raise Conflict(EXTENSION_TAKEN) from error


def _columns(settings: AgentSettings) -> dict[str, object]:
    return {
        "extension": settings.extension,
        "phone": settings.phone,
        "leg_mode": settings.leg_mode,
        "wrapup_seconds": settings.wrapup_seconds,
        "active": settings.active,
    }


def _reason_columns(settings: ReasonSettings) -> dict[str, object]:
    return {
        "title_en": settings.title_en.strip(),
        "title_ru": settings.title_ru.strip(),
        "allowed_minutes": settings.allowed_minutes,
        "order": settings.order,
    }


def _reason_errors(settings: ReasonSettings) -> dict[str, str]:
    errors: dict[str, str] = {}
    for name, title in (("title_en", settings.title_en), ("title_ru", settings.title_ru)):
        if not 1 <= len(title.strip()) <= 60:
            errors[name] = marked("A title is needed, at most 60 characters long.")
    if not 0 <= settings.allowed_minutes <= LONGEST_PAUSE_MINUTES:
        errors["allowed_minutes"] = marked("Between 0 and {most} minutes.")
    return errors
