"""The page's socket: whose it is, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import msgspec
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, web
from sqlalchemy import delete

from agent_ui import socket
from callcenter.dialer.permissions import PERMISSIONS
from callcenter.kernel.auth import Role, Session, User
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.component import Component
from callcenter.kernel.tx import Transactions
from callcenter.live.board import Doc
from callcenter.live.events import BoardTaken
from callcenter.live.mirror import Mirror
from tests.conftest import Visit
from tests.support.browsing import Visitor


async def no_seat(_user_id: int) -> socket.Seat:
    return socket.Seat(agent_id=None, queues=frozenset(), sip=None)


def prepare(transactions: Transactions, app: web.Application) -> None:
    bus, clock = transactions.bus, transactions.clock
    app[socket.SOCKETS] = socket.OpenSockets()
    app[socket.ROOM] = socket.SocketRoom(
        bus=bus, clock=clock, mirror=Mirror(bus, clock), seat_of=no_seat, look_again_seconds=0.02
    )


@pytest.fixture
async def visitor(visiting: Visit, transactions: Transactions) -> Visitor:
    made = await visiting(socket.COMPONENT, prepare=partial(prepare, transactions))
    await made.sign_in(Role.SUPERVISOR)
    return made


@asynccontextmanager
async def opened(visitor: Visitor, **headers: str) -> AsyncIterator[ClientWebSocketResponse]:
    async with visitor.client.ws_connect("/socket", headers=visitor.headers | headers) as made:
        assert (await made.receive_json(timeout=5))["type"] == "hello"
        yield made


async def code_of(made: ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(5):
        while (await made.receive()).type is WSMsgType.TEXT:
            pass
    return made.close_code


async def test_a_page_of_elsewhere_gets_no_socket(visitor: Visitor) -> None:
    with pytest.raises(WSServerHandshakeError) as refusal:
        async with opened(visitor, Origin="https://elsewhere.example"):
            pass

    assert refusal.value.status == 403


@pytest.mark.parametrize("change", ["signed out", "switched off", "other rights"])
async def test_who_may_no_longer_be_here_loses_the_socket(
    visitor: Visitor, transactions: Transactions, change: str
) -> None:
    async with opened(visitor) as made:
        await asyncio.sleep(0.1)
        assert not made.closed
        async with transactions.database.write() as session:
            assert visitor.user is not None
            user = await session.get_one(User, visitor.user.id)
            match change:
                case "signed out":
                    await session.execute(delete(Session))
                case "switched off":
                    user.active = False
                case _:
                    user.role = Role.AGENT

        assert await code_of(made) == socket.SIGNED_OUT


async def test_an_open_page_keeps_its_session(
    visitor: Visitor, transactions: Transactions, clock: ManualClock
) -> None:
    async with opened(visitor) as made:
        for _ in range(3):
            clock.advance(10 * 3600)
            await asyncio.sleep(0.2)

        assert not made.closed


async def test_pages_that_do_not_answer_hold_no_shutdown_up(visitor: Visitor) -> None:
    async with opened(visitor), opened(visitor), opened(visitor):
        began = asyncio.get_running_loop().time()
        assert visitor.client.app is not None
        await socket.close_sockets(visitor.client.app)

    assert asyncio.get_running_loop().time() - began < 2 * socket.GOODBYE_SECONDS


async def test_who_may_not_see_leads_sees_campaigns_with_masked_numbers(
    visiting: Visit, transactions: Transactions, clock: ManualClock
) -> None:
    mirror = Mirror(transactions.bus, clock)
    doc: Doc = {"id": 1, "lines": [{"number": "+493020000017"}], "next": [{"number": "+493020000018"}]}

    def with_a_campaign(app: web.Application) -> None:
        prepare(transactions, app)
        app[socket.ROOM] = replace(app[socket.ROOM], mirror=mirror)

    taken = BoardTaken(
        at=clock.now(), epoch="e", seq=1, docs_json=msgspec.json.encode({"campaign": {"1": doc}}).decode()
    )
    await mirror.receive([taken])
    agent = await visiting(
        socket.COMPONENT, Component("dialer", permissions=PERMISSIONS), prepare=with_a_campaign
    )

    seen = []
    for role in (Role.AGENT, Role.SUPERVISOR):
        await agent.sign_in(role)
        async with opened(agent) as made:
            seen.append((await made.receive_json(timeout=5))["docs"]["campaign"]["1"])

    assert seen[0]["lines"] == [{"number": "+49••••••••17"}]
    assert seen[0]["next"] == [{"number": "+49••••••••18"}]
    assert seen[1] == doc
