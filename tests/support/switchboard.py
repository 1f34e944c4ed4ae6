"""A whole floor without a telephone: the real tracker, roster, desk, distributor and publisher, and a switch
that carries commands out as Asterisk would and reports facts."""

# ruff: noqa: ARG002 - the signatures are the protocol's

from datetime import datetime, timedelta
from itertools import count

from callcenter.agents.desk import Desk, Outside
from callcenter.agents.roster import AgentProfile, LegMode, PhoneKind, Roster
from callcenter.calls import facts as f
from callcenter.calls.control import CallControl, ControlError, Landing, Membership
from callcenter.calls.facts import LegKind, LegState
from callcenter.calls.stage import Stage
from callcenter.calls.tracker import Tracker
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tasks import Tasks
from callcenter.live.board import Doc
from callcenter.live.publisher import Publisher
from callcenter.queues.distributor import Distributor, QueuePolicy


class Switch:
    """`CallControl` at the level of facts: what it does, it says."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._bridges = count(1)
        self.floor: Floor | None = None
        self.legs: dict[str, str] = {}
        self.joined_at: dict[str, datetime] = {}

    def say(self, *said: f.Fact) -> None:
        if self.floor is not None:
            self.floor.hear(*said)

    def _at(self) -> datetime:
        return self._clock.now()

    def _here(self, leg_id: str) -> None:
        if leg_id not in self.legs:
            raise ControlError("refused", "No such channel")

    def create(
        self,
        leg_id: str,
        kind: LegKind,
        *,
        agent_id: int | None = None,
        number: str = "",
        state: LegState = LegState.UP,
    ) -> None:
        """A channel appears."""
        self.legs[leg_id] = ""
        self.say(
            f.LegCreated(
                at=self._at(),
                leg_id=leg_id,
                linked_id=leg_id,
                name=f"PJSIP/{leg_id}",
                endpoint="",
                kind=kind,
                agent_id=agent_id,
                attempt_id=None,
                number_raw=number,
                caller_name="",
                dialled_raw="",
                context="",
                state=state,
            )
        )

    def enter_queue(self, leg_id: str, queue: str) -> None:
        """The dialplan's loop reports the caller; the first entry's time is kept."""
        joined = self.joined_at.setdefault(leg_id, self._at())
        self.say(f.QueueEntered(at=self._at(), leg_id=leg_id, queue=queue, joined_at=joined))

    def leave(self, leg_id: str) -> None:
        """The leg's bridge of two dissolves."""
        bridge = self.legs.get(leg_id, "")
        if not bridge:
            return
        for other, where in list(self.legs.items()):
            if where == bridge:
                self.legs[other] = ""
                self.say(f.BridgeLeft(at=self._at(), bridge_id=bridge, leg_id=other))

    def end(self, leg_id: str, *, asked: bool = False) -> None:
        """The channel goes; `asked` when its far end hung up."""
        if leg_id not in self.legs:
            return
        if asked:
            self.say(f.LegEndAsked(at=self._at(), leg_id=leg_id))
        self.leave(leg_id)
        del self.legs[leg_id]
        self.say(f.LegEnded(at=self._at(), leg_id=leg_id, linked_id=leg_id, cause=16, sip_code=None))

    async def dial_agent(
        self, leg_id: str, agent_id: int, *, auto_answer: bool, ring_seconds: int, caller_number: str
    ) -> None:
        self.create(leg_id, LegKind.AGENT, agent_id=agent_id)
        self.say(f.AgentLegReady(at=self._at(), leg_id=leg_id, agent_id=agent_id))

    async def dial_out(
        self,
        leg_id: str,
        number: str,
        *,
        trunk: str,
        caller_id: str,
        ring_seconds: int,
        landing: Landing,
        variables: dict[str, str],
    ) -> None:
        self.create(leg_id, LegKind.CUSTOMER, number=number)

    async def bridge(self, customer_leg: str, agent_leg: str) -> None:
        self._here(customer_leg)
        self._here(agent_leg)
        self.leave(customer_leg)
        self.leave(agent_leg)
        bridge = f"bridge-{next(self._bridges)}"
        for leg_id in (customer_leg, agent_leg):
            self.legs[leg_id] = bridge
            self.say(f.BridgeJoined(at=self._at(), bridge_id=bridge, leg_id=leg_id))

    async def hold(self, leg_id: str) -> None:
        self._here(leg_id)
        self.leave(leg_id)

    async def hang_up(self, leg_id: str, cause: int = 16) -> None:
        self.end(leg_id)

    async def say_goodbye(self, leg_id: str) -> None:
        self.end(leg_id)

    async def send_to_queue(self, leg_id: str, queue: str, language: str) -> None:
        self._here(leg_id)
        self.leave(leg_id)
        self.enter_queue(leg_id, queue)

    async def send_to_loop(self, leg_id: str) -> None:
        self._here(leg_id)
        self.leave(leg_id)

    async def kept_opt_outs(self) -> tuple[str, ...]:
        return ()

    async def opt_out_taken(self, number: str) -> None:
        return

    async def ask(self, leg_id: str, prompt: str) -> None:
        self._here(leg_id)

    async def confirm_opt_out(self, leg_id: str) -> None:
        self._here(leg_id)

    async def leave_message(self, leg_id: str, prompt: str) -> None:
        self._here(leg_id)
        self.leave(leg_id)

    async def send_to_number(self, leg_id: str, number: str, trunk: str) -> None:
        self._here(leg_id)
        self.leave(leg_id)

    async def announce(self, leg_id: str, prompts: tuple[str, ...]) -> None:
        self._here(leg_id)

    async def press(self, leg_id: str, digits: str) -> None:
        self._here(leg_id)

    async def set_recording(self, leg_id: str, on: bool) -> None:
        self._here(leg_id)
        self.say(f.RecordingChanged(at=self._at(), leg_id=leg_id, state="on" if on else "paused"))

    async def beat(self, epoch_seconds: int) -> None:
        return

    async def set_nailed_leg(self, agent_id: int, leg_id: str | None) -> None:
        return

    async def mirror_member(self, agent_id: int, queues: tuple[str, ...], state: Membership) -> None:
        return

    async def take_over(self, leg_id: str, queue: str) -> None:
        self.enter_queue(leg_id, queue)

    async def log_queue(self, queue: str, call_id: str, agent_name: str, event: str, *fields: str) -> None:
        return


class Floor:
    """The floor's objects on a stage, as the composition root wires them."""

    def __init__(self, bus: LocalBus, clock: ManualClock, control: CallControl | None = None) -> None:
        self.clock = clock
        self.tasks = Tasks()
        self.switch = Switch(clock)
        control = control or self.switch
        self.stage = Stage(bus)
        self.tracker = Tracker("DE")
        self.roster = Roster(self.stage, clock)
        self.desk = Desk(
            stage=self.stage,
            tracker=self.tracker,
            roster=self.roster,
            control=control,
            clock=clock,
            tasks=self.tasks,
            outside=Outside(trunk="carrier", caller_id="+4930555000"),
        )
        self.distributor = Distributor(
            tracker=self.tracker,
            roster=self.roster,
            desk=self.desk,
            control=control,
            clock=clock,
            tasks=self.tasks,
            hour_of=lambda at: (at + timedelta(hours=1)).hour,  # Berlin in winter
        )
        self.campaigns: dict[int, Doc] = {}
        self.publisher = Publisher(
            bus=bus,
            clock=clock,
            tracker=self.tracker,
            roster=self.roster,
            distributor=self.distributor,
            campaigns=lambda: self.campaigns,
        )
        for listener in (self.desk.on_event, self.distributor.on_event, self.publisher.on_event):
            self.stage.listen(listener)
        self.switch.floor = self

    def hear(self, *said: f.Fact) -> None:
        for fact in said:
            self.stage.emit(*self.tracker.apply(fact))

    def tick(self, seconds: float) -> None:
        """Time passes, and every clock of the floor looks up."""
        now = self.clock.advance(seconds)
        self.desk.tick(now)
        self.distributor.tick(now)
        self.publisher.tick()

    def open(self, queues: tuple[QueuePolicy, ...], agents: int) -> None:
        """These queues, with this many agents who serve all of them; phones registered, nobody ready yet."""
        self.distributor.load(queues)
        names = [queue.name for queue in queues]
        self.roster.load(
            AgentProfile(
                agent_id=agent_id,
                user_id=agent_id + 100,
                name=f"Agent {agent_id}",
                extension=str(200 + agent_id),
                phone=PhoneKind.BROWSER,
                leg_mode=LegMode.NAILED,
                queues=dict.fromkeys(names, 0),
                campaigns=frozenset(),
                wrapup_seconds=15,
            )
            for agent_id in range(1, agents + 1)
        )
        self.hear(f.Resynced(at=self.clock.now(), legs=(), phones=(), waiting_in_fallback=()))
        for agent_id in range(1, agents + 1):
            self.hear(
                f.PhoneChanged(
                    at=self.clock.now(), agent_id=agent_id, reachable=True, uri=f"sip:agent{agent_id}@phone"
                )
            )

    def call_in(self, call_id: str, queue: str, number: str = "+4930555111") -> None:
        """Somebody calls and waits."""
        self.switch.create(call_id, LegKind.CUSTOMER, number=number)
        self.switch.enter_queue(call_id, queue)
