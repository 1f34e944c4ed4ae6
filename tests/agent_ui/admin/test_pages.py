"""Settings through the pages: what is wrong is said beside its field, and nothing typed is lost."""

import re
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from agent_ui.admin.component import COMPONENT
from agent_ui.admin.system import SYSTEM_PROBE, SystemProbe, SystemState
from callcenter.agents.models import Agent, PauseReason
from callcenter.agents.routes import COMPONENT as AGENTS
from callcenter.kernel.auth import Role, User
from callcenter.pbx.readback import Present, Problem, Target
from callcenter.pbx.seen import Seen, remember
from callcenter.queues.models import InboundNumber, Queue, QueueMember
from callcenter.queues.routes import COMPONENT as QUEUES
from tests.conftest import Visit
from tests.support.browsing import Visitor

AGENT = {"extension": "201", "phone": "browser", "leg_mode": "nailed", "wrapup_seconds": "30", "active": "on"}
QUEUE = {
    "title": "Support",
    "strategy": "longest-idle",
    "weight": "0",
    "offer_seconds": "20",
    "answer_seconds": "20",
    "short_seconds": "5",
    "target_percent": "80",
    "wait_limit_seconds": "60",
    "wrapup_seconds": "45",
    "announce_every_seconds": "30",
    "language": "en",
    "script": "Hello",
}


@pytest.fixture
async def admin(visiting: Visit) -> Visitor:
    visitor = await visiting(COMPONENT, AGENTS, QUEUES)
    await visitor.sign_in(Role.ADMINISTRATOR, login="root")
    return visitor


async def post(visitor: Visitor, path: str, **form: str) -> tuple[int, str]:
    answer = await visitor.post(path, data=form)
    return answer.status, await answer.text()


async def rows(visitor: Visitor, statement: Any) -> list[Any]:
    async with visitor.transactions.database.write() as session:
        return list(await session.scalars(statement))


async def make_queue(visitor: Visitor, name: str = "support", **changes: str) -> None:
    status, _ = await post(visitor, "/admin/queues/new", **{**QUEUE, "name": name, **changes})
    assert status == 303


@pytest.mark.parametrize(
    "path",
    [
        "/admin/users",
        "/admin/users/new",
        "/admin/agents",
        "/admin/agents/new",
        "/admin/queues",
        "/admin/queues/new",
        "/admin/numbers",
        "/admin/numbers/new",
        "/admin/pauses",
        "/admin/pauses/new",
        "/admin/audit",
        "/admin/system",
    ],
)
async def test_every_page_opens_for_an_administrator_and_for_nobody_else(admin: Visitor, path: str) -> None:
    opened = await admin.get(path)
    await admin.sign_in(Role.SUPERVISOR)
    refused = await admin.get(path, headers={"Accept": "application/json"})

    assert opened.status == 200
    assert refused.status == 403


async def test_a_new_user_signs_in_with_what_was_typed(admin: Visitor) -> None:
    status, _ = await post(
        admin,
        "/admin/users/new",
        login="Maria",
        name="Maria Orlova",
        role="agent",
        language="ru",
        password="correct horse battery",
    )

    (user,) = await rows(admin, select(User).where(User.login == "maria"))
    assert (status, user.name, user.role, user.language) == (303, "Maria Orlova", "agent", "ru")
    await admin.sign_in_as(user)


async def test_a_refused_user_keeps_what_was_typed_and_says_why(admin: Visitor) -> None:
    status, text = await post(
        admin,
        "/admin/users/new",
        login="maria",
        name="Maria <Orlova>",
        role="agent",
        language="en",
        password="short",
    )

    assert status == 422
    assert "A password has at least 10 characters." in text
    assert 'value="Maria &lt;Orlova&gt;"' in text
    assert "short" not in re.findall(r'name="password"[^>]*', text)[0]


async def test_nobody_switches_themselves_off(admin: Visitor) -> None:
    assert admin.user is not None

    status, text = await post(
        admin,
        f"/admin/users/{admin.user.id}",
        name="Root",
        role="administrator",
        language="en",
        version="1",
    )

    assert status == 422
    assert "You cannot switch yourself off." in text


async def test_an_edit_over_somebody_elses_edit_is_refused(admin: Visitor) -> None:
    assert admin.user is not None
    path = f"/admin/users/{admin.user.id}"
    form = {"role": "administrator", "language": "en", "active": "on", "version": "1"}
    first, _ = await post(admin, path, name="First", **form)

    second, text = await post(admin, path, name="Second", **form)

    assert (first, second) == (303, 412)
    assert "Somebody changed this record" in text
    assert 'value="Second"' in text


async def test_a_new_password_must_be_long_enough(admin: Visitor) -> None:
    assert admin.user is not None

    status, text = await post(admin, f"/admin/users/{admin.user.id}/password", password="short")

    assert status == 422
    assert "at least 10 characters" in text
    assert 'value="Administrator"' in text


async def test_an_agent_is_made_with_user_queues_and_a_drawn_secret(admin: Visitor) -> None:
    await make_queue(admin)

    status, _ = await post(
        admin,
        "/admin/agents/new",
        **AGENT,
        user_id="",
        login="olga",
        name="Olga",
        password="correct horse battery",
        **{"language": "ru", "queue:support": "on", "penalty:support": "2"},
    )

    (agent,) = await rows(admin, select(Agent))
    (member,) = await rows(admin, select(QueueMember))
    assert status == 303
    assert (agent.extension, agent.wrapup_seconds, len(agent.sip_secret) > 30) == ("201", 30, True)
    assert (member.queue, member.agent_id, member.penalty) == ("support", agent.id, 2)


async def test_a_failed_agent_leaves_no_user_behind(admin: Visitor) -> None:
    status, text = await post(
        admin,
        "/admin/agents/new",
        **{**AGENT, "extension": "1"},
        user_id="",
        login="olga",
        name="Olga",
        password="correct horse battery",
        language="ru",
    )

    assert status == 422
    assert "An extension has 2 to 12 digits." in text
    assert await rows(admin, select(User).where(User.login == "olga")) == []


async def test_an_extension_belongs_to_one_agent(admin: Visitor) -> None:
    assert admin.user is not None
    await post(admin, "/admin/agents/new", **AGENT, user_id=str(admin.user.id))
    (agent,) = await rows(admin, select(Agent))

    status, text = await post(
        admin,
        "/admin/agents/new",
        **AGENT,
        user_id="",
        login="olga",
        name="Olga",
        password="correct horse battery",
        language="ru",
    )
    page = await (await admin.get(f"/admin/agents/{agent.id}")).text()

    assert status == 422
    assert "This extension is taken." in text
    assert agent.sip_secret in page


async def test_a_number_that_is_no_number_is_said_beside_the_field(admin: Visitor) -> None:
    assert admin.user is not None

    status, text = await post(
        admin, "/admin/agents/new", **{**AGENT, "wrapup_seconds": "soon"}, user_id=str(admin.user.id)
    )

    assert status == 422
    assert "A whole number is needed." in text
    assert 'value="soon"' in text


async def test_renewing_the_secret_changes_it(admin: Visitor) -> None:
    assert admin.user is not None
    await post(admin, "/admin/agents/new", **AGENT, user_id=str(admin.user.id))
    (before,) = await rows(admin, select(Agent))

    status, _ = await post(admin, f"/admin/agents/{before.id}/secret")

    (after,) = await rows(admin, select(Agent))
    assert status == 303
    assert after.sip_secret != before.sip_secret


async def test_a_queue_is_made_changed_and_deleted(admin: Visitor) -> None:
    await make_queue(admin)
    changed, _ = await post(admin, "/admin/queues/support", **{**QUEUE, "title": "Help", "auto_answer": "on"})
    (queue,) = await rows(admin, select(Queue))
    assert (changed, queue.title, queue.auto_answer) == (303, "Help", True)

    deleted, _ = await post(admin, "/admin/queues/support/delete")

    assert deleted == 303
    assert await rows(admin, select(Queue)) == []


async def test_a_queue_says_everything_that_is_wrong_at_once(admin: Visitor) -> None:
    form = {**QUEUE, "title": "", "target_percent": "180", "name": "Bad Name"}

    status, text = await post(admin, "/admin/queues/new", **form)

    assert status == 422
    for message in ("A title is needed", "out of its limits", "A name has small letters"):
        assert message in text


async def test_a_number_is_kept_as_e164_and_only_once(admin: Visitor) -> None:
    await make_queue(admin)
    first, _ = await post(admin, "/admin/numbers/new", number="030 555 111", queue="support", language="en")

    again, text = await post(
        admin, "/admin/numbers/new", number="+49 30 555111", queue="support", language="en"
    )
    nonsense, no_number = await post(
        admin, "/admin/numbers/new", number="hello", queue="support", language="en"
    )

    (number,) = await rows(admin, select(InboundNumber))
    assert (first, again, nonsense) == (303, 422, 422)
    assert number.number == "+4930555111"
    assert "in use already" in text
    assert "not a telephone number" in no_number


async def test_a_number_is_led_elsewhere_and_removed(admin: Visitor) -> None:
    await make_queue(admin)
    await make_queue(admin, "sales")
    await post(admin, "/admin/numbers/new", number="030 555 111", queue="support", language="en")
    page = await admin.get("/admin/numbers/%2B4930555111")

    moved, _ = await post(admin, "/admin/numbers/+4930555111", queue="sales", language="ru")
    in_use = await admin.post("/admin/queues/sales/delete", headers={"Accept": "application/json"})
    removed, _ = await post(admin, "/admin/numbers/+4930555111/delete")

    assert (page.status, moved, in_use.status, removed) == (200, 303, 409, 303)
    assert await rows(admin, select(InboundNumber)) == []


async def test_a_pause_reason_is_made_changed_and_deleted(admin: Visitor) -> None:
    form = {"title_en": "Lunch", "title_ru": "Обед", "allowed_minutes": "30", "order": "1"}
    made, _ = await post(admin, "/admin/pauses/new", code="lunch", **form)
    taken, text = await post(admin, "/admin/pauses/new", code="lunch", **form)
    changed, _ = await post(admin, "/admin/pauses/lunch", **{**form, "allowed_minutes": "45"})
    (reason,) = await rows(admin, select(PauseReason))
    deleted, _ = await post(admin, "/admin/pauses/lunch/delete")

    assert (made, taken, changed, deleted) == (303, 422, 303, 303)
    assert "This code is taken." in text
    assert reason.allowed_minutes == 45
    assert await rows(admin, select(PauseReason)) == []


async def test_the_log_is_filtered_by_its_address_and_paged(admin: Visitor) -> None:
    await make_queue(admin)
    for number in range(60):
        await make_queue(admin, f"q{number}")

    mine = await (await admin.get("/admin/audit?kind=queues.created&page=2")).text()
    one = await (await admin.get("/admin/audit?subject=queue+support&since=2026-03-02")).text()
    none = await (await admin.get("/admin/audit?until=2026-03-01")).text()
    nonsense = await admin.get("/admin/audit?page=x&since=monday")

    assert "2 of 2, 61 in all" in mine
    assert one.count("<code>queues.created</code>") == 1
    assert "Nothing is recorded" in none
    assert nonsense.status == 200


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (SystemState(link="down"), "The link to Asterisk is down."),
        (SystemState(link="up", counters={"events": 7}), "<code>events</code>"),
    ],
)
async def test_the_system_page_shows_what_the_floor_says(
    admin: Visitor, visiting: Visit, state: SystemState, said: str
) -> None:
    without = await (await admin.get("/admin/system")).text()

    def prepare(app: web.Application) -> None:
        app[SYSTEM_PROBE] = SystemProbe(lambda: state)

    with_floor = await visiting(COMPONENT, AGENTS, QUEUES, prepare=prepare)
    with_floor.headers |= {k: v for k, v in admin.headers.items() if k != "Origin"}

    text = await (await with_floor.get("/admin/system")).text()

    assert "Telephony runs in another process." in without
    assert said in text


async def see(visitor: Visitor, **seen: Any) -> None:
    """The telephony process has looked at Asterisk."""
    async with visitor.transactions.database.write() as session:
        await remember(session, Seen(at=visitor.transactions.clock.now(), **seen))


HAS = Present(
    version="22.10.1",
    numbers={"74955550101": Target("support", "en")},
    queues=frozenset({"support"}),
    trunks={"carrier": "sip:sip.example.com:5060"},
)


async def test_a_number_is_marked_until_asterisk_has_it_and_the_page_looks_again(admin: Visitor) -> None:
    await make_queue(admin)
    await post(admin, "/admin/numbers/new", number="+74955550101", queue="support", language="en")
    unseen = await (await admin.get("/admin/numbers")).text()
    await see(admin, present=Present())
    soon = await (await admin.get("/admin/numbers?part=rows")).text()

    await see(admin, present=HAS)
    there = await (await admin.get("/admin/numbers?part=rows")).text()

    assert "No telephony process has looked at Asterisk yet." in unseen
    assert "Asterisk gets it in a moment." in soon
    assert "not yet" in soon
    assert 'hx-trigger="every 1s"' in soon
    assert "<html" not in soon
    assert "has it" in there
    assert "hx-get" not in there


async def test_a_number_that_was_deleted_is_not_gone_while_asterisk_has_it(admin: Visitor) -> None:
    await see(admin, present=HAS)

    assert "Asterisk gets it in a moment." in await (await admin.get("/admin/numbers")).text()


async def test_a_queue_says_why_asterisk_has_not_got_it(admin: Visitor) -> None:
    await make_queue(admin)
    await see(admin, present=Present(), problem=Problem.CANNOT_WRITE, detail="/srv/pbx: <read-only>")
    without = await (await admin.get("/admin/queues")).text()
    await see(admin, present=HAS)
    with_it = await (await admin.get("/admin/queues")).text()

    assert "Asterisk’s files cannot be written." in without
    assert "/srv/pbx: &lt;read-only&gt;" in without
    assert "has it" in with_it


async def test_the_system_page_tells_what_asterisk_has(admin: Visitor) -> None:
    await see(admin, present=HAS)
    good = await (await admin.get("/admin/system")).text()
    await see(admin, present=HAS, problem=Problem.DIFFERS, detail="queue sales")
    bad = await (await admin.get("/admin/system")).text()

    assert "Asterisk has all queues, numbers and trunks." in good
    assert "22.10.1" in good
    assert "sip:sip.example.com:5060" in good
    assert "Asterisk has read its files and has something else." in bad
    assert "queue sales" in bad


async def test_lists_are_json_for_programs(admin: Visitor) -> None:
    assert admin.user is not None
    await make_queue(admin)
    await post(admin, "/admin/agents/new", **AGENT, user_id=str(admin.user.id))

    queues = await (await admin.get("/api/v1/queues")).json()
    agents = await (await admin.get("/api/v1/agents")).json()

    assert [q["name"] for q in queues["queues"]] == ["support"]
    assert [(a["extension"], a["active"]) for a in agents["agents"]] == [("201", True)]
    assert "sip_secret" not in agents["agents"][0]
