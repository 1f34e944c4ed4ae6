"""The list and the running view: frame, first figures, and what is lacking when Start is pressed."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from callcenter.dialer import COMPONENT
from callcenter.dialer.models import Attempt, Campaign, Disposition
from callcenter.dialer.states import AttemptState, CampaignStatus, DialKind, Outcome
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions, Tx, system_actor
from tests.conftest import Visit
from tests.support.browsing import Visitor
from tests.support.factories.dialer import german_number, make_campaign, make_lead

SOMEBODY = system_actor("test")
CONFIG = re.compile(r'id="(?:campaign|campaigns)-config">(.*?)</script>', re.DOTALL)


@pytest.fixture
async def visitor(visiting: Visit) -> Visitor:
    return await visiting(COMPONENT)


async def attempt(tx: Tx, campaign: Campaign, index: int, outcome: Outcome, disposition: str = "") -> None:
    at = tx.now - timedelta(minutes=index)
    up = outcome in (Outcome.ANSWERED, Outcome.MACHINE, Outcome.DROPPED)
    lead = await make_lead(tx.session, campaign, german_number(index), tx.now)
    tx.session.add(
        Attempt(
            kind=DialKind.CAMPAIGN,
            campaign_id=campaign.id,
            lead_id=lead.id,
            number=lead.number,
            state=AttemptState.ENDED,
            claimed_at=at,
            placed_at=at,
            answered_at=at if up else None,
            connected_at=at if outcome is Outcome.ANSWERED else None,
            ended_at=at,
            outcome=outcome,
            disposition=disposition,
            token=1,
            engine_id="test",
        )
    )


def config_of(page: str) -> Any:
    found = CONFIG.search(page)
    assert found is not None
    return json.loads(found[1])


async def test_the_first_figures_tell_people_right_ones_and_sales_apart(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(SOMEBODY) as tx:
        campaign = await make_campaign(tx.session, clock.now(), name="Spring")
        tx.session.add_all(
            (
                Disposition(code="sale", key=1, title="Sale", sale=True),
                Disposition(code="wrong", key=2, title="Wrong person", contact=False),
                Disposition(code="robot", key=3, title="Machine", human=False, contact=False),
            )
        )
        for index, (outcome, result) in enumerate(
            (
                (Outcome.ANSWERED, "sale"),
                (Outcome.ANSWERED, "wrong"),
                (Outcome.ANSWERED, "robot"),
                (Outcome.MACHINE, "robot"),
                (Outcome.DROPPED, ""),
                (Outcome.BUSY, ""),
            )
        ):
            await attempt(tx, campaign, index, outcome, result)
    await visitor.sign_in(Role.SUPERVISOR)

    first = config_of(await (await visitor.get(f"/campaigns/{campaign.id}")).text())["first"]

    names = ("leads", "attempts", "answered", "people", "contacts", "sales", "abandoned")
    assert {name: first[name] for name in names} == {
        "leads": 6,
        "attempts": 6,
        "answered": 5,
        "people": 3,
        "contacts": 1,
        "sales": 1,
        "abandoned": 1,
    }
    assert first["outcomes"] == {"answered": 3, "machine": 1, "dropped": 1, "busy": 1}


async def test_the_list_has_every_campaign_with_its_limit(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(SOMEBODY) as tx:
        await make_campaign(tx.session, clock.now(), name="Spring", abandon_percent=2.5)
    await visitor.sign_in(Role.SUPERVISOR)

    (shown,) = config_of(await (await visitor.get("/campaigns")).text())

    assert (shown["name"], shown["status"], shown["limit"]) == ("Spring", "running", 0.025)


async def test_without_campaigns_the_list_says_how_to_get_one(visitor: Visitor) -> None:
    await visitor.sign_in(Role.SUPERVISOR)

    page = await (await visitor.get("/campaigns")).text()

    assert "No campaigns yet" in page
    assert page.count('href="/campaigns/new"') == 2


async def test_start_says_what_is_lacking_and_where_it_is_given(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(SOMEBODY) as tx:
        campaign = await make_campaign(tx.session, clock.now(), status=CampaignStatus.DRAFT, caller_id="")
    await visitor.sign_in(Role.SUPERVISOR)

    refused = await visitor.post(f"/campaigns/{campaign.id}/step", data={"verb": "start"})
    page = await (await visitor.get(refused.headers["Location"])).text()

    assert "data-open" in page
    assert f'href="/campaigns/{campaign.id}/edit#caller"' in page
    assert f'href="/campaigns/{campaign.id}/edit#team"' in page
