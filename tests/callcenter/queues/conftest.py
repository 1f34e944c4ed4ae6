"""A floor on simulated telephones."""

from collections.abc import AsyncIterator

import pytest

from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from tests.support.telephones import Telephones


@pytest.fixture
async def world(bus: LocalBus, clock: ManualClock) -> AsyncIterator[Telephones]:
    made = Telephones(bus, clock)
    yield made
    await made.floor.tasks.aclose()
    assert made.floor.tasks.failures == 0
