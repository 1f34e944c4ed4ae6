"""Customers who pressed the key against further calls are on the do-not-call list at once."""

import asyncio
import logging

from callcenter.calls.control import ControlError
from callcenter.dialer import service
from callcenter.dialer.engine.ground import COMMAND_SECONDS, DIALER, ROWS_SECONDS, Ground
from callcenter.kernel.db import is_away

log = logging.getLogger(__name__)

REASON = "opted out by key"


class Opting:
    """The part of the engine that keeps numbers from being dialled again."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._unwritten: set[str] = set()

    def opt_out(self, number: str, attempt_id: int | None) -> None:
        if not number:
            log.error("somebody opted out whose number is not known", extra={"attempt_id": attempt_id})
            return
        self._ground.tasks.spawn("dialer:opt-out", self._write(number))

    def floor_known(self) -> None:
        """Asterisk has kept what was pressed while nobody listened."""
        self._ground.tasks.spawn("dialer:kept-opt-outs", self._take_kept())

    async def _take_kept(self) -> None:
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                kept = await self._ground.control.kept_opt_outs()
            for number in kept:
                await self._write(number)
                if number not in self._unwritten:
                    async with asyncio.timeout(COMMAND_SECONDS):
                        await self._ground.control.opt_out_taken(number)
        except (ControlError, TimeoutError):
            log.warning("kept opt-outs could not be read; they are asked for again")

    def tick(self) -> None:
        """What the database did not take is written again."""
        again, self._unwritten = self._unwritten, set()
        for number in again:
            self._ground.tasks.spawn("dialer:opt-out", self._write(number))

    async def _write(self, number: str) -> None:
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
                await service.forbid(tx, number, "ZZ", reason=REASON)
        except Exception as error:
            if not is_away(error):
                raise
            self._unwritten.add(number)
            log.warning("an opt-out could not be written yet")
