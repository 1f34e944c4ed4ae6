"""An Asterisk's files as texts: rendered, compared with what a folder has, written where they differ."""

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from callcenter.pbx.templates import render

READ_BY: Mapping[str, tuple[str, ...]] = {
    "numbers.conf": ("pbx_config",),
    "extensions.conf": ("pbx_config",),
    "queues.conf": ("app_queue",),
    "pjsip.conf": ("res_pjsip", "res_pjsip_outbound_registration"),
}
"""What may change while Asterisk runs, and the modules that read it again. It depends on rows and settings
alone, never on the build of Asterisk or its secrets, so that whoever has those can write it."""

EVERY_MODULE = tuple(dict.fromkeys(module for modules in READ_BY.values() for module in modules))

_READ = "read.json"


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is not as it should be; `before` is None when there is none."""

    name: str
    before: str | None
    after: str


def rendered(files: Mapping[str, str], values: Mapping[str, object]) -> dict[str, str]:
    """Texts by file name, of file names to templates."""
    return {name: render(template, values) for name, template in files.items()}


def changes(folder: Path, texts: Mapping[str, str]) -> list[Change]:
    """What differs in this folder, by name."""
    found = []
    for name, text in sorted(texts.items()):
        path = folder / name
        before = path.read_text() if path.exists() else None
        if before != text:
            found.append(Change(name, before, text))
    return found


def put(folder: Path, changed: Collection[Change]) -> None:
    """Write these files; each is replaced in one step."""
    for change in changed:
        write_private(folder / change.name, change.after)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; nobody but its owner reads it at any moment."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def unread(folder: Path) -> tuple[str, ...]:
    """The modules whose files have changed since a running Asterisk was last told to read them."""
    known = _known(folder)
    modules = [
        module
        for name, digest in _digests(folder / "etc").items()
        if known.get(name) != digest
        for module in READ_BY[name]
    ]
    return tuple(dict.fromkeys(modules))


def mark_read(folder: Path) -> None:
    """A running Asterisk has been told to read what is there now."""
    write_private(folder / _READ, json.dumps(_digests(folder / "etc"), indent=1))


def _known(folder: Path) -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads((folder / _READ).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return known


def _digests(etc: Path) -> dict[str, str]:
    return {
        name: hashlib.sha256((etc / name).read_bytes()).hexdigest()
        for name in READ_BY
        if (etc / name).exists()
    }
