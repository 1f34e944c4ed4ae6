"""The passwords between an Asterisk and the service: made once, kept beside its files."""

import json
import secrets
from dataclasses import asdict
from pathlib import Path

from callcenter.pbx.config import Secrets
from callcenter.pbx.errors import PbxError
from callcenter.pbx.files import write_private

_FILE = "secrets.json"


def kept(folder: Path) -> Secrets | None:
    """The passwords of this folder, if it has any."""
    path = folder / _FILE
    try:
        return Secrets(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (json.JSONDecodeError, TypeError) as error:
        raise PbxError(f"{path} is damaged ({error}). Delete it, and new passwords are made.") from error


def made() -> Secrets:
    """New ones."""
    return Secrets(events=_secret(), actions=_secret(), ari=_secret())


def keep(folder: Path, wanted: Secrets) -> None:
    """Write them, readable by their owner only, unless they are there already."""
    if kept(folder) != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        write_private(folder / _FILE, json.dumps(asdict(wanted)))


def own(folder: Path) -> Secrets:
    """The folder's own, made now when it has none."""
    found = kept(folder)
    if found is None:
        found = made()
        keep(folder, found)
    return found


def _secret() -> str:
    return secrets.token_urlsafe(24)
