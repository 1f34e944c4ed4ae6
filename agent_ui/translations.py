"""Collects what people read into the catalogues, and says what is missing. Run by `make locale`.

    python -m agent_ui.translations update     new strings into every messages.po, sorted by msgid
    python -m agent_ui.translations check      fails when a string has no translation

English msgids come from `_()`, `gettext()`, `ngettext()` and `marked()`; from the `message` of error classes;
and from the titles of menu items, panels and permissions, which are translated where they are shown.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

HOUSE = Path(__file__).parents[1]
ROOMS = ("callcenter", "crm", "agent_ui", "reports")
LOCALE = HOUSE / "agent_ui" / "locale"
LANGUAGES = ("ru",)
PLURALS = {
    "ru": (
        "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : "
        "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
    )
}
HEADER = r"""# Sorted by msgid; written by `make locale`.
msgid ""
msgstr ""
"Language: {language}\n"
"Plural-Forms: {plurals}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
SKIPPED = {"node_modules", "static", "__pycache__", "dev"}
CALLS = {"_", "gettext", "marked", "ngettext", "plural"}
TITLED = {"MenuItem": 0, "Panel": 1, "Permission": 1}
_STRING = r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")"""
_SCRIPT_CALL = re.compile(rf"(?<![\w.$])(_|ngettext)\(\s*{_STRING}(?:,\s*{_STRING})?")


@dataclass(frozen=True, slots=True)
class Message:
    """A string somebody will read. `many` is set where a number decides the form."""

    one: str
    many: str
    source: str


def collect(house: Path = HOUSE) -> list[Message]:
    """Every string of every room."""
    found: list[Message] = []
    for room in ROOMS:
        for path in sorted((house / room).rglob("*")):
            relative = path.relative_to(house)
            if SKIPPED.isdisjoint(relative.parts) and path.is_file():
                found.extend(_of_file(path, relative.as_posix()))
    return found


def _of_file(path: Path, source: str) -> Iterator[Message]:
    match path.suffix:
        case ".py":
            yield from of_python(path.read_text("utf-8"), source)
        case ".html":
            with path.open("rb") as file:
                yield from of_template(file, source)
        case ".js":
            yield from of_script(path.read_text("utf-8"), source)
        case _:
            return


def of_python(text: str, source: str) -> Iterator[Message]:
    """Strings of a Python module, found in its syntax tree."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                yield from _of_call(node, name, source)
            case ast.ClassDef(body=body):
                yield from _of_class(body, source)
            case _:
                pass


def _of_call(node: ast.Call, name: str, source: str) -> Iterator[Message]:
    if name in CALLS:
        texts = [_text(argument) for argument in node.args[:2]]
        if texts and texts[0]:
            many = texts[1] if name in ("ngettext", "plural") and len(texts) > 1 else ""
            yield Message(texts[0], many, source)
    elif name in TITLED:
        place = TITLED[name]
        titles = [keyword.value for keyword in node.keywords if keyword.arg == "title"]
        titles += node.args[place : place + 1]
        yield from (Message(text, "", source) for text in map(_text, titles) if text)


def _of_class(body: Iterable[ast.stmt], source: str) -> Iterator[Message]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="message")], value=value):
                if text := _text(value):
                    yield Message(text, "", source)
            case _:
                pass


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def of_template(file: BinaryIO, source: str) -> Iterator[Message]:
    """Strings of a Jinja template."""
    options = {"silent": "false", "trimmed": "true"}
    for _line, function, texts, _comments in babel_extract(file, ("_", "gettext", "ngettext"), (), options):
        strings = [texts] if isinstance(texts, str) else [text for text in texts or () if text]
        if strings and strings[0]:
            many = strings[1] if function == "ngettext" and len(strings) > 1 else ""
            yield Message(strings[0], many, source)


def of_script(text: str, source: str) -> Iterator[Message]:
    """Strings of one of our scripts: literal arguments only, as our style has them."""
    for found in _SCRIPT_CALL.finditer(text):
        one = _unescape(found[2] or found[3] or "")
        many = _unescape(found[4] or found[5] or "") if found[1] == "ngettext" else ""
        if one:
            yield Message(one, many, source)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "messages.po"


def load(language: str) -> Catalog:
    """The catalogue as it lies in the repository."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merge(old: Catalog, messages: Iterable[Message], language: str) -> Catalog:
    """Translations that are still asked for, and the new strings without one."""
    made = Catalog(locale=language, fuzzy=False)
    for message in messages:
        key: str | tuple[str, ...] = (message.one, message.many) if message.many else message.one
        present = made.get(message.one)
        sources = [(message.source, 0)]
        if present is not None:
            sources = sorted({*present.locations, *sources})
            if isinstance(present.id, tuple):
                key = tuple(present.id)
            del made[message.one]
        before = old.get(message.one)
        translated = before.string if before is not None else ""
        if isinstance(key, tuple) != isinstance(translated, tuple):
            translated = ("", "", "") if isinstance(key, tuple) else ""
        made.add(key, translated, locations=sources)
    return made


def save(catalogue: Catalog, language: str) -> None:
    """Sorted by msgid, places without line numbers: two people's additions seldom touch."""
    path = po_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_po(buffer, catalogue, sort_output=True, include_lineno=False, width=0, omit_header=True)
    body = buffer.getvalue().decode().strip("\n")
    path.write_text(HEADER.format(language=language, plurals=PLURALS[language]) + body + "\n", "utf-8")


def missing(catalogue: Catalog) -> list[str]:
    """Msgids without a complete translation."""
    gaps = []
    for message in catalogue:
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and (not all(forms) or (message.pluralizable and len(forms) != catalogue.num_plurals)):
            gaps.append(message.id if isinstance(message.id, str) else message.id[0])
    return gaps


def main(arguments: list[str]) -> int:
    messages = collect()
    status = 0
    for language in LANGUAGES:
        catalogue = merge(load(language), messages, language)
        if arguments[:1] == ["update"]:
            save(catalogue, language)
        gaps = missing(catalogue)
        for gap in gaps:
            print(f"{language}: no translation of {gap!r}", file=sys.stderr)  # noqa: T201 - a program
        if arguments[:1] == ["check"] and gaps:
            status = 1
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
