"""Commands from people to the floor: who may send which verb, and the one place they arrive."""

from collections.abc import Awaitable, Callable, Sequence

from callcenter.agents.events import CommandDone, CommandIssued
from callcenter.calls.control import ControlError
from callcenter.kernel.bus import Bus
from callcenter.kernel.clock import Clock
from callcenter.kernel.errors import DomainError, Invalid, NotFound, Unavailable
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks

Handler = Callable[[CommandIssued], Awaitable[None]]


class CommandDesk:
    """Verbs and their handlers. A handler changes state before its first await, or refuses."""

    def __init__(self, bus: Bus, clock: Clock, tasks: Tasks) -> None:
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._handlers: dict[str, Handler] = {}

    def register(self, verb: str, handler: Handler) -> None:
        if verb in self._handlers:
            raise ValueError(f"two handlers for {verb}")
        self._handlers[verb] = handler

    async def receive(self, events: Sequence[Event]) -> None:
        """The bus subscriber: every command runs in a task of its own, started in order."""
        for command in events:
            if isinstance(command, CommandIssued):
                self._tasks.spawn(f"command:{command.verb}", self.carry_out(command))

    async def carry_out(self, command: CommandIssued) -> None:
        """Run one command and publish its answer."""
        try:
            handler = self._handlers.get(command.verb)
            if handler is None:
                raise NotFound(key="unknown-verb")
            await handler(command)
        except DomainError as error:
            self._answer(command, error)
        except ControlError as error:
            self._answer(command, Unavailable(key=f"telephony-{error.code}"))
        else:
            self._bus.publish(CommandDone(at=self._clock.now(), command_id=command.command_id, ok=True))

    def _answer(self, command: CommandIssued, error: DomainError) -> None:
        message = next(iter(error.fields.values())) if isinstance(error, Invalid) else error.message
        self._bus.publish(
            CommandDone(
                at=self._clock.now(),
                command_id=command.command_id,
                ok=False,
                key=error.key,
                message=message,
                values={name: str(value) for name, value in error.values.items()},
            )
        )
