"""Lists, the way of a file into one, and leads, with the browser alone and over JSON."""

import json
from pathlib import Path

import pytest
from aiohttp import FormData
from sqlalchemy import select

from callcenter.dialer.lists import uploads
from callcenter.dialer.lists.importing import Importer
from callcenter.dialer.lists.models import CampaignOrder, ImportJob, Lead, LeadList
from callcenter.dialer.lists.sweeps import Sweeper
from callcenter.dialer.routes import COMPONENT
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions
from tests.conftest import Visit
from tests.support.browsing import Visitor
from tests.support.factories.dialer import german_number, make_campaign, make_lead

CONTENT = (
    b"Phone;Mobile;Who;Town\n030 2000001;0170 1234567;Anna;Bonn\nnothing;;Bob;Kiel\n030 2000003;;Eve;Rome\n"
)


@pytest.fixture
async def visitor(visiting: Visit) -> Visitor:
    made = await visiting(COMPONENT)
    await made.sign_in(Role.SUPERVISOR)
    return made


async def campaign_with_leads(transactions: Transactions, clock: ManualClock, leads: int = 0) -> int:
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now())
        for index in range(leads):
            await make_lead(session, campaign, german_number(index), clock.now(), rank=index)
        return campaign.id


async def work(transactions: Transactions) -> None:
    await Importer(transactions, Tasks(), "test").work()
    await Sweeper(transactions, Tasks(), "test").work()


async def test_a_file_is_set_up_tried_taken_in_and_taken_back(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await campaign_with_leads(transactions, clock)
    form = FormData()
    form.add_field("file", CONTENT, filename="May.csv")
    uploaded = await visitor.post(f"/campaigns/{campaign_id}/lists/upload", data=form)
    setup = uploaded.headers["Location"]
    shown = await (await visitor.get(setup)).text()
    typed = {
        "role_0": "number/work",
        "role_1": "number/mobile",
        "role_2": "name",
        "role_3": "field",
        "name_3": "City",
        "has_heading": "on",
        "encoding": "utf-8",
        "delimiter": ";",
        "list_name": "May",
    }
    wrong = await visitor.post(setup, data=typed | {"role_0": "skip", "role_1": "skip"})
    tried = await visitor.post(setup, data=typed | {"do": "try"})
    await work(transactions)
    report = await (await visitor.get(tried.headers["Location"])).text()
    taken = await visitor.post(f"{tried.headers['Location']}/begin", data={})
    await work(transactions)
    live = await (await visitor.get(f"{taken.headers['Location']}?part=live")).text()
    lists = await (await visitor.get(f"/campaigns/{campaign_id}/lists/all")).text()

    assert "Anna" in shown
    assert wrong.status == 422
    assert "Say which column holds the number." in await wrong.text()
    assert "Nothing has been taken in yet." in report
    assert "This is not a telephone number." in live
    assert "May" in lists
    async with transactions.read() as session:
        rows = (await session.scalars(select(Lead).order_by(Lead.id))).all()
    assert [(lead.number, lead.name, lead.fields) for lead in rows] == [
        ("+49302000001", "Anna", {"City": "Bonn"}),
        ("+49302000003", "Eve", {"City": "Rome"}),
    ]

    await visitor.post(f"{tried.headers['Location']}/revert", data={})
    await work(transactions)
    async with transactions.read() as session:
        assert (await session.scalars(select(Lead))).all() == []


async def test_lists_are_switched_shared_reset_moved_and_archived(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await campaign_with_leads(transactions, clock, 2)
    other = await campaign_with_leads(transactions, clock)
    answers = [
        await visitor.post("/campaigns/lists/1", data=typed)
        for typed in (
            {"do": "switch"},
            {"name": "May", "expires_at": "2026-12-31", "mix_percent": "30"},
            {"do": "reset", "outcome": "busy"},
            {"do": "archive"},
        )
    ]
    async with transactions.read() as session:
        row = await session.get_one(LeadList, 1)
    moved = await visitor.post("/campaigns/lists/1", data={"do": "move", "campaign_id": str(other)})
    busy = await visitor.post("/campaigns/lists/1", data={"do": "switch"})
    table = await (await visitor.get(f"/campaigns/{campaign_id}/lists/all?part=table&archived=1")).text()
    await work(transactions)

    assert [answer.status for answer in answers] == [303] * 4
    assert (row.active, row.name, row.mix_percent) == (False, "May", 30)
    assert row.archived_at is not None
    assert (moved.status, busy.status) == (303, 409)
    assert "Moving a list" in table
    async with transactions.read() as session:
        assert (await session.get_one(LeadList, 1)).campaign_id == other


async def test_order_and_filter_are_saved_and_shown_again(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await campaign_with_leads(transactions, clock, 3)
    path = f"/campaigns/{campaign_id}/lists"
    saved = await visitor.post(
        f"{path}/order",
        data={"order": "rank", "new_every": "3", "mixed": "on", "f0": "rank", "o0": "over", "v0": "1"},
    )
    refused = await visitor.post(f"{path}/order", data={"f0": "rank", "o0": "over", "v0": "much"})
    page = await (await visitor.get(f"{path}/all")).text()
    await work(transactions)

    assert (saved.status, refused.status) == (303, 422)
    assert "A filter compares this field with a number." in await refused.text()
    assert '<option value="rank" selected>' in page
    async with transactions.read() as session:
        order = await session.get_one(CampaignOrder, campaign_id)
        chosen = (await session.scalars(select(Lead.selected).order_by(Lead.id))).all()
    assert order.filter == {"all": [{"field": "rank", "op": "over", "value": "1"}]}
    assert chosen == [False, False, True]


async def test_leads_are_filtered_counted_and_changed_together(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await campaign_with_leads(transactions, clock, 4)
    path = f"/campaigns/{campaign_id}/leads"
    rows = "f0=rank&o0=over&v0=1&join=all"
    page = await (await visitor.get(f"{path}?{rows}")).text()
    counted = await (await visitor.get(f"{path}?{rows}&part=count")).text()
    wrong = await visitor.get(f"{path}?f0=rank&o0=contains&v0=1")
    changed = await visitor.post(
        path, data={"kind": "archive", "f0": "rank", "o0": "over", "v0": "1", "join": "all"}
    )
    await work(transactions)

    assert "2 leads fit" in page
    assert "2 leads fit" in counted
    assert wrong.status == 422
    assert changed.status == 303
    async with transactions.read() as session:
        found = (await session.scalars(select(Lead.status).order_by(Lead.id))).all()
    assert found == ["new", "new", "archived", "archived"]


async def test_the_same_over_json(visitor: Visitor, transactions: Transactions, clock: ManualClock) -> None:
    campaign_id = await campaign_with_leads(transactions, clock)
    root = f"/api/v1/campaigns/{campaign_id}"
    job = await (await visitor.post(f"{root}/imports?name=a.csv", data=CONTENT)).json()
    columns = [{"index": 0, "role": "number"}, {"index": 2, "role": "name"}]
    await visitor.ask("PUT", f"/api/v1/imports/{job['id']}", json={"columns": columns, "list_name": "May"})
    begun = await visitor.post(f"/api/v1/imports/{job['id']}/begin", json={"trial": False})
    await work(transactions)
    lists = await (await visitor.get(f"{root}/lists")).json()
    high = json.dumps({"field": "name", "op": "is", "value": "Eve"})
    counted = await (await visitor.get(f"{root}/leads/count", params={"filter": high})).json()
    leads = await (await visitor.get(f"{root}/leads/found?sort=newest")).json()
    ordered = await visitor.ask("PUT", f"{root}/order", json={"order": "newest"})
    change = {"kind": "priority", "params": {"value": 4}}
    swept = await (await visitor.post(f"{root}/leads/change", json=change)).json()
    await work(transactions)
    after = await (await visitor.get(f"/api/v1/sweeps/{swept['id']}")).json()

    assert begun.status == 202
    assert [(one["name"], one["tally"]["leads"]) for one in lists["lists"]] == [("May", 2)]
    assert counted == {"count": 1}
    assert [lead["name"] for lead in leads["leads"]] == ["Eve", "Anna"]
    assert ordered.status == 202
    assert (after["status"], after["changed"]) == ("done", 2)


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_every_page_opens_in_both_languages(
    visitor: Visitor, transactions: Transactions, clock: ManualClock, language: str
) -> None:
    campaign_id = await campaign_with_leads(transactions, clock, 2)
    empty = await campaign_with_leads(transactions, clock)
    form = FormData()
    form.add_field("file", CONTENT, filename="May.csv")
    uploaded = await visitor.post(f"/campaigns/{campaign_id}/lists/upload", data=form)
    for path in (
        f"/campaigns/{campaign_id}/lists/all",
        f"/campaigns/{empty}/lists/all?archived=1",
        f"/campaigns/{campaign_id}/leads",
        f"/campaigns/{empty}/leads?f0=own:x&o0=filled",
        uploaded.headers["Location"],
        uploaded.headers["Location"].removesuffix("/setup"),
    ):
        answer = await visitor.get(path, headers={"Accept-Language": language})
        assert answer.status == 200, path


def test_a_spreadsheet_becomes_rows_as_a_person_would_type_them(tmp_path: Path) -> None:
    assert uploads.plain(b"a,b\n") == b"a,b\n"
    with pytest.raises(Invalid):
        uploads.plain(b"PK\x03\x04 broken")


async def test_an_empty_file_is_refused_on_its_page(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await campaign_with_leads(transactions, clock)
    form = FormData()
    form.add_field("file", b"name,town\nAnn,Bonn\n", filename="a.csv")

    answer = await visitor.post(f"/campaigns/{campaign_id}/lists/upload", data=form)

    assert answer.status == 422
    assert "No column with telephone numbers was found." in await answer.text()
    async with transactions.read() as session:
        assert (await session.scalars(select(ImportJob))).all() == []
