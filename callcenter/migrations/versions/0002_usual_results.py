"""Usual results of calls, so that agents of a new company have some to choose from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RESULTS = (
    ("resolved", "Resolved", "Решено", False, False),
    ("callback", "Call back", "Перезвонить", True, False),
    ("wrong-number", "Wrong number", "Не тот номер", False, False),
    ("do-not-call", "Do not call", "Не звонить", False, True),
    ("other", "Other", "Другое", False, False),
)

dispositions = sa.table(
    "dispositions",
    sa.column("campaign_id", sa.Integer),
    sa.column("code", sa.String),
    sa.column("key", sa.Integer),
    sa.column("title", sa.String),
    sa.column("title_ru", sa.String),
    sa.column("human", sa.Boolean),
    sa.column("sale", sa.Boolean),
    sa.column("contact", sa.Boolean),
    sa.column("do_not_call", sa.Boolean),
    sa.column("callback", sa.Boolean),
    sa.column("final", sa.Boolean),
)


def upgrade() -> None:
    general = dispositions.c.campaign_id.is_(None)
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(dispositions).where(general)):
        return
    op.bulk_insert(
        dispositions,
        [
            {
                "campaign_id": None,
                "code": code,
                "key": key,
                "title": title,
                "title_ru": title_ru,
                "human": True,
                "sale": False,
                "contact": code != "wrong-number",
                "do_not_call": do_not_call,
                "callback": callback,
                "final": True,
            }
            for key, (code, title, title_ru, callback, do_not_call) in enumerate(RESULTS, start=1)
        ],
    )


def downgrade() -> None:
    """Results stay: people may have changed them, and calls name them."""
