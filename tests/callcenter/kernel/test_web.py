"""The web edge: who asks, may they, and what they get when they may not."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from yarl import URL

from callcenter.kernel.auth import Permission, Role
from callcenter.kernel.component import PUBLIC, SIGNED_IN, Component, Route
from callcenter.kernel.errors import Conflict
from callcenter.kernel.tx import Transactions
from callcenter.kernel.web import actor_of, json_response, whole_number
from tests.conftest import Visit
from tests.support.browsing import visit


async def open_to_all(_request: web.Request) -> web.StreamResponse:
    return json_response({"hello": "world"})


async def who_am_i(request: web.Request) -> web.StreamResponse:
    return json_response({"login": actor_of(request).login})


async def refuse(_request: web.Request) -> web.StreamResponse:
    raise Conflict


async def break_down(_request: web.Request) -> web.StreamResponse:
    raise ZeroDivisionError


async def overflow(_request: web.Request) -> web.StreamResponse:
    raise OverflowError


async def be_away(_request: web.Request) -> web.StreamResponse:
    raise ConnectionRefusedError


THINGS = Component(
    name="things",
    permissions=(Permission("things.change", "Change things", frozenset({Role.SUPERVISOR})),),
    routes=(
        Route("GET", "/api/v1/open", open_to_all, PUBLIC),
        Route("GET", "/api/v1/me", who_am_i, SIGNED_IN),
        Route("POST", "/api/v1/things", who_am_i, "things.change"),
        Route("GET", "/api/v1/refused", refuse, PUBLIC),
        Route("GET", "/api/v1/broken", break_down, PUBLIC),
        Route("GET", "/api/v1/broken/{number}", break_down, PUBLIC),
        Route("GET", "/api/v1/secrets", open_to_all, "things.change"),
        Route("GET", "/things/{name}", who_am_i, SIGNED_IN),
        Route("POST", "/api/v1/open", open_to_all, PUBLIC),
        Route("GET", "/api/v1/overflow", overflow, PUBLIC),
        Route("GET", "/api/v1/away", be_away, PUBLIC),
    ),
)


async def test_a_public_route_needs_nobody(visiting: Visit) -> None:
    visitor = await visiting(THINGS)

    response = await visitor.get("/api/v1/open")

    assert response.status == 200
    assert await response.json() == {"hello": "world"}


async def test_a_signed_in_visitor_is_known(visiting: Visit) -> None:
    visitor = await visiting(THINGS)
    before = await visitor.get("/api/v1/me")

    user = await visitor.sign_in(Role.AGENT)
    after = await visitor.get("/api/v1/me")

    assert before.status == 401
    assert await after.json() == {"login": user.login}


async def test_a_right_is_needed(visiting: Visit) -> None:
    agent, supervisor = await visiting(THINGS), await visiting(THINGS)
    await agent.sign_in(Role.AGENT)
    await supervisor.sign_in(Role.SUPERVISOR)

    assert (await agent.post("/api/v1/things")).status == 403
    assert (await supervisor.post("/api/v1/things")).status == 200


@pytest.mark.parametrize(
    "headers", [{"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": ""}, {"Origin": "https://elsewhere.example"}]
)
async def test_a_change_needs_our_own_page_and_its_token(visiting: Visit, headers: dict[str, str]) -> None:
    visitor = await visiting(THINGS)
    await visitor.sign_in(Role.SUPERVISOR)

    assert (await visitor.ask("POST", "/api/v1/things", headers=headers)).status == 403


async def test_a_refusal_is_a_problem_in_the_language_of_the_reader(visiting: Visit) -> None:
    visitor = await visiting(THINGS)

    response = await visitor.get("/api/v1/refused")
    problem = await response.json()

    assert (response.status, response.content_type) == (409, "application/problem+json")
    assert problem["key"] == "conflict"
    assert problem["title"] == "It has changed meanwhile."


async def test_a_defect_is_a_500_with_an_id_and_without_a_trace(
    visiting: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = await visiting(THINGS)

    response = await visitor.get("/api/v1/broken")
    problem = await response.json()

    assert response.status == 500
    assert problem["values"]["incident"]
    assert "ZeroDivisionError" not in str(problem)
    assert caplog.records


async def test_answers_carry_the_security_headers(visiting: Visit) -> None:
    visitor = await visiting(THINGS)

    response = await visitor.get("/api/v1/open")

    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_route_that_needs_an_unknown_right_stops_the_start(transactions: Transactions) -> None:
    stray = Component(name="stray", routes=(Route("GET", "/stray", open_to_all, "nobody.declared"),))

    with pytest.raises(ValueError, match=r"nobody\.declared"):
        await visit(transactions, stray)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_asking_for_the_head_alone_needs_the_same_right(visiting: Visit, method: str) -> None:
    agent, stranger = await visiting(THINGS), await visiting(THINGS)
    await agent.sign_in(Role.AGENT)

    assert (await agent.ask(method, "/api/v1/secrets")).status == 403
    assert (await stranger.ask(method, "/api/v1/secrets")).status == 401


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", "/api/v1/open", 405), ("GET", "/api/v1/none", 404)]
)
async def test_what_the_server_refuses_by_itself_is_a_problem_too(
    visiting: Visit, method: str, path: str, status: int
) -> None:
    visitor = await visiting(THINGS)

    response = await visitor.ask(method, path)

    assert (response.status, response.content_type) == (status, "application/problem+json")
    assert response.headers.get("Allow", "") == ("GET,HEAD,POST" if status == 405 else "")


async def test_the_way_to_the_sign_in_page_remembers_the_whole_place_and_nothing_more(
    visiting: Visit,
) -> None:
    visitor = await visiting(THINGS)

    response = await visitor.get(
        "/things/%0d%0aX-Injected:%20yes?page=2&order=name", headers={"Accept": "*/*"}
    )

    assert response.status == 303
    assert "X-Injected" not in response.headers
    assert URL(response.headers["Location"]).query["next"] == (
        "/things/%0D%0AX-Injected:%20yes?page=2&order=name"
    )


async def test_a_stranger_may_not_send_much(visiting: Visit) -> None:
    visitor = await visiting(THINGS)

    known, unknown = (
        await visitor.post("/api/v1/open", data=b"x" * 70_000),
        await visitor.post("/api/v1/open", data=_pieces()),
    )

    assert (known.status, unknown.status) == (413, 413)


async def _pieces() -> AsyncIterator[bytes]:
    yield b"x"


async def test_an_origin_that_is_no_address_is_not_ours(visiting: Visit) -> None:
    visitor = await visiting(THINGS)

    assert (await visitor.ask("POST", "/api/v1/open", headers={"Origin": "http://["})).status == 403


async def test_values_that_no_column_holds_are_the_senders_fault(visiting: Visit) -> None:
    visitor = await visiting(THINGS)

    response = await visitor.get("/api/v1/overflow")

    assert response.status == 422


async def test_a_database_that_is_away_is_said_so(visiting: Visit, caplog: pytest.LogCaptureFixture) -> None:
    visitor = await visiting(THINGS)

    response = await visitor.get("/api/v1/away")

    assert response.status == 503
    assert (await response.json())["key"] == "database-away"
    assert caplog.records


async def test_the_log_of_a_defect_holds_no_personal_data(
    visiting: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = await visiting(THINGS)

    await visitor.get("/api/v1/broken/+4930123456")

    shown = {k: v for k, v in vars(caplog.records[0]).items() if not k.startswith("pii_")}
    assert shown["route"] == "/api/v1/broken/{number}"
    assert "123456" not in str(shown)


async def test_answers_are_kept_by_no_browser(visiting: Visit) -> None:
    visitor = await visiting(THINGS)

    assert (await visitor.get("/api/v1/open")).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("2147483647", 2147483647), ("2147483648", None), ("-1", None), ("²", None), ("", None)],
)
def test_a_whole_number_fits_a_column(text: str, number: int | None) -> None:
    assert whole_number(text) == number
