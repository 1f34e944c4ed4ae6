"""One campaign day under one policy: a discrete-event simulation."""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from random import Random

from callcenter.dialer.pacing.lines import Cohort
from callcenter.dialer.simulation.measures import Measures, Meter
from callcenter.dialer.simulation.watching import Watching
from callcenter.dialer.simulation.world import World
from callcenter.dialer.states import Outcome

LOOK_ANYWAY = 1.0  # a policy that decides on events is asked this often all the same
BEGINS = 1_750_000_000.0 - 1_750_000_000.0 % 86_400 + 8 * 3600  # an arbitrary day, 08:00 UTC


class What(IntEnum):
    LOOK = 0
    PLACE = 1
    RESOLVE = 2
    GIVE_UP = 3
    TALKED = 4
    WRAPPED = 5
    LOG_IN = 6
    LOG_OUT = 7
    BREAK = 8
    BACK = 9


class Doing(IntEnum):
    AWAY = 0
    READY = 1
    TALKING = 2
    WRAPPING = 3


@dataclass(slots=True)
class Fate:
    """What becomes of a line. Nobody but the simulation and a clairvoyant knows."""

    line_id: int
    ends_at: float
    outcome: Outcome  # ANSWERED, MACHINE (nobody found it out), BUSY, NO_ANSWER
    answered_at: float = 0.0
    talk: float = 0.0
    wrap: float = 0.0


@dataclass(slots=True)
class Person:
    """An agent."""

    agent_id: int
    doing: Doing = Doing.AWAY
    ends: float = 0.0  # of the shift
    since: float = 0.0
    free_at: float = 0.0  # the end of wrap-up, when talking or wrapping
    break_at: float = math.inf
    wants_break: bool = False
    wrap: float = 0.0


@dataclass(slots=True)
class Dice:
    """Separate streams, so that two policies meet the same leads, conversations and people."""

    leads: Random
    talks: Random
    people: Random = field(default_factory=Random)

    @classmethod
    def of(cls, seed: int) -> "Dice":
        return cls(*(Random(f"{seed}/{name}") for name in ("leads", "talks", "people")))  # noqa: S311


class Run:
    """`Run(world, policy, seed).measures()`."""

    def __init__(self, world: World, policy: Watching, seed: int) -> None:
        self.world = world
        self.policy = policy
        self.now = 0.0
        self.fates: dict[int, Fate] = {}  # of the lines that ring
        self.waiting: deque[Fate] = deque()
        self.free: deque[Person] = deque()  # the longest free first
        self.people: dict[int, Person] = {}
        self.meter = Meter(world.seconds)
        self.talking = 0
        self.logged_in = 0
        self._dice = Dice.of(seed)
        self._heap: list[tuple[float, int, What, int]] = []
        self._count = 0
        self._line_id = 0
        self._claiming = 0
        self._looked_at = -1.0
        self._look_due = -1.0
        self._trunk_free_at = 0.0
        self._hour = Cohort(0, "", 1, 0)
        for agent_id, shift in enumerate(world.shifts, start=1):
            self.people[agent_id] = Person(agent_id, ends=shift.ends)
            self._at(shift.begins, What.LOG_IN, agent_id)
            self._at(shift.ends, What.LOG_OUT, agent_id)
        self._at(0.0, What.LOOK, 0)
        self._look_due = 0.0
        policy.attach(self)
        self._ears = policy.ears

    def measures(self, tell: Callable[[float], bool] | None = None) -> Measures:
        """Run the day. `tell` hears the share that is done now and then; False ends the run early."""
        heap, pop = self._heap, heapq.heappop
        seconds = self.world.seconds
        told = 0.0
        handlers: dict[What, Callable[[int], None]] = {
            What.PLACE: self._place,
            What.RESOLVE: self._resolve,
            What.GIVE_UP: self._give_up,
            What.TALKED: self._talked,
            What.WRAPPED: self._wrapped,
            What.LOG_IN: self._log_in,
            What.LOG_OUT: self._log_out,
            What.BREAK: self._break,
            What.BACK: self._back,
        }
        on_events = self.policy.every <= 0
        while heap and heap[0][0] <= seconds:
            at, _, what, which = pop(heap)
            self.now = at
            if what is What.LOOK:
                if at >= self._look_due:
                    self._look()
            else:
                handlers[what](which)
                if on_events:
                    self._look_soon()
            if tell is not None and at - told > 300:
                told = at
                if not tell(at / seconds):
                    break
        return self.meter.close(min(self.now, seconds) if tell else seconds, self.people.values())

    # looking

    def _look(self) -> None:
        now, policy = self.now, self.policy
        self._looked_at = now
        lines = policy.lines(BEGINS + now, self._claiming)
        gap = 1.0 / policy.calls_a_second if policy.calls_a_second else 0.0
        for _ in range(lines):
            self._claiming += 1
            at = max(now + self.world.dial_seconds, self._trunk_free_at)
            self._trunk_free_at = at + gap
            self._at(at, What.PLACE, 0)
        self._look_due = now + (policy.every if policy.every > 0 else LOOK_ANYWAY)
        self._at(self._look_due, What.LOOK, 0)

    def _look_soon(self) -> None:
        due = max(self.now, self._looked_at + self.policy.again)
        if due < self._look_due:
            if due <= self.now:
                self._look()
            else:
                self._look_due = due
                self._at(due, What.LOOK, 0)

    def _at(self, at: float, what: What, which: int) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, what, which))

    # lines

    def _place(self, _: int) -> None:
        self._claiming -= 1
        self._line_id += 1
        now, line_id = self.now, self._line_id
        list_id, chance = self.world.stretch_at(now)
        fate = self._fate(line_id, chance)
        self.fates[line_id] = fate
        self.meter.attempts += 1
        self._ears.placed(
            line_id, BEGINS + now, Cohort(list_id, "mobile", 1, int((BEGINS + now) % 86_400 // 3600))
        )
        self._at(fate.ends_at, What.RESOLVE, line_id)

    def _fate(self, line_id: int, chance: float) -> Fate:
        world, dice = self.world, self._dice.leads
        draw, other = dice.random(), dice.random()
        own = Random(dice.getrandbits(64))  # noqa: S311 - the same lead whatever the chance is now
        if draw < chance:
            ring = world.ring.draw(own)
            if ring <= world.ring_seconds:
                return Fate(line_id, self.now + ring, Outcome.ANSWERED)
        elif other < world.quick_failures:
            return Fate(line_id, self.now + min(world.ring_seconds, world.failure.draw(own)), Outcome.BUSY)
        elif other < world.quick_failures + world.machines:
            ring = world.machine_ring.draw(own)
            if ring <= world.ring_seconds:
                return Fate(line_id, self.now + ring, Outcome.MACHINE)
        return Fate(line_id, self.now + world.ring_seconds, Outcome.NO_ANSWER)

    def _resolve(self, line_id: int) -> None:
        fate = self.fates.pop(line_id)
        at = BEGINS + self.now
        if fate.outcome not in (Outcome.ANSWERED, Outcome.MACHINE):
            self._ears.failed(line_id, at, fate.outcome)
            return
        fate.answered_at = self.now
        self._ears.answered(line_id, at)
        if self.free:
            self._connect(self.free.popleft(), fate)
        else:
            self.waiting.append(fate)
            self._at(self.now + self.world.patience, What.GIVE_UP, line_id)

    def _give_up(self, line_id: int) -> None:
        for fate in self.waiting:
            if fate.line_id == line_id:
                self.waiting.remove(fate)
                self.meter.abandon(self.now, person=fate.outcome is Outcome.ANSWERED)
                self._ears.abandoned(line_id, BEGINS + self.now)
                return

    def _connect(self, person: Person, fate: Fate) -> None:
        world, dice, now = self.world, self._dice.talks, self.now
        own = Random(dice.getrandbits(64))  # noqa: S311
        talk = world.talk.draw(own)
        person.wrap = world.wrap.draw(own)
        if fate.outcome is Outcome.MACHINE:
            talk, person.wrap = world.machine_talk.draw(own), 1.0
        self.meter.connect(
            now,
            person=fate.outcome is Outcome.ANSWERED,
            idle=now - person.since,
            delay=now - fate.answered_at,
        )
        person.doing, person.since = Doing.TALKING, now
        person.free_at = now + talk + person.wrap
        self._ears.connected(fate.line_id, BEGINS + now, person.agent_id)
        self._ears.talking(person.agent_id, BEGINS + now)
        if fate.outcome is Outcome.MACHINE:
            self._ears.was_machine(BEGINS + now)
        self.talking += 1
        self._at(now + talk, What.TALKED, person.agent_id)

    # people

    def coming(self, until: float) -> Iterator[tuple[float, int]]:
        """Agents who become free (+1) or go while they are free (-1), with the moment: for a clairvoyant."""
        for person in self.people.values():
            if person.doing is Doing.READY:
                goes = min(person.ends, person.break_at)
                if goes <= until:
                    yield goes, -1
            elif person.doing is not Doing.AWAY and person.free_at < min(until, person.ends, person.break_at):
                yield person.free_at, 1

    def _talked(self, agent_id: int) -> None:
        person = self.people[agent_id]
        self.meter.work(person.since, self.now)
        self.talking -= 1
        person.doing, person.since = Doing.WRAPPING, self.now
        self._ears.wrapping(agent_id, BEGINS + self.now)
        self._at(person.free_at, What.WRAPPED, agent_id)

    def _wrapped(self, agent_id: int) -> None:
        person = self.people[agent_id]
        self.meter.work(person.since, self.now)
        if self.now >= person.ends:
            self._leave(person)
        elif person.wants_break:
            self._pause(person)
        else:
            self._become_ready(person)

    def _become_ready(self, person: Person) -> None:
        person.doing, person.since = Doing.READY, self.now
        self._ears.ready(person.agent_id, BEGINS + self.now)
        if self.waiting:
            self._connect(person, self.waiting.popleft())
        else:
            self.free.append(person)

    def _log_in(self, agent_id: int) -> None:
        person = self.people[agent_id]
        if self.now < person.ends:
            self.meter.log_in(agent_id, self.now)
            self.logged_in += 1
            self._become_ready(person)
            self._ears.leaving(agent_id, BEGINS + person.ends)
            self._plan_break(person)

    def _log_out(self, agent_id: int) -> None:
        person = self.people[agent_id]
        if person.doing is Doing.READY:
            self.free.remove(person)
            self._leave(person)

    def _leave(self, person: Person) -> None:
        person.doing = Doing.AWAY
        self.logged_in -= 1
        self.meter.log_out(person.agent_id, self.now)
        self._ears.away(person.agent_id, BEGINS + self.now)

    def _plan_break(self, person: Person) -> None:
        if self.world.break_every > 0:
            at = self.now + self._dice.people.expovariate(1.0 / self.world.break_every)
            person.break_at = at
            if at < person.ends:
                self._at(at, What.BREAK, person.agent_id)

    def _break(self, agent_id: int) -> None:
        person = self.people[agent_id]
        if person.doing is Doing.READY:
            self.free.remove(person)
            self._pause(person)
        elif person.doing is not Doing.AWAY:
            person.wants_break = True
            self._ears.leaving(agent_id, BEGINS + self.now)

    def _pause(self, person: Person) -> None:
        person.wants_break = False
        self._leave(person)
        back = self.now + self.world.break_seconds
        if back < person.ends:
            self._at(back, What.BACK, person.agent_id)

    def _back(self, agent_id: int) -> None:
        self._log_in(agent_id)
