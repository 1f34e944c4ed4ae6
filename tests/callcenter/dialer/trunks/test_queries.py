"""What caller numbers have done."""

from datetime import timedelta

import pytest

from callcenter.dialer.models import Attempt
from callcenter.dialer.states import AttemptState, DialKind, Outcome
from callcenter.dialer.trunks import queries
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions
from tests.support.factories.dialer import german_number

OURS = "+49305550101"


async def test_todays_calls_are_counted_and_older_ones_fade(
    transactions: Transactions, clock: ManualClock
) -> None:
    now = clock.now()
    midnight = now.replace(hour=0, minute=0)
    async with transactions.database.write() as session:
        for index, hours in enumerate((1, 1, 25, 49, 200)):
            at = now - timedelta(hours=hours)
            session.add(
                Attempt(
                    kind=DialKind.MANUAL,
                    number=german_number(index),
                    caller_id=OURS,
                    state=AttemptState.ENDED,
                    outcome=Outcome.ANSWERED,
                    claimed_at=at,
                    placed_at=at,
                    answered_at=at if index != 1 else None,
                    ended_at=at,
                    token=1,
                    engine_id="one",
                )
            )

    async with transactions.read() as session:
        use = (await queries.use(session, midnight, now))[OURS]

    assert use.today == 2
    assert use.tried == pytest.approx(2 + 0.56 + 0.28, abs=0.15)
    assert use.answered == pytest.approx(use.tried - 1, abs=0.1)
