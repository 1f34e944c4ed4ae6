"""The page “Lines and numbers”: what trunks bear, which numbers customers see."""

from aiohttp import web

from callcenter.dialer.limits import TrunkLimits
from callcenter.dialer.pages import back, number_in, typed_in
from callcenter.dialer.trunks import queries, service
from callcenter.dialer.trunks.models import WHOLE_COMPANY
from callcenter.dialer.trunks.service import NumberDraft, PoolDraft
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.web import SETTINGS, TRANSACTIONS, actor_of, render, whole_number

HERE = "/campaigns/lines"


async def lines(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def _page(request: web.Request, error: Invalid | None = None) -> web.StreamResponse:
    translate = Translator(actor_of(request).language)
    transactions = request.app[TRANSACTIONS]
    async with transactions.read() as session:
        limits = await queries.limits(session)
        named = await queries.trunks_of_campaigns(session)
        pools = await queries.pools(session)
        rows = await queries.numbers(session)
    trunks = [WHOLE_COMPANY, *sorted({*named, *limits} - {WHOLE_COMPANY})]
    problem = next(iter(error.fields.values()), "") if error else ""
    return render(
        request,
        "dialer/lines.html",
        status=error.status if error else 200,
        limits=[(name, limits.get(name, TrunkLimits())) for name in trunks],
        pools=[(pool, [row for row in rows if row.pool_id == pool.id]) for pool in pools],
        now=transactions.clock.now(),
        problem=translate(problem, error.values if error else None) if problem else "",
    )


async def set_limits(request: web.Request) -> web.StreamResponse:
    typed = await typed_in(request)
    try:
        rate = float(typed.get("calls_per_second", "0").replace(",", ".") or "0")
    except ValueError:
        return await _page(request, Invalid({"calls_per_second": marked("A number is needed.")}))
    limits = TrunkLimits(whole_number(typed.get("max_lines", "")) or 0, rate)
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.set_limits(tx, typed.get("name", ""), limits)
    except Invalid as error:
        return await _page(request, error)
    return back(HERE)


async def save_pool(request: web.Request) -> web.StreamResponse:
    """One number a line, with its daily cap after a comma."""
    typed = await typed_in(request)
    drafts = []
    for line in typed.get("numbers", "").splitlines():
        number, _, cap = line.partition(",")
        if number.strip():
            drafts.append(NumberDraft(number=number.strip(), daily_cap=whole_number(cap.strip()) or 0))
    draft = PoolDraft(name=typed.get("name", ""), numbers=drafts)
    pool_id = whole_number(typed.get("pool_id", ""))
    try:
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.save_pool(tx, pool_id, draft, request.app[SETTINGS].home_region)
    except Invalid as error:
        return await _page(request, error)
    return back(HERE)


async def remove_pool(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.remove_pool(tx, number_in(request, "id"))
    return back(HERE)


async def wake(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        await service.wake(tx, number_in(request, "id"))
    return back(HERE)
