"""A script as supervisors write it, read into steps. Pure.

    # Greeting
    Good morning, {first_name}, this is {agent} of {company}. Is it a good time?
    - Yes -> Offer
    - Later -> Another time

A line that begins with `#` starts a step; `- label -> step` at its end are answers that move the script. Text
without a title is a script of one step. An unknown variable stays as it is written.
"""

import re
from dataclasses import dataclass

VARIABLES = frozenset({"name", "first_name", "number", "agent", "company", "queue"})
_TITLE = re.compile(r"^#+\s*(.+)$")
_ANSWER = re.compile(r"^[-*]\s+(.+?)\s*->\s*(.+?)\s*$")
_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """Plain text, or a variable to fill."""

    text: str = ""
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer may say, and the index of the step it leads to."""

    label: str
    step: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to say."""

    title: str
    parts: tuple[Part, ...]
    answers: tuple[Answer, ...]


def parse_script(text: str) -> tuple[Step, ...]:
    """The steps in order; nothing for an empty script. An answer that leads nowhere is left out."""
    drafts = _drafts(text)
    places = {title.casefold(): index for index, (title, _, _) in reversed(tuple(enumerate(drafts))) if title}
    return tuple(
        Step(
            title=title,
            parts=_parts("\n".join(lines).strip()),
            answers=tuple(
                Answer(label=label, step=places[target.casefold()])
                for label, target in answers
                if target.casefold() in places
            ),
        )
        for title, lines, answers in drafts
    )


def _drafts(text: str) -> list[tuple[str, list[str], list[tuple[str, str]]]]:
    drafts: list[tuple[str, list[str], list[tuple[str, str]]]] = []
    for line in text.splitlines():
        stripped = line.strip()
        if title := _TITLE.match(stripped):
            drafts.append((title[1].strip(), [], []))
            continue
        if not drafts:
            if not stripped:
                continue
            drafts.append(("", [], []))
        if answer := _ANSWER.match(stripped):
            drafts[-1][2].append((answer[1], answer[2]))
        else:
            drafts[-1][1].append(stripped)
    return drafts


def _parts(text: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    at = 0
    for found in _VARIABLE.finditer(text):
        if found[1] not in VARIABLES:
            continue
        if found.start() > at:
            parts.append(Part(text=text[at : found.start()]))
        parts.append(Part(variable=found[1]))
        at = found.end()
    if at < len(text):
        parts.append(Part(text=text[at:]))
    return tuple(parts)
