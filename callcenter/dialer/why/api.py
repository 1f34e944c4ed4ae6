"""The same as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from aiohttp import web

from callcenter.dialer.pages import number_in
from callcenter.dialer.rules import Finding, Refuse, explain, may_call
from callcenter.dialer.states import CampaignStatus
from callcenter.dialer.why import counting
from callcenter.dialer.why.funnel import Part, cause
from callcenter.kernel.clock import iso
from callcenter.kernel.web import TRANSACTIONS, json_response


def _at(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def parts_json(parts: Sequence[Part]) -> list[dict[str, object]]:
    """Only what a part has."""
    return [
        {
            name: value
            for name, value in {
                "count": part.count,
                "name": part.name,
                "rule": part.rule,
                "cohort": asdict(part.cohort) if part.cohort else None,
                "next_at": _at(part.next_at),
            }.items()
            if value
        }
        for part in parts
    ]


def finding_json(finding: Finding) -> dict[str, object]:
    refusal = finding.refusal
    return {
        "rule": finding.rule,
        "allows": refusal is None,
        "inputs": finding.inputs,
        "values": refusal.values if refusal else {},
        "version": refusal.version if refusal else None,
        "final": refusal.final if refusal else False,
        "demanded_by": finding.demanded_by,
        "changes_at": _at(finding.changes_at),
    }


async def campaign(request: web.Request) -> web.StreamResponse:
    """The funnel with its losses, what the gate says of the next leads, and the first thing to change."""
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    async with transactions.read() as session:
        found = await counting.why(session, number_in(request, "id"), now)
    funnel = found.funnel
    return json_response(
        {
            "cause": cause(CampaignStatus(found.campaign.status), funnel, found.sample, found.staff),
            "leads": funnel.leads,
            "dialable": funnel.dialable,
            "next_at": _at(funnel.next_at),
            "losses": [
                {
                    "stop": loss.stop,
                    "count": loss.count,
                    "left": loss.left,
                    "next_at": _at(loss.next_at),
                    "parts": parts_json(loss.parts),
                }
                for loss in funnel.losses
            ],
            "sample": {
                "judged": found.sample.judged,
                "allowed": found.sample.allowed,
                "refused": parts_json(found.sample.refused),
            },
            "agents": asdict(found.staff),
        }
    )


async def lead(request: web.Request) -> web.StreamResponse:
    """Every rule with its verdict, inputs, version and next change."""
    transactions = request.app[TRANSACTIONS]
    now = transactions.clock.now()
    async with transactions.read() as session:
        found = await counting.lead_why(session, number_in(request, "id"), number_in(request, "lead"), now)
    case = found.case
    verdict = may_call(case.facts, case.terms, now)
    return json_response(
        {
            "lead_id": found.lead.id,
            "number": found.lead.number,
            "status": found.lead.status,
            "allowed": not isinstance(verdict, Refuse),
            "rule": verdict.rule if isinstance(verdict, Refuse) else None,
            "next_possible_at": _at(verdict.next_possible_at) if isinstance(verdict, Refuse) else None,
            "laws": case.terms.laws,
            "rules": [finding_json(f) for f in explain(case.facts, case.terms, now)],
        }
    )
