"""Campaigns look for answering machines; an attempt knows what was heard and what became of it."""

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CAMPAIGNS = ("detection", "detection_settings", "machine_action", "message", "identity")
ATTEMPTS = ("machine", "message_left", "heard", "heard_cause", "heard_ms", "heard_confidence")


def upgrade() -> None:
    with op.batch_alter_table("campaigns") as table:
        table.add_column(sa.Column("detection", sa.String(8), nullable=False, server_default="off"))
        table.add_column(sa.Column("detection_settings", Json, nullable=False, server_default="{}"))
        table.add_column(sa.Column("machine_action", sa.String(10), nullable=False, server_default="hang-up"))
        table.add_column(sa.Column("message", sa.String(80), nullable=False, server_default=""))
        table.add_column(sa.Column("identity", sa.String(80), nullable=False, server_default=""))
    with op.batch_alter_table("attempts") as table:
        table.add_column(sa.Column("machine", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("message_left", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("heard", sa.String(10), nullable=False, server_default=""))
        table.add_column(sa.Column("heard_cause", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("heard_ms", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("heard_confidence", sa.Double(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("attempts") as table:
        for name in reversed(ATTEMPTS):
            table.drop_column(name)
    with op.batch_alter_table("campaigns") as table:
        for name in reversed(CAMPAIGNS):
            table.drop_column(name)
