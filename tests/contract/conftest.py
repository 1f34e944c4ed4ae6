"""What contract tests share."""

from collections.abc import AsyncIterator

import pytest

from tests.support.scenes import Scene, simulated_scene


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """The far ends and the line, on the simulator."""
    async with simulated_scene() as simulated:
        yield simulated
