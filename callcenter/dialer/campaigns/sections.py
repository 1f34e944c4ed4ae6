"""The parts of the editor, and which of them a field or a lacking thing belongs to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from callcenter.kernel.i18n import marked


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the editor. `fields`: their names or, with a trailing underscore, how they begin."""

    id: str
    title: str
    icon: str
    fields: tuple[str, ...]

    def holds(self, field: str) -> bool:
        return any(field == name or (name.endswith("_") and field.startswith(name)) for name in self.fields)


SECTIONS = (
    Section(
        "audience", marked("Audience"), "users", ("name", "region", "language", "list_", "order", "filter")
    ),
    Section("team", marked("Agents"), "head", ("agent", "priority", "next_agent", "hold_for_callers")),
    Section(
        "retries",
        marked("Numbers and retries"),
        "refresh",
        (
            "retry",
            "delay_",
            "most_",
            "next_number_",
            "max_lead_attempts",
            "max_number_attempts_a_day",
            "limit_",
            "limits",
            "callback_",
        ),
    ),
    Section(
        "pacing",
        marked("Pacing"),
        "bolt",
        ("mode", "lines_per_agent", "abandon_percent", "max_lines", "preview_", "skip_"),
    ),
    Section(
        "hours",
        marked("Hours"),
        "clock",
        ("hours", "hours_", "zone", "closed_on", "on_holidays", "schedule", "schedule_", "goals", "goal_"),
    ),
    Section(
        "script",
        marked("Script and outcomes"),
        "note",
        ("script", "wrapup_seconds", "record", "key", "code", "title_", "title_ru_", "code_"),
    ),
    Section("caller", marked("Caller ID"), "phone", ("caller_id", "caller_pool_id", "trunk", "ring_seconds")),
    Section(
        "machines",
        marked("Machines and abandoned calls"),
        "mic",
        ("detection", "detection_settings", "machine_action", "message", "survey", "identity"),
    ),
    Section(
        "compliance",
        marked("Compliance"),
        "shield",
        ("consent_needed", "purpose", "matter", "laws", "other_lists"),
    ),
    Section("test", marked("Test"), "check", ("try",)),
)
ELSEWHERE = "compliance"


def section_of(field: str) -> str:
    """The id of the section that has this field."""
    return next((section.id for section in SECTIONS if section.holds(field)), ELSEWHERE)


def in_sections(fields: Iterable[str]) -> Mapping[str, int]:
    """How many of these fields each section has."""
    found: dict[str, int] = {}
    for field in fields:
        found[section_of(field)] = found.get(section_of(field), 0) + 1
    return found


# what `service.missing` says, and where it is put right
PLACES: Mapping[str, str] = {
    "Say which number customers see.": "caller",
    "Set calling hours.": "hours",
    "Choose at least one agent.": "team",
    "Say how many lines may be dialled at once.": "pacing",
    "Import a list with leads to call.": "audience",
    "The law of the country forbids this mode for this purpose: choose another.": "pacing",
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something that Start asks for, and the section where it is given."""

    text: str
    section: str


def lacking(texts: Iterable[str]) -> list[Lacking]:
    return [Lacking(text, PLACES.get(text, ELSEWHERE)) for text in texts]
