"""Rows of lists, cohorts, leads and their numbers, and of imports."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.dialer.states import JobStatus, LeadStatus, Outcome
from callcenter.kernel.db import Base


class LeadList(Base):
    """Leads that came together, usually from a file. Dialled while active, not archived and not expired.

    `busy`: its leads are being moved or taken back, and are left alone meanwhile. `mix_percent` is the list's
    share when the campaign mixes its lists; `mix_taken` counts what it has given of that. `tally` is what was
    counted of its leads at `tallied_at`.
    """

    __tablename__ = "lead_lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    busy: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    mix_percent: Mapped[int] = mapped_column(default=0)
    mix_taken: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    tally: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tallied_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LeadCohort(Base):
    """Leads of one list whose numbers share what rules and statistics look at. `key` spells it all out.

    `zones` are all zones the party may be in; `subdivision` is an ISO 3166-2 code where the number or the
    postal code tells; `number_type` is the numbering plan's word: mobile, fixed, toll-free, ...
    """

    __tablename__ = "lead_cohorts"
    __table_args__ = (UniqueConstraint("list_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("lead_lists.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(2000))
    zones: Mapped[list[Any]]
    region: Mapped[str] = mapped_column(String(2), default="")
    subdivision: Mapped[str] = mapped_column(String(6), default="")
    number_type: Mapped[str] = mapped_column(String(16), default="")


class Lead(Base):
    """Somebody who may be dialled for a campaign. `number` is the one that is dialled next.

    The campaign and the cohort are those of its list, kept here to be found by index; without foreign keys,
    because the list's is enough and each costs every imported row a look-up. Within a cohort leads go by
    priority, then `order_key` (what the campaign's order makes of the lead), then id. `selected`: the
    campaign's filter wants it. Attempts before `reset_at` no longer count for the rules of retries.
    """

    __tablename__ = "leads"
    __table_args__ = (
        Index(
            "ix_leads_dialable",
            *("cohort_id", "status", text("priority DESC"), "order_key", "id"),
            sqlite_where=text("status IN ('new', 'waiting') AND selected"),
            postgresql_where=text("status IN ('new', 'waiting') AND selected"),
        ),
        Index(
            "ix_leads_later",
            "next_try_at",
            sqlite_where=text("status = 'later'"),
            postgresql_where=text("status = 'later'"),
        ),
        Index("ix_leads_list_id_id_status", "list_id", "id", "status"),
        Index(
            "ix_leads_contact_id",
            "contact_id",
            sqlite_where=text("contact_id IS NOT NULL"),
            postgresql_where=text("contact_id IS NOT NULL"),
        ),
        Index(
            "ix_leads_external_id",
            "external_id",
            sqlite_where=text("external_id <> ''"),
            postgresql_where=text("external_id <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("lead_lists.id", ondelete="CASCADE"))
    campaign_id: Mapped[int]
    cohort_id: Mapped[int]
    import_id: Mapped[int | None]
    number: Mapped[str] = mapped_column(String(20), index=True)
    number_raw: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200), default="")
    external_id: Mapped[str] = mapped_column(String(80), default="")
    fields: Mapped[dict[str, Any]]
    consent: Mapped[bool] = mapped_column(default=False)
    status: Mapped[LeadStatus] = mapped_column(String(10), default=LeadStatus.NEW)
    selected: Mapped[bool] = mapped_column(default=True)
    priority: Mapped[int] = mapped_column(default=0)
    rank: Mapped[int] = mapped_column(default=0)
    order_key: Mapped[float] = mapped_column(Float, default=0.0)
    next_try_at: Mapped[datetime]
    last_tried_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_outcome: Mapped[Outcome | None] = mapped_column(String(16))
    contact_id: Mapped[int | None]
    reset_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LeadNumber(Base):
    """One of the numbers of a lead that has several, the one in `leads.number` included.

    `kind` is the owner's word for it (mobile, work, home, other), `cohort_id` the cohort the lead belongs to
    while this number is next. A number that is `closed` is not moved on to any more.
    """

    __tablename__ = "lead_numbers"
    __table_args__ = (UniqueConstraint("lead_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    position: Mapped[int]
    number: Mapped[str] = mapped_column(String(20), index=True)
    number_raw: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(10), default="other")
    cohort_id: Mapped[int]
    closed: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    last_tried_at: Mapped[datetime | None]
    last_outcome: Mapped[Outcome | None] = mapped_column(String(16))


class CampaignOrder(Base):
    """In which order and mix a campaign takes its leads; without a row the longest due comes first.

    `new_every` N: each Nth lead is one never dialled; `new_since` counts the others since the last. `mixed`:
    the lists' percents hold; `mix_strict`: a list's share is left undialled when it runs dry.
    `filter`: only leads that it fits are `selected`.
    """

    __tablename__ = "campaign_orders"

    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    order: Mapped[str] = mapped_column(String(16), default="due")
    seed: Mapped[int] = mapped_column(default=0)
    new_every: Mapped[int] = mapped_column(default=0)
    new_since: Mapped[int] = mapped_column(default=0)
    mixed: Mapped[bool] = mapped_column(default=False)
    mix_strict: Mapped[bool] = mapped_column(default=False)
    filter: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ImportJob(Base):
    """A list on its way in: a draft while it is set up, then queued, for a trial (`dry_run`) or in earnest.

    `columns` is the layout of the file, `options` whose duplicates count and what is done with them.
    `rows_read` is where a restarted import goes on; it moves with its leads. `remarks` counts rows of which a
    part was left out, `blocked` leads that are on a do-not-call list, `untouched` those that taking back left
    in place.
    """

    __tablename__ = "import_jobs"
    __table_args__ = (Index("ix_import_jobs_status_beat_at", "status", "beat_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    list_id: Mapped[int | None] = mapped_column(ForeignKey("lead_lists.id", ondelete="CASCADE"))
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(default=0)
    encoding: Mapped[str] = mapped_column(String(20))
    delimiter: Mapped[str] = mapped_column(String(1))
    columns: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    dry_run: Mapped[bool] = mapped_column(default=False)
    status: Mapped[JobStatus] = mapped_column(String(10), default=JobStatus.QUEUED)
    runner: Mapped[str] = mapped_column(String(40), default="")
    beat_at: Mapped[datetime]
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_read: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    remarks: Mapped[int] = mapped_column(default=0)
    blocked: Mapped[int] = mapped_column(default=0)
    untouched: Mapped[int] = mapped_column(default=0)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(String(300), default="")
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportChunk(Base):
    """A piece of an uploaded file, until its import has ended."""

    __tablename__ = "import_chunks"

    job_id: Mapped[int] = mapped_column(ForeignKey("import_jobs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportMapping(Base):
    """What the columns of files with this heading meant last time."""

    __tablename__ = "import_mappings"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    columns: Mapped[list[Any]]
    used_at: Mapped[datetime]


class RejectedRow(Base):
    """A row of a file that became no lead: where and why. `reason` is a msgid.

    `taken`: it did become one, without the part that the reason names.
    """

    __tablename__ = "import_rejected_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("import_jobs.id", ondelete="CASCADE"), index=True)
    line: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    values: Mapped[list[Any]]
    taken: Mapped[bool] = mapped_column(default=False)


class LeadField(Base):
    """A field that the leads of a campaign have of their own, under its heading in their files."""

    __tablename__ = "lead_fields"
    __table_args__ = (UniqueConstraint("campaign_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(80))
    type: Mapped[str] = mapped_column(String(10), default="text")
    position: Mapped[int] = mapped_column(default=0)


class LeadSweep(Base):
    """A change to many leads at once, in batches, list by list: `after_list` and `after_id` are its place.

    `campaign_id` and `list_id` say whose leads, `kind` and `params` what becomes of them.
    """

    __tablename__ = "lead_sweeps"
    __table_args__ = (Index("ix_lead_sweeps_status_beat_at", "status", "beat_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    list_id: Mapped[int | None] = mapped_column(ForeignKey("lead_lists.id", ondelete="CASCADE"))
    params: Mapped[dict[str, Any]]
    status: Mapped[JobStatus] = mapped_column(String(10), default=JobStatus.QUEUED)
    runner: Mapped[str] = mapped_column(String(40), default="")
    beat_at: Mapped[datetime]
    after_list: Mapped[int] = mapped_column(default=0)
    after_id: Mapped[int] = mapped_column(default=0)
    leads_total: Mapped[int] = mapped_column(default=0)
    leads_seen: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(String(300), default="")
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
