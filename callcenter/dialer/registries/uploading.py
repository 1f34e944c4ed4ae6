"""A file from the outside into chunks, as it comes: never held as a whole."""

import asyncio
from collections.abc import AsyncIterator
from typing import IO

from aiohttp import web

from callcenter.dialer.registries import arriving, service
from callcenter.dialer.registries.arriving import CHUNK
from callcenter.dialer.registries.models import RegistryLoad
from callcenter.dialer.registries.service import LoadDraft
from callcenter.kernel.tx import Actor, Transactions

AT_ONCE = 16  # chunks in one transaction


async def receive(
    transactions: Transactions, actor: Actor, code: str | None, draft: LoadDraft, body: AsyncIterator[bytes]
) -> RegistryLoad:
    """Keep a file and queue it. Whatever breaks the upload ends the load."""
    async with transactions.begin(actor) as tx:
        load = await service.begin_load(tx, code, draft)
    try:
        position, waiting, rest = 0, [], b""
        async for data in body:
            rest += data
            while len(rest) >= CHUNK:
                waiting.append(rest[:CHUNK])
                rest = rest[CHUNK:]
            if len(waiting) >= AT_ONCE:
                await _keep(transactions, actor, load.id, position, waiting)
                position, waiting = position + len(waiting), []
        if rest:
            waiting.append(rest)
        if waiting:
            await _keep(transactions, actor, load.id, position, waiting)
        async with transactions.begin(actor) as tx:
            return await arriving.end_upload(tx, load.id)
    except BaseException:
        async with transactions.begin(actor) as tx:
            await arriving.break_off(tx, load.id)
        raise


async def _keep(
    transactions: Transactions, actor: Actor, load_id: int, first: int, chunks: list[bytes]
) -> None:
    async with transactions.begin(actor) as tx:
        await arriving.add_chunks(tx, load_id, first, chunks)


async def of_request(request: web.Request) -> AsyncIterator[bytes]:
    """The body of a request."""
    async for data in request.content.iter_chunked(CHUNK):
        yield data


async def of_file(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file of a form."""
    while data := await asyncio.to_thread(file.read, CHUNK):
        yield data
