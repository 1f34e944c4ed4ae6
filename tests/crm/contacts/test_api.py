"""Contacts over JSON."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from callcenter.kernel.auth import Role
from callcenter.kernel.tx import Transactions
from crm.contacts.component import COMPONENT
from tests.support.browsing import Visitor
from tests.support.factories.contacts import add_company, add_person

PATH = "/api/v1/contacts"
FIRST = {"If-Match": '"1"'}
Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visitor(visiting: Visit) -> Visitor:
    made = await visiting(COMPONENT)
    await made.sign_in(Role.SUPERVISOR)
    return made


async def ask(visitor: Visitor, method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
    answer = await visitor.ask(method, path, **options)
    assert answer.status == status, await answer.text()
    if status == 204:
        return {}
    body: dict[str, Any] = await answer.json(content_type=None)
    return body


async def test_a_contact_is_made_and_read_back(visitor: Visitor) -> None:
    body = {
        "kind": "person",
        "first_name": "Anna",
        "last_name": "Petrova",
        "company": "Sever",
        "numbers": [{"number": "030 123456", "kind": "work"}],
        "emails": ["anna@sever.example"],
        "addresses": [{"city": "Berlin", "country": "DE"}],
    }

    answer = await visitor.post(PATH, json=body)
    read = await ask(visitor, "GET", answer.headers["Location"], 200)

    assert answer.status == 201
    assert answer.headers["ETag"] == '"1"'
    assert read == await answer.json()
    assert read["name"] == "Anna Petrova"
    assert read["company"] == "Sever"
    assert read["numbers"] == [
        {"number": "+4930123456", "number_raw": "030 123456", "kind": "work", "primary": True}
    ]


async def test_an_unchanged_contact_is_not_sent_again(visitor: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions)

    answer = await visitor.get(f"{PATH}/{contact.id}", headers={"If-None-Match": '"1"'})

    assert answer.status == 304


async def test_a_patch_changes_what_it_names(visitor: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions, "Anna", "Petrova", segment="gold")

    changed = await ask(
        visitor,
        "PATCH",
        f"{PATH}/{contact.id}",
        200,
        json={"last_name": "Ivanova"},
        headers={"If-Match": '"1"'},
    )

    assert (changed["name"], changed["segment"], changed["version"]) == ("Anna Ivanova", "gold", 2)


async def test_a_patch_of_an_old_version_is_refused_with_what_is_there(
    visitor: Visitor, transactions: Transactions
) -> None:
    contact = await add_person(transactions)
    path = f"{PATH}/{contact.id}"
    await ask(visitor, "PATCH", path, 200, json={"last_name": "First"}, headers=FIRST)

    refused = await ask(
        visitor, "PATCH", path, 412, json={"last_name": "Second"}, headers={"If-Match": '"1"'}
    )

    assert refused["key"] == "stale"
    assert refused["values"] == {"last_name": "First", "version": "2"}


@pytest.mark.parametrize(("headers", "status"), [({}, 428), ({"If-Match": '"x"'}, 422)])
async def test_a_patch_says_which_version_it_changes(
    visitor: Visitor, transactions: Transactions, headers: dict[str, str], status: int
) -> None:
    contact = await add_person(transactions)

    await ask(visitor, "PATCH", f"{PATH}/{contact.id}", status, json={"segment": "x"}, headers=headers)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"last_name": "X", "numbers": [{"number": "12"}]}, "number"),
        ({"last_name": ""}, "last_name"),
        ({"last_name": 5}, "last_name"),
        ({"nonsense": "x"}, "body"),
    ],
)
async def test_a_wrong_body_is_a_problem_that_names_the_field(
    visitor: Visitor, body: dict[str, Any], field: str
) -> None:
    answer = await visitor.post(PATH, json=body)

    assert answer.status == 422
    assert answer.content_type == "application/problem+json"
    assert field in (await answer.json(content_type=None))["fields"]


async def test_lists_search_filter_and_page(visitor: Visitor, transactions: Transactions) -> None:
    for index in range(5):
        await add_person(transactions, "Anna", f"Petrova{index}", f"+7495555014{index}")
    await add_company(transactions, "Annapurna")

    first = await ask(visitor, "GET", f"{PATH}?text=anna&kind=person&limit=3", 200)
    second = await ask(visitor, "GET", f"{PATH}?text=anna&kind=person&limit=3&cursor={first['next']}", 200)
    by_number = await ask(visitor, "GET", f"{PATH}?number=%2B74955550143", 200)

    names = [line["name"] for page in (first, second) for line in page["contacts"]]
    assert names == [f"Anna Petrova{index}" for index in range(5)]
    assert second["next"] == ""
    assert [line["name"] for line in by_number["contacts"]] == ["Anna Petrova3"]


@pytest.mark.parametrize("query", ["limit=x", "owner=x", "cursor=x"])
async def test_nonsense_in_the_address_is_refused(visitor: Visitor, query: str) -> None:
    await ask(visitor, "GET", f"{PATH}?{query}", 422)


async def test_numbers_and_emails_are_added_and_removed(visitor: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions)
    path = f"{PATH}/{contact.id}"

    await ask(visitor, "POST", f"{path}/numbers", 200, json={"number": "030 123456", "kind": "fax"})
    await ask(visitor, "POST", f"{path}/emails", 200, json={"email": "a@b.example"})
    full = await ask(visitor, "PUT", f"{path}/addresses", 200, json=[{"city": "Berlin"}])
    await ask(visitor, "DELETE", f"{path}/numbers/+4930123456", 200)
    empty = await ask(visitor, "DELETE", f"{path}/emails/a@b.example", 200)

    assert [n["kind"] for n in full["numbers"]] == ["fax"]
    assert [a["city"] for a in full["addresses"]] == ["Berlin"]
    assert (empty["numbers"], empty["emails"]) == ([], [])


async def test_delete_archives_and_restore_brings_back(visitor: Visitor, transactions: Transactions) -> None:
    contact = await add_person(transactions)
    path = f"{PATH}/{contact.id}"

    await ask(visitor, "DELETE", path, 204)
    archived = await ask(visitor, "GET", path, 200)
    restored = await ask(visitor, "POST", f"{path}/restore", 200)

    assert archived["archived"] is True
    assert restored["archived"] is False


async def test_nobody_is_told_whether_a_contact_exists_without_signing_in(visiting: Visit) -> None:
    stranger = await visiting(COMPONENT)

    refused = await ask(stranger, "GET", f"{PATH}/1", 401)

    assert refused["key"] == "unauthenticated"
