"""One running Asterisk: its folder, its files, its process. Several may run beside each other."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from callcenter.pbx import keys
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.config import LOOPBACK, Bind, Ports, Secrets, ports_of
from callcenter.pbx.errors import PbxError, PortInUse
from callcenter.pbx.files import Change, changes, put, rendered, write_private

_BOOT_SECONDS = 60.0
_STOP_SECONDS = 10.0
_CLI_SECONDS = 15.0
_POLL_SECONDS = 0.03
_LONGEST_SOCKET_PATH = 107
_COMPLAINT = re.compile(r"\[[^]]*\] (ERROR|WARNING)\[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What makes an instance what it is: template -> file name, the values they need, modules, sounds."""

    files: Mapping[str, str]
    values: Mapping[str, object]
    modules: Sequence[str]
    sounds: Mapping[str, Path] = field(default_factory=dict)
    bind: Bind = field(default_factory=Bind)


class Instance:
    """Renders `folder/etc`, starts Asterisk as a child in its own process group, stops it by its pid.

    Should our process die, Asterisk and its calls live on; the next `start` in the same folder finds it.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        asterisk: Asterisk,
        ports: Ports,
        plan: Plan,
        *,
        secrets: Secrets | None = None,
    ) -> None:
        """Without `secrets` they are the folder's own, made when there are none."""
        self.name = name
        self.folder = folder.resolve()
        self.asterisk = asterisk
        self.ports = ports
        self.plan = plan
        self.secrets = secrets or keys.own(self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def spool(self) -> Path:
        """Where Asterisk writes: `monitor` for recordings, `outgoing` for call files."""
        return self.folder / "spool"

    @property
    def log_file(self) -> Path:
        return self.folder / "log" / "messages"

    @property
    def pid(self) -> int | None:
        """The running process of this folder, whoever started it."""
        try:
            pid = int((self.folder / "run/asterisk.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self._main_file).encode() in command.split(b"\0") else None

    @property
    def _main_file(self) -> Path:
        return self.folder / "etc/asterisk.conf"

    @property
    def running(self) -> bool:
        return self.pid is not None

    def configure(self, plan: Plan | None = None) -> list[Change]:
        """Write what differs; a running Asterisk reads it at `reload`."""
        self.plan = plan or self.plan
        for name in ("etc", "run", "log", "db", "var/keys", "spool/monitor", "spool/outgoing", "spool/tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._link_data()
        changed = changes(self.folder / "etc", self.texts())
        put(self.folder / "etc", changed)
        return changed

    def texts(self) -> dict[str, str]:
        """All files of `etc`, by name."""
        values = {
            "name": self.name,
            "folder": str(self.folder),
            "asterisk": self.asterisk,
            "ports": self.ports,
            "bind": self.plan.bind,
            "secrets": self.secrets,
            "modules": [m for m in self.plan.modules if m not in self.asterisk.lacks(self.plan.modules)],
            **self.plan.values,
        }
        return rendered(self.plan.files, values)

    async def start(self) -> None:
        """Start and wait until Asterisk says that it is fully booted."""
        if self.running:
            raise PbxError(f"The {self.name} Asterisk in {self.folder} runs already.")
        self._check_path()
        self._check_ports()
        self.configure()
        write_private(self.folder / "started.json", self._identity())
        self._process = await asyncio.to_thread(self._spawn)
        try:
            async with asyncio.timeout(_BOOT_SECONDS):
                await self._fully_booted(self._process)
        except BaseException as error:
            await self.kill()
            if isinstance(error, TimeoutError):
                raise PbxError(f"The {self.name} Asterisk did not start; see {self.log_file}.") from error
            raise

    async def adopt_or_start(self) -> None:
        """Go on with an Asterisk that an earlier run of ours left (its calls live), or start one.

        One that listens elsewhere than it should now, or is of another version, is ended first.
        """
        if self.running and self._started_as() != self._identity():
            await self.stop()
        if not self.running:
            await self.start()
            return
        self.configure()
        await self.reload()

    async def stop(self) -> None:
        """End it and wait; a second way is taken when it does not listen."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it at once, as a crash would."""
        await self._end(signal.SIGKILL)

    async def reload(self) -> None:
        """Make the running Asterisk read what `configure` wrote: dialplan, queues, trunks."""
        wanted = {
            "dialplan reload": "pbx_config",
            "queue reload all": "app_queue",
            "module reload res_pjsip.so": "res_pjsip",
            "module reload res_pjsip_outbound_registration.so": "res_pjsip_outbound_registration",
        }
        for command, module in wanted.items():
            if module in self.plan.modules:
                await self.cli(command)

    async def cli(self, command: str) -> str:
        """What the Asterisk console prints for a command."""
        process = await asyncio.create_subprocess_exec(
            *self._command("-rx", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(_CLI_SECONDS):
                said, _ = await process.communicate()
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise PbxError(f"The {self.name} Asterisk did not answer to {command!r}.") from error
        text = said.decode("utf-8", "replace")
        if process.returncode:
            raise PbxError(f"The {self.name} Asterisk refused {command!r}: {text.strip()}")
        return text

    def _identity(self) -> str:
        """What cannot change while it runs."""
        fixed = {"ports": asdict(self.ports), "bind": asdict(self.plan.bind), "version": self.asterisk.name}
        return json.dumps(fixed, sort_keys=True)

    def _started_as(self) -> str | None:
        try:
            return (self.folder / "started.json").read_text()
        except OSError:
            return None

    def _spawn(self) -> subprocess.Popen[bytes]:
        """A child bound to no event loop; in UTC, so that its clock and ours are written alike."""
        with (self.folder / "log/console").open("wb") as console:
            return subprocess.Popen(  # noqa: S603 - the Asterisk that we found or unpacked
                self._command("-f", "-n"),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                cwd=self.folder,
                env={**os.environ, "TZ": "UTC"},
                start_new_session=True,
            )

    def _command(self, *arguments: str) -> list[str]:
        return [*self.asterisk.command, "-C", str(self._main_file), *arguments]

    def _check_path(self) -> None:
        """Asterisk's console is a Unix socket, and the system limits the length of its path."""
        if len(str(self.folder / "run/asterisk.ctl").encode()) > _LONGEST_SOCKET_PATH:
            raise PbxError(f"The path {self.folder} is too long for Asterisk; choose a shorter folder.")

    def _check_ports(self) -> None:
        addresses = {"SIP": self.plan.bind.sip, "AMI": self.plan.bind.ami, "HTTP": self.plan.bind.http}
        for setting, port, protocol in ports_of(self.ports):
            address = addresses.get(setting.split("_")[-2], LOOPBACK)
            kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
            with socket.socket(socket.AF_INET, kind) as probe:
                if protocol == "tcp":
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((address, port))
                except OSError as error:
                    raise PortInUse(self.name, port, protocol, setting) from error

    def _link_data(self) -> None:
        """A data folder of our own: Asterisk's documentation beside our sounds."""
        data = self.folder / "data"
        (data / "sounds").mkdir(parents=True, exist_ok=True)
        shared = {data / name: self.asterisk.data / name for name in ("documentation", "rest-api")}
        sounds = {data / "sounds" / name: path for name, path in self.plan.sounds.items()}
        for link, target in {**shared, **sounds}.items():
            if link.is_symlink():
                link.unlink()
            if target.exists():
                link.symlink_to(target)

    async def _fully_booted(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            if process.poll() is not None:
                raise PbxError(f"The {self.name} Asterisk ended at once: {self._last_words()}")
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._hear_booted()
                return
            await asyncio.sleep(_POLL_SECONDS)

    def _last_words(self) -> str:
        """What it complained about last, in its log or else on its console."""
        for name in ("log/messages", "log/console"):
            path = self.folder / name
            lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
            complaints = [line for line in lines if name == "log/console" or _COMPLAINT.match(line)]
            if complaints:
                return f"{'; '.join(c.partition('] ')[2] or c for c in complaints[-3:])} (see {path})"
        return "no reason given"

    async def _hear_booted(self) -> None:
        """Log in as the events user and wait for FullyBooted: the only honest sign of readiness."""
        reader, writer = await asyncio.open_connection(self.plan.bind.ami, self.ports.ami)
        try:
            login = ("Action: Login", "Username: events", f"Secret: {self.secrets.events}", "Events: system")
            writer.write("\r\n".join((*login, "", "")).encode())
            await writer.drain()
            await reader.readuntil(b"Event: FullyBooted\r\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _end(self, how: signal.Signals) -> None:
        child = self._process
        pid = child.pid if child is not None and child.poll() is None else self.pid
        if pid is None:
            return
        for attempt in (how, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, attempt)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await self._gone()
                    break
        self._process = None
        (self.folder / "run/asterisk.pid").unlink(missing_ok=True)

    async def _gone(self) -> None:
        """The process may be a child of an earlier run, so nothing but looking is left."""
        while self._alive():  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)

    def _alive(self) -> bool:
        return self.running or (self._process is not None and self._process.poll() is None)


def forget(folder: Path) -> None:
    """Delete an instance's folder (the demo's reset). It must not be running."""
    shutil.rmtree(folder, ignore_errors=True)
