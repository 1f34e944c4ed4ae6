"""A call from ring to outcome: real Asterisk, a real carrier, the browser phone in Chromium."""

import pytest
from playwright.async_api import expect

from callcenter.ami.message import Headers, text
from tests.support.asterisk import ami, until
from tests.support.office import (
    ANNA,
    GRACE,
    JAMES,
    PAVEL,
    SALES,
    SEMYON,
    SUPPORT,
    Desk,
    Office,
    longest_quiet,
    moment,
    now_ms,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

AUDIBLE = 0.01


async def test_the_card_is_painted_before_the_answer_and_both_hear_each_other(office: Office) -> None:
    async with office.desk() as desk:
        await desk.picture("desk-ready-light-en")
        assert await desk.registrations() == 1
        office.customer(ANNA.number)
        await desk.until("ringing")
        await expect(desk.page.locator("cc-customer h1")).to_contain_text("Anna Petrova")
        assert "!cc-queue!" in await office.channel(desk.call["call_id"])
        await desk.picture("desk-ringing-light-en")

        await desk.page.keyboard.press("Enter")
        await desk.until("talking")
        call_id = desk.call["call_id"]
        painted = await desk.page.evaluate("() => Object.entries(window.watched.painted)")
        card = next(at for text, at in painted if text.startswith("Anna Petrova"))
        assert 0 < card < moment(desk.call["answered_at"])
        before = await desk.rtp()
        await desk.page.wait_for_timeout(4000)
        after = await desk.flowing()
        assert after.received - before.received > 150
        assert after.sent - before.sent > 150
        await desk.picture("desk-talking-light-en")

        await desk.page.keyboard.press("Control+e")
        await desk.until("wrapup")
        await desk.picture("desk-wrapup-light-en")
        await desk.finish("1")
        recording = await desk.recording(call_id)
        assert max(recording.customer) > AUDIBLE
        assert max(recording.agent) > AUDIBLE
        row = await desk.get(f"/api/v1/calls/{call_id}")
        assert (row["disposition"], row["outcome"], row["ended_by"]) == ("resolved", "answered", "agent")


async def test_a_held_customer_hears_music_and_is_heard_again(office: Office) -> None:
    async with office.desk() as desk, ami(office.company.pbx) as pbx:
        call_id = await desk.talk(PAVEL.number)
        await desk.flowing()
        await desk.page.wait_for_timeout(2500)
        mark = len(pbx.heard)

        await desk.page.keyboard.press("h")
        await desk.until("hold")
        await pbx.until("MusicOnHoldStart", since=mark, Uniqueid=call_id)
        assert "!cc-hold!" in await office.channel(call_id)
        await desk.picture("desk-hold-light-en")

        await desk.page.locator(".controls button", has_text="Resume").click()
        await desk.until("talking")
        await desk.flowing()
        assert await office.channel(call_id)
        assert desk.sip_sockets() == 1
        await desk.page.wait_for_timeout(2500)
        await desk.page.keyboard.press("Control+e")
        await desk.finish()
        recording = await desk.recording(call_id)
        assert recording.seconds > 4.5, "the talk before and after the hold"


async def test_a_muted_agent_is_silent_in_the_recording(office: Office) -> None:
    async with office.desk() as desk:
        call_id = await desk.talk(GRACE.number)
        await desk.page.wait_for_timeout(2500)
        await desk.page.evaluate(
            "document.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyM', key: 'ь', bubbles: true}))"
        )
        await expect(desk.page.locator(".call")).to_contain_text("Your microphone is muted")
        await desk.page.wait_for_timeout(4000)
        await desk.page.keyboard.press("m")
        await expect(desk.page.locator(".call")).not_to_contain_text("Your microphone is muted")
        await desk.page.wait_for_timeout(2500)
        await desk.page.keyboard.press("Control+e")
        await desk.finish()

        recording = await desk.recording(call_id)
        spoken = [loud > AUDIBLE for loud in recording.agent]
        first, last = spoken.index(True), len(spoken) - spoken[::-1].index(True)
        assert 3.5 <= longest_quiet(recording.agent[first:last]) <= 6.0
        assert max(recording.customer) > AUDIBLE


async def test_keypad_tones_arrive_at_the_far_end(office: Office) -> None:
    async with office.desk() as desk, ami(office.company.carrier) as carrier:
        await desk.talk(JAMES.number)
        await desk.flowing()
        await desk.page.keyboard.press("k")
        keypad = desk.page.get_by_role("dialog", name="Keypad")
        await keypad.get_by_role("button", name="7", exact=True).click()
        await desk.page.keyboard.press("4")

        for digit in "74":
            await carrier.until("DTMFEnd", Digit=digit, Direction="Received", seconds=5)
        await expect(keypad.get_by_label("Digits sent")).to_have_text("74")
        assert desk.doc["state"] == "talking"


async def _transfer(desk: Desk, target: str, button: str = "Transfer") -> None:
    await desk.page.keyboard.press("t" if button == "Transfer" else "c")
    dialog = desk.page.get_by_role("dialog")
    await dialog.locator("input").fill(target)
    await dialog.locator("li").first.get_by_role("button", name=button, exact=True).click()
    await expect(dialog).to_have_count(0)


async def test_a_blind_transfer_to_a_queue_lets_the_customer_wait_there(office: Office) -> None:
    async with office.desk() as desk:
        call_id = await desk.talk(PAVEL.number)

        await _transfer(desk, "Sales")

        await desk.until("wrapup")
        await office.floor.until(lambda: office.floor.docs["call"][call_id]["queue"] == "sales")
        assert office.floor.docs["call"][call_id]["state"] == "waiting"
        assert "!cc-queue!" in await office.channel(call_id)
        await desk.finish("3")
        async with office.colleague("igor") as igor:
            await igor.until(lambda: igor.state == "ringing")
            await igor.press("answer")
            await igor.until(lambda: igor.state == "talking")
            assert office.call_of(igor.agent_id) == call_id


async def test_a_blind_transfer_to_a_colleague_is_offered_to_them(office: Office) -> None:
    async with office.desk() as desk, office.colleague("igor") as igor:
        call_id = await desk.talk(GRACE.number)

        await _transfer(desk, "Igor")

        await igor.until(lambda: igor.state == "ringing")
        await igor.press("answer")
        await igor.until(lambda: igor.state == "talking")
        await desk.until("wrapup")
        assert office.call_of(igor.agent_id) == call_id
        await desk.finish()


def _enters(event: Headers, bridge: str) -> bool:
    return text(event, "Event") == "BridgeEnter" and text(event, "BridgeUniqueid") == bridge


async def test_an_attended_transfer_asks_swaps_and_brings_both_together(office: Office) -> None:
    async with office.desk() as desk, ami(office.company.pbx) as pbx:
        call_id = await desk.talk(JAMES.number)
        await _transfer(desk, "+78125550100", "Ask first")
        second = desk.page.locator(".second")
        await expect(second).to_contain_text("Consult, talking", timeout=15_000)
        await desk.until("hold")
        assert "!cc-hold!" in await office.channel(call_id)
        await desk.flowing()
        await desk.picture("desk-consult-light-en")

        await second.get_by_role("button", name="Swap").click()
        await desk.until("talking")
        await expect(second).to_contain_text("Consult, on hold")
        await desk.flowing()
        await second.get_by_role("button", name="Swap").click()
        await desk.until("hold")
        mark = len(pbx.heard)
        await second.get_by_role("button", name="Complete").click()
        await desk.until("wrapup")

        entered = await pbx.until("BridgeEnter", since=mark, Uniqueid=call_id)
        bridge = text(entered, "BridgeUniqueid")

        def together() -> bool:
            legs = [text(e, "Uniqueid") for e in pbx.heard[mark:] if _enters(e, bridge)]
            return call_id in legs and any(leg.startswith("consult-") for leg in legs)

        await until(together)
        await desk.finish()


async def test_the_note_is_saved_as_typed_and_the_callback_asks_when(office: Office) -> None:
    async with office.desk() as desk:
        call_id = await desk.talk(SEMYON.number)
        note = desk.page.locator("cc-note textarea")
        await note.fill("Ждёт счёт до пятницы")
        await expect(desk.page.locator(".note-state")).to_have_text("Saved")
        assert (await desk.get(f"/api/v1/calls/{call_id}"))["note"] == "Ждёт счёт до пятницы"
        await note.press("Escape")
        await desk.page.keyboard.press("Control+e")
        await desk.until("wrapup")
        await desk.page.reload()
        await expect(note).to_have_value("Ждёт счёт до пятницы")

        await desk.page.keyboard.press("2")
        when = desk.page.locator("[name=callback_at]")
        await expect(when).to_be_visible()
        await when.fill("")
        await when.dispatch_event("change")
        await desk.page.locator("cc-customer h1").click()
        await desk.page.keyboard.press("Control+Enter")
        await expect(desk.page.locator(".toast").first).to_contain_text("Say when to call back")
        await desk.page.get_by_role("button", name="in 1 hour").click()
        await desk.page.keyboard.press("Control+Enter")
        await desk.until("ready")

        row = await desk.get(f"/api/v1/calls/{call_id}")
        assert (row["disposition"], row["note"]) == ("callback", "Ждёт счёт до пятницы")
        await expect(desk.page.locator("cc-next")).to_contain_text("Семён Фёдоров")


async def test_the_wrap_up_clock_is_the_servers_and_can_be_made_longer(office: Office) -> None:
    async with office.desk() as desk:
        await desk.talk(ANNA.number)
        await desk.page.keyboard.press("Control+e")
        await desk.until("wrapup")
        left = (moment(desk.doc["deadline"]) - now_ms()) / 1000
        assert 40 < left <= 45

        await desk.page.get_by_role("button", name="30 seconds more").click()
        await office.floor.until(lambda: (moment(desk.doc["deadline"]) - now_ms()) / 1000 > 65)

        async def page_agrees() -> bool:
            shown = await desk.page.locator(".call .clock time").inner_text()
            minutes, seconds = (int(part) for part in shown.split(":"))
            return abs(minutes * 60 + seconds - (moment(desk.doc["deadline"]) - now_ms()) / 1000) < 2

        await until(page_agrees, seconds=4)
        await expect(desk.page.locator(".call .who")).to_contain_text("Anna Petrova")
        await desk.finish("9")


async def test_a_russian_agent_does_all_of_it_in_russian(office: Office) -> None:
    async with office.desk("ivan", size=(1280, 720)) as desk:
        await desk.picture("desk-ready-light-ru")
        office.customer(ANNA.number, SALES)
        await desk.until("ringing")
        await expect(desk.page.locator("cc-customer h1")).to_contain_text("Anna Petrova")
        await desk.picture("desk-ringing-light-ru")
        await desk.page.keyboard.press("Enter")
        await desk.until("talking")
        call_id = desk.call["call_id"]
        await expect(desk.page.locator(".script")).to_contain_text("отдел продаж, меня зовут Иван Соколов")
        await desk.flowing()
        await desk.picture("desk-talking-light-ru")

        await desk.page.wait_for_timeout(2500)
        await desk.page.get_by_role("button", name="Удержать").click()
        await desk.until("hold")
        await office.in_context(call_id, "cc-hold")
        await desk.picture("desk-hold-light-ru")
        await desk.page.get_by_role("button", name="Вернуть").click()
        await desk.until("talking")
        await desk.page.locator("cc-note textarea").fill("Перезвонить утром")
        await desk.page.get_by_role("button", name="Завершить").first.click()
        await desk.until("wrapup")
        await desk.picture("desk-wrapup-light-ru")
        await desk.page.locator("cc-customer h1").click()
        await desk.page.keyboard.press("2")
        await desk.page.keyboard.press("Control+Enter")
        await desk.until("ready")
        row = await desk.get(f"/api/v1/calls/{call_id}")
        assert (row["disposition"], row["note"]) == ("callback", "Перезвонить утром")
        recording = await desk.recording(call_id)
        assert max(recording.customer) > AUDIBLE
        assert max(recording.agent) > AUDIBLE


async def test_the_language_changes_once_the_call_is_over(office: Office) -> None:
    async with office.desk() as desk:
        await desk.talk(PAVEL.number, SUPPORT)
        await desk.page.locator('[data-command="language"]').click()
        await expect(desk.page.locator(".toast").first).to_contain_text("The language changes after the call")
        await desk.flowing()
        await desk.page.keyboard.press("Control+e")
        await desk.finish()

        await expect(desk.page.locator("html")).to_have_attribute("lang", "ru")
        await expect(desk.page.locator(".rail")).to_contain_text("Пульт")
        await desk.page.locator('[data-command="language"]').click()
        await expect(desk.page.locator("html")).to_have_attribute("lang", "en")
        await desk.until("ready")
