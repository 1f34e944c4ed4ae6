"""Which number behaves how. Pure: the same values make the carrier's dialplan and tell a test what to expect.

Three rules, the first that fits wins: numbers named one by one; the mix with the longest fitting prefix; the
last four digits `RRSS` (ring time in half seconds, scenario code).

A mix is a table drawn once from a seeded Random. The row for a call is arithmetic over the number and how
often it was called before, so the dialplan finds it alone: no process of ours need run. `Mix.outcome` says
beforehand what a number will do at its n-th call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

LONGEST_RING_SECONDS = 30.0
_ROWS = 500
_NUMBER_STEP = 7919
_CALL_STEP = 104729


class Scenario(StrEnum):
    """What a called number does."""

    PERSON = "person"
    PERSON_LONG = "person-long"
    SILENT = "silent"
    HANGS_UP = "hangs-up"
    TONE = "tone"
    ECHO = "echo"
    OPTS_OUT = "opts-out"
    LATE = "late"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    REJECT = "reject"
    UNALLOCATED = "unallocated"
    UNALLOCATED_SIT = "unallocated-sit"
    CONGESTION = "congestion"
    OUT_OF_ORDER = "out-of-order"
    GIVES_UP = "gives-up"
    MACHINE_SHORT = "machine-short"
    MACHINE_LONG = "machine-long"
    FAX = "fax"


CODES: Mapping[str, Scenario] = {
    "00": Scenario.PERSON,
    "01": Scenario.PERSON_LONG,
    "02": Scenario.SILENT,
    "03": Scenario.HANGS_UP,
    "04": Scenario.TONE,
    "05": Scenario.ECHO,
    "06": Scenario.OPTS_OUT,
    "10": Scenario.LATE,
    "20": Scenario.BUSY,
    "21": Scenario.NO_ANSWER,
    "22": Scenario.REJECT,
    "23": Scenario.UNALLOCATED,
    "24": Scenario.UNALLOCATED_SIT,
    "25": Scenario.CONGESTION,
    "26": Scenario.OUT_OF_ORDER,
    "27": Scenario.GIVES_UP,
    "30": Scenario.MACHINE_SHORT,
    "31": Scenario.MACHINE_LONG,
    "32": Scenario.FAX,
}
"""Last two digits -> scenario; a number with other digits is a person."""

_UNRUNG = frozenset(
    {
        Scenario.BUSY,
        Scenario.REJECT,
        Scenario.UNALLOCATED,
        Scenario.UNALLOCATED_SIT,
        Scenario.CONGESTION,
        Scenario.OUT_OF_ORDER,
        Scenario.NO_ANSWER,
        Scenario.GIVES_UP,
    }
)
_TALKS = frozenset({Scenario.PERSON, Scenario.PERSON_LONG, Scenario.LATE})


@dataclass(frozen=True, slots=True)
class Outcome:
    """`talk_seconds` 0: the called side does not hang up first."""

    scenario: Scenario
    ring_seconds: float = 0.0
    talk_seconds: int = 0


USUAL_WEIGHTS: Mapping[Scenario, int] = {
    Scenario.PERSON: 38,
    Scenario.PERSON_LONG: 4,
    Scenario.HANGS_UP: 4,
    Scenario.NO_ANSWER: 24,
    Scenario.BUSY: 8,
    Scenario.MACHINE_SHORT: 7,
    Scenario.MACHINE_LONG: 8,
    Scenario.REJECT: 2,
    Scenario.UNALLOCATED: 2,
    Scenario.CONGESTION: 2,
    Scenario.FAX: 1,
}
"""About what a list of consumers gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Numbers that begin with `prefix` (digits) draw their outcome by `weights`."""

    prefix: str = ""
    seed: int = 1
    weights: Mapping[Scenario, int] = field(default_factory=lambda: dict(USUAL_WEIGHTS))
    ring_seconds: tuple[float, float] = (2.0, 12.0)
    talk_seconds: tuple[int, int] = (15, 120)

    def rows(self) -> tuple[Outcome, ...]:
        """The table: shares as exact as it has rows for, in shuffled order."""
        random = Random(self.seed)  # noqa: S311 - a simulation
        total = sum(self.weights.values())
        chosen: list[Scenario] = []
        passed = 0
        for scenario, weight in self.weights.items():
            passed += weight
            chosen.extend([scenario] * (round(_ROWS * passed / total) - len(chosen)))
        random.shuffle(chosen)
        return tuple(self._draw(scenario, random) for scenario in chosen)

    def row_of(self, number: str, call: int) -> int:
        """The row for the `call`-th (from 1) call to a number. The dialplan computes the same."""
        return (int(digits_of(number)[-6:]) * _NUMBER_STEP + call * _CALL_STEP + self.seed) % _ROWS

    def outcome(self, number: str, call: int) -> Outcome:
        """What the number does at its `call`-th call."""
        return self.rows()[self.row_of(number, call)]

    @property
    def row_expression(self) -> str:
        """`row_of` as the dialplan writes it."""
        return f"$[(${{EXTEN:-6}}*{_NUMBER_STEP}+${{LAB_CALL}}*{_CALL_STEP}+{self.seed})%{_ROWS}]"

    def _draw(self, scenario: Scenario, random: Random) -> Outcome:
        ring = 0.0 if scenario in _UNRUNG else round(random.uniform(*self.ring_seconds), 1)
        talk = random.randint(*self.talk_seconds) if scenario in _TALKS else 0
        return Outcome(scenario, ring, talk)


def digits_of(number: str) -> str:
    """A number's digits alone, as the carrier compares them."""
    return "".join(c for c in number if c in "0123456789")


def by_suffix(number: str) -> Outcome:
    """The rule of the last four digits."""
    digits = digits_of(number).rjust(4, "0")
    scenario = CODES.get(digits[-2:], Scenario.PERSON)
    ring = min(int(digits[-4:-2]) / 2, LONGEST_RING_SECONDS)
    return Outcome(scenario, ring)


def number_for(
    scenario: Scenario, *, prefix: str = "+749570", line: int = 0, ring_seconds: float = 0.0
) -> str:
    """An E.164 number that behaves so by the rule of the last four digits; `line` tells numbers apart."""
    code = next(code for code, named in CODES.items() if named is scenario)
    room = 11 - len(digits_of(prefix)) - 4
    return f"{prefix}{line:0{room}d}{round(ring_seconds * 2):02d}{code}"
