"""A supervisor's browser on the stage of the floor."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from callcenter.kernel.clock import SystemClock
from tests.support.floor_browsing import Open
from tests.support.floor_stage import LOGIN, Play, open_stage
from tests.support.people import PASSWORD
from tests.support.programs import find, free_port


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=find("chromium", "chromium"))
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def floor(browser: Browser, tmp_path: Path) -> AsyncIterator[Open]:
    """`await floor("/wallboard", russian=True)` signs a supervisor in and gives the page and the play."""
    async with AsyncExitStack() as stack:

        async def start(
            path: str = "/supervisor",
            *,
            russian: bool = False,
            width: int = 1440,
            height: int = 900,
            theme: str = "light",
        ) -> tuple[Page, Play]:
            url, play = await stack.enter_async_context(
                open_stage(tmp_path, free_port(), SystemClock(), russian=russian)
            )
            context = await browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="light"
            )
            page = await context.new_page()
            page.set_default_timeout(8000)
            await page.goto(f"{url}/login")
            await page.fill("[name=login]", LOGIN)
            await page.fill("[name=password]", PASSWORD)
            await page.press("[name=password]", "Enter")
            await page.wait_for_url("**/supervisor")
            if path != "/supervisor":
                await page.goto(url + path)
            await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            return page, play

        yield start
