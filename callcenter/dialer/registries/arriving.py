"""The steps of a file between its begin and its end, both of which the service audits."""

from collections.abc import Sequence

from sqlalchemy import delete

from callcenter.dialer.registries.models import RegistryChunk, RegistryLoad
from callcenter.dialer.registries.states import LoadStatus
from callcenter.kernel.errors import Conflict, Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx

CHUNK = 64 * 1024
LARGEST_FILE = 8 * 1024**3


async def add_chunks(tx: Tx, load_id: int, first: int, chunks: Sequence[bytes]) -> None:
    """More of a file; every chunk but the last is `CHUNK` bytes long."""
    row = await tx.session.get(RegistryLoad, load_id)
    if row is None or row.status != LoadStatus.UPLOADING:
        raise Conflict
    tx.session.add_all(
        RegistryChunk(load_id=load_id, position=first + index, content=content)
        for index, content in enumerate(chunks)
    )
    row.bytes_total += sum(len(content) for content in chunks)
    row.beat_at = tx.now
    if row.bytes_total > LARGEST_FILE:
        raise Invalid({"file": marked("The file is too large.")})


async def end_upload(tx: Tx, load_id: int) -> RegistryLoad:
    """The file is whole: whoever loads files may begin."""
    row = await tx.session.get(RegistryLoad, load_id)
    if row is None or row.status != LoadStatus.UPLOADING:
        raise Conflict
    if not row.bytes_total:
        raise Invalid({"file": marked("The file is empty.")})
    row.status = LoadStatus.QUEUED
    row.beat_at = tx.now
    return row


async def break_off(tx: Tx, load_id: int) -> None:
    """An upload that will never be whole."""
    row = await tx.session.get(RegistryLoad, load_id)
    if row is not None and row.status == LoadStatus.UPLOADING:
        await end_load(tx, row, LoadStatus.FAILED, marked("The upload broke off."))


async def end_load(tx: Tx, row: RegistryLoad, status: LoadStatus, error: str) -> None:
    """The file is not kept."""
    row.status, row.error, row.finished_at = status, error, tx.now
    await tx.session.execute(
        delete(RegistryChunk)
        .where(RegistryChunk.load_id == row.id)
        .execution_options(synchronize_session=False)
    )
