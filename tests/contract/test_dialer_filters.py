"""Filters find the same leads on both databases, and nothing a person types becomes SQL."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from callcenter.dialer.lists.filters import FIELDS, OPERATORS, compiled
from callcenter.dialer.states import Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database
from callcenter.kernel.errors import Invalid
from tests.support.factories.dialer import german_number, make_campaign, make_lead

ROME = {"debt": 10, "town": "Rome"}


def field(name: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": name, "op": op, "value": value}


async def fitting(database: Database, clock: ManualClock, tree: dict[str, Any]) -> list[int]:
    """Positions of the leads that fit, of four that differ in everything."""
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        rows: tuple[dict[str, Any], ...] = (
            {
                "name": "Ann 100%",
                "region": "US",
                "subdivision": "US-FL",
                "fields": {"debt": 10, "town": "Rome"},
            },
            {"name": "Bob_x", "region": "US", "rank": 5, "attempts": 2, "last_outcome": Outcome.BUSY},
            {"name": "CAROL", "region": "DE", "consent": True, "fields": {"debt": 250.5, "town": "O'Hara"}},
            {"name": "", "region": "DE", "last_tried_at": clock.now(), "fields": {"debt": "much"}},
        )
        for index, values in enumerate(rows):
            at = clock.now() - timedelta(days=index)
            await make_lead(session, campaign, german_number(index), at, **values)
    async with database.read() as session:
        dialect = session.get_bind().dialect.name
        condition = compiled(tree, dialect, clock.now())
        found = await session.execute(
            text(f"SELECT number FROM leads WHERE {condition.sql} ORDER BY id"),  # noqa: S608
            condition.values,
        )
        return [int(number[-1]) for (number,) in found]


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        (field("region", "is", "US"), [0, 1]),
        (field("region", "is-not", "US"), [2, 3]),
        (field("subdivision", "filled"), [0]),
        (field("name", "contains", "o"), [1, 2]),
        (field("name", "contains", "%"), [0]),
        (field("name", "contains", "_"), [1]),
        (field("name", "starts", "car"), [2]),
        (field("name", "empty"), [3]),
        (field("attempts", "over", 1), [1]),
        (field("rank", "in", [5, 6]), [1]),
        (field("consent", "is", True), [2]),
        (field("known", "is", False), [0, 1, 2, 3]),
        (field("last_outcome", "is", "busy"), [1]),
        (field("last_outcome", "is-not", "busy"), [0, 2, 3]),
        (field("last_tried_at", "empty"), [0, 1, 2]),
        (field("created_at", "last-days", 1.5), [0, 1]),
        (field("created_at", "before", "2026-03-01"), [2, 3]),
        (field("own:debt", "over", 100), [2]),
        (field("own:town", "is", "O'Hara"), [2]),
        (field("own:town", "contains", "rom"), [0]),
        (field("own:nothing", "empty"), [0, 1, 2, 3]),
        ({"all": [field("region", "is", "US"), field("rank", "under", 5)]}, [0]),
        ({"any": [field("rank", "is", 5), field("consent", "is", True)]}, [1, 2]),
        ({"not": field("last_outcome", "is", "busy")}, [0, 2, 3]),
        ({"not": {"any": [field("region", "is", "US"), field("name", "empty")]}}, [2]),
    ],
    ids=str,
)
async def test_a_filter_fits_what_it_says(
    database: Database, clock: ManualClock, tree: dict[str, Any], expected: list[int]
) -> None:
    assert await fitting(database, clock, tree) == expected


@pytest.mark.databases("sqlite")
async def test_every_field_takes_every_operator_of_its_sort(database: Database, clock: ManualClock) -> None:
    values: dict[str, Any] = {"in": ["1"], "before": "2026-01-01", "after": "2026-01-01T10:00:00+00:00"}
    parts = [field(f.name, op, values.get(op, 1)) for f in FIELDS.values() for op in OPERATORS[f.sort]]

    for start in range(0, len(parts), 50):
        async with database.read() as session:
            condition = compiled({"any": parts[start : start + 50]}, "sqlite", clock.now())
            await session.execute(text(f"SELECT id FROM leads WHERE {condition.sql}"), condition.values)  # noqa: S608


@pytest.mark.parametrize(
    "tree",
    [
        field("1=1; DROP TABLE leads; --", "is", 1),
        field("rank", "= 1 OR 1=1 --", 1),
        field("rank", "is", "1 OR 1=1"),
        field("rank", "in", []),
        field("rank", "in", "12"),
        field("created_at", "before", "yesterday"),
        field("name", "is", {"a": 1}),
        {"all": "x"},
        {"all": [[]]},
        {"not": {"not": {"not": {"not": {"not": {"not": {"not": {}}}}}}}},
        {"any": [field("rank", "is", 1)] * 61},
    ],
    ids=str,
)
@pytest.mark.databases("sqlite")
def test_what_is_no_filter_is_refused(clock: ManualClock, tree: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        compiled(tree, "sqlite", clock.now())
    with pytest.raises(Invalid):
        compiled(tree, "postgresql", clock.now())


def test_a_campaigns_filter_looks_at_nothing_that_dialling_changes(clock: ManualClock) -> None:
    with pytest.raises(Invalid):
        compiled(field("attempts", "over", 1), "sqlite", clock.now(), steady_only=True)
