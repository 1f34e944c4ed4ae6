"""A campaign's pacer: what it is told, and how many lines it says."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.pacing.decision import Bound
from callcenter.dialer.pacing.lines import Cohort
from callcenter.dialer.pacing.pacer import Pacer
from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Count, Window
from callcenter.dialer.states import Outcome

NOON = 1_750_000_000.0
COHORT = Cohort(list_id=1, kind="mobile", attempt=1, hour=12)
DAY = Window("day")


def pacer(pace: Pace, **settings: object) -> Pacer:
    return Pacer(Settings(pace=pace, windows=(DAY,), **settings))  # type: ignore[arg-type]


def test_progressive_places_a_line_for_each_free_agent_that_has_none() -> None:
    campaign = pacer(Pace.PROGRESSIVE)
    for agent in (1, 2, 3):
        campaign.ready(agent, NOON)
    campaign.placed(1, NOON, COHORT)

    decision = campaign.decide(NOON, claiming=1)

    assert (decision.lines, decision.free, decision.ringing) == (1, 3, 2)
    assert decision.bound is Bound.FREE_AGENTS


def test_an_answered_customer_has_the_first_claim_on_a_free_agent() -> None:
    campaign = pacer(Pace.PROGRESSIVE)
    campaign.ready(1, NOON)
    campaign.placed(1, NOON, COHORT)
    campaign.answered(1, NOON + 5)

    assert campaign.decide(NOON + 5).lines == 0


def test_a_failed_line_is_replaced() -> None:
    campaign = pacer(Pace.PROGRESSIVE)
    campaign.ready(1, NOON)
    campaign.placed(1, NOON, COHORT)
    campaign.failed(1, NOON + 5, Outcome.BUSY)

    assert campaign.decide(NOON + 5).lines == 1


def test_nobody_dials_for_agents_who_are_about_to_go() -> None:
    campaign = pacer(Pace.PROGRESSIVE)
    campaign.ready(1, NOON)
    campaign.leaving(1, NOON)

    assert campaign.decide(NOON).lines == 0

    campaign.staying(1)

    assert campaign.decide(NOON).lines == 1


def test_where_people_dial_nothing_is_placed() -> None:
    campaign = pacer(Pace.NONE)
    campaign.ready(1, NOON)

    decision = campaign.decide(NOON)

    assert (decision.lines, decision.bound) == (0, Bound.NO_PACING)


def test_a_ratio_that_has_spent_its_budget_is_progressive() -> None:
    campaign = Pacer(
        Settings(pace=Pace.RATIO, ratio=3.0, windows=(DAY,)),
        spent={"day": [Count(day=739_417, answered=400, abandoned=0)]},
    )
    at = (739_417 - 719_163) * 86_400.0
    campaign.ready(1, at)
    assert campaign.decide(at).lines == 3

    for line in range(12):
        campaign.placed(line, at, COHORT)
        campaign.answered(line, at)
        campaign.abandoned(line, at + 2)

    decision = campaign.decide(at + 30)
    assert (decision.lines, decision.bound) == (1, Bound.LIMIT)
    assert (decision.used, decision.limit) == (12 / 412, 0.03)


def test_lines_stop_at_what_the_trunks_take() -> None:
    campaign = pacer(Pace.PROGRESSIVE, most_lines=2)
    for agent in (1, 2, 3):
        campaign.ready(agent, NOON)

    decision = campaign.decide(NOON, claiming=1)

    assert (decision.lines, decision.bound) == (1, Bound.MOST_LINES)


@given(free=st.integers(0, 40), placed=st.integers(0, 40), claiming=st.integers(0, 40))
def test_progressive_lines_never_outnumber_free_agents(free: int, placed: int, claiming: int) -> None:
    campaign = pacer(Pace.PROGRESSIVE)
    for agent in range(free):
        campaign.ready(agent, NOON)
    for line in range(placed):
        campaign.placed(line, NOON, COHORT)

    lines = campaign.decide(NOON, claiming).lines

    assert lines == max(0, free - placed - claiming)
