"""Campaigns have schedules and goals, and know who has paused them."""

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = ("schedule", "goals", "goal_told_on", "paused_by")


def upgrade() -> None:
    with op.batch_alter_table("campaigns") as table:
        table.add_column(sa.Column("schedule", Json, nullable=False, server_default="{}"))
        table.add_column(sa.Column("goals", Json, nullable=False, server_default="{}"))
        table.add_column(sa.Column("goal_told_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("paused_by", sa.String(10), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("campaigns") as table:
        for name in reversed(COLUMNS):
            table.drop_column(name)
