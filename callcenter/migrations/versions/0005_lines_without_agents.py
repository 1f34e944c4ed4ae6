"""Campaigns may place more lines than agents; an attempt knows its trunk and caller number."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CAMPAIGNS = ("lines_per_agent", "max_lines", "abandon_percent", "next_agent", "hold_for_callers")


def upgrade() -> None:
    with op.batch_alter_table("campaigns") as table:
        table.add_column(sa.Column("lines_per_agent", sa.Double(), nullable=False, server_default="1"))
        table.add_column(sa.Column("max_lines", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("abandon_percent", sa.Double(), nullable=False, server_default="3"))
        table.add_column(
            sa.Column("next_agent", sa.String(16), nullable=False, server_default="longest-idle")
        )
        table.add_column(sa.Column("hold_for_callers", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("attempts") as table:
        table.add_column(sa.Column("trunk", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("caller_id", sa.String(20), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("attempts") as table:
        table.drop_column("caller_id")
        table.drop_column("trunk")
    with op.batch_alter_table("campaigns") as table:
        for name in reversed(CAMPAIGNS):
            table.drop_column(name)
