"""Rows of consents."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.dialer.rules import Basis, Method, Purpose
from callcenter.kernel.db import Base


class ConsentRow(Base):
    """A customer agreed to be called: for what, in what way at most, on what basis, and how that is proved.

    Of a number, or of a contact with all numbers they have. Never changed but to be revoked, never deleted:
    what was agreed when has to be shown for years.
    """

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "ix_consents_number",
            "number",
            sqlite_where=text("number <> ''"),
            postgresql_where=text("number <> ''"),
        ),
        Index(
            "ix_consents_contact_id",
            "contact_id",
            sqlite_where=text("contact_id IS NOT NULL"),
            postgresql_where=text("contact_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), default="")
    contact_id: Mapped[int | None]
    purpose: Mapped[Purpose] = mapped_column(String(12))
    basis: Mapped[Basis] = mapped_column(String(10))
    reach: Mapped[Method] = mapped_column(String(10), default=Method.AUTOMATIC)
    source: Mapped[str] = mapped_column(String(120), default="")
    proof: Mapped[str] = mapped_column(String(300), default="")
    load_id: Mapped[int | None] = mapped_column(
        ForeignKey("registry_loads.id", ondelete="SET NULL"), index=True
    )
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(120), default="")
    revoked_why: Mapped[str] = mapped_column(String(200), default="")
    added_by: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime]
