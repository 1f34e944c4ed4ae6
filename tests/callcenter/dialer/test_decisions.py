"""A decision as people read it."""

from callcenter.dialer.decisions import sentence
from callcenter.dialer.pacing.decision import Bound, Decision
from callcenter.dialer.pacing.settings import Pace
from callcenter.kernel.i18n import Translator

DECISION = Decision(
    at=0.0,
    pace=Pace.PREDICTIVE,
    lines=3,
    bound=Bound.RISK,
    free=2,
    expected=1.24,
    within=10.0,
    leaving=0,
    ringing=5,
    answer_chance=0.312,
    answers=1.5,
    window="day",
    used=0.0194,
    limit=0.03,
    price=90.0,
    risk=0.02,
)


def test_a_decision_reads_as_a_sentence_in_both_languages() -> None:
    assert sentence(DECISION, Translator("en")) == (
        "3 lines: 2 free agents, 1.2 expected in 10 s, 5 ringing, answer chance 0.31, "
        "abandoned 1.9 of 3.0 %; one more might find nobody"
    )
    assert sentence(DECISION, Translator("ru")) == (
        "3 линии: 2 свободных агента, 1,2 ожидается за 10 с, 5 звонят, шанс ответа 0,31, "
        "потеряно 1,9 из 3,0 %; для ещё одной может не найтись агента"
    )
