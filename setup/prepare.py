"""`python3 -m setup.prepare [run|test|npm ...]`: everything a fresh clone lacks, each step once.

`run` is what the product needs, `test` also what its tests need; `npm` runs npm with whatever Node there is.
"""

import subprocess
import sys

from setup import check_system, front, packages
from setup.steps import HOUSE, VENV, StepFailed, run, step


def prepare(purpose: str) -> None:
    testing = purpose == "test"
    check_system.require(check_system.TO_RUN, install=False)
    if testing:
        # Chromium may come from Playwright, which is installed with the Python packages below
        early = tuple(need for need in check_system.TO_TEST if need.what != "Chromium")
        check_system.require(early, install=True)
    packages.prepare(*(("run", "test") if testing else ("run",)))
    if testing:
        _bring_chromium()
    front.prepare()


def _bring_chromium() -> None:
    if check_system.chromium():
        return
    try:
        check_system.require(tuple(n for n in check_system.TO_TEST if n.what == "Chromium"), install=True)
    except StepFailed:
        with step("Chromium from Playwright"):
            run([VENV / "bin" / "playwright", "install", "chromium"], progress=str.strip)


def main(arguments: list[str]) -> int:
    purpose = arguments[0] if arguments else "run"
    try:
        if purpose == "npm":
            command, environment = front.npm()
            words = [*map(str, command), *arguments[1:]]
            return subprocess.run(words, cwd=HOUSE / "agent_ui", env=environment, check=False).returncode
        prepare(purpose)
    except StepFailed as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
