"""The plan of the contact centre's own Asterisk: which template becomes which file, with which values."""

from collections.abc import Mapping
from dataclasses import replace

from callcenter.pbx.config import LOOPBACK, PbxConfig
from callcenter.pbx.instance import Plan
from callcenter.pbx.modules import PBX
from callcenter.pbx.templates import SOUNDS_FOLDER

EVENTS = (
    *("FullyBooted", "Newchannel", "Newstate", "Rename", "DialBegin", "DialEnd", "HangupRequest", "Hangup"),
    *(
        "OriginateResponse",
        "BridgeEnter",
        "BridgeLeave",
        "LocalBridge",
        "MusicOnHoldStart",
        "MusicOnHoldStop",
    ),
    *("DTMFEnd", "MixMonitorStart", "MixMonitorStop", "MixMonitorMute", "ContactStatus", "UserEvent"),
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentConnect", "AgentComplete"),
    *("Reload", "Shutdown"),
)
"""What the events user is sent; everything that `ami.decode` reads is here."""

_TEMPLATED = ("asterisk", "modules", "logger", "manager", "rtp", "pjproject", "indications", "cdr")
_EMPTY = ("amd", "cel", "features", "udptl", "ccss", "dsp", "codecs", "queuerules")
_SILENT = ("acl", "cli_aliases", "cli_permissions", "extconfig", "stasis", "websocket_client")

BASE_FILES: Mapping[str, str] = {
    **{f"{name}.conf": f"{name}.conf.j2" for name in _TEMPLATED},
    **{f"{name}.conf": "empty.conf.j2" for name in _EMPTY},
    **{f"{name}.conf": "nothing.conf.j2" for name in _SILENT},
}


def pbx_plan(config: PbxConfig) -> Plan:
    """Everything that is generated for one `PbxConfig`."""
    secured = config.tls is not None and config.tls.ami_port
    names = ("http", "ari", "sorcery", "musiconhold", "queues", "pjsip", "numbers", "extensions")
    return Plan(
        files={**BASE_FILES, **{f"{name}.conf": f"{name}.conf.j2" for name in names}},
        values={
            "events": EVENTS,
            "tls": config.tls,
            "tls_bind": config.bind.ami,
            "queues": config.queues,
            "numbers": config.numbers,
            "trunks": config.trunks,
            "external_address": config.external_address,
            "drop_after_seconds": config.drop_after_seconds,
        },
        modules=PBX,
        sounds={name: SOUNDS_FOLDER / name for name in ("en", "ru", "moh")},
        bind=replace(config.bind, ami=LOOPBACK) if secured else config.bind,
    )
