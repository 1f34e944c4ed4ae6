"""Campaigns that start and pause by themselves: by their schedule, by their goals."""

import asyncio
import logging
from datetime import datetime, timedelta

from callcenter.dialer import by_itself
from callcenter.dialer.engine.ground import DIALER, ROWS_SECONDS, Ground
from callcenter.kernel.db import is_away

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=15)


class Clockwork:
    """The part of the engine that looks at the clock for campaigns."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._look_at: datetime | None = None
        self._looking = False

    def tick(self, now: datetime) -> None:
        if not self._looking and (self._look_at is None or now >= self._look_at):
            self._looking, self._look_at = True, now + LOOK_EVERY
            self._ground.tasks.spawn("dialer:timetable", self._look())

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
                await by_itself.apply(tx)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("schedules could not be read")
        finally:
            self._looking = False
