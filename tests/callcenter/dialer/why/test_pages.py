"""The pages about a campaign and a lead, as a supervisor meets them, in both languages."""

from datetime import timedelta

import pytest

from callcenter.dialer import COMPONENT
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Campaign
from callcenter.dialer.rules import Purpose
from callcenter.dialer.states import CampaignStatus, LeadStatus
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.conftest import Visit
from tests.support.browsing import Visitor
from tests.support.factories.dialer import forbid, german_number, make_campaign, make_lead

WORKDAY = {str(day): [["08:00", "20:00"]] for day in range(5)}


@pytest.fixture
async def visitor(visiting: Visit) -> Visitor:
    visitor = await visiting(COMPONENT)
    await visitor.sign_in(Role.SUPERVISOR)
    return visitor


async def _campaign(
    transactions: Transactions, clock: ManualClock, **values: object
) -> tuple[Campaign, Lead]:
    """Leads in Berlin and New York, one of them on the do-not-call list."""
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now(), hours=WORKDAY, **values)
        lead = await make_lead(session, campaign, german_number(1), clock.now(), name="Anna Berg")
        await make_lead(session, campaign, german_number(2), clock.now())
        await forbid(session, german_number(2), clock.now())
        await make_lead(
            session,
            campaign,
            "+12125550123",
            clock.now(),
            zones=("America/New_York",),
            region="US",
            subdivision="US-NY",
        )
        later = clock.now() + timedelta(hours=2)
        await make_lead(session, campaign, german_number(3), clock.now(), next_try_at=later)
        await make_lead(session, campaign, german_number(4), clock.now(), status=LeadStatus.FINISHED)
    return campaign, lead


async def test_the_funnel_counts_explains_and_adds_up(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign, _ = await _campaign(transactions, clock)

    page = await (await visitor.get(f"/campaigns/{campaign.id}/why")).text()
    told = await (await visitor.get(f"/api/v1/campaigns/{campaign.id}/why")).json()

    assert told["leads"] == 5
    assert {loss["stop"]: loss["count"] for loss in told["losses"]} == {
        "finished": 1,
        "later": 1,
        "closed": 1,
    }
    assert told["dialable"] == 2
    assert told["sample"]["judged"] == 2
    assert told["sample"]["allowed"] == 1
    assert told["sample"]["refused"] == [{"count": 1, "rule": "do-not-call"}]
    assert told["cause"] == "no-agents"
    for words in ("United States, New York", "Too early or too late", "do-not-call list", "has no agents"):
        assert words in page


async def test_a_campaign_without_leads_says_so(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now(), status=CampaignStatus.DRAFT)
    part = await (await visitor.get(f"/campaigns/{campaign.id}/why?part=live")).text()

    assert "The campaign is not running." in part
    assert "No leads yet" in part
    assert (await visitor.get("/campaigns/99/why")).status == 404


async def test_a_lead_shows_every_rule_with_its_verdict(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign, lead = await _campaign(transactions, clock)

    page = await (await visitor.get(f"/campaigns/{campaign.id}/leads/{lead.id}")).text()
    told = await (await visitor.get(f"/api/v1/campaigns/{campaign.id}/leads/{lead.id}/why")).json()

    assert told["allowed"] is True
    assert len(told["rules"]) == 17
    hours = next(rule for rule in told["rules"] if rule["rule"] == "hours")
    assert (hours["allows"], hours["demanded_by"]) == (True, ["campaign"])
    assert hours["changes_at"] == "2026-03-02T19:00:00.000Z"
    for words in ("Anna Berg", "May be called now.", "10:00 in Berlin", "Germany", "§ 7"):
        assert words in page


async def test_a_lead_without_the_consent_that_the_law_asks_for_says_who_asks(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign, lead = await _campaign(transactions, clock, purpose=Purpose.ADVERTISING)

    page = await (await visitor.get(f"/campaigns/{campaign.id}/leads/{lead.id}")).text()
    told = await (await visitor.get(f"/api/v1/campaigns/{campaign.id}/leads/{lead.id}/why")).json()

    assert (told["allowed"], told["rule"]) == (False, "consent")
    assert "Needed: Oral consent. Recorded: none." in page
    assert "Germany (1)" in page
    assert (await visitor.get(f"/campaigns/{campaign.id}/leads/999")).status == 404
