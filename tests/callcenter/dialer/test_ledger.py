"""What pacing starts with, from rows."""

from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer import ledger
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.models import Attempt, Campaign, Disposition
from callcenter.dialer.pacing.window import Count, Window
from callcenter.dialer.states import AttemptState, DialKind, Outcome
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.support.factories.dialer import german_number, make_campaign, make_lead

DAY = Window("day", zone="Europe/Berlin")
TWO_DAYS = Window("two", days=2, zone="Europe/Berlin")


async def attempt(
    session: AsyncSession,
    campaign: Campaign,
    at: datetime,
    outcome: Outcome,
    *,
    disposition: str = "",
    lead: Lead | None = None,
) -> None:
    answered = outcome in (Outcome.ANSWERED, Outcome.DROPPED, Outcome.MACHINE)
    session.add(
        Attempt(
            kind=DialKind.CAMPAIGN,
            campaign_id=campaign.id,
            lead_id=lead.id if lead else None,
            cohort_id=lead.cohort_id if lead else None,
            number=german_number(1),
            state=AttemptState.ENDED,
            outcome=outcome,
            disposition=disposition,
            claimed_at=at,
            placed_at=at,
            answered_at=at + timedelta(seconds=9) if answered else None,
            connected_at=at + timedelta(seconds=9) if outcome is Outcome.ANSWERED else None,
            ended_at=at + timedelta(seconds=20),
            token=1,
            engine_id="one",
        )
    )
    await session.flush()


async def test_people_who_answered_are_counted_by_the_windows_own_days(
    transactions: Transactions, clock: ManualClock
) -> None:
    now = clock.now()  # 10:00 in Berlin
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, now)
        session.add(Disposition(code="machine", key=7, title="Machine", human=False))
        for outcome in (Outcome.ANSWERED, Outcome.ANSWERED, Outcome.DROPPED, Outcome.BUSY, Outcome.MACHINE):
            await attempt(session, campaign, now - timedelta(hours=1), outcome)
        await attempt(session, campaign, now - timedelta(hours=1), Outcome.ANSWERED, disposition="machine")
        await attempt(session, campaign, now - timedelta(hours=9, minutes=30), Outcome.ANSWERED)
        await attempt(session, campaign, now - timedelta(hours=10, minutes=30), Outcome.DROPPED)

    async with transactions.read() as session:
        today = await ledger.spent(session, campaign.id, DAY, now)
        both = await ledger.spent(session, campaign.id, TWO_DAYS, now)

    this, last = date(2026, 3, 2).toordinal(), date(2026, 3, 1).toordinal()
    assert list(today) == [Count(this, 4, 1)]
    assert sorted(both, key=lambda c: c.day) == [Count(last, 1, 1), Count(this, 4, 1)]


async def test_the_last_attempts_come_oldest_first_with_their_leads_facts(
    transactions: Transactions, clock: ManualClock
) -> None:
    now = clock.now()
    async with transactions.database.write() as session:
        campaign = await make_campaign(session, now)
        lead = await make_lead(session, campaign, german_number(1), now, zones=["Europe/Moscow"], attempts=2)
        await attempt(session, campaign, now - timedelta(hours=3), Outcome.ANSWERED)
        await attempt(session, campaign, now - timedelta(minutes=20), Outcome.ANSWERED, lead=lead)
        await attempt(session, campaign, now - timedelta(minutes=10), Outcome.NO_ANSWER, lead=lead)
        await attempt(session, campaign, now - timedelta(minutes=9), Outcome.UNKNOWN, lead=lead)

    async with transactions.read() as session:
        past = await ledger.recent(session, campaign.id, now)

    assert [(p.answered, p.resolved_at - p.placed_at) for p in past] == [(True, 9.0), (False, 20.0)]
    assert {(p.cohort.kind, p.cohort.hour) for p in past} == {("fixed", 11)}
