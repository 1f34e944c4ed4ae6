"""Deployment settings: one TOML file, overridden by CALLCENTER_* variables. The only reader of either.

`CALLCENTER_DATABASE_URL=...` sets `database_url`; nested settings use two underscores:
`CALLCENTER_ASTERISK__AMI_PORT=5038`.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from callcenter.kernel.proxies import Network, read_network

Port = Annotated[int, Meta(ge=1, le=65535)]
PortOrNone = Annotated[int, Meta(ge=0, le=65535)]  # 0: none
LISTS = frozenset({"origins", "trusted_proxies", "codecs"})
SECRETS = frozenset(
    {"database_url", "redis_url", "events_secret", "actions_secret", "ari_password", "password"}
)


class AsteriskSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How to reach one Asterisk. Times in seconds."""

    host: str = "127.0.0.1"
    ami_port: Port = 5038
    ami_tls: bool = False
    ami_ca: str = ""
    events_user: str = "events"
    events_secret: str = ""
    actions_user: str = "actions"
    actions_secret: str = ""
    ari_url: str = "http://127.0.0.1:8088/ari"
    ari_user: str = "callcenter"
    ari_password: str = ""
    sip_ws_url: str = "ws://127.0.0.1:8088/ws"
    sip_domain: str = "127.0.0.1"
    recordings_raw: str = "var/pbx/spool/monitor"
    trunk: str = "carrier"
    caller_id: str = ""
    record_events_to: str = ""


class TrunkSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A line to a carrier; without a host there is none. With a user name we register there."""

    host: str = ""
    port: Port = 5060
    username: str = ""
    password: str = ""
    codecs: tuple[str, ...] = ("ulaw", "alaw")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an administrator of the machine decides."""

    database_url: str = "sqlite:///var/callcenter.db"
    redis_url: str = ""
    host: str = "127.0.0.1"
    port: Port = 8400
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    secure_cookies: bool = False
    company: str = "Callcenter"
    home_region: str = "RU"
    zone: str = "Europe/Moscow"
    aht_goal_seconds: int = 0
    recordings: str = "var/recordings"
    jurisdictions: str = ""  # a folder of jurisdictions that are added to ours, or replace them
    log_level: str = "INFO"
    demo: bool = False
    demo_folder: str = "var/demo"
    pbx_folder: str = ""
    pbx_sip_port: Port = 15060
    pbx_ami_port: Port = 15038
    pbx_http_port: Port = 18088
    pbx_rtp_port: Port = 20000
    pbx_rtp_last_port: PortOrNone = 0
    pbx_ami_tls_port: PortOrNone = 0
    pbx_wss_port: PortOrNone = 0
    pbx_certificate: str = ""
    pbx_key: str = ""
    pbx_sip_bind: str = "127.0.0.1"
    pbx_ami_bind: str = "127.0.0.1"
    pbx_http_bind: str = "127.0.0.1"
    pbx_external_address: str = ""
    carrier_sip_port: Port = 15070
    carrier_ami_port: Port = 15039
    phones_sip_port: Port = 15080
    phones_ami_port: Port = 15040
    trunks: dict[str, TrunkSettings] = field(default_factory=dict)
    asterisk: AsteriskSettings = field(default_factory=AsteriskSettings)


class SettingsError(Exception):
    """A setting is wrong; the message says which and why."""


def load(path: Path | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the file (if any), then the environment; refuse unknown and ill-typed settings by name."""
    values: dict[str, object] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text())
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{path}: {error}") from error
    for name, text in (os.environ if environment is None else environment).items():
        if name.startswith("CALLCENTER_") and name != "CALLCENTER_CONFIG":
            _put(values, name.removeprefix("CALLCENTER_").lower().split("__"), text)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(str(error)) from error
    trusted_networks(settings)
    return settings


def trusted_networks(settings: Settings) -> tuple[Network, ...]:
    """The proxies whose word on a client's address is taken."""
    try:
        return tuple(read_network(text) for text in settings.trusted_proxies)
    except ValueError as error:
        raise SettingsError(f"trusted_proxies: {error}") from error


def _put(values: dict[str, object], path: list[str], text: str) -> None:
    if len(path) == 1 and path[0] not in Settings.__struct_fields__:
        return  # CALLCENTER_TEST_... and the like belong to others
    for part in path[:-1]:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            raise SettingsError(f"{part} is not a group of settings")
        values = inner
    listed = path[-1] in LISTS
    values[path[-1]] = [item.strip() for item in text.split(",") if item.strip()] if listed else text


def masked(settings: Settings) -> dict[str, object]:
    """The settings as they may be shown: secrets and passwords in URLs hidden."""
    return _mask(msgspec.to_builtins(settings))


def _mask(values: dict[str, object]) -> dict[str, object]:
    shown: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            shown[name] = _mask(value)
        elif name in SECRETS and value and not str(value).startswith("sqlite"):
            shown[name] = "***"
        else:
            shown[name] = value
    return shown
