"""The writers of trunks' limits and caller numbers."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from callcenter.dialer.caller_ids import area_of
from callcenter.dialer.limits import TrunkLimits
from callcenter.dialer.rules.places import subdivision_of
from callcenter.dialer.trunks import queries
from callcenter.dialer.trunks.models import CallerNumberRow, CallerPool, TrunkLimit
from callcenter.kernel import phone
from callcenter.kernel.errors import Invalid, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx

NAME = re.compile(r"[A-Za-z0-9_.-]{0,64}")
MOST_PER_SECOND = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDraft:
    """A number of a pool as it is given; `daily_cap` 0: no cap."""

    number: str
    daily_cap: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDraft:
    """A pool as a person gives it."""

    name: str
    numbers: list[NumberDraft]


async def set_limits(tx: Tx, name: str, limits: TrunkLimits) -> None:
    """What a trunk bears; the empty name is the whole company."""
    if not NAME.fullmatch(name):
        raise Invalid({"name": marked("This is no name of a trunk.")})
    rate = limits.calls_per_second
    if limits.max_lines < 0 or not math.isfinite(rate) or not 0 <= rate <= MOST_PER_SECOND:
        raise Invalid({"limits": marked("This cannot be negative.")})
    row = await tx.session.get(TrunkLimit, name)
    if row is None:
        row = TrunkLimit(name=name)
        tx.session.add(row)
    row.max_lines, row.calls_per_second = limits.max_lines, rate
    await tx.session.flush()
    tx.audit("trunks.limits-set", "trunk", name, lines=limits.max_lines, calls_per_second=rate)


async def save_pool(tx: Tx, pool_id: int | None, draft: PoolDraft, region: str) -> CallerPool:
    """Make a pool, or give it these numbers. A number that stays keeps its rest."""
    name = draft.name.strip()
    taken = await tx.session.scalar(select(CallerPool.id).where(CallerPool.name == name))
    if not name or (taken is not None and taken != pool_id):
        raise Invalid({"name": marked("A pool needs a name of its own.")})
    caps = _caps(draft, region)
    if pool_id is None:
        pool = CallerPool(name=name)
        tx.session.add(pool)
        await tx.session.flush()
    else:
        pool = await queries.pool(tx.session, pool_id)
        pool.name = name
    elsewhere = await tx.session.scalars(
        select(CallerNumberRow.number).where(
            CallerNumberRow.number.in_(caps), CallerNumberRow.pool_id != pool.id
        )
    )
    if other := elsewhere.first():
        raise Invalid({"numbers": marked("The number {number} is in another pool.")}, number=other)
    await tx.session.execute(
        delete(CallerNumberRow).where(CallerNumberRow.pool_id == pool.id, CallerNumberRow.number.not_in(caps))
    )
    known = {
        row.number: row
        for row in await tx.session.scalars(select(CallerNumberRow).where(CallerNumberRow.pool_id == pool.id))
    }
    for number, cap in caps.items():
        if number in known:
            known[number].daily_cap = cap
        else:
            tx.session.add(_row(pool.id, number, cap))
    await tx.session.flush()
    tx.audit("caller-pools.saved", "caller-pool", pool.id, numbers=len(caps))
    return pool


def _caps(draft: PoolDraft, region: str) -> dict[str, int]:
    """Every number in E.164 with its cap."""
    caps: dict[str, int] = {}
    for given in draft.numbers:
        number = phone.to_e164(given.number, region)
        if number is None or given.daily_cap < 0:
            raise Invalid({"numbers": marked("“{number}” is not a telephone number.")}, number=given.number)
        caps[number] = given.daily_cap
    return caps


def _row(pool_id: int, number: str, cap: int) -> CallerNumberRow:
    parsed = phone.parse(number, "ZZ")
    return CallerNumberRow(
        pool_id=pool_id,
        number=number,
        area=area_of(number),
        subdivision=subdivision_of(number),
        region=parsed.region if parsed else "",
        daily_cap=cap,
        rest_reason={},
    )


async def remove_pool(tx: Tx, pool_id: int) -> None:
    """Its campaigns show their own number again."""
    pool = await queries.pool(tx.session, pool_id)
    await tx.session.delete(pool)
    await tx.session.flush()
    tx.audit("caller-pools.removed", "caller-pool", pool_id)


async def rest(tx: Tx, number: str, until: datetime, reason: Mapping[str, float]) -> None:
    """A number does worse than its pool: it is not shown for a while."""
    row = await tx.session.scalar(select(CallerNumberRow).where(CallerNumberRow.number == number))
    if row is not None:
        row.rested_until, row.rest_reason = until, dict(reason)
        tx.audit("caller-numbers.rested", "caller-number", row.id, until=until, **reason)


async def wake(tx: Tx, number_id: int) -> None:
    """A person wants a resting number shown again."""
    row = await tx.session.get(CallerNumberRow, number_id)
    if row is None:
        raise NotFound
    row.rested_until, row.rest_reason = None, {}
    tx.audit("caller-numbers.woken", "caller-number", number_id)
