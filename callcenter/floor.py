"""The floor: everything that must have one owner, assembled. Runs in the telephony role.

Start: take the lease, read agents, queues and campaigns from rows, restore agents' states, then follow
Asterisk. The first resync tells what is really there. End: stop the heartbeat, so that the dialplan's own
queues take over at once.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from random import Random
from zoneinfo import ZoneInfo

from aiohttp import ClientError

from callcenter.agents import queries as agent_queries
from callcenter.agents.commands import CommandDesk
from callcenter.agents.desk import Desk, Outside
from callcenter.agents.events import AgentsChanged, CommandIssued
from callcenter.agents.journal import EVENTS as AGENT_EVENTS
from callcenter.agents.journal import AgentJournal
from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import Roster
from callcenter.agents.verbs import Results, Verbs
from callcenter.ami.link import AmiLink, AmiUsers
from callcenter.ami.provision import ProvisionError
from callcenter.calls.control import ControlError
from callcenter.calls.events import ContactBound, FloorKnown, OfferEnded
from callcenter.calls.facts import Fact
from callcenter.calls.journal import EVENTS as CALL_EVENTS
from callcenter.calls.journal import Journal
from callcenter.calls.stage import Stage
from callcenter.calls.tracker import Tracker
from callcenter.dialer import queries as dialer_queries
from callcenter.dialer.engine import Engine
from callcenter.dialer.engine import Floor as DialerFloor
from callcenter.dialer.events import CallbackChanged, CampaignChanged
from callcenter.dialer.hopper import Fence
from callcenter.dialer.machines import Machines
from callcenter.dialer.manual import Home, ManualDial, ManualDialler
from callcenter.dialer.previewing import Previewing
from callcenter.dialer.service import dispose_call
from callcenter.kernel.bus import Bus, Subscription
from callcenter.kernel.db import is_away
from callcenter.kernel.events import Event, Resync
from callcenter.kernel.lease import Lease
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions
from callcenter.live.events import BoardWanted
from callcenter.live.publisher import Publisher
from callcenter.queues import queries as queue_queries
from callcenter.queues.distributor import Distributor
from callcenter.queues.events import QueuesChanged
from callcenter.queues.queue_log import QueueLogRow, QueueLogWriter

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
BEAT_SECONDS = 1.0
JOURNAL_LIMIT = 20_000
FAREWELL_SECONDS = 2.0
PHONES_AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class FloorSettings:
    """What the floor needs to know. `record` gets the raw bytes of Asterisk's events."""

    home_region: str
    zone: ZoneInfo
    outside: Outside
    users: AmiUsers
    record: Callable[[bytes], None] | None = None


class Floor:
    """One Asterisk's floor. `run` until cancelled or the lease is lost."""

    def __init__(
        self,
        settings: FloorSettings,
        *,
        transactions: Transactions,
        lease: Lease,
        random: Random,
        provision: Callable[[Sequence[SipAccount]], Awaitable[None]],
    ) -> None:
        self.settings = settings
        self._transactions = transactions
        self._bus = bus = transactions.bus
        self._clock = clock = transactions.clock
        self._lease = lease
        self._provision = provision
        self._tasks = Tasks()
        self.stage = Stage(bus)
        self.tracker = Tracker(settings.home_region)
        self.link = AmiLink(
            settings.users,
            sink=self._fold,
            clock=clock,
            random=random,
            gate=bus.uncongested,
            record=settings.record,
        )
        self.control = self.link.control
        self.control.before_dial_out = self.tracker.expect
        self.roster = Roster(self.stage, clock)
        self.desk = Desk(
            stage=self.stage,
            tracker=self.tracker,
            roster=self.roster,
            control=self.control,
            clock=clock,
            tasks=self._tasks,
            outside=settings.outside,
        )
        self.distributor = Distributor(
            tracker=self.tracker,
            roster=self.roster,
            desk=self.desk,
            control=self.control,
            clock=clock,
            tasks=self._tasks,
            hour_of=lambda moment: moment.astimezone(settings.zone).hour,
        )
        self.commands = CommandDesk(bus, clock, self._tasks)
        self._queue_log = QueueLogWriter()
        self._attendants: list[Callable[[AmiLink], Coroutine[object, object, None]]] = []
        self._followers: list[Callable[[Bus], Subscription]] = []
        self._subscriptions: tuple[Subscription, ...] = ()
        self._accounts: list[SipAccount] = []
        self._phones_due = asyncio.Event()
        self._day = clock.now().astimezone(settings.zone).date()

    def follow(self, subscribe: Callable[[Bus], Subscription]) -> None:
        """What belongs to the floor's owner alone: subscribed while this process is that."""
        self._followers.append(subscribe)

    def attend(self, work: Callable[[AmiLink], Coroutine[object, object, None]]) -> None:
        """Work that goes on while this process owns the floor; should it fail, the floor stands."""
        self._attendants.append(work)

    async def run(self) -> None:
        """Own the floor until cancelled; a lost lease ends it with `LeaseLost`."""
        await self._lease.acquire()
        try:
            async with asyncio.TaskGroup() as group:
                await self._open()
                link = group.create_task(self.link.run(), name="ami:link")
                group.create_task(self._beat(), name="floor:beat")
                group.create_task(self._tick(), name="floor:tick")
                group.create_task(self._keep_phones(), name="floor:phones")
                await self._lease.lost()
                link.cancel()
                raise LeaseLost
        finally:
            await self._close()

    async def _open(self) -> None:
        """Everything that rows know, before Asterisk is asked."""
        fence = Fence(token=self._lease.token, engine_id=secrets.token_hex(8))
        self.engine = Engine(
            DialerFloor(
                stage=self.stage,
                roster=self.roster,
                control=self.control,
                tasks=self._tasks,
                outside=self.settings.outside,
                zone=self.settings.zone,
                callers_waiting=self.distributor.waiting_by_queue,
            ),
            self._transactions,
            fence,
        )
        self.engine.attach(self.desk)
        self.desk.set_wrapup_of(self._wrapup_of)
        self.publisher = Publisher(
            bus=self._bus,
            clock=self._clock,
            tracker=self.tracker,
            roster=self.roster,
            distributor=self.distributor,
            shown_to=lambda agent_id: self.engine.shown_to(agent_id),
            campaigns=lambda: {i: self.engine.board(i) for i in self.engine.campaigns},
        )
        self._listen()
        await self._load()
        async with self._transactions.read() as session:
            self.roster.restore(await agent_queries.load_presences(session))
            self.roster.restore_day(
                self._midnight(), await agent_queries.days_so_far(session, self._midnight())
            )
            days, counted = await queue_queries.day_so_far(session, self._midnight(), self.settings.zone)
        self.distributor.restore(days, counted)
        await self.engine.start()
        self.publisher.take()
        for attend in self._attendants:
            self._tasks.spawn("floor: an attendant", attend(self.link))

    def _listen(self) -> None:
        """The order in which everybody on the floor hears of everything."""
        self.stage.listen(self.desk.on_event)
        self.stage.listen(self.distributor.on_event)
        self.stage.listen(self.engine.on_event)
        self.stage.listen(self._after)
        self.stage.listen(self.publisher.on_event)
        journal = Journal(self._transactions.database, self.distributor.thresholds)
        agents = AgentJournal(self._transactions.database)
        subscribe = self._bus.subscribe
        calls = subscribe(
            "calls.journal",
            CALL_EVENTS,
            journal.receive,
            limit=JOURNAL_LIMIT,
            max_batch=200,
            again=is_away,
        )
        Verbs(
            commands=self.commands,
            roster=self.roster,
            desk=self.desk,
            results=Results(self._transactions, calls.caught_up, (dispose_call,)),
            home_region=self.settings.home_region,
            queues=lambda: frozenset(self.distributor.policies),
        )
        manual = ManualDialler(
            self.engine,
            self._transactions,
            Home(region=self.settings.home_region, zone=self.settings.zone.key),
            lambda agent_id: self.desk.may_dial(self.roster.get(agent_id)),
            self._place,
        )
        self.commands.register("dial", manual.dial)
        machines = Machines(self.engine, self.roster, self.desk)
        self.commands.register("leave_message", machines.leave_message)
        Previewing(self.commands, self.engine)
        self._subscriptions = (
            calls,
            subscribe(
                "agents.journal",
                AGENT_EVENTS,
                agents.receive,
                limit=JOURNAL_LIMIT,
                max_batch=200,
                again=is_away,
            ),
            subscribe("floor.commands", (CommandIssued,), self.commands.receive),
            subscribe("live.publisher", (BoardWanted, ContactBound), self.publisher.receive),
            subscribe("floor.rows", (AgentsChanged, QueuesChanged, Resync), self._reload, again=is_away),
            subscribe("dialer.engine", (CampaignChanged, CallbackChanged), self.engine.receive),
            *(follow(self._bus) for follow in self._followers),
        )

    def _wrapup_of(self, queue: str, campaign_id: int | None) -> int | None:
        if campaign_id is not None and (state := self.engine.campaigns.get(campaign_id)) is not None:
            return state.plan.wrapup_seconds
        policy = self.distributor.policies.get(queue)
        return policy.wrapup_seconds if policy is not None else None

    async def _place(self, dial: ManualDial) -> None:
        """A person's own dialling, once the gate has let it through."""
        await self.desk.place(
            self.roster.get(dial.agent_id),
            dial.number,
            dial.campaign_id,
            leg_id=dial.leg_id,
            trunk=dial.trunk,
            caller_id=dial.caller_id,
        )

    # -- events ---------------------------------------------------------------------------------

    def _fold(self, fact: Fact) -> None:
        self.stage.emit(*self.tracker.apply(fact))

    def _after(self, event: Event) -> None:
        """What follows from events for more than one room."""
        if isinstance(event, OfferEnded) and event.why == "refused" and not event.queue:
            self.engine.connect_failed(event.call_id)
        if isinstance(event, FloorKnown):
            self._phones_due.set()
        names = {s.agent_id: s.profile.name for s in self.roster.sessions.values()}
        queues = {s.agent_id: tuple(sorted(s.profile.queues)) for s in self.roster.sessions.values()}
        for row in self._queue_log.rows(event, names, queues):
            self._tasks.spawn("queue_log", self._write_queue_log(row))

    async def _write_queue_log(self, row: QueueLogRow) -> None:
        try:
            await self.control.log_queue(row.queue, row.call_id, row.agent, row.verb, *row.fields)
        except ControlError as error:
            log.warning("a queue_log row was not written", extra={"verb": row.verb, "code": error.code})

    # -- rows -----------------------------------------------------------------------------------

    async def _load(self) -> None:
        async with self._transactions.read() as session:
            campaigns = await dialer_queries.campaigns_by_agent(session)
            queues = await queue_queries.members_by_agent(session)
            self.roster.load(await agent_queries.load_profiles(session, campaigns, queues))
            self.distributor.load(await queue_queries.load_policies(session))
            self._accounts = await agent_queries.sip_accounts(session)

    async def _reload(self, _events: Sequence[Event]) -> None:
        await self._load()
        self._phones_due.set()

    async def _keep_phones(self) -> None:
        """Asterisk has the phones of our rows; when it did not take them, it is asked again."""
        while True:
            await self._phones_due.wait()
            self._phones_due.clear()
            try:
                await self._provision(self._accounts)
            except (ProvisionError, ClientError, OSError, TimeoutError) as error:
                log.warning("phones were not provisioned", extra={"reason": repr(error)})
                await asyncio.sleep(PHONES_AGAIN_SECONDS)
                self._phones_due.set()

    # -- the clock ------------------------------------------------------------------------------

    def _midnight(self) -> datetime:
        return datetime.combine(self._day, time(), self.settings.zone)

    async def _tick(self) -> None:
        while True:
            now = self._clock.now()
            today = now.astimezone(self.settings.zone).date()
            if today != self._day:
                self._day = today
                self.roster.new_day()
                self.distributor.new_day()
            self.desk.tick(now)
            self.distributor.tick(now)
            self.engine.tick()
            self.publisher.tick()
            await asyncio.sleep(TICK_SECONDS)

    async def _beat(self) -> None:
        """Tell the dialplan that we are here, at once when we see it; when we are not, its queues answer."""
        while True:
            await self.link.wait_live()
            try:
                await self.control.beat(int(self._clock.now().timestamp()))
            except ControlError as error:
                log.warning("the heartbeat was not taken", extra={"code": error.code})
            await asyncio.sleep(BEAT_SECONDS)

    async def _close(self) -> None:
        """Let what has happened be written, but wait for no database for ever; then give the floor up."""
        await self._written()
        await self._tasks.aclose()
        await self._written()
        for subscription in self._subscriptions:
            subscription.close()
        await self._lease.release()

    async def _written(self) -> None:
        """Every subscriber of the floor has done its work."""
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await asyncio.gather(*(s.caught_up() for s in self._subscriptions))
        except TimeoutError:
            late = ",".join(s.name for s in self._subscriptions if not s.idle.is_set())
            log.error("the floor closes before everything is written", extra={"subscribers": late})


class LeaseLost(Exception):
    """Another process owns the floor now."""
