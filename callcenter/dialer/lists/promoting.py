"""Leads whose time has come: `later` becomes `waiting`, in batches that any process may do at any time."""

from datetime import datetime

from sqlalchemy import Case, case, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists.models import Lead
from callcenter.dialer.states import LeadStatus
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor

PROMOTER = system_actor("promoter")
BATCH = 1000
LOOK_EVERY_SECONDS = 1.0
IS_LATER = Lead.status == literal_column("'later'")  # spelt out, so that the partial index answers


class Promoter:
    """Looks every second. Runs in the worker role; each claim does some of it for its campaign."""

    def __init__(self, transactions: Transactions, tasks: Tasks) -> None:
        self._transactions = transactions
        self._tasks = tasks

    def start(self) -> None:
        self._tasks.every("dialer:promote", LOOK_EVERY_SECONDS, self.work)

    async def work(self) -> None:
        """Everything that is due."""
        while await self._is_due():
            async with self._transactions.begin(PROMOTER) as tx:
                if await promote(tx.session, tx.now, BATCH) < BATCH:
                    return

    async def _is_due(self) -> bool:
        """Asked without a writer's lock: mostly the answer is no."""
        now = self._transactions.clock.now()
        async with self._transactions.read() as session:
            due = select(Lead.id).where(IS_LATER, Lead.next_try_at <= now).limit(1)
            return await session.scalar(due) is not None


async def promote(session: AsyncSession, now: datetime, limit: int, campaign_id: int | None = None) -> int:
    """Up to `limit` leads whose time has come, the longest due first; returns how many."""
    due = select(Lead.id).where(IS_LATER, Lead.next_try_at <= now)
    if campaign_id is not None:
        due = due.where(Lead.campaign_id == campaign_id)
    chosen = (
        due.order_by(Lead.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # materialised: as a plain subquery PostgreSQL may run it again for each row, and take too many
        .cte("due")
        .prefix_with("MATERIALIZED")
    )
    rows = await session.execute(
        update(Lead)
        .where(Lead.id.in_(select(chosen.c.id)), IS_LATER)
        .values(status=again())
        .returning(Lead.id)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())


def again() -> Case[str]:
    """The status of a lead that may be dialled now: `new` when it never was."""
    return case((Lead.attempts == 0, LeadStatus.NEW.value), else_=LeadStatus.WAITING.value)
