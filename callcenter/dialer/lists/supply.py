"""Which leads are next: the first of every open cohort by index, merged in the campaign's order.

A claim reads a few leads of each cohort, and more only of those that may hold earlier ones, so it costs the
same for a hundred leads and for millions. Nothing is locked here but what is chosen.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, TextClause, bindparam, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists.cohorts import Cohort, closes_at, cohort_of, is_open
from callcenter.dialer.lists.mixing import Share, interleave, split
from callcenter.dialer.lists.models import CampaignOrder, Lead, LeadCohort, LeadList
from callcenter.dialer.lists.orders import LeadOrder, Placing, key_of
from callcenter.dialer.rules import Policy
from callcenter.dialer.states import DIALABLE, LeadStatus
from callcenter.kernel.db import Moment

SPARE = 3  # how many times its fair part is read of each cohort at first
SMALL = 600  # reading this many rows at once costs less than asking twice
FAR = float("inf")

_POSTGRESQL = """
SELECT l.id, l.cohort_id, l.status, l.priority, l.order_key FROM unnest(:cohorts) AS c(id)
CROSS JOIN LATERAL (
    SELECT h.id, h.cohort_id, h.status, h.priority, h.order_key FROM leads h
    WHERE h.cohort_id = c.id AND h.status = '{status}' AND h.selected AND h.id <> ALL(:passed)
    ORDER BY h.priority DESC, h.order_key, h.id LIMIT :limit) l
"""
_SQLITE = """
SELECT l.id, l.cohort_id, l.status, l.priority, l.order_key
FROM json_each(:cohorts) c CROSS JOIN leads l ON l.id IN (
    SELECT h.id FROM leads h
    WHERE h.cohort_id = c.value AND h.status = '{status}' AND h.selected
    AND h.status IN ('new', 'waiting') AND h.id NOT IN (SELECT value FROM json_each(:passed))
    ORDER BY h.priority DESC, h.order_key, h.id LIMIT :limit)
"""


@dataclass(frozen=True, slots=True)
class Head:
    """A lead near the front of its cohort."""

    lead_id: int
    cohort_id: int
    new: bool
    place: tuple[float, float, float, int]  # priority, cohort, key, id: the smallest first
    urgent: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """An open cohort of an open list."""

    cohort_id: int
    list_id: int
    cohort: Cohort
    place: float


@dataclass(frozen=True, slots=True)
class Taken:
    """A lead that is ours: its status is `CLAIMED`."""

    id: int
    cohort_id: int
    list_id: int
    cohort: Cohort
    number: str
    status: LeadStatus  # what it was
    consent: bool
    contact_id: int | None
    attempts: int
    rank: int
    next_try_at: datetime
    last_tried_at: datetime | None


def _heads_statement(pattern: str) -> TextClause:
    return text(" UNION ALL ".join(pattern.format(status=status.value) for status in DIALABLE))


_HEADS_POSTGRESQL = _heads_statement(_POSTGRESQL).bindparams(
    bindparam("cohorts", type_=ARRAY(BigInteger)), bindparam("passed", type_=ARRAY(BigInteger))
)
_HEADS_SQLITE = _heads_statement(_SQLITE)


async def order_of(session: AsyncSession, campaign_id: int) -> CampaignOrder:
    """The campaign's order; the usual one when nobody has chosen."""
    found = await session.get(CampaignOrder, campaign_id, populate_existing=True)
    return found or usual_order(campaign_id)


def usual_order(campaign_id: int) -> CampaignOrder:
    """What holds until somebody chooses."""
    return CampaignOrder(
        campaign_id=campaign_id,
        order=LeadOrder.DUE,
        seed=0,
        new_every=0,
        new_since=0,
        mixed=False,
        mix_strict=False,
    )


async def take(
    session: AsyncSession, order: CampaignOrder, policy: Policy, limit: int, now: datetime
) -> list[Taken]:
    """Up to `limit` leads in the campaign's order, claimed; those that others hold are passed."""
    streams = await _open_streams(session, order, policy, now)
    taken: dict[int, Taken] = {}
    chosen: list[int] = []
    passed: set[int] = set()
    while streams and len(taken) < limit:
        wanted = await _choose(session, order, streams, limit - len(taken), passed)
        if not wanted:
            break
        taken |= {lead.id: lead for lead in await _lock(session, wanted, streams)}
        chosen.extend(head.lead_id for head in wanted)
        passed.update(head.lead_id for head in wanted)
    return [taken[lead_id] for lead_id in chosen if lead_id in taken]


async def _open_streams(
    session: AsyncSession, order: CampaignOrder, policy: Policy, now: datetime
) -> list[Stream]:
    rows = await session.execute(
        select(LeadCohort.id, LeadCohort.list_id, LeadCohort.key)
        .join(LeadList, LeadList.id == LeadCohort.list_id)
        .where(
            LeadList.campaign_id == order.campaign_id,
            LeadList.active,
            ~LeadList.busy,
            LeadList.archived_at.is_(None),
            or_(LeadList.expires_at.is_(None), LeadList.expires_at > now),
        )
    )
    places: dict[str, float | None] = {}
    by_closing = order.order == LeadOrder.CLOSING
    found = []
    for cohort_id, list_id, key in rows:
        if key not in places:
            places[key] = _place(cohort_of(key), policy, now, by_closing=by_closing)
        place = places[key]
        if place is not None:
            found.append(Stream(cohort_id, list_id, cohort_of(key), place))
    return found


def _place(cohort: Cohort, policy: Policy, now: datetime, *, by_closing: bool) -> float | None:
    """Where an open cohort stands among others; None: it is closed."""
    if not is_open(cohort, policy, now):
        return None
    if not by_closing:
        return 0.0
    closing = closes_at(cohort, policy, now)
    return closing.timestamp() if closing else FAR


async def _choose(
    session: AsyncSession, order: CampaignOrder, streams: Sequence[Stream], wanted: int, passed: set[int]
) -> list[Head]:
    """In order. The counts of the mix and of new leads move on with them."""
    if order.mixed:
        return await _choose_mixed(session, order, streams, wanted, passed)
    heads = await _heads(session, streams, wanted, passed, apart=order.new_every > 0)
    return _arrange(heads, order, wanted)


async def _choose_mixed(
    session: AsyncSession, order: CampaignOrder, streams: Sequence[Stream], wanted: int, passed: set[int]
) -> list[Head]:
    by_list: dict[int, list[Stream]] = defaultdict(list)
    for stream in streams:
        by_list[stream.list_id].append(stream)
    heads: dict[int, list[Head]] = {}
    for list_id, own in by_list.items():
        heads[list_id] = await _heads(session, own, wanted, passed, apart=order.new_every > 0)
    urgent = sorted((h for own in heads.values() for h in own if h.urgent), key=lambda h: h.place)[:wanted]
    calm = {
        list_id: _arrange([h for h in own if not h.urgent], order, wanted) for list_id, own in heads.items()
    }
    shares = await session.execute(
        select(LeadList.id, LeadList.mix_percent, LeadList.mix_taken)
        .where(LeadList.campaign_id == order.campaign_id, LeadList.mix_percent > 0)
        .with_for_update(key_share=True)  # rows may come into these lists meanwhile
    )
    mix = {row.id: Share(row.mix_percent, row.mix_taken, len(calm.get(row.id, ()))) for row in shares}
    turns, taken = split(mix, wanted - len(urgent), strict=order.mix_strict)
    for list_id, count in taken.items():
        if count != mix[list_id].taken:
            await session.execute(
                update(LeadList)
                .where(LeadList.id == list_id)
                .values(mix_taken=count)
                .execution_options(synchronize_session=False)
            )
    rows = {list_id: iter(own) for list_id, own in calm.items()}
    return [*urgent, *(next(rows[list_id]) for list_id in turns)]


def _arrange(heads: list[Head], order: CampaignOrder, wanted: int) -> list[Head]:
    """Merged by place; with `new_every` the calm ones take turns."""
    heads.sort(key=lambda head: head.place)
    if not order.new_every:
        return heads[:wanted]
    urgent = [head for head in heads if head.urgent][:wanted]
    calm = [head for head in heads if not head.urgent]
    mixed, order.new_since = interleave(
        [head for head in calm if head.new],
        [head for head in calm if not head.new],
        order.new_every,
        order.new_since,
        wanted - len(urgent),
    )
    return urgent + mixed


async def _heads(
    session: AsyncSession, streams: Sequence[Stream], wanted: int, passed: set[int], *, apart: bool
) -> list[Head]:
    """At least the first `wanted` leads of these streams; with `apart` as many of either kind."""
    limit = wanted
    if len(streams) * 2 * wanted > SMALL:
        limit = min(wanted, max(4, -(-wanted * SPARE // len(streams))))
    found = await _read(session, streams, limit, passed)
    if limit < wanted:
        deep = _not_deep_enough(found, limit, wanted, apart=apart)
        if deep:
            again = await _read(session, [s for s in streams if s.cohort_id in deep], wanted, passed)
            found = [head for head in found if head.cohort_id not in deep] + again
    return found


def _not_deep_enough(found: Sequence[Head], limit: int, wanted: int, *, apart: bool) -> set[int]:
    """Cohorts of which more rows may come before the last wanted one."""
    deep: set[int] = set()
    for kinds in ((True,), (False,)) if apart else ((True, False),):
        own = sorted((head for head in found if head.new in kinds), key=lambda head: head.place)
        last = own[wanted - 1].place if len(own) >= wanted else None
        ends: dict[tuple[int, bool], list[Head]] = defaultdict(list)
        for head in own:
            ends[head.cohort_id, head.new].append(head)
        deep |= {
            rows[-1].cohort_id
            for rows in ends.values()
            if len(rows) == limit and (last is None or rows[-1].place < last)
        }
    return deep


async def _read(session: AsyncSession, streams: Sequence[Stream], limit: int, passed: set[int]) -> list[Head]:
    places = {stream.cohort_id: stream.place for stream in streams}
    if session.get_bind().dialect.name == "sqlite":
        values = {"cohorts": json.dumps(list(places)), "passed": json.dumps(sorted(passed))}
        rows = await session.execute(_HEADS_SQLITE, values | {"limit": limit})
    else:
        rows = await session.execute(
            _HEADS_POSTGRESQL, {"cohorts": list(places), "passed": sorted(passed), "limit": limit}
        )
    return [_head(row, places) for row in rows]


def _head(row: Any, places: dict[int, float]) -> Head:
    return Head(
        lead_id=row.id,
        cohort_id=row.cohort_id,
        new=row.status == LeadStatus.NEW,
        place=(-row.priority, places[row.cohort_id], row.order_key, row.id),
        urgent=row.priority > 0,
    )


_LOCK = """
WITH mine AS MATERIALIZED (
    SELECT id FROM leads WHERE {among} AND status IN ('new', 'waiting') {skip})
UPDATE leads SET status = 'claimed' WHERE id IN (SELECT id FROM mine)
RETURNING id, list_id, cohort_id, number, consent, contact_id, attempts, rank, next_try_at, last_tried_at
"""
_LOCK_POSTGRESQL = (
    text(_LOCK.format(among="id = ANY(:ids)", skip="FOR UPDATE SKIP LOCKED"))
    .bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
    .columns(next_try_at=Moment(), last_tried_at=Moment(), consent=Boolean())
)
_LOCK_SQLITE = text(_LOCK.format(among="id IN (SELECT value FROM json_each(:ids))", skip="")).columns(
    next_try_at=Moment(), last_tried_at=Moment(), consent=Boolean()
)


async def _lock(session: AsyncSession, heads: Sequence[Head], streams: Sequence[Stream]) -> list[Taken]:
    """Those of the leads that nobody else holds, now claimed."""
    ids = sorted(head.lead_id for head in heads)
    if session.get_bind().dialect.name == "sqlite":
        rows = await session.execute(_LOCK_SQLITE, {"ids": json.dumps(ids)})
    else:
        rows = await session.execute(_LOCK_POSTGRESQL, {"ids": ids})
    was_new = {head.lead_id: head.new for head in heads}
    cohorts = {stream.cohort_id: stream.cohort for stream in streams}
    return [
        Taken(
            id=row.id,
            cohort_id=row.cohort_id,
            list_id=row.list_id,
            cohort=cohorts[row.cohort_id],
            number=row.number,
            status=LeadStatus.NEW if was_new[row.id] else LeadStatus.WAITING,
            consent=row.consent,
            contact_id=row.contact_id,
            attempts=row.attempts,
            rank=row.rank,
            next_try_at=row.next_try_at,
            last_tried_at=row.last_tried_at,
        )
        for row in rows
    ]


async def set_key(session: AsyncSession, lead: Lead) -> None:
    """Where the campaign's order puts this lead after it has changed."""
    order = await order_of(session, lead.campaign_id)
    placing = Placing(lead.id, lead.rank, lead.attempts, lead.next_try_at, lead.last_tried_at)
    lead.order_key = key_of(LeadOrder(order.order), order.seed, placing)
