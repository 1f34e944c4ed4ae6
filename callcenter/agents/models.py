"""Rows of agents: who they are, where they stand, every transition, why they may pause."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.agents.machine import State, Trigger
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.kernel.db import Base


class Agent(Base):
    """A user who takes calls. `sip_secret` is the password of the PJSIP endpoint `agent<id>`."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    extension: Mapped[str] = mapped_column(String(12), unique=True)
    sip_secret: Mapped[str] = mapped_column(String(64))
    phone: Mapped[PhoneKind] = mapped_column(String(8), default=PhoneKind.BROWSER)
    leg_mode: Mapped[LegMode] = mapped_column(String(8), default=LegMode.NAILED)
    wrapup_seconds: Mapped[int] = mapped_column(default=45)
    active: Mapped[bool] = mapped_column(default=True)


class AgentPresence(Base):
    """Where an agent stands: the last state, for a restart and for reports."""

    __tablename__ = "agent_presence"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[State] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64), default="")
    since: Mapped[datetime]
    call_id: Mapped[str] = mapped_column(String(80), default="")
    plan_state: Mapped[State] = mapped_column(String(16), default=State.READY)
    plan_reason: Mapped[str] = mapped_column(String(64), default="")


class AgentTransition(Base):
    """One step of the machine: from -> trigger -> to. Append-only."""

    __tablename__ = "agent_transitions"
    __table_args__ = (Index("ix_agent_transitions_agent_id_at", "agent_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int]
    at: Mapped[datetime]
    last: Mapped[State] = mapped_column(String(16))
    trigger: Mapped[Trigger] = mapped_column(String(16))
    state: Mapped[State] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64), default="")
    call_id: Mapped[str] = mapped_column(String(80), default="")
    last_ms: Mapped[int]


class PauseReason(Base):
    """A reason to pause, with the minutes it should not exceed (0: no limit)."""

    __tablename__ = "pause_reasons"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    title_en: Mapped[str] = mapped_column(String(60))
    title_ru: Mapped[str] = mapped_column(String(60))
    allowed_minutes: Mapped[int] = mapped_column(default=0)
    order: Mapped[int] = mapped_column(default=0)
