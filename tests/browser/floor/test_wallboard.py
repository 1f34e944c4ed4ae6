"""The wallboard in Chromium: it fits the screen, says how old it is, and greys rather than lies."""

import re

import pytest
from playwright.async_api import expect

from tests.support.floor_browsing import Open, cut_off, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")  # one browser for all


async def test_the_worst_queue_is_red_until_its_caller_is_served(floor: Open) -> None:
    page, play = await floor("/wallboard", width=1920, height=1080)
    await expect(page.locator(".wall-queues tbody tr.breach")).to_have_text(re.compile("VIP"))

    play.put("queue", "vip", waiting=0, longest_since=None)

    await expect(page.locator(".wall-queues tbody tr.breach")).to_have_count(0)
    await expect(page.locator(".tile.wait")).not_to_have_class(re.compile("breach"))
    await expect(page.locator(".tile.wait .n")).to_have_text("6")


async def test_a_lost_link_greys_the_board_and_says_for_how_long(floor: Open) -> None:
    page, play = await floor("/wallboard")
    await expect(page.locator(".fresh.live")).to_be_visible()

    await play.cut()

    await expect(page.locator(".board.grey")).to_be_visible()
    await expect(page.locator(".fresh.lost")).to_contain_text("no connection for 0:0")


@pytest.mark.parametrize("russian", [False, True], ids=["english", "russian"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720)])
async def test_it_fits_the_screen_without_scrolling(
    floor: Open, width: int, height: int, russian: bool
) -> None:
    page, _play = await floor("/wallboard", russian=russian, width=width, height=height)
    await page.locator(".wall-queues tbody tr").first.wait_for()

    table = await page.locator(".wall-queues").bounding_box()

    assert table is not None
    assert table["y"] + table["height"] <= height
    assert await cut_off(page, "main *") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_bars_the_way(floor: Open, theme: str) -> None:
    page, _play = await floor("/wallboard", theme=theme, width=1920, height=1080)
    await page.locator(".wall-queues tbody tr").first.wait_for()

    assert await violations(page) == []
