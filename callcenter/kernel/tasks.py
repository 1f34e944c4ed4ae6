"""Every background task has a name, an owner and a reported end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 1.0


class Tasks:
    """Holds tasks so that none is lost, logs how they fail, and ends them together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self.failures = 0

    def spawn(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work` now. An exception is logged and counted, never swallowed silently."""
        _ = self.start(name, work)

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """As `spawn`, for who wants to cancel or await the task."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def every(self, name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` again and again with `seconds` between; one failure does not stop the next turn."""

        async def turns() -> None:
            while True:
                try:
                    await work()
                except Exception:  # the supervisor is one of the three places that catch all
                    self.failures += 1
                    log.exception("a turn of a periodic task failed", extra={"task": name})
                await asyncio.sleep(seconds)

        self.spawn(name, turns())

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures += 1
            log.error("a task failed", exc_info=error, extra={"task": task.get_name()})

    async def aclose(self) -> None:
        """Cancel all and wait until they have ended. Asks again: libraries swallow cancellations."""
        while tasks := {task for task in self._tasks if not task.done()} - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=ASK_AGAIN_SECONDS)
