"""The engine places one line for each free agent and follows every line to its outcome."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from callcenter.agents.machine import State, Trigger
from callcenter.calls import events as e
from callcenter.dialer.events import AttemptEnded, CampaignChanged
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt, Campaign, Refusal
from callcenter.dialer.states import AttemptState, CampaignStatus, LeadStatus, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import BUSY, NO_ANSWER, UNALLOCATED, Behaviour, Exchange
from tests.support.factories.dialer import forbid, german_number, make_campaign, make_lead

Seed = Callable[..., Awaitable[Campaign]]


async def attempts(transactions: Transactions) -> list[Attempt]:
    """Those that were dialled: leads claimed ahead are given back without a call."""
    dialled = select(Attempt).where(Attempt.placed_at.is_not(None)).order_by(Attempt.id)
    async with transactions.read() as session:
        found = list(await session.scalars(dialled))
        session.expunge_all()
        return found


async def leads(transactions: Transactions) -> list[Lead]:
    async with transactions.read() as session:
        found = list(await session.scalars(select(Lead).order_by(Lead.id)))
        session.expunge_all()
        return found


async def set_status(transactions: Transactions, campaign_id: int, status: CampaignStatus) -> None:
    async with transactions.database.write() as session:
        row = await session.get_one(Campaign, campaign_id)
        row.status = status


async def test_an_answered_call_reaches_the_promised_agent(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(5)

    assert floor.desk.connected == [(1, "attempt-1")]
    assert floor.roster.get(1).state is State.TALKING
    assert (await attempts(transactions))[0].state == AttemptState.CONNECTED


async def test_the_lead_is_finished_when_the_conversation_ends(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(20)

    (attempt,) = await attempts(transactions)
    (lead,) = await leads(transactions)
    assert (attempt.state, attempt.outcome) == (AttemptState.ENDED, Outcome.ANSWERED)
    assert (lead.status, lead.attempts, lead.last_outcome) == (LeadStatus.FINISHED, 1, Outcome.ANSWERED)
    assert floor.roster.get(1).reserved_by == ""
    assert floor.engine.dials == {}


async def test_there_are_never_more_lines_than_agents(
    floor: DiallingFloor, exchange: Exchange, seed: Seed
) -> None:
    campaign = await seed(10)
    await floor.start({1: frozenset({campaign.id}), 2: frozenset({campaign.id})})

    await floor.run(2)

    assert len(exchange.dialled) == 2
    assert {s.reserved_by for s in floor.roster.sessions.values()} == {"attempt-1", "attempt-2"}


async def test_every_lead_is_dialled_once_when_all_answer(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(7)
    await floor.start({1: frozenset({campaign.id}), 2: frozenset({campaign.id})})

    await floor.run(90)

    assert sorted(exchange.numbers()) == [german_number(i) for i in range(7)]
    assert {lead.status for lead in await leads(transactions)} == {LeadStatus.FINISHED}


@pytest.mark.parametrize(
    ("behaviour", "outcome", "status"),
    [
        (BUSY, Outcome.BUSY, LeadStatus.LATER),
        (NO_ANSWER, Outcome.NO_ANSWER, LeadStatus.LATER),
        (UNALLOCATED, Outcome.INVALID, LeadStatus.INVALID),
        (Behaviour(1, None, 21, 403), Outcome.REJECTED, LeadStatus.LATER),
        (Behaviour(1, None, 34, 503), Outcome.CONGESTION, LeadStatus.LATER),
    ],
)
async def test_the_cause_of_the_hang_up_decides_the_outcome(
    floor: DiallingFloor,
    exchange: Exchange,
    transactions: Transactions,
    seed: Seed,
    behaviour: Behaviour,
    outcome: Outcome,
    status: LeadStatus,
) -> None:
    campaign = await seed(1)
    exchange.plan[german_number(0)] = behaviour
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(30)

    assert [a.outcome for a in await attempts(transactions)] == [outcome]
    (lead,) = await leads(transactions)
    assert lead.status == status
    assert floor.roster.get(1).free


async def test_an_originate_without_a_leg_is_a_failure(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    exchange.lose_leg.add(german_number(0))
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(6)

    assert [a.outcome for a in await attempts(transactions)] == [Outcome.FAILED]


async def test_a_refused_originate_is_a_failure_at_once(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    exchange.refuse.add(german_number(0))
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(1)

    assert [a.outcome for a in await attempts(transactions)] == [Outcome.FAILED]
    assert floor.roster.get(1).free


async def test_another_free_agent_gets_the_call_when_the_promised_one_left(
    floor: DiallingFloor, seed: Seed
) -> None:
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id}), 2: frozenset({campaign.id})})
    await floor.run(1)
    promised = next(s for s in floor.roster.sessions.values() if s.reserved_by)

    floor.roster.move(promised, Trigger.PAUSE)
    await floor.run(5)

    (connected,) = floor.desk.connected
    assert connected[0] != promised.agent_id


async def test_a_customer_without_an_agent_is_dropped_and_counted(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(1)

    floor.roster.move(floor.roster.get(1), Trigger.PAUSE)
    await floor.run(10)

    assert [a.outcome for a in await attempts(transactions)] == [Outcome.DROPPED]
    assert floor.engine.board(campaign.id)["abandoned"] == 1


async def test_an_agent_who_becomes_free_in_time_takes_the_waiting_customer(
    floor: DiallingFloor, seed: Seed
) -> None:
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(1)
    floor.roster.move(floor.roster.get(1), Trigger.PAUSE)
    await floor.run(2.5)

    floor.roster.move(floor.roster.get(1), Trigger.READY)
    await floor.run(1)

    assert floor.desk.connected == [(1, "attempt-1")]


async def test_a_failed_join_gives_the_customer_to_the_next_agent(
    floor: DiallingFloor, exchange: Exchange, seed: Seed
) -> None:
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id}), 2: frozenset({campaign.id})})
    await floor.run(2)
    first = next(s.agent_id for s in floor.roster.sessions.values() if s.reserved_by)
    exchange.channels.pop(exchange.agent_leg(first))  # gone, and nobody has noticed yet
    await floor.run(1)

    floor.engine.connect_failed("attempt-1")
    await floor.settle()

    assert [agent for agent, _ in floor.desk.connected] == [first, 3 - first]
    assert floor.roster.get(3 - first).state is State.TALKING


async def test_a_paused_campaign_places_no_more_lines_and_finishes_those_in_flight(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(5)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(1)

    await set_status(transactions, campaign.id, CampaignStatus.PAUSED)
    await floor.run(60)

    assert len(exchange.dialled) == 1
    assert [a.outcome for a in await attempts(transactions)] == [Outcome.ANSWERED]


async def test_a_paused_campaign_goes_on_when_resumed(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(2, status=CampaignStatus.PAUSED)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(10)
    assert exchange.dialled == []

    await set_status(transactions, campaign.id, CampaignStatus.RUNNING)
    await floor.run(60)

    assert len(exchange.dialled) == 2


async def test_a_change_told_over_the_bus_takes_effect_before_the_rows_are_due(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1, status=CampaignStatus.DRAFT)
    await floor.start({1: frozenset({campaign.id})})
    await set_status(transactions, campaign.id, CampaignStatus.RUNNING)

    changed = CampaignChanged(at=clock.now(), campaign_id=campaign.id, status=CampaignStatus.RUNNING)
    await floor.engine.receive([changed])
    await floor.settle()

    assert len(exchange.dialled) == 1


async def test_stopping_a_campaign_cancels_what_rings(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    exchange.plan[german_number(0)] = NO_ANSWER
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(1)

    await set_status(transactions, campaign.id, CampaignStatus.STOPPED)
    await floor.run(8)

    assert exchange.hung_up == ["attempt-1"]
    assert [a.outcome for a in await attempts(transactions)] == [Outcome.CANCELLED]
    (lead,) = await leads(transactions)
    assert lead.status == LeadStatus.WAITING


async def test_stopping_a_campaign_leaves_conversations_alone(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, seed: Seed
) -> None:
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id})})
    await floor.run(5)

    await set_status(transactions, campaign.id, CampaignStatus.STOPPED)
    await floor.run(20)

    assert exchange.hung_up == []
    assert [a.outcome for a in await attempts(transactions)] == [Outcome.ANSWERED]


async def test_the_campaign_with_the_higher_priority_gets_the_agent(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    low = await seed(1)
    async with transactions.database.write() as session:
        high = await make_campaign(session, clock.now(), priority=5)
        await make_lead(session, high, german_number(50), clock.now())
    await floor.start({1: frozenset({low.id, high.id})})

    await floor.run(1)

    assert list(exchange.numbers()) == [german_number(50)]


async def test_a_dry_campaign_does_not_starve_the_next_one(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    low = await seed(3)
    async with transactions.database.write() as session:
        high = await make_campaign(session, clock.now(), priority=5)
    await floor.start({1: frozenset({low.id, high.id})})

    await floor.run(60)

    assert len(exchange.dialled) == 3


async def test_a_do_not_call_number_is_never_dialled_and_says_why(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(2)
    async with transactions.database.write() as session:
        await forbid(session, german_number(0), clock.now())
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(30)

    assert list(exchange.numbers()) == [german_number(1)]
    async with transactions.read() as session:
        assert (await session.scalars(select(Refusal.rule))).all() == ["do-not-call"]
    assert [lead.status for lead in await leads(transactions)] == [LeadStatus.BLOCKED, LeadStatus.FINISHED]


async def test_a_lead_outside_its_hours_waits_for_its_morning(
    floor: DiallingFloor, exchange: Exchange, transactions: Transactions, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(0, hours={str(day): [["08:00", "21:00"]] for day in range(7)})
    async with transactions.database.write() as session:
        await make_lead(session, campaign, german_number(1), clock.now(), zones=["America/New_York"])
    await floor.start({1: frozenset({campaign.id})})  # 09:00 UTC: 04:00 in New York

    await floor.run(5)
    assert exchange.dialled == []
    (lead,) = await leads(transactions)
    assert lead.status == LeadStatus.NEW  # its cohort is closed: nobody has touched it

    clock.advance(4 * 3600)
    await floor.run(5)
    assert len(exchange.dialled) == 1


async def test_a_busy_number_is_tried_again_after_its_delay(
    floor: DiallingFloor, exchange: Exchange, clock: ManualClock, seed: Seed
) -> None:
    campaign = await seed(1, retry={"busy": {"delay_seconds": 600, "most": 2}})
    exchange.plan[german_number(0)] = BUSY
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(30)
    assert len(exchange.dialled) == 1
    clock.advance(600)
    await floor.run(10)

    assert len(exchange.dialled) == 2


async def test_the_journal_learns_whose_call_it_is(floor: DiallingFloor, seed: Seed) -> None:
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(2)

    labels = [event for event in floor.events if isinstance(event, e.CallLabelled)]
    assert [(x.call_id, x.campaign_id, x.recording) for x in labels] == [
        ("attempt-1", campaign.id, "attempt-1")
    ]


async def test_the_board_shows_what_is_going_on(floor: DiallingFloor, seed: Seed) -> None:
    campaign = await seed(3)
    await floor.start({1: frozenset({campaign.id}), 2: frozenset({campaign.id})})

    await floor.run(6)

    board = floor.engine.board(campaign.id)
    decision = board.pop("decision")
    assert isinstance(decision, dict)
    assert (decision["lines"], decision["bound"], decision["free"]) == (0, "nobody", 0)
    assert board.pop("decisions")
    assert board.pop("held") is None
    assert board | {"name": "", "dialable": 0} == {
        "id": campaign.id,
        "name": "",
        "status": "running",
        "mode": "progressive",
        "leads": 3,
        "dialable": 0,
        "in_flight": 2,
        "attempts": 2,
        "answered": 2,
        "connected": 2,
        "abandoned": 0,
        "limit": 0.03,
        "people": 2,
        "contacts": 0,
        "sales": 0,
        "outcomes": {},
        "lines": [],
        "callers": [],
        "next": [{"lead": 3, "number": "+49302000002", "try": 1}],
        "agents": 2,
        "ready": 0,
        "last_refusals": {},
    }


async def test_an_ended_attempt_is_announced_after_its_row(
    floor: DiallingFloor, transactions: Transactions, seed: Seed
) -> None:
    heard: list[AttemptEnded] = []

    async def hear(events: object) -> None:
        heard.extend(event for event in events if isinstance(event, AttemptEnded))  # type: ignore[attr-defined]

    transactions.bus.subscribe("test", (AttemptEnded,), hear)
    campaign = await seed(1)
    await floor.start({1: frozenset({campaign.id})})

    await floor.run(20)
    await transactions.bus.drain()

    assert [(x.attempt_id, x.outcome, x.agent_id) for x in heard] == [(1, Outcome.ANSWERED, 1)]
