"""Rows of contacts: people and companies, how to reach them, the words they are found by."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.kernel.db import Base, Term


class ContactKind(StrEnum):
    """What a contact is."""

    PERSON = "person"
    COMPANY = "company"


class NumberKind(StrEnum):
    """Where a number rings."""

    MOBILE = "mobile"
    WORK = "work"
    HOME = "home"
    FAX = "fax"
    OTHER = "other"


class AddressKind(StrEnum):
    """What an address is for."""

    WORK = "work"
    HOME = "home"
    DELIVERY = "delivery"


class Contact(Base):
    """A person or a company. `name` is how it is shown, `sort_name` how lists order it (folded)."""

    __tablename__ = "contacts"
    __table_args__ = (
        Index("ix_contacts_archived_sort_name", "archived", "sort_name", "id"),
        Index("ix_contacts_archived_updated_at", "archived", "updated_at", "id"),
        Index("ix_contacts_owner_user_id", "owner_user_id", "archived", "sort_name", "id"),
        Index("ix_contacts_segment", "segment", "archived", "sort_name", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ContactKind] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(250))
    sort_name: Mapped[str] = mapped_column(Term)
    first_name: Mapped[str] = mapped_column(String(80), default="")
    middle_name: Mapped[str] = mapped_column(String(80), default="")
    last_name: Mapped[str] = mapped_column(String(80), default="")
    company_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    position: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(5), default="")
    zone: Mapped[str] = mapped_column(String(64), default="")
    segment: Mapped[str] = mapped_column(String(32), default="")
    owner_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    notes: Mapped[str] = mapped_column(Text, default="")
    archived: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    company: Mapped["Contact | None"] = relationship(remote_side=[id], lazy="raise")
    numbers: Mapped[list["ContactNumber"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="ContactNumber.id"
    )
    emails: Mapped[list["ContactEmail"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="ContactEmail.id"
    )
    addresses: Mapped[list["ContactAddress"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="ContactAddress.id"
    )


class ContactNumber(Base):
    """A telephone number of a contact; others may have the same. One of a contact's is primary."""

    __tablename__ = "contact_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[NumberKind] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(String(20), index=True)
    number_raw: Mapped[str] = mapped_column(String(80))
    is_primary: Mapped[bool] = mapped_column(default=False)


class ContactEmail(Base):
    """An e-mail address as it was written. One of a contact's is primary."""

    __tablename__ = "contact_emails"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    is_primary: Mapped[bool] = mapped_column(default=False)


class ContactAddress(Base):
    """A postal address. `country` is ISO 3166 alpha-2."""

    __tablename__ = "contact_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[AddressKind] = mapped_column(String(8))
    street: Mapped[str] = mapped_column(String(200), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    postcode: Mapped[str] = mapped_column(String(16), default="")
    country: Mapped[str] = mapped_column(String(2), default="")


class ContactTerm(Base):
    """A word a contact is found by (see `folding`). Clustered by contact, looked up by term.

    `weight` orders contacts that match by the same word: the lower, the better.
    """

    __tablename__ = "contact_terms"
    __table_args__ = (
        Index("ix_contact_terms_term", "term", "weight", "contact_id"),
        {"sqlite_with_rowid": False},
    )

    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    term: Mapped[str] = mapped_column(Term, primary_key=True)
    weight: Mapped[int]
