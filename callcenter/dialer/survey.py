"""What customers hear and press when a campaign has no agents. Pure.

A survey is steps by name, the first is `start`. A step has a prompt and keys; a key may record an answer, and
leads to another step, to a queue, to the do-not-call list, or to the end:

    {"start": {"prompt": "cc/spring", "keys": {"1": {"answer": "yes", "then": "thanks"},
                                               "2": {"queue": "sales"}, "9": {"opt_out": true}}},
     "thanks": {"prompt": "cc/thanks"}}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

START = "start"
KEYS = frozenset("0123456789*#")
PROMPT = re.compile(r"[a-z0-9-]{1,40}(/[a-z0-9-]{1,40}){0,3}")
QUEUE = re.compile(r"[a-z0-9-]{1,40}")
USUAL_PROMPT = "cc/message"
OPT_OUT_KEY = "9"
MOST_STEPS = 30


class BadSurvey(ValueError):
    """A survey that cannot be followed; the text names the step."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a key does. Without `then`, `queue` and `opt_out` the call ends."""

    answer: str = ""
    then: str = ""
    queue: str = ""
    opt_out: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A prompt and its keys."""

    prompt: str
    keys: Mapping[str, Choice] = field(default_factory=dict)


Survey = Mapping[str, Step]


def read(steps: Mapping[str, Any]) -> Survey:
    """A survey as rows keep it. Raises `BadSurvey`."""
    if not steps:
        return {}
    if START not in steps or len(steps) > MOST_STEPS:
        raise BadSurvey(START)
    return {name: _step(name, step, steps) for name, step in steps.items()}


def only_a_message(prompt: str) -> Survey:
    """What a campaign without a survey says: its message, with the key against further calls."""
    return {START: Step(prompt or USUAL_PROMPT, {OPT_OUT_KEY: Choice(opt_out=True)})}


def _step(name: str, step: Any, steps: Mapping[str, Any]) -> Step:
    if not isinstance(step, Mapping) or not PROMPT.fullmatch(str(step.get("prompt", ""))):
        raise BadSurvey(name)
    keys = step.get("keys", {})
    if not isinstance(keys, Mapping) or not keys.keys() <= KEYS:
        raise BadSurvey(name)
    return Step(str(step["prompt"]), {key: _choice(name, one, steps) for key, one in keys.items()})


def _choice(name: str, given: Any, steps: Mapping[str, Any]) -> Choice:
    try:
        choice = Choice(**given)
    except TypeError as error:
        raise BadSurvey(name) from error
    ways = (bool(choice.then), bool(choice.queue), bool(choice.opt_out))
    fits = len(choice.answer) <= 80 and (not choice.queue or QUEUE.fullmatch(choice.queue))
    if sum(ways) > 1 or not fits or (choice.then and choice.then not in steps):
        raise BadSurvey(name)
    return choice
