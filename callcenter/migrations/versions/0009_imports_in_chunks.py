"""Files wait in pieces for their import; long changes to leads are sweeps.

An import that is under way when this runs is given up: its file must be uploaded again.
"""

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Json, Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_mappings",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("used_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_import_mappings")),
    )
    op.create_table(
        "lead_fields",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_lead_fields_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_fields")),
        sa.UniqueConstraint("campaign_id", "name", name=op.f("uq_lead_fields_campaign_id")),
    )
    op.create_table(
        "lead_sweeps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=True),
        sa.Column("params", Json, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("runner", sa.String(length=40), nullable=False),
        sa.Column("beat_at", Moment(), nullable=False),
        sa.Column("after_list", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=False),
        sa.Column("leads_total", sa.Integer(), nullable=False),
        sa.Column("leads_seen", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_lead_sweeps_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lead_lists.id"], name=op.f("fk_lead_sweeps_list_id_lead_lists"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_sweeps")),
    )
    with op.batch_alter_table("lead_sweeps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_sweeps_campaign_id"), ["campaign_id"], unique=False)
        batch_op.create_index("ix_lead_sweeps_status_beat_at", ["status", "beat_at"], unique=False)

    op.create_table(
        "import_chunks",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["import_jobs.id"],
            name=op.f("fk_import_chunks_job_id_import_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_import_chunks")),
    )
    with op.batch_alter_table("campaign_orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("filter", Json, nullable=False, server_default="{}"))

    op.execute(
        "UPDATE import_jobs SET status = 'failed', error = 'Upload the file again.'"
        " WHERE status IN ('queued', 'running')"
    )
    with op.batch_alter_table("import_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("size", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("options", Json, nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("dry_run", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("updated", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("remarks", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("blocked", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("untouched", sa.Integer(), nullable=False, server_default="0"))
        batch_op.alter_column("list_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.drop_column("content")

    with op.batch_alter_table("import_rejected_rows", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("lead_lists", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tally", Json, nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("tallied_at", Moment(), nullable=True))

    op.add_column("leads", sa.Column("reset_at", Moment(), nullable=True))
    op.drop_index("ix_leads_list_id_status_id", table_name="leads")
    op.create_index("ix_leads_list_id_id_status", "leads", ["list_id", "id", "status"])


def downgrade() -> None:
    op.drop_index("ix_leads_list_id_id_status", table_name="leads")
    op.create_index("ix_leads_list_id_status_id", "leads", ["list_id", "status", "id"])
    op.drop_column("leads", "reset_at")
    with op.batch_alter_table("lead_lists", schema=None) as batch_op:
        batch_op.drop_column("tallied_at")
        batch_op.drop_column("tally")

    with op.batch_alter_table("import_rejected_rows", schema=None) as batch_op:
        batch_op.drop_column("taken")

    for child in ("import_rejected_rows", "import_chunks"):
        gone = f"DELETE FROM {child} WHERE job_id IN (SELECT id FROM import_jobs WHERE list_id IS NULL)"  # noqa: S608
        op.execute(gone)
    op.execute("DELETE FROM import_jobs WHERE list_id IS NULL")
    op.execute("UPDATE import_jobs SET status = 'done' WHERE status IN ('draft', 'checked', 'reverted')")
    with op.batch_alter_table("import_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("content", sa.LargeBinary(), nullable=False, server_default=""))
        batch_op.alter_column("list_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("untouched")
        batch_op.drop_column("blocked")
        batch_op.drop_column("remarks")
        batch_op.drop_column("updated")
        batch_op.drop_column("dry_run")
        batch_op.drop_column("options")
        batch_op.drop_column("size")

    with op.batch_alter_table("campaign_orders", schema=None) as batch_op:
        batch_op.drop_column("filter")

    op.drop_table("import_chunks")
    with op.batch_alter_table("lead_sweeps", schema=None) as batch_op:
        batch_op.drop_index("ix_lead_sweeps_status_beat_at")
        batch_op.drop_index(batch_op.f("ix_lead_sweeps_campaign_id"))

    op.drop_table("lead_sweeps")
    op.drop_table("lead_fields")
    op.drop_table("import_mappings")
