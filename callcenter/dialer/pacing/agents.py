"""The agents of a campaign as pacing sees them."""

from dataclasses import dataclass
from enum import StrEnum


class Doing(StrEnum):
    """What an agent does. Somebody who is away is not kept."""

    READY = "ready"
    TALKING = "talking"
    WRAPPING = "wrapping"


@dataclass(slots=True)
class Agent:
    """One agent on shift."""

    doing: Doing
    since: float
    leaves_at: float | None = None  # from then on they take no further call

    def gone_by(self, at: float) -> bool:
        return self.leaves_at is not None and self.leaves_at <= at
