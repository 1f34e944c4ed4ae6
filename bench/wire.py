"""Listens on the loopback wire: when a SIP answer passes, and when voice first passes each way.

Needs a raw socket (root or CAP_NET_RAW): the figures are of packets, not of our own beliefs.
"""

import socket
import struct
import threading
import time
from dataclasses import dataclass

from typing_extensions import override

LOUD = 400  # mean amplitude of a 20 ms packet of speech or tone, of 32768
OUTGOING = 4
ULAW = tuple(
    -(((((u & 0x0F) << 3) + 0x84) << ((u & 0x70) >> 4)) - 0x84)
    if u & 0x80
    else ((((u & 0x0F) << 3) + 0x84) << ((u & 0x70) >> 4)) - 0x84
    for u in (~byte & 0xFF for byte in range(256))
)


def loudness(payload: bytes) -> float:
    """Mean absolute amplitude of a μ-law payload."""
    return sum(abs(ULAW[byte]) for byte in payload) / len(payload) if payload else 0.0


@dataclass(slots=True)
class Seen:
    """Seconds (monotonic); None: not yet."""

    answered: float | None = None
    agent_hears: float | None = None
    customer_hears: float | None = None

    @property
    def both(self) -> float | None:
        """When both could hear each other."""
        if self.agent_hears is None or self.customer_hears is None:
            return None
        return max(self.agent_hears, self.customer_hears)


class Wire(threading.Thread):
    """`arm()` before each call; `ports` are SIP ports, media is told apart by the receiving side's range."""

    def __init__(
        self, *, carrier_sip: int, customer_media: range, agent_media: range, pbx_media: range
    ) -> None:
        super().__init__(daemon=True, name="wire")
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.bind(("lo", 3))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self._carrier_sip = carrier_sip
        self._customer_media = customer_media
        self._agent_media = agent_media
        self._pbx_media = pbx_media
        self.seen = Seen()

    def arm(self) -> Seen:
        self.seen = Seen()
        return self.seen

    @override
    def run(self) -> None:
        while True:
            frame, address = self._socket.recvfrom(65535)
            if address[2] == OUTGOING or frame[23] != socket.IPPROTO_UDP:
                continue
            now = time.monotonic()
            header = 14 + (frame[14] & 15) * 4
            source, target = struct.unpack_from("!HH", frame, header)
            self._look(self.seen, now, source, target, frame[header + 8 :])

    def _look(self, seen: Seen, now: float, source: int, target: int, data: bytes) -> None:
        if source == self._carrier_sip and seen.answered is None:
            if data.startswith(b"SIP/2.0 200") and b" INVITE\r\n" in data:
                seen.answered = now
            return
        if seen.answered is None or source not in self._pbx_media or len(data) != 172:
            return
        if target in self._agent_media and seen.agent_hears is None and loudness(data[12:]) > LOUD:
            seen.agent_hears = now
        elif target in self._customer_media and seen.customer_hears is None and loudness(data[12:]) > LOUD:
            seen.customer_hears = now
