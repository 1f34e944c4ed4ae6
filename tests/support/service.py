"""The whole product as its users meet it: the service in a process of its own, and people who sign in.

`running_company` starts a pbx, a carrier, telephones and the seeded demo company; `Service` can be killed and
started again on the same data, as a crash would do it.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import aiohttp
import msgspec

from callcenter.config import Settings
from callcenter.demo import company, seed
from callcenter.kernel.db import Database
from callcenter.lab.carrier import CarrierConfig, Phone, PhonesConfig, phones
from callcenter.lab.pair import running, running_pair
from callcenter.live.board import Delta, Docs, empty, fold
from callcenter.migrations.run import migrate
from callcenter.pbx.config import Trunk
from callcenter.pbx.instance import Instance
from callcenter.provisioning import wanted
from tests.support.asterisk import asterisk, free_ports
from tests.support.programs import end, free_port, start

HOUSE = Path(__file__).parents[2]
PATIENCE = 15.0


class Service:
    """`callcenter run` as a child process."""

    def __init__(self, folder: Path, settings: dict[str, str], roles: str, port: int) -> None:
        self.folder = folder
        self.settings = settings
        self.roles = roles
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / f"service-{self.port}.log"

    async def start(self) -> None:
        """Start it and wait until its pages can be opened."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": str(HOUSE),
            "CALLCENTER_PORT": str(self.port),
            **self.settings,
        }
        command = ["env", "-i", *(f"{k}={v}" for k, v in environment.items())]
        command += [sys.executable, "-m", "callcenter", "run", "--roles", self.roles]
        self.process = start(command, log=self.log)
        if "web" in self.roles:
            await self.until_open()

    async def until_open(self) -> None:
        async with aiohttp.ClientSession() as session:
            for _ in range(300):
                if self.process is None or self.process.poll() is not None:
                    raise AssertionError(self.log.read_text()[-3000:])
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.address}/login") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
        raise AssertionError(f"the service did not open: {self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """As a crash: no farewell."""
        if self.process is not None:
            end(self.process, signal.SIGKILL)
            self.process = None

    def stop(self) -> None:
        """As Ctrl-C."""
        if self.process is not None:
            end(self.process, signal.SIGINT)
            self.process = None


@dataclass(slots=True)
class Person:
    """Somebody signed in, with the page's socket and the board it folds."""

    address: str
    session: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse
    csrf: str
    hello: dict[str, Any] = field(default_factory=dict)
    docs: Docs = field(default_factory=empty)
    seq: int = -1
    pops: list[dict[str, Any]] = field(default_factory=list)
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    reader: asyncio.Task[None] | None = None
    closings: list[int | None] = field(default_factory=list)

    @property
    def agent_id(self) -> int:
        return int(self.hello["agent_id"])

    @property
    def state(self) -> str:
        doc = self.docs["agent"].get(str(self.hello.get("agent_id")), {})
        return str(doc.get("state", ""))

    async def read(self) -> None:
        """Follow the socket for good; one that ends is opened again, as pages do."""
        while True:
            async for message in self.socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(json.loads(message.data))
                    self.changed.set()
            self.closings.append(self.socket.close_code)
            await asyncio.sleep(0.2)
            with suppress(aiohttp.ClientError):
                self.socket = await open_socket(self.session, self.address)

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "hello":
                self.hello = frame
            case "snapshot":
                self.docs, self.seq = empty() | frame["docs"], frame["seq"]
            case "delta":
                assert frame["seq"] == self.seq + 1, "a delta is missing"
                self.seq = frame["seq"]
                fold(self.docs, Delta(frame["seq"], frame["kind"], frame["key"], frame["doc"]))
            case "pop":
                self.pops.append(frame)
            case "done":
                self.done[frame["id"]] = frame
            case "notice":
                self.notices.append(frame)
            case _:
                pass

    async def until(self, what: Callable[[], object], seconds: float = PATIENCE) -> Any:
        """Wait until `what` is true of what this person sees."""
        async with asyncio.timeout(seconds):
            while not (found := what()):
                self.changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await self.changed.wait()
            return found

    async def press(self, verb: str, **args: object) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        frame_id = uuid.uuid4().hex
        await self.socket.send_str(
            json.dumps({"type": "command", "id": frame_id, "verb": verb, "args": args})
        )
        answer: dict[str, Any] = await self.until(lambda: self.done.get(frame_id))
        return answer

    async def get(self, path: str) -> Any:
        async with self.session.get(self.address + path, headers={"Accept": "application/json"}) as answer:
            assert answer.status == 200, (path, answer.status, await answer.text())
            return await answer.json()

    async def send(self, method: str, path: str, body: object) -> tuple[int, Any]:
        headers = {"X-CSRF-Token": self.csrf, "Origin": self.address, "Accept": "application/json"}
        async with self.session.request(method, self.address + path, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def leave(self) -> None:
        if self.reader is not None:
            self.reader.cancel()
        await self.socket.close()
        await self.session.close()

    async def __aenter__(self) -> "Person":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()


async def open_socket(session: aiohttp.ClientSession, address: str) -> aiohttp.ClientWebSocketResponse:
    return await session.ws_connect(f"{address}/socket", headers={"Origin": address})


async def sign_in(address: str, login: str, password: str = company.PASSWORD) -> Person:
    """Sign in with the form, as a browser does, and open the socket."""
    session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with session.post(
        f"{address}/login",
        data={"login": login, "password": password},
        headers={"Origin": address},
        allow_redirects=False,
    ) as answer:
        assert answer.status == 303, (answer.status, await answer.text())
    async with session.get(f"{address}/desk" if login in ("maria", "ivan") else f"{address}/") as answer:
        text = await answer.text()
    csrf = text.split('"csrf": "', 1)[1].split('"', 1)[0] if '"csrf": "' in text else ""
    socket = await open_socket(session, address)
    person = Person(address=address, session=session, socket=socket, csrf=csrf)
    person.reader = asyncio.create_task(person.read())  # noqa: TID251 - a test double's own reader
    await person.until(lambda: person.hello and person.seq >= 0)
    return person


@dataclass(frozen=True, slots=True)
class Company:
    """A running demo company."""

    folder: Path
    pbx: Instance
    carrier: Instance
    telephones: Instance
    service: Service
    settings: Settings

    async def database(self) -> Database:
        return Database(self.settings.database_url)


def settings_for(folder: Path, pbx: Instance, database_url: str, redis_url: str = "") -> dict[str, str]:
    """The environment of a service that owns this pbx and its folder."""
    (trunk,) = cast("tuple[Trunk]", pbx.plan.values["trunks"])
    return {
        "CALLCENTER_DATABASE_URL": database_url,
        "CALLCENTER_REDIS_URL": redis_url,
        "CALLCENTER_COMPANY": company.NAME,
        "CALLCENTER_RECORDINGS": str(folder / "recordings"),
        "CALLCENTER_DEMO": "true",
        "CALLCENTER_PBX_FOLDER": str(pbx.folder),
        "CALLCENTER_PBX_SIP_PORT": str(pbx.ports.sip),
        "CALLCENTER_PBX_AMI_PORT": str(pbx.ports.ami),
        "CALLCENTER_PBX_HTTP_PORT": str(pbx.ports.http),
        "CALLCENTER_PBX_RTP_PORT": str(pbx.ports.rtp),
        "CALLCENTER_PBX_RTP_LAST_PORT": str(pbx.ports.rtp_end),
        "CALLCENTER_TRUNKS__CARRIER__HOST": trunk.host,
        "CALLCENTER_TRUNKS__CARRIER__PORT": str(trunk.port),
        "CALLCENTER_ASTERISK__CALLER_ID": company.CALLER_ID,
    }


@asynccontextmanager
async def running_company(
    folder: Path,
    *,
    database_url: str = "",
    redis_url: str = "",
    roles: str = "web,telephony,worker",
    lab: CarrierConfig | None = None,
) -> AsyncIterator[Company]:
    """Everything up; the six colleagues have telephones that answer by themselves."""
    url = database_url or f"sqlite:///{folder}/callcenter.db"
    settings = Settings(database_url=url, company=company.NAME)
    await migrate(url)
    await seed.fill(settings)
    database = Database(url)
    async with database.read() as session:
        config = await wanted.pbx_config(settings, session)
    accounts = await seed.colleague_accounts(database)
    await database.aclose()
    async with AsyncExitStack() as stack:
        pbx, carrier = await stack.enter_async_context(
            running_pair(
                folder,
                asterisk(),
                config,
                lab or CarrierConfig(),
                ports=(free_ports("pbx"), free_ports("carrier")),
            )
        )
        known = [Phone(username=a.name, password=a.secret) for a in accounts]
        telephones = await stack.enter_async_context(
            running(
                phones(
                    folder / "phones",
                    asterisk(),
                    PhonesConfig(phones=known, pbx_port=pbx.ports.sip),
                    free_ports("phones"),
                )
            )
        )
        environment = settings_for(folder, pbx, url, redis_url)
        service = Service(folder, environment, roles, free_port())
        stack.callback(service.kill)
        await service.start()
        yield Company(
            folder=folder,
            pbx=pbx,
            carrier=carrier,
            telephones=telephones,
            service=service,
            settings=msgspec.structs.replace(settings, database_url=url, redis_url=redis_url),
        )
