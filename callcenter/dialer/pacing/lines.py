"""The lines that are under way."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Cohort(NamedTuple):
    """Leads that answer alike, from the coarsest to the finest: pacing learns on every level."""

    list_id: int
    kind: str  # of the number: mobile, fixed, ...
    attempt: int  # 1: never dialled before
    hour: int  # of the called party's day


class Stage(StrEnum):
    """How far a line is. A line that is over is not kept."""

    PLACED = "placed"
    WAITING = "waiting"  # answered, and nobody there yet


@dataclass(slots=True)
class Line:
    """One dial of the campaign."""

    placed_at: float
    cohort: Cohort
    stage: Stage = Stage.PLACED
    daring: float = 0.0  # at which it was decided on


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An attempt that is over, from its row: what a pacer learns from when it is made anew."""

    cohort: Cohort
    placed_at: float
    resolved_at: float  # answered, or ended without an answer
    answered: bool  # somebody was there who needed an agent
    connected_at: float | None = None
    talk_seconds: float | None = None
    wrapup_seconds: float | None = None
