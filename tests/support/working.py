"""What tests of the whole company do again and again: colleagues at work, customers, rows to read."""

import asyncio
import io
import re
import wave
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from callcenter.demo import company as demo
from callcenter.lab.carrier import Caller, place
from callcenter.pbx.instance import Instance
from tests.support.asterisk import until
from tests.support.service import Company, Person, sign_in

NUMBER_OF = {line.name: line.number for line in demo.LINES}
STRANGER = "+79161234567"
BUSY_STATES = ("ringing", "dialling", "talking", "hold")


@asynccontextmanager
async def at_work(company: Company, *logins: str) -> AsyncIterator[list[Person]]:
    """These colleagues are ready; afterwards they have put everything down and gone home."""
    people = [await sign_in(company.service.address, login) for login in logins]
    try:
        for person in people:
            await begin_shift(person)
        yield people
    finally:
        for person in people:
            page = await reopened(person) if person.socket.closed else person
            try:
                await go_home(page)
            finally:
                await page.leave()


async def begin_shift(person: Person) -> None:
    """From wherever they are to ready."""
    own = str(person.agent_id)
    await person.until(lambda: person.docs["agent"][own]["phone_registered"], 30)
    if person.state == "offline":
        done = await person.press("start_shift")
        assert done["ok"], done
    await person.until(lambda: person.state == "ready")


async def reopened(person: Person) -> Person:
    """The same session, a new socket."""
    if person.reader is not None:
        person.reader.cancel()
    await person.socket.close()
    socket = await person.session.ws_connect(f"{person.address}/socket", headers={"Origin": person.address})
    fresh = Person(address=person.address, session=person.session, socket=socket, csrf=person.csrf)
    fresh.reader = asyncio.create_task(fresh.read())  # noqa: TID251 - a test double's own reader
    await fresh.until(lambda: fresh.hello and fresh.seq >= 0)
    return fresh


async def go_home(person: Person) -> None:
    """Whatever they are in, it is over."""
    for _ in range(20):
        verb = {
            **dict.fromkeys(("talking", "hold", "dialling"), "hang_up"),
            "ringing": "decline",
            "wrapup": "finish",
        }.get(person.state, "end_shift")
        if person.state == "offline":
            return
        await person.press(verb)
        await asyncio.sleep(0.1)
    raise AssertionError(f"an agent is still {person.state}")


def call_in(company: Company, queue: str, number: str = STRANGER, *, seconds: int = 60) -> None:
    """A customer calls a queue's number and stays so long, waiting included."""
    place(company.carrier, Caller(number=number, to=NUMBER_OF[queue], talk_seconds=seconds))


def calls_of(person: Person, number: str) -> list[dict[str, Any]]:
    """The calls with this customer on the board that the person sees."""
    return [dict(doc) for doc in person.docs["call"].values() if doc["number"] == number]


async def open_call(person: Person, number: str, *states: str) -> str:
    """The id of the customer's call once it is in one of these states."""

    def found() -> str:
        return next((c["id"] for c in calls_of(person, number) if not states or c["state"] in states), "")

    call_id: str = await person.until(found)
    return call_id


def own_call(person: Person) -> dict[str, Any]:
    """What the agent's card is about."""
    call: dict[str, Any] = person.docs["agent"][str(person.agent_id)]["call"] or {}  # type: ignore[assignment]
    return call


async def take(person: Person) -> str:
    """Answer what is offered; the call's id."""
    await person.until(lambda: person.state == "ringing")
    call_id: str = own_call(person)["call_id"]
    done = await person.press("answer")
    assert done["ok"], done
    await person.until(lambda: person.state == "talking")
    return call_id


async def press(person: Person, verb: str, **args: object) -> None:
    """A button that works."""
    done = await person.press(verb, **args)
    assert done["ok"], (verb, done)


async def wrap_up(person: Person, disposition: str = "resolved") -> None:
    """The result is given and the next call may come (or is there already)."""
    await person.until(lambda: person.state == "wrapup")
    await press(person, "finish", disposition=disposition)
    await person.until(lambda: person.state != "wrapup")


async def row_of(
    person: Person, call_id: str, is_so: Callable[[dict[str, Any]], object] = lambda row: row["ended_at"]
) -> dict[str, Any]:
    """The call's row once it is as wanted; by default once it has ended."""
    row: dict[str, Any] = {}

    async def right() -> object:
        async with person.session.get(f"{person.address}/api/v1/calls/{call_id}") as answer:
            row.update(await answer.json())
            return answer.status == 200 and is_so(row)

    try:
        await until(right, seconds=15, every=0.2)
    except TimeoutError as error:
        raise AssertionError(f"the row stays {row}") from error
    return row


async def recording_of(person: Person, call_id: str) -> bytes:
    """The joined recording, once it is there."""
    await row_of(person, call_id, lambda row: row["recording"])
    async with person.session.get(f"{person.address}/api/v1/calls/{call_id}/recording") as answer:
        assert answer.status == 200
        return await answer.read()


def loudness(sound: bytes) -> tuple[float, float]:
    """Mean power of the customer's and of the agent's side."""
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnchannels() == 2
        samples = array("h")
        samples.frombytes(file.readframes(file.getnframes()))
    sides = samples[0::2], samples[1::2]
    left, right = (sum(s * s for s in side) / max(1, len(side)) for side in sides)
    return left, right


async def dialled(carrier: Instance) -> Counter[str]:
    """How often each number was dialled, as the carrier counted its INVITEs."""
    rows = re.findall(r"^/lab/(\d+)\s*:\s*(\d+)", await carrier.cli("database show lab"), re.MULTILINE)
    return Counter({f"+{number}": int(count) for number, count in rows})


async def channels(pbx: Instance) -> dict[str, list[str]]:
    """Bridge -> channel names of every bridge of the pbx ("" for those in none)."""
    found: dict[str, list[str]] = {}
    for line in (await pbx.cli("core show channels concise")).splitlines():
        parts = line.split("!")
        if len(parts) > 12:  # as `concise` has its columns
            found.setdefault(parts[12], []).append(parts[0])
    return found


async def bridged_agents(pbx: Instance) -> set[int]:
    """Agents whose leg shares a bridge with somebody, as Asterisk has it."""
    return {
        int(agent)
        for bridge, names in (await channels(pbx)).items()
        if bridge and len(names) > 1
        for name in names
        for agent in re.findall(r"PJSIP/agent(\d+)-", name)
    }


async def fold_is_true(company: Company, person: Person, login: str) -> None:
    """Whoever folded every delta holds what a fresh snapshot shows."""
    async with await sign_in(company.service.address, login) as fresh:
        await person.until(lambda: person.seq >= fresh.seq)
        await fresh.until(lambda: fresh.seq == person.seq)
        assert fresh.docs == person.docs
