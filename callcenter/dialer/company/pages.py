"""The page and the JSON of the company's rules."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from callcenter.dialer.company import service
from callcenter.dialer.company.service import CompanyDraft
from callcenter.dialer.forms import DAYS
from callcenter.dialer.models import CompanyRules
from callcenter.dialer.pages import back, typed_in
from callcenter.dialer.policy import BadHours, read_day_text
from callcenter.dialer.reasons import COUNTED, PURPOSES
from callcenter.dialer.rules import Counted, Purpose
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import Translator, marked
from callcenter.kernel.web import (
    TRANSACTIONS,
    actor_of,
    json_response,
    read_json,
    render,
    whole_number,
)

LINES = 5  # limits that the form has room for


def rules_json(row: CompanyRules | None) -> dict[str, object]:
    draft = CompanyDraft() if row is None else row
    names = ("hours", "max_number_attempts_a_day", "limits", "purpose")
    return {name: getattr(draft, name) for name in names} | {"version": row.version if row else 0}


async def rules(
    request: web.Request, error: Invalid | None = None, typed: Mapping[str, str] | None = None
) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        row = await session.get(CompanyRules, 1)
    translate = Translator(actor_of(request).language)
    return render(
        request,
        "dialer/company_rules.html",
        status=error.status if error else 200,
        values=dict(typed) if typed is not None else _shown(rules_json(row)),
        wrong={name: translate(text) for name, text in (error.fields if error else {}).items()},
        days=DAYS,
        purposes=PURPOSES,
        counted=COUNTED,
        lines=range(LINES),
    )


def _shown(told: Mapping[str, Any]) -> dict[str, str]:
    shown = {"purpose": str(told["purpose"]), "most_a_day": str(told["max_number_attempts_a_day"])}
    for day in range(7):
        windows = told["hours"].get(str(day), []) if told["hours"] else [["00:00", "24:00"]]
        shown[f"hours_{day}"] = ", ".join(f"{start}-{end}" for start, end in windows)
    for index, limit in enumerate(told["limits"]):
        shown |= {f"{name}_{index}": str(limit[name]) for name in ("most", "counted")}
        shown[f"hours_of_{index}"] = str(limit["hours"])
    return shown


async def save(request: web.Request) -> web.StreamResponse:
    typed = await typed_in(request)
    try:
        draft = _draft(typed)
        async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
            await service.set_company_rules(tx, draft)
    except Invalid as error:
        return await rules(request, error, typed)
    return back("/do-not-call/company")


def _draft(typed: Mapping[str, str]) -> CompanyDraft:
    wrong: dict[str, str] = {}
    hours: dict[str, list[list[str]]] = {}
    for day in range(7):
        try:
            hours[str(day)] = read_day_text(typed.get(f"hours_{day}", ""))
        except BadHours:
            wrong[f"hours_{day}"] = marked("Write hours as 09:00-13:00, 14:00-20:00.")
    most_a_day = whole_number(typed.get("most_a_day", "0") or "0")
    if most_a_day is None:
        wrong["most_a_day"] = marked("A whole number is needed.")
    limits = [_limit(typed, index, wrong) for index in range(LINES) if typed.get(f"most_{index}", "").strip()]
    purpose = typed.get("purpose", "")
    if purpose not in set(Purpose):
        wrong["purpose"] = marked("This is not one of the choices.")
    if wrong:
        raise Invalid(wrong)
    return CompanyDraft(
        hours=hours,
        max_number_attempts_a_day=most_a_day or 0,
        limits=limits,
        purpose=Purpose(purpose),
    )


def _limit(typed: Mapping[str, str], index: int, wrong: dict[str, str]) -> dict[str, Any]:
    most, hours = (whole_number(typed.get(f"{name}_{index}", "").strip()) for name in ("most", "hours_of"))
    counted = typed.get(f"counted_{index}", "")
    if not most or not hours or counted not in set(Counted):
        wrong[f"most_{index}"] = marked("A limit needs a number of calls and a number of hours.")
    return {"most": most or 0, "hours": hours or 0, "counted": counted}


async def told(request: web.Request) -> web.StreamResponse:
    async with request.app[TRANSACTIONS].read() as session:
        return json_response(rules_json(await session.get(CompanyRules, 1)))


async def put(request: web.Request) -> web.StreamResponse:
    draft = await read_json(request, CompanyDraft)
    async with request.app[TRANSACTIONS].begin(actor_of(request)) as tx:
        row = await service.set_company_rules(tx, draft)
    return json_response(rules_json(row))
