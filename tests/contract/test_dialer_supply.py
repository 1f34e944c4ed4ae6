"""The next leads are the right ones, whatever they are spread over; on both databases."""

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from callcenter.dialer import hopper
from callcenter.dialer.hopper import Closing, Fence
from callcenter.dialer.lists import promoting
from callcenter.dialer.lists.models import CampaignOrder, Lead, LeadList, LeadNumber
from callcenter.dialer.lists.orders import LeadOrder
from callcenter.dialer.lists.promoting import Promoter
from callcenter.dialer.models import Campaign, Refusal
from callcenter.dialer.outcomes import DEFAULT_RETRY
from callcenter.dialer.policy import read_retry
from callcenter.dialer.states import LeadStatus, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions
from tests.conftest import MONDAY_MORNING
from tests.support.factories.dialer import forbid, german_number, make_campaign, make_lead, make_list

FENCE = Fence(1, "one")
DAYTIME = {str(day): [["08:00", "21:00"]] for day in range(7)}


async def claim(database: Database, campaign_id: int, limit: int, now: datetime) -> list[int]:
    """Ids of the leads that a claim gave, in order."""
    async with database.write() as session:
        found = await hopper.claim(session, campaign_id, limit, now, FENCE)
    return [claimed.lead_id for claimed in found]


async def set_order(database: Database, campaign_id: int, **values: object) -> None:
    given = {"order": LeadOrder.DUE, "seed": 1, "new_every": 0, "mixed": False, "mix_strict": False} | values
    async with database.write() as session:
        session.add(CampaignOrder(campaign_id=campaign_id, new_since=0, **given))


async def test_leads_of_many_cohorts_come_in_one_order(
    database: Database, clock: ManualClock, rng: random.Random
) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        expected = []
        for index in range(240):
            lead = await make_lead(
                session,
                campaign,
                german_number(index),
                clock.now(),
                # most leads in few cohorts, so that some must be read deeper than others
                subdivision=f"DE-{min(rng.randrange(40), rng.randrange(40), rng.randrange(40))}",
                priority=rng.choice((0, 0, 0, 1)),
                next_try_at=clock.now() - timedelta(minutes=rng.randrange(300)),
                status=rng.choice((LeadStatus.NEW, LeadStatus.WAITING)),
            )
            expected.append((-lead.priority, lead.next_try_at, lead.id))
    expected.sort()

    found: list[int] = []
    for limit in (1, 3, 20, 50, 100, 100):
        found.extend(await claim(database, campaign.id, limit, clock.now()))

    assert found == [lead_id for _, _, lead_id in expected]


async def test_leads_of_a_closed_zone_are_neither_looked_at_nor_in_the_way(
    database: Database, clock: ManualClock
) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now(), hours=DAYTIME)
        asleep = [
            await make_lead(session, campaign, german_number(i), clock.now(), zones=["America/New_York"])
            for i in range(20)
        ]
        awake = await make_lead(session, campaign, german_number(99), clock.now())

    assert await claim(database, campaign.id, 10, clock.now()) == [awake.id]
    clock.advance(4 * 3600)
    assert len(await claim(database, campaign.id, 50, clock.now())) == len(asleep)
    async with database.read() as session:
        assert await session.scalar(select(func.count(Refusal.id))) == 0


@pytest.mark.parametrize(
    "closed",
    [{"active": False}, {"busy": True}, {"archived_at": "now"}, {"expires_at": "now"}],
    ids=lambda closed: next(iter(closed)),
)
async def test_only_lists_that_are_to_be_dialled_give_leads(
    database: Database, clock: ManualClock, closed: dict[str, object]
) -> None:
    values = {key: clock.now() if value == "now" else value for key, value in closed.items()}
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        shut = await make_list(session, campaign, clock.now(), **values)
        other = await make_list(session, campaign, clock.now(), expires_at=clock.now() + timedelta(days=1))
        await make_lead(session, campaign, german_number(1), clock.now(), list_id=shut.id)
        lead = await make_lead(session, campaign, german_number(2), clock.now(), list_id=other.id)

    assert await claim(database, campaign.id, 10, clock.now()) == [lead.id]


async def test_where_calling_ends_first_goes_first(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now(), hours=DAYTIME)
        ids = [
            (await make_lead(session, campaign, german_number(i), clock.now(), zones=[zone])).id
            for i, zone in enumerate(("Europe/London", "Europe/Berlin", "Asia/Kolkata"))
        ]
    await set_order(database, campaign.id, order=LeadOrder.CLOSING)

    assert await claim(database, campaign.id, 10, clock.now()) == ids[::-1]


async def test_every_third_is_a_new_one_and_the_urgent_come_before_all(
    database: Database, clock: ManualClock
) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        kinds = {}
        for index in range(12):
            status = LeadStatus.NEW if index < 4 else LeadStatus.WAITING
            lead = await make_lead(
                session, campaign, german_number(index), clock.now(), status=status, priority=int(index == 11)
            )
            kinds[lead.id] = "urgent" if index == 11 else str(status)
    await set_order(database, campaign.id, new_every=3)

    found = [lead for _ in range(10) for lead in await claim(database, campaign.id, 1, clock.now())]

    assert [kinds[lead] for lead in found] == ["urgent", *("waiting", "waiting", "new") * 3]


async def test_lists_are_mixed_by_percent(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        owners = {}
        for number, percent in enumerate((75, 25, 0)):
            own = await make_list(session, campaign, clock.now(), mix_percent=percent)
            for index in range(40):
                lead = await make_lead(
                    session, campaign, german_number(100 * number + index), clock.now(), list_id=own.id
                )
                owners[lead.id] = number
    await set_order(database, campaign.id, mixed=True)

    found = [
        owners[lead] for n in (1, 2, 5, 12) for lead in await claim(database, campaign.id, n, clock.now())
    ]
    rest = [owners[lead] for lead in await claim(database, campaign.id, 100, clock.now())]

    assert (found.count(0), found.count(1)) == (15, 5)
    assert (rest.count(0), rest.count(1), rest.count(2)) == (25, 35, 0)


async def test_refused_leads_do_not_keep_others_from_their_turn(
    database: Database, clock: ManualClock
) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        leads = [await make_lead(session, campaign, german_number(index), clock.now()) for index in range(9)]
        for index in range(6):
            await forbid(session, german_number(index), clock.now())

    assert await claim(database, campaign.id, 2, clock.now()) == [leads[6].id, leads[7].id]


async def test_a_number_that_two_leads_share_is_dialled_for_one_at_a_time(
    database: Database, clock: ManualClock
) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        first = await make_lead(session, campaign, german_number(1), clock.now())
        second = await make_lead(session, campaign, german_number(1), clock.now())

    assert await claim(database, campaign.id, 10, clock.now()) == [first.id]
    async with database.read() as session:
        lead = await session.get_one(Lead, second.id)
    assert (lead.status, lead.next_try_at) == (LeadStatus.LATER, clock.now() + timedelta(minutes=1))


async def test_leads_become_due_in_batches_and_only_when_their_time_has_come(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now())
        for index in range(6):
            at = clock.now() + timedelta(minutes=index)
            await make_lead(session, campaign, german_number(index), clock.now(), next_try_at=at, attempts=1)
        await session.execute(update(Lead).values(status=LeadStatus.LATER))
    clock.advance(180)

    async with transactions.database.write() as session:
        assert await promoting.promote(session, clock.now(), 3) == 3
    await Promoter(transactions, Tasks()).work()

    async with transactions.read() as session:
        found = (await session.scalars(select(Lead.status).order_by(Lead.id))).all()
    assert found == [LeadStatus.WAITING] * 4 + [LeadStatus.LATER] * 2


async def test_a_lead_takes_its_new_place_after_an_attempt(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        session.add(
            CampaignOrder(campaign_id=campaign.id, order=LeadOrder.FEWEST, seed=1, new_every=0, new_since=0)
        )
        leads = [
            await make_lead(session, campaign, german_number(i), clock.now(), attempts=i) for i in range(3)
        ]
    async with database.write() as session:
        (claimed,) = await hopper.claim(session, campaign.id, 1, clock.now(), FENCE)
        await hopper.place(session, claimed.attempt_id, 1, clock.now())
        await hopper.close(session, claimed.attempt_id, Closing(Outcome.BUSY), DEFAULT_RETRY, clock.now())
    clock.advance(3600)

    assert await claim(database, campaign.id, 3, clock.now()) == [leads[i].id for i in (0, 1, 2)]


async def test_a_list_of_another_campaign_is_not_touched(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        one, two = [await make_campaign(session, clock.now()) for _ in range(2)]
        await make_lead(session, two, german_number(1), clock.now())

    assert await claim(database, one.id, 5, clock.now()) == []
    async with database.read() as session:
        assert await session.scalar(select(func.count(LeadList.id))) == 1
        assert await session.scalar(select(func.count(Campaign.id))) == 2


async def test_a_lead_goes_through_its_numbers_each_with_its_own_cohort(
    database: Database, clock: ManualClock
) -> None:
    async with database.write() as session:
        campaign = await make_campaign(
            session, clock.now(), retry={"no-answer": {"delay_seconds": 600, "most": 1, "next_number": True}}
        )
        lead = await make_lead(session, campaign, german_number(1), clock.now())
        other = await make_lead(session, campaign, german_number(9), clock.now(), zones=["Europe/Vienna"])
        other.status = LeadStatus.ARCHIVED
        for position, cohort_id in enumerate((lead.cohort_id, other.cohort_id)):
            session.add(
                LeadNumber(
                    lead_id=lead.id,
                    position=position,
                    number=german_number(1 + position),
                    number_raw="",
                    cohort_id=cohort_id,
                )
            )
    dialled: list[tuple[str, int | None]] = []
    rules = read_retry({"no-answer": {"delay_seconds": 600, "most": 1, "next_number": True}})
    for _ in range(6):
        async with database.write() as session:
            for claimed in await hopper.claim(session, campaign.id, 1, clock.now(), FENCE):
                await hopper.place(session, claimed.attempt_id, 1, clock.now())
                closing = Closing(Outcome.NO_ANSWER)
                await hopper.close(session, claimed.attempt_id, closing, rules, clock.now())
                dialled.append((claimed.number, int((clock.now() - MONDAY_MORNING).total_seconds())))
        clock.advance(300)

    assert dialled == [
        (german_number(1), 0),
        (german_number(2), 300),
        (german_number(1), 900),
        (german_number(2), 1200),
    ]
    async with database.read() as session:
        after = await session.get_one(Lead, lead.id)
        numbers = (await session.scalars(select(LeadNumber).order_by(LeadNumber.position))).all()
    assert after.status == LeadStatus.EXHAUSTED
    assert [(n.attempts, n.closed, n.last_outcome) for n in numbers] == [(2, True, "no-answer")] * 2


async def test_attempts_before_a_reset_do_not_count(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, clock.now())
        lead = await make_lead(session, campaign, german_number(1), clock.now())
    rules = read_retry({"busy": {"delay_seconds": 60, "most": 1}})
    statuses = []
    for turn in range(3):
        clock.advance(120)
        async with database.write() as session:
            if turn == 2:
                row = await session.get_one(Lead, lead.id)
                row.status, row.reset_at = LeadStatus.WAITING, clock.now()
                await session.flush()
            (claimed,) = await hopper.claim(session, campaign.id, 1, clock.now(), FENCE)
            await hopper.place(session, claimed.attempt_id, 1, clock.now())
            await hopper.close(session, claimed.attempt_id, Closing(Outcome.BUSY), rules, clock.now())
            statuses.append((await session.get_one(Lead, lead.id, populate_existing=True)).status)

    assert statuses == [LeadStatus.LATER, LeadStatus.EXHAUSTED, LeadStatus.LATER]
