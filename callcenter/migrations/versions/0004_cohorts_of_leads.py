"""Leads belong to cohorts: what rules and statistics look at is kept once for many leads.

A lead's zones and region move to its cohort; every lead is in a list; a lead not yet dialled is `new`, one
whose time has not come is `later`. Going back, cohorts and further numbers are gone and the rest stays.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Json, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DIALABLE = sa.text("status IN ('new', 'waiting') AND selected")
LATER = sa.text("status = 'later'")
WITH_CONTACT = sa.text("contact_id IS NOT NULL")
WITH_EXTERNAL_ID = sa.text("external_id <> ''")

LISTS = sa.table(
    "lead_lists",
    *(sa.column(name) for name in ("id", "campaign_id", "name", "added", "rejected", "duplicates")),
    sa.column("created_at", Moment()),
)
LEADS = sa.table(
    "leads",
    *(sa.column(name) for name in ("id", "campaign_id", "list_id", "cohort_id", "region", "status")),
    sa.column("attempts", sa.Integer),
    sa.column("zones", Json),
    sa.column("order_key", sa.Float),
    sa.column("next_try_at", Moment()),
    sa.column("created_at", Moment()),
)
COHORTS = sa.table(
    "lead_cohorts",
    *(sa.column(name) for name in ("id", "list_id", "key", "region", "subdivision", "number_type")),
    sa.column("zones", Json),
)


def upgrade() -> None:
    _create_tables()
    with op.batch_alter_table("lead_lists") as table:
        table.add_column(sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("busy", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("archived_at", Moment(), nullable=True))
        table.add_column(sa.Column("expires_at", Moment(), nullable=True))
        table.add_column(sa.Column("mix_percent", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("mix_taken", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("attempts") as table:
        table.add_column(sa.Column("cohort_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("ordinal", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("leads") as table:
        table.drop_index("ix_leads_hopper")
        table.drop_index("ix_leads_list_id")
        table.drop_index("ix_leads_contact_id")
        table.add_column(sa.Column("cohort_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("import_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("external_id", sa.String(80), nullable=False, server_default=""))
        table.add_column(sa.Column("selected", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("order_key", sa.Float(), nullable=False, server_default="0"))
        table.add_column(sa.Column("last_tried_at", Moment(), nullable=True))
    _fill()
    with op.batch_alter_table("leads") as table:
        table.drop_constraint("uq_leads_campaign_id", type_="unique")
        table.drop_constraint("fk_leads_campaign_id_campaigns", type_="foreignkey")
        table.drop_constraint("fk_leads_list_id_lead_lists", type_="foreignkey")
        table.drop_column("zones")
        table.drop_column("region")
        table.alter_column("cohort_id", existing_type=sa.Integer(), nullable=False)
        table.alter_column("list_id", existing_type=sa.Integer(), nullable=False)
        table.create_foreign_key(
            "fk_leads_list_id_lead_lists", "lead_lists", ["list_id"], ["id"], ondelete="CASCADE"
        )
    _create_indexes()


def _create_tables() -> None:
    op.create_table(
        "lead_cohorts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=2000), nullable=False),
        sa.Column("zones", Json, nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("subdivision", sa.String(length=6), nullable=False),
        sa.Column("number_type", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["lead_lists.id"],
            name=op.f("fk_lead_cohorts_list_id_lead_lists"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_cohorts")),
        sa.UniqueConstraint("list_id", "key", name=op.f("uq_lead_cohorts_list_id")),
    )
    op.create_table(
        "campaign_orders",
        sa.Column("campaign_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order", sa.String(length=16), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("new_every", sa.Integer(), nullable=False),
        sa.Column("new_since", sa.Integer(), nullable=False),
        sa.Column("mixed", sa.Boolean(), nullable=False),
        sa.Column("mix_strict", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_orders_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign_orders")),
    )
    op.create_table(
        "lead_numbers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("number_raw", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_tried_at", Moment(), nullable=True),
        sa.Column("last_outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_lead_numbers_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_numbers")),
        sa.UniqueConstraint("lead_id", "position", name=op.f("uq_lead_numbers_lead_id")),
    )
    op.create_index(op.f("ix_lead_numbers_number"), "lead_numbers", ["number"])


def _create_indexes() -> None:
    op.create_index(
        "ix_leads_dialable",
        "leads",
        ["cohort_id", "status", sa.text("priority DESC"), "order_key", "id"],
        sqlite_where=DIALABLE,
        postgresql_where=DIALABLE,
    )
    op.create_index("ix_leads_later", "leads", ["next_try_at"], sqlite_where=LATER, postgresql_where=LATER)
    op.create_index("ix_leads_list_id_status_id", "leads", ["list_id", "status", "id"])
    op.create_index(
        "ix_leads_contact_id",
        "leads",
        ["contact_id"],
        sqlite_where=WITH_CONTACT,
        postgresql_where=WITH_CONTACT,
    )
    op.create_index(
        "ix_leads_external_id",
        "leads",
        ["external_id"],
        sqlite_where=WITH_EXTERNAL_ID,
        postgresql_where=WITH_EXTERNAL_ID,
    )


def _fill() -> None:
    """A list and a cohort for every lead; the new statuses; the longest due comes first, as before."""
    connection = op.get_bind()
    for campaign_id in connection.execute(
        sa.select(LEADS.c.campaign_id).where(LEADS.c.list_id.is_(None)).distinct()
    ).scalars():
        at = connection.scalar(
            sa.select(sa.func.min(LEADS.c.created_at)).where(LEADS.c.campaign_id == campaign_id)
        )
        connection.execute(
            LISTS.insert().values(
                campaign_id=campaign_id, name="–", added=0, rejected=0, duplicates=0, created_at=at
            )
        )
        newest = connection.scalar(sa.select(sa.func.max(LISTS.c.id)))
        connection.execute(
            LEADS.update()
            .where(LEADS.c.campaign_id == campaign_id, LEADS.c.list_id.is_(None))
            .values(list_id=newest)
        )
    kinds = connection.execute(sa.select(LEADS.c.list_id, LEADS.c.zones, LEADS.c.region).distinct()).all()
    for list_id, zones, region in kinds:
        key = f"{','.join(zones)}|{region}||"
        known = {"list_id": list_id, "key": key, "zones": zones, "region": region}
        connection.execute(COHORTS.insert().values(**known, subdivision="", number_type=""))
        found = connection.scalar(sa.select(sa.func.max(COHORTS.c.id)))
        connection.execute(
            LEADS.update()
            .where(LEADS.c.list_id == list_id, LEADS.c.zones == zones, LEADS.c.region == region)
            .values(cohort_id=found)
        )
    seconds = (
        sa.cast(sa.func.strftime("%s", LEADS.c.next_try_at), sa.Float)
        if connection.dialect.name == "sqlite"
        else sa.extract("epoch", LEADS.c.next_try_at)
    )
    waits = LEADS.c.status == "waiting"
    now = datetime.now(UTC)  # noqa: TID251 - a migration has no clock
    status = sa.case(
        (waits & (LEADS.c.next_try_at > now), "later"),
        (waits & (LEADS.c.attempts == 0), "new"),
        else_=LEADS.c.status,
    )
    connection.execute(LEADS.update().values(order_key=seconds, status=status))


def downgrade() -> None:
    for name in ("external_id", "contact_id", "list_id_status_id", "later", "dialable"):
        op.drop_index(f"ix_leads_{name}", table_name="leads")
    with op.batch_alter_table("leads") as table:
        table.add_column(sa.Column("zones", Json, nullable=True))
        table.add_column(sa.Column("region", sa.String(length=2), nullable=False, server_default=""))
    _take_back()
    with op.batch_alter_table("leads") as table:
        table.drop_constraint("fk_leads_list_id_lead_lists", type_="foreignkey")
        table.alter_column("zones", existing_type=Json, nullable=False)
        table.alter_column("list_id", existing_type=sa.Integer(), nullable=True)
        for name in (
            *("cohort_id", "import_id", "external_id", "selected", "rank", "order_key", "last_tried_at"),
        ):
            table.drop_column(name)
        table.create_foreign_key(
            "fk_leads_campaign_id_campaigns", "campaigns", ["campaign_id"], ["id"], ondelete="CASCADE"
        )
        table.create_foreign_key(
            "fk_leads_list_id_lead_lists", "lead_lists", ["list_id"], ["id"], ondelete="SET NULL"
        )
        table.create_unique_constraint("uq_leads_campaign_id", ["campaign_id", "number"])
    op.create_index("ix_leads_contact_id", "leads", ["contact_id"])
    op.create_index("ix_leads_list_id", "leads", ["list_id"])
    op.create_index(
        "ix_leads_hopper", "leads", ["campaign_id", "status", sa.text("priority DESC"), "next_try_at", "id"]
    )
    with op.batch_alter_table("attempts") as table:
        table.drop_column("ordinal")
        table.drop_column("cohort_id")
    with op.batch_alter_table("lead_lists") as table:
        for name in ("mix_taken", "mix_percent", "expires_at", "archived_at", "busy", "active"):
            table.drop_column(name)
    op.drop_table("lead_numbers")
    op.drop_table("campaign_orders")
    op.drop_table("lead_cohorts")


def _take_back() -> None:
    """Zones and region by cohort; a number that a campaign has twice stays with its first lead."""
    connection = op.get_bind()
    for cohort_id, zones, region in connection.execute(
        sa.select(COHORTS.c.id, COHORTS.c.zones, COHORTS.c.region)
    ).all():
        connection.execute(
            LEADS.update().where(LEADS.c.cohort_id == cohort_id).values(zones=zones, region=region)
        )
    connection.execute(LEADS.update().where(LEADS.c.status.in_(("new", "later"))).values(status="waiting"))
    connection.execute(LEADS.update().where(LEADS.c.status == "archived").values(status="finished"))
    connection.execute(
        sa.text("DELETE FROM leads WHERE id NOT IN (SELECT min(id) FROM leads GROUP BY campaign_id, number)")
    )
    for child in ("attempts", "refusals", "callbacks", "lead_numbers"):
        gone = sa.text(f"DELETE FROM {child} WHERE lead_id NOT IN (SELECT id FROM leads)")  # noqa: S608
        connection.execute(gone)
