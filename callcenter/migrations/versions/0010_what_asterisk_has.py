"""What our Asterisk was last seen to have of queues, numbers and trunks."""

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Json, Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pbx_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("problem", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(400), nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("present", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbx_state")),
    )


def downgrade() -> None:
    op.drop_table("pbx_state")
