"""What pages read of lists and leads."""

from datetime import timedelta

from callcenter.dialer import queries as dialer_queries
from callcenter.dialer.lists import queries
from callcenter.dialer.lists.models import LeadList, LeadNumber
from callcenter.dialer.lists.queries import Sorting, Wanted
from callcenter.dialer.lists.tallies import Tallier
from callcenter.dialer.models import Campaign
from callcenter.dialer.states import LeadStatus, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions
from tests.support.factories.dialer import german_number, make_campaign, make_lead, make_list


async def seeded(transactions: Transactions, clock: ManualClock) -> Campaign:
    """Two lists and an archived one; leads that differ."""
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, clock.now())
        one, _two = [await make_list(session, campaign, clock.now()) for _ in range(2)]
        await make_list(session, campaign, clock.now(), archived_at=clock.now())
        made = []
        for index, (name, status, attempts, outcome) in enumerate(
            (
                ("Ann", LeadStatus.NEW, 0, None),
                ("Bob", LeadStatus.FINISHED, 2, Outcome.ANSWERED),
                ("Anna 5%", LeadStatus.LATER, 1, Outcome.BUSY),
            )
        ):
            lead = await make_lead(
                session,
                campaign,
                german_number(index),
                clock.now(),
                list_id=one.id,
                name=name,
                status=status,
                attempts=attempts,
                last_outcome=outcome,
                rank=index,
                external_id=f"C{index}",
            )
            made.append(lead)
        session.add(
            LeadNumber(
                lead_id=made[2].id,
                position=1,
                number=german_number(9),
                number_raw="",
                cohort_id=made[2].cohort_id,
            )
        )
        return campaign


async def test_penetration_is_counted_for_each_list_and_for_all(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await seeded(transactions, clock)

    async with transactions.read() as session:
        lines, whole = await queries.lists(session, campaign.id)
        with_archived, _ = await queries.lists(session, campaign.id, archived=True)

    assert [line.tally.leads for line in lines] == [0, 3]
    assert (whole.dialled, whole.reached, whole.remaining, whole.attempts) == (2, 1, 2, 3)
    assert whole.by_status == {"new": 1, "finished": 1, "later": 1}
    assert len(with_archived) == 3


async def test_leads_are_found_by_words_numbers_and_codes(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await seeded(transactions, clock)

    async def found(**values: object) -> list[str]:
        wanted = Wanted(campaign_id=campaign.id, **values)  # type: ignore[arg-type]
        async with transactions.read() as session:
            rows = await queries.leads(session, wanted, clock.now())
            assert await queries.count(session, wanted, clock.now()) == len(rows)
        return [lead.name for lead, _ in rows]

    assert await found() == ["Ann", "Bob", "Anna 5%"]
    assert await found(search="ann") == ["Ann", "Anna 5%"]
    assert await found(search="5%") == ["Anna 5%"]
    assert await found(search="C1") == ["Bob"]
    assert await found(search=german_number(1)) == ["Bob"]
    assert await found(search=german_number(9)) == ["Anna 5%"], "by its second number"
    assert await found(sorting=Sorting.RANK) == ["Anna 5%", "Bob", "Ann"]
    assert await found(filter={"field": "attempts", "op": "over", "value": 0}) == ["Bob", "Anna 5%"]
    assert await found(list_id=2) == []


async def test_big_lists_are_shown_as_they_were_last_counted(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign = await seeded(transactions, clock)
    await Tallier(transactions, Tasks()).work()
    async with transactions.database.write() as session:
        row = await session.get_one(LeadList, 1)
        first = row.tally
        row.tally = first | {"leads": 1_000_000, "by_status": {"new": 900_000, "waiting": 5}}
        await make_lead(session, campaign, german_number(50), clock.now(), list_id=2)

    async with transactions.read() as session:
        figures = await dialer_queries.figures(session, clock.now(), campaign.id)
        statuses = await dialer_queries.lead_statuses(session, campaign.id)
    clock.advance(timedelta(minutes=10).total_seconds())
    await Tallier(transactions, Tasks()).work()

    assert (first["leads"], first["remaining"]) == (3, 2)
    assert (figures[campaign.id].leads, figures[campaign.id].dialable) == (1_000_001, 900_006)
    assert statuses[LeadStatus.NEW] == 900_001
    async with transactions.read() as session:
        assert (await session.get_one(LeadList, 1)).tally["leads"] == 3
