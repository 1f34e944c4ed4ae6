"""Rows of queues and the numbers that lead to them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kernel.db import Base
from callcenter.queues.routing import Strategy


class Queue(Base):
    """A queue. `name` is its key everywhere, also in app_queue: `[a-z0-9-]+`."""

    __tablename__ = "queues"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    strategy: Mapped[Strategy] = mapped_column(String(20), default=Strategy.LONGEST_IDLE)
    weight: Mapped[int] = mapped_column(default=0)
    offer_seconds: Mapped[int] = mapped_column(default=20)
    answer_seconds: Mapped[int] = mapped_column(default=20)
    short_seconds: Mapped[int] = mapped_column(default=5)
    target_percent: Mapped[int] = mapped_column(default=80)
    wait_limit_seconds: Mapped[int] = mapped_column(default=60)
    wrapup_seconds: Mapped[int] = mapped_column(default=45)
    auto_answer: Mapped[bool] = mapped_column(default=False)
    announce_every_seconds: Mapped[int] = mapped_column(default=30)
    language: Mapped[str] = mapped_column(String(5), default="en")
    script: Mapped[str] = mapped_column(String(8000), default="")
    created_at: Mapped[datetime]


class InboundNumber(Base):
    """A number people call, and the queue it leads to."""

    __tablename__ = "inbound_numbers"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    queue: Mapped[str] = mapped_column(ForeignKey("queues.name"))
    language: Mapped[str] = mapped_column(String(5), default="en")


class QueueMember(Base):
    """An agent of a queue. A lower penalty is asked first."""

    __tablename__ = "queue_members"
    __table_args__ = (UniqueConstraint("queue", "agent_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(ForeignKey("queues.name", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(index=True)
    penalty: Mapped[int] = mapped_column(default=0)
