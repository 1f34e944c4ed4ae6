"""The last look at Asterisk comes back from either database as it was."""

from dataclasses import replace
from datetime import UTC, datetime

from callcenter.kernel.db import Database
from callcenter.pbx.readback import Present, Problem, Target
from callcenter.pbx.seen import Seen, last_seen, remember

SEEN = Seen(
    at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    present=Present(
        version="22.1.0",
        numbers={"74955550101": Target("support", "ru")},
        queues=frozenset({"support", "sales"}),
        trunks={"carrier": "sip:sip.example.com:5060"},
    ),
)


async def test_what_was_seen_last_takes_the_place_of_what_was_seen_before(database: Database) -> None:
    async with database.read() as session:
        at_first = await last_seen(session)
    async with database.write() as session:
        await remember(session, SEEN)
    async with database.write() as session:
        await remember(session, replace(SEEN, problem=Problem.REFUSED, detail="x" * 500))

    async with database.read() as session:
        found = await last_seen(session)

    assert at_first is None
    assert found == replace(SEEN, problem=Problem.REFUSED, detail="x" * 400)


async def test_it_knows_a_number_by_where_it_leads(database: Database) -> None:
    assert SEEN.has_number("+74955550101", "support", "ru")
    assert not SEEN.has_number("+74955550101", "support", "en")
    assert not SEEN.has_number("+74955550102", "support", "ru")
    assert SEEN.has_queue("sales")
    assert not SEEN.has_queue("vip")
