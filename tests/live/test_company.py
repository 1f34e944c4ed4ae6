"""The thin line through every room on real parts, by the public doors: pages, socket, telephones."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.demo import company as demo
from callcenter.kernel.clock import SystemClock
from callcenter.lab.numbering import Scenario, number_for
from tests.support.asterisk import until
from tests.support.service import Company, Person, running_company, sign_in
from tests.support.working import (
    STRANGER,
    at_work,
    begin_shift,
    bridged_agents,
    call_in,
    calls_of,
    dialled,
    fold_is_true,
    loudness,
    open_call,
    own_call,
    press,
    recording_of,
    row_of,
    take,
    wrap_up,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
ANNA = demo.CUSTOMERS[0]
module = pytest_asyncio.fixture(scope="module", loop_scope="module")


@module
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with running_company(tmp_path_factory.mktemp("company")) as made:
        yield made


@module
async def elena(company: Company) -> AsyncIterator[Person]:
    """The supervisor, who sees everything."""
    async with await sign_in(company.service.address, "elena") as person:
        yield person


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _lines_are_free(company: Company, elena: Person) -> AsyncIterator[None]:
    """No customer of this test is left for the next one."""
    yield
    await company.carrier.cli("channel request hangup all")
    await elena.until(lambda: not elena.docs["call"])


def customer(scenario: Scenario, line: int, ring_seconds: float = 0) -> str:
    """A number that behaves so; each test has lines of its own."""
    return number_for(scenario, prefix="+7495", line=700 + line, ring_seconds=ring_seconds)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def milliseconds(row: dict[str, str], start: str, end: str) -> float:
    return (moment(row[end]) - moment(row[start])).total_seconds() * 1000


def queue_log(company: Company, call_id: str) -> list[list[str]]:
    """Verb and fields of the call's rows as Asterisk wrote them."""
    lines = Path(company.pbx.folder / "log/queue_log").read_text().splitlines()
    return [parts[4:] for parts in (line.split("|") for line in lines) if parts[1] == call_id]


async def test_a_call_from_the_ring_to_the_result(company: Company, elena: Person) -> None:
    async with at_work(company, "olga") as [olga]:
        call_in(company, "support", ANNA.number)
        await olga.until(lambda: olga.state == "ringing" and olga.pops)
        pop = olga.pops[-1]
        assert [match["name"] for match in pop["matches"]] == ["Anna Petrova"]
        assert own_call(olga)["answered_at"] is None
        call_id = await take(olga)
        assert await bridged_agents(company.pbx) == {olga.agent_id}
        await asyncio.sleep(1.2)
        await press(olga, "hold")
        await olga.until(lambda: olga.state == "hold")
        assert await bridged_agents(company.pbx) == set()
        await asyncio.sleep(0.5)
        await press(olga, "resume")
        await olga.until(lambda: olga.state == "talking")
        await asyncio.sleep(0.8)
        await press(olga, "hang_up")
        await wrap_up(olga, "sale")
        row = await row_of(elena, call_id, lambda r: r["ended_at"] and r["disposition"])
        sound = await recording_of(olga, call_id)
        address = f"{olga.address}/api/v1/calls/{call_id}/recording"
        async with olga.session.get(address, headers={"Range": "bytes=44-143"}) as answer:
            assert (answer.status, len(await answer.read())) == (206, 100)
            assert answer.headers["Content-Range"] == f"bytes 44-143/{len(sound)}"

    assert (row["outcome"], row["queue"], row["number"]) == ("answered", "support", ANNA.number)
    assert (row["agent_id"], row["ended_by"], row["cause"]) == (olga.agent_id, "agent", 16)
    assert (row["disposition"], row["contact_id"]) == ("sale", pop["matches"][0]["id"])
    steps = ("started_at", "joined_at", "connected_at", "ended_at")
    assert sorted(steps, key=lambda step: moment(row[step])) == list(steps)
    assert row["wait_ms"] == pytest.approx(milliseconds(row, "joined_at", "connected_at"), abs=1)
    assert any(moment(row[step]).microsecond % 1_000_000 for step in steps)
    talked = milliseconds(row, "connected_at", "ended_at")
    assert row["talk_ms"] + row["hold_ms"] == pytest.approx(talked, abs=150)
    assert 400 < row["hold_ms"] < 2500
    assert row["wrap_ms"] > 0
    assert [leg["kind"] for leg in row["legs"]] == ["customer"]
    assert row["legs"][0]["ended_at"] is not None
    assert [(o["agent_id"], o["result"]) for o in row["offers"]] == [(olga.agent_id, "connected")]
    customer, agent = loudness(sound)
    assert min(customer, agent) > 1000, "one side of the recording is silent"
    verbs = [rows[0] for rows in queue_log(company, call_id)]
    assert verbs == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]


async def test_a_customer_who_hangs_up_first(company: Company, elena: Person) -> None:
    async with at_work(company, "olga") as [olga]:
        call_in(company, "support", seconds=4)
        call_id = await take(olga)
        await olga.until(lambda: olga.state == "wrapup")
        row = await row_of(elena, call_id)
        await wrap_up(olga)

    assert (row["outcome"], row["ended_by"]) == ("answered", "customer")
    assert [rows[0] for rows in queue_log(company, call_id)][-1] == "COMPLETECALLER"


async def test_a_caller_who_gives_up_is_written_down_with_the_wait(company: Company, elena: Person) -> None:
    call_in(company, "support", seconds=7)
    call_in(company, "sales", ANNA.number, seconds=2)
    patient = await open_call(elena, STRANGER, "waiting")
    hasty = await open_call(elena, ANNA.number, "waiting")

    left = await row_of(elena, patient)
    short = await row_of(elena, hasty)

    assert (left["outcome"], short["outcome"]) == ("abandoned", "short")
    assert left["wait_ms"] == pytest.approx(milliseconds(left, "joined_at", "ended_at"), abs=1)
    assert left["wait_ms"] > 5000
    assert (left["ended_by"], left["connected_at"], left["recording"]) == ("customer", None, False)
    assert [rows[0] for rows in queue_log(company, patient)] == ["ENTERQUEUE", "ABANDON"]


async def test_two_callers_and_one_agent(company: Company, elena: Person) -> None:
    async with at_work(company, "olga") as [olga]:
        call_in(company, "support", STRANGER)
        first = await open_call(elena, STRANGER)
        call_in(company, "support", ANNA.number)
        second = await open_call(elena, ANNA.number)

        assert await take(olga) == first
        assert [c["state"] for c in calls_of(elena, ANNA.number)] == ["waiting"]
        assert elena.docs["queue"]["support"]["waiting"] == 1
        await press(olga, "hang_up")
        await wrap_up(olga)
        assert await take(olga) == second
        await press(olga, "hang_up")
        await row_of(elena, second)


async def test_a_declined_call_goes_to_the_colleague(company: Company, elena: Person) -> None:
    async with at_work(company, "olga", "timur") as [olga, timur]:
        call_in(company, "support")
        await elena.until(lambda: "ringing" in (olga.state, timur.state))
        asked, other = (olga, timur) if olga.state == "ringing" else (timur, olga)
        await press(asked, "decline")

        call_id = await take(other)

        await press(other, "hang_up")
        row = await row_of(elena, call_id)
    assert [(o["agent_id"], o["result"]) for o in row["offers"]] == [
        (asked.agent_id, "declined"),
        (other.agent_id, "connected"),
    ]


async def test_blind_transfer_to_a_queue(company: Company, elena: Person) -> None:
    async with at_work(company, "olga", "peter") as [olga, peter]:
        call_in(company, "support", ANNA.number)
        call_id = await take(olga)

        await press(olga, "transfer_queue", queue="delivery")

        await olga.until(lambda: olga.state == "wrapup")
        assert await take(peter) == call_id
        await peter.until(lambda: peter.pops)
        assert [m["name"] for m in peter.pops[-1]["matches"]] == ["Anna Petrova"]
        await press(peter, "hang_up")
        row = await row_of(elena, call_id)
    assert (row["agent_id"], row["queue"]) == (peter.agent_id, "delivery")
    assert [o["result"] for o in row["offers"]] == ["connected", "connected"]
    verbs = [rows[0] for rows in queue_log(company, call_id)]
    assert verbs == ["ENTERQUEUE", "CONNECT", "BLINDTRANSFER", "ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]


async def test_blind_transfer_to_a_colleague(company: Company, elena: Person) -> None:
    async with at_work(company, "olga", "igor") as [olga, igor]:
        call_in(company, "support")
        call_id = await take(olga)

        await press(olga, "transfer_agent", agent_id=igor.agent_id)

        assert await take(igor) == call_id
        await olga.until(lambda: olga.state == "wrapup")
        await press(igor, "hang_up")
        row = await row_of(elena, call_id)
    assert row["agent_id"] == igor.agent_id


async def test_blind_transfer_to_a_number(company: Company, elena: Person) -> None:
    async with at_work(company, "olga") as [olga]:
        call_in(company, "support", seconds=12)
        call_id = await take(olga)
        target = customer(Scenario.PERSON, 71)

        await press(olga, "transfer_number", number=target)

        await olga.until(lambda: olga.state == "wrapup")
        await until(lambda: _has_dialled(company, target))
        await wrap_up(olga)
        assert calls_of(elena, STRANGER), "the customer's call goes on without the agent"
        row = await row_of(elena, call_id)
    assert (row["outcome"], row["ended_by"]) == ("answered", "customer")
    assert [leg["kind"] for leg in row["legs"]].count("customer") >= 1


async def _has_dialled(company: Company, number: str) -> bool:
    return (await dialled(company.carrier))[number] == 1


@pytest.mark.parametrize("whom", ["number", "colleague"])
async def test_advice_is_asked_and_the_call_handed_over(company: Company, elena: Person, whom: str) -> None:
    async with at_work(company, "olga", "igor") as [olga, igor]:
        call_in(company, "support")
        call_id = await take(olga)
        if whom == "number":
            await press(olga, "consult_number", number=customer(Scenario.PERSON, 72))
        else:
            await press(olga, "consult_agent", agent_id=igor.agent_id)
            await igor.until(lambda: igor.state == "ringing")
            assert own_call(igor)["consult_of"] == olga.agent_id
            await press(igor, "answer")
        await olga.until(lambda: (own_call(olga).get("consult") or {}).get("state") == "talking")
        assert olga.state == "hold"

        await press(olga, "consult_complete")

        await olga.until(lambda: olga.state == "wrapup")
        if whom == "colleague":
            await igor.until(lambda: igor.state == "talking" and own_call(igor)["consult_of"] is None)
            await until(lambda: _bridged(company, igor), seconds=5)
            await press(igor, "hang_up")
            await wrap_up(igor)
        else:
            await asyncio.sleep(1)
            assert len(calls_of(elena, STRANGER)) == 1, "the customer speaks to the number"
            await company.carrier.cli("channel request hangup all")
        row = await row_of(elena, call_id)
    assert row["agent_id"] == (igor if whom == "colleague" else olga).agent_id
    assert row["outcome"] == "answered"


async def _bridged(company: Company, person: Person) -> bool:
    return person.agent_id in await bridged_agents(company.pbx)


async def test_advice_is_asked_and_the_customer_kept(company: Company, elena: Person) -> None:
    async with at_work(company, "olga", "igor") as [olga, igor]:
        call_in(company, "support")
        call_id = await take(olga)
        await press(olga, "consult_agent", agent_id=igor.agent_id)
        await igor.until(lambda: igor.state == "ringing")
        await press(igor, "answer")
        await olga.until(lambda: (own_call(olga).get("consult") or {}).get("state") == "talking")

        await press(olga, "consult_cancel")

        await olga.until(lambda: olga.state == "talking" and own_call(olga)["consult"] is None)
        await igor.until(lambda: igor.state == "ready")
        await until(lambda: _bridged(company, olga), seconds=5)
        await press(olga, "hang_up")
        row = await row_of(elena, call_id)
    assert row["agent_id"] == olga.agent_id


async def test_who_folds_the_changes_holds_what_a_fresh_page_shows(company: Company, elena: Person) -> None:
    await fold_is_true(company, elena, "elena")


async def test_an_agent_dials_by_hand(company: Company, elena: Person) -> None:
    number = customer(Scenario.PERSON, 73, ring_seconds=1)
    async with at_work(company, "olga") as [olga]:
        await press(olga, "dial", number=number)
        await olga.until(lambda: olga.state == "dialling")
        await olga.until(lambda: olga.state == "talking")
        call_id = own_call(olga)["call_id"]
        await asyncio.sleep(1)
        await press(olga, "hang_up")
        await wrap_up(olga)
        row = await row_of(elena, call_id)
    assert (row["direction"], row["number"], row["outcome"]) == ("out", number, "answered")
    assert (await dialled(company.carrier))[number] == 1


# -- campaigns ----------------------------------------------------------------------------------


ROUND_THE_CLOCK = {str(day): [["00:00", "24:00"]] for day in range(7)}


async def make_campaign(
    company: Company,
    admin: Person,
    name: str,
    numbers: list[str],
    agents: list[Person],
    hours: dict[str, list[list[str]]] | None = None,
) -> int:
    """A campaign with a list, not started."""
    draft = {
        "name": name,
        "trunk": "carrier",
        "caller_id": demo.CALLER_ID,
        "ring_seconds": 15,
        "region": "RU",
        "zone": "Europe/Moscow",
        "purpose": "service",
        "hours": ROUND_THE_CLOCK if hours is None else hours,
    }
    status, campaign = await admin.send("POST", "/api/v1/campaigns", draft)
    assert status == 201, campaign
    path = f"/api/v1/campaigns/{campaign['id']}"
    status, told = await admin.send("PUT", f"{path}/agents", {"agents": [a.agent_id for a in agents]})
    assert status == 200, told
    file = io.StringIO()
    rows = [("phone", "name", "consent"), *((n, f"Lead {n}", "yes") for n in numbers)]
    csv.writer(file, delimiter=";").writerows(rows)
    headers = {"X-CSRF-Token": admin.csrf, "Origin": admin.address, "Content-Type": "text/csv"}
    async with admin.session.post(
        f"{admin.address}{path}/lists?name=list.csv", data=file.getvalue().encode(), headers=headers
    ) as answer:
        job = await answer.json()
        assert answer.status == 202, job

    async def read() -> bool:
        return bool((await admin.get(f"/api/v1/imports/{job['id']}"))["added"] == len(numbers))

    await until(read)
    return int(campaign["id"])


async def step(admin: Person, campaign_id: int, verb: str) -> None:
    status, told = await admin.send("POST", f"/api/v1/campaigns/{campaign_id}/step", {"verb": verb})
    assert status == 200, told


async def leads(admin: Person, campaign_id: int) -> dict[str, dict[str, object]]:
    found = await admin.get(f"/api/v1/campaigns/{campaign_id}/leads")
    return {lead["number"]: lead for lead in found["leads"]}


MIXED = {
    Scenario.PERSON: "answered",
    Scenario.BUSY: "busy",
    Scenario.REJECT: "rejected",
    Scenario.UNALLOCATED: "invalid",
    Scenario.CONGESTION: "congestion",
    Scenario.GIVES_UP: "no-answer",
}


async def test_a_campaign_dials_its_list_and_hands_answered_calls_to_agents(
    company: Company, elena: Person
) -> None:
    wanted = {customer(s, 80): outcome for s, outcome in MIXED.items()}
    wanted[customer(Scenario.PERSON, 81, ring_seconds=1)] = "answered"
    answered = [number for number, outcome in wanted.items() if outcome == "answered"]
    async with (
        at_work(company, "olga", "timur") as agents,
        await sign_in(company.service.address, "admin") as admin,
    ):
        campaign_id = await make_campaign(company, admin, "Mixed", list(wanted), agents)
        await elena.until(lambda: all(campaign_id in _campaigns(elena, agent) for agent in agents))
        await step(admin, campaign_id, "start")
        spoken: list[tuple[str, str]] = []

        async def work(agent: Person) -> None:
            while len(spoken) < len(answered):
                if agent.state == "talking":
                    call = own_call(agent)
                    assert call["campaign"] == campaign_id
                    await agent.until(lambda: agent.pops)
                    assert agent.pops[-1]["number"] == call["number"], "the card came with the call"
                    spoken.append((call["call_id"], call["number"]))
                    await asyncio.sleep(0.7)
                    await press(agent, "hang_up")
                    await wrap_up(agent, "sale")
                await asyncio.sleep(0.1)

        async with asyncio.timeout(40):
            await asyncio.gather(*(work(agent) for agent in agents))
        assert sorted(number for _, number in spoken) == sorted(answered)

        async def all_over() -> bool:
            now = await leads(admin, campaign_id)
            return all(lead["last_outcome"] == wanted[n] for n, lead in now.items())

        await until(all_over, seconds=30)
        figures = (await admin.get(f"/api/v1/campaigns/{campaign_id}"))["figures"]
        await step(admin, campaign_id, "stop")
        rows = [await row_of(elena, call_id) for call_id, _ in spoken]
        for call_id, _ in spoken:
            assert min(loudness(await recording_of(elena, call_id))) > 1000

    times = await dialled(company.carrier)
    assert {number: times[number] for number in wanted} == dict.fromkeys(wanted, 1)
    assert (figures["attempts"], figures["answered"], figures["connected"]) == (len(wanted), 2, 2)
    assert {(r["outcome"], r["campaign_id"], r["disposition"]) for r in rows} == {
        ("answered", campaign_id, "sale")
    }


def _campaigns(board: Person, agent: Person) -> list[int]:
    found: list[int] = board.docs["agent"][str(agent.agent_id)]["campaigns"]  # type: ignore[assignment]
    return found


async def test_nobody_is_dialled_against_the_rules(company: Company) -> None:
    forbidden, allowed = (customer(Scenario.BUSY, line) for line in (82, 83))
    asleep = customer(Scenario.BUSY, 84)
    async with at_work(company, "olga") as [olga], await sign_in(company.service.address, "admin") as admin:
        first = await make_campaign(company, admin, "Rules", [forbidden, allowed], [olga])
        status, entry = await admin.send("POST", "/api/v1/do-not-call", {"number": forbidden})
        assert status == 201, entry
        closed = {str(day): [["00:00", "24:00"]] for day in range(7) if day not in _around_today()}
        second = await make_campaign(company, admin, "Night", [asleep], [olga], closed)

        await step(admin, first, "start")
        await step(admin, second, "start")

        await until(lambda: _has_dialled(company, allowed))
        assert await _why_not(admin, first, forbidden) == "do-not-call"
        assert await _why_not(admin, second, asleep) == "hours"
        for campaign_id in (first, second):
            await step(admin, campaign_id, "stop")
    times = await dialled(company.carrier)
    assert (times[forbidden], times[asleep]) == (0, 0)


def _around_today() -> set[int]:
    today = SystemClock().now().weekday()
    return {(today + shift) % 7 for shift in (-1, 0, 1)}


async def _why_not(admin: Person, campaign_id: int, number: str) -> str | None:
    """The rule that keeps this number from being dialled now."""
    lead = (await leads(admin, campaign_id))[number]
    why = await admin.get(f"/api/v1/campaigns/{campaign_id}/leads/{lead['id']}/why")
    return None if why["allowed"] else str(why["rule"])


async def test_a_paused_campaign_dials_nobody_and_a_stopped_one_ends_its_ringing_lines(
    company: Company, elena: Person
) -> None:
    ringing, next_one = customer(Scenario.GIVES_UP, 85), customer(Scenario.NO_ANSWER, 86)
    async with at_work(company, "olga") as [olga], await sign_in(company.service.address, "admin") as admin:
        campaign_id = await make_campaign(company, admin, "Paused", [ringing, next_one], [olga])
        await step(admin, campaign_id, "start")
        await until(lambda: _has_dialled(company, ringing))

        await step(admin, campaign_id, "pause")
        await until(lambda: _outcome(admin, campaign_id, ringing, "no-answer"), seconds=12)
        assert (await dialled(company.carrier))[next_one] == 0

        await step(admin, campaign_id, "resume")
        await until(lambda: _has_dialled(company, next_one))
        await step(admin, campaign_id, "stop")
        await until(lambda: _outcome(admin, campaign_id, next_one, "cancelled"), seconds=3)
        await elena.until(lambda: not calls_of(elena, next_one))
        assert olga.state == "ready"


async def _outcome(admin: Person, campaign_id: int, number: str, outcome: str) -> bool:
    return (await leads(admin, campaign_id))[number]["last_outcome"] == outcome


async def test_the_phone_of_an_agent_that_is_put_down_ends_the_call(company: Company, elena: Person) -> None:
    async with at_work(company, "olga") as [olga]:
        call_in(company, "support")
        call_id = await take(olga)

        await company.telephones.cli("channel request hangup all")

        await olga.until(lambda: olga.state == "wrapup")
        row = await row_of(elena, call_id)
        await press(olga, "finish")
        await olga.until(lambda: olga.state == "paused")
        await press(olga, "set_ready")
        await begin_shift(olga)
    assert (row["outcome"], row["ended_by"]) == ("answered", "agent")
