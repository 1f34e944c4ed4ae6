"""What the machine must have before anything else, and what tests need on top.

Prints nothing when all is there; otherwise one sentence that names the packages.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from setup.steps import VENV, StepFailed, run, step


@dataclass(frozen=True, slots=True)
class Need:
    """Something on the machine: how to see it, and the Debian or Ubuntu package that brings it."""

    what: str
    package: str
    there: Callable[[], bool]


def _program(name: str, *places: str) -> Callable[[], bool]:
    return lambda: (
        shutil.which(name) is not None or any(list(Path("/").glob(f"{place}/{name}")) for place in places)
    )


def chromium() -> bool:
    """Debian's Chromium, Google's, or the one Playwright unpacked for this user."""
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")) or bool(
        list((Path.home() / ".cache" / "ms-playwright").glob("chromium-*/chrome-linux*/chrome"))
    )


def _font(family: str) -> Callable[[], bool]:
    def there() -> bool:
        if shutil.which("fc-list") is None:
            return False
        found = subprocess.run(["fc-list", family], capture_output=True, text=True, check=False)
        return bool(found.stdout.strip())

    return there


def _venv() -> bool:
    # Debian keeps ensurepip out of python3; a venv that exists already needs it no more
    return (VENV / "bin" / "python").exists() or importlib.util.find_spec("ensurepip") is not None


TO_RUN = (
    Need("the venv module of Python", "python3-venv", _venv),
    Need("dpkg-deb, which unpacks a private Asterisk", "dpkg", _program("dpkg-deb")),
    Need("setpriv, which ends servers together with us", "util-linux", _program("setpriv")),
)
TO_TEST = (
    Need("PostgreSQL", "postgresql", _program("postgres", "usr/lib/postgresql/*/bin")),
    Need("Redis", "redis-server", _program("redis-server")),
    Need("SIPp", "sip-tester", _program("sipp")),
    Need("Chromium", "chromium", chromium),
    Need("fc-list, which finds fonts", "fontconfig", _program("fc-list")),
    Need("a font with Cyrillic letters", "fonts-dejavu-core", _font(":lang=ru")),
)


def missing(needs: tuple[Need, ...]) -> tuple[Need, ...]:
    return tuple(need for need in needs if not need.there())


def require(needs: tuple[Need, ...], *, install: bool) -> None:
    """Install what is missing when that is wanted and possible; otherwise say what it is."""
    lacking = missing(needs)
    if lacking and install and os.geteuid() == 0 and shutil.which("apt-get"):
        _install([need.package for need in lacking])
        lacking = missing(needs)
    if lacking:
        names = ", ".join(need.what for need in lacking)
        packages = " ".join(need.package for need in lacking)
        raise StepFailed(f"This machine lacks {names}. As root: apt-get install {packages}")


def _install(packages: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with step(f"System packages for tests: {' '.join(packages)}"):
        run(["apt-get", "update"], environment=environment, progress=str.strip)
        names = [name for name in packages if name != "chromium" or _apt_has_chromium()]
        run(
            ["apt-get", "install", "-y", "--no-install-recommends", *names],
            environment=environment,
            progress=str.strip,
        )


def _apt_has_chromium() -> bool:
    """Ubuntu's chromium is a snap in disguise: there Playwright brings its own (see `prepare`)."""
    return "ID=ubuntu" not in Path("/etc/os-release").read_text().splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    arguments = parser.parse_args()
    try:
        require(TO_RUN + (TO_TEST if arguments.tests else ()), install=False)
    except StepFailed as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
