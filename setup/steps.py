"""What every step shares: saying what goes on, running programs, knowing that nothing changed."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
VENV = HOUSE / ".venv"
STAMPS = HOUSE / ".cache" / "stamps"


class StepFailed(Exception):
    """A step that cannot go on; the message is one sentence for the person who typed the command."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what starts, and how long it took."""
    print(f"→ {title}", flush=True)
    started = time.monotonic()
    yield
    print(f"  done in {time.monotonic() - started:.1f} s", flush=True)


def run(
    command: Iterable[str | Path],
    *,
    cwd: Path = HOUSE,
    environment: Mapping[str, str] | None = None,
    progress: Callable[[str], str | None] | None = None,
) -> None:
    """Run a program. Its output is shown only when it fails; `progress` may turn a line into a short note."""
    words = [str(word) for word in command]
    tail: list[str] = []
    with subprocess.Popen(
        words,
        cwd=cwd,
        env=dict(environment) if environment is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            tail = [*tail[-200:], line]
            note = progress(line) if progress else None
            if note and sys.stdout.isatty():
                print(f"\r\x1b[K  {note[:100]}", end="", flush=True)
    if progress and sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)
    if process.returncode != 0:
        sys.stderr.writelines(tail)
        raise StepFailed(f"This command failed with exit code {process.returncode}: {' '.join(words)}")


def fingerprint(paths: Iterable[Path], *also: str) -> str:
    """A hash of files' names and contents (folders: everything in them) and of `also`."""
    digest = hashlib.sha256()
    for path in sorted(_files(paths)):
        digest.update(f"{path.relative_to(HOUSE)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    for text in also:
        digest.update(f"{text}\0".encode())
    return digest.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (found for found in path.rglob("*") if found.is_file())
        elif path.exists():
            yield path


def up_to_date(stamp: Path, mark: str, *results: Path) -> bool:
    """Was the step done for exactly this input, and is what it made still there?"""
    return stamp.exists() and stamp.read_text() == mark and all(result.exists() for result in results)


def keep(stamp: Path, mark: str) -> None:
    """Remember that the step is done."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(mark)
