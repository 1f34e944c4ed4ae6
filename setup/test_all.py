"""Every test there is, stage by stage. A failing stage does not stop the others; the end names it."""

import subprocess
import sys
import time
from pathlib import Path

from setup.steps import HOUSE, VENV

REPORTS = HOUSE / "build" / "reports"


def _pytest(category: str, *options: str) -> list[str | Path]:
    junit = f"--junitxml={REPORTS / category}.xml"
    return [VENV / "bin" / "python", "-m", "pytest", "-q", "-m", category, junit, *options]


STAGES: tuple[tuple[str, list[str | Path]], ...] = (
    ("lint", ["make", "--no-print-directory", "lint"]),
    ("house", _pytest("house", "tests/house")),
    ("unit", _pytest("unit", "-n", "2")),
    ("contract", _pytest("contract", "-n", "2", "tests/contract")),
    ("live", _pytest("live", "tests/live")),
    ("browser", _pytest("browser", "tests/browser")),
    ("fault", _pytest("fault", "tests/fault")),
)


def main() -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    results = [_run(name, command) for name, command in STAGES]
    print("\nstage      result      seconds")
    for name, code, seconds in results:
        print(f"{name:<10} {'passed' if code == 0 else f'FAILED ({code})':<11} {seconds:>7.1f}")
    return int(any(code for _, code, _ in results))


def _run(name: str, command: list[str | Path]) -> tuple[str, int, float]:
    print(f"\n=== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run([str(word) for word in command], cwd=HOUSE, check=False).returncode
    return name, code, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
