"""Does Asterisk have what Settings say? The telephony process has read it back; pages tell."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kernel.i18n import marked
from callcenter.pbx.readback import Problem
from callcenter.pbx.seen import Seen, last_seen
from callcenter.queues.queries import NumberLine, QueueLine

UNSEEN = marked("No telephony process has looked at Asterisk yet.")
SOON = marked("Asterisk gets it in a moment.")
REASONS = {
    Problem.AWAY: marked("Asterisk does not answer. It gets everything as soon as it does."),
    Problem.NO_FOLDER: marked(
        "The files of this Asterisk are not the service’s to write: the setting pbx_folder is empty."
    ),
    Problem.NOT_WRITTEN: marked("Asterisk’s folder has no configuration yet: run callcenter pbx write."),
    Problem.CANNOT_WRITE: marked("Asterisk’s files cannot be written."),
    Problem.REFUSED: marked("Asterisk would not read its files again."),
    Problem.DIFFERS: marked("Asterisk has read its files and has something else."),
    Problem.WRONG: marked("Rows and settings make no configuration for Asterisk."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """`has`: keys of rows that Asterisk has as they are. `reason` (a msgid) is why it has not everything."""

    seen: Seen | None
    has: frozenset[str]
    reason: str
    detail: str

    @property
    def alarm(self) -> bool:
        """Somebody has to do something; it does not come by itself."""
        return bool(self.reason) and self.reason != SOON


async def of_numbers(session: AsyncSession, rows: Iterable[NumberLine]) -> Standing:
    """Of the numbers that people call."""
    seen = await last_seen(session)
    lines = {row.number: row for row in rows}
    has = {n for n, row in lines.items() if seen is not None and seen.has_number(n, row.queue, row.language)}
    surplus = seen is not None and len(seen.present.numbers) > len(has)
    return _standing(seen, has, complete=len(has) == len(lines) and not surplus)


async def of_queues(session: AsyncSession, rows: Iterable[QueueLine]) -> Standing:
    """Of the queues that callers wait in."""
    seen = await last_seen(session)
    names = {row.name for row in rows}
    has = {name for name in names if seen is not None and seen.has_queue(name)}
    return _standing(seen, has, complete=has == names)


async def of_all(session: AsyncSession) -> Standing:
    """As the telephony process saw it last."""
    seen = await last_seen(session)
    return _standing(seen, set(), complete=seen is not None and seen.problem is Problem.NONE)


def _standing(seen: Seen | None, has: set[str], *, complete: bool) -> Standing:
    if seen is None:
        return Standing(None, frozenset(has), UNSEEN, "")
    if complete:
        return Standing(seen, frozenset(has), "", "")
    reason = REASONS.get(seen.problem, SOON)
    return Standing(seen, frozenset(has), reason, seen.detail)
