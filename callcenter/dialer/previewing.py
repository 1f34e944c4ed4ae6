"""An agent’s keys for the lead that is shown: call it, skip it, stop calling."""

from callcenter.agents.commands import CommandDesk
from callcenter.agents.events import CommandIssued
from callcenter.dialer.engine import Engine
from callcenter.kernel.errors import Forbidden


class Previewing:
    """Registers the verbs `preview_dial`, `preview_skip` (args `reason`) and `preview_cancel`."""

    def __init__(self, commands: CommandDesk, engine: Engine) -> None:
        self._previews = engine.previews
        commands.register("preview_dial", self._dial)
        commands.register("preview_skip", self._skip)
        commands.register("preview_cancel", self._cancel)

    async def _dial(self, command: CommandIssued) -> None:
        self._previews.dial(_agent(command))

    async def _skip(self, command: CommandIssued) -> None:
        self._previews.skip(_agent(command), command.args.get("reason", ""))

    async def _cancel(self, command: CommandIssued) -> None:
        self._previews.cancel(_agent(command))


def _agent(command: CommandIssued) -> int:
    if command.agent_id is None:
        raise Forbidden
    return command.agent_id
