"""The command line: `callcenter run | demo | pbx | lab | simulate | migrate | seed | user | ...`."""

import argparse
import asyncio
import getpass
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from callcenter import config
from callcenter.config import Settings, SettingsError
from callcenter.kernel.logs import LineFormatter

EXIT_USAGE = 2
EXIT_FAILED = 1


def _parser() -> argparse.ArgumentParser:
    from callcenter.dialer import simulate
    from callcenter.lab import cli as lab
    from callcenter.provisioning import cli as pbx

    parser = argparse.ArgumentParser(prog="callcenter", description="A telephony-first contact centre.")
    parser.add_argument(
        "--config",
        type=Path,
        default=Path(os.environ["CALLCENTER_CONFIG"]) if "CALLCENTER_CONFIG" in os.environ else None,
        help="a TOML file of settings (also CALLCENTER_CONFIG)",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the service in one or more roles")
    run.add_argument("--roles", default="web,telephony,worker", help="any of web,telephony,worker")
    demo = commands.add_parser("demo", help="the demo company with a simulated telephone network")
    demo.add_argument("--reset", action="store_true", help="throw the demo's data away first")
    demo.add_argument("--quiet", action="store_true", help="no customers call by themselves")
    commands.add_parser("migrate", help="bring the database to the newest revision")
    commands.add_parser("seed", help="fill an empty database with the demo company")
    commands.add_parser("config", help="print the settings in force, secrets hidden")
    commands.add_parser("check", help="check the database and the Asterisk that the settings name")
    user = commands.add_parser("user", help="create a user, e.g. the first administrator")
    user.add_argument("login")
    user.add_argument("--name", required=True)
    user.add_argument("--role", default="administrator", choices=("agent", "supervisor", "administrator"))
    user.add_argument("--language", default="en", choices=("en", "ru"))
    pbx.add_parser(commands)
    lab.add_parser(commands)
    simulate.add_parser(commands)
    return parser


def _log(settings: Settings) -> None:
    if settings.log_level.upper() not in logging.getLevelNamesMapping():
        raise SettingsError(f"log_level is {settings.log_level!r}; use DEBUG, INFO, WARNING or ERROR")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiosqlite").setLevel(logging.INFO)  # DEBUG tells the values of every statement
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(LineFormatter())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[lines])


def _run_until_signal(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run; SIGINT and SIGTERM end it in order."""

    async def main() -> None:
        task = asyncio.current_task()
        if task is not None:
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await work()

    with suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(main())
    return 0


def _roles(text: str) -> frozenset[str]:
    from callcenter.app import ROLES

    roles = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not roles or not roles <= set(ROLES):
        raise SettingsError(f"--roles takes any of {','.join(ROLES)}, not {text!r}")
    return roles


async def _create_user(settings: Settings, arguments: argparse.Namespace, password: str) -> None:
    from callcenter.app import open_house
    from callcenter.kernel.auth import Role, create_user
    from callcenter.kernel.tx import system_actor

    async with open_house(settings) as house, house.transactions.begin(system_actor("command line")) as tx:
        await create_user(
            tx,
            login=arguments.login,
            name=arguments.name,
            role=Role(arguments.role),
            password=password,
            language=arguments.language,
        )


def _user(settings: Settings, arguments: argparse.Namespace) -> int:
    from callcenter.kernel.errors import Invalid

    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        asyncio.run(_create_user(settings, arguments, password))
    except Invalid as error:
        print("; ".join(text.format(**error.values) for text in error.fields.values()), file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    print(f"{arguments.login} can sign in now.")  # noqa: T201
    return 0


def _take_laws(settings: Settings) -> None:
    """The administrator's own jurisdictions beside ours, before anything can be dialled."""
    from callcenter.dialer.rules import law

    try:
        law.install(law.load(Path(settings.jurisdictions) if settings.jurisdictions else None))
    except law.LawError as error:
        raise SettingsError(f"jurisdictions: {error}") from error


def _carry_out(arguments: argparse.Namespace, settings: Settings) -> int:
    from callcenter.provisioning.wanted import complete

    match arguments.command:
        case "run":
            from callcenter import app

            _take_laws(settings)
            roles, known = _roles(arguments.roles), complete(settings)
            return _run_until_signal(lambda: app.run(known, roles))
        case "demo":
            from callcenter.demo import run as demo

            _take_laws(settings)
            return _run_until_signal(lambda: demo.run(settings, reset=arguments.reset, quiet=arguments.quiet))
        case "migrate":
            from callcenter.migrations.run import migrate

            asyncio.run(migrate(settings.database_url))
            return 0
        case "seed":
            from callcenter.demo import seed

            asyncio.run(seed.fill(settings))
            return 0
        case "user":
            return _user(settings, arguments)
        case "lab":
            from callcenter.lab import cli as lab

            return lab.run(arguments)
        case _:
            return _in_force(arguments, complete(settings))


def _in_force(arguments: argparse.Namespace, settings: Settings) -> int:
    """Commands about the settings in force and the Asterisk that they name."""
    match arguments.command:
        case "pbx":
            from callcenter.provisioning import cli as pbx

            return pbx.run(arguments, settings)
        case "simulate":
            from callcenter.dialer import simulate

            return simulate.run(arguments, settings.database_url)
        case "check":
            from callcenter import checks

            return asyncio.run(checks.run(settings))
        case _:
            print(json.dumps(config.masked(settings), indent=2, ensure_ascii=False))  # noqa: T201
            return 0


def main() -> int:
    """Exit codes: 0 done, 1 refused with a sentence on stderr, 2 wrong usage or setting."""
    arguments = _parser().parse_args()
    try:
        settings = config.load(arguments.config)
        _log(settings)
    except SettingsError as error:
        return _refused(error, EXIT_USAGE)
    from sqlalchemy.exc import DBAPIError

    from agent_ui.shell.assets import NotBuilt
    from callcenter.app import CannotStart
    from callcenter.pbx.errors import PbxError

    try:
        return _carry_out(arguments, settings)
    except SettingsError as error:
        return _refused(error, EXIT_USAGE)
    except (CannotStart, PbxError, NotBuilt) as error:
        return _refused(error, EXIT_FAILED)
    except DBAPIError as error:
        return _refused(
            f"the database refused ({error.orig}); has `callcenter migrate` been run?", EXIT_FAILED
        )


def _refused(why: object, code: int) -> int:
    print(f"callcenter: {why}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    raise SystemExit(main())
