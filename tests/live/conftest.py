"""One pbx, one carrier and some phones for all live tests; each test speaks AMI for itself."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.lab.carrier import CarrierConfig
from callcenter.lab.numbering import Mix, Scenario
from callcenter.pbx.instance import Instance
from tests.support.asterisk import Ami, ami, pbx_and_carrier, registered_phones

AGENTS = (1, 2, 3)
MIX = Mix(prefix="7499", seed=11, weights={Scenario.BUSY: 1, Scenario.UNALLOCATED: 1})


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Instance, Instance]]:
    async with pbx_and_carrier(tmp_path_factory.mktemp("asterisk"), lab=CarrierConfig(mixes=(MIX,))) as both:
        yield both


@pytest.fixture
def pbx(pair: tuple[Instance, Instance]) -> Instance:
    return pair[0]


@pytest.fixture
def carrier(pair: tuple[Instance, Instance]) -> Instance:
    return pair[1]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def phones(
    pair: tuple[Instance, Instance], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instance]:
    """The agents 1, 2 and 3 have phones that answer by themselves."""
    async with registered_phones(tmp_path_factory.mktemp("phones"), pair[0], AGENTS) as made:
        yield made


@pytest.fixture
async def line(pair: tuple[Instance, Instance]) -> AsyncIterator[Ami]:
    """AMI of the pbx with a fresh heartbeat; every channel is gone afterwards."""
    async with ami(pair[0]) as made:
        await made.beat()
        yield made
        await pair[0].cli("channel request hangup all")
        await pair[1].cli("channel request hangup all")
