"""Registries come in as files on both databases: whole or not at all, again after a kill, and swept clean."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from callcenter.dialer.consents.models import ConsentRow
from callcenter.dialer.evidence import digits_of
from callcenter.dialer.lists.models import Lead
from callcenter.dialer.registries import loading, service, uploading
from callcenter.dialer.registries.arriving import CHUNK
from callcenter.dialer.registries.loading import ABANDONED, STALE, Loader
from callcenter.dialer.registries.models import (
    Registry,
    RegistryChunk,
    RegistryLoad,
    RegistryNumber,
)
from callcenter.dialer.registries.service import (
    LoadDraft,
    LoadUnderWay,
    RegistryDraft,
)
from callcenter.dialer.registries.states import LoadChange, LoadStatus
from callcenter.dialer.states import LeadStatus
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid, NotFound
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, system_actor
from tests.support.factories.dialer import german_number, make_campaign, make_lead

BOSS = system_actor("boss")


@pytest.fixture
async def loader(transactions: Transactions) -> AsyncIterator[Loader]:
    tasks = Tasks()
    yield Loader(transactions, tasks, runner="one")
    await tasks.aclose()


async def _body(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 50_000):
        yield content[start : start + 50_000]


async def _send(
    transactions: Transactions,
    content: bytes,
    change: LoadChange = LoadChange.REPLACE,
    code: str | None = "us-dnc",
    region: str = "US",
) -> RegistryLoad:
    draft = LoadDraft(file_name="list.txt", change=change, region=region, current_at=transactions.clock.now())
    return await uploading.receive(transactions, BOSS, code, draft, _body(content))


def _numbers(first: int, count: int) -> bytes:
    return b"".join(b"%d\r\n" % (2_125_000_000 + n) for n in range(first, first + count))


async def _held(transactions: Transactions, code: str = "us-dnc") -> tuple[int, int]:
    """Numbers that count, and all rows there are."""
    async with transactions.read() as session:
        registry = (await session.scalars(select(Registry).where(Registry.code == code))).one()
        rows = (
            await session.scalars(
                select(RegistryNumber.generation).where(RegistryNumber.registry_id == registry.id)
            )
        ).all()
    assert registry.numbers == sum(generation == registry.generation for generation in rows)
    return registry.numbers, len(rows)


async def _load(transactions: Transactions, load_id: int) -> RegistryLoad:
    async with transactions.read() as session:
        return await session.get_one(RegistryLoad, load_id)


async def test_a_file_of_many_chunks_is_loaded_and_a_newer_one_replaces_it(
    transactions: Transactions, loader: Loader, clock: ManualClock
) -> None:
    content = b"number\n" + _numbers(0, 12_000) + b"no number here\n"
    assert len(content) > 2 * CHUNK
    first = await _send(transactions, content)
    await loader.work()
    told = await _load(transactions, first.id)
    assert (told.status, told.taken, told.rejected) == (LoadStatus.DONE, 12_000, 1)
    assert told.first_rejected == [[12_002, "no number here"]]
    assert await _held(transactions) == (12_000, 12_000)

    clock.advance(60)
    await _send(transactions, _numbers(11_000, 2_000))
    await loader.work()

    assert await _held(transactions) == (2_000, 2_000)
    async with transactions.read() as session:
        registry = (await session.scalars(select(Registry))).one()
        assert registry.current_at == clock.now()
        assert await session.scalar(select(func.count()).select_from(RegistryChunk)) == 0


async def test_numbers_are_added_and_taken_off(transactions: Transactions, loader: Loader) -> None:
    for content, change in (
        (_numbers(0, 100), LoadChange.ADD),
        (_numbers(50, 100), LoadChange.ADD),
        (_numbers(0, 30), LoadChange.REMOVE),
    ):
        await _send(transactions, content, change)
        await loader.work()

    assert await _held(transactions) == (120, 120)


async def test_a_killed_load_goes_on_where_it_stood_and_takes_no_number_twice(
    transactions: Transactions, loader: Loader, clock: ManualClock
) -> None:
    load = await _send(transactions, _numbers(0, 20_000))
    work = await loader._take()
    assert work is not None
    content = await loader._content(work)

    assert await loader._keep(work, loading._read(work, content))
    half = await _load(transactions, load.id)
    assert 0 < half.bytes_read < half.bytes_total
    clock.advance(STALE.total_seconds() + 1)
    tasks = Tasks()
    other = Loader(transactions, tasks, runner="two")

    await other.work()

    assert not await loader._keep(work, loading._read(work, content))  # the first wakes up: not its any more
    done = await _load(transactions, load.id)
    assert (done.status, done.taken, done.lines) == (LoadStatus.DONE, 20_000, 20_000)
    assert await _held(transactions) == (20_000, 20_000)
    await tasks.aclose()


async def test_a_cancelled_load_leaves_what_there_was(transactions: Transactions, loader: Loader) -> None:
    await _send(transactions, _numbers(0, 10))
    await loader.work()
    load = await _send(transactions, _numbers(100, 20_000))
    async with transactions.begin(BOSS) as tx:
        await tx.session.execute(
            update(RegistryLoad).where(RegistryLoad.id == load.id).values(cancel_asked=True)
        )
    await loader.work()
    await loader.sweep()

    assert (await _load(transactions, load.id)).status == LoadStatus.CANCELLED
    assert await _held(transactions) == (10, 10)


async def test_a_file_without_a_number_changes_nothing(transactions: Transactions, loader: Loader) -> None:
    await _send(transactions, _numbers(0, 10))
    await loader.work()
    load = await _send(transactions, b"this\nis\nnot\na list\n")
    await loader.work()

    told = await _load(transactions, load.id)
    assert (told.status, told.error) == (LoadStatus.FAILED, "No line of the file could be read.")
    assert await _held(transactions) == (10, 10)


async def test_a_registry_takes_one_file_at_a_time_and_an_upload_that_breaks_off_ends(
    transactions: Transactions, loader: Loader, clock: ManualClock
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield _numbers(0, 10)
        raise ConnectionResetError

    draft = LoadDraft(
        file_name="x", change=LoadChange.REPLACE, region="US", current_at=transactions.clock.now()
    )
    with pytest.raises(ConnectionResetError):
        await uploading.receive(transactions, BOSS, "us-dnc", draft, broken())
    await _send(transactions, _numbers(0, 10))
    with pytest.raises(LoadUnderWay):
        await _send(transactions, _numbers(0, 10))
    await loader.work()
    async with transactions.begin(BOSS) as tx:
        silent = await service.begin_load(tx, "us-dnc", draft)  # the process that received it was killed
    clock.advance(ABANDONED.total_seconds() + 1)
    await loader.work()

    assert (await _load(transactions, silent.id)).status == LoadStatus.FAILED
    assert await _held(transactions) == (10, 10)


@pytest.mark.parametrize(
    ("code", "change", "content", "ahead", "error"),
    [
        ("nobody-knows", LoadChange.REPLACE, b"1", 0, NotFound),
        (None, LoadChange.REPLACE, b"1", 0, Invalid),
        ("us-dnc", LoadChange.CONSENTS, b"1", 0, Invalid),
        ("us-dnc", LoadChange.REPLACE, b"", 0, Invalid),
        ("us-dnc", LoadChange.REPLACE, b"1", 3, Invalid),
    ],
)
async def test_what_is_no_load_is_refused(
    transactions: Transactions,
    code: str | None,
    change: LoadChange,
    content: bytes,
    ahead: int,
    error: type[Exception],
) -> None:
    current_at = transactions.clock.now() + timedelta(days=ahead)
    draft = LoadDraft(file_name="x", change=change, region="US", current_at=current_at)

    with pytest.raises(error):
        await uploading.receive(transactions, BOSS, code, draft, _body(content))


async def test_a_file_of_consents_brings_blocked_leads_back(
    transactions: Transactions, loader: Loader, clock: ManualClock
) -> None:
    async with transactions.begin(BOSS) as tx:
        campaign = await make_campaign(tx.session, tx.now)
        lead = await make_lead(tx.session, campaign, german_number(1), tx.now, status=LeadStatus.BLOCKED)
    lines = [f"{german_number(n)},advertising,written,2026-01-02,form {n}" for n in range(300)]
    content = "\n".join(("number,purpose,basis,date,proof", *lines, "x,y,z,1,2")).encode()
    load = await _send(transactions, content, LoadChange.CONSENTS, None, "DE")
    bare = await _send(transactions, b"number,purpose\n1,2\n", LoadChange.CONSENTS, None, "DE")
    await loader.work()

    told = await _load(transactions, load.id)
    assert (told.status, told.taken, told.rejected) == (LoadStatus.DONE, 300, 1)
    assert (await _load(transactions, bare.id)).error == "The first line must name the columns."
    async with transactions.read() as session:
        assert await session.scalar(select(func.count(ConsentRow.id))) == 300
        assert (await session.get_one(Lead, lead.id)).status == LeadStatus.NEW


async def test_a_registry_of_one_s_own_is_made_and_removed_with_its_numbers(
    transactions: Transactions, loader: Loader
) -> None:
    draft = RegistryDraft(code="our-own", name="Bad payers", region="DE")
    async with transactions.begin(BOSS) as tx:
        await service.create_registry(tx, draft)
    with pytest.raises(Invalid):
        async with transactions.begin(BOSS) as tx:
            await service.create_registry(tx, draft)
    await _send(transactions, german_number(1).encode(), code="our-own")
    await loader.work()
    async with transactions.read() as session:
        assert (await session.scalars(select(RegistryNumber.digits))).all() == [digits_of(german_number(1))]
    async with transactions.begin(BOSS) as tx:
        await service.remove_registry(tx, "our-own")

    async with transactions.read() as session:
        assert await session.scalar(select(func.count()).select_from(RegistryNumber)) == 0
