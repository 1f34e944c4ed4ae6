"""The supervisor's floor in Chromium: what moves on the board moves on the page."""

import re

import pytest
from playwright.async_api import expect

from tests.support.floor_browsing import Open, cut_off, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")  # one browser for all
LATER_RED = re.compile("bad")


def row(name: str) -> str:
    return f"tbody tr:has-text('{name}')"


async def test_the_worst_is_first_and_a_change_moves_it(floor: Open) -> None:
    page, play = await floor()
    first = page.locator(".agents tbody tr").first
    await expect(first).to_contain_text("Olga Smirnova")

    play.put("agent", "8", state="hold", since=play.ago(400))

    await expect(first).to_contain_text("Timur Saitov")
    await expect(first).to_have_class(re.compile("over"))


async def test_a_queue_turns_amber_near_its_limit_and_red_beyond_it(floor: Open) -> None:
    page, play = await floor()
    card = page.locator(".qc", has_text="Sales")
    await expect(card.locator(".nums > b")).to_have_text("0")

    play.put("queue", "sales", waiting=1, longest_since=play.ago(57))

    await expect(card).to_have_class(re.compile("warn"))
    await expect(card).to_have_class(LATER_RED)


async def test_a_state_filters_by_click_and_by_letter(floor: Open) -> None:
    page, _play = await floor()
    rows = page.locator(".agents tbody tr")
    await expect(rows).to_have_count(15)

    await page.get_by_role("button", name="Ready 3").click()
    await expect(rows).to_have_count(3)
    await page.locator("#main").focus()
    await page.keyboard.press("KeyT")
    await expect(rows).to_have_count(6)
    await page.keyboard.press("Digit0")

    await expect(rows).to_have_count(15)


async def test_j_and_k_walk_the_rows_and_the_panel_follows(floor: Open) -> None:
    page, _play = await floor()
    # nobody is ever ready for too long, so here the order cannot change by the passing of time
    await page.get_by_role("button", name="Ready 3").click()
    await expect(page.locator(".agents tbody tr")).to_have_count(3)
    await page.locator("#main").focus()

    await page.keyboard.press("KeyJ")
    await page.keyboard.press("KeyJ")
    await page.keyboard.press("KeyJ")
    await page.keyboard.press("KeyK")

    await expect(page.locator("tr[aria-selected=true]")).to_contain_text("Farid Aliev")
    await expect(page.get_by_role("complementary")).to_contain_text("Farid Aliev")


async def test_the_chosen_agent_shows_call_day_and_last_calls(floor: Open) -> None:
    page, play = await floor()
    await page.get_by_role("button", name="Maria Orlova").click()
    side = page.get_by_role("complementary")

    await expect(side).to_contain_text("with Anna Petrova")
    await expect(side.locator(".ribbon i")).not_to_have_count(0)
    await side.get_by_role("button", name=re.compile("Listen to the call")).first.click()
    await expect(side.locator("cc-player")).to_have_count(1)
    play.put("agent", "3", state="wrapup", since=play.ago(0), deadline=None)

    await expect(side.locator(".sup-call")).to_have_attribute("data-state", "wrapup")


async def test_a_supervisor_changes_a_state_and_the_floor_answers(floor: Open) -> None:
    page, play = await floor()
    await page.get_by_role("button", name="Anna Weber").click()

    await page.get_by_role("button", name="Change state").click()
    await page.get_by_role("button", name="Pause: Lunch").click()

    await expect(page.locator(row("Anna Weber"))).to_contain_text("Lunch, back")
    (command,) = play.commands
    assert (command.verb, command.args) == ("supervise_pause", {"agent_id": "9", "reason": "lunch"})


async def test_a_lost_connection_is_said_and_what_is_shown_fades(floor: Open) -> None:
    page, play = await floor()
    await expect(page.locator(".fresh.live")).to_be_visible()

    await play.cut()

    await expect(page.locator(".fresh.lost")).to_have_text("No connection")
    await expect(page.locator(".floor-view.stale [role=alert]")).to_contain_text(
        "No connection to the server"
    )
    play.deaf = False
    await expect(page.locator(".fresh.live")).to_be_visible(timeout=15_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("russian", [False, True], ids=["english", "russian"])
async def test_nothing_bars_the_way(floor: Open, theme: str, russian: bool) -> None:
    page, _play = await floor(russian=russian, width=1280, height=720, theme=theme)
    await page.locator(".agents tbody tr").first.wait_for()

    assert await violations(page) == []


@pytest.mark.parametrize("russian", [False, True], ids=["english", "russian"])
async def test_every_word_fits_at_the_smallest_size(floor: Open, russian: bool) -> None:
    page, _play = await floor(russian=russian, width=1280, height=720)
    await page.locator(".agents tbody tr").first.wait_for()

    assert await cut_off(page, "#main *, .bar *") == []


async def test_the_palette_chooses_a_state(floor: Open) -> None:
    page, _play = await floor()
    await page.locator(".agents tbody tr").first.wait_for()

    await page.keyboard.press("Control+KeyK")
    await page.keyboard.type("wrap")
    await page.keyboard.press("Enter")

    await expect(page.locator(".agents tbody tr")).to_have_count(2)
