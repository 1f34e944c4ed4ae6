"""Dials of every kind for property tests: facts, policies, laws and moments that hypothesis makes up."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from callcenter.dialer.rules import (
    Basis,
    Block,
    Consent,
    Counted,
    Facts,
    Limit,
    Listing,
    Method,
    OnHolidays,
    Policy,
    Purpose,
    Try,
    Where,
    Window,
)
from callcenter.dialer.rules.law import (
    Book,
    Clause,
    ConsentDemand,
    HoursText,
    Jurisdiction,
    LimitDemand,
    LockOut,
    RegistryDemand,
    Title,
    load,
)
from callcenter.dialer.rules.words import RegistryKind
from callcenter.dialer.states import CampaignStatus, DialKind

NUMBER = "+493012345678"
ZONES = (
    *("Europe/Berlin", "Europe/Moscow", "Europe/London", "America/New_York", "America/Los_Angeles"),
    *("America/Phoenix", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"),
    *("Pacific/Kiritimati", "Pacific/Chatham", "Africa/Casablanca", "UTC", "Nowhere/At_All"),
)
PLACES = (
    Where(),
    Where("DE", ("DE-BY",), "mobile"),
    Where("DE", (), "fixed"),
    Where("US", ("US-FL",), "fixed-or-mobile"),
    Where("US", ("US-AL", "US-CA"), "fixed"),
    Where("US"),
    Where("GB", (), "mobile"),
    Where("RU", ("RU-MOW",), "mobile"),
    Where("FR", (), "fixed"),
    Where("CA", ("CA-QC",), "fixed-or-mobile"),
    Where("JP", (), "mobile"),
)
CODES = ("us-dnc", "gb-tps", "gb-ctps", "fr-bloctel", "ca-dncl", "our-own", "bad-people")
OURS = load()
# days on which clocks change, years leap, and laws begin
EDGES = (
    *("2026-03-08T06:00", "2026-03-29T00:30", "2026-10-25T00:00", "2026-11-01T05:00", "2026-04-04T14:00"),
    *("2028-02-28T22:00", "2028-02-29T12:00", "2025-12-31T22:00", "2026-08-10T20:00", "2025-08-31T19:00"),
)

_start = datetime(2025, 1, 1, tzinfo=UTC)
anywhen = st.one_of(
    st.integers(0, 4 * 365 * 86400).map(lambda seconds: _start + timedelta(seconds=seconds)),
    st.tuples(st.sampled_from(EDGES), st.integers(-3 * 3600, 3 * 3600)).map(
        lambda edge: datetime.fromisoformat(edge[0]).replace(tzinfo=UTC) + timedelta(seconds=edge[1])
    ),
)
minutes = st.one_of(st.integers(0, 1440), st.sampled_from((0, 120, 150, 180, 480, 1200, 1440)))
days = st.lists(minutes, max_size=6, unique=True).map(
    lambda ends: tuple(Window(a, b) for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False))
)
weeks = st.one_of(st.just(()), st.tuples(*[days] * 7))
zone_sets = st.lists(st.sampled_from(ZONES), max_size=4, unique=True).map(tuple)
purposes = st.sampled_from(Purpose)
limits = st.builds(Limit, st.integers(0, 4), st.integers(1, 800), st.sampled_from(Counted))
near = st.integers(-40 * 86400, 5 * 86400).map(lambda seconds: timedelta(seconds=seconds))

lasting = st.dictionaries(st.sampled_from(Basis), st.integers(1, 60), max_size=2)
demands = st.builds(ConsentDemand, basis=st.sampled_from(Basis), proof=st.booleans(), lasts_days=lasting)
texts = st.lists(st.integers(0, 24), max_size=4, unique=True).map(
    lambda ends: ", ".join(
        f"{a:02}:00-{b:02}:00" for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)
    )
)
clauses = st.builds(
    Clause,
    name=st.just("made up"),
    purposes=st.lists(purposes, max_size=3).map(tuple),
    methods=st.lists(st.sampled_from(Method), max_size=2).map(tuple),
    number_types=st.lists(st.sampled_from(("mobile", "fixed")), max_size=1).map(tuple),
    since=st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2026, 6, 1))),
    until=st.one_of(st.none(), st.dates(date(2026, 6, 2), date(2028, 12, 31))),
    forbidden=st.integers(0, 20).map(lambda dice: dice == 0),
    hours=st.one_of(
        st.none(), st.builds(HoursText, texts, texts, texts, holidays=st.sampled_from(OnHolidays))
    ),
    consent=st.one_of(st.none(), st.none(), st.none(), demands),
    registry=st.one_of(
        st.none(),
        st.builds(
            RegistryDemand,
            code=st.sampled_from(CODES),
            max_age_days=st.integers(1, 60),
            unless=st.one_of(st.none(), st.sampled_from(Basis)),
            lasts_days=lasting,
        ),
    ),
    limits=st.lists(
        st.builds(
            LimitDemand,
            most=st.integers(0, 4),
            hours=st.integers(1, 800),
            counted=st.sampled_from(Counted),
        ),
        max_size=2,
    ).map(tuple),
    rest_after_refusal_days=st.sampled_from((0, 0, 7, 60)),
    lock_out=st.one_of(st.none(), st.builds(LockOut, st.integers(0, 80), st.integers(0, 30))),
    ring_seconds=st.sampled_from((0, 0, 15, 20)),
)


def _law(index: int, rules: list[Clause], regions: tuple[str, ...]) -> Jurisdiction:
    return Jurisdiction(
        id=f"L{index}",
        version=index + 1,
        title=Title("Made up", "Придумано"),
        regions=regions,
        zone=ZONES[index % 10],
        sources=("a dream",),
        rules=tuple(rules),
    )


books = st.one_of(
    st.just(OURS),
    st.lists(st.lists(clauses, max_size=3), max_size=3).map(
        lambda laws: Book({f"L{i}": _law(i, rules, ("DE", "US", "JP")) for i, rules in enumerate(laws)})
    ),
)
policies = st.builds(
    Policy,
    week=weeks,
    closed_on=st.frozensets(st.dates(date(2025, 1, 1), date(2028, 12, 31)), max_size=2),
    on_holidays=st.sampled_from(OnHolidays),
    fallback_zones=st.sampled_from(ZONES).map(lambda zone: (zone,)),
    max_lead_attempts=st.sampled_from((0, 0, 3, 6)),
    limits=st.lists(limits, max_size=2).map(tuple),
    company=st.lists(limits, max_size=1).map(tuple),
    consent=st.sampled_from((*[None] * 6, *Basis)),
    purpose=purposes,
    method=st.sampled_from(Method),
    live_agent=st.booleans(),
    ring_seconds=st.sampled_from((0, 10, 15, 25)),
    campaign_id=st.one_of(st.none(), st.integers(1, 3)),
    matter=st.sampled_from(("", "loan 7", "loan 8")),
    book=books,
    laws=st.sampled_from(((), (), ("DE",), ("L0",))),
    version=st.integers(1, 9),
)


@st.composite
def facts(draw: st.DrawFn, now: datetime) -> Facts:
    """Everything that may be known of a number at this moment; mostly little, so that dials get allowed."""
    rare = st.integers(0, 6).map(lambda dice: dice == 0)
    consents = st.builds(
        Consent,
        purpose=purposes,
        basis=st.sampled_from(Basis),
        given_at=near.map(lambda off: now + off),
        reach=st.sampled_from(Method),
        expires_at=st.one_of(st.none(), near.map(lambda off: now + off + timedelta(days=30))),
        revoked_at=st.one_of(st.none(), st.none(), near.map(lambda off: now + off + timedelta(days=20))),
        proof=st.sampled_from(("", "recording 17")),
    )
    tries = st.builds(
        Try,
        at=st.integers(0, 40 * 86400).map(lambda ago: now - timedelta(seconds=ago)),
        same_number=st.booleans(),
        same_lead=st.booleans(),
        campaign_id=st.sampled_from((None, 1, 2)),
        matter=st.sampled_from(("", "loan 7", "loan 8")),
        abandoned=rare,
        machine=rare,
        declined=rare,
    )
    listings = st.builds(
        Listing,
        code=st.sampled_from(CODES),
        kind=st.sampled_from(RegistryKind),
        since=st.one_of(st.none(), near.map(lambda off: (now + off).date())),
        purposes=st.lists(purposes, max_size=1).map(tuple),
    )
    blocks = st.builds(Block, st.sampled_from(("company", "campaign", "area", "other-campaign")))
    return Facts(
        number=NUMBER,
        kind=draw(st.sampled_from(DialKind)),
        zones=draw(zone_sets),
        status=draw(st.sampled_from((*[CampaignStatus.RUNNING] * 6, *CampaignStatus, None))),
        blocks=tuple(draw(st.lists(blocks, max_size=1))) if draw(rare) else (),
        listings=tuple(draw(st.lists(listings, max_size=2))) if draw(rare) else (),
        consents=tuple(draw(st.lists(consents, max_size=4))),
        in_progress=draw(rare),
        lead_attempts=draw(st.integers(0, 7)),
        tries=tuple(draw(st.lists(tries, max_size=6))),
        registries=draw(st.dictionaries(st.sampled_from(CODES), near.map(lambda off: now + off), max_size=6)),
    )


@st.composite
def dials(draw: st.DrawFn) -> tuple[Facts, Policy, Where, datetime]:
    """Somebody wants to dial."""
    now = draw(anywhen)
    return draw(facts(now)), draw(policies), draw(st.sampled_from(PLACES)), now
