"""A filter of leads: a small tree of conditions, checked, as SQL with parameters.

    {"all": [{"field": "region", "op": "is", "value": "US"},
             {"not": {"field": "attempts", "op": "over", "value": 2}}]}

`any` and `all` join, `not` turns round, an empty tree fits every lead. A field of the leads' own is written
`own:<name>`. Nothing a person typed becomes SQL: names and operators are looked up, values are parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from callcenter.dialer.states import LeadStatus, Outcome
from callcenter.kernel.errors import Invalid
from callcenter.kernel.i18n import marked

OWN = "own:"
DEEPEST = 6
MOST_CONDITIONS = 60
MOST_VALUES = 200
Tree = Mapping[str, Any]


class Sort(StrEnum):
    """What a field holds, which says what may be asked of it."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    CHOICE = "choice"
    YES_NO = "yes-no"


@dataclass(frozen=True, slots=True)
class Field:
    """A column of leads, or (`cohort`) of their cohorts. `steady`: dialling does not change it."""

    name: str
    title: str
    sort: Sort
    column: str
    cohort: bool = False
    steady: bool = True
    choices: tuple[str, ...] = ()


FIELDS: Mapping[str, Field] = {
    f.name: f
    for f in (
        Field("name", marked("Customer"), Sort.TEXT, "name"),
        Field("number", marked("Number"), Sort.TEXT, "number"),
        Field("external_id", marked("Customer’s code"), Sort.TEXT, "external_id"),
        Field("region", marked("Country"), Sort.CHOICE, "region", cohort=True),
        Field("subdivision", marked("State or province"), Sort.CHOICE, "subdivision", cohort=True),
        Field("number_type", marked("Type of number"), Sort.CHOICE, "number_type", cohort=True),
        Field("list", marked("List"), Sort.NUMBER, "list_id"),
        Field("rank", marked("Rank"), Sort.NUMBER, "rank"),
        Field("priority", marked("Priority"), Sort.NUMBER, "priority", steady=False),
        Field("consent", marked("Consent"), Sort.YES_NO, "consent"),
        Field("known", marked("Is in the CRM"), Sort.YES_NO, "contact_id IS NOT NULL"),
        Field("created_at", marked("Came in"), Sort.MOMENT, "created_at"),
        Field("attempts", marked("Attempts"), Sort.NUMBER, "attempts", steady=False),
        Field("status", marked("State"), Sort.CHOICE, "status", steady=False, choices=tuple(LeadStatus)),
        Field(
            "last_outcome",
            marked("Last result"),
            Sort.CHOICE,
            "last_outcome",
            steady=False,
            choices=tuple(Outcome),
        ),
        Field("last_tried_at", marked("Last try"), Sort.MOMENT, "last_tried_at", steady=False),
        Field("next_try_at", marked("Next try"), Sort.MOMENT, "next_try_at", steady=False),
    )
}
OPERATORS: Mapping[Sort, tuple[str, ...]] = {
    Sort.TEXT: ("is", "is-not", "contains", "starts", "in", "empty", "filled"),
    Sort.NUMBER: ("is", "is-not", "over", "under", "in", "empty", "filled"),
    Sort.MOMENT: ("before", "after", "last-days", "empty", "filled"),
    Sort.CHOICE: ("is", "is-not", "in", "empty", "filled"),
    Sort.YES_NO: ("is",),
}
_COMPARISONS = {"is": "=", "is-not": "<>", "over": ">", "under": "<", "before": "<", "after": ">="}


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL over the table `leads`, with its parameters."""

    sql: str
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Compiler:
    sqlite: bool
    now: datetime
    steady_only: bool
    values: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    def tree(self, node: Any, depth: int) -> str:
        if depth > DEEPEST or not isinstance(node, Mapping):
            raise _wrong()
        if not node:
            return "1 = 1"
        for word, joined in (("all", " AND "), ("any", " OR ")):
            if word in node:
                return self._joined(node[word], joined, depth)
        if "not" in node:
            return f"NOT COALESCE({self.tree(node['not'], depth + 1)}, {self._no()})"
        return self._condition(node)

    def _joined(self, parts: Any, word: str, depth: int) -> str:
        if not isinstance(parts, Sequence) or isinstance(parts, str):
            raise _wrong()
        found = [self.tree(part, depth + 1) for part in parts]
        return f"({word.join(found)})" if found else "1 = 1"

    def _condition(self, node: Mapping[str, Any]) -> str:
        self.count += 1
        name, op, value = node.get("field"), node.get("op"), node.get("value")
        if self.count > MOST_CONDITIONS or not isinstance(name, str) or not isinstance(op, str):
            raise _wrong()
        if name.startswith(OWN):
            return self._own(name.removeprefix(OWN), op, value)
        known = FIELDS.get(name)
        if known is None or op not in OPERATORS[known.sort] or (self.steady_only and not known.steady):
            raise _wrong()
        sql = self._compared(known.column, known.sort, op, value)
        if known.cohort:
            return f"cohort_id IN (SELECT id FROM lead_cohorts WHERE {sql})"  # noqa: S608 - our own words
        return sql

    def _own(self, name: str, op: str, value: Any) -> str:
        """A field of the leads' own: compared as a number when a number is asked for, else as text."""
        place = self._keep(name)
        if self.sqlite:
            text = f"json_extract(fields, '$.\"' || {place} || '\"')"
            if '"' in name:
                raise _wrong()
        else:
            text = f"(fields ->> {place})"
        if op in ("over", "under"):
            # a text that is no number is neither over nor under
            number = (
                f"CASE WHEN typeof({text}) IN ('integer', 'real') THEN {text} END"
                if self.sqlite
                else f"CASE WHEN jsonb_typeof(fields -> {place}) = 'number' THEN {text}::float8 END"
            )
            return self._compared(number, Sort.NUMBER, op, value)
        if op not in OPERATORS[Sort.TEXT]:
            raise _wrong()
        return self._compared(f"CAST({text} AS TEXT)", Sort.TEXT, op, value)

    def _compared(self, column: str, sort: Sort, op: str, value: Any) -> str:
        match op:
            case "empty" | "filled":
                blank = f"{column} IS NULL" if sort is not Sort.TEXT else f"COALESCE({column}, '') = ''"
                if sort is Sort.CHOICE:
                    blank = f"COALESCE({column}, '') = ''"
                return blank if op == "empty" else f"NOT ({blank})"
            case "contains" | "starts":
                plain = str(value).lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
                pattern = f"%{plain}%" if op == "contains" else f"{plain}%"
                return f"lower({column}) LIKE {self._keep(pattern)} ESCAPE '!'"
            case "in":
                if not isinstance(value, Sequence) or isinstance(value, str) or not value:
                    raise _wrong()
                if len(value) > MOST_VALUES:
                    raise _wrong()
                return f"{column} IN ({', '.join(self._keep(_plain(one, sort)) for one in value)})"
            case "last-days":
                days = _plain(value, Sort.NUMBER)
                return f"{column} >= {self._moment(self.now - timedelta(days=min(days, 3650)))}"
            case _:
                return self._sided(column, sort, op, value)

    def _sided(self, column: str, sort: Sort, op: str, value: Any) -> str:
        if sort is Sort.YES_NO:
            truth = bool(value)
            return f"({column})" if truth else f"NOT ({column})"
        kept = self._moment(_day(value)) if sort is Sort.MOMENT else self._keep(_plain(value, sort))
        compared = f"{column} {_COMPARISONS[op]} {kept}"
        return f"({compared} OR {column} IS NULL)" if op == "is-not" else compared

    def _keep(self, value: Any) -> str:
        name = f"f{len(self.values)}"
        self.values[name] = value
        if self.sqlite:
            return f":{name}"
        kind = "float8" if isinstance(value, int | float) else "text"
        return f"CAST(:{name} AS {'timestamptz' if isinstance(value, datetime) else kind})"

    def _moment(self, moment: datetime) -> str:
        if self.sqlite:
            return self._keep(moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"))
        return self._keep(moment)

    def _no(self) -> str:
        return "0" if self.sqlite else "false"


def compiled(tree: Tree, dialect: str, now: datetime, *, steady_only: bool = False) -> Condition:
    """The filter as SQL; raises `Invalid` for what is none. `steady_only`: nothing that dialling changes."""
    compiler = _Compiler(sqlite=dialect == "sqlite", now=now, steady_only=steady_only)
    sql = compiler.tree(tree, 0)
    return Condition(sql, compiler.values)


def _wrong() -> Invalid:
    return Invalid({"filter": marked("This filter cannot be read.")})


def _plain(value: Any, sort: Sort) -> Any:
    if sort is Sort.NUMBER:
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise Invalid({"filter": marked("A filter compares this field with a number.")}) from error
    if not isinstance(value, str | int | float):
        raise _wrong()
    return str(value)


def _day(value: Any) -> datetime:
    """A day (its beginning, UTC) or a moment."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Invalid({"filter": marked("Write dates as 2026-12-31.")}) from error
    return moment if moment.tzinfo else datetime.combine(moment.date(), time(), UTC)
