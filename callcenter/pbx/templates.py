"""Asterisk's configuration files from the templates in `asterisk-config/`."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

CONFIG_FOLDER = Path(__file__).parents[2] / "asterisk-config"
SOUNDS_FOLDER = CONFIG_FOLDER / "sounds"


def _environment() -> Environment:
    return Environment(  # noqa: S701 - these are not HTML; what comes from outside is checked in `pbx.config`
        loader=FileSystemLoader(CONFIG_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


_ENVIRONMENT = _environment()


def render(template: str, values: Mapping[str, object]) -> str:
    """The text of one file."""
    return _ENVIRONMENT.get_template(template).render(values)
