"""What browser tests of the floor ask of a page."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

from tests.support.browsing import HOUSE
from tests.support.floor_stage import Play

AXE = HOUSE / "agent_ui" / "node_modules" / "axe-core" / "axe.min.js"

Open = Callable[..., Awaitable[tuple[Page, Play]]]


async def violations(page: Page) -> list[str]:
    """What axe finds wrong with what is on the page now."""
    await page.evaluate(AXE.read_text())
    found: list[dict[str, str]] = await page.evaluate("axe.run().then((result) => result.violations)")
    return [f"{one['id']}: {one['help']}" for one in found]


async def cut_off(page: Page, inside: str) -> list[str]:
    """Elements whose text does not fit and is not meant to be shortened."""
    found: list[str] = await page.evaluate(
        """(inside) => [...document.querySelectorAll(inside)].filter((one) =>
             one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
             && !one.closest('.cut, .vh, .scroll') && getComputedStyle(one).display !== 'inline')
           .map((one) => one.className + ': ' + one.textContent.trim().slice(0, 40))""",
        inside,
    )
    return found
