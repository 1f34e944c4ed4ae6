"""Is a running Asterisk what we need? Findings are sentences; none means that it is."""

import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from callcenter.pbx.asterisk import OLDEST, parse_version
from callcenter.pbx.instance import Instance
from callcenter.pbx.modules import OPTIONAL, PBX

CONTEXTS = (
    *(
        "from-trunk",
        "cc-numbers",
        "cc-queue",
        "cc-served",
        "cc-hold",
        "cc-outbound",
        "cc-agent",
        "cc-transfer",
    ),
    *("cc-fallback", "cc-fallback-agent", "from-agent"),
)
RIGHTS = {
    "events": {"read": {"system", "call", "agent", "user", "dtmf"}, "write": set[str]()},
    "actions": {"read": set[str](), "write": {"call", "agent", "originate", "user", "reporting"}},
}
_APPLICATION = re.compile(r"^(?:exten =>[^,]+,[^,]+|\s*same => ?n(?:\([^)]*\))?),([A-Za-z]+)\(")
_FUNCTION = re.compile(r"(?<![A-Za-z_])([A-Z][A-Z_]+)\(")

Console = Callable[[str], Awaitable[str]]


async def check(instance: Instance) -> list[str]:
    """What is wrong with a contact centre's Asterisk that runs."""
    dialplan = (instance.folder / "etc/extensions.conf").read_text()
    return await findings(instance.cli, dialplan)


async def findings(console: Console, dialplan: str) -> list[str]:
    """As `check`, of any Asterisk whose console can be asked, against this dialplan text."""
    version = parse_version(await console("core show version"))
    if version is None:
        return ["Asterisk does not say which version it is."]
    found = []
    if version[0] < OLDEST:
        found.append(f"Asterisk {version[0]} is too old; {OLDEST} or newer is needed.")
    found.extend(await _modules(console))
    found.extend(await _contexts(console))
    found.extend(await _applications(console, dialplan))
    found.extend(await _functions(console, dialplan))
    for user in RIGHTS:
        found.extend(await _rights(console, user))
    return found


async def _modules(console: Console) -> list[str]:
    running = {
        line.split()[0].removesuffix(".so")
        for line in (await console("module show")).splitlines()
        if ".so" in line and "Not Running" not in line
    }
    return [f"The module {name} is not running." for name in PBX if name not in running | OPTIONAL]


async def _contexts(console: Console) -> list[str]:
    known = set(re.findall(r"Context '([^']+)'", await console("dialplan show")))
    return [f"The dialplan has no context {name}." for name in CONTEXTS if name not in known]


async def _applications(console: Console, dialplan: str) -> list[str]:
    known = {name.lower() for name in _names(await console("core show applications"))}
    return [
        f"There is no dialplan application {name}."
        for name in applications(dialplan)
        if name.lower() not in known
    ]


async def _functions(console: Console, dialplan: str) -> list[str]:
    known = _names(await console("core show functions"))
    return [f"There is no dialplan function {name}." for name in functions(dialplan) if name not in known]


async def _rights(console: Console, user: str) -> list[str]:
    said = await console(f"manager show user {user}")
    if "read perm" not in said:
        return [f"There is no AMI user {user}."]
    found = []
    for kind, wanted in RIGHTS[user].items():
        line = re.search(rf"{kind} perm: (\S+)", said)
        has = set() if line is None or line[1] == "<none>" else set(line[1].split(","))
        if missing := wanted - has:
            found.append(f"The AMI user {user} lacks the {kind} classes {_listed(missing)}.")
        if excess := has - wanted:
            found.append(f"The AMI user {user} should not have the {kind} classes {_listed(excess)}.")
    return found


def applications(dialplan: str) -> list[str]:
    """The applications that a dialplan uses."""
    return sorted({found[1] for line in dialplan.splitlines() if (found := _APPLICATION.match(line))})


def functions(dialplan: str) -> list[str]:
    """The functions that a dialplan uses, in expressions and in Set."""
    code = (line for line in dialplan.splitlines() if not line.lstrip().startswith(";"))
    found = {name for line in code for name in _FUNCTION.findall(line)}
    return sorted(found - set(applications(dialplan)))


def _names(listing: str) -> set[str]:
    return {found[1] for line in listing.splitlines() if (found := re.match(r"\s*([A-Za-z_0-9]+)[: ]", line))}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def errors_in(log: Path) -> list[str]:
    """What Asterisk itself complained about, without time and thread."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [line.partition("] ")[2] for line in lines if re.match(r"\[[^]]*\] ERROR", line)]
