"""A real Chromium for page tests, and what every page must pass in it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

HOUSE = Path(__file__).parents[2]
AXE = HOUSE / "agent_ui" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--font-render-hinting=none"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
    "--autoplay-policy=no-user-gesture-required",
)

OVERFLOWS = (Path(__file__).parent / "overflows.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def program() -> str | None:
    """The system's Chromium; None lets Playwright take its own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@asynccontextmanager
async def chromium_browser(*flags: str) -> AsyncIterator[Browser]:
    """The system's Chromium, or Playwright's own; a flag given twice means the last one."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()


async def axe_violations(page: Page) -> list[str]:
    """What axe-core objects to, one line each."""
    await page.evaluate(AXE.read_text("utf-8"))
    result: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules})", RULES
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in result["violations"]
        for node in one["nodes"]
    ]


async def overflowing(page: Page) -> list[str]:
    """Texts that do not fit where they stand."""
    found: list[str] = await page.evaluate(OVERFLOWS)
    return found
