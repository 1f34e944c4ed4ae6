"""The pacer of one campaign: told what happens, asked how many lines to place."""

from collections.abc import Iterable, Mapping, Sequence

from callcenter.dialer.pacing.agents import Agent, Doing
from callcenter.dialer.pacing.decision import Bound, Decision
from callcenter.dialer.pacing.lines import Cohort, Line, Past, Stage
from callcenter.dialer.pacing.settings import Pace, Settings
from callcenter.dialer.pacing.window import Account, Count, Standing
from callcenter.dialer.states import Outcome

MOST_AT_ONCE = 50  # lines of one decision; the next one follows within a moment


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
        self._past: tuple[Past, ...] = tuple(recent)

    def configure(self, settings: Settings) -> None:
        """Other settings from now on. A window that is new starts empty: make a new pacer with `spent`."""
        known = {account.window: account for account in self._accounts}
        self._accounts = [known.get(w) or Account(w) for w in settings.windows]
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

    def away(self, agent_id: int, at: float) -> None:  # noqa: ARG002 - when they went will be learnt from
        """Paused, offline, or working for another campaign."""
        self._agents.pop(agent_id, None)

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
        self._lines.setdefault(line_id, Line(at, cohort))

    def answered(self, line_id: int, at: float) -> None:
        """Somebody is there who needs an agent now (after the machine detection, where there is one)."""
        line = self._lines.get(line_id)
        if line is not None and line.stage is Stage.PLACED:
            line.stage, line.answered_at = Stage.WAITING, at

    def machine(self, line_id: int, at: float) -> None:
        """Answered by a machine that was found as such: no agent is needed."""
        line = self._lines.pop(line_id, None)
        if line is not None and self.settings.machine_errors:
            self._book(at, answered=self.settings.machine_errors, abandoned=self.settings.machine_errors)

    def failed(self, line_id: int, at: float, outcome: Outcome) -> None:  # noqa: ARG002 - will be learnt from
        """Ended without an answer."""
        line = self._lines.get(line_id)
        if line is not None and line.stage is Stage.PLACED:
            del self._lines[line_id]

    def connected(self, line_id: int, at: float, agent_id: int) -> None:
        """A live agent has them."""
        if self._lines.pop(line_id, None) is not None:
            self._book(at, answered=1)
            self.talking(agent_id, at)

    def abandoned(self, line_id: int, at: float) -> None:
        """Answered by a person, and no agent within the grace."""
        if self._lines.pop(line_id, None) is not None:
            self._book(at, answered=1, abandoned=1)

    def hung_up(self, line_id: int, at: float) -> None:  # noqa: ARG002 - will be learnt from
        """They went within the grace, before anybody could come: neither answered nor abandoned."""
        self._lines.pop(line_id, None)

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
        waiting = sum(1 for line in self._lines.values() if line.stage is Stage.WAITING)
        ringing = len(self._lines) - waiting + claiming
        free = self._free(now) - waiting
        standing = self._nearest(now)
        wanted, bound = self._wanted(free, ringing, standing)
        if settings.most_lines is not None and wanted > settings.most_lines - len(self._lines) - claiming:
            wanted, bound = settings.most_lines - len(self._lines) - claiming, Bound.MOST_LINES
        return Decision(
            at=now,
            pace=settings.pace,
            lines=max(0, min(MOST_AT_ONCE, wanted)),
            bound=bound,
            free=max(0, free),
            expected=0.0,
            within=settings.ring_seconds,
            leaving=sum(1 for agent in self._agents.values() if agent.leaves_at is not None),
            ringing=ringing,
            answer_chance=0.0,
            answers=0.0,
            window=standing.window.name if standing else "",
            used=standing.share if standing else 0.0,
            limit=standing.window.limit if standing else 0.0,
            price=0.0,
            risk=0.0,
        )

    def _wanted(self, free: int, ringing: int, standing: Standing | None) -> tuple[int, Bound]:
        settings = self.settings
        if settings.pace is Pace.NONE:
            return 0, Bound.NO_PACING
        if free <= 0:
            return 0, Bound.NOBODY
        if settings.pace is Pace.RATIO and settings.ratio > 1:
            if standing is None or standing.room >= 1:
                return int(settings.ratio * free) - ringing, Bound.RATIO
            return free - ringing, Bound.LIMIT
        return free - ringing, Bound.FREE_AGENTS

    def _free(self, now: float) -> int:
        return sum(1 for a in self._agents.values() if a.doing is Doing.READY and not a.gone_by(now))

    def _nearest(self, now: float) -> Standing | None:
        return min(self.standings(now), key=lambda s: s.room, default=None)

    def _does(self, agent_id: int, doing: Doing, at: float) -> None:
        agent = self._agents.get(agent_id)
        if agent is None:
            self._agents[agent_id] = Agent(doing, at)
        elif agent.doing is not doing:
            agent.doing, agent.since = doing, at

    def _book(self, at: float, answered: float = 0.0, abandoned: float = 0.0) -> None:
        for account in self._accounts:
            account.add(at, answered, abandoned)
