"""What Asterisk is told cannot break out of its files, and says what the contract says."""

from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.ami.decode import DECODED
from callcenter.calls.control import Landing
from callcenter.pbx.asterisk import Asterisk, parse_version
from callcenter.pbx.check import CONTEXTS, RIGHTS, applications, findings, functions
from callcenter.pbx.config import InboundNumber, PbxConfig, Ports, QueueConfig, Tls, Trunk, ports_of
from callcenter.pbx.errors import PbxError
from callcenter.pbx.instance import Instance
from callcenter.pbx.modules import ALL, PBX
from callcenter.pbx.plan import EVENTS, pbx_plan
from callcenter.pbx.templates import SOUNDS_FOLDER

CONFIG = PbxConfig(
    queues=(QueueConfig(name="support"),),
    numbers=(InboundNumber(number="+74955500100", queue="support", language="ru"),),
    trunks=(Trunk(name="carrier", host="127.0.0.1", port=15070),),
)


def written(folder: Path, config: PbxConfig = CONFIG, version: tuple[int, int, int] = (22, 1, 0)) -> Path:
    """The folder of generated files."""
    asterisk = Asterisk(version, ("asterisk",), folder / "modules", folder / "data")
    Instance("pbx", folder / "pbx", asterisk, Ports(), pbx_plan(config)).configure()
    return folder / "pbx/etc"


def test_the_events_user_is_sent_everything_that_is_decoded(tmp_path: Path) -> None:
    manager = (written(tmp_path) / "manager.conf").read_text()

    assert set(EVENTS) >= DECODED
    assert all(f"eventfilter(action(include),name({name})) =" in manager for name in DECODED)


def test_an_older_asterisk_gets_no_filters_that_it_does_not_know(tmp_path: Path) -> None:
    assert "eventfilter(" not in (written(tmp_path, version=(20, 6, 0)) / "manager.conf").read_text()


def test_a_number_leads_to_its_queue_in_its_language_with_and_without_plus(tmp_path: Path) -> None:
    numbers = (written(tmp_path) / "numbers.conf").read_text()

    assert "exten => 74955500100,1,Set(CC_QUEUE=support)" in numbers
    assert "exten => +74955500100,1,Goto(74955500100,1)" in numbers
    assert "Set(CC_LANG=ru)" in numbers
    assert "Set(CC_RECORD=${UNIQUEID})" in numbers


def test_a_number_that_is_not_recorded_names_no_file(tmp_path: Path) -> None:
    config = replace(CONFIG, numbers=(replace(CONFIG.numbers[0], record=False),))

    assert "Set(CC_RECORD=)" in (written(tmp_path, config) / "numbers.conf").read_text()


def test_a_trunk_with_a_user_registers_and_answers_challenges(tmp_path: Path) -> None:
    trunk = Trunk(name="city", host="sip.example.com", username="shop", password="s3cret")
    pjsip = (written(tmp_path, replace(CONFIG, trunks=(trunk,))) / "pjsip.conf").read_text()

    for line in ("outbound_auth=city", "password=s3cret", "client_uri=sip:shop@sip.example.com:5060"):
        assert line in pjsip
    assert "\nmatch=sip.example.com\n" in pjsip


def test_tls_opens_its_own_ports_only_when_asked_for(tmp_path: Path) -> None:
    tls = Tls(certificate="/tls/cert.pem", key="/tls/key.pem", ami_port=15039)

    plain = (written(tmp_path / "plain") / "manager.conf").read_text()
    secured = (written(tmp_path / "tls", replace(CONFIG, tls=tls)) / "manager.conf").read_text()

    assert "tlsenable" not in plain
    assert "tlsbindaddr=127.0.0.1:15039" in secured


def test_every_prompt_of_the_dialplan_is_there_in_both_languages(tmp_path: Path) -> None:
    dialplan = (written(tmp_path) / "extensions.conf").read_text()

    for name in ("unknown-number", "goodbye", "identity"):
        assert f"cc/{name}" in dialplan
        assert all((SOUNDS_FOLDER / language / "cc" / f"{name}.ulaw").exists() for language in ("en", "ru"))


def test_the_contexts_of_the_contract_are_there(tmp_path: Path) -> None:
    etc = written(tmp_path)
    dialplan = (etc / "extensions.conf").read_text() + (etc / "numbers.conf").read_text()

    assert all(f"[{context}]" in dialplan for context in CONTEXTS)
    assert all(f"exten => {landing.value},1," in dialplan for landing in Landing)


@pytest.mark.parametrize("bad", ["a b", "A", "x\n[y]", "", "${x}"])
def test_a_queue_cannot_be_named_so(bad: str) -> None:
    with pytest.raises(PbxError):
        QueueConfig(name=bad)


@pytest.mark.parametrize("bad", ["x\npassword=", "x;y", "[x]"])
def test_a_trunks_values_cannot_leave_their_line(bad: str) -> None:
    with pytest.raises(PbxError):
        Trunk(name="city", host="sip.example.com", username=bad)
    with pytest.raises(PbxError):
        Trunk(name="city", host=bad)


def test_a_number_cannot_lead_to_a_queue_that_is_not_there() -> None:
    with pytest.raises(PbxError, match="sales"):
        replace(CONFIG, numbers=(InboundNumber(number="+74955500100", queue="sales"),))


def test_ports_are_named_by_their_settings() -> None:
    named = ports_of(Ports(sip=1, ami=2, http=0))

    assert named == (("CALLCENTER_PBX_SIP_PORT", 1, "udp"), ("CALLCENTER_PBX_AMI_PORT", 2, "tcp"))


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6", (22, 10, 1)),
        ("Asterisk 20.6.0~dfsg", (20, 6, 0)),
        ("Asterisk certified/20.7-cert3", (20, 7, 0)),
        ("hello", None),
    ],
)
def test_versions_are_read(said: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(said) == version


def test_applications_and_functions_are_found_in_a_dialplan() -> None:
    text = "exten => s,1,Answer(,i)\n same => n(go),Set(CHANNEL(language)=${IF($[1]?en)})\n; Gone(x)\n"

    assert applications(text) == ["Answer", "Set"]
    assert functions(text) == ["CHANNEL", "IF"]


async def test_the_check_speaks_in_sentences() -> None:
    answers = {
        "core show version": "Asterisk 18.1.0 built by x",
        "module show": "\n".join(f"{name}.so x 0 Running core" for name in PBX if name != "app_queue"),
        "dialplan show": "\n".join(f"[ Context '{c}' created by 'x' ]" for c in CONTEXTS if c != "cc-hold"),
        "core show applications": "    Answer: Answer a channel\n",
        "core show functions": "CHANNEL  CHANNEL(item)  x\n",
        "manager show user events": "read perm: system,call,agent,user,dtmf\nwrite perm: <none>\n",
        "manager show user actions": "read perm: <none>\nwrite perm: call,agent,originate,user,system\n",
    }

    async def console(command: str) -> str:
        return answers[command]

    assert await findings(
        console, "exten => s,1,Answer(,i)\n same => n,Queue(x)\n same => n,Set(DB(a/b)=1)\n"
    ) == [
        "Asterisk 18 is too old; 20 or newer is needed.",
        "The module app_queue is not running.",
        "The dialplan has no context cc-hold.",
        "There is no dialplan application Queue.",
        "There is no dialplan application Set.",
        "There is no dialplan function DB.",
        "The AMI user actions lacks the write classes reporting.",
        "The AMI user actions should not have the write classes system.",
    ]


def test_the_users_rights_in_the_file_are_those_that_are_checked(tmp_path: Path) -> None:
    manager = (written(tmp_path) / "manager.conf").read_text()

    for user, rights in RIGHTS.items():
        section = manager.partition(f"[{user}]")[2].partition("\n[")[0]
        found = {
            line.partition("=")[0]: line.partition("=")[2] for line in section.splitlines() if "=" in line
        }
        assert {kind: set(filter(None, found[kind].split(","))) for kind in rights} == rights


def test_no_module_is_named_twice() -> None:
    assert len(ALL) == len(set(ALL))
    assert len(PBX) == len(set(PBX))
