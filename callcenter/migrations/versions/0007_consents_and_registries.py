"""Consents, external registries and areas; what a campaign is for; refusals that count.

Campaigns that are there already are for advertising: nobody has said otherwise, and that is what the law
protects most.
"""

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Json, Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blocked_areas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_areas")),
        sa.UniqueConstraint("key", "digits", "campaign_id", name=op.f("uq_blocked_areas_key")),
    )
    op.create_table(
        "registries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("purposes", Json, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.Integer(), nullable=False),
        sa.Column("current_at", Moment(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registries")),
        sa.UniqueConstraint("code", name=op.f("uq_registries_code")),
    )
    op.create_table(
        "registry_loads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registry_id", sa.Integer(), nullable=True),
        sa.Column("change", sa.String(length=10), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("current_at", Moment(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("runner", sa.String(length=40), nullable=False),
        sa.Column("beat_at", Moment(), nullable=False),
        sa.Column("bytes_total", sa.BigInteger(), nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("first_rejected", Json, nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["registry_id"],
            ["registries.id"],
            name=op.f("fk_registry_loads_registry_id_registries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_loads")),
    )
    with op.batch_alter_table("registry_loads") as table:
        table.create_index(table.f("ix_registry_loads_registry_id"), ["registry_id"], unique=False)
        table.create_index("ix_registry_loads_status_beat_at", ["status", "beat_at"], unique=False)

    op.create_table(
        "registry_numbers",
        sa.Column("digits", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registry_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["registry_id"],
            ["registries.id"],
            name=op.f("fk_registry_numbers_registry_id_registries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digits", "registry_id", "generation", name=op.f("pk_registry_numbers")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("registry_numbers") as table:
        table.create_index(
            "ix_registry_numbers_registry_id_generation", ["registry_id", "generation"], unique=False
        )

    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("reach", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("proof", sa.String(length=300), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=True),
        sa.Column("given_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("revoked_by", sa.String(length=120), nullable=False),
        sa.Column("revoked_why", sa.String(length=200), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["load_id"],
            ["registry_loads.id"],
            name=op.f("fk_consents_load_id_registry_loads"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents") as table:
        table.create_index(
            "ix_consents_contact_id",
            ["contact_id"],
            unique=False,
            sqlite_where=sa.text("contact_id IS NOT NULL"),
            postgresql_where=sa.text("contact_id IS NOT NULL"),
        )
        table.create_index(table.f("ix_consents_load_id"), ["load_id"], unique=False)
        table.create_index(
            "ix_consents_number",
            ["number"],
            unique=False,
            sqlite_where=sa.text("number <> ''"),
            postgresql_where=sa.text("number <> ''"),
        )

    op.create_table(
        "registry_chunks",
        sa.Column("load_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["load_id"],
            ["registry_loads.id"],
            name=op.f("fk_registry_chunks_load_id_registry_loads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("load_id", "position", name=op.f("pk_registry_chunks")),
    )
    with op.batch_alter_table("attempts") as table:
        table.add_column(sa.Column("declined", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("campaigns") as table:
        table.add_column(
            sa.Column("purpose", sa.String(length=12), nullable=False, server_default="advertising")
        )
        table.add_column(sa.Column("matter", sa.String(length=80), nullable=False, server_default=""))
        table.add_column(
            sa.Column("on_holidays", sa.String(length=10), nullable=False, server_default="as-usual")
        )
        table.add_column(sa.Column("limits", Json, nullable=False, server_default="[]"))
        table.add_column(sa.Column("laws", Json, nullable=False, server_default="[]"))
        table.add_column(sa.Column("other_lists", Json, nullable=False, server_default="[]"))

    with op.batch_alter_table("company_dial_rules") as table:
        table.add_column(sa.Column("limits", Json, nullable=False, server_default="[]"))
        table.add_column(sa.Column("purpose", sa.String(length=12), nullable=False, server_default="service"))

    with op.batch_alter_table("refusals") as table:
        table.add_column(sa.Column("times", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("last_at", Moment(), nullable=True))
    op.execute("UPDATE refusals SET last_at = at")
    with op.batch_alter_table("refusals") as table:
        table.alter_column("last_at", existing_type=Moment(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("refusals") as table:
        table.drop_column("last_at")
        table.drop_column("times")

    with op.batch_alter_table("company_dial_rules") as table:
        table.drop_column("purpose")
        table.drop_column("limits")

    with op.batch_alter_table("campaigns") as table:
        table.drop_column("other_lists")
        table.drop_column("laws")
        table.drop_column("limits")
        table.drop_column("on_holidays")
        table.drop_column("matter")
        table.drop_column("purpose")

    with op.batch_alter_table("attempts") as table:
        table.drop_column("declined")

    op.drop_table("registry_chunks")
    with op.batch_alter_table("consents") as table:
        table.drop_index(
            "ix_consents_number",
            sqlite_where=sa.text("number <> ''"),
            postgresql_where=sa.text("number <> ''"),
        )
        table.drop_index(table.f("ix_consents_load_id"))
        table.drop_index(
            "ix_consents_contact_id",
            sqlite_where=sa.text("contact_id IS NOT NULL"),
            postgresql_where=sa.text("contact_id IS NOT NULL"),
        )

    op.drop_table("consents")
    with op.batch_alter_table("registry_numbers") as table:
        table.drop_index("ix_registry_numbers_registry_id_generation")

    op.drop_table("registry_numbers")
    with op.batch_alter_table("registry_loads") as table:
        table.drop_index("ix_registry_loads_status_beat_at")
        table.drop_index(table.f("ix_registry_loads_registry_id"))

    op.drop_table("registry_loads")
    op.drop_table("registries")
    op.drop_table("blocked_areas")
