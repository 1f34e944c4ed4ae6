"""What was decided, and the values it was decided on."""

from dataclasses import dataclass
from enum import StrEnum

from callcenter.dialer.pacing.settings import Pace


class Bound(StrEnum):
    """What kept the number from being one higher."""

    NO_PACING = "no-pacing"  # people dial here
    NOBODY = "nobody"  # no agent is free and none is expected in time
    FREE_AGENTS = "free-agents"  # each free agent has a line
    RATIO = "ratio"  # each free agent has as many lines as the ratio says
    RISK = "risk"  # one more would cost more in abandoned calls than it saves in idle time
    LIMIT = "limit"  # what is left of a window's budget
    MOST_LINES = "most-lines"  # the campaign's or its trunks'


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`lines` more lines now. Everything else says why."""

    at: float
    pace: Pace
    lines: int
    bound: Bound
    free: int  # agents ready, less those whom an answered customer is waiting for
    expected: float  # agents expected to come free `within` seconds
    within: float  # by when about half of the answers to a new line have come
    leaving: int  # agents who are about to go
    ringing: int  # lines that may still be answered, those being claimed included
    answer_chance: float  # of the line that would be placed next
    answers: float  # expected of the lines that ring
    window: str  # the window that is nearest to its limit
    used: float  # its share abandoned
    limit: float
    price: float  # of one abandoned call, in seconds of an agent's time
    risk: float  # the chance that the last line's answer would find nobody
