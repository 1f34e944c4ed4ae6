"""What is in the repository is ours to publish: no machine's paths, no mirror's names, locks that say all."""

import json
import re
from pathlib import Path

from tests.support.source import HOUSE, committed

# split, so that this file does not match itself
REGISTRIES = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "registry.yarnpkg" + ".com",
    "deb.debian" + ".org",
    "artifact" + "ory",
    "/simple" + "/",
    "--index" + "-url",
    "--extra-index" + "-url",
)
WORKPLACES = ("/wo" + "rk/", "/t" + "mp/setup", "/ro" + "ot/")
SUFFIXES = frozenset(
    {"", ".py", ".md", ".toml", ".txt", ".in", ".json", ".js", ".mjs", ".ts", ".css", ".html", ".j2", ".sh"}
    | {".yml", ".yaml", ".cfg", ".conf", ".po", ".xml", ".ini", ".mako", ".npmrc"}
)


def _texts() -> list[tuple[Path, str]]:
    return [
        (path.relative_to(HOUSE), path.read_text(errors="replace"))
        for path in committed()
        if path.suffix in SUFFIXES and path.relative_to(HOUSE) != Path("LICENSE")
    ]


def test_nothing_names_a_package_registry_or_mirror() -> None:
    found = [f"{path}: {word}" for path, text in _texts() for word in REGISTRIES if word in text]

    assert found == []


def test_nothing_names_a_place_on_somebodys_machine() -> None:
    assert [f"{path}: {place}" for path, text in _texts() for place in WORKPLACES if place in text] == []


def test_python_locks_pin_and_hash_everything_and_name_no_address() -> None:
    for lock in sorted((HOUSE / "requirements").glob("*.txt")):
        text = lock.read_text()
        pinned = re.findall(r"^\S+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)

        assert pinned, lock
        assert [entry.split()[0] for entry in pinned if "--hash=sha256:" not in entry] == [], lock
        assert "://" not in text, lock


def test_the_front_end_lock_has_an_integrity_for_everything_and_no_address() -> None:
    packages = json.loads((HOUSE / "agent_ui" / "package-lock.json").read_text())["packages"]

    unproved = [name for name, entry in packages.items() if name and not entry.get("integrity")]
    addressed = [name for name, entry in packages.items() if "resolved" in entry]

    assert unproved == []
    assert addressed == []


def test_no_secret_and_no_product_of_a_build_is_committed() -> None:
    kinds = (".pem", ".key", ".sqlite", ".db", ".mo", ".pyc", ".env")

    assert [str(path.relative_to(HOUSE)) for path in committed() if path.suffix in kinds] == []
