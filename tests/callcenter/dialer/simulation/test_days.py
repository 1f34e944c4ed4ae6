"""Simulated days: fair to every policy, and kept within the limit by ours."""

from random import Random

import pytest
from typing_extensions import override

from callcenter.dialer.pacing.lines import Cohort, Past
from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Window
from callcenter.dialer.simulation.clairvoyant import Clairvoyant
from callcenter.dialer.simulation.compare import Knob, tuned
from callcenter.dialer.simulation.laws import Seen
from callcenter.dialer.simulation.measures import Measures
from callcenter.dialer.simulation.policies import FixedRatio, Ours
from callcenter.dialer.simulation.run import Run
from callcenter.dialer.simulation.trial import Figures, TooLittleSeen, Trial, figures_of, simulate
from callcenter.dialer.simulation.vicidial import Level, Method, Vicidial
from callcenter.dialer.simulation.watching import Watching
from callcenter.dialer.simulation.world import Stretch, World, drifting, everybody, staffed, steady
from callcenter.dialer.states import Outcome

HOURS = 1.5


def world(seed: int = 1, agents: int = 12) -> World:
    random = Random(seed)  # noqa: S311
    seconds = HOURS * 3600.0
    return World(
        seconds=seconds, shifts=staffed(random, agents, seconds), stretches=drifting(random, seconds)
    )


def ours(pace: Pace = Pace.PREDICTIVE) -> Ours:
    return Ours(Settings(pace=pace, windows=(Window("day"),)))


def test_the_same_seed_gives_the_same_day() -> None:
    assert Run(world(agents=4), ours(), 5).measures() == Run(world(agents=4), ours(), 5).measures()


@pytest.mark.parametrize("seed", [1, 2])
def test_predictive_keeps_agents_busier_than_progressive_within_the_limit(seed: int) -> None:
    predictive = Run(world(seed), ours(), seed).measures()
    progressive = Run(world(seed), ours(Pace.PROGRESSIVE), seed).measures()

    assert predictive.occupancy > progressive.occupancy + 0.05
    assert predictive.abandoned_share <= 0.03
    assert progressive.abandoned <= 2  # somebody who goes while a line rings for them


def test_no_policy_gains_agents_or_leads() -> None:
    """Every agent's time is work or waiting, every line ends once."""
    heard: list[int] = []

    class Counting(FixedRatio):
        @override
        def failed(self, line_id: int, at: float, outcome: Outcome) -> None:
            heard.append(line_id)

        @override
        def connected(self, line_id: int, at: float, agent_id: int) -> None:
            heard.append(line_id)

        @override
        def abandoned(self, line_id: int, at: float) -> None:
            heard.append(line_id)

    found = Run(world(), Counting(2.0), 1).measures()

    assert len(heard) == len(set(heard))
    assert found.attempts - len(heard) < 40  # those that ring or wait when the day ends
    assert 0 < found.occupancy < 1


def test_who_knows_the_future_does_better_than_any_of_them() -> None:
    day = world()
    bound, _ = tuned(day, Clairvoyant, Knob(0.001, 0.2, halvings=4), 1)

    for policy in (ours(), FixedRatio(1.5), Vicidial(Level())):
        found = Run(day, policy, 1).measures()
        assert found.occupancy < bound.occupancy
    assert bound.abandoned_share <= 0.03


def test_hindsight_finds_the_busiest_lawful_setting() -> None:
    day = world(agents=30)

    best, ratio = tuned(day, lambda _, value: FixedRatio(value), Knob(1.0, 10.0), 1)

    assert best.abandoned_share <= 0.03
    assert Run(day, FixedRatio(ratio * 1.3), 1).measures().abandoned_share > 0.03


def vicidial(method: Method, **settings: object) -> Vicidial:
    return Vicidial(Level(method=method, **settings))  # type: ignore[arg-type]


def levels(policy: Vicidial, day: World) -> list[float]:
    found: list[float] = []

    class Noting(Vicidial):
        @override
        def lines(self, now: float, claiming: int) -> int:
            found.append(self.level)
            return super().lines(now, claiming)

    Run(day, Noting(policy.settings), 1).measures()
    return found


def test_vicidials_level_climbs_to_its_cap_and_is_crushed_by_drops() -> None:
    seen = levels(vicidial(Method.AVERAGE), world(agents=30))

    assert max(seen) > 1.2
    assert max(seen) <= 3.0
    assert seen[-1] <= max(seen) / 1.5


def test_a_ratio_is_never_adapted() -> None:
    assert set(levels(vicidial(Method.RATIO, start=1.7), world())) == {1.7}


def test_tapered_lets_the_morning_run_over_the_limit() -> None:
    day = World(seconds=7200.0, shifts=everybody(20, 7200.0), stretches=steady(0.4), break_every=0.0)

    assert Run(day, vicidial(Method.TAPERED), 1).measures().abandoned_share > 0.03


def test_lists_change_with_their_stretches() -> None:
    day = World(
        seconds=100.0, shifts=(), stretches=(Stretch(0, 1, 0.2), Stretch(50, 1, 0.4), Stretch(80, 2, 0.1))
    )

    found = [day.stretch_at(at) for at in (25, 79, 90)]
    assert [list_id for list_id, _ in found] == [1, 1, 2]
    assert [chance for _, chance in found] == pytest.approx([0.3, 0.4, 0.1])


def test_a_trial_tells_how_far_it_is_and_stops_when_told() -> None:
    told: list[float] = []

    def hear(share: float) -> bool:
        told.append(share)
        return len(told) < 3

    trial = Trial(agents=(3, 5), hours=1.0, days=2)

    assert simulate(Figures(answer_chance=0.3), trial, hear) is None
    assert len(told) == 3
    assert told == sorted(told)


def test_a_trial_has_a_row_for_each_combination() -> None:
    trial = Trial(agents=(3, 5), paces=(Pace.PROGRESSIVE,), limits=(0.02, 0.03), hours=0.5, days=2)

    rows = simulate(Figures(answer_chance=0.3), trial)

    assert rows is not None
    assert [(r.agents, r.limit) for r in rows] == [(3, 0.02), (3, 0.03), (5, 0.02), (5, 0.03)]
    assert set(rows[0].bands) >= {"occupancy", "idle_per_call", "abandoned_share", "contacts_per_hour"}
    assert all(
        r.bands["occupancy"].low <= r.bands["occupancy"].mean <= r.bands["occupancy"].high for r in rows
    )


def attempt(k: int) -> Past:
    answered = k % 4 == 0
    return Past(
        cohort=Cohort(1, "mobile", 1, 12),
        placed_at=1000.0 + k,
        resolved_at=1000.0 + k + (8.0 if answered else 25.0 if k % 4 == 1 else 2.0),
        answered=answered,
        connected_at=1008.0 + k if answered else None,
        talk_seconds=60.0 if answered else None,
        wrapup_seconds=15.0 if answered else None,
    )


def test_a_campaign_is_replayed_with_its_own_figures() -> None:
    figures = figures_of([attempt(k) for k in range(400)], 25.0)

    assert figures.answer_chance == pytest.approx(0.25, abs=0.01)
    assert figures.ring == Seen((8.0,) * 100)
    assert figures.talk == Seen((60.0,) * 100)
    assert figures.quick_failures == pytest.approx(2 / 3)


def test_a_campaign_that_has_hardly_dialled_cannot_be_replayed() -> None:
    with pytest.raises(TooLittleSeen):
        figures_of([attempt(k) for k in range(10)], 25.0)


def test_measures_are_of_one_day() -> None:
    found: Measures = Run(world(agents=3), ours(), 1).measures()
    policy: Watching = ours()

    assert found.connected + found.abandoned == found.answered
    with pytest.raises(RuntimeError):
        _ = policy.run
