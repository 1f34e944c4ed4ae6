"""The web edge: who asks, may they, and what they get when they may not."""

import pytest
from aiohttp import web

from callcenter.kernel.auth import Permission, Role
from callcenter.kernel.component import PUBLIC, SIGNED_IN, Component, Route
from callcenter.kernel.errors import Conflict
from callcenter.kernel.tx import Transactions
from callcenter.kernel.web import actor_of, json_response
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


THINGS = Component(
    name="things",
    permissions=(Permission("things.change", "Change things", frozenset({Role.SUPERVISOR})),),
    routes=(
        Route("GET", "/api/v1/open", open_to_all, PUBLIC),
        Route("GET", "/api/v1/me", who_am_i, SIGNED_IN),
        Route("POST", "/api/v1/things", who_am_i, "things.change"),
        Route("GET", "/api/v1/refused", refuse, PUBLIC),
        Route("GET", "/api/v1/broken", break_down, PUBLIC),
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
