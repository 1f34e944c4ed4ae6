"""The agent's state machine. Pure: a table, one step function, and what follows a call.

What Asterisk confirms moves it (`CONNECT`, `END`, leg events turned into triggers by the roster); a button
alone moves only what needs no telephone (`READY`, `PAUSE`, `FINISH`).
"""

from dataclasses import dataclass
from enum import StrEnum

from callcenter.kernel.errors import Conflict


class State(StrEnum):
    """Where an agent stands. There is exactly one at a time."""

    OFFLINE = "offline"
    READY = "ready"
    RINGING = "ringing"
    DIALLING = "dialling"
    TALKING = "talking"
    HOLD = "hold"
    WRAPUP = "wrapup"
    PAUSED = "paused"
    NOT_RESPONDING = "not-responding"


class Trigger(StrEnum):
    """What moves an agent."""

    START = "start"  # the shift begins
    READY = "ready"
    PAUSE = "pause"
    STOP = "stop"  # the shift ends
    OFFER = "offer"
    WITHDRAW = "withdraw"  # the offered call went away
    DECLINE = "decline"
    TIMEOUT = "timeout"  # the offered call was not taken in time
    DIAL = "dial"
    CONNECT = "connect"
    HOLD = "hold"
    RESUME = "resume"
    END = "end"  # the conversation is over for this agent
    FINISH = "finish"  # wrap-up is over: by the agent or by its clock
    FAIL = "fail"  # the phone is gone while the agent was available


AFTER = "after"  # in the table: whatever was planned as the next state

S, T = State, Trigger

TABLE: dict[tuple[State, Trigger], State | str] = {
    (S.OFFLINE, T.START): S.PAUSED,
    (S.READY, T.PAUSE): S.PAUSED,
    (S.READY, T.STOP): S.OFFLINE,
    (S.READY, T.OFFER): S.RINGING,
    (S.READY, T.CONNECT): S.TALKING,
    (S.READY, T.DIAL): S.DIALLING,
    (S.READY, T.FAIL): S.PAUSED,
    (S.PAUSED, T.READY): S.READY,
    (S.PAUSED, T.PAUSE): S.PAUSED,
    (S.PAUSED, T.STOP): S.OFFLINE,
    (S.PAUSED, T.DIAL): S.DIALLING,
    (S.PAUSED, T.FAIL): S.PAUSED,
    # a call that app_queue gave to an agent while the service was away
    (S.PAUSED, T.CONNECT): S.TALKING,
    (S.NOT_RESPONDING, T.CONNECT): S.TALKING,
    (S.WRAPUP, T.CONNECT): S.TALKING,
    (S.RINGING, T.CONNECT): S.TALKING,
    (S.RINGING, T.WITHDRAW): AFTER,
    (S.RINGING, T.DECLINE): AFTER,
    (S.RINGING, T.TIMEOUT): S.NOT_RESPONDING,
    (S.RINGING, T.FAIL): S.PAUSED,
    (S.RINGING, T.STOP): S.OFFLINE,
    (S.DIALLING, T.CONNECT): S.TALKING,
    (S.DIALLING, T.END): S.WRAPUP,
    (S.DIALLING, T.FAIL): S.WRAPUP,
    (S.TALKING, T.HOLD): S.HOLD,
    (S.TALKING, T.END): S.WRAPUP,
    (S.HOLD, T.RESUME): S.TALKING,
    (S.HOLD, T.CONNECT): S.TALKING,
    (S.HOLD, T.END): S.WRAPUP,
    (S.WRAPUP, T.FINISH): AFTER,
    (S.WRAPUP, T.STOP): S.OFFLINE,
    (S.WRAPUP, T.DIAL): S.DIALLING,
    (S.WRAPUP, T.FAIL): S.WRAPUP,
    (S.NOT_RESPONDING, T.READY): S.READY,
    (S.NOT_RESPONDING, T.PAUSE): S.PAUSED,
    (S.NOT_RESPONDING, T.STOP): S.OFFLINE,
    (S.NOT_RESPONDING, T.DIAL): S.DIALLING,
    (S.NOT_RESPONDING, T.FAIL): S.PAUSED,
}

ON_CALL = frozenset({State.RINGING, State.DIALLING, State.TALKING, State.HOLD})
IN_CONVERSATION = frozenset({State.TALKING, State.HOLD})
PLANNABLE = frozenset({State.READY, State.PAUSED, State.OFFLINE})


class IllegalStep(Conflict):
    """The agent's state does not allow this."""

    key = "illegal-step"
    message = "This is not possible now: the agent is in the state “{state}”."


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows the present call: `READY`, `PAUSED` with a reason, or `OFFLINE`."""

    state: State = State.READY
    reason: str = ""


def step(state: State, trigger: Trigger, plan: Plan) -> Plan:
    """The next state and its reason. Raises `IllegalStep` for a pair that the table does not hold."""
    target = TABLE.get((state, trigger))
    if target is None:
        raise IllegalStep(state=state, trigger=trigger)
    if target == AFTER:
        return plan
    return Plan(state=State(target))


def allows(state: State, trigger: Trigger) -> bool:
    """Would this step be legal?"""
    return (state, trigger) in TABLE
