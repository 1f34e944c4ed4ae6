"""The desk in a real browser: every scene in both languages and themes, keys, navigation, bad connections."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import axe_violations, chromium_browser, overflowing
from tests.support.desk_stage import PERSON, SCENES, Stage, desk_stage
from tests.support.people import PASSWORD

LAPTOP = {"width": 1280, "height": 720}
DESKTOP = {"width": 1440, "height": 900}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium_browser() as made:
        yield made


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with desk_stage(tmp_path) as made:
        yield made


async def signed_in(
    browser: Browser, stage: Stage, *, theme: str = "light", size: dict[str, int] | None = None
) -> Page:
    """A page of the agent, at the desk."""
    width, height = (size or DESKTOP).values()
    page = await browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="light", timezone_id="UTC"
    )
    page.set_default_timeout(8_000)
    await page.goto(f"{stage.url}/login?next=/desk")
    await page.fill("form:has([type=password]:visible) [name=login]", "agent")
    await page.fill("[type=password]:visible", PASSWORD)
    await page.click("form:has([type=password]:visible) button")
    await page.wait_for_url("**/desk")
    await page.locator(".call").wait_for()
    await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    return page


async def settled(page: Page) -> None:
    """Everything that loads has loaded."""
    await page.wait_for_load_state("networkidle")
    await expect(page.locator("#main .skeleton")).to_have_count(0)


@pytest.mark.parametrize("russian", [False, True], ids=["english", "russian"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_scene_is_accessible_and_fits(
    browser: Browser, tmp_path: Path, theme: str, *, russian: bool
) -> None:
    async with desk_stage(tmp_path, russian=russian) as stage:
        page = await signed_in(browser, stage, theme=theme, size=LAPTOP)
        faults: list[str] = []

        for scene in SCENES:
            await stage.play.show(scene)
            await page.wait_for_timeout(150)
            await settled(page)
            faults += [f"{scene}: {fault}" for fault in await axe_violations(page)]
            faults += [f"{scene}: {fault}" for fault in await overflowing(page)]

    assert faults == []


async def test_answer_talk_and_finish_with_the_keyboard_alone(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("ringing")
    await expect(page.locator("cc-customer .record h1")).to_contain_text("Anna Petrova")

    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".call.talking")).to_be_visible()
    await expect(page.locator(".outcomes")).to_be_visible()
    await page.keyboard.press("1")
    await page.keyboard.press("n")
    await page.keyboard.type("Will order 9 more")
    await page.keyboard.press("Escape")
    await expect(page.locator(".note-state")).to_have_text("Saved")
    await page.keyboard.press("Control+e")
    await expect(page.locator(".call.wrapup")).to_be_visible()
    await page.keyboard.press("Enter")

    await expect(page.locator(".call.ready")).to_be_visible()
    sent = [(frame["verb"], frame["args"].get("disposition")) for frame in stage.play.commands]
    assert sent == [("answer", None), ("hang_up", None), ("finish", "resolved")]


async def test_keys_are_the_same_in_the_russian_layout(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("talking")
    await expect(page.locator(".controls")).to_be_visible()

    await page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyH', key: 'р', bubbles: true}))"
    )

    await expect(page.locator(".call.hold")).to_be_visible()
    assert [frame["verb"] for frame in stage.play.commands] == ["hold"]


async def test_enter_while_talking_never_hangs_up(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("talking")
    await page.locator(".outcomes input").first.check(force=True)
    await page.locator("body").click(position={"x": 5, "y": 500})

    await page.keyboard.press("Enter")
    await page.wait_for_timeout(200)

    assert stage.play.commands == []


async def test_a_callback_needs_its_time_and_carries_it(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("wrapup")
    await page.locator(".outcomes input[value=callback]").check(force=True)
    await page.locator("[name=callback_at]").fill("")
    await page.locator("[name=callback_at]").dispatch_event("change")

    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".toast")).to_contain_text("Say when to call back")
    await page.get_by_role("button", name="in 1 hour").click()
    await page.keyboard.press("Control+Enter")

    await expect(page.locator(".call.ready")).to_be_visible()
    (finish,) = [frame for frame in stage.play.commands if frame["verb"] == "finish"]
    assert finish["args"]["disposition"] == "callback"
    assert finish["args"]["callback_at"].endswith("Z")
    assert finish["args"]["callback_mine"] == "true"


async def test_navigation_and_back_keep_the_call_and_the_socket(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("talking")
    await expect(page.locator(".call.talking")).to_be_visible()
    await page.evaluate("document.querySelector('cc-call').mark = 'same'")

    await page.get_by_role("link", name="Contacts").click()
    await expect(page.locator("h1", has_text="Contacts")).to_be_visible()
    await expect(page.locator(".call.talking")).to_be_visible()
    await page.go_back()

    await expect(page.locator("cc-work .outcomes")).to_be_visible()
    assert await page.evaluate("document.querySelector('cc-call').mark") == "same"
    assert len(stage.play.sockets) == 1


async def test_a_page_that_is_not_there_says_so_and_keeps_the_call(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("talking")
    await expect(page.locator(".call.talking")).to_be_visible()
    await page.get_by_role("link", name="Contacts").evaluate("link => { link.href = '/crm/contacts/999999' }")

    await page.get_by_role("link", name="Contacts").click()

    await expect(page.locator("#main [role=alert]")).to_contain_text("Nothing is found here.")
    await expect(page.locator(".call.talking")).to_be_visible()


async def test_reload_brings_the_call_the_choice_and_the_note_back(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("talking")
    await page.locator(".outcomes input[value=sale]").check(force=True)
    await page.locator("cc-note textarea").fill("Wants two")
    await expect(page.locator(".note-state")).to_have_text("Saved")

    await page.reload()

    await expect(page.locator(".call.talking")).to_be_visible()
    await expect(page.locator(".outcomes input[value=sale]")).to_be_checked()
    await expect(page.locator("cc-note textarea")).to_have_value("Wants two")


async def test_a_lost_connection_is_said_and_comes_back(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("talking")
    await expect(page.locator(".call.talking")).to_be_visible()

    stage.play.deaf = True
    for socket in tuple(stage.play.sockets):
        await socket.close()
    await expect(page.locator(".lost")).to_contain_text("the call goes on")
    stage.play.deaf = False

    await expect(page.locator(".lost")).to_have_count(0, timeout=15_000)
    await expect(page.locator(".call.talking")).to_be_visible()


async def test_a_gap_in_the_numbers_brings_a_new_snapshot(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("ready")
    await expect(page.locator(".call.ready")).to_be_visible()

    stage.play.scene = "paused"
    stage.play.seq += 7
    await stage.play.say({"type": "delta", "seq": stage.play.seq, "kind": "queue", "key": "vip", "doc": None})

    await expect(page.locator(".call.paused")).to_be_visible()
    await expect(page.locator(".queues")).to_contain_text("VIP")


async def test_a_refused_command_is_told_in_words(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    stage.play.refuse["hold"] = "The customer has just left."
    await stage.play.show("talking")
    await expect(page.locator(".controls")).to_be_visible()

    await page.keyboard.press("h")

    await expect(page.locator(".toast")).to_contain_text("The customer has just left.")
    await expect(page.locator(".call.talking")).to_be_visible()


async def test_one_number_of_several_people_is_settled_by_a_key(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("matches")
    await expect(page.locator(".match")).to_have_count(3)

    await page.keyboard.press("1")

    await expect(page.locator("cc-customer .record h1")).to_contain_text("Anna Petrova")
    assert stage.play.bound == PERSON


async def test_the_palette_finds_commands_and_shows_their_keys(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("talking")
    await expect(page.locator(".controls")).to_be_visible()
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("mute")

    row = page.locator(".palette-row")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("Mute the microphone")
    assert await axe_violations(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    assert await axe_violations(page) == []


async def test_transfer_offers_free_colleagues_queues_and_numbers(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)
    await stage.play.show("talking")
    await expect(page.locator(".controls")).to_be_visible()
    await page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Igor Komarov")
    assert await axe_violations(page) == []

    await page.keyboard.type("+74955550190")
    await dialog.get_by_role("button", name="Ask first").first.click()

    await expect(page.locator(".second")).to_be_visible()
    frame = stage.play.commands[-1]
    assert (frame["verb"], frame["args"]) == ("consult_number", {"number": "+74955550190"})


async def test_language_and_theme_are_kept_for_the_user(browser: Browser, stage: Stage) -> None:
    page = await signed_in(browser, stage)

    await page.locator('[data-command="theme"]').click()
    await page.locator('[data-command="language"]').click()

    await expect(page.locator("html")).to_have_attribute("lang", "ru")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.locator(".rail")).to_contain_text("Пульт")
