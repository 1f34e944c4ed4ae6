"""Areas are written as people write them, closed once and opened again."""

import pytest
from sqlalchemy import select

from callcenter.dialer.registries import service
from callcenter.dialer.registries.models import BlockedArea
from callcenter.dialer.registries.service import AreaDraft, read_area
from callcenter.kernel.errors import NotFound
from callcenter.kernel.tx import Transactions, system_actor

BOSS = system_actor("boss")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ru", ("RU", 0)),
        ("US-FL", ("US-FL", 0)),
        ("+7 495", ("+7495", 0)),
        ("+7495*", ("+7495", 0)),
        ("+1212555????", ("+1212555", 11)),
        ("7495", None),
        ("+7*5", None),
        ("", None),
        ("Russia", None),
    ],
)
def test_areas_are_written_as_people_write_them(pattern: str, expected: tuple[str, int] | None) -> None:
    assert read_area(pattern) == expected


async def test_an_area_is_closed_once_and_opened_again(transactions: Transactions) -> None:
    async with transactions.begin(BOSS) as tx:
        row = await service.block_area(tx, AreaDraft(pattern="+7495*"))
        await service.block_area(tx, AreaDraft(pattern="+7495"))
    async with transactions.read() as session:
        rows = (await session.scalars(select(BlockedArea))).all()
    assert [(one.id, one.key) for one in rows] == [(row.id, "+7495")]
    async with transactions.begin(BOSS) as tx:
        await service.allow_area(tx, row.id)
    with pytest.raises(NotFound):
        async with transactions.begin(BOSS) as tx:
            await service.allow_area(tx, row.id)
