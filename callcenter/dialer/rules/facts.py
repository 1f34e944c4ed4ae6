"""What is known of a number at one moment, and what a campaign wants: values that the rules judge. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from callcenter.dialer.rules.hours import Week
from callcenter.dialer.rules.law import NO_LAWS, Book
from callcenter.dialer.rules.words import Basis, Counted, Method, OnHolidays, Purpose, RegistryKind
from callcenter.dialer.states import CampaignStatus, DialKind


@dataclass(frozen=True, slots=True)
class Block:
    """A do-not-call entry that holds for this dial. `scope`: company, campaign, other-campaign or area."""

    scope: str
    name: str = ""  # of the other campaign, or the area's pattern


@dataclass(frozen=True, slots=True)
class Listing:
    """The number is on an external registry. `since`: when it was given up, for reassigned numbers."""

    code: str
    kind: RegistryKind
    since: date | None = None
    purposes: tuple[Purpose, ...] = ()  # empty: all of them


@dataclass(frozen=True, slots=True)
class Consent:
    """What the customer agreed to. `reach`: how they agreed to be called at most; no proof is an empty
    one."""

    purpose: Purpose
    basis: Basis
    given_at: datetime
    reach: Method = Method.AUTOMATIC
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Try:
    """An earlier dial of this number or lead."""

    at: datetime
    same_number: bool = True
    same_lead: bool = False
    campaign_id: int | None = None
    matter: str = ""
    abandoned: bool = False
    machine: bool = False
    declined: bool = False  # the customer said no


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the rules ask about one dial.

    `zones` are all zones the called party may be in; empty means unknown. `registries` says when each
    external registry's data was current, by code.
    """

    number: str
    kind: DialKind = DialKind.CAMPAIGN
    zones: tuple[str, ...] = ()
    status: CampaignStatus | None = None
    blocks: tuple[Block, ...] = ()
    listings: tuple[Listing, ...] = ()
    consents: tuple[Consent, ...] = ()
    in_progress: bool = False
    lead_attempts: int = 0
    tries: tuple[Try, ...] = ()
    registries: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many dials in so many hours."""

    most: int
    hours: int
    counted: Counted = Counted.NUMBER


@dataclass(frozen=True, slots=True)
class Policy:
    """What a campaign, or the company for a person's own dialling, wants. Zero means no limit of its own.

    `live_agent`: an agent is sure to be there when the customer answers. `laws`: jurisdictions that hold
    beside those of the number. `company`: limits of the company, for every dial.
    """

    week: Week = ()
    closed_on: frozenset[date] = frozenset()
    on_holidays: OnHolidays = OnHolidays.AS_USUAL
    fallback_zones: tuple[str, ...] = ("UTC",)
    max_lead_attempts: int = 0
    limits: tuple[Limit, ...] = ()
    company: tuple[Limit, ...] = ()
    consent: Basis | None = None
    purpose: Purpose = Purpose.SERVICE
    method: Method = Method.AUTOMATIC
    live_agent: bool = False
    ring_seconds: int = 0
    campaign_id: int | None = None
    matter: str = ""
    book: Book = NO_LAWS
    laws: tuple[str, ...] = ()
    other_lists: tuple[int, ...] = ()  # campaigns whose do-not-call lists hold as well
    version: int = 1
