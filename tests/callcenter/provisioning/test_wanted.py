"""What settings and rows ask of our own Asterisk."""

import json
from pathlib import Path

import pytest

from callcenter import config
from callcenter.config import AsteriskSettings, Settings, SettingsError
from callcenter.pbx import keys
from callcenter.pbx.config import Secrets
from callcenter.provisioning import wanted

TRUNK = {
    "CALLCENTER_TRUNKS__CARRIER__HOST": "sip.example.com",
    "CALLCENTER_TRUNKS__CARRIER__PORT": "5070",
    "CALLCENTER_TRUNKS__CARRIER__CODECS": "alaw, g722",
}


def test_a_trunk_comes_from_variables() -> None:
    (trunk,) = wanted.trunks(config.load(None, TRUNK))

    assert (trunk.name, trunk.address, trunk.codecs) == (
        "carrier",
        "sip:sip.example.com:5070",
        ("alaw", "g722"),
    )


def test_a_trunk_without_a_host_is_none() -> None:
    assert wanted.trunks(config.load(None, {"CALLCENTER_TRUNKS__CARRIER__HOST": ""})) == ()


def test_media_ports_follow_the_first_unless_the_last_is_named() -> None:
    usual = wanted.ports(Settings())
    named = wanted.ports(Settings(pbx_rtp_port=20000, pbx_rtp_last_port=20199))

    assert (usual.rtp, usual.rtp_end, named.rtp_end) == (20000, 23999, 20199)


def test_what_the_folder_says_need_not_be_said_again(tmp_path: Path) -> None:
    keys.keep(tmp_path, Secrets(events="e", actions="a", ari="r"))

    told = wanted.complete(Settings(pbx_folder=str(tmp_path), pbx_ami_port=15999)).asterisk

    assert (told.ami_port, told.events_secret, told.actions_secret, told.ari_password) == (
        15999,
        "e",
        "a",
        "r",
    )
    assert told.ari_url == "http://127.0.0.1:18088/ari"
    assert told.recordings_raw == str(tmp_path / "spool/monitor")


def test_what_was_said_stays(tmp_path: Path) -> None:
    keys.keep(tmp_path, Secrets(events="e", actions="a", ari="r"))
    said = AsteriskSettings(ami_port=6000, events_secret="mine", sip_ws_url="wss://cc.example.com/ws")

    told = wanted.complete(Settings(pbx_folder=str(tmp_path), asterisk=said)).asterisk

    assert (told.ami_port, told.events_secret, told.sip_ws_url) == (6000, "mine", "wss://cc.example.com/ws")
    assert told.actions_secret == "a"


def test_without_a_folder_nothing_is_added() -> None:
    assert wanted.complete(Settings()) == Settings()


def test_passwords_are_made_once_and_kept_for_the_owner_alone(tmp_path: Path) -> None:
    first, again = keys.own(tmp_path), keys.own(tmp_path)

    path = tmp_path / "secrets.json"
    assert first == again
    assert json.loads(path.read_text())["events"] == first.events
    assert path.stat().st_mode & 0o077 == 0


def test_ports_with_tls_need_a_certificate() -> None:
    with pytest.raises(SettingsError, match="pbx_certificate"):
        wanted.tls(Settings(pbx_ami_tls_port=5039))


def test_passwords_of_trunks_are_masked() -> None:
    settings = config.load(None, TRUNK | {"CALLCENTER_TRUNKS__CARRIER__PASSWORD": "s3cret"})

    assert "s3cret" not in json.dumps(config.masked(settings))
