"""Who is calling: nobody known, or several who share the number."""

import pytest
from playwright.async_api import expect

from tests.support.office import Office

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_unknown_caller_becomes_a_contact_during_the_call(office: Office) -> None:
    async with office.desk() as desk:
        office.customer("+79035550611")
        await desk.until("ringing")
        await expect(desk.page.locator("cc-customer h1")).to_have_text("Who is it?")
        number = desk.page.locator("cc-customer [name=number]")
        await expect(number).to_have_value("+79035550611")
        await desk.picture("desk-unknown-light-en")
        await desk.page.keyboard.press("Control+Enter")
        await desk.until("talking")
        call_id = desk.call["call_id"]

        await desk.page.fill("cc-customer [name=first_name]", "Viktor")
        await desk.page.fill("cc-customer [name=last_name]", "Remez")
        await desk.page.locator("cc-customer form.contact-form button.primary").click()

        await expect(desk.page.locator("cc-customer h1")).to_contain_text("Viktor Remez")
        await expect(desk.page.locator(".call .who")).to_contain_text("Viktor Remez")
        row = await desk.get(f"/api/v1/calls/{call_id}")
        contact = await desk.get(f"/api/v1/contacts/{row['contact_id']}")
        assert [n["number"] for n in contact["numbers"]] == ["+79035550611"]
        await desk.page.keyboard.press("Control+e")
        await desk.finish()


async def test_an_unknown_caller_is_found_by_name_and_the_number_kept(office: Office) -> None:
    async with office.desk() as desk:
        await desk.talk("+79035550622")
        search = desk.page.locator("cc-customer [type=search]")
        await search.fill("okafor")
        await desk.page.locator("cc-customer .match", has_text="Grace Okafor").click()

        await expect(desk.page.locator("cc-customer h1")).to_contain_text("Grace Okafor")
        await expect(desk.page.locator("cc-customer .record-head")).to_contain_text("903 555-06-22")


async def test_one_of_several_with_the_same_number_is_chosen_by_a_key(office: Office) -> None:
    number = "+79035550633"
    for first_name in ("Irina", "Oleg"):
        body = {"first_name": first_name, "last_name": "Zimin", "numbers": [{"number": number}]}
        status, _ = await office.floor.send("POST", "/api/v1/contacts", body)
        assert status == 201
    async with office.desk() as desk:
        office.customer(number)
        await desk.until("ringing")
        await expect(desk.page.locator("cc-customer .match")).to_have_count(2)
        await desk.picture("desk-several-light-en")

        await desk.page.keyboard.press("2")
        await expect(desk.page.locator("cc-customer h1")).to_contain_text("Oleg Zimin")
        await desk.page.keyboard.press("Control+Enter")
        await desk.until("talking")

        await expect(desk.page.locator(".call .who")).to_contain_text("Oleg Zimin")
        row = await desk.get(f"/api/v1/calls/{desk.call['call_id']}")
        assert (await desk.get(f"/api/v1/contacts/{row['contact_id']}"))["first_name"] == "Oleg"
