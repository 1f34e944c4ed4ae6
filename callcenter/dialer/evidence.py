"""What the rows say about numbers that somebody wants to dial: a fixed number of statements for any batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

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


async def gather(session: AsyncSession, asked: Sequence[Asked], since: datetime) -> Evidence:
    """Everything there is on these numbers; dials since then."""
    numbers = {one.number for one in asked}
    contacts = {one.contact_id for one in asked if one.contact_id}
    consents, by_contact = await _consents(session, numbers, contacts)
    return Evidence(
        entries=await _entries(session, numbers),
        areas=await _areas(session, asked),
        listings=await _listings(session, numbers),
        registries=await registry_dates(session),
        consents=consents,
        contact_consents=by_contact,
        past=await _past(session, numbers, {one.lead_id for one in asked if one.lead_id}, since),
    )


async def _entries(session: AsyncSession, numbers: Collection[str]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    rows = await session.execute(
        select(DoNotCall.number, DoNotCall.campaign_id, Campaign.name)
        .outerjoin(Campaign, Campaign.id == DoNotCall.campaign_id)
        .where(DoNotCall.number.in_(numbers))
        .order_by(DoNotCall.campaign_id)
    )
    for number, campaign_id, name in rows:
        found[number].append(Entry(campaign_id, name or ""))
    return found


async def _areas(session: AsyncSession, asked: Sequence[Asked]) -> dict[str, list[Area]]:
    keys = {key for one in asked for key in (*one.places, *beginnings(one.number))}
    rows = await session.execute(
        select(BlockedArea.key, BlockedArea.digits, BlockedArea.campaign_id)
        .where(BlockedArea.key.in_(keys))
        .order_by(BlockedArea.campaign_id, BlockedArea.key)
    )
    found: dict[str, list[Area]] = defaultdict(list)
    for key, digits, campaign_id in rows:
        found[key].append(Area(key, digits, campaign_id))
    return found


async def _listings(session: AsyncSession, numbers: Collection[str]) -> dict[str, list[Listing]]:
    by_digits = {digits_of(number): number for number in numbers}
    rows = await session.execute(
        select(RegistryNumber.digits, RegistryNumber.since, Registry.code, Registry.kind, Registry.purposes)
        .join(Registry, Registry.id == RegistryNumber.registry_id)
        .where(
            RegistryNumber.digits.in_(by_digits),
            RegistryNumber.generation == Registry.generation,
        )
        .order_by(Registry.id)
    )
    found: dict[str, list[Listing]] = defaultdict(list)
    for digits, since, code, kind, purposes in rows:
        found[by_digits[digits]].append(
            Listing(code, RegistryKind(kind), since, tuple(Purpose(p) for p in purposes))
        )
    return found


async def registry_dates(session: AsyncSession) -> dict[str, datetime]:
    """When the data of each registry was current, by code; those never loaded are left out."""
    rows = await session.execute(
        select(Registry.code, Registry.current_at).where(Registry.current_at.is_not(None))
    )
    return {code: current_at for code, current_at in rows if current_at is not None}


async def _consents(
    session: AsyncSession, numbers: Collection[str], contacts: Collection[int]
) -> tuple[dict[str, list[Consent]], dict[int, list[Consent]]]:
    whose = ConsentRow.number.in_(numbers) & (ConsentRow.number != "")
    rows = await session.execute(
        select(
            *(ConsentRow.number, ConsentRow.contact_id, ConsentRow.purpose, ConsentRow.basis),
            *(ConsentRow.given_at, ConsentRow.reach, ConsentRow.expires_at, ConsentRow.revoked_at),
            ConsentRow.proof,
        ).where(or_(whose, ConsentRow.contact_id.in_(contacts)) if contacts else whose)
    )
    by_number: dict[str, list[Consent]] = defaultdict(list)
    by_contact: dict[int, list[Consent]] = defaultdict(list)
    for number, contact_id, purpose, basis, given_at, reach, expires_at, revoked_at, proof in rows:
        consent = Consent(
            Purpose(purpose), Basis(basis), given_at, Method(reach), expires_at, revoked_at, proof
        )
        if number:
            by_number[number].append(consent)
        elif contact_id is not None:
            by_contact[contact_id].append(consent)
    return by_number, by_contact


async def _past(
    session: AsyncSession, numbers: Collection[str], leads: Collection[int], since: datetime
) -> list[Past]:
    whose = Attempt.number.in_(numbers)
    rows = await session.execute(
        select(
            *(Attempt.id, Attempt.number, Attempt.lead_id, Attempt.campaign_id, Campaign.matter),
            *(Attempt.placed_at, Attempt.state, Attempt.outcome, Attempt.machine),
            Attempt.declined,
        )
        .outerjoin(Campaign, Campaign.id == Attempt.campaign_id)
        .where(
            or_(whose, Attempt.lead_id.in_(leads)) if leads else whose,
            or_(Attempt.placed_at > since, Attempt.state != AttemptState.ENDED),
        )
    )
    return [
        Past(
            id=row.id,
            number=row.number,
            lead_id=row.lead_id,
            campaign_id=row.campaign_id,
            matter=row.matter or "",
            placed_at=row.placed_at,
            open=row.state != AttemptState.ENDED,
            outcome=Outcome(row.outcome) if row.outcome else None,
            machine=row.machine or row.outcome == Outcome.MACHINE,
            declined=row.declined,
        )
        for row in rows
    ]


async def company_limits(session: AsyncSession) -> tuple[Limit, ...]:
    """What the company allows for every dial, whoever wants it."""
    row = await session.get(CompanyRules, 1)
    if row is None:
        return ()
    return tuple(Limit(int(i["most"]), int(i["hours"]), Counted(i["counted"])) for i in row.limits)


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
