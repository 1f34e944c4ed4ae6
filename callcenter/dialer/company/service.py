"""The only writer of the company's rules."""

from dataclasses import dataclass, field
from typing import Any

from callcenter.dialer.models import CompanyRules
from callcenter.dialer.policy import BadHours, read_limits, read_week
from callcenter.dialer.rules import Purpose
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyDraft:
    """`limits` hold for every dial; the rest for what persons dial outside campaigns. No hours: no limit."""

    hours: dict[str, list[list[str]]] = field(default_factory=dict)
    max_number_attempts_a_day: int = 0
    limits: list[dict[str, Any]] = field(default_factory=list)
    purpose: Purpose = Purpose.SERVICE


async def set_company_rules(tx: Tx, draft: CompanyDraft) -> CompanyRules:
    """From the next dial on."""
    wrong: dict[str, str] = {}
    try:
        read_week(draft.hours)
    except BadHours:
        wrong["hours"] = marked("Write hours as 09:00-13:00, 14:00-20:00.")
    try:
        read_limits(draft.limits)
    except ValueError:
        wrong["limits"] = marked("A limit needs a number of calls and a number of hours.")
    if draft.max_number_attempts_a_day < 0:
        wrong["max_number_attempts_a_day"] = marked("This cannot be negative.")
    if wrong:
        raise Invalid(wrong)
    row = await tx.session.get(CompanyRules, 1, with_for_update=True)
    if row is None:
        row = CompanyRules(id=1, version=0)
        tx.session.add(row)
    row.hours, row.limits, row.purpose = draft.hours, draft.limits, draft.purpose
    row.max_number_attempts_a_day = draft.max_number_attempts_a_day
    row.version += 1
    await tx.session.flush()
    tx.audit("dial-rules.set", "company", 1, hours=draft.hours, limits=draft.limits, purpose=draft.purpose)
    return row
