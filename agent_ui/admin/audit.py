"""The audit log, newest first, with filters in the address."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy import ColumnElement, func, select

from agent_ui.admin.pages import show
from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.component import Route
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, whole_number

PAGE_ROWS = 50
FILTERS = ("who", "kind", "subject", "since", "until")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a page; an empty one filters nothing."""

    who: str = ""
    kind: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    def conditions(self, zone: ZoneInfo) -> list[ColumnElement[bool]]:
        """As SQL. A day begins at the company's midnight."""
        found: list[ColumnElement[bool]] = []
        if self.who:
            found.append(AuditEntry.actor_name == self.who)
        if self.kind:
            found.append(AuditEntry.kind == self.kind)
        if self.subject:
            kind, _, key = self.subject.partition(" ")
            found.append(AuditEntry.subject_type == kind)
            if key:
                found.append(AuditEntry.subject_id == key)
        if (first := _day(self.since)) is not None:
            found.append(AuditEntry.at >= datetime.combine(first, time(), zone))
        if (last := _day(self.until)) is not None:
            found.append(AuditEntry.at < datetime.combine(last + timedelta(days=1), time(), zone))
        return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def log(request: web.Request) -> web.StreamResponse:
    """One page of the log."""
    wanted = Wanted(**{name: request.query.get(name, "").strip() for name in FILTERS})
    conditions = wanted.conditions(ZoneInfo(request.app[SETTINGS].zone))
    asked = request.query.get("page", "1")
    async with request.app[TRANSACTIONS].read() as session:
        total = await session.scalar(select(func.count(AuditEntry.id)).where(*conditions)) or 0
        pages = max(1, -(-total // PAGE_ROWS))
        page = min(whole_number(asked) or 1, pages)
        rows = list(
            await session.scalars(
                select(AuditEntry)
                .where(*conditions)
                .order_by(AuditEntry.id.desc())
                .limit(PAGE_ROWS)
                .offset((page - 1) * PAGE_ROWS)
            )
        )
        kinds = list(await session.scalars(select(AuditEntry.kind).distinct().order_by(AuditEntry.kind)))
        people = list(
            await session.scalars(select(AuditEntry.actor_name).distinct().order_by(AuditEntry.actor_name))
        )
        kept = {name: getattr(wanted, name) for name in FILTERS if getattr(wanted, name)}
        return show(
            request,
            "audit",
            rows=rows,
            wanted=wanted,
            kinds=kinds,
            people=people,
            page=page,
            pages=pages,
            total=total,
            link=f"/admin/audit?{urlencode(kept)}{'&' if kept else ''}page={{page}}",
        )


ROUTES = (Route("GET", "/admin/audit", log, "audit.view"),)
