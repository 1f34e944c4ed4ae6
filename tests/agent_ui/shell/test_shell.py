"""Sign-in, preferences and static files."""

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest
from sqlalchemy import select

from agent_ui import shell
from agent_ui.shell.assets import NotBuilt, load_assets
from agent_ui.shell.routes import local_path
from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.auth import FAILURES_PER_ADDRESS, LoginFailure, Role
from callcenter.kernel.proxies import Network, read_network
from callcenter.kernel.tx import system_actor
from callcenter.kernel.web import COOKIE
from tests.conftest import Visit
from tests.support.browsing import SETTINGS
from tests.support.people import PASSWORD, sign_up


async def test_the_right_password_gives_a_cookie_and_the_wanted_page(visiting: Visit) -> None:
    visitor = await visiting(shell.COMPONENT)
    await sign_up(visitor.transactions, Role.AGENT, login="maria")

    answer = await visitor.post(
        "/login", data={"login": "Maria ", "password": PASSWORD, "next": "/desk?tab=1"}
    )

    assert answer.status == HTTPStatus.SEE_OTHER
    assert answer.headers["Location"] == "/desk?tab=1"
    cookie = answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


async def test_a_wrong_password_says_so_in_the_readers_language(visiting: Visit) -> None:
    visitor = await visiting(shell.COMPONENT)
    await sign_up(visitor.transactions, Role.AGENT, login="maria")

    answer = await visitor.post(
        "/login", data={"login": "maria", "password": "wrong"}, headers={"Accept-Language": "ru"}
    )

    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Неверный логин или пароль" in await answer.text()
    assert COOKIE not in answer.cookies


@pytest.mark.parametrize(
    ("trusted", "known"), [((), "127.0.0.1"), ((read_network("127.0.0.1"),), "203.0.113.7")]
)
async def test_the_audit_log_has_the_address_that_a_trusted_proxy_tells(
    visiting: Visit, trusted: tuple[Network, ...], known: str
) -> None:
    visitor = await visiting(shell.COMPONENT, settings=replace(SETTINGS, trusted_proxies=trusted))
    told = {"X-Forwarded-For": "192.0.2.1, 203.0.113.7"}

    await visitor.post("/login", data={"login": "guess", "password": "wrong"}, headers=told)

    async with visitor.transactions.read() as session:
        entry = await session.scalar(select(AuditEntry).where(AuditEntry.kind == "users.sign-in-refused"))
    assert entry is not None
    assert entry.values["address"] == known


async def test_guessing_behind_a_proxy_locks_the_guesser_and_nobody_else(visiting: Visit) -> None:
    settings = replace(SETTINGS, trusted_proxies=(read_network("127.0.0.1"),))
    visitor = await visiting(shell.COMPONENT, settings=settings)
    await sign_up(visitor.transactions, Role.AGENT, login="maria")
    async with visitor.transactions.begin(system_actor("test")) as tx:
        for number in range(FAILURES_PER_ADDRESS):
            tx.session.add(LoginFailure(login=f"guess-{number}", address="203.0.113.7", at=tx.now))

    async def sign_in_from(address: str) -> int:
        form = {"login": "maria", "password": PASSWORD}
        answer = await visitor.post("/login", data=form, headers={"X-Forwarded-For": address})
        return answer.status

    guesser, another = await sign_in_from("203.0.113.7"), await sign_in_from("203.0.113.8")

    assert (guesser, another) == (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SEE_OTHER)


async def test_the_language_can_be_chosen_before_sign_in(visiting: Visit) -> None:
    visitor = await visiting(shell.COMPONENT)

    answer = await visitor.get("/login?language=ru")

    assert answer.cookies["cc_language"].value == "ru"


async def test_preferences_are_kept_and_wrong_ones_refused(visiting: Visit) -> None:
    visitor = await visiting(shell.COMPONENT)
    await visitor.sign_in(Role.AGENT)

    good = await visitor.post("/api/v1/me/preferences", json={"language": "ru", "theme": "dark"})
    bad = await visitor.post("/api/v1/me/preferences", json={"theme": "pink"})

    assert good.status == HTTPStatus.NO_CONTENT
    assert bad.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "такой темы нет" in (await bad.text()).lower()


async def test_sign_out_ends_the_session(visiting: Visit) -> None:
    visitor = await visiting(shell.COMPONENT)
    await visitor.sign_in(Role.AGENT)

    await visitor.post("/logout")
    after = await visitor.post("/api/v1/me/preferences", json={"theme": "dark"})

    assert after.status == HTTPStatus.UNAUTHORIZED


async def test_static_files_stay_inside_their_folder(visiting: Visit) -> None:
    visitor = await visiting(shell.COMPONENT)

    inside = await visitor.get("/static/favicon.svg")
    outside = await visitor.get("/static/%2e%2e/package.json")

    assert inside.status == HTTPStatus.OK
    assert inside.headers["Cache-Control"] == "public, max-age=300"
    assert outside.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [("/desk", "/desk"), ("//evil", ""), ("/\\evil", ""), ("https:x", ""), ("/a\r\nb", ""), ("", "")],
)
def test_after_sign_in_only_paths_of_ours_are_followed(wanted: str, taken: str) -> None:
    assert local_path(wanted) == taken


def test_a_front_end_that_is_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotBuilt, match="make front"):
        load_assets(tmp_path)
