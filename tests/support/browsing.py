"""A signed-in visitor of a web application made of some components, without a browser."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from callcenter.kernel.auth import Role, Session, User, sign_in
from callcenter.kernel.component import Component
from callcenter.kernel.tx import Transactions, system_actor
from callcenter.kernel.web import COOKIE, WebSettings, make_templates, make_web_app
from tests.support.people import PASSWORD, sign_up

HOUSE = Path(__file__).parents[2]
SETTINGS = WebSettings(company="Test House", home_region="DE", zone="Europe/Berlin")


class Assets(dict[str, str]):
    """Any asset has an address, built or not."""

    def __missing__(self, name: str) -> str:
        return f"/static/{name}"


class Visitor:
    """A client that says where it comes from and, once signed in, carries cookie and CSRF token."""

    def __init__(self, client: TestClient[web.Request, web.Application], transactions: Transactions) -> None:
        self.client = client
        self.transactions = transactions
        self.user: User | None = None
        self.headers: dict[str, str] = {"Origin": str(client.make_url("/")).rstrip("/")}

    async def sign_in(self, role: Role, *, login: str | None = None, language: str = "en") -> User:
        """Become a new user of this role; returns the user."""
        user = await sign_up(self.transactions, role, login=login, language=language)
        await self.sign_in_as(user)
        return user

    async def sign_in_as(self, user: User) -> None:
        """Become a user that `sign_up` made."""
        async with self.transactions.begin(system_actor("test")) as tx:
            token = await sign_in(
                tx, login=user.login, password=PASSWORD, address="127.0.0.1", user_agent="test"
            )
        if token is None:
            raise AssertionError(f"{user.login} cannot sign in")
        async with self.transactions.read() as session:
            newest = select(Session).where(Session.user_id == user.id).order_by(Session.created_at.desc())
            row = (await session.scalars(newest.limit(1))).one()
        self.user = user
        self.headers |= {"Cookie": f"{COOKIE}={token}", "X-CSRF-Token": row.csrf}

    async def get(self, path: str, **options: Any) -> ClientResponse:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> ClientResponse:
        return await self.ask("POST", path, **options)

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> ClientResponse:
        """One request; redirects are not followed."""
        return await self.client.request(
            method, path, headers=self.headers | dict(headers or {}), allow_redirects=False, **options
        )


async def visit(
    transactions: Transactions,
    *components: Component,
    settings: WebSettings = SETTINGS,
    prepare: Callable[[web.Application], None] | None = None,
) -> Visitor:
    """Serve these components on loopback. The caller closes `visitor.client`.

    `prepare` puts into the application what the composition root would.
    """
    folders = [HOUSE / "agent_ui" / "templates", *(c.templates for c in components if c.templates)]
    app = make_web_app(
        transactions=transactions,
        settings=settings,
        components=components,
        templates=make_templates(folders),
        assets=Assets(),
    )
    if prepare is not None:
        prepare(app)
    client = TestClient(TestServer(app, host="127.0.0.1"))
    await client.start_server()
    return Visitor(client, transactions)
