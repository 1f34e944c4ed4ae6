"""The gate on rows, on both databases: what forbids a dial, what it costs to ask, and what is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer import gate, hopper, last_look
from callcenter.dialer.consents.models import ConsentRow
from callcenter.dialer.evidence import digits_of
from callcenter.dialer.gate import Candidate
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt, CompanyRules, Refusal
from callcenter.dialer.registries.models import BlockedArea, Registry, RegistryNumber
from callcenter.dialer.rules import (
    Allow,
    Basis,
    Counted,
    Limit,
    Method,
    Policy,
    Purpose,
    Refuse,
    Rule,
    Verdict,
    Where,
    law,
)
from callcenter.dialer.rules.words import RegistryKind
from callcenter.dialer.states import AttemptState, CampaignStatus, DialKind, LeadStatus, Outcome
from callcenter.kernel.db import Database
from tests.support.factories.dialer import forbid, german_number, make_campaign, make_lead

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
NUMBER = german_number(1)
FLORIDA = "+13055550123"
LONG_AGO = NOW - timedelta(days=900)


@pytest.fixture(autouse=True)
async def _two_campaigns(database: Database) -> None:
    async with database.write() as session:
        assert [(await make_campaign(session, NOW)).id for _ in range(2)] == [1, 2]


def _candidate(number: str = NUMBER, **values: object) -> Candidate:
    given: dict[str, object] = {
        "kind": DialKind.CAMPAIGN,
        "policy": Policy(campaign_id=1),
        "campaign_id": 1,
        "campaign_status": CampaignStatus.RUNNING,
        "zones": ("UTC",),
        "where": Where("DE"),
    }
    return Candidate(number=number, **(given | values))  # type: ignore[arg-type]


async def _judge(session: AsyncSession, candidate: Candidate) -> Verdict:
    (verdict,) = await gate.judge(session, [candidate], NOW)
    return verdict


def _rule(verdict: Verdict) -> Rule | None:
    return verdict.rule if isinstance(verdict, Refuse) else None


async def _past(session: AsyncSession, number: str, ago: timedelta, **values: object) -> Attempt:
    given: dict[str, object] = {
        "kind": DialKind.CAMPAIGN,
        "number": number,
        "state": AttemptState.ENDED,
        "claimed_at": NOW - ago,
        "placed_at": NOW - ago,
        "ended_at": NOW - ago,
        "outcome": Outcome.NO_ANSWER,
        "token": 1,
        "engine_id": "x",
    }
    row = Attempt(**(given | values))
    session.add(row)
    await session.flush()
    return row


async def _registry(
    session: AsyncSession, code: str, kind: RegistryKind, numbers: dict[str, date | None], generation: int = 2
) -> Registry:
    row = Registry(
        code=code,
        name=code,
        kind=kind,
        region="US",
        purposes=[],
        generation=2,
        current_at=NOW - timedelta(days=1),
        created_by="test",
        created_at=LONG_AGO,
    )
    session.add(row)
    await session.flush()
    session.add_all(
        RegistryNumber(digits=digits_of(number), registry_id=row.id, generation=generation, since=since)
        for number, since in numbers.items()
    )
    await session.flush()
    return row


def _consent(number: str, **values: object) -> ConsentRow:
    given: dict[str, object] = {
        "number": number,
        "purpose": Purpose.ADVERTISING,
        "basis": Basis.WRITTEN,
        "reach": Method.AUTOMATIC,
        "proof": "form",
        "given_at": LONG_AGO,
        "added_by": "test",
        "added_at": LONG_AGO,
    }
    return ConsentRow(**(given | values))


@contextmanager
def _counted(database: Database) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_a_batch_costs_as_many_statements_as_one_number(database: Database) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, NOW)
        leads = [await make_lead(session, campaign, german_number(i), NOW) for i in range(120)]
        for lead in leads[::2]:
            await forbid(session, lead.number, NOW)
    counts = []
    for size in (1, 120, 120):  # the third time every refusal is one that is known
        candidates = [
            _candidate(lead.number, campaign_id=campaign.id, lead_id=lead.id) for lead in leads[:size]
        ]
        async with database.write() as session:
            with _counted(database) as statements:
                await gate.judge(session, candidates, NOW)
                await session.flush()
        counts.append(len(statements))

    assert max(counts) <= 4, counts
    assert counts[1] - counts[0] <= 1


@pytest.mark.parametrize(
    ("owner", "other_lists", "rule"),
    [(0, (), Rule.DO_NOT_CALL), (1, (), Rule.DO_NOT_CALL), (2, (), None), (2, (2,), Rule.DO_NOT_CALL)],
)
async def test_do_not_call_binds_its_campaign_the_company_and_whoever_asks_for_it(
    database: Database, owner: int, other_lists: tuple[int, ...], rule: Rule | None
) -> None:
    async with database.write() as session:
        await forbid(session, NUMBER, NOW, campaign_id=owner)
        policy = Policy(campaign_id=1, other_lists=other_lists)

        assert _rule(await _judge(session, _candidate(policy=policy))) is rule


@pytest.mark.parametrize(
    ("key", "digits", "campaign_id", "blocked"),
    [
        ("+4930", 0, 0, True),
        ("+4930", 11, 0, True),
        ("+4930", 12, 0, False),
        ("+4931", 0, 0, False),
        ("DE", 0, 0, True),
        ("DE-BE", 0, 0, True),
        ("DE-BY", 0, 0, False),
        ("DE", 0, 1, True),
        ("DE", 0, 2, False),
    ],
)
async def test_areas_are_beginnings_lengths_countries_and_parts(
    database: Database, key: str, digits: int, campaign_id: int, blocked: bool
) -> None:
    async with database.write() as session:
        session.add(
            BlockedArea(key=key, digits=digits, campaign_id=campaign_id, added_by="test", added_at=NOW)
        )
        await session.flush()

        verdict = await _judge(session, _candidate(where=Where("DE", ("DE-BE",))))

        assert (_rule(verdict) is Rule.DO_NOT_CALL) is blocked


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (RegistryKind.DO_NOT_CALL, Rule.REGISTRY),
        (RegistryKind.LITIGATOR, Rule.LITIGATOR),
        (RegistryKind.INVALID, Rule.INVALID_NUMBER),
        (RegistryKind.REASSIGNED, Rule.REASSIGNED),
    ],
)
async def test_an_external_registry_forbids_in_its_own_way(
    database: Database, kind: RegistryKind, rule: Rule
) -> None:
    async with database.write() as session:
        await _registry(session, "ours", kind, {NUMBER: None})

        assert _rule(await _judge(session, _candidate())) is rule
        assert _rule(await _judge(session, _candidate(german_number(2)))) is None


async def test_only_the_generation_that_counts_is_looked_at(database: Database) -> None:
    async with database.write() as session:
        await _registry(session, "ours", RegistryKind.DO_NOT_CALL, {NUMBER: None}, generation=1)

        assert isinstance(await _judge(session, _candidate()), Allow)


async def test_a_consent_younger_than_the_new_owner_counts(database: Database) -> None:
    async with database.write() as session:
        await _registry(session, "rnd", RegistryKind.REASSIGNED, {NUMBER: date(2025, 6, 1)})
        session.add(_consent(NUMBER, given_at=datetime(2025, 5, 1, tzinfo=UTC)))
        await session.flush()
        before = await _judge(session, _candidate())
        session.add(_consent(NUMBER, given_at=datetime(2025, 7, 1, tzinfo=UTC)))
        await session.flush()

        assert _rule(before) is Rule.REASSIGNED
        assert isinstance(await _judge(session, _candidate()), Allow)


async def test_consents_of_the_number_and_of_its_contact_count_until_they_are_revoked(
    database: Database,
) -> None:
    policy = Policy(campaign_id=1, purpose=Purpose.ADVERTISING, consent=Basis.WRITTEN)
    async with database.write() as session:
        without = await _judge(session, _candidate(policy=policy, contact_id=7))
        of_contact = _consent("", contact_id=7)
        session.add(of_contact)
        await session.flush()
        with_it = await _judge(session, _candidate(policy=policy, contact_id=7))
        of_another = await _judge(session, _candidate(policy=policy, contact_id=8))
        of_contact.revoked_at = NOW
        session.add(_consent(german_number(9)))
        await session.flush()
        revoked = await _judge(session, _candidate(policy=policy, contact_id=7))
        by_number = await _judge(session, _candidate(german_number(9), policy=policy))

    assert _rule(without) is Rule.CONSENT
    assert isinstance(with_it, Allow)
    assert _rule(of_another) is Rule.CONSENT
    assert _rule(revoked) is Rule.CONSENT
    assert isinstance(by_number, Allow)


async def test_a_florida_number_is_judged_by_florida_wherever_its_owner_lives(database: Database) -> None:
    policy = Policy(campaign_id=1, purpose=Purpose.ADVERTISING, method=Method.HUMAN, book=law.book())
    evening = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)  # 20:30 in New York
    candidate = _candidate(
        FLORIDA, policy=policy, zones=("America/New_York",), where=Where("US", ("US-NY",), "mobile")
    )
    async with database.write() as session:
        await _registry(session, "us-dnc", RegistryKind.DO_NOT_CALL, {})
        (verdict,) = await gate.judge(session, [candidate], evening)

    assert isinstance(verdict, Refuse)
    assert (verdict.rule, verdict.values["by"]) == (Rule.HOURS, "US-FL")


async def test_the_company_s_own_limits_hold_in_every_campaign(database: Database) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, NOW, matter="loan 7")
        other = await make_campaign(session, NOW, matter="loan 7")
        session.add(CompanyRules(id=1, hours={}, limits=[{"most": 2, "hours": 48, "counted": "number"}]))
        await _past(session, NUMBER, timedelta(hours=47), campaign_id=other.id)
        await _past(session, NUMBER, timedelta(hours=49), campaign_id=other.id)
        one = await _judge(session, _candidate(campaign_id=campaign.id))
        await _past(session, NUMBER, timedelta(hours=1))
        two = await _judge(session, _candidate(campaign_id=campaign.id))
        matter = Policy(campaign_id=campaign.id, matter="loan 7", limits=(Limit(1, 720, Counted.MATTER),))
        about_it = await _judge(session, _candidate(policy=matter, campaign_id=campaign.id))

    assert isinstance(one, Allow)
    assert isinstance(two, Refuse)
    assert (two.rule, two.values["by"]) == (Rule.NUMBER_ATTEMPTS, "company")
    assert two.next_possible_at == NOW + timedelta(hours=1)
    assert _rule(about_it) is Rule.NUMBER_ATTEMPTS  # the company's comes first


async def test_an_open_attempt_forbids_another_but_not_itself(database: Database) -> None:
    async with database.write() as session:
        row = await _past(session, NUMBER, timedelta(0), state=AttemptState.CLAIMED, placed_at=None)

        assert _rule(await _judge(session, _candidate())) is Rule.IN_PROGRESS
        assert isinstance(await _judge(session, _candidate(attempt_id=row.id)), Allow)


async def test_a_lead_refused_again_for_the_same_reason_adds_no_row(database: Database) -> None:
    async with database.write() as session:
        campaign = await make_campaign(session, NOW)
        lead = await make_lead(session, campaign, NUMBER, NOW)
        await forbid(session, NUMBER, NOW)
    for minute in range(3):
        async with database.write() as session:
            at = NOW + timedelta(minutes=minute)
            await gate.judge(session, [_candidate(campaign_id=campaign.id, lead_id=lead.id)], at)
    async with database.write() as session:
        stopped = _candidate(campaign_id=campaign.id, lead_id=lead.id, campaign_status=CampaignStatus.PAUSED)
        await gate.judge(session, [stopped], NOW + timedelta(minutes=5))

    async with database.read() as session:
        rows = (await session.scalars(select(Refusal).order_by(Refusal.id))).all()
    assert [(row.rule, row.times) for row in rows] == [("do-not-call", 3), ("campaign-status", 1)]
    assert (rows[0].at, rows[0].last_at) == (NOW, NOW + timedelta(minutes=2))


async def test_looking_into_a_number_writes_nothing(database: Database) -> None:
    async with database.write() as session:
        await forbid(session, NUMBER, NOW)
        (case,) = await gate.look_into(session, [_candidate()], NOW)

        assert case.facts.blocks
        assert await session.scalar(select(func.count(Refusal.id))) == 0


async def _claimed(database: Database) -> tuple[int, int, int]:
    """Attempt, lead and consent of a lead that was claimed ahead."""
    async with database.write() as session:
        campaign = await make_campaign(session, NOW, consent_needed=True, purpose=Purpose.SURVEY)
        lead = await make_lead(session, campaign, FLORIDA, NOW, region="US", number_type="mobile")
        consent = _consent(FLORIDA, purpose=Purpose.SURVEY)
        session.add(consent)
    async with database.write() as session:
        (claimed,) = await hopper.claim(session, campaign.id, 1, NOW, hopper.Fence(1, "one"))
    return claimed.attempt_id, lead.id, consent.id


async def _take_back(session: AsyncSession, how: str, consent_id: int) -> None:
    if how == "revoked":
        row = await session.get_one(ConsentRow, consent_id)
        row.revoked_at = NOW
    elif how == "forbidden":
        await forbid(session, FLORIDA, NOW)
    elif how == "area":
        session.add(BlockedArea(key="+1305", digits=11, added_by="test", added_at=NOW))


@pytest.mark.parametrize(
    ("how", "rules"),
    [("revoked", ["consent"]), ("forbidden", ["do-not-call"]), ("area", ["do-not-call"]), ("not", [])],
)
async def test_what_is_taken_back_between_claim_and_dial_is_seen_and_written_down(
    database: Database, how: str, rules: list[str]
) -> None:
    attempt_id, lead_id, consent_id = await _claimed(database)
    async with database.write() as session:
        await _take_back(session, how, consent_id)
    async with database.read() as session:
        good = await last_look.looks_good(session, attempt_id, NOW)
    async with database.write() as session:
        await last_look.send_back(session, attempt_id, NOW)

    async with database.read() as session:
        lead = await session.get_one(Lead, lead_id)
        reasons = (await session.scalars(select(Refusal.rule))).all()
    assert good is (how == "not")
    assert list(reasons) == rules
    assert (lead.status == LeadStatus.BLOCKED) is (how != "not")


@pytest.mark.parametrize(("how", "placed"), [("revoked", False), ("forbidden", False), ("not", True)])
async def test_not_even_the_moment_between_the_last_look_and_the_dial_is_left(
    database: Database, how: str, placed: bool
) -> None:
    attempt_id, _, consent_id = await _claimed(database)
    async with database.read() as session:
        assert await last_look.looks_good(session, attempt_id, NOW)
    async with database.write() as session:
        await _take_back(session, how, consent_id)
    async with database.write() as session:
        placing = last_look.Placing(attempt_id, 7, "carrier", "+493055500")

        assert await last_look.place(session, placing, NOW) is placed
