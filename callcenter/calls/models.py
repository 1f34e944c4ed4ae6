"""Rows of calls: one a conversation, one a leg, one a time an agent was asked."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.events import Direction, Party
from callcenter.calls.facts import LegKind
from callcenter.kernel.db import Base


class Outcome(StrEnum):
    """How a call ended, as reports count it."""

    OPEN = "open"
    ANSWERED = "answered"  # an agent and the customer spoke
    ABANDONED = "abandoned"  # the caller left while waiting
    SHORT = "short"  # left before the short-abandon limit
    DROPPED = "dropped"  # an answered outbound customer got no agent
    UNANSWERED = "unanswered"  # outbound: busy, no answer, rejected; the cause says which
    REFUSED = "refused"  # inbound: never reached a queue
    LOST = "lost"  # ended while the service was away; how is not known


class RecordingState(StrEnum):
    """Where a call's recording stands."""

    NONE = "none"
    RAW = "raw"  # Asterisk has written two sides, they are not joined yet
    READY = "ready"
    MISSING = "missing"  # there should be one and there is not


class CallRow(Base):
    """One conversation. Times are Asterisk's. Durations are milliseconds."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_number_started_at", "number", "started_at"),
        Index("ix_calls_agent_id_started_at", "agent_id", "started_at"),
        Index("ix_calls_contact_id_started_at", "contact_id", "started_at"),
        Index("ix_calls_queue_started_at", "queue", "started_at"),
    )

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    direction: Mapped[Direction] = mapped_column(String(3))
    number: Mapped[str] = mapped_column(String(20), default="")
    number_raw: Mapped[str] = mapped_column(String(80), default="")
    caller_name: Mapped[str] = mapped_column(String(120), default="")
    dialled_raw: Mapped[str] = mapped_column(String(80), default="")
    queue: Mapped[str] = mapped_column(String(64), default="")
    campaign_id: Mapped[int | None]
    attempt_id: Mapped[int | None]
    agent_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(index=True)
    joined_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    wait_ms: Mapped[int] = mapped_column(default=0)
    talk_ms: Mapped[int] = mapped_column(default=0)
    hold_ms: Mapped[int] = mapped_column(default=0)
    wrap_ms: Mapped[int] = mapped_column(default=0)
    talking_since: Mapped[datetime | None]
    held_since: Mapped[datetime | None]
    threshold_seconds: Mapped[int] = mapped_column(default=20)
    short_seconds: Mapped[int] = mapped_column(default=5)
    outcome: Mapped[Outcome] = mapped_column(String(12), default=Outcome.OPEN, index=True)
    cause: Mapped[int] = mapped_column(default=0)
    sip_code: Mapped[int | None]
    ended_by: Mapped[Party | None] = mapped_column(String(10))
    fell_back: Mapped[bool] = mapped_column(default=False)
    disposition: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    note_version: Mapped[int] = mapped_column(default=0)
    recording: Mapped[str] = mapped_column(String(200), default="")
    recording_state: Mapped[RecordingState] = mapped_column(String(8), default=RecordingState.NONE)


class LegRow(Base):
    """One channel of a conversation."""

    __tablename__ = "call_legs"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    kind: Mapped[LegKind] = mapped_column(String(10))
    agent_id: Mapped[int | None]
    number_raw: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cause: Mapped[int] = mapped_column(default=0)
    sip_code: Mapped[int | None]


class OfferRow(Base):
    """An agent was asked to take a call, or had it: agents tried, ring times, stints of talk."""

    __tablename__ = "call_offers"
    __table_args__ = (Index("ix_call_offers_agent_id_offered_at", "agent_id", "offered_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    agent_id: Mapped[int]
    queue: Mapped[str] = mapped_column(String(64), default="")
    offered_at: Mapped[datetime]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String(12), default="offered")
