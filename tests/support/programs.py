"""Programs that tests start: found or named, ended by process id.

A missing program fails the test with a sentence; a test that cannot run is never skipped in silence.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path


class MissingProgram(Exception):
    """Something that tests need is not on this machine."""


def find(name: str, package: str, *places: str) -> Path:
    """The path of a program: on the PATH or in one of `places` (folders, globs allowed; newest last)."""
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    for place in places:
        found = sorted(Path("/").glob(f"{place.lstrip('/')}/{name}"), key=_by_version)
        if found:
            return found[-1]
    raise MissingProgram(
        f"tests need {name}: install the Debian package {package}, or run `make test` as root"
    )


def _by_version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts if part.isdigit())


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(command: Sequence[str | Path], *, log: Path, user: str | None = None) -> subprocess.Popen[bytes]:
    """Run a server whose output goes to `log`. It dies with us, even when we are killed."""
    wrapper = ["setpriv", "--pdeathsig", "KILL"]
    if user is not None:
        wrapper += ["--reuid", user, "--regid", user, "--clear-groups"]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own command line
            [*wrapper, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
    """End one process; kill it when it does not listen."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait(seconds)
