"""Whose request a proxy of ours has passed on. Pure.

A proxy appends the address it was asked from to `X-Forwarded-For`. Whatever stands left of the last address
that no proxy of ours has may have been written by the client itself, so it counts for nothing.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def read_network(text: str) -> Network:
    """An address or a network in CIDR form; anything else is a `ValueError` that says why."""
    return ip_network(text.strip())


def client_address(peer: str, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """The address that asked: the peer's, or the one a trusted proxy tells of.

    `forwarded` are the values of all `X-Forwarded-For` headers in their order.
    """
    known = _address(peer)
    if known is None:
        return peer
    told = [entry for value in forwarded for entry in value.split(",")]
    while told and any(ip_address(known) in network for network in trusted):
        before = _address(told.pop())
        if before is None:
            break  # the proxy knows no address, or it is not a proxy of ours that wrote this
        known = before
    return known


def _address(text: str) -> str | None:
    """An address alone, in its usual spelling: without brackets, port, or an IPv4's IPv6 dress."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found)
