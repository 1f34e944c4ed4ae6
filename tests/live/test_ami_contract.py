"""The AMI contract on a real Asterisk: what the simulator's suite says must hold here as well."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.test_ami_contract import *  # noqa: F403 - the suite itself
from tests.support.asterisk import RealScene, real_scene, until


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealScene]:
    """One for all tests of this file."""
    async with real_scene(tmp_path_factory.mktemp("ami-contract")) as real:
        yield real


@pytest.fixture
async def scene(network: RealScene) -> AsyncIterator[RealScene]:
    """Every test begins without a call."""
    yield network
    await network.pbx.cli("channel request hangup all")

    async def quiet() -> bool:
        return "0 active channels" in await network.pbx.cli("core show channels count")

    await until(quiet)
