"""Leads are shown before they are dialled; callbacks have a zone, an end, and are offered."""

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CAMPAIGNS = ("preview_seconds", "preview_then", "preview_skips", "skip_minutes", "callback_minutes")
CALLBACKS = ("zone", "expires_at", "offered_at")


def upgrade() -> None:
    with op.batch_alter_table("campaigns") as table:
        table.add_column(sa.Column("preview_seconds", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("preview_then", sa.String(8), nullable=False, server_default="skip"))
        table.add_column(sa.Column("preview_skips", sa.Integer(), nullable=False, server_default="3"))
        table.add_column(sa.Column("skip_minutes", sa.Integer(), nullable=False, server_default="60"))
        table.add_column(sa.Column("callback_minutes", sa.Integer(), nullable=False, server_default="30"))
    with op.batch_alter_table("attempts") as table:
        table.add_column(sa.Column("skip_reason", sa.String(80), nullable=False, server_default=""))
    with op.batch_alter_table("callbacks") as table:
        table.add_column(sa.Column("zone", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("expires_at", Moment(), nullable=True))
        table.add_column(sa.Column("offered_at", Moment(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("callbacks") as table:
        for name in reversed(CALLBACKS):
            table.drop_column(name)
    with op.batch_alter_table("attempts") as table:
        table.drop_column("skip_reason")
    with op.batch_alter_table("campaigns") as table:
        for name in reversed(CAMPAIGNS):
            table.drop_column(name)
