"""The command line of the lab."""

import argparse
from pathlib import Path

import pytest

from callcenter.lab.cli import add_parser, parse_mix, per_minute, run
from callcenter.lab.numbering import USUAL_WEIGHTS, Mix, Scenario
from callcenter.pbx.errors import PbxError


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(dest="command"))
    return parser.parse_args(["lab", *words])


@pytest.mark.parametrize(("text", "rate"), [("6/min", 6), ("0.5/s", 30), ("90/h", 1.5), ("12", 12)])
def test_rates_are_calls_in_a_minute(text: str, rate: float) -> None:
    assert per_minute(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "0", "-1", "6/day", "fast"])
def test_a_rate_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(PbxError):
        per_minute(text)


def test_a_mix_is_a_prefix_a_seed_and_weights() -> None:
    assert parse_mix("+7495:42:person=3,busy=1") == Mix(
        prefix="7495", seed=42, weights={Scenario.PERSON: 3, Scenario.BUSY: 1}
    )
    assert parse_mix("7495:42").weights == USUAL_WEIGHTS


@pytest.mark.parametrize("text", ["7495:x", "7495:1:person", "7495:1:nobody=3"])
def test_a_mix_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        parse_mix(text)


def test_without_a_word_the_carrier_runs_on_its_usual_ports() -> None:
    arguments = parsed()

    assert arguments.lab_command is None
    assert (arguments.pbx_port, arguments.sip_port, arguments.folder) == (15060, 15070, Path("var/carrier"))


def test_a_number_can_be_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(parsed("number", "+74957000420")) == 0
    assert capsys.readouterr().out == "every call: busy after 2 s\n"


def test_a_number_of_a_mix_is_foretold_call_by_call(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Mix(prefix="7495", seed=3).outcome("+74957000420", 2)

    assert run(parsed("number", "+74957000420", "--mix", "7495:3", "--calls", "2")) == 0
    assert (
        capsys.readouterr().out.splitlines()[1]
        == f"call 2: {outcome.scenario} after {outcome.ring_seconds:g} s"
    )


def test_a_wrong_rate_ends_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("call", "--from", "+74951112233", "--to", "+74955500100", "--rate", "often")

    assert run(parsed(*words)) == 1
    assert "rate" in capsys.readouterr().err
