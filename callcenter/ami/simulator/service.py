"""The simulated Asterisk as a running service: a switch behind AMI and ARI ports."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from random import Random

from aiohttp import web

from callcenter.ami.connection import AmiAddress
from callcenter.ami.link import AmiUsers
from callcenter.ami.simulator.rest import Rest
from callcenter.ami.simulator.sessions import Sessions, User
from callcenter.ami.simulator.switch import Switch
from callcenter.ami.simulator.timeline import Timeline
from callcenter.ami.simulator.world import (
    BUSY,
    CONGESTED,
    GAVE_UP,
    OUT_OF_ORDER,
    REJECTED,
    UNALLOCATED,
    Answers,
    Fails,
    Outcome,
    Queue,
    RingsOut,
)

_EVENTS_USER = ("events", "simulated-events")
_ACTIONS_USER = ("actions", "simulated-actions")
_ARI_USER = ("callcenter", "simulated-ari")

_LONGEST_RING_SECONDS = 30.0
_HANGS_UP_SECONDS = 2.0
_FAILURES: Mapping[str, Fails] = {
    "20": BUSY,
    "22": REJECTED,
    "23": UNALLOCATED,
    "24": UNALLOCATED,
    "25": CONGESTED,
    "26": OUT_OF_ORDER,
    "27": GAVE_UP,
}


def by_last_digits(number: str) -> Outcome:
    """The laboratory carrier's rule for `..RRSS`: RR half seconds of ringing, then what SS says."""
    digits = "".join(c for c in number if c.isdecimal()).rjust(4, "0")
    ring = min(int(digits[-4:-2]) / 2, _LONGEST_RING_SECONDS)
    code = digits[-2:]
    if code == "21":
        return RingsOut()
    if failure := _FAILURES.get(code):
        return replace(failure, after_seconds=ring + failure.after_seconds)
    return Answers(after_seconds=ring, stays_seconds=_HANGS_UP_SECONDS if code == "03" else None)


class Simulator:
    """Listens on loopback. `switch` is the scene: phones register there, customers call in there.

    `numbers` maps a number of ours to its queue and language; `outcomes` says what a dialled number does.
    """

    def __init__(
        self,
        *,
        timeline: Timeline,
        random: Random,
        numbers: Mapping[str, tuple[str, str]],
        outcomes: Callable[[str], Outcome] = by_last_digits,
    ) -> None:
        self._timeline = timeline
        self._random = random
        self._numbers = dict(numbers)
        self._outcomes = outcomes
        self._sessions = Sessions(
            {
                _EVENTS_USER[0]: User(secret=_EVENTS_USER[1], reads=True, acts=False),
                _ACTIONS_USER[0]: User(secret=_ACTIONS_USER[1], reads=False, acts=True),
            }
        )
        self.rest = Rest(*_ARI_USER)
        self._server: asyncio.Server | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._http_port = 0
        self.switch = self._new_switch()

    @property
    def users(self) -> AmiUsers:
        """What an `AmiLink` needs."""
        events, actions = (
            AmiAddress(host="127.0.0.1", port=self._port, username=name, secret=secret)
            for name, secret in (_EVENTS_USER, _ACTIONS_USER)
        )
        return AmiUsers(events=events, actions=actions)

    @property
    def ari(self) -> tuple[str, str, str]:
        """Base URL, user name and password for a `Provisioner`."""
        return f"http://127.0.0.1:{self._http_port}/ari", *_ARI_USER

    async def start(self) -> None:
        """Open the ports (the same again after `stop`)."""
        self._server = await asyncio.start_server(self._sessions.accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self._runner = web.AppRunner(self.rest.application())
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._http_port)
        await site.start()
        self._http_port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Asterisk dies: connections break and all calls are gone."""
        if self._server is not None:
            self._server.close()
            self._sessions.cut()
            await self._server.wait_closed()
            self._server = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        phones = self.switch.phones
        self.switch.close()
        self.switch = self._new_switch()
        for agent_id in phones:
            self.switch.phones[agent_id] = phones[agent_id]
            self.switch.devices[f"PJSIP/agent{agent_id}"] = "NOT_INUSE"

    def teach(self, numbers: Mapping[str, tuple[str, str]], queues: Iterable[str]) -> None:
        """The dialplan and the queues are others now, as after a reload; members and callers stay."""
        self._numbers.clear()
        self._numbers.update(numbers)
        for queue in queues:
            self.switch.queues.setdefault(queue, Queue())

    def cut(self) -> None:
        """Only the AMI connections break; calls go on."""
        self._sessions.cut()

    def fall_silent(self, silent: bool) -> None:
        """Half-open: the connection stands, nothing comes."""
        self._sessions.silent = silent

    def _new_switch(self) -> Switch:
        switch = Switch(
            timeline=self._timeline,
            random=self._random,
            emit=self._sessions.say,
            numbers=self._numbers,
            outcomes=self._outcomes,
        )
        self._sessions.serve(switch)
        self.rest.serve(switch)
        return switch
