"""What the carrier is told, and the call files it gets."""

from pathlib import Path

import pytest

from callcenter.lab.carrier import Caller, CarrierConfig, Phone, carrier, dial_from_phone, place
from callcenter.lab.numbering import Mix, Outcome, Scenario
from callcenter.lab.tones import mu_law, tone
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.errors import PbxError
from callcenter.pbx.instance import Instance


@pytest.fixture
def some(tmp_path: Path) -> Instance:
    """A carrier that is configured and does not run."""
    asterisk = Asterisk((22, 0, 0), ("asterisk",), tmp_path / "modules", tmp_path / "data")
    config = CarrierConfig(
        numbers={"+7 495 111-22-33": Outcome(Scenario.BUSY)}, mixes=(Mix(prefix="7499", seed=4),)
    )
    made = carrier(tmp_path / "carrier", asterisk, config)
    made.configure()
    return made


def dialplan(instance: Instance) -> str:
    return (instance.folder / "etc/extensions.conf").read_text()


def test_named_numbers_come_before_mixes_and_mixes_before_the_last_digits(some: Instance) -> None:
    text = dialplan(some)

    assert "exten => 74951112233,1,Set(LAB_ROW=busy:0.0:0)" in text
    assert (
        text.index("exten => 74951112233,1") < text.index("exten => _7499!,1") < text.index("exten => _X!,1")
    )


def test_the_table_of_a_mix_is_written_row_by_row(some: Instance) -> None:
    row = Mix(prefix="7499", seed=4).rows()[17]

    wanted = f"exten => 17,1,Set(LAB_ROW={row.scenario.value}:{row.ring_seconds}:{row.talk_seconds})"
    assert wanted in dialplan(some)


def test_a_call_is_a_file_moved_into_the_spool(some: Instance) -> None:
    place(some, Caller(number="+74951112233", to="+74955500100", talk_seconds=20, name="Анна"))

    (file,) = (some.spool / "outgoing").iterdir()
    lines = file.read_text().splitlines()
    assert "Channel: PJSIP/+74955500100@pbx" in lines
    assert 'CallerID: "Анна" <+74951112233>' in lines
    assert "Setvar: LAB_TALK=20" in lines
    assert not list((some.spool / "tmp").iterdir())


@pytest.mark.parametrize("bad", ["", "12a", "1\n2", "+7495&PJSIP/x", "1@x"])
def test_what_is_not_a_number_is_refused(some: Instance, bad: str) -> None:
    with pytest.raises(PbxError):
        Caller(number=bad, to="+74955500100")
    with pytest.raises(PbxError):
        Caller(number="+74951112233", to=bad)
    with pytest.raises(PbxError):
        dial_from_phone(some, "agent1", bad)


@pytest.mark.parametrize("name", ["a\nApplication: System", 'a" <1>', "x" * 61])
def test_a_name_cannot_leave_its_line(name: str) -> None:
    with pytest.raises(PbxError):
        Caller(number="+74951112233", to="+74955500100", name=name)


def test_a_phones_password_cannot_leave_its_line() -> None:
    with pytest.raises(PbxError):
        Phone(username="agent1", password="x\n[trunk]")


def test_mu_law_agrees_with_its_definition_at_the_ends_and_at_silence() -> None:
    assert [mu_law(0), mu_law(32767), mu_law(-32768)] == [0xFF, 0x80, 0x00]


def test_a_tone_lasts_as_long_as_it_was_asked_for() -> None:
    assert len(tone(440, 0.5)) == 4000
