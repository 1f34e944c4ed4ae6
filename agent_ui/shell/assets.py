"""Addresses of the bundled front end, read from the bundler's manifest."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

STATIC_FOLDER = Path(__file__).parents[1] / "static"
TEMPLATES_FOLDER = Path(__file__).parents[1] / "templates"


class NotBuilt(RuntimeError):
    """The front end has not been bundled."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is missing: the front end is not built. Run `make front`.")


def load_assets(static_folder: Path = STATIC_FOLDER) -> Mapping[str, str]:
    """Logical name (`app.js`) to address (`/static/dist/app-1A2B3C4D.js`)."""
    path = static_folder / "dist" / "manifest.json"
    try:
        manifest: dict[str, str] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise NotBuilt(path) from error
    return MappingProxyType(manifest)
