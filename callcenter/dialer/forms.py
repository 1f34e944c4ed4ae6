"""What a person typed into a campaign's form, and how it is shown again when something is wrong."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from callcenter.dialer.models import Campaign, Disposition
from callcenter.dialer.outcomes import DEFAULT_RETRY
from callcenter.dialer.policy import RESULT, BadHours, read_day_text, read_retry
from callcenter.dialer.rules import Counted, OnHolidays, Purpose
from callcenter.dialer.service import CampaignDraft, DispositionDraft
from callcenter.dialer.states import Detection, MachineAction, Mode, NextAgent, TimeBox
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import whole_number

RETRIED = tuple(outcome for outcome in DEFAULT_RETRY if outcome != "cancelled")
DAYS = (
    marked("Monday"),
    marked("Tuesday"),
    marked("Wednesday"),
    marked("Thursday"),
    marked("Friday"),
    marked("Saturday"),
    marked("Sunday"),
)
FLAGS = ("human", "sale", "contact", "do_not_call", "callback", "final")
_TEXTS = (
    *("name", "trunk", "caller_id", "region", "zone", "language", "script", "message", "identity"),
    "matter",
)
# limits that have a field of their own; others, set by the API, are carried along
_LIMITS = {"week": (168, Counted.NUMBER), "month": (720, Counted.NUMBER), "matter_day": (24, Counted.MATTER)}
_NUMBERS = (
    *("priority", "ring_seconds", "max_lead_attempts", "max_number_attempts_a_day", "wrapup_seconds"),
    *("max_lines", "hold_for_callers", "preview_seconds", "preview_skips", "skip_minutes"),
    "callback_minutes",
)
_CHOICES: Mapping[str, type[StrEnum]] = {
    "mode": Mode,
    "next_agent": NextAgent,
    "detection": Detection,
    "machine_action": MachineAction,
    "preview_then": TimeBox,
    "purpose": Purpose,
    "on_holidays": OnHolidays,
}
_DECIMALS = {"lines_per_agent": "1", "abandon_percent": "3"}

Typed = Mapping[str, str]


def values_of(campaign: Campaign | CampaignDraft) -> dict[str, str]:
    """A campaign as its form shows it."""
    shown = {name: str(getattr(campaign, name)) for name in (*_TEXTS, *_NUMBERS)}
    shown |= {name: f"{getattr(campaign, name):g}" for name in _DECIMALS}
    shown |= {name: str(getattr(campaign, name)) for name in _CHOICES}
    shown |= {name: "on" if getattr(campaign, name) else "" for name in ("consent_needed", "record")}
    shown["caller_pool_id"] = str(campaign.caller_pool_id or "")
    shown["closed_on"] = ", ".join(campaign.closed_on)
    shown["laws"] = ", ".join(str(law) for law in campaign.laws)
    shown["other_lists"] = ", ".join(str(other) for other in campaign.other_lists)
    shown |= _limits_shown(campaign.limits) | _timetable_shown(campaign)
    for day in range(7):
        windows = campaign.hours.get(str(day), []) if campaign.hours else [["00:00", "24:00"]]
        shown[f"hours_{day}"] = ", ".join(f"{start}-{end}" for start, end in windows)
    rules = read_retry(campaign.retry)
    for outcome in RETRIED:
        shown[f"delay_{outcome.value}"] = f"{rules[outcome].delay_seconds / 60:g}"
        shown[f"most_{outcome.value}"] = str(rules[outcome].most)
        shown[f"most_of_lead_{outcome.value}"] = str(rules[outcome].most_of_lead)
        shown[f"next_number_{outcome.value}"] = "on" if rules[outcome].next_number else ""
    rest = {name: rule for name, rule in campaign.retry.items() if name.startswith(RESULT)}
    shown["retry_rest"] = json.dumps(rest)
    return shown


def read_campaign(typed: Typed) -> CampaignDraft:
    """The draft; what is no number or no hours is `Invalid` beside its field."""
    wrong: dict[str, str] = {}
    numbers = {name: _whole(typed, name, wrong) for name in _NUMBERS if name in typed}
    decimals = {name: _decimal(typed, name, wrong) for name in _DECIMALS}
    choices = {name: _one_of(typed, name, wrong) for name in _CHOICES if name in typed}
    limits = _limits(typed, wrong)
    hours: dict[str, list[list[str]]] = {}
    for day in range(7):
        try:
            hours[str(day)] = read_day_text(typed.get(f"hours_{day}", ""))
        except BadHours:
            wrong[f"hours_{day}"] = marked("Write hours as 09:00-13:00, 14:00-20:00.")
    retry = {
        outcome.value: {
            "delay_seconds": _minutes(typed, f"delay_{outcome.value}", wrong),
            "most": _whole(typed, f"most_{outcome.value}", wrong),
            "most_of_lead": _whole(typed, f"most_of_lead_{outcome.value}", wrong),
            "next_number": typed.get(f"next_number_{outcome.value}") == "on",
        }
        for outcome in RETRIED
    }
    goals = {name: _whole(typed, f"goal_{name}", wrong) for name in ("contacts", "sales")}
    others = _split(typed, "other_lists")
    if not all(other.isdecimal() for other in others):
        wrong["other_lists"] = marked("A whole number is needed.")
    if wrong:
        raise Invalid(wrong)
    given: dict[str, Any] = (
        {name: typed.get(name, "").strip() for name in _TEXTS} | numbers | decimals | choices
    )
    return CampaignDraft(
        **given,
        hours=hours,
        closed_on=_split(typed, "closed_on"),
        limits=limits,
        laws=[name.upper() for name in _split(typed, "laws")],
        other_lists=[int(other) for other in others],
        **_timetable(typed, goals),
        retry=retry | _rest_of_retry(typed),
        caller_pool_id=whole_number(typed.get("caller_pool_id", "")),
        consent_needed=typed.get("consent_needed") == "on",
        record=typed.get("record") == "on",
    )


def _rest_of_retry(typed: Typed) -> dict[str, Any]:
    """Rules for agents' results, which the form carries along as they are."""
    try:
        found = json.loads(typed.get("retry_rest", "") or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(str(name).startswith(RESULT) for name in found):
        raise Invalid({"retry": marked("A retry rule needs a delay and a number of attempts.")})
    return found


def _timetable_shown(campaign: Campaign | CampaignDraft) -> dict[str, str]:
    """Days from and to; hours of single days, which the API sets, are carried along."""
    schedule, goals = campaign.schedule, campaign.goals
    return {
        "schedule_from": str(schedule.get("from") or ""),
        "schedule_until": str(schedule.get("until") or ""),
        "schedule_days": json.dumps(schedule.get("days") or {}),
        "goal_contacts": str(goals.get("contacts") or 0),
        "goal_sales": str(goals.get("sales") or 0),
        "goal_stop": "on" if goals.get("stop") else "",
    }


def _timetable(typed: Typed, goals: Mapping[str, int]) -> dict[str, Any]:
    """Schedule and goals as rows keep them; empty where nothing is said."""
    try:
        days = json.loads(typed.get("schedule_days", "") or "{}")
    except ValueError:
        days = None
    given = {"from": typed.get("schedule_from", ""), "until": typed.get("schedule_until", ""), "days": days}
    wanted: dict[str, Any] = {name: count for name, count in goals.items() if count}
    if wanted and typed.get("goal_stop") == "on":
        wanted["stop"] = True
    return {"schedule": {name: value for name, value in given.items() if value}, "goals": wanted}


def _split(typed: Typed, name: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in typed.get(name, "").split(",") if part.strip()]


def _limits_shown(limits: Sequence[Any]) -> dict[str, str]:
    """Each limit in its field, and the rest as JSON."""
    shown = dict.fromkeys((f"limit_{name}" for name in _LIMITS), "0")
    rest = []
    for limit in limits:
        field = next(
            (n for n, (h, c) in _LIMITS.items() if (limit["hours"], limit["counted"]) == (h, c.value)), None
        )
        if field is None:
            rest.append(limit)
        else:
            shown[f"limit_{field}"] = str(limit["most"])
    return shown | {"limits_rest": json.dumps(rest)}


def _limits(typed: Typed, wrong: dict[str, str]) -> list[dict[str, Any]]:
    try:
        found = list(json.loads(typed.get("limits_rest", "") or "[]"))
    except (ValueError, TypeError):
        found = []
    for name, (hours, counted) in _LIMITS.items():
        most = _whole(typed, f"limit_{name}", wrong)
        if most:
            found.append({"most": most, "hours": hours, "counted": counted.value})
    return found


def results_shown(results: Iterable[Disposition]) -> dict[str, str]:
    """Rows 1 to 9 of the results' table, as they are typed."""
    shown: dict[str, str] = {}
    for row in results:
        texts = {"title": row.title, "title_ru": row.title_ru, "code": row.code}
        flags = {name: "on" if getattr(row, name) else "" for name in FLAGS}
        shown |= {f"{name}_{row.key}": text for name, text in (texts | flags).items()}
    return shown


def read_dispositions(typed: Typed) -> list[DispositionDraft]:
    """Rows 1 to 9 of the results' table; a row without a title is left out."""
    found = []
    for key in range(1, 10):
        title = typed.get(f"title_{key}", "").strip()
        if title:
            code = typed.get(f"code_{key}", "").strip() or f"result-{key}"
            flags = {name: typed.get(f"{name}_{key}") == "on" for name in FLAGS}
            title_ru = typed.get(f"title_ru_{key}", "").strip()
            found.append(DispositionDraft(code=code, key=key, title=title, title_ru=title_ru, **flags))
    return found


def _whole(typed: Typed, name: str, wrong: dict[str, str]) -> int:
    text = typed.get(name, "").strip() or "0"
    if not text.removeprefix("-").isdecimal() or len(text) > 9:
        wrong[name] = marked("A whole number is needed.")
        return 0
    return int(text)


def _decimal(typed: Typed, name: str, wrong: dict[str, str]) -> float:
    try:
        found = float(typed.get(name, _DECIMALS[name]).replace(",", "."))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        wrong[name] = marked("A number is needed.")
        return 0.0
    return found


def _one_of(typed: Typed, name: str, wrong: dict[str, str]) -> StrEnum | None:
    try:
        return _CHOICES[name](typed[name])
    except ValueError:
        wrong[name] = marked("This is not one of the choices.")
        return None


def _minutes(typed: Typed, name: str, wrong: dict[str, str]) -> int:
    try:
        return round(float(typed.get(name, "0").replace(",", ".") or "0") * 60)
    except (ValueError, OverflowError):
        wrong[name] = marked("A number of minutes is needed.")
        return 0
