"""Rows of trunks' limits and of caller numbers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kernel.db import Base

WHOLE_COMPANY = ""


class TrunkLimit(Base):
    """What a trunk bears, or (name empty) the company with all its trunks. Zero is no limit."""

    __tablename__ = "trunk_limits"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    max_lines: Mapped[int] = mapped_column(default=0)
    calls_per_second: Mapped[float] = mapped_column(default=0.0)


class CallerPool(Base):
    """Numbers of ours that a campaign's customers may see."""

    __tablename__ = "caller_pools"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)


class CallerNumberRow(Base):
    """One number of a pool. Where it belongs was read from it; `rest_reason` are the figures of its rest."""

    __tablename__ = "caller_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("caller_pools.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    area: Mapped[str] = mapped_column(String(12), default="")
    subdivision: Mapped[str] = mapped_column(String(6), default="")
    region: Mapped[str] = mapped_column(String(2), default="")
    daily_cap: Mapped[int] = mapped_column(default=0)
    rested_until: Mapped[datetime | None]
    rest_reason: Mapped[dict[str, Any]] = mapped_column(default=dict)
