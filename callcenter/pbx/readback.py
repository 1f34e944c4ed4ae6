"""Does Asterisk have what it should? Pure.

It says Success to a reload even when it could not read a file, so it is asked what it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callcenter.pbx.config import PbxConfig


class Problem(StrEnum):
    """What keeps Asterisk from having it."""

    NONE = ""
    AWAY = "away"  # it does not answer
    NO_FOLDER = "no-folder"  # its files are not ours to write
    NOT_WRITTEN = "not-written"  # the folder has no configuration yet
    CANNOT_WRITE = "cannot-write"
    REFUSED = "refused"  # it would not read the files again
    DIFFERS = "differs"  # it has read them and keeps something else
    WRONG = "wrong"  # rows or settings make no configuration


@dataclass(frozen=True, slots=True)
class Target:
    """Where a number leads, and the language its callers hear."""

    queue: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What a running Asterisk told of itself. Numbers without plus; trunks with their address."""

    version: str = ""
    numbers: Mapping[str, Target] = field(default_factory=dict)
    queues: frozenset[str] = frozenset()
    trunks: Mapping[str, str] = field(default_factory=dict)


def differences(config: PbxConfig, present: Present) -> list[str]:
    """Names of what is missing, leads elsewhere, or is there and should not be; for logs and terminals."""
    wanted = {n.digits: Target(n.queue, n.language) for n in config.numbers}
    found = [f"number {digits}" for digits, target in wanted.items() if present.numbers.get(digits) != target]
    found += [f"number {digits} (deleted)" for digits in present.numbers if digits not in wanted]
    found += [f"queue {queue.name}" for queue in config.queues if queue.name not in present.queues]
    found += [
        f"trunk {trunk.name}" for trunk in config.trunks if present.trunks.get(trunk.name) != trunk.address
    ]
    return found
