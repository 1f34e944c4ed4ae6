"""Rows of external registries, of the files they come in, and of areas that are not called."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.dialer.registries.states import LoadChange, LoadStatus
from callcenter.dialer.rules.words import RegistryKind
from callcenter.kernel.db import Base


class Registry(Base):
    """A list that somebody outside keeps. `code` is what jurisdictions call it by.

    `generation` is the one that counts: a new file is written beside the old one and replaces it in a single
    step. `current_at` is when its data was true, None: never loaded.
    """

    __tablename__ = "registries"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[RegistryKind] = mapped_column(String(12))
    region: Mapped[str] = mapped_column(String(2))
    purposes: Mapped[list[Any]]
    generation: Mapped[int] = mapped_column(default=0)
    numbers: Mapped[int] = mapped_column(default=0)
    current_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]


class RegistryNumber(Base):
    """A number on a registry, as digits without the plus: millions of them, found by their primary key.

    `since`: when a reassigned number was given up.
    """

    __tablename__ = "registry_numbers"
    __table_args__ = (
        Index("ix_registry_numbers_registry_id_generation", "registry_id", "generation"),
        {"sqlite_with_rowid": False},
    )

    digits: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    registry_id: Mapped[int] = mapped_column(
        ForeignKey("registries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[date | None]


class RegistryLoad(Base):
    """A file on its way into a registry, or into the consents.

    `bytes_read` is where a restarted load goes on; it moves with its rows. The file lies in chunks until the
    load has ended.
    """

    __tablename__ = "registry_loads"
    __table_args__ = (Index("ix_registry_loads_status_beat_at", "status", "beat_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registry_id: Mapped[int | None] = mapped_column(
        ForeignKey("registries.id", ondelete="CASCADE"), index=True
    )
    change: Mapped[LoadChange] = mapped_column(String(10))
    file_name: Mapped[str] = mapped_column(String(200))
    region: Mapped[str] = mapped_column(String(2))
    current_at: Mapped[datetime]
    generation: Mapped[int] = mapped_column(default=0)
    status: Mapped[LoadStatus] = mapped_column(String(10), default=LoadStatus.UPLOADING)
    runner: Mapped[str] = mapped_column(String(40), default="")
    beat_at: Mapped[datetime]
    bytes_total: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_read: Mapped[int] = mapped_column(BigInteger, default=0)
    lines: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    first_rejected: Mapped[list[Any]]
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(String(300), default="")
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BlockedArea(Base):
    """Numbers that are not dialled because of where they are: a country or a part of it, or a beginning.

    `key` is what is looked up: a region (RU), a subdivision (US-FL), or the digits with the plus (+7495).
    `digits`: numbers of exactly so many digits, 0: of any length. `campaign_id` 0: by nobody of the company.
    """

    __tablename__ = "blocked_areas"
    __table_args__ = (UniqueConstraint("key", "digits", "campaign_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(20))
    digits: Mapped[int] = mapped_column(default=0)
    campaign_id: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(200), default="")
    added_by: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime]


class RegistryChunk(Base):
    """A piece of a file that is being loaded; gone with the end of its load."""

    __tablename__ = "registry_chunks"

    load_id: Mapped[int] = mapped_column(
        ForeignKey("registry_loads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
