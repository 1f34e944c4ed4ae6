"""What must not lose the customer: other pages, reloading, a second tab, a broken line."""

import sys

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from callcenter.ami.message import text
from tests.support.asterisk import ami, until
from tests.support.browser import chromium_browser
from tests.support.office import ANNA, GRACE, JAMES, PAVEL, SALES, Office, now_ms

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECOVERED_WITHIN_MS = 5000


async def test_links_and_back_keep_the_call_and_the_registration(office: Office) -> None:
    async with office.desk() as desk:
        await desk.talk(ANNA.number)
        before, media = await desk.flowing(), await desk.connections()
        page = desk.page
        await page.get_by_role("link", name="Contacts", exact=True).click()
        await expect(page.locator("h1", has_text="Contacts")).to_be_visible()
        await page.locator("#main a[href^='/crm/contacts/']").last.click()
        await expect(page.locator("article.contact")).to_be_visible()
        await page.get_by_role("link", name="Callbacks", exact=True).click()
        await expect(page.locator("h1", has_text="Callbacks")).to_be_visible()
        for _ in range(3):
            await page.go_back()
        await expect(page.locator("cc-customer h1")).to_contain_text("Anna Petrova")

        after = await desk.flowing()
        assert after.received > before.received
        assert await desk.connections() == media
        assert desk.sip_sockets() == 1
        assert await desk.registrations() == 1
        assert desk.doc["state"] == "talking"


@pytest.mark.parametrize(
    ("login", "number"), [("maria", "+74955550101"), ("ivan", SALES)], ids=["english", "russian"]
)
async def test_reloading_keeps_the_customer_with_music_and_calls_the_agent_again(
    office: Office, login: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with office.desk(login) as desk, ami(office.company.pbx) as pbx:
        call_id = await desk.talk(PAVEL.number, number)
        await desk.flowing()
        mark = len(pbx.heard)

        began = now_ms()
        await desk.page.reload()
        await pbx.until("MusicOnHoldStart", since=mark, Uniqueid=call_id)
        back = await pbx.until("BridgeEnter", since=mark, Uniqueid=call_id)
        await desk.flowing(10)
        until_heard = now_ms() - began

        left = await pbx.until("BridgeLeave", since=mark, Uniqueid=call_id)
        gap = (float(text(back, "Timestamp")) - float(text(left, "Timestamp"))) * 1000
        with capsys.disabled():
            sys.stdout.write(
                f"\n  F5: out of the bridge {gap:.0f} ms, audio again after {until_heard:.0f} ms\n"
            )
        assert gap < RECOVERED_WITHIN_MS
        assert desk.doc["state"] == "talking"
        assert desk.call["call_id"] == call_id
        assert await desk.registrations() == 1
        await expect(desk.page.locator("cc-customer h1")).to_contain_text("Pavel Ilyin")
        assert (await desk.get(f"/api/v1/calls/{call_id}"))["ended_at"] is None


async def test_reloading_while_the_customer_is_on_hold_keeps_them_there(office: Office) -> None:
    async with office.desk() as desk, ami(office.company.pbx) as pbx:
        call_id = await desk.talk(GRACE.number)
        await desk.page.keyboard.press("h")
        await desk.until("hold")

        mark = len(pbx.heard)
        await desk.page.reload()
        await pbx.until("UserEvent", since=mark, UserEvent="CCAgentLeg")  # before that "up" is the old leg's
        await office.floor.until(lambda: desk.doc["phone"] == "up")
        await desk.until("hold")
        await office.in_context(call_id, "cc-hold")
        await desk.page.keyboard.press("h")
        await desk.until("talking")
        await desk.flowing(10)


async def test_a_second_tab_shows_the_call_and_takes_over_when_the_first_closes(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    async with office.desk() as desk:
        call_id = await desk.talk(JAMES.number)
        await desk.flowing()
        second = await desk.context.new_page()
        sip: list[str] = []
        second.on("websocket", lambda socket: sip.append(socket.url))
        await second.goto(f"{office.address}/desk")
        await expect(second.locator(".call.talking")).to_contain_text("James Lowe")
        assert [url for url in sip if url.endswith("/ws")] == []
        assert await desk.registrations() == 1
        await second.get_by_role("button", name="Mute").click()
        await expect(desk.page.locator(".call")).to_contain_text("Your microphone is muted")
        await second.get_by_role("button", name="Unmute").click()
        await expect(desk.page.locator(".call")).not_to_contain_text("Your microphone is muted")

        began = now_ms()
        await desk.page.close()
        desk.page = second
        await desk.flowing(10)
        heard_again = now_ms() - began

        assert desk.doc["state"] == "talking"
        assert desk.call["call_id"] == call_id
        assert await desk.registrations() == 1
        assert await office.channel(call_id)
        with capsys.disabled():
            sys.stdout.write(f"\n  second tab: audio again after {heard_again:.0f} ms\n")


async def test_a_denied_microphone_is_said_and_no_shift_begins(office: Office) -> None:
    async with (
        chromium_browser("--use-fake-ui-for-media-stream=deny") as strict,
        office.desk(shift=False, browser=strict) as desk,
    ):
        await desk.page.locator(".call .answer").click()
        await expect(desk.page.locator(".call [role=alert]")).to_contain_text(
            "The browser may not use the microphone"
        )
        await desk.picture("desk-no-microphone-light-en")
        assert desk.doc["state"] == "offline"


async def test_a_phone_that_loses_its_line_keeps_the_customer_and_comes_back(office: Office) -> None:
    lines: list[WebSocketRoute] = []
    cut = False

    async def route(socket: WebSocketRoute) -> None:
        if cut:
            await socket.close()
            return
        lines.append(socket)
        socket.connect_to_server()

    async def prepare(page: Page) -> None:
        await page.route_web_socket(lambda url: url.endswith("/ws"), route)

    async with office.desk(prepare=prepare) as desk:
        call_id = await desk.talk(ANNA.number)
        await desk.flowing()
        cut = True
        for line in lines:
            await line.close()

        await expect(desk.page.locator(".call")).to_contain_text(
            "Your phone is being connected again. The customer hears music."
        )
        await desk.picture("desk-phone-lost-light-en")
        await office.in_context(call_id, "cc-served")
        cut = False

        await office.floor.until(lambda: desk.doc["phone"] == "up", 18)
        await desk.flowing(10)
        assert desk.doc["state"] == "talking"
        assert desk.call["call_id"] == call_id


async def test_a_page_that_is_closed_for_good_gives_the_customer_back_to_the_queue(office: Office) -> None:
    async with office.desk() as desk:
        call_id = await desk.talk(ANNA.number)
        await desk.page.goto("about:blank")
        began = now_ms()

        async def waits_again() -> bool:
            return office.floor.docs["call"][call_id]["state"] == "waiting"

        await until(waits_again, seconds=30)
        assert 15_000 < now_ms() - began < 28_000
        assert "!cc-queue!" in await office.channel(call_id)
