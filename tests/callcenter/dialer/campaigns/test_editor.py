"""The editor as a supervisor's browser meets it: one form, a summary that follows, nothing lost."""

import html
import re
from typing import Any

import pytest

from callcenter.agents.models import Agent
from callcenter.dialer import COMPONENT, queries
from callcenter.dialer.models import Campaign, Disposition
from callcenter.dialer.states import CampaignStatus, LeadStatus
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions, system_actor
from tests.conftest import Visit
from tests.support.browsing import Visitor
from tests.support.factories.dialer import german_number, make_campaign, make_lead
from tests.support.people import sign_up

SOMEBODY = system_actor("test")


@pytest.fixture
async def visitor(visiting: Visit) -> Visitor:
    return await visiting(COMPONENT)


async def draft(transactions: Transactions, clock: ManualClock, **values: Any) -> Campaign:
    """A campaign that is not started yet, with leads in Berlin."""
    async with transactions.begin(SOMEBODY) as tx:
        campaign = await make_campaign(
            tx.session, clock.now(), **({"status": CampaignStatus.DRAFT, "name": "Spring"} | values)
        )
        for index in range(4):
            status = LeadStatus.FINISHED if index == 3 else LeadStatus.NEW
            await make_lead(tx.session, campaign, german_number(index), clock.now(), status=status)
        return campaign


def typed(campaign: Campaign, **changes: str) -> dict[str, str]:
    form = {
        "version": str(campaign.version),
        "name": campaign.name,
        "caller_id": campaign.caller_id,
        "region": "DE",
        "zone": "Europe/Berlin",
        "language": "en",
        "ring_seconds": "25",
        "purpose": "survey",
    }
    return form | {f"hours_{day}": "00:00-24:00" for day in range(7)} | changes


async def test_the_editor_shows_every_section_and_what_is_missing(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await draft(transactions, clock, caller_id="")
    await visitor.sign_in(Role.SUPERVISOR)

    page = await (await visitor.get(f"/campaigns/{campaign.id}/edit")).text()

    for section in (
        "audience",
        "team",
        "retries",
        "pacing",
        "hours",
        "script",
        "caller",
        "compliance",
        "test",
    ):
        assert f'<section id="{section}"' in page
    assert '<a class="link" href="#caller">Say which number customers see.</a>' in page
    assert '<a class="link" href="#team">Choose at least one agent.</a>' in page


async def test_the_summary_follows_what_is_typed_and_saves_nothing(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await draft(transactions, clock)
    await visitor.sign_in(Role.SUPERVISOR)
    path = f"/campaigns/{campaign.id}/summary"
    shut = typed(campaign) | {f"hours_{day}": "" for day in range(7)}

    open_all_day = await (await visitor.post(path, data=typed(campaign))).text()
    closed = await (await visitor.post(path, data=shut)).text()
    unreadable = await (await visitor.post(path, data=typed(campaign, ring_seconds="soon"))).text()

    assert "<dt>Can be called now</dt><dd>3</dd>" in open_all_day
    assert "<dt>Leads</dt><dd>4</dd>" in open_all_day
    assert "<dt>Can be called now</dt><dd>0</dd>" in closed
    assert "Set calling hours." in closed
    assert "cannot be read yet" in unreadable
    async with transactions.read() as session:
        assert (await queries.campaign(session, campaign.id)).version == 1


async def test_who_saves_second_sees_the_first_ones_values_and_keeps_their_own(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await draft(transactions, clock)
    await visitor.sign_in(Role.SUPERVISOR)
    path = f"/campaigns/{campaign.id}/edit"
    first = typed(campaign, max_lines="7")
    second = typed(campaign, name="Autumn", max_lines="9")

    await visitor.post(path, data=first)
    refused = await visitor.post(path, data=second)
    page = await refused.text()
    again = await visitor.post(path, data=second | {"version": "2"})

    assert refused.status == 412
    assert 'value="Autumn"' in page
    assert "Saved meanwhile: Spring" in page
    assert "Saved meanwhile: 7" in page
    assert 'name="version" value="2"' in page
    assert again.status == 303
    async with transactions.read() as session:
        row = await queries.campaign(session, campaign.id)
        assert (row.name, row.max_lines) == ("Autumn", 9)


async def test_an_error_stands_beside_its_field_and_in_the_list_of_parts(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await draft(transactions, clock)
    await visitor.sign_in(Role.SUPERVISOR)

    answer = await visitor.post(
        f"/campaigns/{campaign.id}/edit", data=typed(campaign, hours_2="nine to five", name="Kept")
    )

    page = await answer.text()
    assert answer.status == 422
    assert 'value="nine to five"' in page
    assert 'aria-describedby="why-hours_2"' in page
    assert 'value="Kept"' in page
    assert re.search(r'data-section="hours">.*?<b class="trouble"[^>]*>1</b>', page)


async def test_general_results_stay_general_until_somebody_changes_them(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await draft(transactions, clock)
    async with transactions.begin(SOMEBODY) as tx:
        tx.session.add(Disposition(code="sale", key=1, title="Sale", sale=True))
    await visitor.sign_in(Role.SUPERVISOR)
    path = f"/campaigns/{campaign.id}/edit"
    same = {
        "title_1": "Sale",
        "code_1": "sale",
        "sale_1": "on",
        "human_1": "on",
        "contact_1": "on",
        "final_1": "on",
    }

    await visitor.post(path, data=typed(campaign) | same)
    async with transactions.read() as session:
        untouched = await queries.dispositions(session, campaign.id)
        version = (await queries.campaign(session, campaign.id)).version
    await visitor.post(path, data=typed(campaign, version=str(version)) | same | {"title_1": "Contract"})
    async with transactions.read() as session:
        changed = await queries.dispositions(session, campaign.id)

    assert [(row.campaign_id, row.title) for row in untouched] == [(None, "Sale")]
    assert [(row.campaign_id, row.title) for row in changed] == [(campaign.id, "Contract")]


async def test_agents_are_saved_with_everything_else(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await draft(transactions, clock)
    user = await sign_up(transactions, Role.AGENT, login="anna")
    async with transactions.begin(SOMEBODY) as tx:
        agent = Agent(user_id=user.id, extension="101", sip_secret="secret")
        tx.session.add(agent)
        await tx.session.flush()
        agent_id = agent.id
    await visitor.sign_in(Role.SUPERVISOR)
    path = f"/campaigns/{campaign.id}/edit"

    await visitor.post(path, data=typed(campaign, agent=str(agent_id)))
    async with transactions.read() as session:
        chosen = await queries.agents_of(session, campaign.id)
        version = (await queries.campaign(session, campaign.id)).version
    await visitor.post(path, data=typed(campaign, version=str(version)))

    assert chosen == frozenset({agent_id})
    async with transactions.read() as session:
        assert await queries.agents_of(session, campaign.id) == frozenset()


async def test_schedule_and_goals_are_typed_and_what_the_api_set_beside_them_stays(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    days = {"0": [["09:00", "18:00"]]}
    campaign = await draft(transactions, clock, schedule={"from": "2026-12-01", "days": days})
    await visitor.sign_in(Role.SUPERVISOR)
    path = f"/campaigns/{campaign.id}/edit"

    page = await (await visitor.get(path)).text()
    found = re.search(r'name="schedule_days" value="([^"]*)"', page)
    assert found is not None
    when = {"schedule_until": "2026-12-24", "schedule_days": html.unescape(found[1])}
    goals = {"goal_sales": "30", "goal_stop": "on"}
    await visitor.post(path, data=typed(campaign) | when | goals)
    async with transactions.read() as session:
        row = await queries.campaign(session, campaign.id)

    assert 'name="schedule_from" type="date" value="2026-12-01"' in page
    assert row.schedule == {"until": "2026-12-24", "days": days}
    assert row.goals == {"sales": 30, "stop": True}
