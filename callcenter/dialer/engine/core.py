"""The engine's one face: events in, ticks in; the work is done by its parts."""

from collections.abc import Sequence
from datetime import timedelta

from callcenter.agents.events import AgentStateChanged
from callcenter.agents.machine import State
from callcenter.calls import events as e
from callcenter.dialer.engine import board
from callcenter.dialer.engine.callers import Callers
from callcenter.dialer.engine.clockwork import Clockwork
from callcenter.dialer.engine.closing import Closings
from callcenter.dialer.engine.dials import CampaignState, Dial
from callcenter.dialer.engine.following import Following
from callcenter.dialer.engine.ground import Desk, Floor, Ground
from callcenter.dialer.engine.handing import Handing
from callcenter.dialer.engine.lines import Lines
from callcenter.dialer.engine.opting import Opting
from callcenter.dialer.engine.paces import Paces
from callcenter.dialer.engine.previews import Previews
from callcenter.dialer.engine.promises import Promises
from callcenter.dialer.engine.rows import Rows
from callcenter.dialer.engine.stock import Stock
from callcenter.dialer.engine.surveys import Surveys
from callcenter.dialer.engine.trunks import Trunks
from callcenter.dialer.events import CallbackChanged, CampaignChanged
from callcenter.dialer.hopper import Fence
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Transactions

MANUAL_GRACE = timedelta(seconds=30)


class Engine:
    """The dialer of the process that holds the floor: `attach` a desk, `start`, then events and ticks."""

    def __init__(self, floor: Floor, transactions: Transactions, fence: Fence) -> None:
        self._ground = ground = Ground(floor, transactions, fence)
        self._following = Following(ground)
        ground.handing = Handing(ground)
        ground.stock = Stock(ground)
        ground.lines = Lines(ground)
        ground.paces = Paces(ground)
        ground.opting = Opting(ground)
        ground.surveys = Surveys(ground)
        self._clockwork = Clockwork(ground)
        self.promises = ground.promises = Promises(ground)
        self.previews = ground.previews = Previews(ground)
        ground.trunks = Trunks(ground)
        ground.callers = Callers(ground)
        ground.closing = Closings(ground)
        ground.rows = Rows(ground, self._following)

    def attach(self, desk: Desk) -> None:
        self._ground.desk = desk

    async def start(self) -> None:
        """Read the campaigns. Dialling begins when the floor is known and old attempts are accounted for."""
        await self._ground.rows.reload()

    @property
    def fence(self) -> Fence:
        return self._ground.fence

    @property
    def dialling(self) -> bool:
        """May new lines be placed at all?"""
        return self._ground.dialling

    @property
    def campaigns(self) -> dict[int, CampaignState]:
        return self._ground.campaigns

    @property
    def dials(self) -> dict[int, Dial]:
        """Every open attempt of this engine, those in stock too."""
        return self._ground.dials

    # what happens

    def on_event(self, event: Event) -> None:
        """The stage's listener."""
        match event:
            case e.FloorUnknown():
                self._ground.known = False
            case e.FloorKnown():
                self._ground.known = True
                self._following.floor_known()
                self._ground.rows.want_sweep()
                self._ground.opting.floor_known()
            case AgentStateChanged():
                self._agent_changed(event)
            case e.AgentLegUp():
                self._ground.lines.advance()
            case CallbackChanged():
                self._ground.promises.changed()
            case CampaignChanged():
                self._ground.rows.changed()
            case _:
                self._following.on_event(event)

    async def receive(self, events: Sequence[Event]) -> None:
        """The bus subscriber: campaigns are changed by people, perhaps in another process."""
        for event in events:
            self.on_event(event)

    def tick(self) -> None:
        """Call several times a second: deadlines, lost reservations, new lines, rows to read again."""
        now = self._ground.now()
        self._ground.rows.tick(now)
        self._following.tick(now)
        self._ground.closing.tick(now)
        self._ground.opting.tick()
        self._ground.callers.tick(now)
        self._ground.previews.tick(now)
        self._ground.promises.tick(now)
        self._clockwork.tick(now)
        self._ground.lines.advance()
        self._ground.tell()

    def _agent_changed(self, event: AgentStateChanged) -> None:
        ground = self._ground
        session = ground.roster.sessions.get(event.agent_id)
        if session is not None:
            ground.dirty.update(session.profile.campaigns & ground.campaigns.keys())
        if event.state is not State.READY:
            ground.handing.agent_left(event.agent_id)
            ground.previews.agent_changed(event.agent_id)
        ground.lines.advance()

    def connect_failed(self, call_id: str) -> None:
        """The desk could not join this customer with the agent: the next free one gets them."""
        dial = self._ground.of_leg(call_id)
        if dial is not None:
            self._ground.handing.join_failed(dial)

    def agent_heard_machine(self, call_id: str) -> None:
        """The agent who has this customer says that it is a machine: that is how its attempt ends."""
        self._following.agent_heard_machine(call_id)

    def shown_to(self, agent_id: int) -> dict[str, object]:
        """What the agent's document says beside their call: a lead to look at, a promise that is due."""
        return {
            "preview": self._ground.previews.document(agent_id),
            "callback": self._ground.promises.document(agent_id),
        }

    # what people dial by themselves

    async def release_number(self, number: str) -> None:
        """Somebody is about to dial this number by hand: a lead with it is given back.

        It may be in stock, or on the page of whoever looks at it.
        """
        dial = self._ground.stock.take_number(number) or self._ground.previews.take_number(number)
        if dial is not None:
            await self._ground.closing.hand_back(dial)

    def expect(self, dial: Dial) -> None:
        """Follow an attempt that was opened elsewhere (a person's own dialling)."""
        self._ground.keep(dial)

    def expect_leg(self, dial: Dial) -> None:
        """From now on its leg must appear, or the attempt ends as unknown."""
        if not dial.over and not dial.call_id:
            dial.deadline = self._ground.now() + MANUAL_GRACE

    def give_up(self, dial: Dial, *, never_sent: bool) -> None:
        """Close an attempt that came to nothing on our side."""
        self._ground.closing.give_up(dial, never_sent=never_sent)

    def board(self, campaign_id: int) -> dict[str, object]:
        """The live board's document of a campaign; raises `KeyError` for one that does not exist."""
        return board.document(self._ground, campaign_id)
