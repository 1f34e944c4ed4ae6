"""The company with its telephones, shared by all tests that make real calls."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.office import Office, open_office


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with open_office(tmp_path_factory.mktemp("office")) as made:
        yield made
