"""Tones as mu-law files: too simple to be committed, made when a carrier is set up."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

RATE = 8000
_BIAS = 0x84
_CLIP = 32635


def mu_law(sample: int) -> int:
    """One 16 bit sample as G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF


def tone(hertz: float, seconds: float, level: float = 0.35) -> bytes:
    """A sine; level 1 is full scale."""
    turn = 2 * math.pi * hertz / RATE
    return bytes(mu_law(int(32767 * level * math.sin(turn * at))) for at in range(int(seconds * RATE)))


def _row(*parts: tuple[float, float]) -> bytes:
    return b"".join(tone(hertz, seconds) for hertz, seconds in parts)


TONES: dict[str, Callable[[], bytes]] = {
    "tone440": lambda: tone(440, 1) * 60,
    "beep": lambda: tone(1000, 0.5),
    "fax": lambda: tone(2100, 3),
    "sit": lambda: _row((913.8, 0.38), (1370.6, 0.274), (1776.7, 0.38)),
}


def write_tones(folder: Path, names: Sequence[str] = tuple(TONES)) -> None:
    """Write what is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        target = folder / f"{name}.ulaw"
        if not target.exists():
            part = target.with_suffix(".part")
            part.write_bytes(TONES[name]())
            part.replace(target)
