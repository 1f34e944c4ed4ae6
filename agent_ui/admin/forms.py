"""A submitted form: what was typed, what is wrong with it. Nothing typed is ever lost."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

from callcenter.kernel.errors import DomainError, Invalid
from callcenter.kernel.i18n import Translator, marked

Choice = TypeVar("Choice", bound=StrEnum)


class Form:
    """Values by field as text, errors by field in the reader's language, and one for the whole form."""

    def __init__(self, values: Mapping[str, object], translate: Translator) -> None:
        self.values = {name: _shown(value) for name, value in values.items()}
        self.errors: dict[str, str] = {}
        self.problem = ""
        self.status = 200
        self._translate = translate

    @classmethod
    async def read(cls, request: web.Request, translate: Translator) -> "Form":
        """The form of this request."""
        posted = await request.post()
        return cls({name: value for name, value in posted.items() if isinstance(value, str)}, translate)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def text(self, name: str) -> str:
        return self[name].strip()

    def flag(self, name: str) -> bool:
        return self[name] == "on"

    def integer(self, name: str) -> int:
        """A whole number; anything else is this field's error."""
        try:
            return int(self.text(name))
        except ValueError:
            self.errors[name] = self._translate(marked("A whole number is needed."))
            return 0

    def choice(self, name: str, choices: type[Choice]) -> Choice:
        """One of these; anything else is this field's error."""
        try:
            return choices(self[name])
        except ValueError:
            self.errors[name] = self._translate(marked("Choose one of the list."))
            return next(iter(choices))

    @property
    def good(self) -> bool:
        return not self.errors

    def refuse(self, error: DomainError) -> None:
        """Keep what the service said, beside the fields it said it of."""
        self.status = error.status
        if isinstance(error, Invalid):
            self.errors |= {k: self._translate(text, error.values) for k, text in error.fields.items()}
        else:
            self.problem = self._translate(error.message, error.values)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    return str(value)
