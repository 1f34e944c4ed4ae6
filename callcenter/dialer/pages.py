"""Pages of campaigns, leads, do-not-call and callbacks."""

from datetime import timedelta

from aiohttp import web

from callcenter.agents import queries as agent_queries
from callcenter.dialer import queries, service
from callcenter.dialer.lists import imports
from callcenter.dialer.queries import Figures, LeadFilter
from callcenter.dialer.reasons import HOLIDAYS, PURPOSES, REASONS
from callcenter.dialer.states import (
    CallbackStatus,
    CampaignStatus,
    JobStatus,
    LeadStatus,
    Outcome,
)
from callcenter.dialer.words import (
    ACTION_TITLES,
    DETECTION_TITLES,
    MODE_TITLES,
    NEXT_AGENT_TITLES,
    TIME_BOX_TITLES,
)
from callcenter.kernel import phone
from callcenter.kernel.errors import DomainError, Invalid, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, render, whole_number

STATUS_TITLES = {
    CampaignStatus.DRAFT: marked("Draft"),
    CampaignStatus.RUNNING: marked("Running"),
    CampaignStatus.PAUSED: marked("On pause"),
    CampaignStatus.STOPPED: marked("Stopped"),
}
STATUS_PILLS = {
    CampaignStatus.DRAFT: "",
    CampaignStatus.RUNNING: "ready",
    CampaignStatus.PAUSED: "paused",
    CampaignStatus.STOPPED: "",
}
LEAD_TITLES = {
    LeadStatus.NEW: marked("New"),
    LeadStatus.WAITING: marked("Waiting"),
    LeadStatus.LATER: marked("Later"),
    LeadStatus.CLAIMED: marked("Being called"),
    LeadStatus.FINISHED: marked("Finished"),
    LeadStatus.EXHAUSTED: marked("Tried enough"),
    LeadStatus.BLOCKED: marked("Not to be called"),
    LeadStatus.INVALID: marked("Wrong number"),
    LeadStatus.ARCHIVED: marked("Archived"),
}
OUTCOME_TITLES = {
    Outcome.ANSWERED: marked("Conversation"),
    Outcome.BUSY: marked("Busy"),
    Outcome.NO_ANSWER: marked("No answer"),
    Outcome.REJECTED: marked("Rejected"),
    Outcome.INVALID: marked("Wrong number"),
    Outcome.CONGESTION: marked("Network busy"),
    Outcome.FAILED: marked("Failed"),
    Outcome.DROPPED: marked("Abandoned: no agent in time"),
    Outcome.EARLY_HANG_UP: marked("Hung up at once"),
    Outcome.MACHINE: marked("Answering machine"),
    Outcome.CANCELLED: marked("Cancelled by us"),
    Outcome.UNKNOWN: marked("Not known"),
}
JOB_TITLES = {
    JobStatus.DRAFT: marked("Being set up"),
    JobStatus.QUEUED: marked("Queued"),
    JobStatus.RUNNING: marked("Running"),
    JobStatus.CHECKED: marked("Tried, not taken in"),
    JobStatus.DONE: marked("Done"),
    JobStatus.CANCELLED: marked("Cancelled"),
    JobStatus.FAILED: marked("Failed"),
    JobStatus.REVERTED: marked("Taken back"),
}
VERB_TITLES = {
    "start": marked("Start calling"),
    "pause": marked("Pause calling"),
    "resume": marked("Go on calling"),
    "stop": marked("Stop calling"),
}
TITLES: dict[str, object] = {
    "statuses": STATUS_TITLES,
    "pills": STATUS_PILLS,
    "lead_titles": LEAD_TITLES,
    "outcome_titles": OUTCOME_TITLES,
    "job_titles": JOB_TITLES,
    "verb_titles": VERB_TITLES,
    "modes": MODE_TITLES,
    "next_agents": NEXT_AGENT_TITLES,
    "detections": DETECTION_TITLES,
    "time_boxes": TIME_BOX_TITLES,
    "machine_actions": ACTION_TITLES,
    "purposes": PURPOSES,
    "holidays": HOLIDAYS,
    "reasons": {rule.value: text for rule, text in REASONS.items()},
}
NOTHING = Figures()
CALLBACKS_AHEAD = timedelta(days=90)


def number_in(request: web.Request, name: str) -> int:
    """A number of the path or the query; what is none is not found."""
    text = request.match_info.get(name) or request.query.get(name, "")
    number = whole_number(text)
    if number is None:
        raise NotFound
    return number


def back(path: str) -> web.StreamResponse:
    """After a form: show the page again by GET."""
    return web.Response(status=303, headers={"Location": path})


async def typed_in(request: web.Request) -> dict[str, str]:
    """The text fields of a submitted form."""
    posted = await request.post()
    return {name: value for name, value in posted.items() if isinstance(value, str)}


# lists and leads


async def cancel_import(request: web.Request) -> web.StreamResponse:
    job_id = number_in(request, "id")
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await imports.cancel(tx, job_id)
        job = await queries.import_job(tx.session, job_id)
    lists = request.query.get("to") == "lists"
    return back(f"/campaigns/{job.campaign_id}/{'lists/all' if lists else 'edit#audience'}")


def lead_filter(request: web.Request) -> LeadFilter:
    """Status, number and place in the list, from the query."""
    status, after = request.query.get("status", ""), request.query.get("after", "")
    number_raw = request.query.get("number", "").strip()
    region = request.app[SETTINGS].home_region
    return LeadFilter(
        status=LeadStatus(status) if status in set(LeadStatus) else None,
        number=(phone.to_e164(number_raw, region) or number_raw) if number_raw else "",
        after_id=whole_number(after) or 0,
    )


# do-not-call


async def do_not_call(
    request: web.Request, error: DomainError | None = None, number_raw: str = ""
) -> web.StreamResponse:
    search = request.query.get("number", "").strip()
    after = request.query.get("after", "")
    region = request.app[SETTINGS].home_region
    async with request.app[TRANSACTIONS].read() as session:
        rows = await queries.do_not_call(
            session,
            (phone.to_e164(search, region) or search) if search else "",
            whole_number(after) or 0,
        )
        names = {row.id: row.name for row in await queries.campaigns(session)}
    return render(
        request,
        "dialer/do_not_call.html",
        status=error.status if error else 200,
        rows=rows,
        names=names,
        search=search,
        number_raw=number_raw,
        wrong=isinstance(error, Invalid),
        more=len(rows) == queries.PAGE,
    )


async def forbid(request: web.Request) -> web.StreamResponse:
    typed = await typed_in(request)
    campaign = typed.get("campaign_id", "0")
    number_raw = typed.get("number", "")
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.forbid(
                tx,
                number_raw,
                request.app[SETTINGS].home_region,
                campaign_id=whole_number(campaign) or 0,
                reason=typed.get("reason", ""),
            )
    except Invalid as error:
        return await do_not_call(request, error, number_raw)
    return back("/do-not-call")


async def allow(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.allow(tx, number_in(request, "id"))
    return back("/do-not-call")


# callbacks


async def callbacks(request: web.Request) -> web.StreamResponse:
    """One's own promises; with the right to it, everybody's."""
    actor = actor_of(request)
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    everybody = actor.may("callbacks.all")
    async with transactions.read() as session:
        own = await queries.agent_of_user(session, actor.user_id)
        rows = await queries.due_callbacks(
            session, now + CALLBACKS_AHEAD, None if everybody else (own or 0), limit=200
        )
        agents = {a.id: a.name for a in await agent_queries.list_agents(session)}
        names = {row.id: row.name for row in await queries.campaigns(session)}
    return render(request, "dialer/callbacks.html", rows=rows, agents=agents, names=names, now=now)


async def close_callback(request: web.Request) -> web.StreamResponse:
    actor = actor_of(request)
    typed = await typed_in(request)
    status = CallbackStatus.DONE if typed.get("status") == "done" else CallbackStatus.CANCELLED
    async with request.app[TRANSACTIONS].begin(actor) as tx:
        own = await queries.agent_of_user(tx.session, actor.user_id)
        only = None if actor.may("callbacks.all") else (own or 0)
        await service.close_callback(tx, number_in(request, "id"), status, agent_id=only)
    return back("/callbacks")
