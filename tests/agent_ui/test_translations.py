"""Every string has a Russian translation, in three forms where a number decides."""

from io import BytesIO

import pytest

from agent_ui.translations import (
    LANGUAGES,
    Message,
    collect,
    load,
    merge,
    missing,
    of_python,
    of_script,
    of_template,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_of_every_room_is_translated(language: str) -> None:
    catalogue = merge(load(language), collect(), language)

    assert missing(catalogue) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language: str) -> None:
    wrong = []
    for message in load(language):
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        wanted = {part.split("}")[0] for one in ids for part in one.split("{")[1:]}
        wrong += [form for form in forms if {p.split("}")[0] for p in (form or "").split("{")[1:]} - wanted]

    assert wrong == []


def test_russian_has_three_plural_forms() -> None:
    assert load("ru").num_plurals == 3


def test_python_strings_are_found_where_they_are_marked_or_shown() -> None:
    text = """
class Gone(DomainError):
    message = "It is gone."

ITEM = MenuItem("Desk", "/desk", "head", "desk.use", 10)
TEXT = marked("Hello")
def f(n): return ngettext("{count} call", "{count} calls", n)
"""

    found = set(of_python(text, "x.py"))

    assert found == {
        Message("It is gone.", "", "x.py"),
        Message("Desk", "", "x.py"),
        Message("Hello", "", "x.py"),
        Message("{count} call", "{count} calls", "x.py"),
    }


def test_script_strings_are_found_inside_templates() -> None:
    text = "html`<b>${on ? _('It\\'s on') : ngettext('{count} day', '{count} days', n)}</b>` + fix_('no')"

    found = list(of_script(text, "x.js"))

    assert found == [Message("It's on", "", "x.js"), Message("{count} day", "{count} days", "x.js")]


def test_template_strings_are_found() -> None:
    found = list(of_template(BytesIO(b'<p title="{{ _("Hold") }}">{{ _("Stop") }}</p>'), "x.html"))

    assert [message.one for message in found] == ["Hold", "Stop"]
