"""Callers waiting on the floor, and the offers made to agents.

Listens on the stage, keeps who waits where, asks `routing.decide` whenever a caller or an agent changes, and
lets the desk carry the offers out. Also counts the queue's day for the live board.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.agents import machine
from callcenter.agents.desk import Desk
from callcenter.agents.events import AgentLoaded, AgentStateChanged
from callcenter.agents.machine import State
from callcenter.agents.roster import AgentSession, Offer, Roster
from callcenter.calls import events as e
from callcenter.calls.control import CallControl, ControlError
from callcenter.calls.journal import DEFAULT_LIMITS, Thresholds
from callcenter.calls.tracker import Tracker
from callcenter.kernel.clock import Clock
from callcenter.kernel.events import Event
from callcenter.kernel.i18n import marked
from callcenter.kernel.tasks import Tasks
from callcenter.queues import routing
from callcenter.queues.routing import Free, Strategy, Waiting

DECLINED_REST = timedelta(seconds=30)
MISSED_REST = timedelta(seconds=60)
REFUSED_REST = timedelta(seconds=3)  # the telephone's fault, not the agent's
RESTS = {"declined": DECLINED_REST, "refused": REFUSED_REST}
COLLEAGUE_WAIT = timedelta(seconds=30)
BACK_WAIT = timedelta(seconds=60)  # for whoever gave a call away that nobody took
DEFAULT_OFFER_SECONDS = 20
LARGEST_SPOKEN = 10


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """A queue as the floor needs it."""

    name: str
    title: str
    strategy: Strategy = Strategy.LONGEST_IDLE
    weight: int = 0
    offer_seconds: int = DEFAULT_OFFER_SECONDS
    limits: Thresholds = DEFAULT_LIMITS
    target_percent: int = 80
    wait_limit_seconds: int = 60
    wrapup_seconds: int = 45
    auto_answer: bool = False
    announce_every_seconds: int = 30
    language: str = "en"


@dataclass(slots=True)
class QueueDay:
    """The queue's counters of the company's day. `hours` are calls offered by hour of the day."""

    offered: int = 0
    answered: int = 0
    answered_in_target: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    hours: list[int] = field(default_factory=lambda: [0] * 24)


@dataclass(slots=True)
class Caller:
    """Somebody who waits."""

    call_id: str
    leg_id: str
    queue: str
    joined_at: datetime
    front: bool = False
    wanted_agent: int | None = None
    wanted_until: datetime | None = None
    given_by: int | None = None  # who gave them away, and has them again if nobody else will
    resting: dict[int, datetime] = field(default_factory=dict)
    offered_to: int | None = None
    on_the_way: bool = False  # sent back to the queue; the loop will report them
    fallen: bool = False  # app_queue has them
    announced_at: datetime | None = None


class Distributor:
    """One for the floor."""

    def __init__(
        self,
        *,
        tracker: Tracker,
        roster: Roster,
        desk: Desk,
        control: CallControl,
        clock: Clock,
        tasks: Tasks,
        hour_of: Callable[[datetime], int],
    ) -> None:
        self._tracker = tracker
        self._roster = roster
        self._desk = desk
        self._control = control
        self._clock = clock
        self._tasks = tasks
        self._hour_of = hour_of
        self.policies: dict[str, QueuePolicy] = {}
        self.callers: dict[str, Caller] = {}
        self.days: dict[str, QueueDay] = {}
        self._counted: set[str] = set()
        self._served: set[str] = set()

    def load(self, policies: Iterable[QueuePolicy]) -> None:
        """Take the queues as the administrator has set them."""
        self.policies = {policy.name: policy for policy in policies}
        for name in self.policies:
            self.days.setdefault(name, QueueDay())

    def restore(self, days: Mapping[str, QueueDay], counted: Iterable[str]) -> None:
        """The day so far, from rows; `counted` are open calls that it counts as offered already."""
        self.days.update(days)
        self._counted.update(counted)

    def new_day(self) -> None:
        """Midnight at the company."""
        self.days = {name: QueueDay() for name in self.policies}

    def thresholds(self, queue: str) -> Thresholds:
        """The limits in force for a queue's calls."""
        policy = self.policies.get(queue)
        return policy.limits if policy is not None else DEFAULT_LIMITS

    def in_queue(self, queue: str) -> list[Caller]:
        """Callers of a queue who have nobody yet, in order of service."""
        return [
            self.callers[w.call_id]
            for w in routing.order(self._waiting(self._clock.now()))
            if w.queue == queue
        ]

    def waiting_by_queue(self) -> Counter[str]:
        """How many callers of each queue have nobody yet."""
        return Counter(c.queue for c in self.callers.values() if c.offered_to is None)

    # -- events ---------------------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        match event:
            case e.CallStarted(resumed=True, direction=e.Direction.INBOUND):
                self._resumed(event)
            case e.CallQueued():
                self._queued(event)
            case e.CallFellBack():
                self._fell_back(event)
            case e.CallFoundHeld():
                self._found_held(event)
            case e.CallTransferred(kind="agent", how="blind"):
                self._wanted(event)
            case e.CallTransferred(how="recovery"):
                self._front(event)
            case e.OfferEnded():
                self._offer_ended(event)
            case e.CallConnected():
                self._connected(event)
            case e.CallEnded():
                self._ended(event)
            case e.FloorKnown():
                self._known(event)
            case AgentStateChanged() | AgentLoaded():
                pass
            case _:
                return
        self.distribute()

    def _queued(self, event: e.CallQueued) -> None:
        known = self.callers.get(event.call_id)
        if known is not None and known.queue == event.queue:
            # reported again: who is asked already stays asked
            known.on_the_way = known.fallen = False
        else:
            self.callers[event.call_id] = Caller(
                call_id=event.call_id,
                leg_id=event.leg_id,
                queue=event.queue,
                joined_at=event.joined_at,
            )
        self._count_offered(event.call_id, event.queue, event.joined_at)

    def _count_offered(self, call_id: str, queue: str, joined_at: datetime) -> None:
        """Once a call, in the queue that it first waited in."""
        if call_id in self._counted or call_id in self._served:
            return
        self._counted.add(call_id)
        day = self.days.setdefault(queue, QueueDay())
        day.offered += 1
        day.hours[self._hour_of(joined_at)] += 1

    def _resumed(self, event: e.CallStarted) -> None:
        """It came while nobody was looking: where it stands now is told next."""
        if event.queue and event.joined_at is not None and event.call_id not in self._counted:
            self._hand_to_app_queue(event.call_id, event.leg_id, event.queue, event.joined_at)

    def _hand_to_app_queue(self, call_id: str, leg_id: str, queue: str, joined_at: datetime) -> None:
        known = self.callers.setdefault(
            call_id, Caller(call_id=call_id, leg_id=leg_id, queue=queue, joined_at=joined_at)
        )
        known.fallen = True
        self._count_offered(call_id, queue, joined_at)

    def _fell_back(self, event: e.CallFellBack) -> None:
        """app_queue has this caller now. While we are away that is right; else we take them over."""
        call = self._tracker.calls.get(event.call_id)
        joined_at = (call.joined_at if call is not None else None) or event.at
        self._hand_to_app_queue(event.call_id, event.leg_id, event.queue, joined_at)
        if not self._desk.away:
            self._take_over(event.leg_id, event.queue)

    def _known(self, event: e.FloorKnown) -> None:
        """What we hold and Asterisk has not is gone; whom app_queue kept for us comes back."""
        open_calls = set(event.open_calls)
        for call_id in [c for c in self.callers if c not in open_calls]:
            del self.callers[call_id]
        for caller in [c for c in self.callers.values() if c.fallen]:
            session = self._roster.of_call(caller.call_id)
            if session is not None and session.state in machine.IN_CONVERSATION:
                # an earlier process had given them to this agent already
                del self.callers[caller.call_id]
                self._served.add(caller.call_id)
            else:
                self._take_over(caller.leg_id, caller.queue)

    def _found_held(self, event: e.CallFoundHeld) -> None:
        """A customer on hold whom nobody holds: back to their queue."""
        call = self._tracker.calls.get(event.call_id)
        owned = self._roster.of_call(event.call_id) is not None or event.call_id in self.callers
        if call is None or owned:
            return
        if call.queue:
            self._ask("back to the queue", self._control.send_to_queue(call.leg_id, call.queue, ""))
        else:
            self._ask("say goodbye", self._control.say_goodbye(call.leg_id))

    def _take_over(self, leg_id: str, queue: str) -> None:
        self._ask("take a caller over", self._control.take_over(leg_id, queue))

    def _wanted(self, event: e.CallTransferred) -> None:
        call = self._tracker.calls.get(event.call_id)
        if call is not None:
            self.callers[event.call_id] = Caller(
                call_id=event.call_id,
                leg_id=call.leg_id,
                queue=call.queue,
                joined_at=event.at,
                front=True,
                wanted_agent=int(event.target),
                wanted_until=event.at + COLLEAGUE_WAIT,
                given_by=event.agent_id,
            )

    def _front(self, event: e.CallTransferred) -> None:
        call = self._tracker.calls.get(event.call_id)
        if call is not None:
            self.callers[event.call_id] = Caller(
                call_id=event.call_id,
                leg_id=call.leg_id,
                queue=event.target,
                joined_at=call.joined_at or event.at,
                front=True,
                on_the_way=True,
            )

    def _offer_ended(self, event: e.OfferEnded) -> None:
        caller = self.callers.get(event.call_id)
        if caller is None or caller.offered_to != event.agent_id:
            return
        session = self._roster.sessions.get(event.agent_id)
        asked = session is not None and (session.state is State.RINGING or session.joining)
        if session is not None and asked and session.call_id == event.call_id:
            return  # the same agent has been asked again already
        caller.offered_to = None
        caller.resting[event.agent_id] = event.at + RESTS.get(event.why, MISSED_REST)
        if caller.wanted_agent == event.agent_id:
            self._give_up_wanted(caller)

    def _connected(self, event: e.CallConnected) -> None:
        caller = self.callers.pop(event.call_id, None)
        again = event.call_id in self._served  # a call counts once, in the queue it first waited in
        self._served.add(event.call_id)
        if caller is None or again or caller.wanted_agent is not None or caller.front:
            return
        day = self.days.setdefault(caller.queue, QueueDay())
        day.answered += 1
        if _waited_ms(caller, event.at) <= self.thresholds(caller.queue).answer_seconds * 1000:
            day.answered_in_target += 1

    def _ended(self, event: e.CallEnded) -> None:
        again = event.call_id in self._served
        self._counted.discard(event.call_id)
        self._served.discard(event.call_id)
        caller = self.callers.pop(event.call_id, None)
        if caller is None or again or caller.front or event.by is e.Party.UNKNOWN:
            return
        day = self.days.setdefault(caller.queue, QueueDay())
        if _waited_ms(caller, event.at) < self.thresholds(caller.queue).short_seconds * 1000:
            day.short_abandoned += 1
        else:
            day.abandoned += 1

    # -- deciding -------------------------------------------------------------------------------

    def distribute(self) -> None:
        """Offer whatever can be offered now."""
        if self._desk.away or not self.callers:
            return
        now = self._clock.now()
        free = [self._free(s) for s in self._roster.sessions.values() if s.free]
        if not free:
            return
        strategies = {name: policy.strategy for name, policy in self.policies.items()}
        for pair in routing.decide(self._waiting(now), free, strategies):
            self._offer(self.callers[pair.call_id], self._roster.get(pair.agent_id), now)

    def _free(self, session: AgentSession) -> Free:
        return Free(
            agent_id=session.agent_id,
            queues=dict(session.profile.queues),
            free_since=session.free_since or session.since,
            calls_today=session.today.calls,
        )

    def _waiting(self, now: datetime) -> list[Waiting]:
        return [
            Waiting(
                call_id=caller.call_id,
                queue=caller.queue,
                weight=self.policies[caller.queue].weight if caller.queue in self.policies else 0,
                joined_at=caller.joined_at,
                front=caller.front,
                wanted_agent=caller.wanted_agent,
                excluded=frozenset(a for a, until in caller.resting.items() if now < until),
            )
            for caller in self.callers.values()
            if caller.offered_to is None and not (caller.on_the_way or caller.fallen)
        ]

    def _offer(self, caller: Caller, session: AgentSession, now: datetime) -> None:
        call = self._tracker.calls.get(caller.call_id)
        if call is None:
            return
        policy = self.policies.get(caller.queue)
        caller.offered_to = session.agent_id
        self._desk.offer(
            session,
            Offer(
                call_id=call.call_id,
                leg_id=call.leg_id,
                direction=call.direction,
                number=call.number or call.number_raw,
                queue=caller.queue,
                campaign_id=None,
                offered_at=now,
            ),
            policy.offer_seconds if policy is not None else DEFAULT_OFFER_SECONDS,
            at_once=policy.auto_answer if policy is not None else False,
        )

    # -- the clock ------------------------------------------------------------------------------

    def tick(self, now: datetime) -> None:
        """Rests that end, colleagues who do not come, announcements that are due."""
        for caller in self.callers.values():
            caller.resting = {a: until for a, until in caller.resting.items() if now < until}
            if caller.wanted_until is not None and now >= caller.wanted_until and caller.offered_to is None:
                self._give_up_wanted(caller)
        self.distribute()
        self._announce(now)

    def _give_up_wanted(self, caller: Caller) -> None:
        """The wanted colleague did not come: anybody of the queue, else whoever gave the call away."""
        caller.wanted_agent = caller.wanted_until = None
        if caller.queue:
            return
        given_by, caller.given_by = caller.given_by, None
        session = self._roster.sessions.get(given_by) if given_by is not None else None
        if session is None or session.state is State.OFFLINE:
            self._ask("say goodbye", self._control.say_goodbye(caller.leg_id))
            return
        caller.wanted_agent, caller.wanted_until = given_by, self._clock.now() + BACK_WAIT
        self._desk.notice(
            session, "warning", marked("Your colleague did not take the call: the customer waits for you.")
        )

    def _announce(self, now: datetime) -> None:
        for queue, policy in self.policies.items():
            if policy.announce_every_seconds <= 0:
                continue
            for position, caller in enumerate(self.in_queue(queue), start=1):
                last = caller.announced_at or caller.joined_at
                if caller.front or (now - last).total_seconds() < policy.announce_every_seconds:
                    continue
                caller.announced_at = now
                self._ask(
                    "announce a position", self._control.announce(caller.leg_id, spoken_position(position))
                )

    def _ask(self, name: str, work: Coroutine[object, object, None]) -> None:
        async def ask() -> None:
            try:
                await work
            except ControlError:
                return  # the leg is gone, or comes again by the next fact

        self._tasks.spawn(name, ask())


def _waited_ms(caller: Caller, until: datetime) -> int:
    """As the journal stores it, so that the board and the reports agree at the limit."""
    return max(0, round((until - caller.joined_at).total_seconds() * 1000))


def spoken_position(position: int) -> tuple[str, ...]:
    """Prompts that say a place in the queue."""
    if position > LARGEST_SPOKEN:
        return ("cc/position-more",)
    return (f"cc/position-{position}",)


def talking_in(roster: Roster, queue: str) -> int:
    """Agents in a conversation of this queue."""
    return sum(
        1
        for s in roster.sessions.values()
        if s.call is not None and s.call.queue == queue and s.state in (State.TALKING, State.HOLD)
    )
