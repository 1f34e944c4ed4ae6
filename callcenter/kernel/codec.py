"""Events as bytes and back, for a trip through Redis. Another version's are refused, not guessed."""

from functools import lru_cache

import msgspec

from callcenter.kernel.events import Event, event_type

_encoder = msgspec.msgpack.Encoder()


class Unreadable(Exception):
    """An event this process cannot read: its type is unknown here, or has other fields."""


def encode(event: Event) -> tuple[str, bytes]:
    """The name of the event's type and its fields."""
    return type(event).__name__, _encoder.encode(event)


def decode(name: str, body: bytes) -> Event:
    """The event that `encode` took apart; raises `Unreadable`."""
    decoder = _decoder(name)
    if decoder is None:
        raise Unreadable(f"no event is called {name}")
    try:
        return decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"{name}: {error}") from error


@lru_cache(maxsize=1024)
def _decoder(name: str) -> msgspec.msgpack.Decoder[Event] | None:
    found = event_type(name)
    return msgspec.msgpack.Decoder(found) if found else None
