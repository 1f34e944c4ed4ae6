"""Campaigns without agents: their survey, and the keys that customers pressed."""

import sqlalchemy as sa
from alembic import op

from callcenter.kernel.db import Json, Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("campaigns") as table:
        table.add_column(sa.Column("survey", Json, nullable=False, server_default="{}"))
    op.create_table(
        "survey_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("key", sa.String(1), nullable=False),
        sa.Column("answer", sa.String(80), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_survey_answers_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempts.id"],
            name=op.f("fk_survey_answers_attempt_id_attempts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
    )
    op.create_index(op.f("ix_survey_answers_campaign_id"), "survey_answers", ["campaign_id"])
    op.create_index(op.f("ix_survey_answers_attempt_id"), "survey_answers", ["attempt_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_survey_answers_attempt_id"), table_name="survey_answers")
    op.drop_index(op.f("ix_survey_answers_campaign_id"), table_name="survey_answers")
    op.drop_table("survey_answers")
    with op.batch_alter_table("campaigns") as table:
        table.drop_column("survey")
