"""A pacing decision in words, in the reader's language."""

from babel.numbers import format_decimal

from callcenter.dialer.pacing.decision import Bound, Decision
from callcenter.dialer.pacing.settings import Pace
from callcenter.kernel.i18n import Translator, marked

WHY = {
    Bound.NO_PACING: marked("people dial here"),
    Bound.NOBODY: marked("nobody is free"),
    Bound.FREE_AGENTS: marked("one line for each free agent"),
    Bound.RATIO: marked("as many lines as the ratio says"),
    Bound.RISK: marked("one more might find nobody"),
    Bound.LIMIT: marked("the limit of abandoned calls is near"),
    Bound.MOST_LINES: marked("no more lines at once"),
}


EXPECTED = marked("{agents} expected in {seconds} s")
CHANCE = marked("answer chance {chance}")
ABANDONED = marked("abandoned {used} of {limit} %")


def sentence(decision: Decision, translator: Translator) -> str:
    """E.g. "3 lines: 2 free agents, 1.2 expected in 8 s, answer chance 0.31, abandoned 1.9 of 3.0 %"."""
    t, language = translator, translator.language

    def number(value: float, pattern: str) -> str:
        return format_decimal(value, format=pattern, locale=language)

    parts = [t.plural("{count} free agent", "{count} free agents", decision.free)]
    if decision.pace is Pace.PREDICTIVE:
        parts.append(
            t(
                EXPECTED,
                {"agents": number(decision.expected, "0.0"), "seconds": round(decision.within)},
            )
        )
    if decision.leaving:
        parts.append(t.plural("{count} about to go", "{count} about to go", decision.leaving))
    if decision.ringing:
        parts.append(t.plural("{count} ringing", "{count} ringing", decision.ringing))
    if decision.pace is not Pace.NONE:
        parts.append(t(CHANCE, {"chance": number(decision.answer_chance, "0.00")}))
    if decision.window:
        parts.append(
            t(
                ABANDONED,
                {"used": number(100 * decision.used, "0.0"), "limit": number(100 * decision.limit, "0.0")},
            )
        )
    lines = t.plural("{count} line", "{count} lines", decision.lines)
    return f"{lines}: {', '.join(parts)}; {t(WHY[decision.bound])}"
