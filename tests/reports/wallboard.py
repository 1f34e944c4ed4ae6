"""Writes `wallboard.json`: boards and the figures that follow. Run it when the projection changes on purpose:

python -m tests.reports.wallboard
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from reports.wallboard.projection import project

PATH = Path(__file__).with_suffix(".json")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Doc = dict[str, object]


def queue(name: str, **changes: object) -> Doc:
    """A calm queue, but for the changes."""
    calm: Doc = {
        "name": name,
        "title": name.title(),
        "waiting": 0,
        "longest_since": None,
        "ready": 2,
        "talking": 0,
        "agents": 4,
        "offered": 0,
        "answered": 0,
        "answered_in_target": 0,
        "abandoned": 0,
        "short_abandoned": 0,
        "service_level": None,
        "target": 0.8,
        "threshold_s": 20,
        "wait_limit_s": 60,
        "hours": [0] * 24,
    }
    return calm | changes


def board(queues: list[Doc], states: dict[str, int]) -> dict[str, dict[str, Doc]]:
    """The documents of these queues, and so many agents in each state."""
    agents: list[Doc] = [{"state": state} for state, count in states.items() for _ in range(count)]
    return {
        "queue": {str(q["name"]): q for q in queues},
        "agent": {str(number): agent for number, agent in enumerate(agents, start=1)},
        "call": {},
        "campaign": {},
    }


def waiting(seconds: float, count: int = 1) -> Doc:
    since = datetime.fromtimestamp(NOW.timestamp() - seconds, UTC)
    return {"waiting": count, "longest_since": since.isoformat(timespec="milliseconds")}


CASES: dict[str, dict[str, dict[str, Doc]]] = {
    "nothing yet": board([], {}),
    "a calm morning": board([queue("support"), queue("sales", target=0.9)], {"ready": 3, "offline": 2}),
    "a wait over its limit": board(
        [
            queue("vip", **waiting(112), answered=20, answered_in_target=15, abandoned=1, ready=0),
            queue("delivery", **waiting(51, 3), answered=38, answered_in_target=31, abandoned=2),
            queue("support", **waiting(30, 3), answered=90, answered_in_target=80, abandoned=1),
            queue("sales", answered=40, answered_in_target=38, abandoned=1),
            queue("night", answered=4, answered_in_target=4),
        ],
        {"talking": 22, "ready": 6, "wrapup": 4, "hold": 2, "paused": 4, "not-responding": 1, "dialling": 1},
    ),
    "exactly at three quarters": board([queue("support", **waiting(45))], {}),
    "a whisker below": board([queue("support", **waiting(44.9))], {}),
    "exactly at the limit": board([queue("support", **waiting(60))], {}),
    "halves round up": board([queue("support", answered=199, answered_in_target=159, abandoned=1)], {}),
    "few calls breach nothing": board([queue("support", answered=1, answered_in_target=0, abandoned=2)], {}),
    "many lost": board([queue("support", answered=60, answered_in_target=40, abandoned=10)], {}),
    "queues of different promises": board(
        [
            queue("vip", target=0.9, threshold_s=10, answered=10, answered_in_target=9),
            queue("mail", target=0.7, threshold_s=60, wait_limit_s=0, answered=30, answered_in_target=28),
        ],
        {"ringing": 2},
    ),
    "the same badness sorts by name": board([queue("b"), queue("a"), queue("c")], {}),
    "a clock that lags": board([queue("support", **waiting(-5))], {}),
}


def cases() -> list[dict[str, object]]:
    """Every case with what the projection makes of it."""
    made: list[dict[str, object]] = []
    for name, docs in CASES.items():
        figures = msgspec.to_builtins(project(docs, NOW))
        made.append({"name": name, "now": NOW.isoformat(), "docs": docs, "figures": figures})
    return made


if __name__ == "__main__":
    PATH.write_text(json.dumps(cases(), indent=1, ensure_ascii=False) + "\n")
