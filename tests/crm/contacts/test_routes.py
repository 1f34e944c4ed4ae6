"""The pages of contacts, as a browser without scripts sees them."""

import re
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from callcenter.agents.models import Agent
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, Outcome, RecordingState
from callcenter.calls.routes import COMPONENT as CALLS
from callcenter.dialer.service import DispositionDraft, set_dispositions
from callcenter.kernel.audit import AuditEntry
from callcenter.kernel.auth import Role
from callcenter.kernel.tx import Transactions, system_actor
from callcenter.queues.service import QueueSettings, create_queue
from crm.contacts.component import COMPONENT
from crm.contacts.models import Contact
from crm.contacts.queries import contact_by_id
from crm.contacts.service import edit_contact
from tests.support.browsing import Visitor
from tests.support.factories.contacts import AGENT, add_company, add_person

NUMBER = "+74955550142"
Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def agent(visiting: Visit) -> Visitor:
    visitor = await visiting(COMPONENT, CALLS)
    await visitor.sign_in(Role.AGENT)
    return visitor


@pytest.fixture
async def supervisor(visiting: Visit) -> Visitor:
    visitor = await visiting(COMPONENT, CALLS)
    await visitor.sign_in(Role.SUPERVISOR)
    return visitor


async def page(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = await visitor.get(path)
    text = await answer.text()
    assert answer.status == status, text
    return text


async def send(visitor: Visitor, path: str, expected: int = 200, /, **form: str | int) -> str:
    answer = await visitor.post(path, data={name: str(value) for name, value in form.items()})
    text = await answer.text()
    assert answer.status == expected, text
    return text


async def add_call(transactions: Transactions, visitor: Visitor | None, **values: object) -> CallRow:
    """A call, of the visitor's own agent when there is one."""
    async with transactions.database.write() as session:
        agent_id = None
        if visitor is not None and visitor.user is not None:
            row = Agent(user_id=visitor.user.id, extension="101", sip_secret="-")
            session.add(row)
            await session.flush()
            agent_id = row.id
        call = CallRow(
            **{
                "id": "1700000000.7",
                "direction": Direction.INBOUND,
                "number": NUMBER,
                "agent_id": agent_id,
                "started_at": transactions.clock.now(),
            }
            | values
        )
        session.add(call)
    return call


async def read(transactions: Transactions, contact_id: int) -> Contact:
    async with transactions.read() as session:
        return await contact_by_id(session, AGENT, contact_id)


async def test_nobody_sees_contacts_without_signing_in(visiting: Visit) -> None:
    visitor = await visiting(COMPONENT)

    answer = await visitor.get("/crm/contacts")

    assert answer.status == 303
    assert answer.headers["Location"].startswith("/login")


async def test_the_list_shows_who_is_there(agent: Visitor, transactions: Transactions) -> None:
    await add_person(transactions, "Anna", "Petrova", NUMBER, company="Sever")

    text = await page(agent, "/crm/contacts")

    assert "Anna Petrova" in text
    assert "Sever" in text
    assert f'data-dial="{NUMBER}"' in text


async def test_the_empty_list_says_how_to_fill_it(agent: Visitor) -> None:
    assert "No contacts yet" in await page(agent, "/crm/contacts")


async def test_a_search_that_finds_nobody_says_so(agent: Visitor, transactions: Transactions) -> None:
    await add_person(transactions)

    assert "Nobody is found" in await page(agent, "/crm/contacts?text=zzz")


async def test_the_next_page_keeps_filter_and_columns(agent: Visitor, transactions: Transactions) -> None:
    for index in range(51):
        await add_person(transactions, "Anna", f"Petrova{index:02}", segment="gold")

    text = await page(agent, "/crm/contacts?segment=gold&column=email")
    link = re.search(r'rel="next" href="([^"]+)"', text)
    assert link is not None
    following = await page(agent, link[1].replace("&amp;", "&"))

    assert "segment=gold" in link[1]
    assert "column=email" in link[1]
    assert "Petrova50" in following
    assert "Petrova49" not in following


async def test_what_people_wrote_is_escaped(agent: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions, "<script>alert(1)</script>", "X", notes="<b>bold</b>")

    for path in ("/crm/contacts", f"/crm/contacts/{contact.id}", f"/crm/contacts/{contact.id}?tab=details"):
        text = await page(agent, path)
        assert "<script>alert" not in text
        assert "<b>bold" not in text


async def test_the_record_shows_calls_with_recordings_one_may_hear(
    supervisor: Visitor, transactions: Transactions
) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", NUMBER)
    async with transactions.begin(system_actor("test")) as tx:
        await create_queue(tx, "support", QueueSettings(title="Support desk"))
        await set_dispositions(tx, None, [DispositionDraft(code="callback", key=2, title="Call back")])
    await add_call(
        transactions,
        None,
        contact_id=contact.id,
        queue="support",
        outcome=Outcome.ANSWERED,
        note="Wants a courier",
        disposition="callback",
        wait_ms=32_000,
        recording_state=RecordingState.READY,
        ended_at=transactions.clock.now(),
    )

    text = await page(supervisor, f"/crm/contacts/{contact.id}")

    assert "Inbound, Support desk" in text
    assert "Call back" in text
    assert "Wants a courier" in text
    assert "Waited 32 s." in text
    assert '<cc-player src="/api/v1/calls/1700000000.7/recording"' in text


async def test_an_agent_is_not_offered_recordings_of_others(
    agent: Visitor, transactions: Transactions
) -> None:
    contact = await add_person(transactions)
    await add_call(transactions, None, contact_id=contact.id, recording_state=RecordingState.READY)

    assert "cc-player" not in await page(agent, f"/crm/contacts/{contact.id}/card")


async def test_older_calls_come_on_demand(agent: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions)
    for index in range(31):
        await add_call(transactions, None, id=f"call-{index}", contact_id=contact.id, note=f"note {index}.")
        transactions.clock.advance(60)  # type: ignore[attr-defined]  # a test's clock

    text = await page(agent, f"/crm/contacts/{contact.id}/card")
    link = re.search(r'hx-get="([^"]+/timeline\?before=[^"]+)"', text)
    assert link is not None
    older = await page(agent, link[1].replace("&amp;", "&"))

    assert "note 0." not in text
    assert "note 0." in older
    assert "note 1." not in older


async def test_an_unknown_contact_is_not_found(agent: Visitor) -> None:
    assert "Nothing is found here." in await page(agent, "/crm/contacts/4711", status=404)


async def test_a_contact_is_made_by_form(agent: Visitor, transactions: Transactions) -> None:
    answer = await agent.post(
        "/crm/contacts",
        data={
            "kind": "person",
            "first_name": "Anna",
            "last_name": "Petrova",
            "company": "Sever",
            "number": "030 123456",
            "number_kind": "work",
            "email": "anna@sever.example",
        },
    )

    assert answer.status == 303
    text = await page(agent, answer.headers["Location"])
    assert "Anna Petrova" in text
    assert "Sever" in text
    assert "tel:+4930123456" in text


async def test_a_form_with_mistakes_comes_back_as_it_was_typed(agent: Visitor) -> None:
    text = await send(agent, "/crm/contacts", 422, kind="person", last_name="Petrova", number="12")

    assert "“12” is not a telephone number." in text
    assert 'value="Petrova"' in text


async def test_a_line_is_edited_in_place(agent: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions)
    path = f"/crm/contacts/{contact.id}/rows/segment"
    form = await page(agent, f"{path}?edit=1")

    text = await send(agent, path, version=contact.version, segment="gold", **{"base.segment": ""})

    assert 'name="base.segment"' in form
    assert "gold" in text
    assert (await read(transactions, contact.id)).segment == "gold"


async def test_changes_of_different_lines_meet_without_a_question(
    agent: Visitor, transactions: Transactions
) -> None:
    contact = await add_person(transactions)
    async with transactions.begin(AGENT) as tx:
        await edit_contact(tx, contact.id, 1, {"position": "director"})

    await send(
        agent, f"/crm/contacts/{contact.id}/rows/segment", version=1, segment="gold", **{"base.segment": ""}
    )

    now = await read(transactions, contact.id)
    assert (now.position, now.segment) == ("director", "gold")


async def test_two_changes_of_one_field_are_shown_to_choose(
    agent: Visitor, transactions: Transactions
) -> None:
    contact = await add_person(transactions, "Anna", "Petrova")
    path = f"/crm/contacts/{contact.id}/rows/name"
    async with transactions.begin(AGENT) as tx:
        await edit_contact(tx, contact.id, 1, {"last_name": "Theirs", "first_name": "Anne"})
    base = {"base.last_name": "Petrova", "base.first_name": "Anna", "base.middle_name": ""}

    dialog = await send(
        agent, path, 409, version=1, last_name="Mine", first_name="Anna", middle_name="Igorevna", **base
    )
    unchanged = await read(transactions, contact.id)
    chosen = {
        "version": "2",
        "last_name": "Mine",
        "base.last_name": "Theirs",
        "first_name": "Anna",
        "base.first_name": "Anna",
        "middle_name": "Igorevna",
        "base.middle_name": "",
    }
    await send(agent, path, **chosen)

    assert "<dialog" in dialog
    assert 'value="Theirs" checked' in dialog
    assert 'value="Mine"' in dialog
    assert unchanged.last_name == "Theirs"
    now = await read(transactions, contact.id)
    assert now.name == "Anne Igorevna Mine"


async def test_a_wrong_value_stays_in_its_field(agent: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions)

    text = await send(agent, f"/crm/contacts/{contact.id}/rows/zone", 422, version=1, zone="Mars/Base")

    assert "This is not a time zone." in text
    assert 'value="Mars/Base"' in text


async def test_numbers_and_emails_come_and_go(agent: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", NUMBER)
    path = f"/crm/contacts/{contact.id}/reach"

    await send(agent, path, act="add-number", number="030 123456", kind="work")
    await send(agent, path, act="prefer-number", number="+4930123456")
    await send(agent, path, act="remove-number", number=NUMBER)
    await send(agent, path, act="add-email", email="anna@sever.example")
    await send(agent, path, act="set-address", city="Berlin", country="de")
    refused = await send(agent, path, 422, act="add-number", number="nonsense")

    now = await read(transactions, contact.id)
    assert [(row.number, row.is_primary) for row in now.numbers] == [("+4930123456", True)]
    assert [row.email for row in now.emails] == ["anna@sever.example"]
    assert [(row.city, row.country) for row in now.addresses] == [("Berlin", "DE")]
    assert "is not a telephone number" in refused
    assert 'value="nonsense"' in refused


async def test_only_supervisors_archive(
    agent: Visitor, supervisor: Visitor, transactions: Transactions
) -> None:
    contact = await add_person(transactions)

    await send(agent, f"/crm/contacts/{contact.id}/archive", 403)
    text = await send(supervisor, f"/crm/contacts/{contact.id}/archive")

    assert "Archived" in text
    assert (await read(transactions, contact.id)).archived


async def test_a_known_caller_pops_as_a_card(agent: Visitor, transactions: Transactions) -> None:
    await add_person(transactions, "Anna", "Petrova", NUMBER)

    text = await page(agent, "/crm/contacts/pop?number=%2B74955550142&call_id=x")

    assert "Anna Petrova" in text
    assert "contact-pop" not in text
    assert "<html" not in text


async def test_several_who_share_a_number_are_a_choice_by_keys(
    agent: Visitor, transactions: Transactions
) -> None:
    await add_company(transactions, "Sever", NUMBER)
    await add_person(transactions, "Anna", "Petrova", NUMBER)

    text = await page(agent, "/crm/contacts/pop?number=%2B74955550142&call_id=x")

    assert re.findall(r"<kbd>(\d)</kbd>", text) == ["1", "2"]


async def test_an_unknown_caller_gets_search_and_a_filled_form(agent: Visitor) -> None:
    text = await page(agent, "/crm/contacts/pop?number=%2B74955550142&call_id=1700000000.7")

    assert f'value="{NUMBER}"' in text
    assert 'name="call_id" value="1700000000.7"' in text
    assert 'type="search"' in text


async def test_the_chosen_contact_is_bound_to_the_call_and_learns_the_number(
    agent: Visitor, transactions: Transactions
) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", "+79215550177")
    call = await add_call(transactions, agent)
    found = await page(agent, "/crm/contacts/pop/search?text=petr&call_id=1700000000.7&number=%2B74955550142")

    text = await send(
        agent, f"/crm/contacts/{contact.id}/bind", call_id=call.id, number=NUMBER, keep_number="1"
    )

    assert f"/crm/contacts/{contact.id}/bind" in found
    assert "Anna Petrova" in text
    assert "not linked" not in text
    now = await read(transactions, contact.id)
    assert [row.number for row in now.numbers] == ["+79215550177", NUMBER]
    async with transactions.read() as session:
        assert await session.scalar(select(CallRow.contact_id)) == contact.id


async def test_a_new_caller_becomes_a_contact_bound_to_the_call(
    agent: Visitor, transactions: Transactions
) -> None:
    call = await add_call(transactions, agent)

    text = await send(
        agent, "/crm/contacts/pop", kind="person", last_name="Petrova", number=NUMBER, call_id=call.id
    )

    assert "Petrova" in text
    async with transactions.read() as session:
        bound = await session.scalar(select(CallRow.contact_id))
        assert bound == await session.scalar(select(Contact.id))


async def test_the_card_comes_even_when_the_call_is_not_ones_own(
    agent: Visitor, transactions: Transactions
) -> None:
    contact = await add_person(transactions)
    await add_call(transactions, None, agent_id=99)

    text = await send(agent, f"/crm/contacts/{contact.id}/bind", call_id="1700000000.7")

    assert "Anna Petrova" in text
    assert "The call was not linked to this contact." in text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/crm/contacts", {"kind": "person", "last_name": "X"}),
        ("/crm/contacts/{id}/rows/segment", {"version": "1", "segment": "gold", "base.segment": ""}),
        ("/crm/contacts/{id}/reach", {"act": "add-email", "email": "a@b.example"}),
        ("/crm/contacts/{id}/archive", {}),
    ],
)
async def test_every_write_is_audited_with_who_did_it(
    supervisor: Visitor, transactions: Transactions, path: str, form: dict[str, str]
) -> None:
    contact = await add_person(transactions)
    async with transactions.read() as session:
        before = await session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))

    await supervisor.post(path.format(id=contact.id), data=form)

    assert supervisor.user is not None
    async with transactions.read() as session:
        entries = list(await session.scalars(select(AuditEntry).where(AuditEntry.id > (before or 0))))
    assert [(entry.actor_id, entry.subject_type) for entry in entries] == [(supervisor.user.id, "contact")]


async def test_a_write_without_the_token_is_refused(agent: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions)
    agent.headers.pop("X-CSRF-Token")

    await send(agent, f"/crm/contacts/{contact.id}/reach", 403, act="add-email", email="a@b.example")

    assert (await read(transactions, contact.id)).emails == []
