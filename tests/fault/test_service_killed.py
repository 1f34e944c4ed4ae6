"""Our process dies with everything in progress. Asterisk goes on; a new process finds it all."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.lab.numbering import Scenario, number_for
from tests.support.asterisk import until
from tests.support.busy_floor import (
    ASKED,
    HOLDER,
    NEWCOMER,
    TALKER,
    WAITER,
    BusyFloor,
    all_end,
    answered_by_fallback,
    attempts,
    busy_floor,
    call_id_of,
    floor_is_true,
    start_campaign,
    stop_campaign,
)
from tests.support.service import Company, running_company
from tests.support.working import at_work, bridged_agents, dialled, press, row_of, take, wrap_up

LEADS = 6

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with running_company(tmp_path_factory.mktemp("killed")) as made:
        yield made


async def test_killed_with_everything_in_progress(company: Company) -> None:
    async with busy_floor(company, 701) as floor:
        olga, nadia = floor.people["olga"], floor.people["nadia"]
        company.service.kill()

        assert await bridged_agents(company.pbx) == {olga.agent_id}
        assert await floor.media_flows("olga"), "the conversation goes on without us"
        await answered_by_fallback(floor)
        assert await bridged_agents(company.pbx) == {olga.agent_id, nadia.agent_id}

        await company.service.start()
        await floor.come_back()
        await _taken_up(floor)
        await _served_to_the_end(floor)
        assert (await dialled(company.carrier))[floor.ringing] == 1


async def _taken_up(floor: BusyFloor) -> None:
    """Everybody has whom they had, the newcomer has Nadia, who waited waits on, in order."""
    await floor.until_states(olga="talking", peter="hold", nadia="talking", igor="ringing", sofia="ready")
    whom = floor.with_whom()
    assert (whom["olga"], whom["peter"], whom["nadia"]) == (TALKER, HOLDER, NEWCOMER)
    assert whom["igor"] == ASKED, "who came first is served first"
    for number, call_id in floor.calls.items():
        assert call_id_of(floor, number) == call_id, "the call is still the same one"
    await floor_is_true(floor)


async def _served_to_the_end(floor: BusyFloor) -> None:
    people = floor.people
    await press(people["peter"], "resume")
    assert await take(people["igor"]) == floor.calls[ASKED]
    await press(people["igor"], "hang_up")
    await wrap_up(people["igor"])
    assert await take(people["igor"]) == floor.calls[WAITER]
    await floor.until_states(sofia="talking", peter="talking", seconds=30)
    assert floor.with_whom()["sofia"] == floor.ringing
    assert await floor.media_flows("olga")
    newcomer = call_id_of(floor, NEWCOMER)
    await floor_is_true(floor)
    await all_end(floor)
    talked = await row_of(floor.elena, floor.calls[TALKER])
    assert talked["talk_ms"] > 12_000, "the time that nobody looked counts"
    assert talked["outcome"] == "answered"
    held = await row_of(floor.elena, floor.calls[HOLDER])
    assert held["hold_ms"] > 8_000
    found = await row_of(floor.elena, newcomer)
    assert (found["outcome"], found["agent_id"]) == ("answered", people["nadia"].agent_id)


async def test_stopped_in_order_and_started_again(company: Company) -> None:
    async with busy_floor(company, 702) as floor:
        company.service.stop()
        await asyncio.sleep(0.5)

        await company.service.start()
        await floor.come_back()

        await floor.until_states(olga="talking", peter="hold", nadia="ready", igor="ringing")
        await floor_is_true(floor)
        await all_end(floor)
        assert (await dialled(company.carrier))[floor.ringing] == 1


async def test_a_campaigns_customer_answers_while_nobody_is_there(company: Company) -> None:
    number = number_for(Scenario.PERSON, prefix="+7495", line=703, ring_seconds=2)
    async with at_work(company, "sofia") as [sofia]:
        campaign_id = await start_campaign(company, [sofia], [number])
        await until(lambda: _dialled(company, {number}))

        company.service.kill()
        await asyncio.sleep(3)  # they answer, hear who called, and are released
        await until(lambda: _no_customer(company), seconds=20)
        await company.service.start()

        await until(lambda: _closed(company, campaign_id), seconds=15)
        [(_, _, outcome)] = await attempts(company, campaign_id)
        assert outcome in ("dropped", "unknown")
        assert (await dialled(company.carrier))[number] == 1
        await stop_campaign(company, campaign_id)


async def test_killed_again_and_again_while_dialling(company: Company) -> None:
    numbers = {number_for(Scenario.GIVES_UP, prefix="+7495", line=710 + index) for index in range(LEADS)}
    async with at_work(company, "sofia", "nadia") as agents:
        campaign_id = await start_campaign(company, agents, sorted(numbers))
        for seconds in (0.5, 1.5):
            await asyncio.sleep(seconds)
            company.service.kill()
            await company.service.start()

        await until(lambda: _dialled(company, numbers), seconds=40)
        await until(lambda: _closed(company, campaign_id), seconds=20)

        times = await dialled(company.carrier)
        assert {number: times[number] for number in numbers} == dict.fromkeys(numbers, 1)
        rows = await attempts(company, campaign_id)
        assert {number for number, _, _ in rows} == numbers
        assert {outcome for _, _, outcome in rows} <= {"no-answer", "unknown", "cancelled"}
        await stop_campaign(company, campaign_id)


async def _no_customer(company: Company) -> bool:
    return "PJSIP/carrier-" not in await company.pbx.cli("core show channels concise")


async def _dialled(company: Company, numbers: set[str]) -> bool:
    times = await dialled(company.carrier)
    return all(times[number] for number in numbers)


async def _closed(company: Company, campaign_id: int) -> bool:
    return {state for _, state, _ in await attempts(company, campaign_id)} == {"ended"}
