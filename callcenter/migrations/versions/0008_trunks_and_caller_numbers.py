"""Limits of trunks; pools of caller numbers, each with its area, cap and rest."""

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Json, Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trunk_limits",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("max_lines", sa.Integer(), nullable=False),
        sa.Column("calls_per_second", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_trunk_limits")),
    )
    op.create_table(
        "caller_pools",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_pools")),
        sa.UniqueConstraint("name", name=op.f("uq_caller_pools_name")),
    )
    op.create_table(
        "caller_numbers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("area", sa.String(12), nullable=False),
        sa.Column("subdivision", sa.String(6), nullable=False),
        sa.Column("region", sa.String(2), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("rested_until", Moment(), nullable=True),
        sa.Column("rest_reason", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"],
            ["caller_pools.id"],
            name=op.f("fk_caller_numbers_pool_id_caller_pools"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_numbers")),
        sa.UniqueConstraint("number", name=op.f("uq_caller_numbers_number")),
    )
    op.create_index(op.f("ix_caller_numbers_pool_id"), "caller_numbers", ["pool_id"])
    with op.batch_alter_table("campaigns") as table:
        table.add_column(sa.Column("caller_pool_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_campaigns_caller_pool_id_caller_pools"),
            "caller_pools",
            ["caller_pool_id"],
            ["id"],
            ondelete="SET NULL",
        )
    with op.batch_alter_table("attempts") as table:
        table.create_index("ix_attempts_caller_id_placed_at", ["caller_id", "placed_at"])


def downgrade() -> None:
    with op.batch_alter_table("attempts") as table:
        table.drop_index("ix_attempts_caller_id_placed_at")
    with op.batch_alter_table("campaigns") as table:
        table.drop_constraint(op.f("fk_campaigns_caller_pool_id_caller_pools"), type_="foreignkey")
        table.drop_column("caller_pool_id")
    op.drop_index(op.f("ix_caller_numbers_pool_id"), table_name="caller_numbers")
    op.drop_table("caller_numbers")
    op.drop_table("caller_pools")
    op.drop_table("trunk_limits")
