"""Reads of agents: what the floor is loaded with, what pages list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.machine import Plan, State
from callcenter.agents.models import Agent, AgentPresence, AgentTransition, PauseReason
from callcenter.agents.roster import AgentProfile, LegMode, PhoneKind, Presence, Today, count
from callcenter.kernel.auth import User

NO_QUEUES: Mapping[str, int] = {}
NO_CAMPAIGNS: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class SipAccount:
    """The PJSIP endpoint of an agent. `name` is endpoint, auth user and address of record."""

    agent_id: int
    name: str
    secret: str
    phone: PhoneKind
    leg_mode: LegMode


@dataclass(frozen=True, slots=True)
class AgentLine:
    """An agent as lists show them."""

    id: int
    user_id: int
    name: str
    login: str
    extension: str
    phone: PhoneKind
    leg_mode: LegMode
    wrapup_seconds: int
    active: bool


@dataclass(frozen=True, slots=True)
class Stint:
    """A length of time in one state."""

    state: State
    reason: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class PauseLine:
    """Why agents may pause, and how many minutes that should take at most (0: no limit)."""

    code: str
    title_en: str
    title_ru: str
    allowed_minutes: int
    order: int

    def title(self, language: str) -> str:
        return self.title_ru if language == "ru" else self.title_en


def endpoint_of(agent_id: int) -> str:
    """The name of an agent's PJSIP endpoint, auth and address of record."""
    return f"agent{agent_id}"


async def load_profiles(
    session: AsyncSession,
    campaigns_by_agent: Mapping[int, frozenset[int]],
    queues_by_agent: Mapping[int, Mapping[str, int]],
) -> list[AgentProfile]:
    """Agents who may work, as the floor needs them. Queues and campaigns are read by their own rooms."""
    found = await session.execute(
        select(Agent, User.name)
        .join(User, User.id == Agent.user_id)
        .where(Agent.active, User.active)
        .order_by(Agent.id)
    )
    return [
        AgentProfile(
            agent_id=agent.id,
            user_id=agent.user_id,
            name=name,
            extension=agent.extension,
            phone=PhoneKind(agent.phone),
            leg_mode=LegMode(agent.leg_mode),
            queues=queues_by_agent.get(agent.id, NO_QUEUES),
            campaigns=campaigns_by_agent.get(agent.id, NO_CAMPAIGNS),
            wrapup_seconds=agent.wrapup_seconds,
        )
        for agent, name in found
    ]


async def load_presences(session: AsyncSession) -> list[Presence]:
    """Where each agent stood when last heard of."""
    rows = await session.scalars(select(AgentPresence).order_by(AgentPresence.agent_id))
    return [
        Presence(
            agent_id=row.agent_id,
            state=State(row.state),
            reason=row.reason,
            since=row.since,
            call_id=row.call_id,
            plan=Plan(State(row.plan_state), row.plan_reason),
        )
        for row in rows
    ]


async def agent_of_user(session: AsyncSession, user_id: int) -> int | None:
    """The agent that this user is, if they are one at work."""
    found: int | None = await session.scalar(select(Agent.id).where(Agent.user_id == user_id, Agent.active))
    return found


async def sip_account(session: AsyncSession, agent_id: int) -> SipAccount | None:
    """What this agent's phone registers with; None when there is no such agent at work."""
    found = await session.scalar(select(Agent).where(Agent.id == agent_id, Agent.active))
    return _account(found) if found is not None else None


async def sip_accounts(session: AsyncSession) -> list[SipAccount]:
    """The accounts of all agents at work."""
    rows = await session.scalars(select(Agent).where(Agent.active).order_by(Agent.id))
    return [_account(row) for row in rows]


def _account(agent: Agent) -> SipAccount:
    return SipAccount(
        agent_id=agent.id,
        name=endpoint_of(agent.id),
        secret=agent.sip_secret,
        phone=PhoneKind(agent.phone),
        leg_mode=LegMode(agent.leg_mode),
    )


async def list_agents(session: AsyncSession) -> list[AgentLine]:
    """Every agent, also those switched off, by name."""
    found = await session.execute(
        select(Agent, User).join(User, User.id == Agent.user_id).order_by(User.name, Agent.id)
    )
    return [
        AgentLine(
            id=agent.id,
            user_id=user.id,
            name=user.name,
            login=user.login,
            extension=agent.extension,
            phone=PhoneKind(agent.phone),
            leg_mode=LegMode(agent.leg_mode),
            wrapup_seconds=agent.wrapup_seconds,
            active=agent.active and user.active,
        )
        for agent, user in found
    ]


async def pause_reasons(session: AsyncSession) -> list[PauseLine]:
    """The reasons in the order of the menu."""
    found = await session.scalars(select(PauseReason).order_by(PauseReason.order, PauseReason.code))
    return [
        PauseLine(
            code=row.code,
            title_en=row.title_en,
            title_ru=row.title_ru,
            allowed_minutes=row.allowed_minutes,
            order=row.order,
        )
        for row in found
    ]


async def stints(session: AsyncSession, agent_id: int, since: datetime, now: datetime) -> list[Stint]:
    """The agent's day in states, from transitions; the last one is still going on."""
    steps = select(AgentTransition).where(AgentTransition.agent_id == agent_id)
    before = await session.scalar(
        steps.where(AgentTransition.at <= since)
        .order_by(AgentTransition.at.desc(), AgentTransition.id.desc())
        .limit(1)
    )
    found = await session.scalars(
        steps.where(AgentTransition.at > since, AgentTransition.at <= now).order_by(
            AgentTransition.at, AgentTransition.id
        )
    )
    made: list[Stint] = []
    state, reason, start = State.OFFLINE, "", since
    if before is not None:
        state, reason = State(before.state), before.reason
    for row in found:
        if state != row.last:  # the step before was never written
            state, reason = State(row.last), ""
        _add(made, Stint(state, reason, start, row.at))
        state, reason, start = State(row.state), row.reason, row.at
    _add(made, Stint(state, reason, start, now))
    return made


async def days_so_far(session: AsyncSession, since: datetime) -> dict[int, Today]:
    """Everybody's counters of a day from its transitions; the state that lasts is not in them yet."""
    found = await session.execute(
        select(
            AgentTransition.agent_id,
            AgentTransition.at,
            AgentTransition.last,
            AgentTransition.state,
            AgentTransition.last_ms,
        ).where(AgentTransition.at > since)
    )
    days: dict[int, Today] = {}
    for agent_id, at, last, state, last_ms in found.all():
        today = days.setdefault(agent_id, Today())
        count(today, State(last), min(last_ms / 1000, (at - since).total_seconds()))
        today.calls += state == State.TALKING and last not in (State.TALKING, State.HOLD)
    return days


def _add(made: list[Stint], stint: Stint) -> None:
    if stint.ended_at > stint.started_at and (made or stint.state is not State.OFFLINE):
        made.append(stint)
