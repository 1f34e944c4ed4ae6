"""`make run`: everything a stranger needs to hear a call, started in order and stopped together."""

import asyncio
import os
import shutil
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from random import SystemRandom

import msgspec

from agent_ui.shell.routes import DemoLogin
from callcenter import app
from callcenter.config import AsteriskSettings, Settings, TrunkSettings
from callcenter.demo import company, seed
from callcenter.demo.traffic import Colleagues, Customers
from callcenter.kernel.db import Database
from callcenter.lab.carrier import CARRIER_PORTS, PHONES_PORTS, CarrierConfig, Phone, PhonesConfig, phones
from callcenter.lab.pair import carrier_trunk, running, running_pair
from callcenter.migrations.run import migrate
from callcenter.pbx import fetch
from callcenter.pbx.config import Ports
from callcenter.pbx.instance import Instance
from callcenter.provisioning import wanted

ROLES = frozenset(app.ROLES)
DEMO_LOGINS = tuple(
    DemoLogin(login=person.login, password=company.PASSWORD, name=person.name, title=person.role.capitalize())
    for person in company.PEOPLE
    if person.shown
)
BAR = 24


class Screen:
    """Steps on a terminal: one line each, with a bar while it lasts, and the seconds it took."""

    def __init__(self) -> None:
        self._step = ""
        self._began = time.monotonic()
        self._live = sys.stdout.isatty()
        self.began = self._began

    def progress(self, step: str, done: int, total: int) -> None:
        """As `pbx.progress.Progress`; may come from a thread."""
        if step != self._step:
            self._step, self._began = step, time.monotonic()
            if not self._live:
                self._say(f"  {step} ...\n")
        if self._live:
            filled = BAR * done // total if total else 0
            bar = ("#" * filled).ljust(BAR, ".") if total else "working".ljust(BAR)
            self._say(f"\r  [{bar}] {step}\x1b[K")
        if total and done >= total:
            seconds = time.monotonic() - self._began
            self._say(
                f"\r  [{'#' * BAR}] {step}, {seconds:.1f} s\x1b[K\n"
                if self._live
                else f"    {seconds:.1f} s\n"
            )
            self._step = ""

    @staticmethod
    def _say(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _ports(settings: Settings) -> tuple[Ports, Ports, Ports]:
    pbx = wanted.ports(settings)
    carrier = replace(
        CARRIER_PORTS,
        sip=settings.carrier_sip_port,
        ami=settings.carrier_ami_port,
        rtp=settings.pbx_rtp_port + 4000,
        rtp_end=settings.pbx_rtp_port + 7999,
    )
    colleagues = replace(
        PHONES_PORTS,
        sip=settings.phones_sip_port,
        ami=settings.phones_ami_port,
        rtp=settings.pbx_rtp_port + 8000,
        rtp_end=settings.pbx_rtp_port + 11999,
    )
    return pbx, carrier, colleagues


def _demo_settings(settings: Settings, folder: Path) -> Settings:
    """The demo's own data, unless the administrator named a database."""
    changes: dict[str, object] = {"demo": True, "recordings": str(folder / "recordings")}
    if settings.database_url == Settings().database_url:
        changes["database_url"] = f"sqlite:///{folder / 'callcenter.db'}"
    if not settings.aht_goal_seconds:
        changes["aht_goal_seconds"] = company.AHT_GOAL_SECONDS
    if settings.company == Settings().company:
        changes["company"] = company.NAME
    return msgspec.structs.replace(settings, **changes)


def _with_pbx(settings: Settings, folder: Path, carrier: Ports) -> Settings:
    """Our own Asterisk, and the simulated carrier behind it."""
    trunk = carrier_trunk(carrier)
    own = msgspec.structs.replace(
        settings,
        pbx_folder=str(folder),
        trunks={trunk.name: TrunkSettings(host=trunk.host, port=trunk.port)},
        asterisk=AsteriskSettings(
            trunk=trunk.name,
            caller_id=company.CALLER_ID,
            record_events_to=settings.asterisk.record_events_to,
        ),
    )
    return wanted.complete(own)


async def run(settings: Settings, *, reset: bool, quiet: bool) -> None:
    """Until Ctrl-C. Everything that was started is stopped."""
    app.check_port(settings)
    folder = Path(settings.demo_folder)
    settings = _demo_settings(settings, folder)
    screen = Screen()
    if reset:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    asterisk = await asyncio.to_thread(fetch.find, os.environ, screen.progress)
    screen.progress("bringing the database up to date", 0, 1)
    await migrate(settings.database_url)
    screen.progress("bringing the database up to date", 1, 1)
    await seed.fill(settings, screen.progress)
    database = Database(settings.database_url)
    pbx_ports, carrier_ports, phones_ports = _ports(settings)
    settings = _with_pbx(settings, folder / "pbx", carrier_ports)
    async with database.read() as session:
        config = await wanted.pbx_config(settings, session)
    accounts = await seed.colleague_accounts(database)
    await database.aclose()
    async with AsyncExitStack() as stack:
        _pbx, carrier = await stack.enter_async_context(
            running_pair(
                folder,
                asterisk,
                config,
                CarrierConfig(mixes=company.MIXES),
                ports=(pbx_ports, carrier_ports),
                adopt=True,
                progress=screen.progress,
            )
        )
        telephones = PhonesConfig(
            phones=[Phone(username=account.name, password=account.secret) for account in accounts],
            pbx_port=pbx_ports.sip,
        )
        await stack.enter_async_context(
            running(phones(folder / "phones", asterisk, telephones, phones_ports), adopt=True)
        )
        await _work(wanted.complete(settings), carrier, screen, quiet=quiet)


async def _work(settings: Settings, carrier: Instance, screen: Screen, *, quiet: bool) -> None:
    async with app.open_house(settings) as house:
        if not quiet:
            random = SystemRandom()
            colleagues = Colleagues(house.bus, house.clock, house.tasks, random)
            customers = Customers(house.database, carrier, house.bus, house.tasks, random)
            async with house.database.read() as session:
                await colleagues.hire(session)
                await customers.meet(session)
            house.tasks.spawn("demo: colleagues", colleagues.work())
            house.tasks.spawn("demo: customers", customers.call())
        await app.live(house, ROLES, started=lambda: _welcome(settings, screen), demo_logins=DEMO_LOGINS)


def _welcome(settings: Settings, screen: Screen) -> None:
    seconds = time.monotonic() - screen.began
    address = f"http://{'localhost' if settings.host == '127.0.0.1' else settings.host}:{settings.port}"
    lines = [
        "",
        f"  {settings.company} is open after {seconds:.1f} s:  {address}",
        "",
        *(
            f"    {person.login:<8} {company.PASSWORD}   {person.role:<14} {person.name}"
            for person in company.PEOPLE
            if person.shown
        ),
        "",
        "  Try this first:",
        "    1. Sign in as maria in Chrome, Edge or Firefox, allow the microphone, press “Start shift”.",
        "    2. A customer calls within half a minute: their card is there before you answer (Ctrl-Enter).",
        "    3. In a private window sign in as elena: the live floor, and /wallboard for the big screen.",
        "    4. As elena open Campaigns and press “Start calling”: answered calls come to maria and ivan",
        "       while they are ready.",
        "",
        "  Ctrl-C stops everything. `make demo-reset` starts over.",
        "",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
