"""What the service weighs: seconds from its start to its first page, and memory for each logged-in agent.

Every agent is a signed-in user with an open socket and a SIP phone whose nailed leg is up on a real Asterisk;
memory is the service process's own resident set.
"""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from callcenter.agents import queries as agent_queries
from callcenter.agents import service as agent_service
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.agents.service import AgentSettings
from callcenter.demo import company, seed
from callcenter.kernel.auth import Role, create_user
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.db import Database
from callcenter.kernel.tx import Transactions
from callcenter.lab.carrier import Phone, PhonesConfig, phones
from callcenter.lab.pair import running
from callcenter.queues import service as queue_service
from tests.support.asterisk import asterisk, free_ports
from tests.support.service import Company, Person, running_company, sign_in

SETTLE_SECONDS = 3.0


def resident_kib(pid: int) -> int:
    """The process's resident set as Linux tells it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


async def run(agents: int, starts: int) -> dict[str, object]:
    """`starts` starts of the service, then `agents` agents on shift."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-bench-"))
    async with running_company(folder) as office:
        seconds = []
        for _ in range(starts):
            office.service.stop()
            began = time.monotonic()
            await office.service.start()
            seconds.append(round(time.monotonic() - began, 2))
        return {"start_seconds": seconds, **await _floor(office, agents)}


async def _floor(office: Company, agents: int) -> dict[str, object]:
    logins = await _hire(office, agents)
    office.service.stop()
    await office.service.start()
    await asyncio.sleep(SETTLE_SECONDS)
    process = office.service.process
    if process is None:
        raise ProcessLookupError("the service")
    empty = resident_kib(process.pid)
    database = Database(office.settings.database_url)
    async with database.read() as session:
        accounts = [a for a in await agent_queries.sip_accounts(session) if a.phone is PhoneKind.SIP]
    await database.aclose()
    async with AsyncExitStack() as stack:
        known = [Phone(username=a.name, password=a.secret) for a in accounts]
        config = PhonesConfig(phones=known, pbx_port=office.pbx.ports.sip)
        made = phones(office.folder / "many-phones", asterisk(), config, free_ports("phones"))
        await stack.enter_async_context(running(made))
        people: list[Person] = []
        for login in logins:
            person = await stack.enter_async_context(await sign_in(office.service.address, login))
            people.append(person)
        for person in people:
            await person.press("start_shift")
        for person in people:
            await person.until(partial(_ready, person), seconds=60)
        await asyncio.sleep(SETTLE_SECONDS)
        full = resident_kib(process.pid)
    return {
        "agents": agents,
        "resident_kib_without_agents": empty,
        "resident_kib_with_agents": full,
        "kib_per_agent": round((full - empty) / agents, 1),
    }


def _ready(person: Person) -> bool:
    return person.state == "ready"


async def _hire(office: Company, agents: int) -> list[str]:
    database = Database(office.settings.database_url)
    transactions = Transactions(database, LocalBus(), SystemClock())
    logins = [f"agent{index:03d}" for index in range(agents)]
    async with transactions.begin(seed.SEEDER) as tx:
        for index, login in enumerate(logins):
            user = await create_user(
                tx, login=login, name=f"Agent {index}", role=Role.AGENT, password=company.PASSWORD
            )
            settings = AgentSettings(
                extension=str(2000 + index), phone=PhoneKind.SIP, leg_mode=LegMode.NAILED, wrapup_seconds=30
            )
            agent = await agent_service.create_agent(tx, user.id, settings)
            await queue_service.set_queues_of_agent(tx, agent.id, {"support": 0})
    await database.aclose()
    return logins
