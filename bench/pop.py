"""From Asterisk's event to the caller's card painted in Chromium, with a million contacts in the database.

The clock starts at the time stamp Asterisk puts on the event that the caller is in the queue, and stops two
animation frames after the card of that caller is in the page; both are the same machine's clock.
"""

import asyncio
import os
import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from playwright.async_api import Page, async_playwright
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from bench.figures import spread
from callcenter.calls.models import CallRow
from callcenter.demo import company
from callcenter.kernel.db import Database
from callcenter.lab.carrier import Caller, place
from callcenter.migrations.run import migrate
from crm.contacts.generate import generate
from crm.contacts.models import ContactNumber
from tests.support.service import Company, running_company

FLAGS = (
    *(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--no-sandbox",
        "--disable-gpu",
    ),
    *("--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
WATCH = """() => {
  window.painted = {};
  const look = () => {
    const card = document.querySelector('cc-customer [data-contact-id]');
    const id = card?.dataset.contactId;
    if (!id || id === window.last) return;
    window.last = id;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      window.painted[id] = performance.timeOrigin + performance.now();
    }));
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""
TALK_SECONDS = 2


async def million(contacts: int) -> Path:
    """A database with that many contacts, made once and kept in the cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "callcenter"
    path = cache / f"bench-{contacts}.db"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        await migrate(f"sqlite:///{part}")
        database = Database(f"sqlite:///{part}")
        await generate(database, contacts, seed=1, now=datetime.now(UTC))  # noqa: TID251 - demo rows
        await database.aclose()
        part.rename(path)
    return path


async def run(calls: int, contacts: int) -> dict[str, object]:
    """`calls` calls from random contacts to the one agent who works."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-bench-"))
    shutil.copyfile(await million(contacts), folder / "callcenter.db")
    async with running_company(folder) as running:
        return await _measure(running, calls) | {"contacts": contacts}


async def _measure(running: Company, calls: int) -> dict[str, object]:
    database = Database(running.settings.database_url)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        page = await _desk(browser, running.service.address)
        random = Random(1)  # noqa: S311 - which contacts call
        times: list[float] = []
        lost = 0
        for _ in range(calls):
            contact_id, number = await _somebody(database, random)
            place(
                running.carrier, Caller(number=number, to=company.LINES[0].number, talk_seconds=TALK_SECONDS)
            )
            try:
                painted = await _painted(page, contact_id)
                queued = await _queued_at(database, number)
                times.append(painted - queued)
            except TimeoutError:
                lost += 1
            await page.wait_for_selector("html[data-state=ready]", state="attached", timeout=15000)
        await browser.close()
    await database.aclose()
    return {"milliseconds": spread(times), "lost": lost}


async def _desk(browser: Any, address: str) -> Page:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    await context.grant_permissions(["microphone"], origin=address)
    page: Page = await context.new_page()
    await page.goto(f"{address}/login")
    await page.fill("input[name=login]", "maria")
    await page.fill("input[name=password]", company.PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    await page.get_by_role("button", name="Start shift").first.click()
    await page.wait_for_selector("html[data-state=ready]", state="attached", timeout=20000)
    await page.evaluate(WATCH)
    return page


async def _somebody(database: Database, random: Random) -> tuple[int, str]:
    """A contact whose number nobody shares: a shared one asks who it is and shows no card by itself."""
    other = aliased(ContactNumber)
    shared = exists().where(other.number == ContactNumber.number, other.id != ContactNumber.id)
    async with database.read() as session:
        row = (
            await session.execute(
                select(ContactNumber.contact_id, ContactNumber.number)
                .where(ContactNumber.id >= random.randint(1, 1_000_000), ~shared)
                .order_by(ContactNumber.id)
                .limit(1)
            )
        ).one()
        return row[0], row[1]


async def _painted(page: Page, contact_id: int) -> float:
    """Epoch milliseconds of the paint."""
    async with asyncio.timeout(8):
        while True:
            found = await page.evaluate("id => window.painted[id] || 0", str(contact_id))
            if found:
                await page.evaluate("id => { delete window.painted[id]; window.last = ''; }", str(contact_id))
                return float(found)
            await asyncio.sleep(0.02)


async def _queued_at(database: Database, number: str) -> float:
    """When the caller began to wait by the dialplan's own clock, epoch milliseconds."""
    async with asyncio.timeout(8):
        while True:
            async with database.read() as session:
                row = await session.scalar(
                    select(CallRow)
                    .where(CallRow.number == number)
                    .order_by(CallRow.started_at.desc())
                    .limit(1)
                )
            if row is not None and row.joined_at is not None:
                return row.joined_at.timestamp() * 1000
            with suppress(TimeoutError):
                await asyncio.sleep(0.05)
