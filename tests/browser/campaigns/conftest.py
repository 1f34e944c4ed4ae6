"""A supervisor's browser on the stage of campaigns."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page

from callcenter.kernel.clock import SystemClock
from tests.support.browser import chromium_browser
from tests.support.campaign_stage import campaign_stage
from tests.support.floor_browsing import Open
from tests.support.floor_stage import LOGIN, Play
from tests.support.people import PASSWORD
from tests.support.programs import free_port


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with chromium_browser() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="session")
async def campaigns(chromium: Browser, tmp_path: Path) -> AsyncIterator[Open]:
    """`await campaigns("/campaigns/1", russian=True)` signs a supervisor in; gives the page and the play."""
    async with AsyncExitStack() as stack:

        async def start(
            path: str = "/campaigns",
            *,
            russian: bool = False,
            width: int = 1440,
            height: int = 900,
            theme: str = "light",
        ) -> tuple[Page, Play]:
            url, play = await stack.enter_async_context(
                campaign_stage(tmp_path, free_port(), SystemClock(), russian=russian)
            )
            size = {"width": width, "height": height}
            context = await chromium.new_context(viewport=size, color_scheme="light", reduced_motion="reduce")  # type: ignore[arg-type]
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(8000)
            await page.goto(f"{url}/login")
            await page.fill("[name=login]", LOGIN)
            await page.fill("[name=password]", PASSWORD)
            await page.press("[name=password]", "Enter")
            await page.wait_for_url("**/supervisor")
            await page.goto(url + path)
            await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            return page, play

        yield start
