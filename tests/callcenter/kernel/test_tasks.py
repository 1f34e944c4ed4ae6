"""No task is lost, and each end is reported."""

import asyncio
import logging

import pytest

from callcenter.kernel.tasks import Tasks


async def test_a_failure_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    tasks = Tasks()
    with caplog.at_level(logging.ERROR):
        tasks.spawn("failing", fail())
        await asyncio.sleep(0.01)

    assert tasks.failures == 1
    assert caplog.records[0].exc_info


async def test_a_periodic_task_survives_its_failures() -> None:
    third = asyncio.Event()
    turns: list[int] = []

    async def fail() -> None:
        turns.append(1)
        if len(turns) == 3:
            third.set()
        raise ZeroDivisionError

    tasks = Tasks()
    tasks.every("failing", 0.001, fail)
    await asyncio.wait_for(third.wait(), 5)
    await tasks.aclose()

    assert tasks.failures >= 2


async def test_closing_ends_even_a_task_that_swallows_a_cancellation() -> None:
    swallowed = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            swallowed.set()
        await asyncio.sleep(60)

    tasks = Tasks()
    task = tasks.start("stubborn", stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(tasks.aclose(), 5)

    assert swallowed.is_set()
    assert task.done()
