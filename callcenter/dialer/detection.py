"""Asterisk's machine detection: its settings as a campaign keeps them, and how far its word can be trusted.

Pure. A confidence is how often the detector was right when it gave this reason, on the lab's voices
(`python -m bench amd`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

# names and defaults of AMD()'s arguments, in its own order; milliseconds but for words and threshold
ARGUMENTS: Mapping[str, int] = {
    "initial_silence_ms": 2500,
    "greeting_ms": 1500,
    "after_greeting_silence_ms": 800,
    "total_ms": 5000,
    "least_word_ms": 100,
    "between_words_ms": 50,
    "most_words": 3,
    "silence_threshold": 256,
    "longest_word_ms": 5000,
}
MOST = 60_000

CONFIDENCE: Mapping[tuple[str, str], float] = {
    ("HUMAN", "HUMAN"): 0.95,
    ("MACHINE", "LONGGREETING"): 0.9,
    ("MACHINE", "MAXWORDS"): 0.67,
    ("MACHINE", "MAXWORDLENGTH"): 0.8,
    ("MACHINE", "INITIALSILENCE"): 0.5,
    ("NOTSURE", "TOOLONG"): 0.3,
}
LEAST_SURE = 0.3


class BadSettings(ValueError):
    """A setting that is none, or a value that AMD() cannot take; the text names it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the detector said of an answer."""

    status: str
    cause: str
    ms: int

    @property
    def confidence(self) -> float:
        """How likely it is that the detector is right."""
        return CONFIDENCE.get((self.status, self.cause.partition("-")[0]), LEAST_SURE)


def arguments(settings: Mapping[str, object]) -> str:
    """AMD()'s arguments; what a campaign does not set keeps its default."""
    return ",".join(str(value) for value in read(settings).values())


def read(settings: Mapping[str, object]) -> dict[str, int]:
    """Every argument with its value. Raises `BadSettings`."""
    for name in settings:
        if name not in ARGUMENTS:
            raise BadSettings(name)
    found = {}
    for name, usual in ARGUMENTS.items():
        value = settings.get(name, usual)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST:
            raise BadSettings(name)
        found[name] = value
    return found
