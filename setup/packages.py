"""The virtual environment, filled from the hashed lock files, and the `callcenter` command in it."""

import platform
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from setup.steps import HOUSE, VENV, fingerprint, keep, run, step, up_to_date

PYTHON = VENV / "bin" / "python"
COMMAND = VENV / "bin" / "callcenter"


def prepare(*locks: str) -> None:
    """Install these lock files of `requirements/`; nothing happens when they have not changed."""
    _make_environment()
    for lock in locks:
        _install(lock)
    _link_checkout()


def _make_environment() -> None:
    if PYTHON.exists() and _works(PYTHON):
        return
    with step(f"Virtual environment for Python {platform.python_version()}"):
        run([sys.executable, "-m", "venv", "--clear", VENV])


def _works(python: Path) -> bool:
    tried = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    return tried.returncode == 0


def _install(lock: str) -> None:
    path = HOUSE / "requirements" / f"{lock}.txt"
    mark = fingerprint([path], str(PYTHON.resolve()))
    stamp = VENV / f"{lock}.stamp"
    if up_to_date(stamp, mark):
        return
    names = re.findall(r"^([A-Za-z0-9._-]+)==", path.read_text(), re.MULTILINE)
    with step(f"Python packages of requirements/{lock}.txt ({len(names)})"):
        run(
            [
                *(PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
                *("--require-hashes", "--no-deps", "--progress-bar", "off", "-r", path),
            ],
            progress=_count(len(names)),
        )
    keep(stamp, mark)


def _count(total: int) -> Callable[[str], str | None]:
    done = 0

    def note(line: str) -> str | None:
        nonlocal done
        if line.startswith("Collecting "):
            done += 1
            return f"{done}/{total} {line.split()[1]}"
        return "putting them in place" if line.startswith("Installing ") else None

    return note


def _link_checkout() -> None:
    """The environment imports this checkout from any folder, and has its command."""
    site = next((VENV / "lib").glob("python3.*")) / "site-packages"
    link = site / "callcenter-checkout.pth"
    if not link.exists() or link.read_text() != f"{HOUSE}\n":
        link.write_text(f"{HOUSE}\n")
    script = f'#!/bin/sh\nexec "{PYTHON}" -P -m callcenter "$@"\n'
    if not COMMAND.exists() or COMMAND.read_text() != script:
        COMMAND.write_text(script)
        COMMAND.chmod(0o755)
