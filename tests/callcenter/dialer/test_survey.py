"""What customers hear and press when a campaign has no agents."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from callcenter.dialer.models import Attempt, Campaign, DoNotCall, SurveyAnswer
from callcenter.dialer.rules.words import Purpose
from callcenter.dialer.states import Mode, Outcome
from callcenter.dialer.survey import BadSurvey, Choice, read
from callcenter.kernel.tx import Transactions
from tests.support.dialling import DiallingFloor
from tests.support.exchange import BUSY, Behaviour, Exchange
from tests.support.factories.dialer import german_number

Seed = Callable[..., Awaitable[Campaign]]
SURVEY = {
    "start": {
        "prompt": "cc/spring",
        "keys": {
            "1": {"answer": "yes", "then": "when"},
            "2": {"answer": "talk", "queue": "sales"},
            "9": {"opt_out": True},
        },
    },
    "when": {"prompt": "cc/when", "keys": {"1": {"answer": "morning"}, "2": {"answer": "evening"}}},
}
PATIENT = Behaviour(ring_seconds=1, talk_seconds=300)


@pytest.mark.parametrize(
    "steps",
    [
        {"first": {"prompt": "cc/a"}},
        {"start": {"prompt": "../etc"}},
        {"start": {"prompt": "cc/a", "keys": {"x": {}}}},
        {"start": {"prompt": "cc/a", "keys": {"1": {"then": "nowhere"}}}},
        {"start": {"prompt": "cc/a", "keys": {"1": {"queue": "sales", "opt_out": True}}}},
        {"start": {"prompt": "cc/a", "keys": {"1": {"hang_up": True}}}},
        {"start": "cc/a"},
    ],
)
def test_what_cannot_be_followed_is_refused(steps: dict[str, object]) -> None:
    with pytest.raises(BadSurvey):
        read(steps)


def test_a_survey_is_read() -> None:
    survey = read(SURVEY)
    assert survey["start"].keys["1"] == Choice(answer="yes", then="when")
    assert read({}) == {}


@pytest.fixture
def service_call() -> dict[str, object]:
    """Nothing that needs consent."""
    return {"mode": Mode.AGENTLESS, "survey": SURVEY, "purpose": Purpose.SERVICE, "max_lines": 2}


async def test_lines_are_placed_without_any_agent_up_to_the_limit(
    floor: DiallingFloor, exchange: Exchange, seed: Seed, service_call: dict[str, object]
) -> None:
    await seed(5, **service_call)
    for index in range(5):
        exchange.plan[german_number(index)] = PATIENT
    await floor.start({})

    await floor.run(6)

    assert len(exchange.dialled) == 2
    assert exchange.channels["attempt-1"].variables["CC_PROMPT"] == "cc/spring"


async def test_answers_are_kept_step_by_step_and_the_attempt_counts_as_answered(
    floor: DiallingFloor,
    exchange: Exchange,
    transactions: Transactions,
    seed: Seed,
    service_call: dict[str, object],
) -> None:
    await seed(1, **service_call)
    exchange.plan[german_number(0)] = PATIENT
    await floor.start({})
    await floor.run(3)

    exchange.choose("attempt-1", "1")
    await floor.settle()
    assert exchange.asked == [("attempt-1", "cc/when")]
    exchange.choose("attempt-1", "2")
    await floor.run(2)

    async with transactions.read() as session:
        answers = list(await session.scalars(select(SurveyAnswer).order_by(SurveyAnswer.id)))
        attempt = (await session.scalars(select(Attempt).where(Attempt.placed_at.is_not(None)))).one()
    assert [(a.step, a.key, a.answer) for a in answers] == [("start", "1", "yes"), ("when", "2", "evening")]
    assert attempt.outcome == Outcome.ANSWERED
    assert exchange.hung_up == ["attempt-1"]


async def test_a_key_leads_to_a_queue_and_another_off_the_list(
    floor: DiallingFloor,
    exchange: Exchange,
    transactions: Transactions,
    seed: Seed,
    service_call: dict[str, object],
) -> None:
    await seed(2, **service_call)
    for index in range(2):
        exchange.plan[german_number(index)] = PATIENT
    await floor.start({})
    await floor.run(3)

    exchange.choose("attempt-1", "2")
    exchange.choose("attempt-2", "9")
    await floor.run(2)

    assert exchange.queued == [("attempt-1", "sales")]
    async with transactions.read() as session:
        assert list(await session.scalars(select(DoNotCall.number))) == [german_number(1)]


async def test_no_key_or_a_wrong_one_is_asked_once_more(
    floor: DiallingFloor, exchange: Exchange, seed: Seed, service_call: dict[str, object]
) -> None:
    await seed(1, **service_call)
    exchange.plan[german_number(0)] = PATIENT
    await floor.start({})
    await floor.run(3)

    exchange.choose("attempt-1", "")
    await floor.settle()
    assert exchange.asked == [("attempt-1", "cc/spring")]
    exchange.choose("attempt-1", "7")
    await floor.settle()

    assert exchange.hung_up == ["attempt-1"]


async def test_a_number_that_is_busy_ends_as_busy(
    floor: DiallingFloor,
    exchange: Exchange,
    transactions: Transactions,
    seed: Seed,
    service_call: dict[str, object],
) -> None:
    await seed(1, **service_call)
    exchange.plan[german_number(0)] = BUSY
    await floor.start({})

    await floor.run(5)

    async with transactions.read() as session:
        assert list(await session.scalars(select(Attempt.outcome))) == [Outcome.BUSY]
