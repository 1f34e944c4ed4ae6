"""Every page of the running company: no axe violations, no text cut off, in both themes and languages.

The pictures are what a person would look at.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import axe_violations, overflowing
from tests.support.office import (
    BOARD,
    DESKTOP,
    GRACE,
    JAMES,
    LAPTOP,
    NATALIA,
    PAVEL,
    SALES,
    SUPPORT,
    VIP,
    Desk,
    Office,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLOURS_FADE_MS = 250
THEMES = ("light", "dark")
PAGES = (
    "/supervisor",
    "/crm/contacts",
    "/crm/contacts/1",
    "/crm/contacts/new",
    "/campaigns",
    "/campaigns/1",
    "/campaigns/1/edit",
    "/campaigns/1/leads",
    "/do-not-call",
    "/callbacks",
)


async def _wear(page: Page, theme: str) -> None:
    await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    await page.wait_for_timeout(COLOURS_FADE_MS)


async def _faults(page: Page, where: str) -> list[str]:
    """In both themes what axe objects to, and texts that do not fit."""
    found = [f"{where}: {fault}" for fault in await overflowing(page)]
    for theme in THEMES:
        await _wear(page, theme)
        found += [f"{where} {theme}: {fault}" for fault in await axe_violations(page)]
    return found


async def _quiet(page: Page) -> None:
    await page.wait_for_load_state("networkidle")
    await expect(page.locator("#main .skeleton:visible")).to_have_count(0)


async def _both_themes(office: Office, page: Page, name: str, language: str) -> None:
    for theme in THEMES:
        await _wear(page, theme)
        for size in (DESKTOP, LAPTOP):
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await office.picture(page, f"{name}-{theme}-{language}-{size[0]}")


@pytest.mark.parametrize(
    ("login", "language", "number"),
    [("maria", "en", SUPPORT), ("ivan", "ru", SALES)],
    ids=["english", "russian"],
)
async def test_every_state_of_the_desk(office: Office, login: str, language: str, number: str) -> None:
    faults: list[str] = []

    async def state(desk: Desk, name: str) -> None:
        await desk.until(name)
        await _quiet(desk.page)
        await desk.page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
        faults.extend(await _faults(desk.page, name))
        await _both_themes(office, desk.page, f"desk-{name}", language)

    async with office.desk(login, size=LAPTOP) as desk:
        await state(desk, "ready")
        office.customer(NATALIA.number, number)
        await state(desk, "ringing")
        await desk.page.keyboard.press("Control+Enter")
        await state(desk, "talking")
        await desk.page.keyboard.press("Control+e")
        await state(desk, "wrapup")

    assert not faults, "\n".join(faults)


@asynccontextmanager
async def busy(office: Office) -> AsyncIterator[None]:
    """Colleagues at work, customers who wait."""
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(office.colleague(name)) for name in ("peter", "sofia", "olga")
        ]
        peter, sofia, olga = people
        await peter.press("set_paused", reason="lunch")
        office.customer(JAMES.number, VIP)
        await sofia.until(lambda: "ringing" in (sofia.state, olga.state))
        one, other = (sofia, olga) if sofia.state == "ringing" else (olga, sofia)
        await one.press("answer")
        await one.until(lambda: one.state == "talking")
        for customer, number in ((PAVEL, SALES), (GRACE, SALES), (NATALIA, SUPPORT)):
            office.customer(customer.number, number)
        if other is olga:
            await olga.until(lambda: olga.state == "ringing")
            await olga.press("answer")
        await office.floor.until(lambda: office.floor.docs["queue"]["sales"]["waiting"] == 2)
        yield


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_every_page_of_the_supervisor(office: Office, language: str) -> None:
    faults: list[str] = []
    async with busy(office):
        page = await office.page("elena", size=LAPTOP, path="/supervisor")
        try:
            await _speak(page, language)
            for path in PAGES:
                await page.goto(office.address + path)
                await _quiet(page)
                faults += await _faults(page, f"{path} {language}")
                await _both_themes(office, page, path.strip("/").replace("/", "-"), language)
            await page.set_viewport_size({"width": BOARD[0], "height": BOARD[1]})
            await page.goto(f"{office.address}/wallboard")
            await _quiet(page)
            faults += await _faults(page, f"wallboard {language}")
            for theme in THEMES:
                await _wear(page, theme)
                await office.picture(page, f"wallboard-{theme}-{language}")
        finally:
            await page.goto(f"{office.address}/supervisor")
            await _speak(page, "en")
            await page.context.close()

    assert not faults, "\n".join(faults)


async def _speak(page: Page, language: str) -> None:
    """As the button in the bar does."""
    await page.evaluate(
        """language => fetch('/api/v1/me/preferences', {
             method: 'POST',
             body: JSON.stringify({language}),
             headers: {
               'Content-Type': 'application/json',
               'X-CSRF-Token': JSON.parse(document.getElementById('page-config').textContent).csrf,
             }})""",
        language,
    )


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_login_page(office: Office, language: str) -> None:
    page = await office.browser.new_page(viewport={"width": LAPTOP[0], "height": LAPTOP[1]})
    await page.goto(f"{office.address}/login?language={language}")

    faults = await _faults(page, f"login {language}")
    await office.picture(page, f"login-{language}")
    await page.close()

    assert not faults, "\n".join(faults)
