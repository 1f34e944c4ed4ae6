"""A floor with something of everything in progress, for the worst moments; and what must be true afterwards.

Olga talks, Peter has his customer on hold, Igor is asked for a call, another caller waits behind it, a
campaign rings a customer for Sofia, and Nadia is free.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from callcenter.agents.models import AgentPresence
from callcenter.calls.models import CallRow, LegRow, OfferRow
from callcenter.demo import company as demo
from callcenter.dialer.models import Attempt
from callcenter.dialer.states import AttemptState
from callcenter.lab.numbering import Scenario, number_for
from tests.support.asterisk import until
from tests.support.service import Company, Person, sign_in
from tests.support.working import (
    begin_shift,
    bridged_agents,
    call_in,
    calls_of,
    channels,
    dialled,
    open_call,
    press,
    reopened,
    take,
)

TALKER, HOLDER, ASKED, WAITER, NEWCOMER = (f"+7916555000{n}" for n in range(5))
LOGINS = ("olga", "peter", "igor", "sofia", "nadia")


@dataclass(slots=True)
class BusyFloor:
    """Who does what. `people` are by login; `calls` by customer's number."""

    company: Company
    elena: Person
    campaign_id: int
    ringing: str
    people: dict[str, Person] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)

    def states(self) -> dict[str, str]:
        """Every colleague's state as the supervisor sees it."""
        board = self.elena.docs["agent"]
        return {login: str(board[str(p.agent_id)]["state"]) for login, p in self.people.items()}

    def with_whom(self) -> dict[str, str]:
        """Login -> the number of the customer they have."""
        found = {}
        for login, person in self.people.items():
            call = self.elena.docs["agent"][str(person.agent_id)]["call"]
            if isinstance(call, dict):
                found[login] = str(call["number"])
        return found

    async def come_back(self) -> None:
        """Every page connects anew."""
        self.elena = await reopened(self.elena)
        for login, person in list(self.people.items()):
            self.people[login] = await reopened(person)

    async def until_states(self, seconds: float = 20, **wanted: str) -> None:
        """Wait until these colleagues are in these states."""
        try:
            await self.elena.until(lambda: wanted.items() <= self.states().items(), seconds)
        except TimeoutError as error:
            reasons = {
                login: self.elena.docs["agent"][str(p.agent_id)]["reason"] for login, p in self.people.items()
            }
            raise AssertionError(f"{self.states()} ({reasons}) instead of {wanted}") from error

    async def media_flows(self, login: str) -> bool:
        """Does the pbx receive sound from this agent's phone now?"""
        one = await _received(self.company, self.people[login].agent_id)
        await asyncio.sleep(0.4)
        return await _received(self.company, self.people[login].agent_id) > one


async def _received(company: Company, agent_id: int) -> int:
    """Packets that came from the agent's phone; a channel of no call has none."""
    shown = await company.pbx.cli("pjsip show channelstats")
    counts = re.findall(rf"agent{agent_id}-\S+\s+\S+\s+\w+\s+(\d+)", shown)
    return max((int(count) for count in counts), default=0)


async def start_campaign(company: Company, agents: Sequence[Person], numbers: Sequence[str]) -> int:
    """A campaign that begins to dial at once."""
    async with await sign_in(company.service.address, "admin") as admin:
        draft = {
            "name": f"Fault {numbers[0]}",
            "trunk": "carrier",
            "caller_id": demo.CALLER_ID,
            "ring_seconds": 45,
            "region": "RU",
            "zone": "Europe/Moscow",
            "purpose": "service",
            "hours": {str(day): [["00:00", "24:00"]] for day in range(7)},
        }
        status, campaign = await admin.send("POST", "/api/v1/campaigns", draft)
        assert status == 201, campaign
        path = f"/api/v1/campaigns/{campaign['id']}"
        await admin.send("PUT", f"{path}/agents", {"agents": [agent.agent_id for agent in agents]})
        headers = {"X-CSRF-Token": admin.csrf, "Origin": admin.address, "Content-Type": "text/csv"}
        content = "\n".join(("phone,consent", *(f"{number},yes" for number in numbers))).encode()
        async with admin.session.post(
            f"{admin.address}{path}/lists?name=list.csv", data=content, headers=headers
        ) as answer:
            job = await answer.json()

        async def read() -> bool:
            return bool((await admin.get(f"/api/v1/imports/{job['id']}"))["added"] == len(numbers))

        await until(read)
        status, told = await admin.send("POST", f"{path}/step", {"verb": "start"})
        assert status == 200, told
        return int(campaign["id"])


async def stop_campaign(company: Company, campaign_id: int) -> None:
    async with await sign_in(company.service.address, "admin") as admin:
        status, told = await admin.send("POST", f"/api/v1/campaigns/{campaign_id}/step", {"verb": "stop"})
        assert status == 200, told


async def attempts(company: Company, campaign_id: int) -> list[tuple[str, str, str]]:
    """Number, state and outcome of every attempt."""
    database = await company.database()
    try:
        async with database.read() as session:
            rows = await session.scalars(
                select(Attempt).where(Attempt.campaign_id == campaign_id).order_by(Attempt.id)
            )
            return [(row.number, str(row.state), str(row.outcome)) for row in rows]
    finally:
        await database.aclose()


@asynccontextmanager
async def busy_floor(company: Company, line: int, *, ring_seconds: float = 25) -> AsyncIterator[BusyFloor]:
    """Everything in progress. `line` tells this scene's called numbers from another's."""
    ringing = number_for(Scenario.PERSON, prefix="+7495", line=line, ring_seconds=ring_seconds)
    people = {login: await sign_in(company.service.address, login) for login in LOGINS}
    elena = await sign_in(company.service.address, "elena")
    floor = BusyFloor(company, elena, 0, ringing, people)
    try:
        await _fill(floor)
        yield floor
    finally:
        await company.carrier.cli("channel request hangup all")
        for person in (*floor.people.values(), floor.elena):
            await person.leave()


async def _fill(floor: BusyFloor) -> None:
    company, people = floor.company, floor.people
    for login in ("olga", "peter", "igor"):
        await begin_shift(people[login])
    call_in(company, "support", TALKER, seconds=300)
    floor.calls[TALKER] = await take(people["olga"])
    call_in(company, "delivery", HOLDER, seconds=300)
    floor.calls[HOLDER] = await take(people["peter"])
    await press(people["peter"], "hold")
    await begin_shift(people["sofia"])
    floor.campaign_id = await start_campaign(company, [people["sofia"]], [floor.ringing])
    await until(lambda: _rings(floor))
    await begin_shift(people["nadia"])
    call_in(company, "sales", ASKED, seconds=300)
    floor.calls[ASKED] = await open_call(floor.elena, ASKED, "offered")
    call_in(company, "sales", WAITER, seconds=300)
    floor.calls[WAITER] = await open_call(floor.elena, WAITER, "waiting")
    await floor.until_states(olga="talking", peter="hold", igor="ringing", sofia="ready", nadia="ready")


async def _rings(floor: BusyFloor) -> bool:
    return bool((await dialled(floor.company.carrier))[floor.ringing])


# -- what must be true ---------------------------------------------------------------------------


async def floor_is_true(floor: BusyFloor) -> None:
    """Board, Asterisk and rows say the same, soon."""
    why: list[str] = []

    async def is_so() -> bool:
        why[:] = await lies(floor)
        return not why

    try:
        await until(is_so, seconds=12, every=0.5)
    except TimeoutError as error:
        raise AssertionError("; ".join(why)) from error


async def lies(floor: BusyFloor) -> list[str]:
    """Whatever two sources say differently."""
    found = []
    board, pbx = floor.elena.docs, floor.company.pbx
    talking = {int(key) for key, doc in board["agent"].items() if doc["state"] == "talking"}
    if talking != (bridged := await bridged_agents(pbx)):
        found.append(f"talking {talking}, bridged {bridged}")
    names = [name for members in (await channels(pbx)).values() for name in members]
    customers = sum(1 for name in names if name.startswith("PJSIP/carrier-"))
    if customers != len(board["call"]):
        found.append(f"{customers} customers' channels, {len(board['call'])} calls on the board")
    legs = [re.findall(r"PJSIP/agent(\d+)-", name) for name in names]
    twice = [agent for agent in {a for leg in legs for a in leg} if legs.count([agent]) > 1]
    if twice:
        found.append(f"agents with two legs: {twice}")
    here = {key for key, doc in board["agent"].items() if doc["state"] != "offline"}
    if down := [key for key in here if board["agent"][key]["phone"] != "up"]:
        found.append(f"agents without a leg: {down}")
    found.extend(await _lies_of_rows(floor))
    return found


async def _lies_of_rows(floor: BusyFloor) -> list[str]:
    found: list[str] = []
    board = floor.elena.docs
    database = await floor.company.database()
    try:
        async with database.read() as session:
            open_rows = set(await session.scalars(select(CallRow.id).where(CallRow.ended_at.is_(None))))
            ended = select(CallRow.id).where(CallRow.ended_at.is_not(None))
            legs = await session.scalars(
                select(LegRow.id).where(LegRow.ended_at.is_(None), LegRow.call_id.in_(ended))
            )
            offers = await session.scalars(
                select(OfferRow.id).where(OfferRow.ended_at.is_(None), OfferRow.call_id.in_(ended))
            )
            found.extend(f"leg {leg} has no end" for leg in legs)
            found.extend(f"offer {offer} has no end" for offer in offers)
            presences = {
                str(row.agent_id): str(row.state) for row in await session.scalars(select(AgentPresence))
            }
            open_attempts = list(
                await session.scalars(select(Attempt.call_id).where(Attempt.state != AttemptState.ENDED))
            )
    finally:
        await database.aclose()
    if open_rows != set(board["call"]):
        found.append(f"open rows {open_rows}, calls on the board {set(board['call'])}")
    for key, state in presences.items():
        if key in board["agent"] and board["agent"][key]["state"] != state:
            found.append(f"agent {key} is {board['agent'][key]['state']} and {state} by the row")
    if len(open_attempts) > sum(1 for call in board["call"] if call.startswith("attempt-")):
        found.append(f"attempts {open_attempts} are open without a call")
    return found


async def all_end(floor: BusyFloor) -> None:
    """Every customer leaves; nothing stays open anywhere."""
    await stop_campaign(floor.company, floor.campaign_id)
    await floor.company.carrier.cli("channel request hangup all")
    await floor.elena.until(lambda: not floor.elena.docs["call"])
    await floor_is_true(floor)
    for person in floor.people.values():
        while person.state not in ("offline", ""):
            if person.state == "wrapup":
                await person.press("finish")
            else:
                await person.press("end_shift")
            await asyncio.sleep(0.05)
    await floor.elena.until(lambda: set(floor.states().values()) == {"offline"})


async def answered_by_fallback(floor: BusyFloor) -> None:
    """A new caller is joined with Nadia although nobody of ours is there."""
    nadia = floor.people["nadia"].agent_id
    await asyncio.sleep(5.5)  # until the heartbeat is stale
    call_in(floor.company, "support", NEWCOMER, seconds=300)
    await until(lambda: _is_bridged(floor, nadia), seconds=8)


async def _is_bridged(floor: BusyFloor, agent_id: int) -> bool:
    return agent_id in await bridged_agents(floor.company.pbx)


async def hang_up_unseen(floor: BusyFloor, number: str) -> None:
    """This customer's line ends, whoever looks."""
    for line in (await floor.company.pbx.cli("core show channels concise")).splitlines():
        if number in line.split("!")[7:8]:
            await floor.company.pbx.cli(f"channel request hangup {line.split('!')[0]}")


def call_id_of(floor: BusyFloor, number: str) -> str:
    """The open call of this customer; exactly one."""
    [call] = calls_of(floor.elena, number)
    return str(call["id"])
