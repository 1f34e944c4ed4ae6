"""Pages and JSON of campaigns as a supervisor and an agent meet them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.agents.models import Agent
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.dialer import COMPONENT, service
from callcenter.dialer.limits import TrunkLimits
from callcenter.dialer.lists import imports
from callcenter.dialer.lists.importing import Importer
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Callback, Campaign, DoNotCall
from callcenter.dialer.service import CallbackDraft
from callcenter.dialer.states import CallbackStatus, CampaignStatus
from callcenter.dialer.trunks import queries as trunk_queries
from callcenter.dialer.trunks import service as trunk_service
from callcenter.dialer.trunks.service import NumberDraft, PoolDraft
from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.auth import Role, User
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor
from tests.conftest import Visit
from tests.support.browsing import Visitor
from tests.support.factories.dialer import german_number, make_campaign, make_lead
from tests.support.people import sign_up

ASSISTANT = system_actor("test")


@pytest.fixture
async def visitor(visiting: Visit) -> Visitor:
    return await visiting(COMPONENT)


async def make_agent(transactions: Transactions, login: str = "anna") -> tuple[int, int]:
    """An agent and their user."""
    user = await sign_up(transactions, Role.AGENT, login=login)
    async with transactions.database.write() as session:
        agent = Agent(
            user_id=user.id,
            extension=str(100 + user.id),
            sip_secret="secret",
            phone=PhoneKind.BROWSER,
            leg_mode=LegMode.NAILED,
            wrapup_seconds=30,
            active=True,
        )
        session.add(agent)
        await session.flush()
        return agent.id, user.id


async def test_a_campaign_is_made_filled_and_started_with_the_browser_alone(
    visitor: Visitor, transactions: Transactions
) -> None:
    agent_id, _ = await make_agent(transactions)
    await visitor.sign_in(Role.SUPERVISOR)

    page = await (await visitor.get("/campaigns/new")).text()
    typed = {
        "name": "Spring",
        "caller_id": "030 555 0000",
        "region": "de",
        "zone": "Europe/Berlin",
        "language": "en",
        "ring_seconds": "20",
        "hours_0": "08:00-12:00, 13:00-20:00",
        "record": "on",
        "delay_busy": "10",
        "most_busy": "2",
    }
    created = await visitor.post("/campaigns/new", data=typed)
    path = created.headers["Location"].removesuffix("/edit?saved=1")
    refused = await visitor.post(f"{path}/step", data={"verb": "start"})
    told = await (await visitor.get(refused.headers["Location"])).text()
    saved = await visitor.post(f"{path}/edit", data=typed | {"version": "1", "agent": str(agent_id)})
    content = b"Phone;Name\n030 2000001;Anna\nnothing;Bob\n"
    uploaded = await visitor.post(f"/api/v1{path}/lists?name=list.csv", data=content)
    await Importer(transactions, Tasks(), "test").work()
    started = await visitor.post(f"{path}/step", data={"verb": "start"})
    shown = await (await visitor.get(path)).text()
    editor = await (await visitor.get(f"{path}/edit")).text()

    assert "New campaign" in page
    steps = (created, refused, saved, started)
    assert [answer.status for answer in steps] == [303] * 4
    assert uploaded.status == 202
    assert "Choose at least one agent." in told
    assert started.headers["Location"] == path
    assert "Running" in shown
    assert "list.csv" in editor
    async with transactions.read() as session:
        campaign = (await session.scalars(select(Campaign))).one()
        assert campaign.status == CampaignStatus.RUNNING
        assert campaign.caller_id == "+49305550000"
        assert campaign.hours["0"] == [["08:00", "12:00"], ["13:00", "20:00"]]
        assert campaign.retry["busy"] == {
            "delay_seconds": 600,
            "most": 2,
            "most_of_lead": 0,
            "next_number": False,
        }
        assert (await session.scalars(select(Lead.number))).all() == ["+49302000001"]


async def test_a_wrong_form_comes_back_with_what_was_typed(visitor: Visitor) -> None:
    await visitor.sign_in(Role.SUPERVISOR, language="ru")

    answer = await visitor.post(
        "/campaigns/new",
        data={"name": "Весна", "ring_seconds": "3", "region": "RU", "zone": "Mars/Base", "language": "ru"},
    )

    text = await answer.text()
    assert answer.status == 422
    assert "Весна" in text
    assert 'aria-invalid="true"' in text


async def test_every_page_opens_in_both_languages(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    now = clock.now()
    async with transactions.begin(ASSISTANT) as tx:
        campaign = await make_campaign(tx.session, now)
        lead = await make_lead(tx.session, campaign, german_number(1), now)
        await service.forbid(tx, german_number(2), "DE", campaign_id=campaign.id, reason="asked")
        draft = CallbackDraft(number=lead.number, due_at=now, campaign_id=campaign.id, lead_id=lead.id)
        await service.add_callback(tx, draft)
        pool = PoolDraft(name="Berlin", numbers=[NumberDraft(number="030 5550101", daily_cap=9)])
        await trunk_service.save_pool(tx, None, pool, "DE")
        await trunk_service.rest(
            tx, "+49305550101", now + timedelta(days=1), {"rate": 0.1, "others": 0.3, "calls": 80}
        )
        job = await imports.request_import(tx, campaign.id, "a.csv", b"phone\n030\n030 2000009\n")
    await Importer(transactions, Tasks(), "test").work()
    paths = [
        "/campaigns",
        "/campaigns?part=rows",
        f"/campaigns/{campaign.id}",
        f"/campaigns/{campaign.id}?part=live",
        f"/campaigns/{campaign.id}/edit",
        f"/campaigns/{campaign.id}/leads?status=waiting",
        f"/campaigns/imports/{job.id}",
        "/campaigns/lines",
        "/do-not-call",
        "/callbacks",
    ]

    for language in ("en", "ru"):
        await visitor.sign_in(Role.SUPERVISOR, login=f"eva-{language}", language=language)
        for path in paths:
            answer = await visitor.get(path)
            assert answer.status == 200, (path, await answer.text())


async def test_an_agent_sees_only_their_own_callbacks_and_no_campaigns(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    agent_id, user_id = await make_agent(transactions)
    async with transactions.begin(ASSISTANT) as tx:
        later = clock.now() + timedelta(hours=1)
        own = CallbackDraft(number=german_number(1), due_at=later, agent_id=agent_id, name="Mine")
        other = CallbackDraft(number=german_number(2), due_at=later, agent_id=agent_id + 1, name="Theirs")
        await service.add_callback(tx, own)
        await service.add_callback(tx, other)
        anna = await tx.session.get_one(User, user_id)
    await visitor.sign_in_as(anna)

    found = await (await visitor.get("/api/v1/callbacks?whose=all")).json()
    theirs = await visitor.post("/api/v1/callbacks/2", json={"status": "done"})
    page = await visitor.get("/campaigns")

    assert [row["name"] for row in found["callbacks"]] == ["Mine"]
    assert theirs.status == 404
    assert page.status == 403


async def test_a_callback_is_promised_and_kept_over_json(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    _, user_id = await make_agent(transactions)
    async with transactions.read() as session:
        anna = await session.get_one(User, user_id)
    await visitor.sign_in_as(anna)
    due = (clock.now() + timedelta(hours=2)).isoformat()

    made = await visitor.post(
        "/api/v1/callbacks", json={"number": "030 2000001", "due_at": due, "name": "Otto"}
    )
    past = await visitor.post(
        "/api/v1/callbacks", json={"number": "030 2000001", "due_at": "2020-01-01T00:00:00Z"}
    )
    kept = await visitor.post(f"/api/v1/callbacks/{(await made.json())['id']}", json={"status": "done"})

    assert (made.status, past.status, kept.status) == (201, 422, 200)
    async with transactions.read() as session:
        assert await session.scalar(select(Callback.status)) == CallbackStatus.DONE


async def test_a_number_is_forbidden_and_allowed_again_with_an_audit_entry(
    visitor: Visitor, transactions: Transactions
) -> None:
    await visitor.sign_in(Role.SUPERVISOR)

    bad = await visitor.post("/do-not-call", data={"number": "12"})
    added = await visitor.post("/do-not-call", data={"number": "030 2000001", "reason": "asked"})
    found = await (await visitor.get("/api/v1/do-not-call?number=0302000001")).json()
    removed = await visitor.ask("DELETE", f"/api/v1/do-not-call/{found['entries'][0]['id']}")

    assert (bad.status, added.status, removed.status) == (422, 303, 204)
    async with transactions.read() as session:
        assert (await session.scalars(select(DoNotCall))).all() == []
        kinds = set(await session.scalars(select(AuditEntry.kind)))
    assert {"dnc.added", "dnc.removed"} <= kinds


async def test_an_old_version_does_not_overwrite_a_newer_one(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now(), version=3)
    await visitor.sign_in(Role.SUPERVISOR)
    draft = {"name": "Other", "region": "DE", "zone": "Europe/Berlin"}

    stale = await visitor.ask(
        "PUT", f"/api/v1/campaigns/{campaign.id}", json={"version": 2, "campaign": draft}
    )
    fresh = await visitor.ask(
        "PUT", f"/api/v1/campaigns/{campaign.id}", json={"version": 3, "campaign": draft}
    )

    assert (stale.status, fresh.status) == (412, 200)


async def test_a_list_comes_over_json_with_its_report(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now())
    await visitor.sign_in(Role.SUPERVISOR)

    asked = await visitor.post(
        f"/api/v1/campaigns/{campaign.id}/lists?name=mine.csv", data=b"name,phone\nA,030 2000001\nB,7\n"
    )
    await Importer(transactions, Tasks(), "test").work()
    job = await (await visitor.get(f"/api/v1/imports/{(await asked.json())['id']}")).json()
    leads = await (await visitor.get(f"/api/v1/campaigns/{campaign.id}/leads")).json()

    assert asked.status == 202
    assert (job["status"], job["added"], job["rejected"]) == ("done", 1, 1)
    assert [(r["line"], r["values"]) for r in job["rejected_rows"]] == [(3, ["B", "7"])]
    assert [lead["number"] for lead in leads["leads"]] == ["+49302000001"]


async def test_only_who_sees_everybodys_callbacks_makes_one_of_a_campaign(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    _, user_id = await make_agent(transactions)
    async with transactions.begin(ASSISTANT) as tx:
        campaign = await make_campaign(tx.session, clock.now())
        lead = await make_lead(tx.session, campaign, german_number(1), clock.now())
        anna = await tx.session.get_one(User, user_id)
    wanted = {
        "number": lead.number,
        "due_at": (clock.now() + timedelta(hours=1)).isoformat(),
        "campaign_id": campaign.id,
        "lead_id": lead.id,
    }

    await visitor.sign_in_as(anna)
    own = await visitor.post("/api/v1/callbacks", json=wanted)
    theirs = await visitor.post("/api/v1/callbacks", json=wanted | {"mine": False})
    await visitor.sign_in(Role.SUPERVISOR)
    supervisors = await visitor.post("/api/v1/callbacks", json=wanted | {"mine": False})

    assert (own.status, theirs.status, supervisors.status) == (201, 403, 201)


async def test_limits_and_pools_are_set_on_their_page(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    await visitor.sign_in(Role.SUPERVISOR)

    limits = {"name": "carrier", "max_lines": "12", "calls_per_second": "1,5"}
    await visitor.post("/campaigns/lines/limits", data=limits)
    numbers = "030 5550101, 40\n\n089 5550102\n"
    await visitor.post("/campaigns/lines/pools", data={"name": "Near", "numbers": numbers})
    refused = await visitor.post("/campaigns/lines/pools", data={"name": "Bad", "numbers": "12"})

    assert refused.status == 422
    async with transactions.read() as session:
        assert await trunk_queries.limits(session) == {"carrier": TrunkLimits(12, 1.5)}
        rows = await trunk_queries.numbers(session)
    assert [(r.number, r.area, r.region, r.daily_cap) for r in rows] == [
        ("+49305550101", "+4930", "DE", 40),
        ("+49895550102", "+4989", "DE", 0),
    ]
    page = await (await visitor.get("/campaigns/lines")).text()
    assert "Near" in page
