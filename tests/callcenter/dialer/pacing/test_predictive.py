"""Predictive pacing: rules that hold whatever happens."""

from collections.abc import Callable
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.dialer.pacing.decision import Bound, Decision
from callcenter.dialer.pacing.lines import Cohort, Past
from callcenter.dialer.pacing.pacer import Pacer
from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Count, Window
from callcenter.dialer.states import Outcome

NOON = 1_750_000_000.0
TODAY = 739_417
AT = (TODAY - 719_163) * 86_400.0 + 43_200.0
COHORT = Cohort(list_id=1, kind="mobile", attempt=1, hour=12)
DAY = Window("day")
PREDICTIVE = Settings(pace=Pace.PREDICTIVE, windows=(DAY,))


def spent(answered: float, abandoned: float) -> dict[str, list[Count]]:
    return {"day": [Count(TODAY, answered, abandoned)]}


def past(number: int = 400, chance: float = 0.3, seed: int = 1) -> list[Past]:
    """The attempts of the last twenty minutes."""
    random = Random(seed)  # noqa: S311
    found = []
    for k in range(number):
        placed = AT - 1300 + k * 1200 / number
        answered = random.random() < chance
        ring = random.uniform(4, 18) if answered else 25.0
        found.append(
            Past(
                cohort=COHORT,
                placed_at=placed,
                resolved_at=placed + ring,
                answered=answered,
                connected_at=placed + ring if answered else None,
                talk_seconds=random.expovariate(1 / 90) if answered else None,
                wrapup_seconds=random.uniform(5, 30) if answered else None,
            )
        )
    return found


def team(pacer: Pacer, free: int, busy: int) -> None:
    for agent in range(free):
        pacer.ready(agent, AT - 5)
    for agent in range(free, free + busy):
        pacer.talking(agent, AT - 10 * (agent - free) - 5)


def decided(
    free: int, busy: int, *, answered: float = 2000, abandoned: float = 30, lines: int = 0
) -> Decision:
    pacer = Pacer(PREDICTIVE, spent=spent(answered, abandoned), recent=past())
    team(pacer, free, busy)
    for line in range(lines):
        pacer.placed(line, AT - (line % 12), COHORT)
    return pacer.decide(AT)


def test_with_budget_there_are_more_lines_than_free_agents() -> None:
    decision = decided(free=3, busy=20)

    assert decision.lines > 3
    assert decision.answer_chance == pytest.approx(0.3, abs=0.06)
    assert decision.expected > 0
    assert decision.price > 0


def test_agents_about_to_be_free_are_dialled_for() -> None:
    pacer = Pacer(PREDICTIVE, spent=spent(2000, 30), recent=past())
    for agent in range(40):
        pacer.wrapping(agent, AT - 15)

    assert pacer.decide(AT).lines > 0


def test_lines_that_ring_are_counted() -> None:
    assert decided(free=3, busy=20, lines=12).lines < decided(free=3, busy=20).lines


def test_with_nobody_on_shift_nothing_is_dialled() -> None:
    assert decided(free=0, busy=0).lines == 0


def test_where_the_budget_is_spent_every_answer_has_an_agent_who_is_free_now() -> None:
    decision = decided(free=4, busy=40, answered=2000, abandoned=60)

    assert decision.bound is Bound.LIMIT
    assert 4 <= decision.lines <= 6
    assert decided(free=0, busy=40, answered=2000, abandoned=60).lines == 0


def test_the_first_answers_of_a_day_may_not_be_lost() -> None:
    """One abandoned call of twenty would be 5 %."""
    assert decided(free=0, busy=8, answered=20, abandoned=0).lines == 0


@settings(max_examples=60)
@given(
    free=st.integers(0, 12), busy=st.integers(0, 40), lines=st.integers(0, 40), abandoned=st.integers(0, 70)
)
def test_one_more_free_agent_never_means_fewer_lines(
    free: int, busy: int, lines: int, abandoned: int
) -> None:
    """The same team, one of whom is free instead of away for a moment."""
    fewer = decided(free, busy, abandoned=abandoned, lines=lines)
    more = Pacer(PREDICTIVE, spent=spent(2000, abandoned), recent=past())
    team(more, free, busy)
    more.ready(10_000, AT - 5)
    for line in range(lines):
        more.placed(line, AT - (line % 12), COHORT)

    if free + busy != 25:  # where the distribution of a small team gives way to a normal one
        assert more.decide(AT).lines >= fewer.lines


@settings(max_examples=60)
@given(abandoned=st.integers(0, 70), free=st.integers(0, 12), busy=st.integers(0, 40))
def test_less_budget_never_means_more_lines(abandoned: int, free: int, busy: int) -> None:
    poorer = decided(free, busy, abandoned=abandoned + 1)

    assert poorer.lines <= decided(free, busy, abandoned=abandoned).lines


def eventful(pacer: Pacer, seed: int, *, times: int = 1) -> Pacer:
    """A quarter of an hour, in which each thing is said so many times."""
    random = Random(seed)  # noqa: S311
    for line in range(300):
        at, agent, end = AT + 3 * line, random.randrange(12), random.random()
        said = [partial(pacer.ready, agent, at), partial(pacer.placed, line, at, COHORT)]
        if end < 0.3:
            said.append(partial(pacer.answered, line, at + 2))
        if end < 0.29:
            said.append(partial(pacer.connected, line, at + 2, agent))
        elif end < 0.3:
            said.append(partial(pacer.abandoned, line, at + 2.5))
        elif end < 0.8:
            said.append(partial(pacer.failed, line, at + 2, Outcome.BUSY))
        for say in said:
            for _ in range(times):
                say()
    return pacer


@given(seed=st.integers(0, 50))
@settings(max_examples=10)
def test_the_same_events_give_the_same_decisions(seed: int) -> None:
    one, other = (eventful(Pacer(PREDICTIVE, spent=spent(500, 3)), seed) for _ in range(2))

    assert one.decide(AT + 900) == other.decide(AT + 900)


def test_what_is_said_twice_changes_nothing() -> None:
    one, other = (eventful(Pacer(PREDICTIVE, spent=spent(500, 3)), 7, times=n) for n in (1, 2))

    assert one.counts() == other.counts()
    assert one.decide(AT + 900).lines == other.decide(AT + 900).lines


def test_a_pacer_made_from_rows_knows_what_the_old_one_knew() -> None:
    """The windows exactly; chances, rings and durations as the attempts of the last hour tell them."""
    attempts = past()
    old = Pacer(PREDICTIVE, spent=spent(2000, 30))
    events: list[tuple[float, int, Callable[[], None]]] = []
    for n, a in enumerate(attempts):
        events.append((a.placed_at, n, partial(old.placed, n, a.placed_at, COHORT)))
        if not a.answered:
            events.append((a.resolved_at, n, partial(old.failed, n, a.resolved_at, Outcome.NO_ANSWER)))
            continue
        agent, over = 1000 + n, a.resolved_at + (a.talk_seconds or 0.0)
        done = over + (a.wrapup_seconds or 0.0)
        events += [
            (a.resolved_at - 1, n, partial(old.ready, agent, a.resolved_at - 1)),
            (a.resolved_at, n, partial(old.connected, n, a.resolved_at, agent)),
            (over, n, partial(old.wrapping, agent, over)),
            (done, n, partial(old.ready, agent, done)),
        ]
    for _, _, tell in sorted(events, key=lambda e: e[:2]):
        tell()
    for agent in range(1000, 1000 + len(attempts)):
        old.away(agent, AT)

    new = Pacer(PREDICTIVE, spent=old.counts(), recent=attempts)
    for pacer in (old, new):
        team(pacer, free=3, busy=20)
        pacer.placed(5000, AT - 1, COHORT)
    before, after = old.decide(AT), new.decide(AT)

    assert new.standings(AT) == old.standings(AT)
    assert after.answer_chance == pytest.approx(before.answer_chance, rel=1e-6)
    assert after.expected == pytest.approx(before.expected, rel=0.25)
    assert abs(after.lines - before.lines) <= 2
