"""Pages: why a campaign does not dial, and why a lead is not dialled."""

from aiohttp import web

from callcenter.dialer.pages import TITLES, number_in
from callcenter.dialer.reasons import BASES, METHODS, PURPOSES, REASONS, REMEDIES, RULES
from callcenter.dialer.rules import Refuse, explain, law, may_call
from callcenter.dialer.states import CampaignStatus
from callcenter.dialer.why import counting, telling
from callcenter.dialer.why.funnel import cause
from callcenter.kernel.i18n import Translator
from callcenter.kernel.web import TRANSACTIONS, actor_of, render

WORDS: dict[str, object] = {
    "stops": telling.STOPS,
    "causes": telling.CAUSES,
    "rules": RULES,
    "reasons": REASONS,
    "remedies": REMEDIES,
    "purposes": PURPOSES,
    "methods": METHODS,
    "bases": BASES,
}


async def campaign(request: web.Request) -> web.StreamResponse:
    """The funnel; `?part=live` is only what changes by itself."""
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    language = actor_of(request).language
    async with transactions.read() as session:
        found = await counting.why(session, number_in(request, "id"), now)
    why = cause(CampaignStatus(found.campaign.status), found.funnel, found.sample, found.staff)
    template = "dialer/why_live.html" if request.query.get("part") else "dialer/why.html"
    return render(
        request,
        template,
        campaign=found.campaign,
        funnel=found.funnel,
        sample=found.sample,
        staff=found.staff,
        cause=why,
        now=now,
        words=WORDS,
        titles=TITLES,
        place=lambda cohort: telling.place_name(cohort, language),
        zones=lambda cohort: telling.zone_names(cohort.zones, language),
    )


async def lead(request: web.Request) -> web.StreamResponse:
    """Every rule with its verdict, what it looked at and when it may change."""
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    translate = Translator(actor_of(request).language)
    async with transactions.read() as session:
        found = await counting.lead_why(session, number_in(request, "id"), number_in(request, "lead"), now)
    case, book = found.case, law.book()
    verdict = may_call(case.facts, case.terms, now)
    findings = explain(case.facts, case.terms, now)
    return render(
        request,
        "dialer/lead.html",
        campaign=found.campaign,
        lead=found.lead,
        case=case,
        refusal=verdict if isinstance(verdict, Refuse) else None,
        findings=[(finding, telling.tell(finding, book, translate)) for finding in findings],
        laws=[telling.law_name(name, book, translate) for name in case.terms.laws],
        sources=[source for name in case.terms.laws for source in book.by_id[name].sources],
        attempts=found.attempts,
        refusals=found.refusals,
        zones=telling.zone_names(case.facts.zones, translate.language),
        region=telling.region_name(case.terms.where.region, translate.language),
        now=now,
        words=WORDS,
        titles=TITLES,
    )
