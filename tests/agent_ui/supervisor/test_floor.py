"""The floor's page and the answers it asks for."""

from datetime import timedelta

from agent_ui.shell.component import COMPONENT as SHELL
from agent_ui.socket import COMPONENT as SOCKET
from agent_ui.supervisor import COMPONENT
from callcenter.agents.machine import State, Trigger
from callcenter.agents.models import Agent, AgentTransition, PauseReason
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, OfferRow
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions, system_actor
from tests.conftest import Visit
from tests.support.people import sign_up


async def seed(transactions: Transactions, clock: ManualClock) -> None:
    user = await sign_up(transactions, Role.AGENT)
    now = clock.now()
    async with transactions.begin(system_actor("test")) as tx:
        tx.session.add(Agent(id=1, user_id=user.id, extension="201", sip_secret="x"))
        tx.session.add(PauseReason(code="lunch", title_en="Lunch", title_ru="Обед", allowed_minutes=45))
        tx.session.add(
            AgentTransition(
                agent_id=1,
                at=now - timedelta(hours=1),
                last=State.OFFLINE,
                trigger=Trigger.START,
                state=State.READY,
                last_ms=0,
            )
        )
        tx.session.add(CallRow(id="call-1", direction=Direction.INBOUND, started_at=now))
        await tx.session.flush()
        for hours in (1, 1, 30):
            at = now - timedelta(hours=hours)
            tx.session.add(OfferRow(call_id="call-1", agent_id=1, offered_at=at, connected_at=at))


async def test_the_page_is_for_supervisors_and_speaks_their_language(
    visiting: Visit, transactions: Transactions, clock: ManualClock
) -> None:
    await seed(transactions, clock)
    visitor = await visiting(SHELL, SOCKET, COMPONENT)
    await visitor.sign_in(Role.AGENT, login="other")
    refused = await visitor.get("/supervisor", headers={"Accept": "application/json"})
    await visitor.sign_in(Role.SUPERVISOR, language="ru")

    page = await (await visitor.get("/supervisor")).text()

    assert refused.status == 403
    assert "\\u041e\\u0431\\u0435\\u0434" in page  # the reason's Russian title, as JSON
    assert '<cc-floor data-live zone="Europe/Berlin">' in page


async def test_hours_and_the_day_are_the_companys(
    visiting: Visit, transactions: Transactions, clock: ManualClock
) -> None:
    await seed(transactions, clock)
    visitor = await visiting(SHELL, SOCKET, COMPONENT)
    await visitor.sign_in(Role.SUPERVISOR)

    hours = (await (await visitor.get("/api/v1/floor/hours")).json())["hours"]
    day = await (await visitor.get("/api/v1/floor/agents/1")).json()
    nobody = await visitor.get("/api/v1/floor/agents/9")
    nonsense = await visitor.get("/api/v1/floor/agents/x")

    assert hours == {"1": [2 if hour == 9 else 0 for hour in range(24)]}  # 08:00 UTC is 9 in Berlin
    assert [(s["state"], s["started_at"]) for s in day["stints"]] == [("ready", "2026-03-02T08:00:00.000Z")]
    assert (nobody.status, nonsense.status) == (404, 404)
