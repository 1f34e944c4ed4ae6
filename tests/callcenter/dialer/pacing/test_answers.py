"""The answer chance is learnt without bias and follows what happens."""

from random import Random

import pytest

from callcenter.dialer.pacing.answers import PRIOR_CHANCE, AnswerChance
from callcenter.dialer.pacing.lines import Cohort
from callcenter.dialer.pacing.rings import Rings

COHORT = Cohort(list_id=1, kind="mobile", attempt=1, hour=12)
RING = 25.0


def dialled(seconds: int, chance: float, *, lines: int = 3, seed: int = 1) -> tuple[AnswerChance, float]:
    """Some lines a second, answered after 5 to 15 seconds; counted in the middle of it all."""
    random = Random(seed)  # noqa: S311
    rings = Rings(RING)
    known = AnswerChance(rings)
    answers: list[tuple[float, float]] = []
    for second in range(seconds):
        for _ in range(lines):
            known.placed(COHORT, float(second))
            if random.random() < chance:
                answers.append((second + random.uniform(5, 15), float(second)))
        for at, placed_at in sorted(a for a in answers if a[0] <= second):
            known.answered(COHORT, placed_at)
            rings.answer(at - placed_at, at)
        answers = [a for a in answers if a[0] > second]
        if second % 15 == 0:
            rings.refresh(float(second))
    known.refresh(float(seconds))
    return known, float(seconds)


@pytest.mark.parametrize("chance", [0.1, 0.3, 0.6])
def test_lines_that_still_ring_do_not_bias_the_chance(chance: float) -> None:
    """A share of resolved lines would be far too high: answers come sooner than the ring time-out."""
    found = [dialled(200, chance, seed=seed)[0].chance(COHORT)[0] for seed in range(6)]

    assert sum(found) / len(found) == pytest.approx(chance, rel=0.08)


def test_before_anything_is_known_the_chance_is_a_guess_of_which_little_is_sure() -> None:
    known = AnswerChance(Rings(RING))
    known.refresh(0.0)

    chance, doubt = known.chance(COHORT)

    assert chance == pytest.approx(PRIOR_CHANCE)
    assert doubt > 0.2


def test_a_new_list_begins_where_the_campaign_is_and_is_doubted() -> None:
    known, _ = dialled(600, 0.4)

    chance, doubt = known.chance(COHORT._replace(list_id=2))

    assert chance == pytest.approx(known.chance(COHORT)[0], abs=0.03)
    assert doubt > 5 * known.chance(COHORT)[1]


def test_a_line_that_we_took_down_is_no_trial() -> None:
    known = AnswerChance(Rings(RING))
    for line in range(200):
        known.placed(COHORT, float(line % 10))
        if line % 4 == 0:
            known.answered(COHORT, float(line % 10))
        elif line % 4 == 1:
            known.uncounted(COHORT, float(line % 10))
    known.refresh(100.0)

    assert known.chance(COHORT)[0] == pytest.approx(1 / 3, abs=0.04)


def test_a_step_of_the_answer_rate_is_followed_within_minutes() -> None:
    random = Random(4)  # noqa: S311
    rings = Rings(RING)
    known = AnswerChance(rings)
    for second in range(2400):
        chance = 0.2 if second < 1800 else 0.45
        for _ in range(3):
            known.placed(COHORT, float(second))
            if random.random() < chance:
                known.answered(COHORT, float(second))
        known.refresh(float(second))

    assert known.chance(COHORT)[0] > 0.36
