"""One AMI message as plain values. Pure: bytes in, headers out, and the check that keeps actions harmless."""

from collections.abc import Iterable, Mapping
from typing import cast

Value = str | tuple[str, ...]
Headers = Mapping[str, Value]

SEPARATOR = b"\r\n\r\n"
_FORBIDDEN = ("\r", "\n", "\0")
_NOTHING = frozenset({"<unknown>", "<null>", "(null)", "unknown"})


class UnsafeHeader(ValueError):
    """A header name or value that AMI could read as a further header or action."""


def parse(block: bytes) -> dict[str, Value]:
    """The headers of one message. A repeated header becomes a tuple, in the order of arrival."""
    lines = block.decode("utf-8", "replace").split("\r\n")
    try:
        # a list, not a generator: this line is what reading an event costs
        pairs = cast("list[tuple[str, Value]]", [line.split(": ", 1) for line in lines])
        usual = dict(pairs)
    except ValueError:
        return _parse_slowly(lines)
    return usual if len(usual) == len(lines) else _parse_slowly(lines)


def _parse_slowly(lines: list[str]) -> dict[str, Value]:
    """With repeated headers, headers without a space after the colon, and lines that are none."""
    headers: dict[str, Value] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            continue
        if value[:1] == " ":
            value = value[1:]
        if name in headers:
            before = headers[name]
            headers[name] = (*before, value) if isinstance(before, tuple) else (before, value)
        else:
            headers[name] = value
    return headers


def render(headers: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of one message; refuses what would break out of its header."""
    lines = [f"{name}: {value}" for name, value in checked(headers)]
    return ("\r\n".join(lines)).encode() + SEPARATOR


def checked(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same headers, or `UnsafeHeader`: AMI has no escaping, so CR, LF and NUL are an injection."""
    result = list(headers)
    for name, value in result:
        if any(mark in name or mark in value for mark in _FORBIDDEN) or ":" in name or not name:
            raise UnsafeHeader(f"control character in AMI header {name!r}")
    return result


def text(headers: Headers, name: str) -> str:
    """The header's value, the last of a repeated one; empty when it is missing or Asterisk knows nothing."""
    value = headers.get(name, "")
    if isinstance(value, tuple):
        value = value[-1] if value else ""
    return "" if value in _NOTHING else value


def every(headers: Headers, name: str) -> tuple[str, ...]:
    """All values of a header that may be repeated."""
    value = headers.get(name, ())
    return value if isinstance(value, tuple) else (value,)
