"""When a campaign runs by itself, and when it has reached what it is for. Pure.

A schedule is {"from": "2026-12-01", "until": "2026-12-24", "days": {"0": [["09:00", "18:00"]], ..}} in the
campaign's zone; dates may be missing. Goals are {"contacts": 200, "sales": 30, "stop": true} for a day;
without `stop` reaching them is only told. Whatever a person has paused stays paused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.dialer.policy import BadHours, read_week


class BadTimetable(ValueError):
    """A schedule or goals that are none."""


@dataclass(frozen=True, slots=True)
class Goals:
    """Targets of a day; zero is none."""

    contacts: int = 0
    sales: int = 0
    stop: bool = False

    def reached(self, contacts: int, sales: int) -> bool:
        """Every target that is set."""
        if not self.contacts and not self.sales:
            return False
        return contacts >= self.contacts and sales >= self.sales


def read_goals(goals: Mapping[str, Any]) -> Goals:
    """Raises `BadTimetable`."""
    try:
        found = Goals(**goals)
    except TypeError as error:
        raise BadTimetable(goals) from error
    numbers = (found.contacts, found.sales)
    if any(type(n) is not int or n < 0 for n in numbers):
        raise BadTimetable(goals)
    return found


def runs_at(schedule: Mapping[str, Any], zone: str, now: datetime) -> bool | None:
    """Should the campaign run now? None: nobody has said. Raises `BadTimetable`."""
    if not schedule:
        return None
    local = now.astimezone(ZoneInfo(zone))
    try:
        first = date.fromisoformat(schedule["from"]) if schedule.get("from") else date.min
        last = date.fromisoformat(schedule["until"]) if schedule.get("until") else date.max
        week = read_week(schedule.get("days") or {})
    except (BadHours, TypeError, ValueError) as error:
        raise BadTimetable(schedule) from error
    if not first <= local.date() <= last:
        return False
    minute = local.hour * 60 + local.minute
    return not week or any(window.start <= minute < window.end for window in week[local.weekday()])
