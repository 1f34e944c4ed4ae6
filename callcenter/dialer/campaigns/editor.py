"""The editor: everything of a campaign on one page, saved at once, with a summary that follows the typing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import queries as agent_queries
from callcenter.dialer import forms, queries, service
from callcenter.dialer.campaigns import summary
from callcenter.dialer.campaigns.sections import SECTIONS, in_sections
from callcenter.dialer.campaigns.simulating import MODES, usual
from callcenter.dialer.campaigns.statistics import known
from callcenter.dialer.models import Campaign, Disposition
from callcenter.dialer.pages import TITLES, back, number_in
from callcenter.dialer.service import CampaignDraft, DispositionDraft
from callcenter.dialer.states import CampaignStatus
from callcenter.dialer.trunks import queries as trunk_queries
from callcenter.kernel.errors import DomainError, Invalid, Stale
from callcenter.kernel.i18n import LANGUAGES, Translator
from callcenter.kernel.tx import Tx
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, render, whole_number


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form."""

    values: Mapping[str, str]
    agents: Sequence[int] = ()

    @property
    def version(self) -> int:
        return whole_number(self.values.get("version", "")) or 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a form was not saved. `theirs` are values that somebody else saved meanwhile."""

    status: int = 422
    wrong: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)
    stale: bool = False


async def typed_in(request: web.Request) -> Typed:
    posted = await request.post()
    values = {name: value for name, value in posted.items() if isinstance(value, str) and name != "agent"}
    agents = [whole_number(text) for text in posted.getall("agent", []) if isinstance(text, str)]
    return Typed(values, sorted({agent_id for agent_id in agents if agent_id is not None}))


# pages


async def new_campaign(request: web.Request) -> web.StreamResponse:
    """An empty form."""
    settings = request.app[SETTINGS]
    language = actor_of(request).language
    draft = CampaignDraft(name="", region=settings.home_region, zone=settings.zone, language=language)
    async with request.app[TRANSACTIONS].read() as session:
        results = await queries.dispositions(session, None)
        shown = forms.values_of(draft) | forms.results_shown(results)
        return await _page(request, session, None, Typed(shown))


async def edit_campaign(request: web.Request) -> web.StreamResponse:
    """The campaign as it is."""
    async with request.app[TRANSACTIONS].read() as session:
        row = await queries.campaign(session, number_in(request, "id"))
        return await _page(request, session, row, await _saved(session, row))


async def create_campaign(request: web.Request) -> web.StreamResponse:
    """Save the first time."""
    typed = await typed_in(request)
    try:
        draft = forms.read_campaign(typed.values)
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            row = await service.create_campaign(tx, draft)
            await _save_rest(tx, row.id, typed)
    except Invalid as error:
        async with request.app[TRANSACTIONS].read() as session:
            return await _page(request, session, None, typed, _trouble(request, error))
    return back(f"/campaigns/{row.id}/edit?saved=1")


async def save_campaign(request: web.Request) -> web.StreamResponse:
    """Save everything or nothing. Whoever was slower sees what the other one saved."""
    campaign_id = number_in(request, "id")
    typed = await typed_in(request)
    try:
        draft = forms.read_campaign(typed.values)
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            kept = await queries.campaign(tx.session, campaign_id)
            draft = replace(  # set by the API only
                draft,
                detection_settings=kept.detection_settings,
                survey=kept.survey,
            )
            await service.edit_campaign(tx, campaign_id, typed.version, draft)
            await _save_rest(tx, campaign_id, typed)
    except (Invalid, Stale) as error:
        async with request.app[TRANSACTIONS].read() as session:
            row = await queries.campaign(session, campaign_id)
            trouble = _trouble(request, error)
            if isinstance(error, Stale):
                trouble = _meanwhile(typed, await _saved(session, row))
                typed = replace(typed, values={**typed.values, "version": str(row.version)})
            return await _page(request, session, row, typed, trouble)
    return back(f"/campaigns/{campaign_id}/edit?saved=1")


async def show_summary(request: web.Request) -> web.StreamResponse:
    """The right side for what is typed now; nothing is saved."""
    text = request.match_info.get("id")
    typed = await typed_in(request)
    async with request.app[TRANSACTIONS].read() as session:
        row = await queries.campaign(session, number_in(request, "id")) if text else None
        context = await _summary(request, session, row, typed)
    return render(request, "dialer/editor/summary.html", **(context | {"swapped": True}))


async def show_lists(request: web.Request) -> web.StreamResponse:
    """The table of imports while one is under way."""
    async with request.app[TRANSACTIONS].read() as session:
        row = await queries.campaign(session, number_in(request, "id"))
        imports = await queries.imports(session, row.id)
    return render(request, "dialer/editor/lists.html", campaign=row, imports=imports, titles=TITLES)


# how they are made


async def _saved(session: AsyncSession, row: Campaign) -> Typed:
    results = await queries.dispositions(session, row.id)
    values = forms.values_of(row) | forms.results_shown(results) | {"version": str(row.version)}
    return Typed(values, sorted(await queries.agents_of(session, row.id)))


async def _save_rest(tx: Tx, campaign_id: int, typed: Typed) -> None:
    """Agents and results: only what has changed, so that general results stay the general ones."""
    if set(typed.agents) != await queries.agents_of(tx.session, campaign_id):
        await service.set_agents(tx, campaign_id, typed.agents)
    if "title_1" in typed.values:
        results = forms.read_dispositions(typed.values)
        if results != [_draft_of(row) for row in await queries.dispositions(tx.session, campaign_id)]:
            await service.set_dispositions(tx, campaign_id, results)


def _draft_of(row: Disposition) -> DispositionDraft:
    empty = DispositionDraft(code="", key=0, title="")
    return replace(empty, **{name: getattr(row, name) for name in asdict(empty)})


def _trouble(request: web.Request, error: DomainError) -> Trouble:
    translate = Translator(actor_of(request).language)
    fields = error.fields if isinstance(error, Invalid) else {}
    return Trouble(error.status, {name: translate(text, error.values) for name, text in fields.items()})


def _meanwhile(typed: Typed, saved: Typed) -> Trouble:
    theirs = {
        name: value
        for name, value in saved.values.items()
        if name != "version" and value != typed.values.get(name, "").strip()
    }
    return Trouble(status=412, theirs=theirs, stale=True)


async def _page(
    request: web.Request,
    session: AsyncSession,
    row: Campaign | None,
    typed: Typed,
    trouble: Trouble | None = None,
) -> web.StreamResponse:
    trouble = trouble or Trouble(status=200)
    context: dict[str, Any] = await _summary(request, session, row, typed)
    return render(
        request,
        "dialer/editor/page.html",
        **context,
        status=trouble.status,
        wrong=trouble.wrong,
        theirs=trouble.theirs,
        stale=trouble.stale,
        troubled=in_sections({*trouble.wrong, *trouble.theirs}),
        saved=request.query.get("saved") == "1",
        sections=SECTIONS,
        all_agents=[agent for agent in await agent_queries.list_agents(session) if agent.active],
        chosen=set(typed.agents),
        lists=await queries.lists(session, row.id) if row else [],
        imports=await queries.imports(session, row.id) if row else [],
        pools=await trunk_queries.pools(session),
        days=forms.DAYS,
        retried=forms.RETRIED,
        flags=forms.FLAGS,
        languages=LANGUAGES,
    )


def _reader(request: web.Request) -> summary.Reader:
    language = actor_of(request).language
    translate = Translator(language)
    return summary.Reader(language, lambda text, values: translate(text, values))


async def _assumed(
    session: AsyncSession, row: Campaign | None, draft: CampaignDraft, typed: Typed, now: datetime
) -> str:
    """What a forecast is made of, as an address has it; nothing where people dial by themselves."""
    if draft.mode not in MODES:
        return ""
    setup = usual(draft, len(typed.agents))
    if row is not None:
        setup = (await known(session, row.id, setup, now)).setup
    return urlencode(setup.query())


async def _summary(
    request: web.Request, session: AsyncSession, row: Campaign | None, typed: Typed
) -> dict[str, Any]:
    """What the summary shows; without figures while something typed cannot be read."""
    found, draft, now = None, None, request.app[TRANSACTIONS].clock.now()
    try:
        draft = forms.read_campaign(typed.values)
        found = await summary.of_draft(session, row, draft, typed.agents, now, _reader(request))
    except Invalid:
        draft = None
    return {
        "campaign": row,
        "values": typed.values,
        "summary": found,
        "law": found.law if found is not None else [],
        "assumed": await _assumed(session, row, draft, typed, now) if draft is not None else "",
        "running": row is not None and row.status == CampaignStatus.RUNNING,
        "titles": TITLES,
        "swapped": False,
    }
