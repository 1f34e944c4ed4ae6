"""Fills an empty database with the demo company: people, queues, contacts, a past, a campaign.

Everything goes through the rooms' own services, so it is audited and valid like anything a person types.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, select

from callcenter.agents import queries as agent_queries
from callcenter.agents import service as agent_service
from callcenter.agents.models import Agent
from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import LegMode
from callcenter.agents.service import AgentSettings, ReasonSettings
from callcenter.calls.events import Direction, Party
from callcenter.calls.models import CallRow, Outcome
from callcenter.config import Settings
from callcenter.demo import company
from callcenter.dialer import service as dialer_service
from callcenter.dialer.lists import imports
from callcenter.dialer.lists.importing import Importer
from callcenter.dialer.rules import Purpose
from callcenter.dialer.service import CallbackDraft, CampaignDraft, DispositionDraft
from callcenter.kernel.auth import User, create_user
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.db import Database
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, Tx, system_actor
from callcenter.pbx.progress import Progress, silent
from callcenter.queues import service as queue_service
from callcenter.queues.service import QueueSettings
from crm.contacts.generate import generate
from crm.contacts.models import Contact, ContactNumber
from crm.contacts.permissions import PERMISSIONS as CONTACT_PERMISSIONS
from crm.contacts.service import NewContact, NewNumber, create_contact

SEEDER = system_actor("demo seed", frozenset(p.name for p in CONTACT_PERMISSIONS))
SEED = 7
LEADS = 120
SHORT_MS = 5000


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
            for customer in company.CUSTOMERS:
                await _customer(tx, customer, settings.home_region)
        await generate(
            database,
            company.CONTACTS,
            seed=SEED,
            now=transactions.clock.now(),
            progress=lambda done, total: progress("filling the card file", done, total),
        )
        async with transactions.begin(SEEDER) as tx:
            await _past(tx)
            campaign_id = await _campaign(tx, settings)
        await _leads(transactions, campaign_id)
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
    penalty = 0 if person.shown else 1  # whoever tries the demo is asked before the colleagues
    await queue_service.set_queues_of_agent(tx, agent.id, dict.fromkeys(person.queues, penalty))


async def _customer(tx: Tx, customer: company.Customer, home_region: str) -> None:
    contact = NewContact(
        values={
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "company": customer.company,
            "position": customer.position,
            "segment": customer.segment,
            "zone": "Europe/Moscow",
        },
        numbers=(NewNumber(number_raw=customer.number),),
        emails=(customer.email,),
    )
    contact_id = (await create_contact(tx, contact, home_region)).id
    agents = dict(
        (await tx.session.execute(select(User.login, Agent.id).join(Agent, Agent.user_id == User.id))).all()
    )
    for past in customer.past:
        tx.session.add(_told_call(tx.now, customer, past, contact_id, agents.get(past.agent)))
    if customer.promise is not None:
        draft = CallbackDraft(
            number=customer.number,
            due_at=tx.now + customer.promise.ahead,
            agent_id=agents[customer.promise.agent],
            contact_id=contact_id,
            name=f"{customer.first_name} {customer.last_name}",
            note=customer.promise.note,
        )
        await dialer_service.add_callback(tx, draft)


def _told_call(
    now: datetime, customer: company.Customer, past: company.Past, contact_id: int, agent_id: int | None
) -> CallRow:
    started_at = now - past.ago
    inbound = past.direction is Direction.INBOUND
    waited = timedelta(seconds=9 if agent_id is not None else 52)
    connected_at = started_at + waited if agent_id is not None else None
    line = next(line for line in company.LINES if line.name == past.line)
    return CallRow(
        id=f"told-{contact_id}-{past.ago}",
        direction=past.direction,
        number=customer.number,
        number_raw=customer.number,
        dialled_raw=line.number if inbound else customer.number,
        queue=line.name if inbound else "",
        contact_id=contact_id,
        agent_id=agent_id,
        started_at=started_at,
        joined_at=started_at if inbound else None,
        answered_at=started_at if inbound else connected_at,
        connected_at=connected_at,
        ended_at=started_at + waited + timedelta(seconds=past.talk_seconds),
        wait_ms=waited // timedelta(milliseconds=1) if inbound else 0,
        talk_ms=past.talk_seconds * 1000,
        wrap_ms=20_000 if agent_id is not None else 0,
        outcome=Outcome.ANSWERED if agent_id is not None else Outcome.ABANDONED,
        cause=16,
        ended_by=Party.CUSTOMER,
        disposition=past.result,
        note=past.note,
    )


async def _past(tx: Tx) -> None:
    """A week of calls, so that cards have a history and the day has figures."""
    random = Random(SEED)  # noqa: S311 - demo data
    numbers = list(
        await tx.session.execute(
            select(ContactNumber.contact_id, ContactNumber.number).order_by(ContactNumber.id).limit(300)
        )
    )
    agents = list(await tx.session.scalars(select(Agent.id).order_by(Agent.id)))
    for day in range(company.PAST_DAYS, -1, -1):
        midnight = tx.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=day)
        for index in range(company.PAST_CALLS_A_DAY):
            moment = midnight + timedelta(seconds=random.randint(6 * 3600, 15 * 3600))
            if moment < tx.now - timedelta(minutes=10):
                tx.session.add(_past_call(random, f"past-{day}-{index}", moment, numbers, agents))
    await tx.session.flush()


def _past_call(
    random: Random,
    call_id: str,
    moment: datetime,
    numbers: Sequence[tuple[int, str]],
    agents: Sequence[int],
) -> CallRow:
    contact_id, number = random.choice(numbers)
    line = random.choice(company.LINES)
    wait_ms = round(random.expovariate(1 / 9000))
    answered = wait_ms < 45_000 and random.random() < 0.94
    joined_at = moment + timedelta(milliseconds=400)
    left_queue_at = joined_at + timedelta(milliseconds=wait_ms)
    talk_ms = round(random.lognormvariate(4.9, 0.6) * 1000) if answered else 0
    short = not answered and wait_ms < SHORT_MS
    return CallRow(
        id=call_id,
        direction=Direction.INBOUND,
        number=number,
        number_raw=number,
        dialled_raw=line.number,
        queue=line.name,
        contact_id=contact_id,
        agent_id=random.choice(agents) if answered else None,
        started_at=moment,
        joined_at=joined_at,
        answered_at=moment,
        connected_at=left_queue_at if answered else None,
        ended_at=left_queue_at + timedelta(milliseconds=talk_ms),
        wait_ms=wait_ms,
        talk_ms=talk_ms,
        wrap_ms=round(random.uniform(5, 40) * 1000) if answered else 0,
        outcome=Outcome.ANSWERED if answered else Outcome.SHORT if short else Outcome.ABANDONED,
        cause=16,
        ended_by=Party.CUSTOMER,
        disposition=random.choice(company.RESULTS)[0] if answered else "",
    )


async def _campaign(tx: Tx, settings: Settings) -> int:
    """Ready to start. Its hours are round the clock: the customers are simulated and never asleep."""
    results = [
        DispositionDraft(
            code=code,
            key=key,
            title=title,
            title_ru=title_ru,
            sale="sale" in flags,
            callback="callback" in flags,
            do_not_call="do_not_call" in flags,
        )
        for key, (code, title, title_ru, flags) in enumerate(company.RESULTS, start=1)
    ]
    await dialer_service.set_dispositions(tx, None, results)
    campaign = await dialer_service.create_campaign(
        tx,
        CampaignDraft(
            name=company.CAMPAIGN,
            trunk="carrier",
            caller_id=company.CALLER_ID,
            region=settings.home_region,
            zone=settings.zone,
            hours={str(day): [["00:00", "24:00"]] for day in range(7)},
            ring_seconds=20,
            purpose=Purpose.SERVICE,
            script=company.CAMPAIGN_SCRIPT,
        ),
    )
    logins = [person.login for person in company.PEOPLE if person.extension and person.shown]
    agents = await tx.session.scalars(
        select(Agent.id).join(User, User.id == Agent.user_id).where(User.login.in_(logins))
    )
    await dialer_service.set_agents(tx, campaign.id, list(agents))
    return campaign.id


async def _leads(transactions: Transactions, campaign_id: int) -> None:
    """The list comes in as a person would bring it: a CSV file, with a few bad rows to look at."""
    async with transactions.read() as session:
        found = await session.execute(
            select(Contact.name, ContactNumber.number)
            .join(Contact, Contact.id == ContactNumber.contact_id)
            .order_by(ContactNumber.id)
            .limit(LEADS)
        )
        lines = [
            "phone;name;contract;consent",
            *(f"{number};{name};2026-{n:04d};yes" for n, (name, number) in enumerate(found)),
        ]
    lines[10:10] = ["12345;Too Short;2026-x1;yes", "not a number;Nobody;2026-x2;yes"]
    content = "\n".join(lines).encode()
    async with transactions.begin(SEEDER) as tx:
        await imports.request_import(tx, campaign_id, "renewals-november.csv", content)
    tasks = Tasks()
    try:
        await Importer(transactions, tasks, runner="demo seed").work()
    finally:
        await tasks.aclose()


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
