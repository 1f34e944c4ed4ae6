"""What the rows say about numbers that somebody wants to dial: one statement for any batch."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Any, TypeVar

from sqlalchemy import JSON, CompoundSelect, Select, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from callcenter.dialer.consents.models import ConsentRow
from callcenter.dialer.models import Attempt, Campaign, CompanyRules, DoNotCall
from callcenter.dialer.registries.models import BlockedArea, Registry, RegistryNumber
from callcenter.dialer.rules import Basis, Consent, Limit, Listing, Method, Purpose, Try
from callcenter.dialer.rules.words import Counted, RegistryKind
from callcenter.dialer.states import AttemptState, Outcome

LONGEST_NUMBER = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """A number, who it belongs to, and where it is: regions and subdivisions as areas name them."""

    number: str
    contact_id: int | None = None
    lead_id: int | None = None
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier dial, or one that is under way."""

    id: int
    number: str
    lead_id: int | None
    campaign_id: int | None
    matter: str
    placed_at: datetime | None
    open: bool
    outcome: Outcome | None
    machine: bool
    declined: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A do-not-call entry: of the company (0) or of a campaign."""

    campaign_id: int
    campaign: str


@dataclass(frozen=True, slots=True)
class Area:
    """An area that is not called. `digits`: only numbers of that length; 0: any."""

    key: str
    digits: int
    campaign_id: int


@dataclass(slots=True)
class Evidence:
    """By number, and by contact or lead where rows are kept so."""

    entries: Mapping[str, list[Entry]] = field(default_factory=dict)
    areas: Mapping[str, list[Area]] = field(default_factory=dict)
    listings: Mapping[str, list[Listing]] = field(default_factory=dict)
    registries: Mapping[str, datetime] = field(default_factory=dict)
    consents: Mapping[str, list[Consent]] = field(default_factory=dict)
    contact_consents: Mapping[int, list[Consent]] = field(default_factory=dict)
    past: Sequence[Past] = ()
    company: tuple[Limit, ...] = ()

    def areas_of(self, asked: Asked) -> list[Area]:
        """Areas that this number is in."""
        keys = (*asked.places, *beginnings(asked.number))
        length = len(asked.number) - 1
        return [a for key in keys for a in self.areas.get(key, ()) if a.digits in (0, length)]

    def consents_of(self, asked: Asked) -> tuple[Consent, ...]:
        """Of the number and of the contact it belongs to."""
        own = self.consents.get(asked.number, [])
        contact = self.contact_consents.get(asked.contact_id or 0, [])
        return (*own, *contact)


def digits_of(number: str) -> int:
    """An E.164 number as registries keep it."""
    return int(number.removeprefix("+"))


def beginnings(number: str) -> list[str]:
    """+4, +49, +493, ..: what an area may name it by."""
    return [number[:length] for length in range(2, min(len(number), LONGEST_NUMBER + 1) + 1)]


class _packed(FunctionElement[Any]):  # noqa: N801 - used like a function of the database
    """Columns as one JSON array, so that rows of many shapes come in one answer."""

    type = JSON()
    inherit_cache = True
    name = "packed"


@compiles(_packed, "sqlite")
def _pack_sqlite(element: _packed, compiler: Any, **options: Any) -> str:
    return f"json_array({compiler.process(element.clauses, **options)})"


@compiles(_packed, "postgresql")
def _pack_postgresql(element: _packed, compiler: Any, **options: Any) -> str:
    return f"json_build_array({compiler.process(element.clauses, **options)})"


class _Kind(IntEnum):
    """Of which table a row of the answer is."""

    ENTRY = 1
    AREA = 2
    LISTING = 3
    REGISTRY = 4
    CONSENT = 5
    PAST = 6
    COMPANY = 7


async def gather(
    session: AsyncSession, asked: Sequence[Asked], lookback: timedelta, now: datetime
) -> Evidence:
    """Everything there is on these numbers, in one statement: a line waits for it to be placed."""
    found: dict[int, list[list[Any]]] = defaultdict(list)
    for kind, row in await session.execute(_statement(asked, now - lookback)):
        found[kind].append(json.loads(row) if isinstance(row, str) else row)
    by_digits = {digits_of(one.number): one.number for one in asked}
    by_number: dict[str, list[Consent]] = defaultdict(list)
    by_contact: dict[int, list[Consent]] = defaultdict(list)
    for number, contact_id, *rest in found[_Kind.CONSENT]:
        (by_number[number] if number else by_contact[contact_id]).append(_consent(rest))
    return Evidence(
        entries=_grouped((number, Entry(owner, name or "")) for number, owner, name in found[_Kind.ENTRY]),
        areas=_grouped((key, Area(key, digits, owner)) for key, digits, owner in found[_Kind.AREA]),
        listings=_grouped(
            (by_digits[digits], _listing(since, code, kind, purposes))
            for digits, since, code, kind, purposes in found[_Kind.LISTING]
        ),
        registries={code: _moment(current) for code, current in found[_Kind.REGISTRY]},
        consents=by_number,
        contact_consents=by_contact,
        past=[_past(row) for row in found[_Kind.PAST]],
        company=tuple(limit for (limits,) in found[_Kind.COMPANY] for limit in _limits(limits)),
    )


def _statement(asked: Sequence[Asked], since: datetime) -> CompoundSelect[Any]:
    numbers = sorted({one.number for one in asked})
    contacts = sorted({one.contact_id for one in asked if one.contact_id})
    leads = sorted({one.lead_id for one in asked if one.lead_id})
    of_number = ConsentRow.number.in_(numbers) & (ConsentRow.number != "")
    of_attempt = Attempt.number.in_(numbers)
    recent = or_(Attempt.placed_at > since, Attempt.state != AttemptState.ENDED)
    return union_all(
        _rows(_Kind.ENTRY, DoNotCall.number, DoNotCall.campaign_id, Campaign.name)
        .outerjoin(Campaign, Campaign.id == DoNotCall.campaign_id)
        .where(DoNotCall.number.in_(numbers)),
        # all of them: they are few, and every number has a dozen beginnings
        _rows(_Kind.AREA, BlockedArea.key, BlockedArea.digits, BlockedArea.campaign_id),
        _rows(
            _Kind.LISTING,
            *(RegistryNumber.digits, RegistryNumber.since, Registry.code, Registry.kind, Registry.purposes),
        )
        .join(Registry, Registry.id == RegistryNumber.registry_id)
        .where(
            RegistryNumber.digits.in_([digits_of(number) for number in numbers]),
            RegistryNumber.generation == Registry.generation,
        ),
        _rows(_Kind.REGISTRY, Registry.code, Registry.current_at).where(Registry.current_at.is_not(None)),
        _rows(
            _Kind.CONSENT,
            *(ConsentRow.number, ConsentRow.contact_id, ConsentRow.purpose, ConsentRow.basis),
            *(ConsentRow.given_at, ConsentRow.reach, ConsentRow.expires_at, ConsentRow.revoked_at),
            ConsentRow.proof,
        ).where(or_(of_number, ConsentRow.contact_id.in_(contacts)) if contacts else of_number),
        _rows(
            _Kind.PAST,
            *(Attempt.id, Attempt.number, Attempt.lead_id, Attempt.campaign_id, Campaign.matter),
            *(Attempt.placed_at, Attempt.state, Attempt.outcome, Attempt.machine, Attempt.declined),
        )
        .outerjoin(Campaign, Campaign.id == Attempt.campaign_id)
        .where(or_(of_attempt, Attempt.lead_id.in_(leads)) if leads else of_attempt, recent),
        _rows(_Kind.COMPANY, CompanyRules.limits).where(CompanyRules.id == 1),
    )


def _rows(kind: _Kind, *columns: Any) -> Select[int, Any]:
    return select(literal(kind.value), _packed(*columns)).select_from(columns[0].class_)


T = TypeVar("T")


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def _moment(text: str) -> datetime:
    """As JSON of either database has it: SQLite keeps UTC without saying so."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _moment_or_none(text: str | None) -> datetime | None:
    return _moment(text) if text else None


def _inner(value: Any) -> list[Any]:
    """A JSON column within JSON: a text in SQLite's answer."""
    return list(json.loads(value) if isinstance(value, str) else value)


def _listing(since: str | None, code: str, kind: str, purposes: Any) -> Listing:
    return Listing(
        code,
        RegistryKind(kind),
        date.fromisoformat(since) if since else None,
        tuple(Purpose(purpose) for purpose in _inner(purposes)),
    )


def _consent(row: Sequence[Any]) -> Consent:
    purpose, basis, given_at, reach, expires_at, revoked_at, proof = row
    return Consent(
        Purpose(purpose),
        Basis(basis),
        _moment(given_at),
        Method(reach),
        _moment_or_none(expires_at),
        _moment_or_none(revoked_at),
        proof,
    )


def _past(row: Sequence[Any]) -> Past:
    attempt_id, number, lead_id, campaign_id, matter, placed_at, state, outcome, machine, declined = row
    return Past(
        id=attempt_id,
        number=number,
        lead_id=lead_id,
        campaign_id=campaign_id,
        matter=matter or "",
        placed_at=_moment_or_none(placed_at),
        open=state != AttemptState.ENDED,
        outcome=Outcome(outcome) if outcome else None,
        machine=bool(machine) or outcome == Outcome.MACHINE,
        declined=bool(declined),
    )


def _limits(limits: Any) -> list[Limit]:
    return [Limit(int(i["most"]), int(i["hours"]), Counted(i["counted"])) for i in _inner(limits)]


async def registry_dates(session: AsyncSession) -> dict[str, datetime]:
    """When the data of each registry was current, by code; those never loaded are left out."""
    rows = await session.execute(
        select(Registry.code, Registry.current_at).where(Registry.current_at.is_not(None))
    )
    return {code: current_at for code, current_at in rows if current_at is not None}


def tries(past: Sequence[Past], asked: Asked, own: int | None) -> tuple[Try, ...]:
    """The dials that rules count for this number or lead; `own` is the dial that is being judged."""
    return tuple(
        Try(
            at=one.placed_at,
            same_number=one.number == asked.number,
            same_lead=asked.lead_id is not None and one.lead_id == asked.lead_id,
            campaign_id=one.campaign_id,
            matter=one.matter,
            abandoned=one.outcome is Outcome.DROPPED,
            machine=one.machine,
            declined=one.declined,
        )
        for one in past
        if one.placed_at is not None and one.id != own
    )
