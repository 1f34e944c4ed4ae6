"""Campaigns in Chromium: the list, the editor and the running view, by mouse and by keyboard."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import axe_violations, overflowing
from tests.support.campaign_stage import play_campaign
from tests.support.floor_browsing import Open

pytestmark = pytest.mark.asyncio(loop_scope="session")  # one browser for all
PLACES = ("/campaigns", "/campaigns/1", "/campaigns/3", "/campaigns/1/edit", "/campaigns/new")


async def settled(page: Page) -> None:
    """What the page shows at first is there."""
    await page.locator("cc-campaign .funnel, cc-campaigns table, .editor-form .week-bar").first.wait_for()


async def test_the_running_view_moves_with_the_board(campaigns: Open) -> None:
    page, play = await campaigns("/campaigns/1")
    await expect(page.locator(".funnel > div").last).to_contain_text("164")

    play_campaign(play, sales=165, in_flight=2, ready=4, held={"why": "caller-ids"})

    await expect(page.locator(".funnel > div").last).to_contain_text("165")
    await expect(page.locator(".dial .hero")).to_have_text("2")
    await expect(page.locator(".held")).to_contain_text("no number of its pool")


async def test_a_decision_is_told_in_words_newest_first(campaigns: Open) -> None:
    page, _play = await campaigns("/campaigns/1")
    first = page.locator(".log li").first

    await expect(first).to_contain_text("3 lines: one more would risk more than it saves")
    await expect(first).to_contain_text(
        "2 free agents, 1.3 more expected in 8 s, 8 lines ring, 2.6 answers expected, "
        "answer chance 0.31, abandoned 1.9 of 3.0 %"
    )


async def test_more_abandoned_than_allowed_is_an_alarm(campaigns: Open) -> None:
    page, play = await campaigns("/campaigns/1")
    await expect(page.locator(".gauge")).to_contain_text("1.9 %")

    doc = play.board.docs["campaign"]["1"]
    decision = doc["decision"]
    assert isinstance(decision, dict)
    play_campaign(play, decision=decision | {"used": 0.034})

    await expect(page.locator(".gauge")).to_have_class(re.compile("bad"))
    await expect(page.locator(".gauge")).to_contain_text("over the limit")


async def test_a_campaign_is_paused_and_goes_on_in_one_click(campaigns: Open) -> None:
    page, play = await campaigns("/campaigns/1")

    await page.get_by_role("button", name="Pause calling").click()
    await expect(page.locator(".camp-head .pill")).to_have_text("On pause")
    play_campaign(play, status="paused")
    await page.get_by_role("button", name="Go on", exact=True).click()

    await expect(page.locator(".camp-head .pill")).to_have_text("Running")


async def test_start_lists_what_is_missing_and_leads_there(campaigns: Open) -> None:
    page, _play = await campaigns("/campaigns/3")

    await page.get_by_role("button", name="Start calling").click()
    dialog = page.get_by_role("dialog", name="Before it can start")
    await expect(dialog.get_by_role("listitem")).to_have_count(3)
    await dialog.get_by_role("link", name="Say which number customers see.").click()

    await page.wait_for_url("**/campaigns/3/edit#caller")
    await expect(page.locator(".editor-nav [data-section=caller]")).to_have_attribute("aria-current", "true")


async def test_a_lost_connection_is_said_and_what_is_shown_fades(campaigns: Open) -> None:
    page, play = await campaigns("/campaigns/1")
    await settled(page)

    await play.cut()

    await expect(page.locator(".camp.stale [role=alert]")).to_contain_text("No connection to the server")


async def test_the_summary_follows_the_form(campaigns: Open) -> None:
    page, _play = await campaigns("/campaigns/1/edit")
    now = page.locator("#summary .big dd").first
    await expect(now).not_to_have_text("0")

    for day in range(7):
        await page.fill(f"[name=hours_{day}]", "")

    await expect(now).to_have_text("0")
    await page.get_by_role("radio", name=re.compile("Ratio")).check()
    await expect(page.locator("#pacing-words")).to_contain_text("Every free agent has 1 lines")
    await expect(page.locator("[name=lines_per_agent]")).to_be_visible()


async def test_hours_are_drawn_and_typed(campaigns: Open) -> None:
    page, _play = await campaigns("/campaigns/1/edit")
    bar, field = page.locator(".week-bar").nth(6), page.locator("[name=hours_6]")
    await bar.scroll_into_view_if_needed()
    box = await bar.bounding_box()
    assert box is not None

    await page.mouse.move(box["x"] + box["width"] * 10.2 / 24, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 13.9 / 24, box["y"] + 8, steps=5)
    await page.mouse.up()
    await expect(field).to_have_value("10:00-14:00")
    await field.fill("09:00-12:00, 15:00-18:00")

    await expect(bar.locator("i")).to_have_count(2)


async def test_what_is_typed_is_not_lost_by_a_wrong_click(campaigns: Open) -> None:
    page, _play = await campaigns("/campaigns/1/edit")
    asked: list[str] = []

    async def stay(dialog) -> None:  # type: ignore[no-untyped-def]
        asked.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.fill("[name=name]", "Summer")
    await expect(page.locator(".unsaved")).to_be_visible()

    await page.get_by_role("link", name="Back to the campaign").click()

    assert asked == ["What you typed is not saved. Leave all the same?"]
    await expect(page.locator("[name=name]")).to_have_value("Summer")


async def test_it_is_saved_by_the_keyboard_alone(campaigns: Open) -> None:
    page, _play = await campaigns("/campaigns/1/edit")
    await page.focus("[name=max_lines]")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("12")

    await page.keyboard.press("Control+KeyS")

    await expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    await expect(page.locator("[name=max_lines]")).to_have_value("12")


async def test_the_list_is_walked_with_j_and_k(campaigns: Open) -> None:
    page, _play = await campaigns("/campaigns")
    await settled(page)
    await page.locator("#main").focus()

    await page.keyboard.press("KeyJ")
    await page.keyboard.press("KeyJ")
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/campaigns/2")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("russian", [False, True], ids=["english", "russian"])
async def test_nothing_bars_the_way_and_every_word_fits(campaigns: Open, theme: str, russian: bool) -> None:
    page, _play = await campaigns(russian=russian, width=1280, height=720, theme=theme)
    home = page.url.removesuffix("/campaigns")

    for path in PLACES:
        await page.goto(home + path)
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        await settled(page)
        assert await axe_violations(page) == [], path
        assert await overflowing(page) == [], path


async def test_a_trial_is_run_stopped_and_sent_by_its_address(campaigns: Open) -> None:
    page, _play = await campaigns("/campaigns/1/simulate")
    await page.fill("[name=agents]", "3")
    await page.fill("[name=hours]", "1")
    await page.select_option("[name=mode]", "progressive")

    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await expect(page.locator(".verdict")).to_contain_text("With 3 agents", timeout=30_000)
    await expect(page.locator(".charts figure")).to_have_count(4)
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("Stopped after")).to_be_visible()

    assert "agents=3" in page.url


async def test_a_trial_bars_nobody_and_every_word_fits(campaigns: Open) -> None:
    page, _play = await campaigns(
        "/campaigns/1/simulate?run=1&mode=progressive&agents=2&hours=1", russian=True, width=1280, height=720
    )
    await page.locator(".trial-table").wait_for(timeout=30_000)

    assert await axe_violations(page) == []
    assert await overflowing(page) == []
