"""What a file becomes: a trial, leads with several numbers, duplicates by rule, and nothing again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcenter.dialer import hopper
from callcenter.dialer.hopper import Fence
from callcenter.dialer.lists import imports, service
from callcenter.dialer.lists.duplicates import By, Duplicates, Policy, Where
from callcenter.dialer.lists.importing import Importer
from callcenter.dialer.lists.imports import SetUp
from callcenter.dialer.lists.models import (
    ImportChunk,
    ImportJob,
    Lead,
    LeadCohort,
    LeadField,
    LeadList,
    LeadNumber,
    RejectedRow,
)
from callcenter.dialer.lists.reading import Column, FieldType, NumberKind, Role
from callcenter.dialer.lists.service import OrderDraft
from callcenter.dialer.lists.sweeps import Sweeper
from callcenter.dialer.states import CampaignStatus, JobStatus, LeadStatus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.factories.contacts import add_person
from tests.support.factories.dialer import forbid, german_number, make_campaign, make_lead

ASSISTANT = system_actor("test")
NUMBER, NAME, CODE = Column(0, Role.NUMBER), Column(1, Role.NAME), Column(2, Role.EXTERNAL_ID)


async def a_campaign(transactions: Transactions, clock: ManualClock, **values: object) -> int:
    async with transactions.database.write() as session:
        return (await make_campaign(session, clock.now(), **values)).id


async def imported(
    transactions: Transactions,
    campaign_id: int,
    content: str,
    setup: SetUp,
    *,
    trial: bool = False,
) -> ImportJob:
    """The import after everything has run."""
    async with transactions.begin(ASSISTANT) as tx:
        job = await imports.upload(tx, campaign_id, "list.csv", content.encode())
        await imports.set_up(tx, job.id, setup)
        await imports.begin(tx, job.id, trial=trial)
    await Importer(transactions, Tasks(), "one").work()
    async with transactions.read() as session:
        return await session.get_one(ImportJob, job.id)


async def leads(transactions: Transactions) -> list[Lead]:
    async with transactions.read() as session:
        return list(await session.scalars(select(Lead).order_by(Lead.id)))


async def test_a_trial_counts_and_writes_nothing(transactions: Transactions, clock: ManualClock) -> None:
    campaign_id = await a_campaign(transactions, clock)
    async with transactions.database.write() as session:
        await forbid(session, german_number(1), clock.now())
    lines = [german_number(0), german_number(1), german_number(0), "12", german_number(2)]

    job = await imported(
        transactions, campaign_id, "phone\n" + "\n".join(lines), SetUp(columns=(NUMBER,)), trial=True
    )

    assert (job.status, job.added, job.duplicates, job.rejected) == (JobStatus.CHECKED, 3, 1, 1)
    assert job.blocked == 1
    async with transactions.read() as session:
        assert await session.scalar(select(func.count(Lead.id))) == 0
        assert await session.scalar(select(func.count(LeadList.id))) == 0
        assert await session.scalar(select(func.count(ImportChunk.position))) == 1

    async with transactions.begin(ASSISTANT) as tx:
        await imports.begin(tx, job.id, trial=False)
    await Importer(transactions, Tasks(), "one").work()

    assert [lead.status for lead in await leads(transactions)] == ["new", "blocked", "new"]
    async with transactions.read() as session:
        assert await session.scalar(select(func.count(ImportChunk.position))) == 0


async def test_columns_become_numbers_with_kinds_places_and_typed_fields(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await a_campaign(transactions, clock, region="US", zone="America/New_York")
    columns = (
        Column(0, Role.NUMBER, kind=NumberKind.WORK),
        Column(1, Role.NUMBER, kind=NumberKind.MOBILE),
        Column(2, Role.POSTAL_CODE),
        Column(3, Role.RANK),
        Column(4, Role.FIELD, name="debt", type=FieldType.NUMBER),
        Column(5, Role.FIELD, name="born", type=FieldType.DATE),
        Column(6, Role.SKIP),
    )
    content = (
        "work,mobile,zip,score,debt,born,secret\n"
        "(212) 555-0101,305 555 0102,33101,7,1200.5,3/4/1980,x\n"
        "(212) 555-0103,nonsense,,,a lot,,y\n"
    )

    job = await imported(transactions, campaign_id, content, SetUp(columns=columns))

    first, second = await leads(transactions)
    assert (first.number, first.rank, first.fields) == (
        "+12125550101",
        7,
        {"debt": 1200.5, "born": "1980-03-04"},
    )
    assert (second.number, second.fields, job.remarks) == ("+12125550103", {}, 2)
    async with transactions.read() as session:
        numbers = (await session.scalars(select(LeadNumber).order_by(LeadNumber.position))).all()
        cohort = await session.get_one(LeadCohort, first.cohort_id)
        fields = (await session.execute(select(LeadField.name, LeadField.type))).all()
    assert [(n.lead_id, n.number, n.kind) for n in numbers] == [
        (first.id, "+12125550101", "work"),
        (first.id, "+13055550102", "mobile"),
    ]
    assert (cohort.region, cohort.subdivision) == ("US", "US-FL")
    assert sorted(tuple(f) for f in fields) == [("born", "date"), ("debt", "number")]


async def test_a_number_of_a_contact_is_bound_to_it(transactions: Transactions, clock: ManualClock) -> None:
    campaign_id = await a_campaign(transactions, clock)
    contact = await add_person(transactions, "Anna", "Orlova", german_number(7))

    await imported(
        transactions,
        campaign_id,
        f"phone\n{german_number(7)}\n{german_number(8)}",
        SetUp(columns=(NUMBER,)),
    )

    assert [lead.contact_id for lead in await leads(transactions)] == [contact.id, None]


@pytest.mark.parametrize(
    ("where", "added"),
    [(Where.LIST, 3), (Where.CAMPAIGN, 2), (Where.RUNNING, 1), (Where.COMPANY, 0)],
)
async def test_duplicates_are_looked_for_as_far_as_was_said(
    transactions: Transactions, clock: ManualClock, where: Where, added: int
) -> None:
    campaign_id = await a_campaign(transactions, clock)
    async with transactions.database.write() as session:
        own = await make_campaign(session, clock.now())
        stopped = await make_campaign(session, clock.now(), status=CampaignStatus.STOPPED)
        here = await session.get_one(type(own), campaign_id)
        for index, campaign in enumerate((here, own, stopped)):
            await make_lead(session, campaign, german_number(index), clock.now())
    content = "phone\n" + "\n".join(german_number(i) for i in range(3))

    job = await imported(
        transactions, campaign_id, content, SetUp(columns=(NUMBER,), duplicates=Duplicates(where=where))
    )

    assert (job.added, job.duplicates) == (added, 3 - added)


async def test_leads_of_long_ago_may_come_again(transactions: Transactions, clock: ManualClock) -> None:
    campaign_id = await a_campaign(transactions, clock)
    content = f"phone\n{german_number(1)}\n"
    setup = SetUp(columns=(NUMBER,), duplicates=Duplicates(days=30))
    await imported(transactions, campaign_id, content, setup)

    clock.advance(timedelta(days=29).total_seconds())
    soon = await imported(transactions, campaign_id, content, setup)
    clock.advance(timedelta(days=2).total_seconds())
    late = await imported(transactions, campaign_id, content, setup)

    assert (soon.added, late.added) == (0, 1)


async def test_a_row_may_update_the_lead_it_repeats(transactions: Transactions, clock: ManualClock) -> None:
    campaign_id = await a_campaign(transactions, clock)
    columns = (NUMBER, NAME, Column(2, Role.FIELD, name="town"), Column(3, Role.RANK))
    await imported(
        transactions,
        campaign_id,
        f"phone,name,town,rank\n{german_number(1)},Ann,Bonn,1",
        SetUp(columns=columns),
    )

    job = await imported(
        transactions,
        campaign_id,
        f"phone,name,town,rank\n{german_number(1)},,Kiel,9\n{german_number(2)},Bob,,2",
        SetUp(columns=columns, duplicates=Duplicates(policy=Policy.UPDATE)),
    )

    assert (job.added, job.updated, job.duplicates) == (1, 1, 0)
    assert [(lead.name, lead.fields, lead.rank) for lead in await leads(transactions)] == [
        ("Ann", {"town": "Kiel"}, 9),
        ("Bob", {}, 2),
    ]


async def test_rows_with_one_code_are_one_customer_with_all_their_numbers(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await a_campaign(transactions, clock)
    rules = Duplicates(by=By.EXTERNAL_ID, policy=Policy.ADD)
    setup = SetUp(columns=(NUMBER, NAME, CODE), duplicates=rules)
    await imported(
        transactions,
        campaign_id,
        f"phone,name,id\n{german_number(1)},Ann,A1\n{german_number(2)},Ann,A1\n{german_number(5)},Bob,B1",
        setup,
    )

    again = await imported(
        transactions,
        campaign_id,
        f"phone,name,id\n{german_number(2)},Ann,A1\n{german_number(3)},Ann,A1\n{german_number(6)},Bob,B1",
        setup,
    )

    ann, bob = await leads(transactions)
    async with transactions.read() as session:
        rows = await session.execute(
            select(LeadNumber.lead_id, LeadNumber.number).order_by(LeadNumber.lead_id, LeadNumber.position)
        )
    assert again.added == 0
    assert [tuple(row) for row in rows] == [
        *((ann.id, german_number(i)) for i in (1, 2, 3)),
        *((bob.id, german_number(i)) for i in (5, 6)),
    ]


async def test_an_import_is_taken_back_but_for_leads_that_were_dialled(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await a_campaign(transactions, clock)
    content = "phone\n" + "\n".join(german_number(i) for i in range(5))
    job = await imported(transactions, campaign_id, content, SetUp(columns=(NUMBER,)))
    async with transactions.database.write() as session:
        claimed = await hopper.claim(session, campaign_id, 2, clock.now(), Fence(1, "x"))
        await hopper.place(session, claimed[0].attempt_id, 1, clock.now())

    async with transactions.begin(ASSISTANT) as tx:
        await imports.revert(tx, job.id)
    await Sweeper(transactions, Tasks(), "one").work()

    left = await leads(transactions)
    async with transactions.read() as session:
        after = await session.get_one(ImportJob, job.id)
        own = await session.get_one(LeadList, job.list_id)
    assert [lead.id for lead in left] == sorted(c.lead_id for c in claimed)
    assert (after.status, after.untouched, own.busy) == (JobStatus.REVERTED, 2, False)


async def test_of_a_new_list_only_what_the_filter_fits_is_dialled(
    transactions: Transactions, clock: ManualClock
) -> None:
    campaign_id = await a_campaign(transactions, clock, status=CampaignStatus.RUNNING)
    high = {"field": "rank", "op": "over", "value": 4}
    async with transactions.begin(ASSISTANT) as tx:
        await service.set_order(tx, campaign_id, OrderDraft(filter=high))
    rows = [f"{german_number(i)},{rank}" for i, rank in enumerate((9, 1, 5))]

    await imported(
        transactions,
        campaign_id,
        "phone,rank\n" + "\n".join(rows),
        SetUp(columns=(NUMBER, Column(1, Role.RANK))),
    )
    before = await claimed(transactions, campaign_id)
    await Sweeper(transactions, Tasks(), "one").work()
    after = await claimed(transactions, campaign_id)

    assert before == set()
    assert after == {german_number(0), german_number(2)}


async def claimed(transactions: Transactions, campaign_id: int) -> set[str]:
    async with transactions.begin(ASSISTANT) as tx:
        found = await hopper.claim(tx.session, campaign_id, 10, tx.now, Fence(1, "test"))
    return {one.number for one in found}


async def test_a_heading_is_remembered(transactions: Transactions, clock: ManualClock) -> None:
    campaign_id = await a_campaign(transactions, clock)
    content = f"tel,who\n{german_number(1)},Ann"
    await imported(
        transactions,
        campaign_id,
        content,
        SetUp(columns=(NUMBER, Column(1, Role.FIELD, name="Nickname"))),
    )

    async with transactions.begin(ASSISTANT) as tx:
        again = await imports.upload(tx, campaign_id, "next.csv", content.encode())

    assert again.columns["columns"][1]["name"] == "Nickname"


async def test_a_cancelled_trial_can_be_set_up_again(transactions: Transactions, clock: ManualClock) -> None:
    campaign_id = await a_campaign(transactions, clock)
    async with transactions.begin(ASSISTANT) as tx:
        job = await imports.upload(tx, campaign_id, "a.csv", f"phone\n{german_number(1)}".encode())
        await imports.begin(tx, job.id, trial=True)
    one = Importer(transactions, Tasks(), "one")
    work = await one.take()
    assert work is not None
    async with transactions.begin(ASSISTANT) as tx:
        await imports.cancel(tx, job.id)

    await one.run(work)

    async with transactions.read() as session:
        assert (await session.get_one(ImportJob, job.id)).status == JobStatus.DRAFT
        assert (await session.scalars(select(RejectedRow.id))).all() == []
        assert await session.scalar(select(func.count()).where(Lead.status == LeadStatus.NEW)) == 0
