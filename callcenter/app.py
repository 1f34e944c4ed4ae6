"""The composition root: the only module that knows every room.

A process takes any set of roles. `telephony` owns the floor while it holds the lease; `web` serves pages and
sockets; `worker` does what may take long. All three in one process are the embedded form.
"""

import asyncio
import logging
import os
import platform
import socket as socket_module
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import SystemRandom
from zoneinfo import ZoneInfo

from aiohttp import web
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from agent_ui import admin, desk, shell, socket, supervisor
from agent_ui.admin import SystemProbe, SystemState
from agent_ui.shell.assets import load_assets
from agent_ui.shell.routes import DEMO_LOGINS, DemoLogin
from callcenter import dialer
from callcenter.agents import queries as agent_queries
from callcenter.agents import routes as agent_routes
from callcenter.agents.desk import Outside
from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import PhoneKind
from callcenter.ami.connection import AmiLoginRefused
from callcenter.ami.provision import Provisioner
from callcenter.ami.recording import Recorder
from callcenter.calls import routes as call_routes
from callcenter.calls.recordings import Recordings
from callcenter.config import Settings, trusted_networks
from callcenter.dialer.campaigns.simulating import TRIALS
from callcenter.dialer.campaigns.trials import Trials
from callcenter.dialer.lists.importing import Importer
from callcenter.dialer.lists.promoting import Promoter
from callcenter.dialer.lists.sweeps import Sweeper
from callcenter.dialer.lists.tallies import Tallier
from callcenter.dialer.registries.loading import Loader
from callcenter.floor import Floor, FloorSettings, LeaseLost
from callcenter.kernel.bus import Bus, LocalBus
from callcenter.kernel.clock import Clock, SystemClock
from callcenter.kernel.component import Component
from callcenter.kernel.db import Database
from callcenter.kernel.lease import Lease, LocalLease, RedisLease
from callcenter.kernel.redis_bus import RedisBus
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions
from callcenter.kernel.web import WebSettings, make_templates, make_web_app, signed_in
from callcenter.live import mirror
from callcenter.live.mirror import Mirror
from callcenter.provisioning.keeper import Keeper
from callcenter.provisioning.wanted import ami_users
from callcenter.queues import queries as queue_queries
from callcenter.queues import routes as queue_routes
from crm.components import COMPONENTS as CRM
from crm.components import TIMELINE as PROVIDERS
from crm.contacts.queries import names_of
from crm.contacts.record import TIMELINE
from crm.contacts.screenpop import ScreenPops
from reports import wallboard

log = logging.getLogger(__name__)

ROLES = ("web", "telephony", "worker")
DATABASE_SECONDS = 10.0
HOUSE = Path(__file__).parents[1]
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0


class CannotStart(Exception):
    """Something outside is not as the settings say; the message names what to look at."""


@dataclass(frozen=True, slots=True)
class House:
    """What every role stands on."""

    settings: Settings
    clock: Clock
    database: Database
    bus: Bus
    make_lease: Callable[[], Lease]
    transactions: Transactions
    tasks: Tasks
    probe: SystemProbe | None = None


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """The embedded or the distributed engine, by the two URLs."""
    clock = SystemClock()
    tasks = Tasks()
    database = Database(settings.database_url)
    bus: Bus
    make_lease: Callable[[], Lease]
    if settings.redis_url:
        relay = RedisBus(settings.redis_url, clock)
        try:
            await relay.start()
        except (RedisError, OSError, TimeoutError) as error:
            await relay.aclose()
            await database.aclose()
            raise CannotStart(
                f"Redis cannot be reached ({error}); CALLCENTER_REDIS_URL says where it is"
            ) from error
        bus, make_lease = relay, partial(RedisLease, settings.redis_url, "floor")
    else:
        bus, make_lease = LocalBus(), LocalLease
    try:
        yield House(
            settings=settings,
            clock=clock,
            database=database,
            bus=bus,
            make_lease=make_lease,
            transactions=Transactions(database, bus, clock),
            tasks=tasks,
        )
    finally:
        await tasks.aclose()
        await bus.aclose()
        await database.aclose()


def components() -> tuple[Component, ...]:
    """Every room that has pages, rights or menus, in the order of the rail."""
    return (
        shell.COMPONENT,
        desk.COMPONENT,
        socket.COMPONENT,
        supervisor.COMPONENT,
        *CRM,
        dialer.COMPONENT,
        wallboard.COMPONENT,
        call_routes.COMPONENT,
        agent_routes.COMPONENT,
        queue_routes.COMPONENT,
        admin.COMPONENT,
    )


# -- telephony ----------------------------------------------------------------------------------


def make_floor(house: House) -> Floor:
    """The floor of the Asterisk that the settings name."""
    settings = house.settings
    asterisk = settings.asterisk
    recorder = Recorder(Path(asterisk.record_events_to)) if asterisk.record_events_to else None
    floor = Floor(
        FloorSettings(
            home_region=settings.home_region,
            zone=ZoneInfo(settings.zone),
            outside=Outside(trunk=asterisk.trunk, caller_id=asterisk.caller_id),
            users=ami_users(settings),
            record=recorder.write if recorder is not None else None,
        ),
        transactions=house.transactions,
        lease=house.make_lease(),
        random=SystemRandom(),
        provision=_provision(settings),
    )
    floor.follow(ScreenPops(house.transactions).subscribe)
    floor.attend(Keeper(settings, house.transactions).run)
    return floor


def _provision(settings: Settings) -> Callable[[Sequence[SipAccount]], Awaitable[None]]:
    provisioner = Provisioner(
        settings.asterisk.ari_url, settings.asterisk.ari_user, settings.asterisk.ari_password
    )

    async def provision(accounts: Sequence[SipAccount]) -> None:
        await provisioner.reconcile(accounts)

    return provision


class Telephony:
    """The floor of this process; made anew when it was lost or broke, to be owned again when possible.

    A floor that broke is not used any further: its callers are answered by Asterisk's own queues until the
    next one has read the rows and Asterisk's lists.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._pause = FIRST_PAUSE_SECONDS
        self.floor = make_floor(house)

    async def run(self) -> None:
        """Own the floor, wait for it, own it again, until cancelled. The first may raise `CannotStart`."""
        first = True
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self.floor.run()
            except ExceptionGroup as broken:  # the supervisor is one of the three places that catch all
                _pass_cancellation_on()
                if first and (refused := _found(broken, AmiLoginRefused)) is not None:
                    raise CannotStart(str(refused)) from broken
                if _found(broken, LeaseLost) is not None:
                    log.error("the floor was lost; waiting until it can be owned again")
                else:
                    log.exception("the floor broke and is made anew")
                    await self._rest(asyncio.get_running_loop().time() - began)
            first = False
            self.floor = make_floor(self._house)

    async def _rest(self, lasted: float) -> None:
        """Longer each time, unless the floor had held for a while."""
        if lasted > LONGEST_PAUSE_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)


def _found(group: BaseExceptionGroup[BaseException], wanted: type[BaseException]) -> BaseException | None:
    """The first exception of this kind, however deep in groups."""
    for error in group.exceptions:
        found = _found(error, wanted) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, wanted):
            return found
    return None


def _pass_cancellation_on() -> None:
    """A task group that fails while it is cancelled reports the failure alone."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _state_of(floor: Floor) -> SystemState:
    link = floor.link
    return SystemState(
        link="up" if link.live else "down",
        counters={
            "events": sum(link.events.counters.events.values()),
            "unknown events": sum(link.events.counters.unknown.values()),
            "malformed events": sum(link.malformed.values()),
            "resyncs": link.resyncs,
            "open calls": len(floor.tracker.calls),
            "open legs": len(floor.tracker.legs),
            "ignored facts": floor.tracker.ignored,
        },
    )


# -- web ----------------------------------------------------------------------------------------


async def seat_of(house: House, user_id: int) -> socket.Seat:
    """The agent behind a user and the account of their browser phone."""
    asterisk = house.settings.asterisk
    async with house.database.read() as session:
        agent_id = await agent_queries.agent_of_user(session, user_id)
        account = await agent_queries.sip_account(session, agent_id) if agent_id is not None else None
    if account is None:
        return socket.Seat(agent_id=agent_id, queues=frozenset(), sip=None)
    sip = None
    if account.phone is PhoneKind.BROWSER:
        sip = {
            "uri": f"sip:{account.name}@{asterisk.sip_domain}",
            "password": account.secret,
            "ws_url": asterisk.sip_ws_url,
        }
    return socket.Seat(agent_id=account.agent_id, queues=frozenset(), sip=sip)


def make_web(house: House, demo_logins: tuple[DemoLogin, ...] = ()) -> web.Application:
    """The web application of this house."""
    settings = house.settings
    rooms = components()
    app = make_web_app(
        transactions=house.transactions,
        settings=WebSettings(
            company=settings.company,
            home_region=settings.home_region,
            zone=settings.zone,
            aht_goal_seconds=settings.aht_goal_seconds,
            origins=settings.origins,
            trusted_proxies=trusted_networks(settings),
            connect_sources=(settings.asterisk.sip_ws_url,),
            secure_cookies=settings.secure_cookies,
            demo=settings.demo,
        ),
        components=rooms,
        templates=make_templates([room.templates for room in rooms if room.templates is not None]),
        assets=load_assets(),
    )
    board = Mirror(house.bus, house.clock)

    async def own_agent_id(request: web.Request) -> int | None:
        signed = signed_in(request)
        if signed is None or signed.actor.user_id is None:
            return None
        async with house.database.read() as session:
            return await agent_queries.agent_of_user(session, signed.actor.user_id)

    app[socket.SOCKETS] = socket.OpenSockets()
    app[socket.ROOM] = socket.SocketRoom(
        bus=house.bus, clock=house.clock, mirror=board, seat_of=lambda user_id: seat_of(house, user_id)
    )
    app[call_routes.PAGES] = call_routes.CallPages(
        recordings=Path(settings.recordings), own_agent_id=own_agent_id, names_of=names_of
    )
    app[desk.DESK_PAGES] = desk.DeskPages(names_of=names_of)
    app[wallboard.BOARD] = board
    app[DEMO_LOGINS] = demo_logins
    app[TIMELINE] = PROVIDERS
    app[TRIALS] = Trials(house.tasks)
    if house.probe is not None:
        app[admin.SYSTEM_PROBE] = house.probe
    app.on_shutdown.append(socket.close_sockets)
    house.bus.subscribe("live.mirror", mirror.EVENTS, board.receive, max_batch=200)
    board.start()
    return app


class PortInUse(CannotStart):
    """Somebody else listens where we should; the message names the setting."""


def check_port(settings: Settings) -> None:
    """Raise `PortInUse` when pages could not be served, before anything else is started or taken over."""
    family = socket_module.AF_INET6 if ":" in settings.host else socket_module.AF_INET
    with socket_module.socket(family) as probe:
        probe.setsockopt(socket_module.SOL_SOCKET, socket_module.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise _port_in_use(settings, error) from error


def _port_in_use(settings: Settings, error: OSError) -> PortInUse:
    return PortInUse(
        f"port {settings.port} on {settings.host} cannot be used ({error.strerror}); "
        "choose another with CALLCENTER_PORT"
    )


async def serve_web(house: House, stack: AsyncExitStack, demo_logins: tuple[DemoLogin, ...]) -> None:
    """Listen; close sockets and finish requests at the end."""
    runner = web.AppRunner(make_web(house, demo_logins), access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    settings = house.settings
    try:
        await web.TCPSite(runner, settings.host, settings.port, reuse_address=True).start()
    except OSError as error:
        raise _port_in_use(settings, error) from error


# -- worker -------------------------------------------------------------------------------------


def start_worker(house: House) -> None:
    """Whatever may take long or comes by the clock."""
    recordings = Recordings(
        house.database,
        house.clock,
        Path(house.settings.asterisk.recordings_raw),
        Path(house.settings.recordings),
    )
    house.tasks.every("recordings", 1.0, recordings.turn)
    runner = f"{platform.node()}:{os.getpid()}"
    Importer(house.transactions, house.tasks, runner).start()
    Sweeper(house.transactions, house.tasks, runner).start()
    Tallier(house.transactions, house.tasks).start()
    Loader(house.transactions, house.tasks, runner).start()
    Promoter(house.transactions, house.tasks).start()


# -- all ----------------------------------------------------------------------------------------


async def run(settings: Settings, roles: frozenset[str]) -> None:
    """Run these roles until cancelled."""
    async with open_house(settings) as house:
        await _look_at_database(house)
        await live(house, roles)


async def _look_at_database(house: House) -> None:
    """A database that is not there, or not as we need it, is found out before anything else."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS), house.database.read() as session:
            await queue_queries.load_policies(session)
    except (DBAPIError, OSError, TimeoutError) as error:
        reason = str(error.orig) if isinstance(error, DBAPIError) else str(error) or "no answer"
        raise CannotStart(
            f"the database does not serve ({reason}); CALLCENTER_DATABASE_URL says where it is, "
            "`callcenter migrate` makes its tables"
        ) from error


async def live(
    house: House,
    roles: frozenset[str],
    started: Callable[[], None] = lambda: None,
    demo_logins: tuple[DemoLogin, ...] = (),
) -> None:
    """These roles in an open house, until cancelled. `started` is called when pages can be opened."""
    async with AsyncExitStack() as stack:
        telephony = Telephony(house) if "telephony" in roles else None
        if telephony is not None:
            house = replace(house, probe=SystemProbe(tell=lambda: _state_of(telephony.floor)))
        if "web" in roles:
            await serve_web(house, stack, demo_logins)
        if "worker" in roles:
            start_worker(house)
        started()
        if telephony is not None:
            await telephony.run()
        else:
            await asyncio.Event().wait()
