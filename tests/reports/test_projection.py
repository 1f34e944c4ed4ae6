"""The wallboard's figures, the same from the server and in the page."""

import json
import subprocess
from datetime import datetime
from typing import Any

import msgspec
import pytest

from callcenter.kernel.auth import Role
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import ManualClock
from callcenter.live.events import BoardTaken
from callcenter.live.mirror import Mirror
from reports.wallboard import BOARD, COMPONENT
from reports.wallboard.projection import Level, percent, project
from tests.conftest import Visit
from tests.reports.wallboard import NOW, PATH, board, queue, waiting
from tests.support.browsing import HOUSE
from tests.support.programs import find

CASES: list[dict[str, Any]] = json.loads(PATH.read_text())
SCRIPT = """
import { readFileSync } from 'node:fs';
const { project } = await import(process.argv[1]);
const made = JSON.parse(readFileSync(process.argv[2], 'utf8')).map((one) => project(
  { queue: Object.values(one.docs.queue), agent: Object.values(one.docs.agent) }, Date.parse(one.now)));
process.stdout.write(JSON.stringify(made));
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_the_server_makes_these_figures(case: dict[str, Any]) -> None:
    figures = project(case["docs"], datetime.fromisoformat(case["now"]))

    assert json.loads(msgspec.json.encode(figures)) == case["figures"]


def test_the_page_makes_the_same_figures() -> None:
    node = find("node", "nodejs")
    module = HOUSE / "agent_ui" / "web" / "ui" / "wall-projection.js"

    done = subprocess.run(  # noqa: S603 - our own script
        [node, "--input-type=module", "-e", SCRIPT, str(module), str(PATH)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert json.loads(done.stdout) == [case["figures"] for case in CASES]


def test_the_service_level_leaves_short_abandons_and_waiting_callers_out() -> None:
    docs = board(
        [queue("support", offered=13, answered=8, answered_in_target=6, abandoned=2, short_abandoned=2)], {}
    )

    figures = project(docs, NOW)

    assert (figures.service_percent, figures.answered_in_target, figures.counted) == (60, 6, 10)
    assert figures.abandoned_percent == 20


def test_only_a_wait_over_its_limit_makes_a_row_red() -> None:
    late = queue("late", **waiting(61))
    slow = queue("slow", answered=10, answered_in_target=1)

    rows = {line.name: line.level for line in project(board([late, slow], {}), NOW).queues}

    assert rows == {"late": Level.BREACH, "slow": Level.NEAR}


def test_a_share_of_nothing_is_no_number() -> None:
    assert percent(0, 0) is None
    assert percent(1, 200) == 1


async def test_the_same_figures_for_programs(visiting: Visit, bus: LocalBus, clock: ManualClock) -> None:
    mirror = Mirror(bus, clock)
    visitor = await visiting(COMPONENT, prepare=lambda app: app.__setitem__(BOARD, mirror))
    await visitor.sign_in(Role.SUPERVISOR)

    early = await visitor.get("/api/v1/wallboard")
    docs = msgspec.json.encode(CASES[2]["docs"]).decode()
    await mirror.receive([BoardTaken(at=clock.now(), epoch="one", seq=1, docs_json=docs)])
    answer = await visitor.get("/api/v1/wallboard")

    assert early.status == 503
    assert await answer.json() == CASES[2]["figures"]


async def test_the_page_is_for_those_who_may_see_it(visiting: Visit) -> None:
    visitor = await visiting(COMPONENT)
    await visitor.sign_in(Role.AGENT)
    refused = await visitor.get("/wallboard", headers={"Accept": "application/json"})
    await visitor.sign_in(Role.SUPERVISOR)
    page = await visitor.get("/wallboard")

    assert refused.status == 403
    assert 'company="Test House" zone="Europe/Berlin"' in await page.text()
