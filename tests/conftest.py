"""Fixtures of all tests. What a test is (unit, contract, ...) is said by the folder it lies in."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck
from hypothesis import settings as properties

from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.component import Component
from callcenter.kernel.db import Database
from callcenter.kernel.tx import Transactions
from callcenter.kernel.web import WebSettings
from callcenter.tables import PACKAGES
from tests.support.browsing import SETTINGS, Visitor, visit
from tests.support.database import TEMPLATE, make_sqlite_template, postgres_copy, sqlite_copy
from tests.support.postgres import Postgres, running_postgres
from tests.support.redis import RedisServer, running_redis

TESTS = Path(__file__).parent
CATEGORIES = ("contract", "live", "browser", "fault", "house")
MONDAY_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Visit = Callable[..., Awaitable[Visitor]]


# how fast a thing is, benchmarks say; a busy machine makes no property untrue
properties.register_profile("house", deadline=None, suppress_health_check=(HealthCheck.too_slow,))
properties.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "databases(*names): run on these instead of the folder's default")


def _category(path: Path) -> str:
    first = path.relative_to(TESTS).parts[0]
    return first if first in CATEGORIES else "unit"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(_category(item.path))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.definition.get_closest_marker("databases")
        path = Path(metafunc.definition.path)
        default = ("sqlite", "postgresql") if _category(path) == "contract" else ("sqlite",)
        metafunc.parametrize("database_kind", chosen.args if chosen else default)


READS = (
    "os.stat",
    "os.path.abspath",
    "os.getcwd",
    "os.listdir",
    "io.BufferedReader.read",
    "io.TextIOWrapper.read",
)


def _allow_reads_at_first_use(blockbuster: BlockBuster) -> None:
    """Templates, catalogues and time zones are read once and kept; log records look up source lines."""
    for function in blockbuster.functions.values():
        function.can_block_in("migrations/run.py", {"_with_config"})  # in a thread and loop of its own
    for name in READS:
        function = blockbuster.functions[name]
        function.can_block_in("jinja2/loaders.py", {"get_source", "open_if_exists", "uptodate"})
        function.can_block_in("gettext.py", {"find", "translation"})
        function.can_block_in("linecache.py", {"checkcache", "updatecache"})
        function.can_block_in("zoneinfo/_tzpath.py", {"find_tzfile"})
        function.can_block_in("zoneinfo/_common.py", {"load_data"})
        function.can_block_in("redis/utils.py", {"get_lib_version"})
        function.can_block_in("asyncpg/connect_utils.py", {"_parse_connect_arguments"})
        function.can_block_in("dialects/sqlite/pysqlite.py", {"create_connect_args"})
        function.can_block_in("<frozen importlib._bootstrap>", {"_find_and_load"})


@pytest.fixture(autouse=True)
def _loop_is_never_blocked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Our code fails the test when it blocks the event loop."""
    if _category(request.path) not in ("unit", "contract"):
        yield
        return
    with blockbuster_ctx(scanned_modules=list(PACKAGES)) as blockbuster:
        _allow_reads_at_first_use(blockbuster)
        yield


@pytest.fixture
def clock() -> ManualClock:
    """A Monday morning that passes only when told."""
    return ManualClock(MONDAY_MORNING)


@pytest.fixture
def rng() -> random.Random:
    """The same dice in every run."""
    return random.Random(20260302)  # noqa: S311 - a test's dice


@pytest.fixture
async def bus() -> AsyncIterator[LocalBus]:
    made = LocalBus()
    yield made
    await made.aclose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sqlite_template(tmp_path_factory.mktemp("template") / "template.sqlite")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's cluster, with a database of all tables to copy."""
    with running_postgres() as cluster:
        cluster.prepare(TEMPLATE)
        yield cluster


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with every table and no rows, for this test alone."""
    if database_kind == "sqlite":
        with sqlite_copy(request.getfixturevalue("sqlite_template"), tmp_path) as url:
            yield url
    else:
        with postgres_copy(request.getfixturevalue("postgres")) as url:
            yield url


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, for migrations."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        with postgres_copy(request.getfixturevalue("postgres"), "template1") as url:
            yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    yield made
    await made.aclose()


@pytest.fixture
def transactions(database: Database, bus: LocalBus, clock: ManualClock) -> Transactions:
    return Transactions(database, bus, clock)


@pytest.fixture
async def visiting(transactions: Transactions) -> AsyncIterator[Visit]:
    """`await visiting(component, ...)` serves those components and gives a visitor."""
    async with AsyncExitStack() as stack:

        async def start(
            *components: Component,
            settings: WebSettings = SETTINGS,
            prepare: Callable[[web.Application], None] | None = None,
        ) -> Visitor:
            visitor = await visit(transactions, *components, settings=settings, prepare=prepare)
            stack.push_async_callback(visitor.client.close)
            return visitor

        yield start


@pytest.fixture(scope="session")
def _redis_of_the_session() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def redis_url(_redis_of_the_session: RedisServer) -> str:
    """An empty Redis."""
    _redis_of_the_session.empty()
    return _redis_of_the_session.url


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis that this test may kill."""
    with running_redis() as server:
        yield server
