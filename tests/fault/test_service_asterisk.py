"""Asterisk dies, or the line to it is cut, with everything in progress; our process goes on."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.asterisk import until
from tests.support.busy_floor import (
    ASKED,
    HOLDER,
    NEWCOMER,
    TALKER,
    WAITER,
    all_end,
    answered_by_fallback,
    busy_floor,
    call_id_of,
    floor_is_true,
    hang_up_unseen,
)
from tests.support.cuttable import Line, cuttable
from tests.support.service import Company, running_company
from tests.support.working import bridged_agents, call_in, dialled, press, row_of, take

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with running_company(tmp_path_factory.mktemp("asterisk")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(company: Company) -> AsyncIterator[Line]:
    """The service speaks to Asterisk through this."""
    async with cuttable(company.pbx.ports.ami) as made:
        company.service.stop()
        company.service.settings["CALLCENTER_ASTERISK__AMI_PORT"] = str(made.port)
        await company.service.start()
        yield made
        company.service.kill()


async def test_the_line_to_asterisk_is_cut_with_everything_in_progress(company: Company, line: Line) -> None:
    async with busy_floor(company, 711) as floor:
        people = floor.people
        line.cut()
        refused = await people["olga"].press("hold")
        # whichever of the two connections is found dead first: sight of the floor, or the way to act
        assert refused["error"]["key"] in ("unavailable", "telephony-away")
        assert people["olga"].state == "talking"
        await answered_by_fallback(floor)
        assert await bridged_agents(company.pbx) == {people["olga"].agent_id, people["nadia"].agent_id}
        await hang_up_unseen(floor, TALKER)
        line.mend()

        await floor.until_states(olga="wrapup", peter="hold", nadia="talking", igor="ringing", sofia="ready")
        whom = floor.with_whom()
        assert (whom["peter"], whom["nadia"]) == (HOLDER, NEWCOMER)
        lost = await row_of(floor.elena, floor.calls[TALKER])
        assert (lost["outcome"], lost["ended_by"]) == ("answered", "unknown")
        for number in (HOLDER, ASKED, WAITER):
            assert call_id_of(floor, number) == floor.calls[number]
        await floor_is_true(floor)
        await press(people["peter"], "resume")
        await floor.until_states(peter="talking")
        assert await take(people["igor"]) == floor.calls[ASKED]
        await floor.until_states(sofia="talking", seconds=30)
        await floor_is_true(floor)
        await all_end(floor)
        assert (await dialled(company.carrier))[floor.ringing] == 1


async def test_a_short_cut_changes_nothing(company: Company, line: Line) -> None:
    async with busy_floor(company, 712) as floor:
        before, carried = floor.states(), line.carried
        line.cut()
        line.mend()

        await until(lambda: line.carried >= carried + 2)
        await asyncio.sleep(1.5)

        assert floor.states() == before
        assert await take(floor.people["igor"]) == floor.calls[ASKED]
        await floor_is_true(floor)
        await all_end(floor)
        assert (await dialled(company.carrier))[floor.ringing] == 1


async def test_asterisk_dies_with_everything_in_progress_and_comes_back(company: Company, line: Line) -> None:
    async with busy_floor(company, 713) as floor:
        await company.pbx.kill()
        await asyncio.sleep(1)
        await company.pbx.start()

        await floor.until_states(olga="wrapup", peter="wrapup", igor="ready", sofia="ready", nadia="ready")
        await floor.elena.until(lambda: not floor.elena.docs["call"])
        await floor_is_true(floor)
        for number, outcome in {
            TALKER: "answered",
            HOLDER: "answered",
            ASKED: "lost",
            WAITER: "lost",
        }.items():
            row = await row_of(floor.elena, floor.calls[number])
            assert (row["outcome"], row["ended_by"]) == (outcome, "unknown")
        assert (await dialled(company.carrier))[floor.ringing] == 1
        await company.carrier.cli("channel request hangup all")
        call_in(company, "sales", NEWCOMER)
        await take(floor.people["igor"])
        await floor_is_true(floor)
        await all_end(floor)
