"""`callcenter pbx`: writes the files of our own Asterisk, and makes it read them."""

import argparse
import asyncio
import difflib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom

from callcenter.ami.connection import AmiError
from callcenter.ami.once import logged_in
from callcenter.ami.reload import NotRead, NotReloaded, Reloader
from callcenter.config import Settings, SettingsError
from callcenter.kernel.db import Database
from callcenter.pbx import files, keys
from callcenter.pbx.config import PbxConfig, Secrets
from callcenter.pbx.errors import PbxError
from callcenter.pbx.fetch import find
from callcenter.pbx.files import Change
from callcenter.pbx.instance import Instance
from callcenter.pbx.plan import pbx_plan
from callcenter.pbx.readback import differences
from callcenter.provisioning import wanted

EXIT_FAILED = 1
EXIT_DIFFERS = 3
PATIENCE_SECONDS = 5.0
_PASSWORD = re.compile(r"^((?:secret|password)\s*=).*$", re.MULTILINE)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command `pbx` and what belongs to it."""
    pbx = subparsers.add_parser("pbx", help="our own Asterisk: write its files, make it read them")
    commands = pbx.add_subparsers(dest="pbx_command", required=True)
    write = commands.add_parser("write", help="write all files into pbx_folder, from settings and database")
    write.add_argument("--diff", action="store_true", help="only show what would change (exit code 3)")
    commands.add_parser("reload", help="make the running Asterisk read its files, and read back what it has")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Carry the command out; the exit status."""
    if arguments.pbx_command == "reload":
        return asyncio.run(reload(settings))
    try:
        return write(settings, only_show=arguments.diff)
    except OSError as error:
        raise PbxError(f"{error.filename}: {error.strerror}") from error


def write(settings: Settings, *, only_show: bool) -> int:
    """Write what differs, or show it."""
    if not settings.pbx_folder:
        raise SettingsError("pbx_folder is not set: name the folder that holds this Asterisk's files")
    folder = Path(settings.pbx_folder)
    config = asyncio.run(_config(settings))
    kept = keys.kept(folder)
    secrets = wanted.secrets(settings, kept or keys.made())
    asterisk = find(os.environ)
    plan = pbx_plan(config)
    instance = Instance("pbx", folder, asterisk, wanted.ports(settings), plan, secrets=secrets)
    if only_show:
        changed = files.changes(instance.folder / "etc", instance.texts())
        _say(*_shown(changed, instance.folder / "etc"))
        return EXIT_DIFFERS if changed else 0
    keys.keep(folder, secrets)
    _tell(instance, instance.configure(), config, kept, secrets)
    return 0


async def reload(settings: Settings) -> int:
    """Let Asterisk read everything again; 1 when it then has not what it should."""
    config = await _config(settings)
    told = settings.asterisk
    actions = wanted.ami_users(settings).actions
    try:
        async with logged_in(actions, random=SystemRandom(), seconds=PATIENCE_SECONDS) as connection:
            reloader = Reloader(connection, told.ari_url, told.ari_user, told.ari_password)
            await reloader.reload(files.EVERY_MODULE)
            present = await reloader.present()
    except (AmiError, NotReloaded, NotRead) as error:
        raise PbxError(str(error)) from error
    if settings.pbx_folder and (Path(settings.pbx_folder) / "etc").exists():
        files.mark_read(Path(settings.pbx_folder))
    missing = differences(config, present)
    if missing:
        _say(
            f"Asterisk {present.version} has read its files, but has not:", *(f"  {name}" for name in missing)
        )
        _say("Has `callcenter pbx write` been run, and does Asterisk read that folder? See its log/messages.")
        return EXIT_FAILED
    _say(f"Asterisk {present.version} has {_contents(config)}.")
    return 0


async def _config(settings: Settings) -> PbxConfig:
    database = Database(settings.database_url)
    try:
        async with database.read() as session:
            return await wanted.pbx_config(settings, session)
    finally:
        await database.aclose()


def _tell(
    instance: Instance, changed: Sequence[Change], config: PbxConfig, kept: Secrets | None, used: Secrets
) -> None:
    """What was done, and what is left to do."""
    etc = instance.folder / "etc"
    names = [change.name for change in changed]
    if names:
        _say(f"Wrote {len(names)} of {len(instance.plan.files)} files in {etc}: {', '.join(names)}.")
    else:
        _say(f"The {len(instance.plan.files)} files in {etc} are as they should be.")
    _say(f"They are for Asterisk {instance.asterisk.name}, with {_contents(config)}.")
    if kept is None:
        _say(
            f"Passwords were made and are kept in {instance.folder / 'secrets.json'}; the service reads them."
        )
    elif kept != used:
        _say(f"The passwords of the settings replaced those in {instance.folder / 'secrets.json'}.")
    if not config.trunks:
        _say("There is no trunk: nobody can call in or be called. See `trunks` in the settings.")
    lasting = [name for name in names if name not in files.READ_BY]
    if not instance.running:
        command = " ".join([*instance.asterisk.command, "-C", str(etc / "asterisk.conf"), "-f", "-n"])
        _say("Start it, as this user and under a service manager:", f"  TZ=UTC {command}")
    elif lasting:
        _say(f"It runs, and reads {', '.join(lasting)} only when it is started anew.")
    elif names:
        _say("It runs: `callcenter pbx reload` makes it read them, and so does the service by itself.")


def _contents(config: PbxConfig) -> str:
    trunks = ", ".join(f"{trunk.name} ({trunk.address})" for trunk in config.trunks) or "none"
    return f"queues: {len(config.queues)}, numbers: {len(config.numbers)}, trunks: {trunks}"


def _shown(changed: Sequence[Change], etc: Path) -> list[str]:
    """A unified diff without passwords."""
    lines = []
    for change in changed:
        before, after = (_PASSWORD.sub(r"\1***", text) for text in (change.before or "", change.after))
        name = str(etc / change.name)
        found = list(
            difflib.unified_diff(
                before.splitlines(),
                after.splitlines(),
                "/dev/null" if change.before is None else name,
                name,
                lineterm="",
            )
        )
        lines += found or [f"{name}: only a password would change"]
    return lines or [f"The files in {etc} are as they should be."]


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
