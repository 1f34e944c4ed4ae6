"""English msgids, complete Russian. Text is chosen at the edge, in the actor's language."""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "ru")
DEFAULT_LANGUAGE = "en"
LOCALE_FOLDER = Path(__file__).parents[2] / "agent_ui" / "locale"


def marked(message: str) -> str:
    """Mark a msgid for extraction where it is defined; it is translated where it is shown."""
    return message


@lru_cache(maxsize=8)
def catalogue(language: str) -> gettext.NullTranslations:
    """The translations of a language; English is its own catalogue."""
    return gettext.translation("messages", localedir=LOCALE_FOLDER, languages=[language], fallback=True)


@dataclass(frozen=True, slots=True)
class Translator:
    """Turns msgids into text of one language."""

    language: str

    def __call__(self, message: str, values: Mapping[str, object] | None = None) -> str:
        """Translate, then fill `{name}` placeholders."""
        text = catalogue(self.language).gettext(message) if message else ""
        return text.format_map(dict(values)) if values else text

    def plural(self, one: str, many: str, count: int) -> str:
        """The right form for `count`; `{count}` in it is filled."""
        return catalogue(self.language).ngettext(one, many, count).format(count=count)


def best_language(accept_language: str) -> str:
    """The first language of an Accept-Language header that we speak."""
    for part in accept_language.split(","):
        code = part.split(";")[0].strip().split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return DEFAULT_LANGUAGE
