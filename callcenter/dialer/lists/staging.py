"""A batch of rows becomes leads: staged in a table of the connection, compared, inserted by the database.

Everything is said once for a whole batch, so that a million rows cost a few hundred statements.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists.cohorting import cohort_ids
from callcenter.dialer.lists.cohorts import cohort_of
from callcenter.dialer.lists.duplicates import By, Duplicates, Policy, Where
from callcenter.dialer.lists.models import Lead, LeadNumber
from callcenter.dialer.lists.ordering import key_sql
from callcenter.dialer.lists.orders import LeadOrder
from callcenter.dialer.lists.parsing import TWICE_IN_FILE, Bad, Prepared
from callcenter.dialer.lists.reading import NumberKind
from callcenter.dialer.lists.supply import order_of
from callcenter.kernel.i18n import marked

IMPORT_LOCK = 0x696D70  # the class of PostgreSQL's advisory locks for imports
TWICE_IN_CAMPAIGN = marked("The number is in this campaign already.")
TWICE_ELSEWHERE = marked("The number is in another campaign already.")

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS import_stage (
    line INTEGER PRIMARY KEY, number TEXT, number_raw TEXT, name TEXT, external_id TEXT, cohort TEXT,
    fields {json}, consent BOOLEAN, priority INTEGER, rank INTEGER, more {json}, found_id INTEGER,
    lead_id BIGINT)
"""
_COLUMNS = (
    *("line", "number", "number_raw", "name", "external_id", "cohort", "fields", "consent", "priority"),
    *("rank", "more"),
)
_FIND = """
UPDATE import_stage SET found_id = x.found FROM (
    SELECT s.line, {found} AS found FROM import_stage s) x
WHERE x.line = import_stage.line AND x.found IS NOT NULL
"""
# `+ 0`: found by its number, not by going through all leads in the order of their ids
_BY_NUMBER = """COALESCE(
    (SELECT l.id FROM leads l JOIN lead_lists t ON t.id = l.list_id
     WHERE l.number = s.number AND {scope} ORDER BY l.id + 0 LIMIT 1),
    (SELECT l.id FROM lead_numbers n JOIN leads l ON l.id = n.lead_id JOIN lead_lists t ON t.id = l.list_id
     WHERE n.number = s.number AND {scope} ORDER BY l.id + 0 LIMIT 1))"""
_BY_ID = """(SELECT l.id FROM leads l JOIN lead_lists t ON t.id = l.list_id
     WHERE l.external_id = s.external_id AND l.external_id <> '' AND {scope} ORDER BY l.id + 0 LIMIT 1)"""
_SCOPES: Mapping[Where, str] = {
    Where.LIST: "l.list_id + 0 = :list",  # not by the list's index: it would be read for every row
    Where.CAMPAIGN: "t.campaign_id = :campaign",
    Where.RUNNING: "(t.campaign_id = :campaign OR t.campaign_id IN"
    " (SELECT id FROM campaigns WHERE status = 'running'))",
    Where.COMPANY: "1 = 1",
}
_UPDATE = """
UPDATE leads SET name = CASE WHEN s.name <> '' THEN s.name ELSE leads.name END,
    external_id = CASE WHEN s.external_id <> '' THEN s.external_id ELSE leads.external_id END,
    fields = {merged}, consent = leads.consent OR s.consent, rank = s.rank,
    priority = CASE WHEN s.priority > leads.priority THEN s.priority ELSE leads.priority END
FROM import_stage s WHERE s.found_id = leads.id AND leads.campaign_id = :campaign
"""
_INSERT = """
INSERT INTO leads (id, list_id, campaign_id, cohort_id, import_id, number, number_raw, name, external_id,
    fields, consent, status, selected, priority, rank, order_key, next_try_at, attempts, contact_id,
    created_at)
SELECT id, :list, :campaign, cohort_id, :job, number, number_raw, name, external_id, fields, consent,
    status, {selected}, priority, rank, {key}, :at, attempts, contact_id, :at
FROM (
    SELECT s.lead_id AS id, c.id AS cohort_id, s.*, 0 AS attempts,
        CASE WHEN EXISTS (SELECT 1 FROM do_not_call d
                          WHERE d.number = s.number AND d.campaign_id IN (0, :campaign))
             THEN 'blocked' ELSE 'new' END AS status,
        (SELECT min(n.contact_id) FROM contact_numbers n WHERE n.number = s.number) AS contact_id
    FROM import_stage s JOIN lead_cohorts c ON c.list_id = :list AND c.key = s.cohort
    WHERE s.found_id IS NULL ORDER BY s.line) staged
"""
_NUMBERS = """
INSERT INTO lead_numbers (lead_id, position, number, number_raw, kind, cohort_id, closed, attempts)
SELECT s.lead_id, e.{position}, {first}, {second}, {third}, c.id, {no}, 0
FROM import_stage s
{each} JOIN lead_cohorts c ON c.list_id = :list AND c.key = {fourth}
WHERE s.more IS NOT NULL AND s.found_id IS NULL
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows of an import go. Without a list (a trial of a new one) nothing is written."""

    job_id: int
    campaign_id: int
    list_id: int | None
    duplicates: Duplicates


@dataclass(slots=True)
class Kept:
    """What became of a batch."""

    added: int = 0
    updated: int = 0
    blocked: int = 0
    bad: list[Bad] = field(default_factory=list)


async def keep(session: AsyncSession, target: Target, batch: Prepared, now: datetime, *, trial: bool) -> Kept:
    """Compare the batch with what is known and, unless it is a `trial`, write it."""
    await _one_at_a_time(session, target)
    await _stage(session, batch)
    bad = await _find(session, target, now)
    found = Kept(bad=bad)
    if target.duplicates.policy is not Policy.SKIP:
        found.updated, found.bad = await _fold(session, target, bad, write=not trial)
    matched = len(bad)
    if trial or target.list_id is None:
        found.added = batch.good - matched
        found.blocked = await session.scalar(text(_BLOCKED), {"campaign": target.campaign_id}) or 0
    else:
        found.added, found.blocked = await _insert(session, target, batch, now)
    if _is_sqlite(session):
        await session.execute(text("DELETE FROM import_stage"))
    return found


_NEXT_SQLITE = "(SELECT COALESCE(max(id), 0) FROM leads) + line - (SELECT min(line) FROM import_stage) + 1"
_BLOCKED = """SELECT count(*) FROM import_stage s WHERE s.found_id IS NULL AND EXISTS (
    SELECT 1 FROM do_not_call d WHERE d.number = s.number AND d.campaign_id IN (0, :campaign))"""


def _is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


async def _one_at_a_time(session: AsyncSession, target: Target) -> None:
    """Two imports must see each other's numbers. SQLite has one writer anyway."""
    if not _is_sqlite(session):
        wide = target.duplicates.where in (Where.COMPANY, Where.RUNNING)
        key = 0 if wide else target.campaign_id
        await session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK, key)))


async def _stage(session: AsyncSession, batch: Prepared) -> None:
    if _is_sqlite(session):
        await session.execute(text(_STAGE.format(json="TEXT")))
        await session.execute(text("DELETE FROM import_stage"))
        if batch.rows:
            names = ", ".join(_COLUMNS)
            marks = ", ".join("?" * len(_COLUMNS))
            connection = await session.connection()
            await connection.exec_driver_sql(
                f"INSERT INTO import_stage ({names}) VALUES ({marks})",  # noqa: S608 - our own column names
                batch.rows,
            )
        return
    # leads grow under one connection: a plan made while there were few would be kept for millions
    await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    await session.execute(text("SET LOCAL enable_seqscan = off"))
    await session.execute(text(_STAGE.format(json="JSONB") + " ON COMMIT DELETE ROWS"))
    raw = await (await session.connection()).get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.copy_to_table("import_stage", source=io.BytesIO(batch.copy), columns=list(_COLUMNS))


async def _find(session: AsyncSession, target: Target, now: datetime) -> list[Bad]:
    """Rows whose lead exists already; their `found_id` is set."""
    rules = target.duplicates
    scope = _SCOPES[rules.where]
    values: dict[str, object] = {"list": target.list_id or 0, "campaign": target.campaign_id}
    if rules.days:
        scope += " AND l.created_at > :since"
        values["since"] = _moment(session, now - timedelta(days=rules.days))
    found = (_BY_ID if rules.by is By.EXTERNAL_ID else _BY_NUMBER).format(scope=scope)
    used = {name: value for name, value in values.items() if f":{name}" in found}
    await session.execute(text(_FIND.format(found=found)), used)
    rows = await session.execute(
        text(
            "SELECT s.line, s.number_raw, s.name, l.list_id, l.campaign_id FROM import_stage s"
            " JOIN leads l ON l.id = s.found_id WHERE s.found_id IS NOT NULL ORDER BY s.line"
        )
    )
    return [
        Bad(
            row.line,
            TWICE_IN_FILE
            if row.list_id == target.list_id
            else TWICE_IN_CAMPAIGN
            if row.campaign_id == target.campaign_id
            else TWICE_ELSEWHERE,
            (row.number_raw, row.name),
        )
        for row in rows
    ]


def _moment(session: AsyncSession, moment: datetime) -> object:
    """As text statements take it: SQLite keeps moments as text without a zone."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds") if _is_sqlite(session) else moment


async def _fold(
    session: AsyncSession, target: Target, bad: list[Bad], *, write: bool
) -> tuple[int, list[Bad]]:
    """Matching rows go into their leads. Returns how many did, and those that did not."""
    if not bad:
        return 0, bad
    if not write:
        return len(bad), []
    if target.duplicates.policy is Policy.UPDATE:
        merged = "json_patch(leads.fields, s.fields)" if _is_sqlite(session) else "leads.fields || s.fields"
        await session.execute(text(_UPDATE.format(merged=merged)), {"campaign": target.campaign_id})
    else:
        await _add_numbers(session)
    return len(bad), []


async def _add_numbers(session: AsyncSession) -> None:
    """The numbers of matching rows, after those the leads have."""
    rows = (
        await session.execute(
            text(
                "SELECT s.found_id, s.number, s.number_raw, s.cohort, s.more, l.list_id, l.number AS own,"
                " l.number_raw AS own_raw, l.cohort_id, l.attempts FROM import_stage s"
                " JOIN leads l ON l.id = s.found_id ORDER BY s.line"
            )
        )
    ).all()
    ids = sorted({row.found_id for row in rows})
    known = await session.execute(
        select(LeadNumber.lead_id, LeadNumber.number).where(LeadNumber.lead_id.in_(ids))
    )
    numbers: dict[int, list[str]] = {}
    for lead_id, number in known:
        numbers.setdefault(lead_id, []).append(number)
    for row in rows:
        have = numbers.setdefault(row.found_id, [])
        if not have:
            session.add(
                LeadNumber(
                    lead_id=row.found_id,
                    position=0,
                    number=row.own,
                    number_raw=row.own_raw,
                    cohort_id=row.cohort_id,
                    attempts=row.attempts,
                )
            )
            have.append(row.own)
        for number, raw, kind, key in _numbers_of(row):
            if number in have:
                continue
            cohort = cohort_of(key)
            session.add(
                LeadNumber(
                    lead_id=row.found_id,
                    position=len(have),
                    number=number,
                    number_raw=raw,
                    kind=kind,
                    cohort_id=(await cohort_ids(session, row.list_id, {cohort}))[cohort],
                )
            )
            have.append(number)
    await session.flush()


def _numbers_of(row: Any) -> list[list[str]]:
    """Number, what was written, kind and cohort of each number of a staged row."""
    if row.more is None:
        return [[row.number, row.number_raw, NumberKind.OTHER, row.cohort]]
    found: list[list[str]] = msgspec.json.decode(row.more) if isinstance(row.more, str) else row.more
    return found


async def _insert(session: AsyncSession, target: Target, batch: Prepared, now: datetime) -> tuple[int, int]:
    """The rest as new leads; returns how many, and how many of them are not to be called."""
    if target.list_id is None or not batch.good:
        return 0, 0
    await cohort_ids(session, target.list_id, batch.cohorts)
    order = await order_of(session, target.campaign_id)
    sqlite = _is_sqlite(session)
    blocked = await session.scalar(text(_BLOCKED), {"campaign": target.campaign_id}) or 0
    at = _moment(session, now)
    # beforehand: numbers joined to leads by anything else would be planned without knowing the tables
    new_id = _NEXT_SQLITE if sqlite else "nextval('leads_id_seq')"
    await session.execute(text(f"UPDATE import_stage SET lead_id = {new_id} WHERE found_id IS NULL"))  # noqa: S608
    statement = _INSERT.format(
        key=_first_key(LeadOrder(order.order), order.seed, "sqlite" if sqlite else "postgresql", now),
        # until the sweep that ends the import has asked the filter, nobody of it is dialled
        selected=("0" if order.filter else "1") if sqlite else ("false" if order.filter else "true"),
    )
    values = {"list": target.list_id, "campaign": target.campaign_id, "job": target.job_id, "at": at}
    inserted = await session.execute(text(statement), values)
    if batch.several:
        await session.execute(
            text(_NUMBERS.format(**_json_words(sqlite=sqlite))),
            {"list": target.list_id},
        )
    return int(inserted.rowcount), blocked  # type: ignore[attr-defined]


def _first_key(order: LeadOrder, seed: int, dialect: str, now: datetime) -> str:
    """The key of a lead that has just come: due now, never tried."""
    if order is LeadOrder.DUE:
        return repr(now.timestamp())
    return "0.0" if order is LeadOrder.LEAST_RECENT else key_sql(order, seed, dialect)


def _json_words(*, sqlite: bool) -> dict[str, str]:
    """How each database takes a list of lists apart."""
    if sqlite:
        parts = [f"json_extract(e.value, '$[{n}]')" for n in range(4)]
        words = {"position": "key", "each": "JOIN json_each(s.more) e", "no": "0"}
    else:
        parts = [f"(e.value ->> {n})" for n in range(4)]
        each = "CROSS JOIN LATERAL (SELECT value, ordinality - 1 AS position FROM"
        words = {
            "position": "position",
            "each": f"{each} jsonb_array_elements(s.more) WITH ORDINALITY) e",
            "no": "false",
        }
    return words | dict(zip(("first", "second", "third", "fourth"), parts, strict=True))


async def count_left(session: AsyncSession, job_id: int, list_id: int) -> int:
    """How many leads of an import are there."""
    statement = select(func.count(Lead.id)).where(Lead.list_id == list_id, Lead.import_id == job_id)
    return await session.scalar(statement) or 0
