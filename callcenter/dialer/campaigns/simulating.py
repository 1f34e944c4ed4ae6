"""The page that tries a campaign in the simulator before anybody is called."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from callcenter.dialer import queries
from callcenter.dialer.campaigns.charts import chart_of
from callcenter.dialer.campaigns.setups import Kind, Line, Setup, read_setup, sizes_of
from callcenter.dialer.campaigns.statistics import Known, known
from callcenter.dialer.campaigns.trials import Trial, Trials
from callcenter.dialer.models import Campaign
from callcenter.dialer.pacing.settings import Pace
from callcenter.dialer.pages import back, number_in, typed_in
from callcenter.dialer.service import CampaignDraft
from callcenter.dialer.words import MODE_TITLES
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.web import TRANSACTIONS, actor_of, render

TRIALS = web.AppKey("dialer_trials", Trials)
KIND_TITLES = {
    Kind.OURS: marked("This campaign"),
    Kind.PROGRESSIVE: marked("Progressive"),
    Kind.VICIDIAL: marked("VICIdial, adaptive"),
}
MODES = {mode: title for mode, title in MODE_TITLES.items() if mode in {"predictive", "ratio", "progressive"}}


async def simulate(request: web.Request) -> web.StreamResponse:
    """`?run=1` with the setup in the address runs it, or shows it when it has been run; `?part=result` is
    only what changes by itself."""
    campaign_id = number_in(request, "id")
    transactions = request.app[TRANSACTIONS]
    async with transactions.read() as session:
        row = await queries.campaign(session, campaign_id)
        team = len(await queries.agents_of(session, campaign_id))
        found = await known(session, campaign_id, usual(row, team), transactions.clock.now())
    try:
        setup = read_setup(request.query, found.setup)
    except Invalid as error:
        return _page(request, row, found, dict(request.query), error=error)
    trial = None
    if request.query.get("run"):
        trial = request.app[TRIALS].start(setup)
    elif request.query.get("part"):
        trial = request.app[TRIALS].get(setup)
    if request.query.get("part"):
        return render(request, "dialer/simulate/result.html", campaign=row, **_result(setup, trial))
    return _page(request, row, found, setup.query(), setup=setup, trial=trial)


async def forecast(request: web.Request) -> web.StreamResponse:
    """The figures beside the editor's form, for the setup in the address."""
    actor = actor_of(request)
    setup = replace(read_setup(request.query, Setup()), glance=True, hours=2.0)
    owner = f"{actor.user_id}:{request.match_info.get('id', '')}"
    trial = request.app[TRIALS].glance(owner, setup)
    line = next(iter(trial.lines), None)
    return render(
        request, "dialer/editor/forecast.html", trial=trial, line=line, setup=setup, place=request.path
    )


async def cancel(request: web.Request) -> web.StreamResponse:
    """End the trial whose setup is posted; what is done of it stays on the page."""
    campaign_id = number_in(request, "id")
    async with request.app[TRANSACTIONS].read() as session:
        await queries.campaign(session, campaign_id)
    setup = read_setup(await typed_in(request), Setup())
    request.app[TRIALS].cancel(setup)
    return back(f"/campaigns/{campaign_id}/simulate?{urlencode(setup.query() | {'stopped': '1'})}")


def usual(row: Campaign | CampaignDraft, team: int) -> Setup:
    """What is assumed before the campaign's own calls tell better."""
    pace = Pace(row.mode) if row.mode in {mode.value for mode in MODES} else Pace.PREDICTIVE
    return replace(
        Setup(),
        mode=pace,
        agents=float(min(120, team or 10)),
        limit=max(0.1, row.abandon_percent),
        lines=max(1.0, row.lines_per_agent),
        ring_for=float(row.ring_seconds),
        wrap=float(min(600, row.wrapup_seconds)),
    )


def _page(
    request: web.Request,
    row: Campaign,
    found: Known,
    values: dict[str, str],
    *,
    setup: Setup | None = None,
    trial: Trial | None = None,
    error: Invalid | None = None,
) -> web.StreamResponse:
    translate = Translator(actor_of(request).language)
    if setup is not None and trial is None and request.query.get("stopped"):
        trial = request.app[TRIALS].get(setup)
    return render(
        request,
        "dialer/simulate/page.html",
        status=error.status if error else 200,
        campaign=row,
        values=values,
        calls=found.calls,
        own=urlencode(found.setup.query()),
        wrong={name: translate(text) for name, text in error.fields.items()} if error else {},
        modes=MODES,
        **_result(setup, trial),
    )


def _result(setup: Setup | None, trial: Trial | None) -> dict[str, Any]:
    lines = trial.lines if trial is not None else []
    limit = setup.limit if setup is not None else None
    return {
        "setup": setup,
        "trial": trial,
        "link": urlencode(setup.query() | {"run": "1"}) if setup is not None else "",
        "sizes": sizes_of(setup) if setup is not None else [],
        "kinds": KIND_TITLES,
        "table": {(line.kind, line.agents): line for line in lines},
        "asked": _asked(setup, lines),
        "charts": [
            chart_of(lines, "contacts_per_hour"),
            chart_of(lines, "idle_per_call"),
            chart_of(lines, "occupancy", scale=100),
            chart_of(lines, "abandoned_share", scale=100, limit=limit),
        ]
        if lines
        else [],
    }


def _asked(setup: Setup | None, lines: list[Line]) -> dict[Kind, Line]:
    """The answers for the team that was asked about."""
    agents = round(setup.agents) if setup is not None else 0
    return {line.kind: line for line in lines if line.agents == agents}
