"""What has become of the leads of each list, counted in the background where counting takes long."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists.models import Lead, LeadList
from callcenter.dialer.states import STILL_TO_CALL, LeadStatus, Outcome
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor

TALLIER = system_actor("list tally")
BIG = 20_000  # leads of a list from which on pages show the last count instead of counting
LOOK_EVERY_SECONDS = 5.0
AGE = timedelta(seconds=15)
COST_SHARE = 50  # a count is made again after so many times as long as it took


@dataclass(slots=True)
class Tally:
    """Leads of a list: `dialled` at least once, `reached`, `remaining` to be called, and all `attempts`."""

    leads: int = 0
    dialled: int = 0
    reached: int = 0
    remaining: int = 0
    attempts: int = 0
    selected: int = 0
    by_status: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        self.leads += other.leads
        self.dialled += other.dialled
        self.reached += other.reached
        self.remaining += other.remaining
        self.attempts += other.attempts
        self.selected += other.selected
        for status, count in other.by_status.items():
            self.by_status[status] = self.by_status.get(status, 0) + count


async def count(session: AsyncSession, list_ids: Sequence[int]) -> dict[int, Tally]:
    """Count these lists now."""
    found = {list_id: Tally() for list_id in list_ids}
    rows = await session.execute(
        select(
            Lead.list_id,
            Lead.status,
            func.count(Lead.id),
            func.count(case((Lead.attempts > 0, 1))),
            func.count(case((Lead.last_outcome == Outcome.ANSWERED, 1))),
            func.coalesce(func.sum(Lead.attempts), 0),
            func.count(case((Lead.selected, 1))),
        )
        .where(Lead.list_id.in_(list_ids))
        .group_by(Lead.list_id, Lead.status)
    )
    for list_id, status, leads, dialled, reached, attempts, selected in rows:
        still = LeadStatus(status) in STILL_TO_CALL
        found[list_id].add(
            Tally(
                leads, dialled, reached, leads if still else 0, int(attempts), selected, {str(status): leads}
            )
        )
    return found


async def tallies(session: AsyncSession, lists: Sequence[LeadList]) -> dict[int, Tally]:
    """Of every list: counted now, or for a big one as it was last counted."""
    big = {row.id: Tally(**_kept(row.tally)) for row in lists if row.tally.get("leads", 0) >= BIG}
    return big | await count(session, [row.id for row in lists if row.id not in big])


def _kept(tally: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tally.items() if name != "cost"}


class Tallier:
    """Counts lists again that have grown old, the cheap ones more often. Runs in the worker role."""

    def __init__(self, transactions: Transactions, tasks: Tasks) -> None:
        self._transactions = transactions
        self._tasks = tasks

    def start(self) -> None:
        self._tasks.every("dialer:tallies", LOOK_EVERY_SECONDS, self.work)

    async def work(self) -> None:
        """One round."""
        now = self._transactions.clock.now()
        async with self._transactions.read() as session:
            rows = await session.scalars(
                select(LeadList).where(
                    LeadList.archived_at.is_(None),
                    or_(LeadList.tallied_at.is_(None), LeadList.tallied_at < now - AGE),
                )
            )
            due = [row.id for row in rows if _is_due(row, now)]
        for list_id in due:
            began = time.perf_counter()
            async with self._transactions.read() as session:
                found = (await count(session, [list_id]))[list_id]
            cost = round(time.perf_counter() - began, 3)
            async with self._transactions.begin(TALLIER) as tx:
                row = await tx.session.get(LeadList, list_id)
                if row is not None:
                    row.tally = asdict(found) | {"cost": cost}
                    row.tallied_at = tx.now


def _is_due(row: LeadList, now: datetime) -> bool:
    if row.tallied_at is None:
        return True
    return now - row.tallied_at > max(AGE, timedelta(seconds=COST_SHARE * float(row.tally.get("cost", 0))))
