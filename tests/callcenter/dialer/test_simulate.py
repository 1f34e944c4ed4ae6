"""`callcenter simulate`."""

import argparse
import json
from typing import Any

import pytest

from callcenter.dialer.simulate import add_parser, run


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(dest="command"))
    return parser.parse_args(["simulate", *words])


def test_it_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(arguments("--agents", "2,4", "--hours", "0.5", "--days", "2", "--mode", "progressive"), "")

    lines = capsys.readouterr().out.splitlines()
    assert status == 0
    assert lines[0].split()[:4] == ["agents", "mode", "limit", "%"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["2", "progressive", "3.0"],
        ["4", "progressive", "3.0"],
    ]


def test_it_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    run(arguments("--agents", "2", "--hours", "0.5", "--days", "1", "--limit", "2", "--json"), "")

    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert [(row["pace"], row["limit"]) for row in rows] == [
        ("progressive", 0.02),
        ("ratio", 0.02),
        ("predictive", 0.02),
    ]


@pytest.mark.parametrize(
    "words", [("--agents", "0"), ("--answer", "0"), ("--limit", "101"), ("--days", "-1")]
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        arguments(*words)
