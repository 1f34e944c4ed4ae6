"""The callbacks that are owed to a customer are found by their number."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("callbacks") as table:
        table.create_index("ix_callbacks_number_status", ["number", "status"])


def downgrade() -> None:
    with op.batch_alter_table("callbacks") as table:
        table.drop_index("ix_callbacks_number_status")
