"""What the settings and the rows want of our own Asterisk."""

from pathlib import Path

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.ami.connection import AmiAddress, tls_context
from callcenter.ami.link import AmiUsers
from callcenter.config import AsteriskSettings, Settings, SettingsError
from callcenter.pbx import keys
from callcenter.pbx.config import (
    Bind,
    InboundNumber,
    PbxConfig,
    Ports,
    QueueConfig,
    Secrets,
    Tls,
    Trunk,
)
from callcenter.queues import queries

_MEDIA_PORTS = 4000


async def pbx_config(settings: Settings, session: AsyncSession) -> PbxConfig:
    """Queues and numbers from rows, the rest from settings. `PbxError` when they make no configuration."""
    policies = await queries.load_policies(session)
    numbers = await queries.inbound_numbers(session)
    return PbxConfig(
        queues=[QueueConfig(name=policy.name) for policy in policies],
        numbers=[InboundNumber(number=n.number, queue=n.queue, language=n.language) for n in numbers],
        trunks=trunks(settings),
        bind=Bind(sip=settings.pbx_sip_bind, ami=settings.pbx_ami_bind, http=settings.pbx_http_bind),
        tls=tls(settings),
        external_address=settings.pbx_external_address,
    )


def trunks(settings: Settings) -> tuple[Trunk, ...]:
    """The lines to carriers, by name."""
    return tuple(
        Trunk(
            name=name,
            host=trunk.host,
            port=trunk.port,
            username=trunk.username,
            password=trunk.password,
            codecs=trunk.codecs,
        )
        for name, trunk in sorted(settings.trunks.items())
        if trunk.host
    )


def ports(settings: Settings) -> Ports:
    """Where our own Asterisk listens."""
    return Ports(
        sip=settings.pbx_sip_port,
        ami=settings.pbx_ami_port,
        http=settings.pbx_http_port,
        wss=settings.pbx_wss_port,
        rtp=settings.pbx_rtp_port,
        rtp_end=settings.pbx_rtp_last_port or settings.pbx_rtp_port + _MEDIA_PORTS - 1,
    )


def secrets(settings: Settings, kept: Secrets) -> Secrets:
    """The passwords that were made, unless the settings name others."""
    told = settings.asterisk
    return Secrets(
        events=told.events_secret or kept.events,
        actions=told.actions_secret or kept.actions,
        ari=told.ari_password or kept.ari,
    )


def complete(settings: Settings) -> Settings:
    """What the folder of our own Asterisk says already need not be said again in the group `asterisk`."""
    if not settings.pbx_folder:
        return settings
    folder = Path(settings.pbx_folder)
    try:
        kept = keys.kept(folder)
    except PermissionError as error:
        raise SettingsError(
            f"pbx_folder: {error.filename} cannot be read; run this as the user who owns {folder}"
        ) from error
    told, usual = settings.asterisk, AsteriskSettings()
    http = f"{told.host}:{settings.pbx_http_port}"
    own: dict[str, object] = {
        "ami_port": settings.pbx_ami_tls_port if told.ami_tls else settings.pbx_ami_port,
        "ari_url": f"http://{http}/ari",
        "sip_ws_url": f"ws://{http}/ws",
        "recordings_raw": str(folder / "spool" / "monitor"),
    }
    if kept is not None:
        own |= {"events_secret": kept.events, "actions_secret": kept.actions, "ari_password": kept.ari}
    unsaid = {name: value for name, value in own.items() if getattr(told, name) == getattr(usual, name)}
    return msgspec.structs.replace(settings, asterisk=msgspec.structs.replace(told, **unsaid))


def ami_users(settings: Settings) -> AmiUsers:
    """How the two AMI users log in."""
    told = settings.asterisk
    tls = tls_context(told.ami_ca or None) if told.ami_tls else None
    events, actions = (
        AmiAddress(host=told.host, port=told.ami_port, username=user, secret=secret, tls=tls)
        for user, secret in (
            (told.events_user, told.events_secret),
            (told.actions_user, told.actions_secret),
        )
    )
    return AmiUsers(events=events, actions=actions)


def tls(settings: Settings) -> Tls | None:
    """Certificate and key, when anything is to be listened on with TLS."""
    secured = settings.pbx_ami_tls_port or settings.pbx_wss_port
    if not secured:
        return None
    if not (settings.pbx_certificate and settings.pbx_key):
        raise SettingsError("pbx_ami_tls_port and pbx_wss_port need pbx_certificate and pbx_key")
    return Tls(certificate=settings.pbx_certificate, key=settings.pbx_key, ami_port=settings.pbx_ami_tls_port)
