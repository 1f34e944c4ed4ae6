"""Reads of queues: policies and members for the floor, the day so far for a restart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.events import Direction
from callcenter.calls.journal import Thresholds
from callcenter.calls.models import CallRow, OfferRow, Outcome
from callcenter.queues.distributor import QueueDay, QueuePolicy
from callcenter.queues.models import InboundNumber, Queue, QueueMember
from callcenter.queues.routing import Strategy


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A queue as lists show it."""

    name: str
    title: str
    strategy: Strategy
    weight: int
    members: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberLine:
    """A number people call and the queue it leads to."""

    number: str
    queue: str
    language: str


def policy_of(row: Queue) -> QueuePolicy:
    """The row as the floor needs it."""
    return QueuePolicy(
        name=row.name,
        title=row.title,
        strategy=Strategy(row.strategy),
        weight=row.weight,
        offer_seconds=row.offer_seconds,
        limits=Thresholds(answer_seconds=row.answer_seconds, short_seconds=row.short_seconds),
        target_percent=row.target_percent,
        wait_limit_seconds=row.wait_limit_seconds,
        wrapup_seconds=row.wrapup_seconds,
        auto_answer=row.auto_answer,
        announce_every_seconds=row.announce_every_seconds,
        language=row.language,
    )


async def load_policies(session: AsyncSession) -> list[QueuePolicy]:
    """Every queue, by name."""
    return [policy_of(row) for row in await session.scalars(select(Queue).order_by(Queue.name))]


async def members_by_agent(session: AsyncSession) -> dict[int, Mapping[str, int]]:
    """The queues of each agent, with the agent's penalty there."""
    found: dict[int, dict[str, int]] = {}
    for row in await session.scalars(select(QueueMember).order_by(QueueMember.agent_id, QueueMember.queue)):
        found.setdefault(row.agent_id, {})[row.queue] = row.penalty
    return dict(found)


async def members_of(session: AsyncSession, queue: str) -> dict[int, int]:
    """The agents of a queue, with their penalties."""
    rows = await session.scalars(select(QueueMember).where(QueueMember.queue == queue))
    return {row.agent_id: row.penalty for row in rows}


async def queue_titles(session: AsyncSession) -> Mapping[str, str]:
    """Name to title of every queue."""
    rows = await session.execute(select(Queue.name, Queue.title))
    return dict(rows.all())


async def inbound_numbers(session: AsyncSession) -> list[NumberLine]:
    """The numbers people call, and where they lead."""
    rows = await session.scalars(select(InboundNumber).order_by(InboundNumber.number))
    return [NumberLine(number=row.number, queue=row.queue, language=row.language) for row in rows]


async def list_queues(session: AsyncSession) -> list[QueueLine]:
    """Every queue with what belongs to it, by title."""
    members: dict[str, int] = {}
    for queue in await session.scalars(select(QueueMember.queue)):
        members[queue] = members.get(queue, 0) + 1
    numbers: dict[str, list[str]] = {}
    for number in await inbound_numbers(session):
        numbers.setdefault(number.queue, []).append(number.number)
    return [
        QueueLine(
            name=row.name,
            title=row.title,
            strategy=Strategy(row.strategy),
            weight=row.weight,
            members=members.get(row.name, 0),
            numbers=tuple(numbers.get(row.name, ())),
        )
        for row in await session.scalars(select(Queue).order_by(Queue.title, Queue.name))
    ]


async def day_so_far(
    session: AsyncSession, since: datetime, zone: ZoneInfo
) -> tuple[dict[str, QueueDay], set[str]]:
    """What the distributor would hold had it been up since `since`, and open calls it counts as offered.

    A call counts once, in the queue that it first waited in. Calls that the fallback served are counted too:
    nobody was looking, but their rows are there.
    """
    days: dict[str, QueueDay] = {}
    rows = list(
        await session.execute(
            select(
                CallRow.id,
                CallRow.queue,
                CallRow.joined_at,
                CallRow.connected_at,
                CallRow.ended_at,
                CallRow.wait_ms,
                CallRow.threshold_seconds,
                CallRow.outcome,
            ).where(CallRow.direction == Direction.INBOUND, CallRow.joined_at >= since, CallRow.queue != "")
        )
    )
    first = await _first_queues(session, since)
    for row in rows:
        day = days.setdefault(first.get(row.id, row.queue), QueueDay())
        day.offered += 1
        day.hours[row.joined_at.astimezone(zone).hour] += 1
        if row.connected_at is not None:
            day.answered += 1
            day.answered_in_target += row.wait_ms <= row.threshold_seconds * 1000
        elif row.outcome == Outcome.SHORT:
            day.short_abandoned += 1
        elif row.outcome == Outcome.ABANDONED:
            day.abandoned += 1
    return days, {row.id for row in rows if row.ended_at is None}


async def _first_queues(session: AsyncSession, since: datetime) -> dict[str, str]:
    """The queue of each call's first offer: a call given to another queue keeps counting for the first."""
    offers = await session.execute(
        select(OfferRow.call_id, OfferRow.queue)
        .where(OfferRow.offered_at >= since, OfferRow.queue != "")
        .order_by(OfferRow.offered_at.desc(), OfferRow.id.desc())
    )
    return dict(iter(offers))
