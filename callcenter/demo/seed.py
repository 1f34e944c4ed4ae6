"""Fills an empty database with the demo company: people, queues, contacts, a past, a campaign.

Everything goes through the rooms' own services, so it is audited and valid like anything a person types.
"""

from collections.abc import Sequence

from sqlalchemy import func, select

from callcenter.agents import queries as agent_queries
from callcenter.agents import service as agent_service
from callcenter.agents.models import Agent
from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import LegMode
from callcenter.agents.service import AgentSettings, ReasonSettings
from callcenter.config import Settings
from callcenter.demo import company
from callcenter.kernel.auth import User, create_user
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.db import Database
from callcenter.kernel.tx import Transactions, Tx, system_actor
from callcenter.pbx.progress import Progress, silent
from callcenter.queues import service as queue_service
from callcenter.queues.service import QueueSettings

SEEDER = system_actor("demo seed")


async def fill(settings: Settings, progress: Progress = silent) -> None:
    """Nothing happens when there are users already."""
    database = Database(settings.database_url)
    bus = LocalBus()
    try:
        transactions = Transactions(database, bus, SystemClock())
        async with transactions.read() as session:
            if await session.scalar(select(func.count(User.id))):
                return
        progress("hiring the demo company", 0, len(company.PEOPLE))
        async with transactions.begin(SEEDER) as tx:
            await _queues(tx, settings.home_region)
            for index, person in enumerate(company.PEOPLE, start=1):
                await _person(tx, person)
                progress("hiring the demo company", index, len(company.PEOPLE))
    finally:
        await bus.aclose()
        await database.aclose()


async def _queues(tx: Tx, home_region: str) -> None:
    for line in company.LINES:
        await queue_service.create_queue(
            tx,
            line.name,
            QueueSettings(
                title=line.title,
                weight=line.weight,
                wait_limit_seconds=line.wait_limit_seconds,
                language=line.language,
                script=line.script,
            ),
        )
        await queue_service.add_number(tx, line.number, line.name, line.language, home_region)
    for order, (code, title_en, title_ru, minutes) in enumerate(company.PAUSES):
        await agent_service.create_reason(
            tx,
            code,
            ReasonSettings(title_en=title_en, title_ru=title_ru, allowed_minutes=minutes, order=order),
        )


async def _person(tx: Tx, person: company.Person) -> None:
    user = await create_user(
        tx,
        login=person.login,
        name=person.name,
        role=person.role,
        password=company.PASSWORD,
        language=person.language,
    )
    if not person.extension:
        return
    agent = await agent_service.create_agent(
        tx,
        user.id,
        AgentSettings(
            extension=person.extension,
            phone=person.phone,
            leg_mode=LegMode.NAILED,
            wrapup_seconds=45,
        ),
    )
    await queue_service.set_queues_of_agent(tx, agent.id, dict.fromkeys(person.queues, 0))


async def colleague_accounts(database: Database) -> Sequence[SipAccount]:
    """The telephones of those who work by themselves."""
    logins = [person.login for person in company.COLLEAGUES]
    async with database.read() as session:
        wanted = set(
            await session.scalars(
                select(Agent.id).join(User, User.id == Agent.user_id).where(User.login.in_(logins))
            )
        )
        return [a for a in await agent_queries.sip_accounts(session) if a.agent_id in wanted]
