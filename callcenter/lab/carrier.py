"""The carrier and the phones as instances: what they are told, and how a carrier places calls.

Calls are placed by call files: Asterisk picks up a file that is moved into its spool. That needs nothing but
the folder, sets the caller's number, and leaves the calls running when we go away.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.lab.numbering import CODES, Mix, Outcome, digits_of
from callcenter.lab.tones import write_tones
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.config import LOOPBACK, Ports
from callcenter.pbx.errors import PbxError
from callcenter.pbx.instance import Instance, Plan
from callcenter.pbx.modules import LAB
from callcenter.pbx.plan import BASE_FILES, EVENTS
from callcenter.pbx.templates import SOUNDS_FOLDER

CARRIER_PORTS = Ports(sip=15070, ami=15039, http=0, rtp=24000, rtp_end=27999, settings="CALLCENTER_CARRIER")
PHONES_PORTS = Ports(sip=15080, ami=15040, http=0, rtp=28000, rtp_end=31999, settings="CALLCENTER_PHONES")

_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_NAME = re.compile(r"[^\"<>\x00-\x1f\x7f]{0,60}")
_USER = re.compile(r"[A-Za-z0-9_-]{1,60}")
_PASSWORD = re.compile(r"[A-Za-z0-9_.~-]{1,120}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierConfig:
    """Where the contact centre listens, and which numbers do not follow the rule of the last digits."""

    pbx_host: str = LOOPBACK
    pbx_port: int = 15060
    numbers: Mapping[str, Outcome] = field(default_factory=dict)
    mixes: Sequence[Mix] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A SIP phone that registers and answers by itself."""

    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _USER.fullmatch(self.username) or not _PASSWORD.fullmatch(self.password):
            raise PbxError(f"The phone {self.username!r} has a name or a password that cannot be written.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonesConfig:
    """Agents' phones for tests: each rings, answers after `ring_seconds` and plays `sound`."""

    phones: Sequence[Phone]
    pbx_host: str = LOOPBACK
    pbx_port: int = 15060
    ring_seconds: float = 0.0
    sound: str = "lab/agent"


def carrier(
    folder: Path, asterisk: Asterisk, config: CarrierConfig, ports: Ports = CARRIER_PORTS
) -> Instance:
    """The carrier, not started yet."""
    instance = Instance("carrier", folder, asterisk, ports, _plan(folder, "carrier", _carrier_values(config)))
    (instance.spool / "machines").mkdir(parents=True, exist_ok=True)
    return instance


def phones(folder: Path, asterisk: Asterisk, config: PhonesConfig, ports: Ports = PHONES_PORTS) -> Instance:
    """The phones, not started yet."""
    values = {
        "phones": config.phones,
        "pbx_host": config.pbx_host,
        "pbx_port": config.pbx_port,
        "ring_seconds": config.ring_seconds,
        "sound": config.sound,
    }
    return Instance("phones", folder, asterisk, ports, _plan(folder, "phones", values))


def _carrier_values(config: CarrierConfig) -> dict[str, object]:
    return {
        "pbx_host": config.pbx_host,
        "pbx_port": config.pbx_port,
        "numbers": {digits_of(number): outcome for number, outcome in config.numbers.items()},
        "mixes": [(index, mix, mix.rows()) for index, mix in enumerate(config.mixes)],
        "codes": CODES,
    }


def _plan(folder: Path, role: str, values: Mapping[str, object]) -> Plan:
    tones = folder.resolve() / "tones"
    write_tones(tones)
    files = {
        **BASE_FILES,
        "http.conf": "nothing.conf.j2",
        "sorcery.conf": "nothing.conf.j2",
        "pjsip.conf": f"lab/{role}-pjsip.conf.j2",
        "extensions.conf": f"lab/{role}-extensions.conf.j2",
    }
    return Plan(
        files=files,
        values={"events": EVENTS, "tls": None, "tls_bind": LOOPBACK, **values},
        modules=LAB,
        sounds={"lab": SOUNDS_FOLDER / "lab", "tones": tones},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who calls a number of ours and stays on the line for `talk_seconds`, waiting included."""

    number: str
    to: str
    talk_seconds: int = 30
    name: str = ""
    digits: str = ""

    def __post_init__(self) -> None:
        for number in (self.number, self.to):
            if not _NUMBER.fullmatch(number):
                raise PbxError(f"{number!r} is not a telephone number.")
        if not _NAME.fullmatch(self.name) or (
            self.digits and not re.fullmatch(r"[0-9*#]{1,20}", self.digits)
        ):
            raise PbxError("A caller's name or digits hold something that cannot be sent.")


def place(instance: Instance, caller: Caller) -> None:
    """The carrier calls the contact centre, now."""
    lines = (
        f"Channel: PJSIP/{caller.to}@pbx",
        f'CallerID: "{caller.name}" <{caller.number}>',
        "MaxRetries: 0",
        "WaitTime: 120",
        "Context: lab-caller",
        "Extension: talk",
        "Priority: 1",
        f"Setvar: LAB_TALK={caller.talk_seconds:d}",
        f"Setvar: LAB_DIGITS={caller.digits}",
        "Archive: no",
    )
    _write_call(instance, lines)


def dial_from_phone(instance: Instance, username: str, number: str) -> None:
    """One of the phones dials a number by itself, and speaks when somebody answers."""
    if not _USER.fullmatch(username) or not _NUMBER.fullmatch(number):
        raise PbxError(f"{username!r} cannot dial {number!r}.")
    target = (f"Channel: PJSIP/{number}@{username}", "Context: phone", "Extension: talk", "Priority: 1")
    _write_call(instance, (*target, "MaxRetries: 0", "WaitTime: 60", "Archive: no"))


def _write_call(instance: Instance, lines: Sequence[str]) -> None:
    part = instance.spool / "tmp" / f"{secrets.token_hex(8)}.call"
    part.write_text("\n".join(lines) + "\n")
    part.replace(instance.spool / "outgoing" / part.name)


async def place_at_rate(instance: Instance, callers: Sequence[Caller], per_minute: float) -> None:
    """One call after the other, evenly."""
    for index, caller in enumerate(callers):
        if index:
            await asyncio.sleep(60.0 / per_minute)
        place(instance, caller)
