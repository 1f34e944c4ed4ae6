"""The only writer of queues, their members, and the numbers that lead to them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from sqlalchemy import delete, func, select

from callcenter.kernel import phone
from callcenter.kernel.errors import Conflict, Invalid, NotFound
from callcenter.kernel.i18n import LANGUAGES, marked
from callcenter.kernel.tx import Tx
from callcenter.queues.events import QueuesChanged
from callcenter.queues.models import InboundNumber, Queue, QueueMember
from callcenter.queues.routing import Strategy

NAME = re.compile(r"[a-z0-9-]{1,64}")
LARGEST_PENALTY = 99
LONGEST_SCRIPT = 8000

# the least and the most of every number a queue is set by
LIMITS: Mapping[str, tuple[int, int]] = {
    "weight": (0, 100),
    "offer_seconds": (5, 120),
    "answer_seconds": (1, 3600),
    "short_seconds": (0, 60),
    "target_percent": (1, 100),
    "wait_limit_seconds": (1, 3600),
    "wrapup_seconds": (0, 3600),
    "announce_every_seconds": (0, 600),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """Everything an administrator decides about a queue."""

    title: str
    strategy: Strategy = Strategy.LONGEST_IDLE
    weight: int = 0
    offer_seconds: int = 20
    answer_seconds: int = 20
    short_seconds: int = 5
    target_percent: int = 80
    wait_limit_seconds: int = 60
    wrapup_seconds: int = 45
    auto_answer: bool = False
    announce_every_seconds: int = 30
    language: str = "en"
    script: str = ""


async def create_queue(tx: Tx, name: str, settings: QueueSettings) -> Queue:
    """A new queue; its name is its key everywhere and never changes."""
    errors = _errors(settings)
    if not NAME.fullmatch(name):
        errors["name"] = marked("A name has small letters, digits and hyphens.")
    elif await tx.session.get(Queue, name) is not None:
        errors["name"] = marked("This name is taken.")
    if errors:
        raise Invalid(errors)
    queue = Queue(name=name, created_at=tx.now, **_columns(settings))
    tx.session.add(queue)
    await tx.session.flush()
    tx.audit("queues.created", "queue", name, **_columns(settings))
    tx.emit(QueuesChanged(at=tx.now))
    return queue


async def edit_queue(tx: Tx, name: str, settings: QueueSettings) -> Queue:
    """Change a queue. Calls that ended keep the limits they were counted under."""
    queue = await tx.session.get(Queue, name)
    if queue is None:
        raise NotFound
    errors = _errors(settings)
    if errors:
        raise Invalid(errors)
    changed = {k: v for k, v in _columns(settings).items() if getattr(queue, k) != v}
    for key, value in changed.items():
        setattr(queue, key, value)
    if changed:
        tx.audit("queues.changed", "queue", name, **changed)
        tx.emit(QueuesChanged(at=tx.now))
    return queue


async def set_members(tx: Tx, queue: str, penalties: Mapping[int, int]) -> None:
    """Exactly these agents serve the queue."""
    if await tx.session.get(Queue, queue) is None:
        raise NotFound
    _check_penalties(penalties.values())
    await tx.session.execute(delete(QueueMember).where(QueueMember.queue == queue))
    for agent_id, penalty in sorted(penalties.items()):
        tx.session.add(QueueMember(queue=queue, agent_id=agent_id, penalty=penalty))
    tx.audit("queues.members-set", "queue", queue, members={str(a): p for a, p in penalties.items()})
    tx.emit(QueuesChanged(at=tx.now))


async def set_queues_of_agent(tx: Tx, agent_id: int, penalties: Mapping[str, int]) -> None:
    """The agent serves exactly these queues."""
    _check_penalties(penalties.values())
    known = set(await tx.session.scalars(select(Queue.name).where(Queue.name.in_(penalties))))
    if known != set(penalties):
        raise Invalid({"queues": marked("There is no such queue.")})
    rows = list(await tx.session.scalars(select(QueueMember).where(QueueMember.agent_id == agent_id)))
    if {row.queue: row.penalty for row in rows} == dict(penalties):
        return
    await tx.session.execute(delete(QueueMember).where(QueueMember.agent_id == agent_id))
    for queue, penalty in sorted(penalties.items()):
        tx.session.add(QueueMember(queue=queue, agent_id=agent_id, penalty=penalty))
    tx.audit("agents.queues-set", "agent", agent_id, queues=dict(penalties))
    tx.emit(QueuesChanged(at=tx.now))


async def add_number(tx: Tx, number_raw: str, queue: str, language: str, home_region: str) -> InboundNumber:
    """A number that people call. It is kept as E.164, whatever way it was typed."""
    errors = await _number_errors(tx, queue, language)
    number = phone.to_e164(number_raw, home_region)
    if number is None:
        errors["number"] = marked("This is not a telephone number.")
    elif await tx.session.get(InboundNumber, number) is not None:
        errors["number"] = marked("This number is in use already.")
    if errors or number is None:
        raise Invalid(errors)
    row = InboundNumber(number=number, queue=queue, language=language)
    tx.session.add(row)
    await tx.session.flush()
    tx.audit("numbers.created", "inbound-number", number, queue=queue, language=language)
    tx.emit(QueuesChanged(at=tx.now))
    return row


async def edit_number(tx: Tx, number: str, queue: str, language: str) -> InboundNumber:
    """Lead a number elsewhere."""
    row = await tx.session.get(InboundNumber, number)
    if row is None:
        raise NotFound
    if errors := await _number_errors(tx, queue, language):
        raise Invalid(errors)
    row.queue, row.language = queue, language
    tx.audit("numbers.changed", "inbound-number", number, queue=queue, language=language)
    tx.emit(QueuesChanged(at=tx.now))
    return row


async def remove_number(tx: Tx, number: str) -> None:
    """Callers of this number hear that it is not in use."""
    row = await tx.session.get(InboundNumber, number)
    if row is None:
        raise NotFound
    await tx.session.delete(row)
    tx.audit("numbers.deleted", "inbound-number", number)
    tx.emit(QueuesChanged(at=tx.now))


async def delete_queue(tx: Tx, name: str) -> None:
    """Remove a queue that no number leads to."""
    queue = await tx.session.get(Queue, name)
    if queue is None:
        raise NotFound
    leading = select(func.count()).select_from(InboundNumber).where(InboundNumber.queue == name)
    if await tx.session.scalar(leading):
        raise Conflict(marked("Numbers lead to this queue. Lead them elsewhere first."), key="queue-in-use")
    await tx.session.execute(delete(QueueMember).where(QueueMember.queue == name))
    await tx.session.delete(queue)
    tx.audit("queues.deleted", "queue", name)
    tx.emit(QueuesChanged(at=tx.now))


def _check_penalties(penalties: Iterable[int]) -> None:
    if any(not 0 <= penalty <= LARGEST_PENALTY for penalty in penalties):
        raise Invalid({"penalty": marked("A penalty is between 0 and {most}.")}, most=LARGEST_PENALTY)


async def _number_errors(tx: Tx, queue: str, language: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    if await tx.session.get(Queue, queue) is None:
        errors["queue"] = marked("There is no such queue.")
    if language not in LANGUAGES:
        errors["language"] = marked("This language is not spoken here.")
    return errors


def _columns(settings: QueueSettings) -> dict[str, object]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)} | {
        "title": settings.title.strip()
    }


def _errors(settings: QueueSettings) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not 1 <= len(settings.title.strip()) <= 80:
        errors["title"] = marked("A title is needed, at most 80 characters long.")
    if settings.language not in LANGUAGES:
        errors["language"] = marked("This language is not spoken here.")
    if len(settings.script) > LONGEST_SCRIPT:
        errors["script"] = marked("The script is too long.")
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(settings, name) <= most:
            errors[name] = marked("This number is out of its limits.")
    return errors
