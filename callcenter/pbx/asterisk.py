"""An Asterisk that can be started: where it is, how it is called, which version it is.

One on the PATH is taken when it is new enough; otherwise one is unpacked privately (`pbx.fetch`).
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.pbx.errors import PbxError
from callcenter.pbx.modules import ALL, OPTIONAL

OLDEST = 20
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_ASK_SECONDS = 20
_SYSTEM_PATH = "/usr/sbin:/usr/local/sbin"  # not on everybody's PATH


@dataclass(frozen=True, slots=True)
class Asterisk:
    """`command` starts it (a private tree's loader comes first), `modules` and `data` are its folders."""

    version: tuple[int, int, int]
    command: tuple[str, ...]
    modules: Path
    data: Path

    @property
    def name(self) -> str:
        """The version as people write it."""
        return ".".join(str(part) for part in self.version)

    def lacks(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Which of these modules are not there."""
        return tuple(name for name in wanted if not (self.modules / f"{name}.so").exists())


def parse_version(text: str) -> tuple[int, int, int] | None:
    """The version in the output of `asterisk -V`."""
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def ask_version(command: Sequence[str]) -> tuple[int, int, int] | None:
    """Run `asterisk -V`; None when it does not run or says nothing we know."""
    try:
        said = subprocess.run(  # noqa: S603 - the program is one that we found or unpacked
            [*command, "-V"], capture_output=True, text=True, timeout=_ASK_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(said.stdout) if said.returncode == 0 else None


def installed(path: str | None = None) -> Asterisk | None:
    """The Asterisk on the PATH, if it is new enough and has every module that we need."""
    program = shutil.which("asterisk", path=path) or shutil.which(
        "asterisk", path="/usr/sbin:/usr/local/sbin"
    )
    if program is None:
        return None
    version = ask_version([program])
    if version is None or version[0] < OLDEST:
        return None
    prefixes = (Path("/usr"), Path("/usr/local"))
    libraries = [p / lib for p in prefixes for lib in ("lib", "lib64")]
    folders = [m for lib in libraries for m in (lib / "asterisk/modules", *lib.glob("*/asterisk/modules"))]
    data = [Path("/usr/share/asterisk"), Path("/var/lib/asterisk"), Path("/usr/local/var/lib/asterisk")]
    modules = next((f for f in folders if (f / "chan_pjsip.so").exists()), None)
    documented = next((d for d in data if (d / "documentation/core-en_US.xml").exists()), None)
    if modules is None or documented is None:
        return None
    found = Asterisk(version, (program,), modules, documented)
    return None if set(found.lacks(ALL)) - OPTIONAL else found


def unpacked(tree: Path) -> Asterisk:
    """A private tree as `pbx.fetch` makes it."""
    command = (str(tree / "ld.so"), "--library-path", str(tree / "lib"), str(tree / "sbin/asterisk"))
    version = ask_version(command)
    if version is None:
        raise PbxError(f"The Asterisk unpacked in {tree} does not run. Delete that folder and try again.")
    return Asterisk(version, command, tree / "modules", tree / "share")
