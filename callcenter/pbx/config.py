"""What an Asterisk of ours is told: ports, secrets, queues, numbers and trunks, as values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from callcenter.pbx.errors import PbxError

LOOPBACK = "127.0.0.1"
_PLAIN = re.compile(r"[^\x00-\x1f\x7f;\[\]]*")  # what would end a line or begin a comment or a section
_NAME = re.compile(r"[a-z0-9-]{1,64}")  # as long as a queue's name may be
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """`settings` is the prefix of the settings that choose them, named when a port is in use.

    `wss` 0 means no TLS web server; media uses the ports from `rtp` to `rtp_end`.
    """

    sip: int = 15060
    ami: int = 15038
    http: int = 18088
    wss: int = 0
    rtp: int = 20000
    rtp_end: int = 23999
    settings: str = "CALLCENTER_PBX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """The addresses listened on. Media is not bound to one: browsers need an address beside loopback."""

    sip: str = LOOPBACK
    ami: str = LOOPBACK
    http: str = LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificate and key files for AMI and the web socket; without an `ami_port` AMI is plain.

    With TLS the plain AMI listens on loopback alone, whatever it is bound to.
    """

    certificate: str
    key: str
    ami_port: int = 0

    def __post_init__(self) -> None:
        for value in (self.certificate, self.key):
            _fit(_PLAIN, value, "path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Made once for each instance and kept beside it."""

    events: str = field(repr=False)
    actions: str = field(repr=False)
    ari: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueConfig:
    """A queue as app_queue has to know it for the fallback."""

    name: str
    strategy: str = "rrmemory"
    ring_seconds: int = 20

    def __post_init__(self) -> None:
        _fit(_NAME, self.name, "queue")
        _fit(_NAME, self.strategy, "strategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundNumber:
    """Where calls to one of our numbers go. `record` is the company's rule for that number."""

    number: str
    queue: str
    language: str = "en"
    record: bool = True

    def __post_init__(self) -> None:
        _fit(_NUMBER, self.number, "number")
        _fit(_NAME, self.queue, "queue")
        _fit(_LANGUAGE, self.language, "language")

    @property
    def digits(self) -> str:
        """The number without its plus; both forms are accepted from the trunk."""
        return self.number.lstrip("+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A line to a carrier. With a user name we register there and answer its challenges."""

    name: str
    host: str
    port: int = 5060
    username: str = ""
    password: str = field(default="", repr=False)
    codecs: tuple[str, ...] = ("ulaw", "alaw")
    qualify_seconds: int = 15

    @property
    def address(self) -> str:
        """Where its calls go, as Asterisk writes it."""
        return f"sip:{self.host}:{self.port}"

    def __post_init__(self) -> None:
        _fit(_NAME, self.name, "trunk")
        for value in (self.host, self.username, self.password, *self.codecs):
            _fit(_PLAIN, value, "trunk setting")


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxConfig:
    """Everything that the contact centre's own Asterisk is generated from."""

    queues: Sequence[QueueConfig]
    numbers: Sequence[InboundNumber]
    trunks: Sequence[Trunk]
    bind: Bind = field(default_factory=Bind)
    tls: Tls | None = None
    external_address: str = ""
    drop_after_seconds: int = 2

    def __post_init__(self) -> None:
        _fit(_PLAIN, self.external_address, "address")
        known = {queue.name for queue in self.queues}
        for number in self.numbers:
            if number.queue not in known:
                raise PbxError(
                    f"The number {number.number} leads to the queue {number.queue}, which does not exist."
                )


def ports_of(ports: Ports) -> tuple[tuple[str, int, str], ...]:
    """(setting, port, protocol) of everything that is listened on."""
    protocols = {"sip": "udp", "ami": "tcp", "http": "tcp", "wss": "tcp"}
    return tuple(
        (f"{ports.settings}_{item.name.upper()}_PORT", getattr(ports, item.name), protocols[item.name])
        for item in fields(ports)
        if item.name in protocols and getattr(ports, item.name)
    )


def _fit(shape: re.Pattern[str], value: str, what: str) -> None:
    if not shape.fullmatch(value):
        raise PbxError(f"{value!r} cannot be used as a {what}.")
