"""Changes to many leads at once: in batches, each with its progress in one transaction.

Like an import a sweep is taken up again by whoever looks next after its runner was killed. Every change is
such that doing a batch twice is the same as doing it once.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, func, or_, select, text, update

from callcenter.dialer.events import CampaignChanged
from callcenter.dialer.lists import filters
from callcenter.dialer.lists.models import ImportJob, Lead, LeadList, LeadSweep
from callcenter.dialer.lists.ordering import key_sql
from callcenter.dialer.lists.orders import LeadOrder
from callcenter.dialer.lists.supply import order_of
from callcenter.dialer.models import Campaign
from callcenter.dialer.states import CampaignStatus, JobStatus
from callcenter.kernel.errors import Conflict, NotFound
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, Tx, system_actor

log = logging.getLogger(__name__)

SWEEPER = system_actor("lead sweep")
BATCH = 5_000
BATCH_SQLITE = 1_000
STALE = timedelta(seconds=30)
LOOK_EVERY_SECONDS = 1.0


class Kind(StrEnum):
    """What a sweep does."""

    ORDER = "order"  # keys and selection, after the campaign's order or filter changed
    RESET = "reset"  # leads may be called again
    MOVE = "move"  # a list goes to another campaign
    REVERT = "revert"  # an import is taken back
    ARCHIVE = "archive"
    RESTORE = "restore"
    PRIORITY = "priority"


WHOLE = frozenset({Kind.MOVE, Kind.REVERT})  # half of it would be wrong: not to be cancelled


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of leads: columns set, or rows deleted when there are none. `where` says of which."""

    sets: str
    where: str
    values: Mapping[str, Any]


async def order_sweep(
    tx: Tx, kind: Kind, campaign_id: int, list_id: int | None, params: Mapping[str, Any]
) -> LeadSweep:
    """Queue it. A list that is moved or taken back is left alone by claims meanwhile."""
    running = select(LeadSweep.id).where(
        LeadSweep.campaign_id == campaign_id,
        LeadSweep.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)),
        LeadSweep.kind.in_(WHOLE),
    )
    if list_id is not None and await tx.session.scalar(running.where(LeadSweep.list_id == list_id)):
        raise Conflict
    sweep = LeadSweep(
        kind=kind,
        campaign_id=campaign_id,
        list_id=list_id,
        params=dict(params),
        status=JobStatus.QUEUED,
        beat_at=tx.now,
        created_by=tx.actor.name,
        created_at=tx.now,
    )
    tx.session.add(sweep)
    if list_id is not None and kind in WHOLE:
        (await tx.session.get_one(LeadList, list_id)).busy = True
    await tx.session.flush()
    tx.audit("leads.sweep-asked", "sweep", sweep.id, what=kind, campaign_id=campaign_id, list_id=list_id)
    return sweep


async def cancel(tx: Tx, sweep_id: int) -> None:
    """Stop after the present batch; what is changed stays changed."""
    sweep = await tx.session.get(LeadSweep, sweep_id, with_for_update=True)
    if sweep is None:
        raise NotFound
    if Kind(sweep.kind) in WHOLE or sweep.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
        raise Conflict
    if sweep.status == JobStatus.QUEUED:
        sweep.status, sweep.finished_at = JobStatus.CANCELLED, tx.now
    sweep.cancel_asked = True
    tx.audit("leads.sweep-cancelled", "sweep", sweep_id)


class Sweeper:
    """Takes queued sweeps one after another. Runs in the worker role."""

    def __init__(self, transactions: Transactions, tasks: Tasks, runner: str) -> None:
        self._transactions = transactions
        self._tasks = tasks
        self._runner = runner
        self._batch = BATCH_SQLITE if transactions.database.is_sqlite else BATCH

    def start(self) -> None:
        self._tasks.every("dialer:sweeps", LOOK_EVERY_SECONDS, self.work)

    async def work(self) -> None:
        """Everything that is queued or was left behind."""
        while (sweep_id := await self.take()) is not None:
            while await self.step(sweep_id):
                pass

    async def take(self) -> int | None:
        """The next sweep, ours from now on."""
        now = self._transactions.clock.now()
        waiting = or_(
            LeadSweep.status == JobStatus.QUEUED,
            and_(LeadSweep.status == JobStatus.RUNNING, LeadSweep.beat_at < now - STALE),
        )
        async with self._transactions.read() as session:
            if await session.scalar(select(LeadSweep.id).where(waiting).limit(1)) is None:
                return None
        async with self._transactions.begin(SWEEPER) as tx:
            next_one = select(LeadSweep.id).where(waiting).order_by(LeadSweep.id).limit(1)
            due = next_one.with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED")
            sweep_id: int | None = await tx.session.scalar(
                update(LeadSweep)
                .where(LeadSweep.id.in_(select(due.c.id)))
                .values(status=JobStatus.RUNNING, runner=self._runner, beat_at=now)
                .returning(LeadSweep.id)
                .execution_options(synchronize_session=False)
            )
            if sweep_id is not None:
                sweep = await tx.session.get_one(LeadSweep, sweep_id)
                own = await tx.session.scalar(_counted(sweep))
                sweep.leads_total = own or 0
            return sweep_id

    async def step(self, sweep_id: int) -> bool:
        """One batch. False: it is over, cancelled or no longer ours."""
        async with self._transactions.begin(SWEEPER) as tx:
            sweep = await tx.session.get_one(LeadSweep, sweep_id, with_for_update=True)
            if sweep.runner != self._runner or sweep.status != JobStatus.RUNNING:
                return False
            if sweep.cancel_asked:
                _end(tx, sweep, JobStatus.CANCELLED)
                return False
            place = await self._next(tx, sweep)
            if place is None:
                await _finish(tx, sweep)
                _end(tx, sweep, JobStatus.DONE)
                await _tell(tx, sweep)
                return False
            list_id, last_id, seen = place
            after_id = sweep.after_id if list_id == sweep.after_list else 0
            sweep.changed += await _apply(tx, sweep, list_id, after_id, last_id)
            sweep.after_list, sweep.after_id = list_id, last_id
            sweep.leads_seen += seen
            sweep.beat_at = tx.now
        return True

    async def _next(self, tx: Tx, sweep: LeadSweep) -> tuple[int, int, int] | None:
        """List, last lead and number of leads of the next batch."""
        lists = select(LeadList.id).where(LeadList.id >= sweep.after_list).order_by(LeadList.id)
        if sweep.list_id is not None:
            lists = lists.where(LeadList.id == sweep.list_id)
        else:
            lists = lists.where(LeadList.campaign_id == sweep.campaign_id)
        for list_id in (await tx.session.scalars(lists)).all():
            after_id = sweep.after_id if list_id == sweep.after_list else 0
            ids = (
                select(Lead.id)
                .where(Lead.list_id == list_id, Lead.id > after_id)
                .order_by(Lead.list_id, Lead.id)
                .limit(self._batch)
                .subquery()
            )
            last, seen = (await tx.session.execute(select(func.max(ids.c.id), func.count()))).one()
            if last is not None:
                return list_id, last, seen
        return None


def _counted(sweep: LeadSweep) -> Any:
    statement = select(func.count(Lead.id))
    if sweep.list_id is not None:
        return statement.where(Lead.list_id == sweep.list_id)
    own = select(LeadList.id).where(LeadList.campaign_id == sweep.campaign_id)
    return statement.where(Lead.list_id.in_(own))


async def _apply(tx: Tx, sweep: LeadSweep, list_id: int, after_id: int, last_id: int) -> int:
    """Change the leads of one batch; returns how many."""
    change = await _change_of(tx, sweep)
    among = "list_id = :list AND id > :after AND id <= :last"
    verb = f"UPDATE leads SET {change.sets}" if change.sets else "DELETE FROM leads"  # noqa: S608
    result = await tx.session.execute(
        text(f"{verb} WHERE {among} AND ({change.where})"),
        {"list": list_id, "after": after_id, "last": last_id, **change.values},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


async def _change_of(tx: Tx, sweep: LeadSweep) -> Change:
    dialect = tx.session.get_bind().dialect.name
    params = sweep.params
    chosen = filters.compiled(params.get("filter", {}), dialect, tx.now)
    again = "CASE WHEN attempts = 0 THEN 'new' ELSE 'waiting' END"
    match Kind(sweep.kind):
        case Kind.ORDER:
            return await _ordered(tx, sweep.campaign_id, dialect)
        case Kind.MOVE:
            target = int(params["campaign_id"])
            ordered = await _ordered(tx, target, dialect)
            return Change(
                f"campaign_id = :target, {ordered.sets}", "1 = 1", {"target": target, **ordered.values}
            )
        case Kind.REVERT:
            untouched = "attempts = 0 AND status <> 'claimed' AND import_id = :job"
            return Change("", untouched, {"job": params["job"]})
        case Kind.RESET:
            return await _reset(tx, sweep, dialect, chosen)
        case Kind.ARCHIVE:
            return Change("status = 'archived'", f"status <> 'claimed' AND {chosen.sql}", chosen.values)
        case Kind.RESTORE:
            return Change(f"status = {again}", f"status = 'archived' AND {chosen.sql}", chosen.values)
        case Kind.PRIORITY:
            return Change("priority = :priority", chosen.sql, {"priority": params["value"], **chosen.values})


async def _ordered(tx: Tx, campaign_id: int, dialect: str) -> Change:
    """Keys and selection as the campaign's order and filter make them."""
    order = await order_of(tx.session, campaign_id)
    key = key_sql(LeadOrder(order.order), order.seed, dialect)
    wanted = filters.compiled(order.filter or {}, dialect, tx.now, steady_only=True)
    fits = f"COALESCE({wanted.sql}, {'0' if dialect == 'sqlite' else 'false'})"
    return Change(
        f"order_key = {key}, selected = {fits}", f"order_key <> {key} OR selected <> ({fits})", wanted.values
    )


async def _reset(tx: Tx, sweep: LeadSweep, dialect: str, chosen: filters.Condition) -> Change:
    """Leads that are done or wait for their time are due again; with `forget` as if never dialled."""
    now = tx.now.replace(tzinfo=None).isoformat(" ", "microseconds") if dialect == "sqlite" else tx.now
    order = await order_of(tx.session, sweep.campaign_id)
    forget = bool(sweep.params.get("forget"))
    outcomes = [str(one) for one in sweep.params.get("outcomes", [])]
    names = {f"o{n}": outcome for n, outcome in enumerate(outcomes)}
    done = "status IN ('finished', 'exhausted', 'later')"
    if outcomes:
        among = ", ".join(f":{name}" for name in names)
        done = f"status IN ('finished', 'exhausted', 'later', 'invalid') AND last_outcome IN ({among})"
    at = ":now" if dialect == "sqlite" else "CAST(:now AS timestamptz)"
    key = key_sql(LeadOrder(order.order), order.seed, dialect, at)
    status = "'new', attempts = 0" if forget else "CASE WHEN attempts = 0 THEN 'new' ELSE 'waiting' END"
    return Change(
        f"status = {status}, next_try_at = {at}, reset_at = {at}, order_key = {key}",
        f"{done} AND {chosen.sql}",
        {"now": now, **names, **chosen.values},
    )


async def _finish(tx: Tx, sweep: LeadSweep) -> None:
    """What remains to be done when every lead has been seen."""
    if Kind(sweep.kind) not in WHOLE or sweep.list_id is None:
        return
    own = await tx.session.get_one(LeadList, sweep.list_id)
    own.busy = False
    if sweep.kind == Kind.MOVE:
        own.campaign_id = int(sweep.params["campaign_id"])
        own.mix_percent = 0
        await tx.session.execute(
            update(ImportJob).where(ImportJob.list_id == own.id).values(campaign_id=own.campaign_id)
        )
        return
    job = await tx.session.get_one(ImportJob, int(sweep.params["job"]))
    left = select(func.count(Lead.id)).where(Lead.list_id == own.id, Lead.import_id == job.id)
    job.status = JobStatus.REVERTED
    job.untouched = await tx.session.scalar(left) or 0
    own.added = max(0, own.added - sweep.changed)
    if await tx.session.scalar(select(Lead.id).where(Lead.list_id == own.id).limit(1)) is None:
        own.archived_at = tx.now


def _end(tx: Tx, sweep: LeadSweep, status: JobStatus) -> None:
    sweep.status = status
    sweep.finished_at = tx.now
    tx.audit("leads.sweep-ended", "sweep", sweep.id, what=sweep.kind, status=status, changed=sweep.changed)


async def _tell(tx: Tx, sweep: LeadSweep) -> None:
    """The engine looks again at once: there may be leads to call."""
    ids = {sweep.campaign_id, int(sweep.params.get("campaign_id", sweep.campaign_id))}
    for campaign in (await tx.session.scalars(select(Campaign).where(Campaign.id.in_(ids)))).all():
        tx.emit(CampaignChanged(at=tx.now, campaign_id=campaign.id, status=CampaignStatus(campaign.status)))
