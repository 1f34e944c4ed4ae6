"""The dialplan contract as programs: each place a leg can be sent to is a generator of pauses.

A bridge suspends a program; when the leg leaves the bridge its program goes on with the next step, as a
channel goes on with the next priority.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from callcenter.ami.simulator.world import UP, Leg, Pause, Program, Queue

if TYPE_CHECKING:
    from callcenter.ami.simulator.switch import Switch

_NORMAL = 16
_UNALLOCATED = 1
_STALE_SECONDS = 5
_STALE_ON_HOLD_SECONDS = 30
_SLICE_SECONDS = 5.0
_HOLD_SLICE_SECONDS = 10.0
_PROMPT_SECONDS = 2.0
_DECISION_SECONDS = 25.0
_DROP_SECONDS = 2.0
_MEMBER = re.compile(r"Local/([0-9]+)@cc-fallback-agent(/n)?")


class Dialplan:
    """The programs, and app_queue for the fallback."""

    def __init__(self, switch: "Switch") -> None:
        self._switch = switch
        self._programs: Mapping[str, Callable[[Leg], Program]] = {
            "from-trunk": self._from_trunk,
            "cc-queue": self._queue,
            "cc-served": self._served,
            "cc-hold": self._hold,
            "cc-outbound": self._outbound,
            "cc-machine": self._machine,
            "cc-agent": self._agent,
            "cc-transfer": self._transfer,
            "cc-fallback": self._fallback,
        }

    def program(self, leg: Leg, context: str) -> Program:
        """The program of this context; an unknown one ends the leg."""
        return self._programs.get(context, self._nowhere)(leg)

    def left_queue(self, leg: Leg) -> None:
        """The leg waits in app_queue no longer, unserved."""
        for name, queue in self._switch.queues.items():
            if leg in queue.callers:
                waited = int((self._switch.timeline.now() - leg.created_at).total_seconds())
                place = [("Queue", name), ("Position", str(queue.callers.index(leg) + 1))]
                abandoned = [*place, ("OriginalPosition", "1"), ("HoldTime", str(waited))]
                self._switch.queue_event("QueueCallerAbandon", leg, abandoned)
                self._leave_queue(name, queue, leg)

    def serve_queues(self) -> None:
        """Look soon whether a free member can get a waiting caller."""
        if any(queue.callers for queue in self._switch.queues.values()):
            self._switch.timeline.later(0.0, self._serve)

    def _serve(self) -> None:
        for name, queue in self._switch.queues.items():
            for caller in tuple(queue.callers):
                agent = self._free_agent(queue)
                if agent is None:
                    break
                agent_id, nailed = agent
                self._leave_queue(name, queue, caller)
                one, two = self._switch.local_pair(caller, agent_id, "cc-fallback-agent")
                self._switch.bridge(one, caller)
                self._switch.bridge(two, nailed)

    def _free_agent(self, queue: Queue) -> tuple[str, Leg] | None:
        for member in queue.members.values():
            match = _MEMBER.fullmatch(member.interface)
            if match is None or member.paused:
                continue
            if self._switch.devices.get(member.state_interface) != "NOT_INUSE":
                continue
            nailed = self._switch.legs.get(self._switch.globals.get(f"CC_LEG_{match[1]}", ""))
            if nailed is not None and nailed.state == UP and nailed.bridge is None:
                return match[1], nailed
        return None

    def _leave_queue(self, name: str, queue: Queue, leg: Leg) -> None:
        position = queue.callers.index(leg) + 1
        queue.callers.remove(leg)
        place = [("Queue", name), ("Position", str(position)), ("Count", str(len(queue.callers)))]
        self._switch.queue_event("QueueCallerLeave", leg, place)

    def _stale(self, seconds: int) -> bool:
        beat = int(self._switch.globals.get("CC_BEAT") or 0)
        return self._switch.timeline.now().timestamp() - beat > seconds

    def _nowhere(self, _: Leg) -> Program:
        yield from ()
        return _NORMAL

    def _from_trunk(self, leg: Leg) -> Program:
        known = self._switch.numbers.get(leg.dialled.removeprefix("+"))
        if known is None:
            yield Pause(_PROMPT_SECONDS)
            return _UNALLOCATED
        leg.variables["CC_QUEUE"], leg.variables["CC_LANG"] = known
        leg.variables["CC_RECORD"] = leg.leg_id
        return "cc-queue", "s"

    def _queue(self, leg: Leg) -> Program:
        self._switch.answer(leg)
        self._switch.record(leg)
        if not leg.variables.get("CC_JOINED_MS"):
            leg.variables["CC_JOINED_MS"] = str(int(self._switch.timeline.now().timestamp() * 1000))
        joined = ("JoinedMs", leg.variables["CC_JOINED_MS"])
        self._switch.user_event(leg, "CCQueued", ("Queue", leg.variables.get("CC_QUEUE", "")), joined)
        while True:
            if _served(leg):
                return "cc-served", "s"
            if self._stale(_STALE_SECONDS):
                return "cc-fallback", "s"
            if leg.variables.pop("CC_ANNOUNCE", ""):
                yield Pause(_PROMPT_SECONDS)
                if _served(leg):
                    return "cc-served", "s"
            yield Pause(_SLICE_SECONDS, music=True)

    def _served(self, leg: Leg) -> Program:
        if leg.exten != "bye":
            leg.variables["CC_SERVED"] = "0"
            self._switch.user_event(leg, "CCReturned")
            yield Pause(_DECISION_SECONDS, music=True)
            if _served(leg):
                return "cc-served", "s"
            if leg.variables.get("CC_QUEUE"):
                return "cc-queue", "s"
        yield Pause(_PROMPT_SECONDS)
        return ("cc-served", "s") if _served(leg) else _NORMAL

    def _hold(self, leg: Leg) -> Program:
        while not _served(leg):
            if self._stale(_STALE_ON_HOLD_SECONDS):
                return "cc-fallback", "s"
            yield Pause(_HOLD_SLICE_SECONDS, music=True)
        return "cc-served", "s"

    def _outbound(self, leg: Leg) -> Program:
        self._switch.record(leg)
        attempt = ("Attempt", leg.variables.get("CC_ATTEMPT", ""))
        self._switch.user_event(leg, "CCAnswered", attempt)
        if leg.exten == "manual":
            while True:
                yield Pause(_SLICE_SECONDS)
                if _served(leg):
                    return "cc-served", "s"
                if self._stale(_STALE_ON_HOLD_SECONDS):
                    return _NORMAL
        yield Pause(_DROP_SECONDS)
        if _served(leg):
            return "cc-served", "s"
        self._switch.user_event(leg, "CCDropped", attempt)
        yield Pause(_PROMPT_SECONDS)
        return ("cc-served", "s") if _served(leg) else _NORMAL

    def _machine(self, leg: Leg) -> Program:
        attempt = ("Attempt", leg.variables.get("CC_ATTEMPT", ""))
        self._switch.user_event(leg, "CCMessage", attempt)
        yield Pause(_PROMPT_SECONDS)
        self._switch.user_event(leg, "CCMessageLeft", attempt, ("Status", "SUCCESS"))
        return _NORMAL

    def _agent(self, leg: Leg) -> Program:
        self._switch.user_event(leg, "CCAgentLeg", ("Agent", leg.variables.get("CC_AGENT", "")))
        while True:
            yield Pause(600.0)

    def _transfer(self, leg: Leg) -> Program:
        leg.variables.pop("DIALSTATUS", None)
        target, trunk = leg.variables.get("CC_TARGET", ""), leg.variables.get("CC_TRUNK", "")
        self._switch.dial_from(leg, target, trunk, 45.0)
        yield Pause(None)
        if leg.variables.get("DIALSTATUS") == "ANSWER":
            return _NORMAL
        self._switch.user_event(leg, "CCTransferFailed", ("Status", "NOANSWER"))
        leg.variables["CC_SERVED"] = "0"
        if leg.variables.get("CC_QUEUE"):
            return "cc-queue", "s"
        yield Pause(_PROMPT_SECONDS)
        return ("cc-served", "s") if _served(leg) else _NORMAL

    def _fallback(self, leg: Leg) -> Program:
        leg.variables["CC_SERVED"] = "0"
        name = leg.variables.get("CC_QUEUE", "")
        self._switch.user_event(leg, "CCFallback", ("Queue", name))
        queue = self._switch.queues.get(name)
        if queue is not None:
            queue.callers.append(leg)
            count = str(len(queue.callers))
            place = [("Queue", name), ("Position", count), ("Count", count)]
            self._switch.queue_event("QueueCallerJoin", leg, place)
            self.serve_queues()
            yield Pause(None, music=True)
            if leg.variables.pop("QUEUESTATUS", "") == "WITHDRAW" or not self._stale(_STALE_SECONDS):
                return ("cc-served", "s") if _served(leg) else ("cc-queue", "s")
        yield Pause(_PROMPT_SECONDS)
        return _NORMAL


def _served(leg: Leg) -> bool:
    """An agent was joined since the mark was last cleared."""
    return leg.variables.get("CC_SERVED") == "1"
