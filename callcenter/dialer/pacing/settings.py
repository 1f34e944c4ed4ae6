"""What a campaign wants of its pacing, as values."""

from dataclasses import dataclass
from enum import StrEnum

from callcenter.dialer.pacing.window import UK_DAY, Window


class Pace(StrEnum):
    """Who decides how many lines there are."""

    NONE = "none"  # people dial: manual and preview
    PROGRESSIVE = "progressive"  # one line for each free agent
    RATIO = "ratio"  # a fixed number of lines for each free agent
    PREDICTIVE = "predictive"  # as many as agents and answers to come allow


@dataclass(frozen=True, slots=True)
class Settings:
    """How a campaign is paced. A change makes new settings: `Pacer.configure`."""

    pace: Pace = Pace.PROGRESSIVE
    windows: tuple[Window, ...] = (UK_DAY,)  # every one of them is kept
    ratio: float = 1.0  # lines for each free agent, with `Pace.RATIO`
    ring_seconds: float = 25.0  # after which an unanswered line is given up
    grace_seconds: float = 2.0  # an answered person who waits longer is abandoned
    most_lines: int | None = None  # ringing at once, all trunks together
    machine_errors: float = 0.0  # share of the machines found that are people, hung up on
