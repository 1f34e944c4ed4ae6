"""`docker-compose.yml` says only what the settings know. Its form is checked with `docker compose config`."""

import re

from callcenter import config
from callcenter.config import Settings
from callcenter.provisioning import wanted
from tests.support.source import HOUSE

_LINE = re.compile(r'^    (CALLCENTER_[A-Z_]+): "?(.*?)"?$', re.MULTILINE)
_CHOICE = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")
_CHOSEN = re.compile(r"\$\{(CALLCENTER_[A-Z_]+):-")


def _told(**chosen: str) -> dict[str, str]:
    """The environment of the services, with what `.env` would choose."""
    text = (HOUSE / "docker-compose.yml").read_text()
    for name, value in chosen.items():
        text = re.sub(rf"\$\{{{name}:-[^}}]*\}}", value, text)
    return {name: _CHOICE.sub(r"\1", value) for name, value in _LINE.findall(text)}


def test_every_variable_is_a_setting() -> None:
    told = _told()

    unknown = [
        name
        for name in told
        if name.removeprefix("CALLCENTER_").lower().split("__")[0] not in Settings.__struct_fields__
    ]

    assert len(told) > 20
    assert unknown == []
    assert wanted.trunks(config.load(None, told)) == ()


def test_a_host_makes_a_trunk() -> None:
    told = _told(CALLCENTER_TRUNK_HOST="sip.example.com", CALLCENTER_TRUNK_USERNAME="shop")

    (trunk,) = wanted.trunks(config.load(None, told))

    assert (trunk.name, trunk.address, trunk.username) == ("carrier", "sip:sip.example.com:5060", "shop")


def test_the_guides_name_every_choice() -> None:
    chosen = set(_CHOSEN.findall((HOUSE / "docker-compose.yml").read_text()))

    for language in ("en", "ru"):
        guide = (HOUSE / f"docs/{language}/administrator.md").read_text()
        assert [name for name in sorted(chosen) if name not in guide] == []
