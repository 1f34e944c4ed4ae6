"""Calls that go out: the dial field, the gate, a campaign's customer."""

import pytest
from playwright.async_api import expect

from tests.support.office import Office

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_agent_dials_a_number_and_speaks(office: Office) -> None:
    async with office.desk() as desk:
        await desk.page.keyboard.press("d")
        await desk.page.keyboard.type("8 (921) 555-01-63")
        await desk.page.keyboard.press("Enter")
        await desk.until("dialling")
        await expect(desk.page.locator("cc-customer h1")).to_contain_text("Grace Okafor")
        await desk.picture("desk-dialling-light-en")

        await desk.until("talking")
        await desk.flowing()
        call_id = desk.call["call_id"]
        await expect(desk.page.locator(".call .who")).to_contain_text("Grace Okafor")
        await desk.page.keyboard.press("Control+e")
        await desk.finish("5")
        row = await desk.get(f"/api/v1/calls/{call_id}")
        assert (row["direction"], row["number"], row["disposition"]) == ("out", "+79215550163", "sale")


async def test_a_number_on_the_do_not_call_list_is_refused_in_words(office: Office) -> None:
    number = "+79215550195"
    status, entry = await office.floor.send("POST", "/api/v1/do-not-call", {"number": number})
    assert status == 201
    try:
        for login, words in (
            ("maria", "This number is on the do-not-call list."),
            ("ivan", "Номер в списке запрета звонков."),
        ):
            async with office.desk(login) as desk:
                await desk.page.fill("#dial-field", number)
                await desk.page.keyboard.press("Enter")

                await expect(desk.page.locator(".toast").first).to_contain_text(words)
                assert desk.doc["state"] == "ready"
                assert await desk.page.locator("#dial-field").input_value() == number
    finally:
        await office.floor.send("DELETE", f"/api/v1/do-not-call/{entry['id']}", None)


async def test_a_campaigns_customer_arrives_joined_with_card_and_script(office: Office) -> None:
    (campaign,) = (await office.floor.get("/api/v1/campaigns"))["campaigns"]
    step = f"/api/v1/campaigns/{campaign['id']}/step"
    async with office.desk() as desk:
        assert (await office.floor.send("POST", step, {"verb": "start"}))[0] == 200
        try:
            await desk.until("talking", 30)
            call_id = desk.call["call_id"]
            assert desk.call["campaign"] == campaign["id"]
            await desk.flowing()
            name = desk.call["name"]
            assert name
            await expect(desk.page.locator("cc-customer h1")).to_contain_text(name)
            await expect(desk.page.locator(".script")).to_contain_text(
                "Your delivery contract ends this month"
            )
            await desk.picture("desk-campaign-light-en")
        finally:
            assert (await office.floor.send("POST", step, {"verb": "pause"}))[0] == 200
        await desk.page.keyboard.press("Control+e")
        await desk.finish("6")
        row = await desk.get(f"/api/v1/calls/{call_id}")
        assert (row["campaign_id"], row["disposition"]) == (campaign["id"], "refused")
