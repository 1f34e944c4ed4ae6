"""Whose leads a row of a file may repeat, and what is done then. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked

MOST_DAYS = 3650


class By(StrEnum):
    """What makes two rows the same."""

    NUMBER = "number"
    EXTERNAL_ID = "external-id"


class Where(StrEnum):
    """Where a repetition counts. Inside the file it always does."""

    LIST = "list"
    CAMPAIGN = "campaign"
    RUNNING = "running"  # this campaign and those that run
    COMPANY = "company"


class Policy(StrEnum):
    """What becomes of a row that repeats a lead."""

    SKIP = "skip"
    UPDATE = "update"  # its values replace the lead's
    ADD = "add"  # its numbers are added to the lead's


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`days` 0: however old the lead is."""

    by: By = By.NUMBER
    where: Where = Where.CAMPAIGN
    policy: Policy = Policy.SKIP
    days: int = 0

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def read_duplicates(given: Mapping[str, Any]) -> Duplicates:
    """From a row or a form; raises `Invalid` for what is none of the choices."""
    usual = Duplicates()
    try:
        found = Duplicates(
            by=By(given.get("by", usual.by)),
            where=Where(given.get("where", usual.where)),
            policy=Policy(given.get("policy", usual.policy)),
            days=int(given.get("days") or 0),
        )
    except ValueError as error:
        raise Invalid({"duplicates": marked("This choice does not exist.")}) from error
    if not 0 <= found.days <= MOST_DAYS:
        raise Invalid({"days": marked("At most ten years.")})
    if found.policy is not Policy.SKIP and found.where not in (Where.LIST, Where.CAMPAIGN):
        raise Invalid({"policy": marked("Leads of other campaigns are not changed by an import.")})
    return found
