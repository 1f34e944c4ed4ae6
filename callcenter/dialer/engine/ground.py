"""What all parts of the engine work with: the floor's objects, the lines in memory, and each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from callcenter.agents.bench import Outside
from callcenter.agents.roster import Roster
from callcenter.calls import events as e
from callcenter.calls.control import CallControl
from callcenter.calls.stage import Stage
from callcenter.dialer.engine.dials import CampaignState, Dial, LiveCall
from callcenter.dialer.events import CampaignProgressed
from callcenter.dialer.hopper import Fence
from callcenter.dialer.outcomes import DEFAULT_RETRY, RetryRules
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor

if TYPE_CHECKING:
    from callcenter.dialer.engine.callers import Callers
    from callcenter.dialer.engine.closing import Closings
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

DIALER = system_actor("dialer")
UTC_ZONE = ZoneInfo("UTC")
ROWS_SECONDS = 15  # a transaction that takes longer is given up; the rows stay as they were
COMMAND_SECONDS = 10
LEG_GRACE = timedelta(seconds=10)  # for a leg that nobody has seen; from an own Originate, after ringing


class Desk(Protocol):
    """What the dialer needs from whoever conducts conversations."""

    def connect(self, agent_id: int, call_id: str, leg_id: str, campaign_id: int) -> None:
        """Join an answered customer with this agent at once, card first. Tell `Engine.connect_failed`."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What the engine shares with everything else on the floor."""

    stage: Stage
    roster: Roster
    control: CallControl
    tasks: Tasks
    outside: Outside
    zone: ZoneInfo = UTC_ZONE  # where the company's days begin
    callers_waiting: Callable[[], Mapping[str, int]] = dict  # by queue, those whom nobody was offered to


class Ground:
    """One for the engine, which puts its parts here so that each can ask the others."""

    handing: "Handing"
    lines: "Lines"
    opting: "Opting"
    paces: "Paces"
    previews: "Previews"
    promises: "Promises"
    surveys: "Surveys"
    stock: "Stock"
    closing: "Closings"
    rows: "Rows"
    trunks: "Trunks"
    callers: "Callers"

    def __init__(self, floor: Floor, transactions: Transactions, fence: Fence) -> None:
        self.stage = floor.stage
        self.roster = floor.roster
        self.control = floor.control
        self.outside = floor.outside
        self.callers_waiting = floor.callers_waiting
        self.zone = floor.zone
        self.tasks = floor.tasks
        self.transactions = transactions
        self.clock = transactions.clock
        self.fence = fence
        self.desk: Desk | None = None
        self.campaigns: dict[int, CampaignState] = {}
        self.dials: dict[int, Dial] = {}
        self.live: dict[str, LiveCall] = {}
        self.dirty: set[int] = set()
        self.known = False  # the link to Asterisk is up and resynced
        self.taken_up = False  # what an earlier engine left is accounted for
        self.fenced = False
        self._by_leg: dict[str, int] = {}

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def dialling(self) -> bool:
        """May new lines be placed at all?"""
        return self.known and self.taken_up and not self.fenced and self.desk is not None

    def keep(self, dial: Dial) -> None:
        self.dials[dial.attempt_id] = dial
        self._by_leg[dial.leg_id] = dial.attempt_id
        if (state := self.state_of(dial)) is not None:
            state.open[dial.attempt_id] = dial

    def forget(self, dial: Dial) -> None:
        self.dials.pop(dial.attempt_id, None)
        self._by_leg.pop(dial.leg_id, None)
        if (state := self.state_of(dial)) is not None:
            state.open.pop(dial.attempt_id, None)
        if dial.campaign_id is not None:
            self.dirty.add(dial.campaign_id)

    def of_leg(self, leg_id: str) -> Dial | None:
        """The dial that made this leg. A call we placed has its leg's id, so a call's id will do too."""
        return self.dials.get(self._by_leg.get(leg_id, 0))

    def state_of(self, dial: Dial) -> CampaignState | None:
        return self.campaigns.get(dial.campaign_id or 0)

    def retry(self, campaign_id: int | None) -> RetryRules:
        state = self.campaigns.get(campaign_id or 0)
        return state.plan.retry if state else DEFAULT_RETRY

    def label(self, dial: Dial) -> None:
        """Tell the journal whose call this is."""
        state = self.state_of(dial)
        self.stage.emit(
            e.CallLabelled(
                at=self.now(),
                call_id=dial.call_id,
                campaign_id=dial.campaign_id,
                queue="",
                recording=dial.leg_id if state is not None and state.plan.record else "",
            )
        )

    def count(
        self, dial: Dial, *, attempts: int = 0, answered: int = 0, connected: int = 0, abandoned: int = 0
    ) -> None:
        """Keep the board right between two readings of the rows."""
        state = self.state_of(dial)
        if state is None:
            return
        figures = state.figures
        figures.attempts += attempts
        figures.answered += answered
        figures.people += answered  # until the rows tell who was none
        figures.connected += connected
        figures.abandoned += abandoned
        self.dirty.add(state.plan.campaign_id)

    def tell(self) -> None:
        """One event for each campaign whose figures moved since the last tick."""
        dirty, self.dirty = self.dirty, set()
        for campaign_id in sorted(dirty & self.campaigns.keys()):
            self.stage.emit(CampaignProgressed(at=self.now(), campaign_id=campaign_id))
