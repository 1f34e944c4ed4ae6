"""The running company seen from its desks: real calls, Chromium with the browser phone, a supervisor's eye.

`open_office` starts everything once; `Office.desk` is one agent's page for one test, and leaves the agent off
shift with nobody on the line.
"""

import asyncio
import io
import math
import os
import wave
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Dialog, Page, WebSocket, expect

from callcenter.demo import company as demo
from callcenter.kernel.clock import SystemClock
from callcenter.lab.carrier import Caller, CarrierConfig, place
from callcenter.lab.numbering import Mix, Scenario
from tests.support.asterisk import until
from tests.support.browser import chromium_browser
from tests.support.service import Company, Person, running_company, sign_in

PICTURES = "CALLCENTER_TEST_PICTURES"
WATCH = (Path(__file__).parent / "watch.js").read_text("utf-8")
SUPPORT, DELIVERY, SALES, VIP = (line.number for line in demo.LINES)
ANNA, PAVEL, GRACE, NATALIA, JAMES, SEMYON = demo.CUSTOMERS
EVERYBODY_ANSWERS = Mix(
    prefix="7", seed=7, weights={Scenario.PERSON: 1}, ring_seconds=(1.5, 2.5), talk_seconds=(60, 90)
)
ON_THE_LINE = frozenset({"ringing", "dialling", "talking", "hold"})
DESKTOP = (1440, 900)
LAPTOP = (1280, 720)
BOARD = (1920, 1080)
FRAME_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Rtp:
    """Packets of the agent's leg since it was set up, as the browser counts them."""

    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A stereo recording: loudness of every tenth of a second, customer and agent."""

    customer: Sequence[float]
    agent: Sequence[float]

    @property
    def seconds(self) -> float:
        return len(self.customer) * FRAME_SECONDS


def loudness(content: bytes) -> Recording:
    """Root mean square of each channel, 0..1."""
    with wave.open(io.BytesIO(content)) as file:
        assert file.getnchannels() == 2
        step = round(file.getframerate() * FRAME_SECONDS)
        samples = array("h", file.readframes(file.getnframes()))
    sides = []
    for channel in (samples[0::2], samples[1::2]):
        frames = [channel[at : at + step] for at in range(0, len(channel) - step + 1, step)]
        sides.append([math.sqrt(sum(s * s for s in frame) / step) / 32768 for frame in frames])
    return Recording(*sides)


def longest_quiet(frames: Sequence[float], below: float = 0.003) -> float:
    """The longest stretch without a sound, in seconds."""
    longest = run = 0
    for loud in frames:
        run = run + 1 if loud < below else 0
        longest = max(longest, run)
    return longest * FRAME_SECONDS


@dataclass(slots=True)
class Desk:
    """An agent's page. What the floor says of the agent comes by another road: the supervisor's socket."""

    office: "Office"
    login: str
    agent_id: int
    context: BrowserContext
    page: Page
    sockets: list[WebSocket] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def doc(self) -> dict[str, Any]:
        """The agent's document on the live board."""
        return self.office.floor.docs["agent"][str(self.agent_id)]

    @property
    def call(self) -> dict[str, Any]:
        call = self.doc["call"]
        assert call is not None, "there is no call"
        return dict(call)

    @property
    def endpoint(self) -> str:
        return f"agent{self.agent_id}"

    async def start_shift(self) -> None:
        """Press the button; ready with the nailed leg up."""
        await self.page.locator(".call .answer").click()
        await self.until("ready")
        await self.office.floor.until(lambda: self.doc["phone"] == "up")

    async def until(self, state: str, seconds: float = 15.0) -> None:
        """The page shows this state, and the floor says the same."""
        await expect(self.page.locator("html")).to_have_attribute("data-state", state, timeout=seconds * 1000)
        await self.office.floor.until(lambda: self.doc["state"] == state, seconds)

    async def talk(self, number: str, to: str = SUPPORT, seconds: int = 90) -> str:
        """A customer calls and is answered; gives the call's id."""
        self.office.customer(number, to, seconds)
        await self.until("ringing")
        await self.page.keyboard.press("Enter")
        await self.until("talking")
        return str(self.call["call_id"])

    async def rtp(self) -> Rtp:
        counted = await self.page.evaluate("() => window.watched.rtp()")
        return Rtp(received=counted["received"], sent=counted["sent"])

    async def connections(self) -> int:
        """Media connections that this page made since it was loaded."""
        return int(await self.page.evaluate("() => window.watched.connections()"))

    async def flowing(self, seconds: float = 5.0) -> Rtp:
        """Packets come and go; gives the counters."""
        first = await self.rtp()
        async with asyncio.timeout(seconds):
            while True:
                await self.page.wait_for_timeout(50)
                now = await self.rtp()
                if now.received > first.received + 5 and now.sent > first.sent + 5:
                    return now
                if now.received < first.received:
                    first = now

    async def finish(self, key: str = "1") -> None:
        """Choose an outcome and finish wrap-up; ready again."""
        await self.until("wrapup")
        await expect(self.page.locator(".outcomes")).to_be_visible()
        await self.page.keyboard.press(key)
        await self.page.keyboard.press("Control+Enter")
        await self.until("ready")

    async def registrations(self) -> int:
        """Phones of this agent that Asterisk knows."""
        contacts = await self.office.company.pbx.cli("pjsip show contacts")
        return contacts.count(f" {self.endpoint}/")

    def sip_sockets(self) -> int:
        """Connections to the telephone service that this page ever made."""
        return sum(1 for socket in self.sockets if socket.url.endswith("/ws"))

    async def get(self, path: str) -> Any:
        answer = await self.page.request.get(
            self.office.address + path, headers={"Accept": "application/json"}
        )
        assert answer.status == 200, (path, answer.status)
        return await answer.json()

    async def recording(self, call_id: str) -> Recording:
        """Through the address that the page's player has."""
        contact_id = (await self.get(f"/api/v1/calls/{call_id}"))["contact_id"]

        async def ready() -> bool:
            return bool((await self.get(f"/api/v1/calls/{call_id}"))["recording"])

        await until(ready, seconds=20, every=0.3)
        page = await self.context.new_page()
        await page.goto(f"{self.office.address}/crm/contacts/{contact_id}")
        player = page.locator(f"cc-player[src*='{call_id}']").first
        await expect(player.locator("button")).to_be_visible()
        source = await player.get_attribute("src")
        answer = await page.request.get(f"{self.office.address}{source}")
        await page.close()
        assert answer.status == 200
        return loudness(await answer.body())

    async def picture(self, name: str) -> None:
        await self.office.picture(self.page, name)


@dataclass(slots=True)
class Office:
    """The company, one browser, and a supervisor whose socket tells what is true."""

    company: Company
    browser: Browser
    floor: Person
    pictures: Path

    @property
    def address(self) -> str:
        return self.company.service.address

    def customer(self, number: str, to: str = SUPPORT, seconds: int = 90) -> None:
        """Somebody calls us."""
        place(self.company.carrier, Caller(number=number, to=to, talk_seconds=seconds))

    async def customers_leave(self) -> None:
        await self.company.carrier.cli("channel request hangup all")

    async def picture(self, page: Page, name: str) -> None:
        await page.screenshot(path=self.pictures / f"{name}.png", animations="disabled")

    async def channel(self, leg_id: str) -> str:
        """What Asterisk says of a channel; empty when it is gone."""
        for row in (await self.company.pbx.cli("core show channels concise")).splitlines():
            if row.endswith(f"!{leg_id}"):
                return row
        return ""

    async def in_context(self, leg_id: str, context: str, seconds: float = 5.0) -> None:
        """Wait until the channel is there in the dialplan."""

        async def there() -> bool:
            return f"!{context}!" in await self.channel(leg_id)

        await until(there, seconds=seconds)

    async def page(
        self,
        login: str,
        *,
        size: tuple[int, int] = DESKTOP,
        theme: str = "light",
        browser: Browser | None = None,
        prepare: Callable[[Page], Awaitable[None]] | None = None,
        path: str = "/desk",
    ) -> Page:
        """A signed-in page in a context of its own."""
        context = await (browser or self.browser).new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            timezone_id="Europe/Moscow",
        )
        await context.add_init_script(WATCH)
        page = await context.new_page()
        if prepare is not None:
            await prepare(page)
        await page.goto(f"{self.address}/login?next={path}")
        await page.fill("form:has([type=password]:visible) [name=login]", login)
        await page.fill("[type=password]:visible", demo.PASSWORD)
        await page.click("form:has([type=password]:visible) button")
        await page.wait_for_url(f"**{path}")
        return page

    @asynccontextmanager
    async def desk(
        self,
        login: str = "maria",
        *,
        size: tuple[int, int] = DESKTOP,
        theme: str = "light",
        shift: bool = True,
        browser: Browser | None = None,
        prepare: Callable[[Page], Awaitable[None]] | None = None,
    ) -> AsyncIterator[Desk]:
        """An agent at work. Afterwards nobody is on the line and the agent is off shift."""
        name = next(person.name for person in demo.PEOPLE if person.login == login)
        agents = self.floor.docs["agent"].values()
        agent_id = next(int(str(doc["id"])) for doc in agents if doc["name"] == name)
        faults: list[str] = []
        sockets: list[WebSocket] = []

        async def watch(page: Page) -> None:
            page.on("websocket", lambda socket: sockets.append(socket))
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("dialog", _accept)
            if prepare is not None:
                await prepare(page)

        page = await self.page(login, size=size, theme=theme, browser=browser, prepare=watch)
        made = Desk(self, login, agent_id, page.context, page, sockets, faults)
        try:
            await page.locator(".call").wait_for()
            if shift:
                await made.start_shift()
            yield made
            assert faults == []
        finally:
            await self.customers_leave()
            await self.dismiss(agent_id)
            await page.context.close()

    async def dismiss(self, agent_id: int) -> None:
        """Off shift, whatever the agent was at."""

        def state() -> str:
            return str(self.floor.docs["agent"][str(agent_id)]["state"])

        await self.floor.until(lambda: state() not in ON_THE_LINE)
        if state() != "offline":
            await self.floor.press("supervise_logout", agent_id=agent_id)
            await self.floor.until(lambda: state() == "offline")

    def call_of(self, agent_id: int) -> str:
        """The id of the call that an agent has."""
        call: Any = self.floor.docs["agent"][str(agent_id)]["call"]
        return str(call["call_id"])

    @asynccontextmanager
    async def colleague(self, login: str) -> AsyncIterator[Person]:
        """Somebody with a desk phone, on shift."""
        async with await sign_in(self.address, login) as person:
            try:
                assert (await person.press("start_shift"))["ok"]
                await person.until(lambda: person.state in ("ready", "ringing"))
                yield person
            finally:
                await self.customers_leave()
                await self.dismiss(person.agent_id)


async def _accept(dialog: Dialog) -> None:
    """The browser asks before it leaves a page with a call: yes, leave."""
    await dialog.accept()


def moment(text: str) -> float:
    """An ISO time as epoch milliseconds, as pages count."""
    return datetime.fromisoformat(text).timestamp() * 1000


def now_ms() -> float:
    return SystemClock().now().timestamp() * 1000


@asynccontextmanager
async def open_office(folder: Path) -> AsyncIterator[Office]:
    """Everything up. Pictures go where CALLCENTER_TEST_PICTURES says, else beside the data."""
    pictures = Path(os.environ.get(PICTURES) or folder / "pictures")
    await asyncio.to_thread(pictures.mkdir, parents=True, exist_ok=True)
    async with (
        running_company(folder, lab=CarrierConfig(mixes=(EVERYBODY_ANSWERS,))) as company,
        chromium_browser() as browser,
        await sign_in(company.service.address, "elena") as floor,
    ):
        yield Office(company, browser, floor, pictures)
