"""The last look at our Asterisk as a value, kept in its one row: read by pages, written by its keeper."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.pbx.models import ONLY_ROW, PbxState
from callcenter.pbx.readback import Present, Problem, Target

_LONGEST_DETAIL = 400
_LONGEST_VERSION = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What Asterisk has, and why it has not more. `detail` is the other side's own word."""

    at: datetime
    present: Present
    problem: Problem = Problem.NONE
    detail: str = ""

    def has_number(self, number: str, queue: str, language: str) -> bool:
        return self.present.numbers.get(number.lstrip("+")) == Target(queue, language)

    def has_queue(self, name: str) -> bool:
        return name in self.present.queues


async def last_seen(session: AsyncSession) -> Seen | None:
    """None until a telephony process has looked."""
    row = await session.get(PbxState, ONLY_ROW)
    if row is None:
        return None
    return Seen(
        at=row.at,
        problem=Problem(row.problem),
        detail=row.detail,
        present=Present(
            version=row.version,
            numbers={digits: Target(*target) for digits, target in row.present["numbers"].items()},
            queues=frozenset(row.present["queues"]),
            trunks=row.present["trunks"],
        ),
    )


async def remember(session: AsyncSession, seen: Seen) -> None:
    """In place of what was seen before."""
    row = await session.get(PbxState, ONLY_ROW)
    if row is None:
        row = PbxState(id=ONLY_ROW)
        session.add(row)
    row.at = seen.at
    row.problem = seen.problem
    row.detail = seen.detail[:_LONGEST_DETAIL]
    row.version = seen.present.version[:_LONGEST_VERSION]
    row.present = {
        "numbers": {digits: [t.queue, t.language] for digits, t in sorted(seen.present.numbers.items())},
        "queues": sorted(seen.present.queues),
        "trunks": dict(sorted(seen.present.trunks.items())),
    }
