"""The gate: verdicts per second, dials made up and tried against the plain reading of the law, and rows.

`tried` dials are judged by the quick rules and by `tests.support.lawyer`, which says the same in the slowest
way there is; any disagreement ends the run. The rows are those of a PostgreSQL made for the occasion.
"""

import asyncio
import random
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from bench import lists
from bench.figures import spread
from callcenter.dialer import gate
from callcenter.dialer.gate import Candidate
from callcenter.dialer.rules import (
    Allow,
    Basis,
    Block,
    Consent,
    Counted,
    Facts,
    Limit,
    Listing,
    Method,
    OnHolidays,
    Policy,
    Purpose,
    Refuse,
    Terms,
    Try,
    Where,
    Window,
    law,
    may_call,
    terms,
)
from callcenter.dialer.rules.words import RegistryKind
from callcenter.dialer.states import CampaignStatus, DialKind
from callcenter.dialer.why import counting
from callcenter.kernel.db import Database
from callcenter.migrations.run import migrate
from tests.support.dials import CODES, EDGES, NUMBER, PLACES, ZONES
from tests.support.factories.dialer import make_campaign
from tests.support.lawyer import objections
from tests.support.postgres import running_postgres

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)
POLICIES = 400
BATCH = 100


class Disagreement(Exception):
    """The quick rules and the plain ones do not say the same."""


class Dice:
    """Dials of every kind, quickly made up."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - dice
        self._policies = [self._policy() for _ in range(POLICIES)]

    def dial(self) -> tuple[Facts, Policy, Where, datetime]:
        dice = self._dice
        edge = datetime.fromisoformat(dice.choice(EDGES)).replace(tzinfo=UTC)
        now = (
            edge + timedelta(seconds=dice.randint(-10800, 10800))
            if dice.random() < 0.3
            else START + timedelta(seconds=dice.randrange(4 * 365 * 86400))
        )
        return self._facts(now), dice.choice(self._policies), dice.choice(PLACES), now

    def _rare(self, share: float = 0.12) -> bool:
        return self._dice.random() < share

    def _near(self, now: datetime, back: int = 40, ahead: int = 5) -> datetime:
        return now + timedelta(seconds=self._dice.randint(-back * 86400, ahead * 86400))

    def _policy(self) -> Policy:
        dice = self._dice
        return Policy(
            week=() if self._rare(0.4) else tuple(self._day() for _ in range(7)),
            closed_on=frozenset({date(2026, 3, 29)} if self._rare() else ()),
            on_holidays=dice.choice(list(OnHolidays)),
            max_lead_attempts=dice.choice((0, 0, 3, 6)),
            limits=tuple(self._limit() for _ in range(dice.choice((0, 0, 1, 2)))),
            company=(self._limit(),) if self._rare() else (),
            consent=dice.choice(list(Basis)) if self._rare() else None,
            purpose=dice.choice(list(Purpose)),
            method=dice.choice(list(Method)),
            live_agent=self._rare(0.5),
            ring_seconds=dice.choice((0, 15, 15, 25, 10)),
            campaign_id=dice.choice((None, 1, 2)),
            matter=dice.choice(("", "loan 7")),
            book=law.book(),
            laws=dice.choice(((), (), (), ("DE",), ("US-FL",))),
        )

    def _day(self) -> tuple[Window, ...]:
        ends = sorted(self._dice.sample(range(0, 1441, 10), self._dice.choice((0, 2, 2, 2, 4))))
        return tuple(Window(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True))

    def _limit(self) -> Limit:
        return Limit(self._dice.randint(0, 4), self._dice.randint(1, 800), self._dice.choice(list(Counted)))

    def _facts(self, now: datetime) -> Facts:
        dice = self._dice
        return Facts(
            number=NUMBER,
            kind=dice.choice(list(DialKind)),
            zones=tuple(dice.sample(ZONES, dice.choice((0, 1, 1, 2, 3)))),
            status=dice.choice((*[CampaignStatus.RUNNING] * 8, *CampaignStatus)),
            blocks=(Block("company"),) if self._rare(0.05) else (),
            listings=tuple(self._listing(now) for _ in range(2)) if self._rare() else (),
            consents=tuple(self._consent(now) for _ in range(dice.choice((0, 1, 2, 4)))),
            in_progress=self._rare(0.05),
            lead_attempts=dice.randint(0, 7),
            tries=tuple(self._try(now) for _ in range(dice.choice((0, 0, 1, 3)))),
            registries={code: self._near(now) for code in CODES if not self._rare(0.2)},
        )

    def _listing(self, now: datetime) -> Listing:
        since = self._near(now).date() if self._rare(0.5) else None
        return Listing(self._dice.choice(CODES), self._dice.choice(list(RegistryKind)), since)

    def _consent(self, now: datetime) -> Consent:
        dice = self._dice
        return Consent(
            purpose=dice.choice(list(Purpose)),
            basis=dice.choice(list(Basis)),
            given_at=self._near(now),
            reach=dice.choice(list(Method)),
            expires_at=self._near(now, 10, 30) if self._rare(0.3) else None,
            revoked_at=self._near(now, 20, 20) if self._rare(0.2) else None,
            proof="recording 17" if self._rare(0.7) else "",
        )

    def _try(self, now: datetime) -> Try:
        return Try(
            at=self._near(now, 40, 0),
            same_number=not self._rare(0.3),
            same_lead=self._rare(0.5),
            campaign_id=self._dice.choice((None, 1, 2)),
            matter=self._dice.choice(("", "loan 7")),
            abandoned=self._rare(),
            machine=self._rare(),
            declined=self._rare(),
        )


def verdicts(rounds: int, seed: int = 1) -> dict[str, float]:
    """Facts and terms to a verdict, one after another, in one process."""
    dice = Dice(seed)
    cases = []
    for _ in range(rounds):
        facts, policy, where, now = dice.dial()
        cases.append((facts, terms(policy, where, now), now))
    for facts, agreed, now in cases:
        may_call(facts, agreed, now)  # time tables are made once and kept
    allowed = 0
    began = time.perf_counter()
    for facts, agreed, now in cases:
        allowed += isinstance(may_call(facts, agreed, now), Allow)
    took = time.perf_counter() - began
    return {"per_second": round(rounds / took), "allowed_share": round(allowed / rounds, 3)}


def tried(dials: int, seed: int = 2) -> dict[str, int]:
    """Made-up dials on which both agree: allowed exactly when nobody objects."""
    dice, allowed = Dice(seed), 0
    for number in range(dials):
        facts, policy, where, now = dice.dial()
        agreed = terms(policy, where, now)
        verdict = may_call(facts, agreed, now)
        objecting = objections(facts, policy, where, now)
        if isinstance(verdict, Refuse) is not bool(objecting):
            raise Disagreement(f"dial {number} of seed {seed}: {verdict} against {sorted(objecting)}")
        if isinstance(verdict, Refuse):
            _next_is_first(replace(facts, in_progress=False), agreed, verdict)
        allowed += not objecting
    return {"dials": dials, "allowed": allowed, "slipped": 0}


def _next_is_first(facts: Facts, agreed: Terms, verdict: Refuse) -> None:
    moment = verdict.next_possible_at
    if moment is None or moment == agreed.until:
        return
    if not isinstance(may_call(facts, agreed, moment), Allow):
        raise Disagreement(f"{verdict} is refused at the moment it names")


async def rows(numbers: int, rounds: int, leads: int) -> dict[str, object]:
    """Candidates judged against millions of registered numbers, consents and do-not-call entries."""
    with running_postgres() as cluster:
        url = cluster.create("gate")
        await migrate(url)
        database = Database(url)
        try:
            await _seed(database, numbers)
            return {
                "registered_numbers": numbers,
                f"{BATCH}_judged_ms": await _batches(database, numbers, rounds, BATCH),
                "one_judged_ms": await _batches(database, numbers, rounds, 1),
                "why_of_leads": leads,
                "why_ms": await _why(database, leads),
            }
        finally:
            await database.aclose()


_SEED = (
    """
    INSERT INTO registries (code, name, kind, region, purposes, generation, numbers, current_at, created_by,
        created_at)
    VALUES ('us-dnc', 'x', 'do-not-call', 'US', '[]', 1, :n, :now, '', :now)
    """,
    """
    INSERT INTO registry_numbers (digits, registry_id, generation)
    SELECT 12000000000 + g * 7, 1, 1 FROM generate_series(1, CAST(:n AS bigint)) g
    """,
    """
    INSERT INTO do_not_call (number, scope, campaign_id, reason, added_by, added_at)
    SELECT '+' || (12000000000 + g * 11), 'company', 0, '', '', :now
    FROM generate_series(1, CAST(:n AS bigint) / 2) g
    """,
    """
    INSERT INTO consents (number, purpose, basis, reach, source, proof, given_at, revoked_by, revoked_why,
        added_by, added_at)
    SELECT '+' || (12000000000 + g * 5), 'advertising', 'written', 'automatic', '', 'x', :now, '', '', '',
        :now
    FROM generate_series(1, CAST(:n AS bigint) / 2) g
    """,
    """
    INSERT INTO attempts (kind, number, state, call_id, claimed_at, placed_at, ended_at, outcome, disposition,
        cause, token, engine_id, ordinal, declined, machine, message_left, heard, heard_cause, heard_ms,
        heard_confidence, trunk, caller_id)
    SELECT 'campaign', '+' || (12000000000 + g % 500000 * 10), 'ended', '', :now,
        CAST(:now AS timestamptz) - g % 40 * interval '1 day', :now, 'no-answer', '', 16, 1, '', 1, false,
        false, false, '', '', 0, 0, '', ''
    FROM generate_series(1, CAST(:n AS bigint) / 5) g
    """,
)


async def _seed(database: Database, numbers: int) -> None:
    async with database.write() as session:
        await make_campaign(session, NOW, purpose=Purpose.ADVERTISING, region="US")
        for statement in _SEED:
            await session.execute(text(statement), {"n": numbers, "now": NOW})
    await _vacuum(database)


async def _vacuum(database: Database) -> None:
    async with database.engine.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.execute(text("VACUUM ANALYZE"))


async def _batches(database: Database, numbers: int, rounds: int, size: int) -> dict[str, float]:
    dice = random.Random(3)  # noqa: S311 - dice
    policy = Policy(
        campaign_id=1,
        purpose=Purpose.ADVERTISING,
        limits=(Limit(3, 24),),
        week=((Window(8 * 60, 21 * 60),),) * 7,
        book=law.book(),
    )
    took = []
    for _ in range(rounds + 5):
        candidates = [
            Candidate(
                kind=DialKind.CAMPAIGN,
                number=f"+{12_000_000_000 + dice.randrange(numbers * 7)}",
                policy=policy,
                zones=("America/New_York",),
                where=Where("US", ("US-NY",), "fixed-or-mobile"),
                campaign_id=1,
                campaign_status=CampaignStatus.RUNNING,
            )
            for _ in range(size)
        ]
        async with database.read() as session:  # refusals are written and thrown away
            began = time.perf_counter()
            await gate.judge(session, candidates, NOW)
            took.append((time.perf_counter() - began) * 1000)
    return spread(took[5:])


async def _why(database: Database, leads: int) -> dict[str, float]:
    campaign_id = await lists.seed(database, leads)
    took = []
    for _ in range(5):
        async with database.read() as session:
            began = time.perf_counter()
            await counting.why(session, campaign_id, NOW)
            took.append((time.perf_counter() - began) * 1000)
    return spread(took)


def run(dials: int, numbers: int, rounds: int, leads: int) -> dict[str, object]:
    """All of it."""
    return {
        "verdicts": verdicts(20_000),
        "tried": tried(dials),
        "rows": asyncio.run(rows(numbers, rounds, leads)),
    }
