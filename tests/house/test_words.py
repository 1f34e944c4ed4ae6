"""Every visible string has its Russian, and every decision its page."""

import re

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from callcenter.kernel.i18n import LOCALE_FOLDER
from tests.support.source import HOUSE

HEADINGS = ("Context", "Decision", "Consequences", "Alternatives", "References")
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}")


def _russian() -> Catalog:
    with (LOCALE_FOLDER / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


def _forms(message: Message) -> tuple[str, ...]:
    said = message.string
    return tuple(said) if isinstance(said, tuple | list) else (said or "",)


def test_russian_is_complete() -> None:
    messages = [message for message in _russian() if message.id]

    assert [m.id for m in messages if m.fuzzy or not all(_forms(m))] == []
    assert [m.id for m in messages if m.pluralizable and len(_forms(m)) != 3] == []
    assert messages


def test_a_translation_fills_the_same_placeholders() -> None:
    found = [(message.id, form) for message in _russian() if message.id for form in _forms(message)]

    assert [ids for ids, form in found if not set(PLACEHOLDER.findall(form)) <= _placeholders(ids)] == []


def _placeholders(ids: str | tuple[str, ...] | list[str]) -> set[str]:
    texts = (ids,) if isinstance(ids, str) else ids
    return {found for text in texts for found in PLACEHOLDER.findall(text)}


def test_each_decision_record_has_its_five_headings() -> None:
    records = sorted((HOUSE / "docs" / "adr").glob("[0-9]*.md"))

    wrong = [
        path.name
        for path in records
        if tuple(re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)) != HEADINGS
    ]

    assert wrong == []
    assert records
