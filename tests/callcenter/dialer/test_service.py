"""What the writers do to leads, numbers and promises."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.agents.verbs import Disposal
from callcenter.dialer import hopper, queries, service
from callcenter.dialer.hopper import Closing, Fence
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Callback, Campaign, DoNotCall
from callcenter.dialer.outcomes import DEFAULT_RETRY
from callcenter.dialer.service import CampaignDraft, DispositionDraft, NotReady, Result, WrongStep
from callcenter.dialer.states import CampaignStatus, LeadStatus, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.factories.dialer import german_number, make_campaign, make_lead

ASSISTANT = system_actor("test")
RESULTS = (
    DispositionDraft(code="sale", key=1, title="Sale", sale=True),
    DispositionDraft(code="stop", key=2, title="Never again", do_not_call=True),
    DispositionDraft(code="later", key=3, title="Call back", callback=True, final=False),
    DispositionDraft(code="away", key=4, title="Not there", contact=False, final=False),
)


async def called_lead(transactions: Transactions, clock: ManualClock) -> str:
    """A lead whose conversation has just ended; returns the call's id."""
    async with transactions.begin(ASSISTANT) as tx:
        campaign = await make_campaign(tx.session, clock.now())
        await make_lead(tx.session, campaign, german_number(1), clock.now())
        await service.set_dispositions(tx, campaign.id, RESULTS)
    async with transactions.begin(ASSISTANT) as tx:
        (claimed,) = await hopper.claim(tx.session, campaign.id, 1, tx.now, Fence(1, "x"))
        await hopper.place(tx.session, claimed.attempt_id, 7, tx.now)
        call_id = f"attempt-{claimed.attempt_id}"
        closing = Closing(Outcome.ANSWERED, agent_id=7, call_id=call_id, connected_at=tx.now)
        await hopper.close(tx.session, claimed.attempt_id, closing, DEFAULT_RETRY, tx.now)
    return call_id


async def the_lead(transactions: Transactions) -> Lead:
    async with transactions.read() as session:
        return (await session.scalars(select(Lead))).one()


async def test_a_final_result_finishes_the_lead(transactions: Transactions, clock: ManualClock) -> None:
    call_id = await called_lead(transactions, clock)

    async with transactions.begin(ASSISTANT) as tx:
        await service.dispose(tx, Result(call_id=call_id, agent_id=7, code="sale"))

    assert (await the_lead(transactions)).status == LeadStatus.FINISHED


async def test_never_again_puts_the_number_on_the_company_list(
    transactions: Transactions, clock: ManualClock
) -> None:
    call_id = await called_lead(transactions, clock)

    async with transactions.begin(ASSISTANT) as tx:
        await service.dispose(tx, Result(call_id=call_id, agent_id=7, code="stop"))

    assert (await the_lead(transactions)).status == LeadStatus.BLOCKED
    async with transactions.read() as session:
        row = (await session.scalars(select(DoNotCall))).one()
    assert (row.number, row.campaign_id) == (german_number(1), 0)


async def test_an_agents_own_callback_is_a_promise_and_the_campaign_leaves_the_lead_alone(
    transactions: Transactions, clock: ManualClock
) -> None:
    call_id = await called_lead(transactions, clock)
    due = clock.now() + timedelta(hours=3)
    disposal = Disposal(
        call_id=call_id, agent_id=7, disposition="later", args={"callback_at": due.isoformat()}
    )

    async with transactions.begin(ASSISTANT) as tx:
        await service.dispose_call(tx, disposal)

    assert (await the_lead(transactions)).status == LeadStatus.FINISHED
    async with transactions.read() as session:
        (own,) = await queries.due_callbacks(session, due, 7)
        assert await queries.due_callbacks(session, due - timedelta(minutes=1), 7) == []
        assert await queries.due_callbacks(session, due, 8) == []
    assert (own.number, own.due_at) == (german_number(1), due)


async def test_a_campaigns_callback_is_dialled_first_when_it_is_due(
    transactions: Transactions, clock: ManualClock
) -> None:
    call_id = await called_lead(transactions, clock)
    due = clock.now() + timedelta(hours=3)

    async with transactions.begin(ASSISTANT) as tx:
        result = Result(call_id=call_id, agent_id=7, code="later", due_at=due, mine=False)
        await service.dispose(tx, result)

    lead = await the_lead(transactions)
    assert (lead.status, lead.next_try_at) == (LeadStatus.LATER, due)
    clock.advance(3 * 3600)
    async with transactions.begin(ASSISTANT) as tx:
        fresh = await make_lead(
            tx.session,
            await tx.session.get_one(Campaign, lead.campaign_id),
            german_number(2),
            tx.now - timedelta(days=1),
        )
        claimed = await hopper.claim(tx.session, lead.campaign_id, 2, tx.now, Fence(1, "x"))
    assert [c.lead_id for c in claimed] == [lead.id, fresh.id]


async def test_a_kept_callback_of_the_campaign_is_closed_by_the_conversation(
    transactions: Transactions, clock: ManualClock
) -> None:
    call_id = await called_lead(transactions, clock)
    due = clock.now() + timedelta(hours=1)
    async with transactions.begin(ASSISTANT) as tx:
        await service.dispose(tx, Result(call_id=call_id, agent_id=7, code="later", due_at=due, mine=False))
    clock.advance(3600)
    lead = await the_lead(transactions)

    async with transactions.begin(ASSISTANT) as tx:
        (claimed,) = await hopper.claim(tx.session, lead.campaign_id, 1, tx.now, Fence(1, "x"))
        await hopper.place(tx.session, claimed.attempt_id, 7, tx.now)
        await hopper.close(tx.session, claimed.attempt_id, Closing(Outcome.ANSWERED), DEFAULT_RETRY, tx.now)

    async with transactions.read() as session:
        assert await session.scalar(select(Callback.status)) == "done"


async def test_a_result_that_reached_nobody_tries_again(
    transactions: Transactions, clock: ManualClock
) -> None:
    call_id = await called_lead(transactions, clock)

    async with transactions.begin(ASSISTANT) as tx:
        await service.dispose(tx, Result(call_id=call_id, agent_id=7, code="away"))

    lead = await the_lead(transactions)
    assert lead.status == LeadStatus.LATER
    assert lead.next_try_at > clock.now()


@pytest.mark.parametrize("code", ["nonsense", "later"])
async def test_an_unknown_result_and_a_callback_without_a_time_are_refused(
    transactions: Transactions, clock: ManualClock, code: str
) -> None:
    call_id = await called_lead(transactions, clock)

    with pytest.raises(Invalid):
        async with transactions.begin(ASSISTANT) as tx:
            await service.dispose(tx, Result(call_id=call_id, agent_id=7, code=code))


async def test_start_says_everything_that_is_missing(transactions: Transactions, clock: ManualClock) -> None:
    async with transactions.begin(ASSISTANT) as tx:
        draft = CampaignDraft(name="Spring", region="DE", zone="Europe/Berlin", hours={"0": []})
        campaign = await service.create_campaign(tx, draft)

    with pytest.raises(NotReady) as refused:
        async with transactions.begin(ASSISTANT) as tx:
            await service.step(tx, campaign.id, "start")

    assert len(refused.value.missing) == 4


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        (CampaignStatus.DRAFT, "pause"),
        (CampaignStatus.RUNNING, "start"),
        (CampaignStatus.STOPPED, "resume"),
        (CampaignStatus.PAUSED, "nonsense"),
    ],
)
async def test_a_step_that_the_status_does_not_allow_is_refused(
    transactions: Transactions, clock: ManualClock, status: CampaignStatus, verb: str
) -> None:
    async with transactions.begin(ASSISTANT) as tx:
        campaign = await make_campaign(tx.session, clock.now(), status=status)

    with pytest.raises(WrongStep):
        async with transactions.begin(ASSISTANT) as tx:
            await service.step(tx, campaign.id, verb)


async def test_a_ring_shorter_than_fifteen_seconds_is_refused(transactions: Transactions) -> None:
    draft = CampaignDraft(name="Hasty", region="DE", zone="Europe/Berlin", ring_seconds=14)

    with pytest.raises(Invalid) as refused:
        async with transactions.begin(ASSISTANT) as tx:
            await service.create_campaign(tx, draft)

    assert set(refused.value.fields) == {"ring_seconds"}


async def test_a_campaigns_own_result_replaces_the_general_one_of_its_key(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(ASSISTANT) as tx:
        campaign = await make_campaign(tx.session, clock.now())
        await service.set_dispositions(tx, None, RESULTS)
        own = DispositionDraft(code="order", key=1, title="Order")
        await service.set_dispositions(tx, campaign.id, [own])

    async with transactions.read() as session:
        codes = [d.code for d in await queries.dispositions(session, campaign.id)]
        general = [d.code for d in await queries.dispositions(session, None)]
    assert codes == ["order", "stop", "later", "away"]
    assert general == ["sale", "stop", "later", "away"]


@pytest.mark.parametrize(
    ("code", "declined"), [("no", True), ("sale", False), ("stop", True), ("away", False), ("later", False)]
)
async def test_who_says_no_for_good_is_left_alone_where_the_law_says_so(
    transactions: Transactions, clock: ManualClock, code: str, declined: bool
) -> None:
    call_id = await called_lead(transactions, clock)
    async with transactions.begin(ASSISTANT) as tx:
        campaign = (await tx.session.scalars(select(Campaign))).one()
        no = DispositionDraft(code="no", key=5, title="Not interested")
        await service.set_dispositions(tx, campaign.id, (*RESULTS, no))
    async with transactions.begin(ASSISTANT) as tx:
        due_at = tx.now + timedelta(hours=1) if code == "later" else None
        await service.dispose(tx, Result(call_id=call_id, agent_id=7, code=code, due_at=due_at))
        attempt = await queries.attempt_of_call(tx.session, call_id)

    assert attempt is not None
    assert attempt.declined is declined
