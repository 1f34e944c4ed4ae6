"""The pages and JSON about whom not to call, as a supervisor meets them."""

import pytest
from aiohttp import FormData

from callcenter.dialer import COMPONENT
from callcenter.dialer.registries.loading import Loader
from callcenter.kernel.auth import Role
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions
from tests.conftest import Visit
from tests.support.browsing import Visitor
from tests.support.factories.dialer import german_number


@pytest.fixture
async def visitor(visiting: Visit) -> Visitor:
    visitor = await visiting(COMPONENT)
    await visitor.sign_in(Role.SUPERVISOR)
    return visitor


async def _work(transactions: Transactions) -> None:
    tasks = Tasks()
    await Loader(transactions, tasks, runner="test").work()
    await tasks.aclose()


async def test_a_registry_that_a_law_asks_for_is_loaded_with_the_browser_alone(
    visitor: Visitor, transactions: Transactions
) -> None:
    page = await (await visitor.get("/do-not-call/registries")).text()
    assert "us-dnc" in page
    assert "never loaded" in page

    form = FormData()
    form.add_field("code", "us-dnc")
    form.add_field("change", "replace")
    form.add_field("current_on", "2026-02-20")
    form.add_field("file", b"212,5550123\n", filename="dnc.txt", content_type="text/plain")
    answer = await visitor.post("/do-not-call/registries/load", data=form)
    await _work(transactions)
    page = await (await visitor.get("/do-not-call/registries?part=rows")).text()

    assert answer.status == 303
    assert "10 days" in page
    assert "1 taken, 0 without a number" in page


async def test_a_file_as_a_body_is_loaded_and_told_of(visitor: Visitor, transactions: Transactions) -> None:
    made = await visitor.post(
        "/api/v1/registries", json={"code": "our-own", "name": "Ours", "region": "DE", "kind": "litigator"}
    )
    sent = await visitor.post("/api/v1/registries/our-own/loads?name=a.csv", data=german_number(1).encode())
    load = await sent.json()
    await _work(transactions)
    told = await (await visitor.get(f"/api/v1/registry-loads/{load['id']}")).json()
    listed = (await (await visitor.get("/api/v1/registries")).json())["registries"]

    assert (made.status, sent.status) == (201, 202)
    assert (told["status"], told["taken"]) == ("done", 1)
    assert next(one for one in listed if one["code"] == "our-own")["numbers"] == 1
    assert (await visitor.ask("DELETE", "/api/v1/registries/our-own")).status == 204
    assert (await visitor.ask("DELETE", f"/api/v1/registry-loads/{load['id']}")).status == 404


async def test_areas_are_closed_and_opened(visitor: Visitor) -> None:
    wrong = await visitor.post("/do-not-call/areas", data={"pattern": "Moscow"})
    good = await visitor.post("/do-not-call/areas", data={"pattern": "+7495*"})
    page = await (await visitor.get("/do-not-call/areas")).text()
    (area,) = (await (await visitor.get("/api/v1/blocked-areas")).json())["areas"]

    assert (wrong.status, good.status) == (422, 303)
    assert "+7495*" in page
    assert (await visitor.ask("DELETE", f"/api/v1/blocked-areas/{area['id']}")).status == 204


async def test_consents_are_recorded_found_and_revoked(visitor: Visitor) -> None:
    typed = {
        "number": german_number(1),
        "purpose": "advertising",
        "basis": "written",
        "reach": "automatic",
        "given_on": "2026-01-15",
        "proof": "form 17",
    }
    wrong = await visitor.post("/consents", data=typed | {"given_on": "2027-01-15"})
    good = await visitor.post("/consents", data=typed)
    page = await (await visitor.get(f"/consents?number={german_number(1)[1:]}")).text()
    (row,) = (await (await visitor.get("/api/v1/consents")).json())["consents"]
    revoked = await visitor.post(f"/api/v1/consents/{row['id']}/revoke", json={"why": "by letter"})

    assert (wrong.status, good.status) == (422, 303)
    assert "form 17" in page
    assert (await revoked.json())["revoked_why"] == "by letter"
    assert "Revoked" in await (await visitor.get("/consents")).text()


async def test_an_agent_changes_none_of_it(visiting: Visit) -> None:
    visitor = await visiting(COMPONENT)
    await visitor.sign_in(Role.AGENT)

    for path in ("/do-not-call/registries", "/do-not-call/areas", "/consents", "/api/v1/registries"):
        assert (await visitor.get(path)).status == 403
