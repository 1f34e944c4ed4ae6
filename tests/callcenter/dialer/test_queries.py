"""What pages and the floor read."""

from datetime import timedelta

from sqlalchemy import event

from callcenter.agents.models import Agent
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.dialer import hopper, queries
from callcenter.dialer.hopper import Closing, Fence
from callcenter.dialer.models import CampaignAgent
from callcenter.dialer.outcomes import DEFAULT_RETRY
from callcenter.dialer.queries import LeadFilter
from callcenter.dialer.states import LeadStatus, Outcome
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.support.factories.dialer import forbid, german_number, make_campaign, make_lead
from tests.support.people import sign_up


async def test_the_campaigns_of_every_agent(transactions: Transactions, clock: ManualClock) -> None:
    user = await sign_up(transactions, Role.AGENT)
    async with transactions.database.write() as session:
        agent = Agent(
            user_id=user.id,
            extension="101",
            sip_secret="secret",
            phone=PhoneKind.BROWSER,
            leg_mode=LegMode.NAILED,
        )
        session.add(agent)
        one, two = [await make_campaign(session, clock.now()) for _ in range(2)]
        await session.flush()
        session.add_all(CampaignAgent(campaign_id=c.id, agent_id=agent.id) for c in (one, two))

    async with transactions.read() as session:
        assert await queries.campaigns_by_agent(session) == {agent.id: frozenset({one.id, two.id})}
        assert await queries.agent_of_user(session, user.id) == agent.id
        assert await queries.agent_of_user(session, None) is None


async def test_figures_count_leads_attempts_and_fresh_refusals(
    transactions: Transactions, clock: ManualClock
) -> None:
    now = clock.now()
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, now)
        for index in range(4):
            await make_lead(session, campaign, german_number(index), now)
        await forbid(session, german_number(0), now)
        await make_lead(session, campaign, german_number(9), now, next_try_at=now + timedelta(hours=1))
        claimed = await hopper.claim(session, campaign.id, 2, now, Fence(1, "x"))
        for found in claimed:
            await hopper.place(session, found.attempt_id, 1, now)
        closing = Closing(Outcome.DROPPED, answered_at=now)
        await hopper.close(session, claimed[0].attempt_id, closing, DEFAULT_RETRY, now)

    async with transactions.read() as session:
        figures = (await queries.figures(session, now))[campaign.id]
        later = await queries.figures(session, now + timedelta(hours=2), campaign.id)

    assert (figures.leads, figures.dialable) == (5, 1)
    assert (figures.attempts, figures.answered, figures.connected, figures.abandoned) == (2, 1, 0, 1)
    assert figures.refusals == {"do-not-call": 1}
    assert later[campaign.id].refusals == {}


async def test_a_page_of_leads_costs_two_statements_however_long(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now())
        for index in range(30):
            await make_lead(session, campaign, german_number(index), clock.now())
        await forbid(session, german_number(3), clock.now())
        await hopper.claim(session, campaign.id, 5, clock.now(), Fence(1, "x"))
    said: list[str] = []
    engine = transactions.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))

    async with transactions.read() as session:
        lines = await queries.leads(session, campaign.id, LeadFilter())
        blocked = await queries.leads(session, campaign.id, LeadFilter(status=LeadStatus.BLOCKED))

    assert len([text for text in said if text.startswith("SELECT")]) == 4
    assert len(lines) == 30
    assert [(x.lead.number, x.refusal.rule) for x in blocked if x.refusal] == [
        (german_number(3), "do-not-call")
    ]
