"""The list of campaigns and the view of one: frame and first figures; what moves comes over the socket."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from callcenter.agents.queries import list_agents
from callcenter.dialer import queries, service
from callcenter.dialer.campaigns.sections import lacking
from callcenter.dialer.models import Campaign
from callcenter.dialer.pages import NOTHING, OUTCOME_TITLES, TITLES, back, number_in, typed_in
from callcenter.dialer.queries import Figures
from callcenter.kernel.i18n import Translator
from callcenter.kernel.web import TRANSACTIONS, actor_of, render


async def campaigns(request: web.Request) -> web.StreamResponse:
    """The list."""
    transactions = request.app[TRANSACTIONS]
    async with transactions.read() as session:
        rows = await queries.campaigns(session)
        figures = await queries.figures(session, transactions.clock.now())
    shown = [_first(row, figures.get(row.id, NOTHING)) for row in rows]
    return render(request, "dialer/campaigns.html", shown=shown)


async def campaign(request: web.Request) -> web.StreamResponse:
    """One campaign. The figures on it are those of the rows until the board has spoken."""
    campaign_id = number_in(request, "id")
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    async with transactions.read() as session:
        row = await queries.campaign(session, campaign_id)
        figures = (await queries.figures(session, now, campaign_id)).get(campaign_id, NOTHING)
        missing = await service.missing(session, row, now)
        chosen = await queries.agents_of(session, campaign_id)
        names = {agent.id: agent.name for agent in await list_agents(session)}
    translate = Translator(actor_of(request).language)
    config = {
        "first": _first(row, figures),
        "agents": {str(agent_id): names.get(agent_id, "") for agent_id in sorted(chosen)},
        "outcomes": {outcome.value: translate(title) for outcome, title in OUTCOME_TITLES.items()},
        "reasons": {name: translate(text) for name, text in _reasons().items()},
    }
    return render(
        request,
        "dialer/campaign.html",
        campaign=row,
        figures=figures,
        config=config,
        missing=lacking(missing),
        refused=request.query.get("problem") == "not-ready",
        titles=TITLES,
    )


async def step(request: web.Request) -> web.StreamResponse:
    """Start, pause, resume, stop; what is missing is shown on the page."""
    campaign_id = number_in(request, "id")
    typed = await typed_in(request)
    there = "/campaigns" if typed.get("back") == "/campaigns" else f"/campaigns/{campaign_id}"
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.step(tx, campaign_id, typed.get("verb", ""))
    except service.NotReady:
        return back(f"/campaigns/{campaign_id}?problem=not-ready")
    return back(there)


def _reasons() -> Mapping[str, str]:
    reasons: Any = TITLES["reasons"]
    return {str(name): str(text) for name, text in reasons.items()}


def _first(row: Campaign, figures: Figures) -> dict[str, object]:
    """The board's document as far as rows can tell it."""
    return {
        "id": row.id,
        "name": row.name,
        "status": row.status,
        "mode": row.mode,
        "limit": row.abandon_percent / 100,
        "leads": figures.leads,
        "dialable": figures.dialable,
        "attempts": figures.attempts,
        "answered": figures.answered,
        "connected": figures.connected,
        "abandoned": figures.abandoned,
        "people": figures.people,
        "contacts": figures.contacts,
        "sales": figures.sales,
        "outcomes": figures.outcomes,
        "last_refusals": figures.refusals,
        "held": None,
        "in_flight": 0,
        "agents": 0,
        "ready": 0,
        "lines": [],
        "next": [],
        "callers": [],
        "decision": None,
        "decisions": [],
    }
