"""The desk's verbs, as people send them: arguments checked, then one call of the desk."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from callcenter.agents.commands import CommandDesk
from callcenter.agents.desk import Desk
from callcenter.agents.events import CommandIssued
from callcenter.agents.machine import IllegalStep, Plan, State
from callcenter.agents.roster import AgentSession, Roster
from callcenter.calls import service
from callcenter.kernel import phone
from callcenter.kernel.errors import Forbidden, Invalid, NotFound, Unavailable
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Actor, Transactions, Tx

LONGEST_EXTENSION_SECONDS = 300
LONGEST_ID = 18
JOURNAL_SECONDS = 5
TONES = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class Disposal:
    """What an agent says of a call when finishing: plain arguments of `finish`."""

    call_id: str
    agent_id: int
    disposition: str
    args: dict[str, str]


Disposer = Callable[[Tx, Disposal], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Results:
    """What `finish` needs to write what an agent says of a call.

    `journaled` waits until the rows tell of everything that has happened until now; the `disposers` run in
    the same transaction.
    """

    transactions: Transactions
    journaled: Callable[[], Awaitable[None]]
    disposers: tuple[Disposer, ...]


class Verbs:
    """Registers itself on the command desk."""

    def __init__(
        self,
        *,
        commands: CommandDesk,
        roster: Roster,
        desk: Desk,
        results: Results,
        home_region: str,
        queues: Callable[[], frozenset[str]],
    ) -> None:
        self._roster = roster
        self._desk = desk
        self._results = results
        self._region = home_region
        self._queues = queues
        for verb, handler in {
            "start_shift": self._plain(desk.start_shift),
            "end_shift": self._plain(desk.end_shift),
            "set_ready": self._plain(desk.set_ready),
            "set_paused": self._set_paused,
            "set_next": self._set_next,
            "answer": self._plain(desk.answer),
            "decline": self._plain(desk.decline),
            "hold": self._awaited(desk.hold),
            "resume": self._awaited(desk.resume),
            "hang_up": self._awaited(desk.hang_up),
            "press": self._press,
            "set_recording": self._set_recording,
            "transfer_queue": self._transfer_queue,
            "transfer_number": self._transfer_number,
            "transfer_agent": self._transfer_agent,
            "consult_number": self._consult_number,
            "consult_agent": self._consult_agent,
            "consult_swap": self._awaited(desk.consult_swap),
            "consult_complete": self._awaited(desk.consult_complete),
            "consult_cancel": self._awaited(desk.consult_cancel),
            "extend_wrapup": self._extend,
            "finish": self._finish,
            "supervise_ready": self._supervise(desk.set_ready),
            "supervise_pause": self._supervise_pause,
            "supervise_logout": self._supervise(desk.end_shift),
        }.items():
            commands.register(verb, handler)

    def _session(self, command: CommandIssued) -> AgentSession:
        if command.agent_id is None:
            raise Forbidden
        return self._roster.get(command.agent_id)

    def _plain(self, act: Callable[[AgentSession], None]) -> Callable[[CommandIssued], Awaitable[None]]:
        async def handler(command: CommandIssued) -> None:
            act(self._session(command))

        return handler

    def _awaited(
        self, act: Callable[[AgentSession], Awaitable[None]]
    ) -> Callable[[CommandIssued], Awaitable[None]]:
        async def handler(command: CommandIssued) -> None:
            await act(self._session(command))

        return handler

    def _supervise(self, act: Callable[[AgentSession], None]) -> Callable[[CommandIssued], Awaitable[None]]:
        """On another agent; the socket has checked the right `floor.steer`."""

        async def handler(command: CommandIssued) -> None:
            act(self._other(command))

        return handler

    def _other(self, command: CommandIssued) -> AgentSession:
        text = command.args.get("agent_id", "")
        if not _whole(text):
            raise Invalid({"agent_id": marked("This is not a number.")})
        return self._roster.get(int(text))

    async def _set_paused(self, command: CommandIssued) -> None:
        self._desk.set_paused(self._session(command), command.args.get("reason", ""))

    async def _supervise_pause(self, command: CommandIssued) -> None:
        self._desk.set_paused(self._other(command), command.args.get("reason", ""))

    async def _set_next(self, command: CommandIssued) -> None:
        try:
            state = State(command.args.get("state", ""))
        except ValueError as error:
            raise Invalid({"state": marked("There is no such state.")}) from error
        self._roster.plan(self._session(command), Plan(state, command.args.get("reason", "")))

    async def _press(self, command: CommandIssued) -> None:
        digits = command.args.get("digits", "")
        if not digits or not set(digits) <= TONES:
            raise Invalid({"digits": marked("Only digits, * and # can be sent.")})
        await self._desk.press(self._session(command), digits)

    async def _set_recording(self, command: CommandIssued) -> None:
        on = command.args.get("on", "").lower() in ("1", "true", "yes")
        await self._desk.set_recording(self._session(command), on=on)

    async def _transfer_queue(self, command: CommandIssued) -> None:
        queue = command.args.get("queue", "")
        if queue not in self._queues():
            raise Invalid({"queue": marked("There is no such queue.")})
        await self._desk.transfer_to_queue(self._session(command), queue, "")

    def _number(self, command: CommandIssued) -> str:
        number = phone.to_e164(command.args.get("number", ""), self._region)
        if number is None:
            raise Invalid({"number": marked("This is not a telephone number.")})
        return number

    async def _transfer_number(self, command: CommandIssued) -> None:
        await self._desk.transfer_to_number(self._session(command), self._number(command))

    async def _transfer_agent(self, command: CommandIssued) -> None:
        await self._desk.transfer_to_agent(self._session(command), self._other(command))

    async def _consult_number(self, command: CommandIssued) -> None:
        await self._desk.consult_number(self._session(command), self._number(command))

    async def _consult_agent(self, command: CommandIssued) -> None:
        await self._desk.consult_agent(self._session(command), self._other(command))

    async def _extend(self, command: CommandIssued) -> None:
        text = command.args.get("seconds", "30")
        if not _whole(text) or not 0 < int(text) <= LONGEST_EXTENSION_SECONDS:
            raise Invalid({"seconds": marked("This is not a number.")})
        self._desk.extend_wrapup(self._session(command), int(text))

    async def _dispose(self, tx: Tx, disposal: Disposal) -> None:
        """What was never dialled has no call to write on, but its lead has."""
        with suppress(NotFound):
            await service.dispose(tx, disposal.call_id, disposal.disposition, disposal.agent_id)

    async def _finish(self, command: CommandIssued) -> None:
        """Keep what the agent says of the call, then end wrap-up."""
        session = self._session(command)
        if session.state is not State.WRAPUP:
            raise IllegalStep(state=session.state)
        call_id = session.call_id
        disposition = command.args.get("disposition", "")
        if disposition:
            disposal = Disposal(
                call_id=call_id,
                agent_id=session.agent_id,
                disposition=disposition,
                args=command.args,
            )
            actor = Actor(
                user_id=command.user_id,
                name=session.profile.name,
                login="",
                role="agent",
                permissions=frozenset(),
                language="en",
            )
            await self._wait_for_rows()
            async with self._results.transactions.begin(actor) as tx:
                await self._dispose(tx, disposal)
                for disposer in self._results.disposers:
                    await disposer(tx, disposal)
        if _wraps_up(session, call_id):
            self._desk.finish(session, disposition)

    async def _wait_for_rows(self) -> None:
        """Who is quick with the result may be faster than the call's own row."""
        try:
            async with asyncio.timeout(JOURNAL_SECONDS):
                await self._results.journaled()
        except TimeoutError as error:
            raise Unavailable(key="journal") from error


def _whole(text: str) -> bool:
    """A number that `int` and a column can take."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def _wraps_up(session: AgentSession, call_id: str) -> bool:
    """Is this call still the one? The clock may have ended its wrap-up meanwhile."""
    return session.state is State.WRAPUP and session.call_id == call_id
