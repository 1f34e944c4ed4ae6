"""The pacer of one campaign: told what happens, asked how many lines to place."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from callcenter.dialer.pacing.agents import Agent, Doing
from callcenter.dialer.pacing.budget import Budget, Room
from callcenter.dialer.pacing.decision import Bound, Decision
from callcenter.dialer.pacing.experience import Experience
from callcenter.dialer.pacing.lines import Cohort, Line, Past, Stage
from callcenter.dialer.pacing.predictive import Question, Scene, Verdict, verdict, within_room
from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Account, Count, Standing
from callcenter.dialer.states import Outcome

MOST_AT_ONCE = 50  # lines of one decision; the next one follows within a moment
SAMPLE = 20  # lines placed last, whose cohorts stand for those to come
UNKNOWN = Cohort(0, "", 1, 0)
UNSEEN = frozenset({Outcome.CANCELLED, Outcome.UNKNOWN})  # such an end says nothing about who would answer


class Pacer:
    """Events may come late and twice: what is not known is ignored, what is said again changes nothing.

    An agent who serves several campaigns counts in one of them at any moment; for the others they are away.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        spent: Mapping[str, Sequence[Count]] | None = None,
        recent: Iterable[Past] = (),
    ) -> None:
        """A campaign that is taken up again brings what its windows have seen, by name, and the attempts of
        its last hour or two, the oldest first."""
        self.settings = settings
        self._agents: dict[int, Agent] = {}
        self._lines: dict[int, Line] = {}
        self._accounts = [Account(w, (spent or {}).get(w.name, ())) for w in settings.windows]
        self._known = Experience(settings)
        self._known.recall(recent)
        self._budget = Budget()
        self._waiting = 0
        self._ringing: dict[tuple[int, Cohort], int] = {}
        self._latest: deque[Cohort] = deque(maxlen=SAMPLE)
        self._daring = 0.0

    def configure(self, settings: Settings) -> None:
        """Other settings from now on. A window that is new starts empty: make a new pacer with `spent`."""
        known = {account.window: account for account in self._accounts}
        self._accounts = [known.get(w) or Account(w) for w in settings.windows]
        if (settings.ring_seconds, settings.grace_seconds) != (
            self.settings.ring_seconds,
            self.settings.grace_seconds,
        ):
            self._known = Experience(settings)
        self.settings = settings

    # agents

    def ready(self, agent_id: int, at: float) -> None:
        """Free to take a call of this campaign."""
        self._does(agent_id, Doing.READY, at)

    def talking(self, agent_id: int, at: float) -> None:
        """In a conversation, whoever's, after which they come back to this campaign."""
        self._does(agent_id, Doing.TALKING, at)

    def wrapping(self, agent_id: int, at: float) -> None:
        self._does(agent_id, Doing.WRAPPING, at)

    def away(self, agent_id: int, at: float) -> None:
        """Paused, offline, or working for another campaign."""
        agent = self._agents.pop(agent_id, None)
        if agent is not None:
            self._known.did(agent, None, at, called=False)

    def leaving(self, agent_id: int, at: float) -> None:
        """From `at` on they take no further call: a pause asked for (at: now), the end of their shift."""
        agent = self._agents.get(agent_id)
        if agent is not None:
            agent.leaves_at = at

    def staying(self, agent_id: int) -> None:
        """They do not leave after all."""
        agent = self._agents.get(agent_id)
        if agent is not None:
            agent.leaves_at = None

    # lines

    def placed(self, line_id: int, at: float, cohort: Cohort) -> None:
        """Dialled. `decide` counts it from here; before that the caller says `claiming`."""
        if line_id not in self._lines:
            self._lines[line_id] = Line(at, cohort, daring=self._daring)
            key = (int(at), cohort)
            self._ringing[key] = self._ringing.get(key, 0) + 1
            self._latest.append(cohort)
            self._known.chances.placed(cohort, at)

    def answered(self, line_id: int, at: float) -> None:
        """Somebody is there who needs an agent now (after the machine detection, where there is one)."""
        line = self._lines.get(line_id)
        if line is not None and line.stage is Stage.PLACED:
            self._rings_no_more(line)
            line.stage = Stage.WAITING
            self._waiting += 1
            self._known.answered(line.cohort, line.placed_at, at)
            self._budget.answered(at, line.daring)

    def machine(self, line_id: int, at: float) -> None:
        """Answered by a machine that was found as such: no agent is needed."""
        self.failed(line_id, at, Outcome.MACHINE)
        if self.settings.machine_errors:
            self._book(at, answered=self.settings.machine_errors, abandoned=self.settings.machine_errors)

    def failed(self, line_id: int, at: float, outcome: Outcome) -> None:
        """Ended without an answer."""
        line = self._lines.get(line_id)
        if line is None or line.stage is not Stage.PLACED:
            return
        del self._lines[line_id]
        self._rings_no_more(line)
        if outcome in UNSEEN:
            self._known.chances.uncounted(line.cohort, line.placed_at)
        else:
            self._known.rings.failure(at - line.placed_at, at)

    def connected(self, line_id: int, at: float, agent_id: int) -> None:
        """A live agent has them."""
        if self._over(line_id, at):
            self._book(at, answered=1)
            self._does(agent_id, Doing.TALKING, at, called=True)

    def abandoned(self, line_id: int, at: float) -> None:
        """Answered by a person, and no agent within the grace."""
        if self._over(line_id, at):
            self._book(at, answered=1, abandoned=1)
            self._budget.abandoned(at)

    def hung_up(self, line_id: int, at: float) -> None:
        """They went within the grace, before anybody could come: neither answered nor abandoned."""
        self._over(line_id, at)

    def was_machine(self, at: float) -> None:
        """An agent says of a call that was connected: it was no person. It leaves the denominator."""
        self._book(at, answered=-1)

    # decisions

    def standings(self, now: float) -> tuple[Standing, ...]:
        return tuple(account.standing(now) for account in self._accounts)

    def counts(self) -> dict[str, tuple[Count, ...]]:
        """What `spent` of a later pacer takes."""
        return {account.window.name: account.counts() for account in self._accounts}

    def decide(self, now: float, claiming: int = 0) -> Decision:
        """How many lines to place now, besides the `claiming` that are decided and not yet placed."""
        settings = self.settings
        ready = self._ready(now)
        free = ready - self._waiting
        ringing = len(self._lines) - self._waiting + claiming
        room = self._budget.room(self.standings(now))
        self._known.refresh(self._agents.values(), now)
        chance, doubt = self._next_chance()
        found: Verdict | None = None
        lines, bound = self._simple(free, ringing)
        ahead = settings.pace is Pace.PREDICTIVE or bound is Bound.RATIO
        if ahead and self._agents:
            scene = Scene(
                now=now,
                team=len(self._agents),
                free=free,
                ready=ready,
                ringing=self._ringing,
                lines=ringing,
                claiming=claiming,
                chance=chance,
                doubt=doubt,
            )
            question = self._question(scene, room)
            if settings.pace is Pace.PREDICTIVE:
                found = verdict(question, scene, self._daring)
                lines, bound = found.lines, found.bound
            else:
                lines, bound = within_room(question, scene, lines)
        if settings.most_lines is not None and lines > settings.most_lines - len(self._lines) - claiming:
            lines, bound = settings.most_lines - len(self._lines) - claiming, Bound.MOST_LINES
        standing = room.standing
        return Decision(
            at=now,
            pace=settings.pace,
            lines=max(0, min(MOST_AT_ONCE, lines)),
            bound=bound,
            free=max(0, free),
            expected=found.expected if found else 0.0,
            within=found.within if found else 0.0,
            leaving=sum(1 for agent in self._agents.values() if agent.gone_by(now)),
            ringing=ringing,
            answer_chance=chance,
            answers=found.answers if found else ringing * chance,
            window=standing.window.name if standing else "",
            used=standing.share if standing else 0.0,
            limit=standing.window.limit if standing else 0.0,
            price=found.price if found else 0.0,
            risk=found.risk if found else 0.0,
        )

    def _question(self, scene: Scene, room: Room) -> Question:
        known = self._known
        frees = known.frees.flow(self._agents.values(), scene.now)
        question = Question(scene, known, frees, room)
        self._daring = self._budget.daring(room, question.answers.means[-1], scene.now)
        return question

    def _simple(self, free: int, ringing: int) -> tuple[int, Bound]:
        """What needs no looking ahead."""
        settings = self.settings
        if settings.pace is Pace.NONE:
            return 0, Bound.NO_PACING
        if free <= 0:
            return 0, Bound.NOBODY
        if settings.pace is Pace.RATIO and settings.ratio > 1:
            return int(settings.ratio * free) - ringing, Bound.RATIO
        return free - ringing, Bound.FREE_AGENTS

    def _next_chance(self) -> tuple[float, float]:
        """Of a line that would be placed now: as of those placed last."""
        latest = self._latest or (UNKNOWN,)
        found = [self._known.chances.chance(cohort) for cohort in latest]
        return sum(c for c, _ in found) / len(found), sum(d for _, d in found) / len(found)

    def _ready(self, now: float) -> int:
        soon = now + self.settings.ring_seconds / 2
        return sum(1 for a in self._agents.values() if a.doing is Doing.READY and not a.gone_by(soon))

    def _does(self, agent_id: int, doing: Doing, at: float, *, called: bool = False) -> None:
        agent = self._agents.get(agent_id)
        if agent is None:
            self._agents[agent_id] = Agent(doing, at)
        elif agent.doing is not doing:
            self._known.did(agent, doing, at, called=called or self._waiting > 0)
            agent.doing, agent.since = doing, at

    def _rings_no_more(self, line: Line) -> None:
        key = (int(line.placed_at), line.cohort)
        left = self._ringing[key] - 1
        if left:
            self._ringing[key] = left
        else:
            del self._ringing[key]

    def _over(self, line_id: int, at: float) -> bool:
        """Forget a line that was answered; False: it is not known."""
        if line_id not in self._lines:
            return False
        self.answered(line_id, at)
        del self._lines[line_id]
        self._waiting -= 1
        return True

    def _book(self, at: float, answered: float = 0.0, abandoned: float = 0.0) -> None:
        for account in self._accounts:
            account.add(at, answered, abandoned)
