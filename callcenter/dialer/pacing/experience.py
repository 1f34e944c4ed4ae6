"""All that a campaign has taught its pacer: answers, rings, conversations, wrap-up, departures."""

from collections.abc import Collection, Iterable

from callcenter.dialer.pacing.agents import Agent, Doing
from callcenter.dialer.pacing.answers import AnswerChance
from callcenter.dialer.pacing.fading import Tally
from callcenter.dialer.pacing.forecast import HORIZON, STEP, Answers, Frees
from callcenter.dialer.pacing.lines import Cohort, Past
from callcenter.dialer.pacing.rings import Rings
from callcenter.dialer.pacing.settings import Settings
from callcenter.dialer.pacing.survival import LifeTable

TALK_MEAN, TALK_CV = 100.0, 1.2  # until conversations have been seen
WRAP_MEAN, WRAP_CV = 20.0, 1.0
PRIOR_CALLS = 6.0
HALF_LIFE = 5400.0
TABLES_EVERY = 15.0  # seconds; the tables are computed again
USUAL_STAY = 3600.0  # seconds ready before somebody goes unannounced, until it is known better
COME_BACK = 30.0  # agents who came back after a call, taken as seen


class Experience:
    """Fed with what happened, in the order it happened; `refresh` before it is asked."""

    def __init__(self, settings: Settings) -> None:
        steps = max(1, round(min(settings.ring_seconds, HORIZON) / STEP))
        self.rings = Rings(settings.ring_seconds)
        self.chances = AnswerChance(self.rings)
        self.talk = LifeTable(TALK_MEAN, TALK_CV, prior=PRIOR_CALLS, half_life=HALF_LIFE)
        self.wrap = LifeTable(WRAP_MEAN, WRAP_CV, prior=PRIOR_CALLS, half_life=HALF_LIFE)
        self.answers = Answers(steps, self.rings, self.chances)
        self.frees = Frees(steps, settings.grace_seconds, self.talk, self.wrap)
        self._ready = Tally(0.0)  # trials: seconds ready; answers: who went unannounced
        self._after = Tally(0.0)  # trials: calls over; answers: who came back
        self._tables_at = -TABLES_EVERY
        self._chances_at = -1

    def recall(self, past: Iterable[Past]) -> None:
        """Learn from attempts that are over."""
        told: list[tuple[float, int, Past]] = []
        for order, attempt in enumerate(past):
            told.append((attempt.placed_at, order, attempt))
        for _, _, attempt in sorted(told, key=lambda entry: entry[:2]):
            ring = attempt.resolved_at - attempt.placed_at
            self.chances.placed(attempt.cohort, attempt.placed_at)
            if attempt.answered:
                self.answered(attempt.cohort, attempt.placed_at, attempt.resolved_at)
            else:
                self.rings.failure(ring, attempt.resolved_at)
            if attempt.connected_at is not None and attempt.talk_seconds is not None:
                over = attempt.connected_at + attempt.talk_seconds
                self.talk.add(attempt.talk_seconds, over)
                if attempt.wrapup_seconds is not None:
                    self.wrap.add(attempt.wrapup_seconds, over + attempt.wrapup_seconds)

    def answered(self, cohort: Cohort, placed_at: float, at: float) -> None:
        self.chances.answered(cohort, placed_at)
        self.rings.answer(at - placed_at, at)

    def did(self, agent: Agent, following: Doing | None, at: float, *, called: bool) -> None:
        """An agent goes on to something else (None: away). `called`: a customer of ours was given to them."""
        seconds = max(0.0, at - agent.since)
        announced = agent.gone_by(at)
        match agent.doing:
            case Doing.READY:
                surprise = not called and not announced
                self._ready.add(at, seconds, float(surprise), HALF_LIFE)
            case Doing.TALKING:
                self.talk.add(seconds, at)
                if following is not Doing.WRAPPING:
                    self.wrap.add(0.0, at)
            case Doing.WRAPPING:
                self.wrap.add(seconds, at)
        if agent.doing is not Doing.READY and following is not Doing.WRAPPING and not announced:
            self._after.add(at, 1.0, float(following is Doing.READY), HALF_LIFE)

    @property
    def leave_rate(self) -> float:
        """Of each ready agent, in a second: paused or taken away without notice."""
        return (self._ready.answers + 1.0) / (self._ready.trials + USUAL_STAY)

    def refresh(self, agents: Collection[Agent], now: float) -> None:
        """Bring what is computed from counts up to date, as often as that pays."""
        if now - self._tables_at >= TABLES_EVERY:
            self._tables_at = now - now % TABLES_EVERY
            self.rings.refresh(now)
            self.answers.refresh()
            self.talk.refresh([now - a.since for a in agents if a.doing is Doing.TALKING], now)
            self.wrap.refresh([now - a.since for a in agents if a.doing is Doing.WRAPPING], now)
            self._after.fade(now, HALF_LIFE)
            self._ready.fade(now, HALF_LIFE)
            coming_back = (self._after.answers + COME_BACK) / (self._after.trials + COME_BACK + 0.5)
            self.frees.refresh(coming_back)
        if int(now) != self._chances_at:
            self._chances_at = int(now)
            self.chances.refresh(now)
