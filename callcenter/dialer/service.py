"""The writers of this room: campaigns, agents and results, lists, do-not-call, callbacks, dispositions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.events import AgentsChanged
from callcenter.agents.verbs import Disposal
from callcenter.calls.models import CallRow
from callcenter.dialer import callbacks, detection, queries, survey, timetable
from callcenter.dialer.consents import service as consents
from callcenter.dialer.events import CallbackChanged, CampaignChanged
from callcenter.dialer.lists import recycling
from callcenter.dialer.lists.models import Lead, LeadList
from callcenter.dialer.lists.promoting import again
from callcenter.dialer.lists.supply import set_key
from callcenter.dialer.models import (
    Attempt,
    Callback,
    Campaign,
    CampaignAgent,
    Disposition,
    DoNotCall,
)
from callcenter.dialer.outcomes import by_rule
from callcenter.dialer.policy import (
    LONGEST_RING,
    RESULT,
    SHORTEST_RING,
    BadHours,
    policy_of,
    read_limits,
    read_result_retry,
    read_retry,
    read_week,
)
from callcenter.dialer.rules import OnHolidays, Purpose, Where, known_zone, law, terms
from callcenter.dialer.states import (
    DIALABLE,
    STILL_TO_CALL,
    CallbackStatus,
    CampaignStatus,
    Detection,
    LeadStatus,
    MachineAction,
    Mode,
    NextAgent,
    PausedBy,
    Scope,
    TimeBox,
)
from callcenter.dialer.trunks.models import CallerPool
from callcenter.kernel import phone
from callcenter.kernel.errors import Conflict, Invalid, NotFound, Stale
from callcenter.kernel.i18n import LANGUAGES, marked
from callcenter.kernel.tx import Tx

MOST_LINES_PER_AGENT = 5
LONGEST_SKIP = 7 * 24 * 60  # minutes
MOST_ABANDONED = 3.0  # percent of the people who answer
DEFAULT_HOURS: dict[str, Any] = {
    **{str(day): [["09:00", "20:00"]] for day in range(5)},
    "5": [["10:00", "18:00"]],
}
LONGEST_MATTER = 80

STEPS: Mapping[tuple[CampaignStatus, str], CampaignStatus] = {
    (CampaignStatus.DRAFT, "start"): CampaignStatus.RUNNING,
    (CampaignStatus.STOPPED, "start"): CampaignStatus.RUNNING,
    (CampaignStatus.RUNNING, "pause"): CampaignStatus.PAUSED,
    (CampaignStatus.PAUSED, "resume"): CampaignStatus.RUNNING,
    (CampaignStatus.RUNNING, "stop"): CampaignStatus.STOPPED,
    (CampaignStatus.PAUSED, "stop"): CampaignStatus.STOPPED,
}
VERBS = ("start", "pause", "resume", "stop")


class NotReady(Conflict):
    """Something is missing before the campaign can start; `missing` holds msgids."""

    key = "not-ready"
    message = marked("The campaign cannot start yet.")

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(missing[0] if missing else None)
        self.missing = tuple(missing)


class WrongStep(Conflict):
    """The campaign's status does not allow this verb."""

    key = "wrong-step"
    message = marked("The campaign’s present state does not allow this.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDraft:
    """What a person says of a campaign."""

    name: str
    mode: Mode = Mode.PROGRESSIVE
    priority: int = 0
    trunk: str = ""
    caller_id: str = ""
    caller_pool_id: int | None = None
    ring_seconds: int = 25
    lines_per_agent: float = 1.0
    max_lines: int = 0
    abandon_percent: float = 3.0
    next_agent: NextAgent = NextAgent.LONGEST_IDLE
    hold_for_callers: int = 0
    preview_seconds: int = 0
    preview_then: TimeBox = TimeBox.SKIP
    preview_skips: int = 3
    skip_minutes: int = 60
    callback_minutes: int = 30
    detection: Detection = Detection.OFF
    detection_settings: dict[str, int] = field(default_factory=dict)
    machine_action: MachineAction = MachineAction.HANG_UP
    message: str = ""
    survey: dict[str, Any] = field(default_factory=dict)
    schedule: dict[str, Any] = field(default_factory=dict)
    goals: dict[str, Any] = field(default_factory=dict)
    identity: str = ""
    region: str
    zone: str
    language: str = "en"
    hours: dict[str, list[list[str]]] = field(default_factory=lambda: dict(DEFAULT_HOURS))
    closed_on: list[str] = field(default_factory=list)
    retry: dict[str, dict[str, int | bool]] = field(default_factory=dict)
    max_lead_attempts: int = 6
    max_number_attempts_a_day: int = 3
    consent_needed: bool = False
    purpose: Purpose = Purpose.ADVERTISING
    matter: str = ""
    on_holidays: OnHolidays = OnHolidays.AS_USUAL
    limits: list[dict[str, Any]] = field(default_factory=list)
    laws: list[str] = field(default_factory=list)
    other_lists: list[int] = field(default_factory=list)
    record: bool = True
    wrapup_seconds: int = 45
    script: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionDraft:
    """A result that an agent may give."""

    code: str
    key: int
    title: str
    title_ru: str = ""
    human: bool = True
    sale: bool = False
    contact: bool = True
    do_not_call: bool = False
    callback: bool = False
    final: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDraft:
    """A promise to call. Without an agent anybody of the campaign keeps it: the lead is dialled again."""

    number: str
    due_at: datetime
    agent_id: int | None = None
    campaign_id: int | None = None
    lead_id: int | None = None
    contact_id: int | None = None
    name: str = ""
    note: str = ""
    zone: str = ""  # where the customer named the time
    expires_at: datetime | None = None


# campaigns


async def create_campaign(tx: Tx, draft: CampaignDraft) -> Campaign:
    await _check(tx.session, draft, None, tx.now)
    campaign = Campaign(**row_of(draft), status=CampaignStatus.DRAFT, created_at=tx.now, version=1)
    tx.session.add(campaign)
    await tx.session.flush()
    tx.audit("campaigns.created", "campaign", campaign.id, **row_of(draft))
    _changed(tx, campaign)
    return campaign


async def edit_campaign(tx: Tx, campaign_id: int, version: int, draft: CampaignDraft) -> Campaign:
    """Change settings; a running campaign takes them at once."""
    campaign = await queries.campaign(tx.session, campaign_id)
    if campaign.version != version:
        raise Stale(version=campaign.version)
    await _check(tx.session, draft, campaign_id, tx.now)
    changed = {}
    for name, value in row_of(draft).items():
        if getattr(campaign, name) != value:
            changed[name] = value
            setattr(campaign, name, value)
    if changed:
        campaign.version += 1
        tx.audit("campaigns.edited", "campaign", campaign_id, **changed)
        _changed(tx, campaign)
    await tx.session.flush()
    return campaign


def row_of(draft: CampaignDraft) -> dict[str, Any]:
    """A draft as its row keeps it."""
    found = {f.name: getattr(draft, f.name) for f in fields(draft)}
    found["name"] = draft.name.strip()
    found["region"] = draft.region.upper()
    found["caller_id"] = phone.to_e164(draft.caller_id, found["region"]) or ""
    return found


async def _check(session: AsyncSession, draft: CampaignDraft, own_id: int | None, now: datetime) -> None:
    wrong = _wrong_fields(draft, now)
    if draft.caller_pool_id is not None and await session.get(CallerPool, draft.caller_pool_id) is None:
        wrong["caller_pool_id"] = marked("There is no such pool.")
    name = draft.name.strip()
    taken = await session.scalar(select(Campaign.id).where(Campaign.name == name))
    if not name:
        wrong["name"] = marked("A campaign needs a name.")
    elif taken is not None and taken != own_id:
        wrong["name"] = marked("Another campaign has this name.")
    if wrong:
        raise Invalid(wrong, shortest=shortest_ring(draft.region, now), longest=LONGEST_RING)


def _wrong_fields(draft: CampaignDraft, now: datetime) -> dict[str, str]:
    checks = {
        "purpose": (draft.purpose in set(Purpose), marked("Say what the calls are for.")),
        "matter": (len(draft.matter) <= LONGEST_MATTER, marked("This is too long.")),
        "limits": (_good_limits(draft), marked("A limit needs a number of calls and a number of hours.")),
        "laws": (set(draft.laws) <= law.book().by_id.keys(), marked("There is no such jurisdiction.")),
        "other_lists": (all(other > 0 for other in draft.other_lists), marked("A whole number is needed.")),
        "ring_seconds": (
            shortest_ring(draft.region, now) <= draft.ring_seconds <= LONGEST_RING,
            marked("Let it ring at least {shortest} and at most {longest} seconds."),
        ),
        "lines_per_agent": (
            1 <= draft.lines_per_agent <= MOST_LINES_PER_AGENT,
            marked("Between 1 and 5 lines for an agent."),
        ),
        "max_lines": (draft.max_lines >= 0, marked("This cannot be negative.")),
        "abandon_percent": (
            0 <= draft.abandon_percent <= MOST_ABANDONED,
            marked("At most 3 percent: the law allows no more."),
        ),
        "preview_seconds": (0 <= draft.preview_seconds <= 3600, marked("At most an hour.")),
        "preview_skips": (draft.preview_skips >= 0, marked("This cannot be negative.")),
        "skip_minutes": (0 < draft.skip_minutes <= LONGEST_SKIP, marked("Between a minute and a week.")),
        "callback_minutes": (
            0 <= draft.callback_minutes <= LONGEST_SKIP,
            marked("Between a minute and a week."),
        ),
        "detection_settings": (_good_detection(draft), marked("This is no setting of the detection.")),
        "schedule": (_good_timetable(draft, now), marked("The schedule or the goals cannot be read.")),
        "survey": (
            _good_survey(draft),
            marked("The survey cannot be followed: a step, a prompt or a key is wrong."),
        ),
        "message": (_good_prompt(draft.message), marked("A prompt is named like cc/message.")),
        "identity": (_good_prompt(draft.identity), marked("A prompt is named like cc/message.")),
        "hold_for_callers": (draft.hold_for_callers >= 0, marked("This cannot be negative.")),
        "zone": (known_zone(draft.zone), marked("There is no such time zone.")),
        "region": (
            len(draft.region) == 2 and draft.region.isalpha(),
            marked("A region has two letters, like DE."),
        ),
        "language": (draft.language in LANGUAGES, marked("This language is not spoken here.")),
        "caller_id": (
            not draft.caller_id or phone.to_e164(draft.caller_id, draft.region.upper()) is not None,
            marked("This is not a telephone number."),
        ),
        "hours": (_good_hours(draft), marked("Write hours as 09:00-13:00, 14:00-20:00.")),
        "closed_on": (_good_dates(draft.closed_on), marked("Write dates as 2026-12-31.")),
        "retry": (_good_retry(draft), marked("A retry rule needs a delay and a number of attempts.")),
        "max_lead_attempts": (draft.max_lead_attempts >= 0, marked("This cannot be negative.")),
        "max_number_attempts_a_day": (
            draft.max_number_attempts_a_day >= 0,
            marked("This cannot be negative."),
        ),
        "wrapup_seconds": (0 <= draft.wrapup_seconds <= 3600, marked("At most an hour.")),
    }
    return {name: text for name, (good, text) in checks.items() if not good}


def shortest_ring(region: str, now: datetime) -> int:
    """The least that a call must ring: the house's own decency, or more where the law asks for more."""
    return max(SHORTEST_RING, law.book().shortest_ring(region.upper(), now))


def _good_limits(draft: CampaignDraft) -> bool:
    try:
        read_limits(draft.limits)
    except ValueError:
        return False
    return True


def _good_hours(draft: CampaignDraft) -> bool:
    try:
        read_week(draft.hours)
    except BadHours:
        return False
    return True


def _good_dates(days: Sequence[str]) -> bool:
    try:
        return all(date.fromisoformat(day) for day in days)
    except ValueError:
        return False


def _good_retry(draft: CampaignDraft) -> bool:
    try:
        rules = read_retry(draft.retry)
        for name in draft.retry:
            read_result_retry(draft.retry, name.removeprefix(RESULT))
    except (KeyError, TypeError, ValueError):
        return False
    return all(rule.delay_seconds >= 0 and rule.most >= 0 for rule in rules.values())


def _good_detection(draft: CampaignDraft) -> bool:
    try:
        detection.read(draft.detection_settings)
    except detection.BadSettings:
        return False
    return True


def _good_timetable(draft: CampaignDraft, now: datetime) -> bool:
    try:
        timetable.runs_at(draft.schedule, draft.zone if known_zone(draft.zone) else "UTC", now)
        timetable.read_goals(draft.goals)
    except timetable.BadTimetable:
        return False
    return True


def _good_survey(draft: CampaignDraft) -> bool:
    try:
        survey.read(draft.survey)
    except survey.BadSurvey:
        return False
    return True


def _good_prompt(name: str) -> bool:
    return not name or survey.PROMPT.fullmatch(name) is not None


async def missing(
    session: AsyncSession, campaign: Campaign, now: datetime, *, agents: int | None = None
) -> list[str]:
    """What Start would complain about, as msgids. `agents`: so many are chosen, whatever the rows say."""
    if agents is None:
        agents = await session.scalar(
            select(func.count()).select_from(CampaignAgent).where(CampaignAgent.campaign_id == campaign.id)
        )
    leads = await session.scalar(
        select(Lead.id)
        .join(LeadList, LeadList.id == Lead.list_id)
        .where(LeadList.campaign_id == campaign.id, Lead.status.in_(STILL_TO_CALL))
        .limit(1)
    )
    found = []
    if not campaign.caller_id and campaign.caller_pool_id is None:
        found.append(marked("Say which number customers see."))
    if campaign.hours and not any(campaign.hours.values()):
        found.append(marked("Set calling hours."))
    if forbidden_there(campaign, now):
        found.append(marked("The law of the country forbids this mode for this purpose: choose another."))
    if campaign.mode == Mode.AGENTLESS:
        if not campaign.max_lines:
            found.append(marked("Say how many lines may be dialled at once."))
    elif not agents:
        found.append(marked("Choose at least one agent."))
    if leads is None:
        found.append(marked("Import a list with leads to call."))
    return found


def forbidden_there(campaign: Campaign, now: datetime) -> bool:
    """Is this way of calling forbidden in the country of the campaign, whatever anybody agreed to?"""
    return bool(terms(policy_of(campaign), Where(campaign.region), now).forbidden)


async def step(tx: Tx, campaign_id: int, verb: str) -> Campaign:
    """start, pause, resume or stop; the engine follows at once."""
    campaign = await tx.session.scalar(select(Campaign).where(Campaign.id == campaign_id).with_for_update())
    if campaign is None:
        raise NotFound
    target = STEPS.get((CampaignStatus(campaign.status), verb))
    if target is None:
        raise WrongStep(status=campaign.status)
    if target is CampaignStatus.RUNNING:
        lacking = await missing(tx.session, campaign, tx.now)
        if lacking:
            raise NotReady(lacking)
        campaign.started_at = campaign.started_at or tx.now
    campaign.status = target
    campaign.paused_by = PausedBy.PERSON
    tx.audit(f"campaigns.{verb}", "campaign", campaign_id)
    _changed(tx, campaign)
    await tx.session.flush()
    return campaign


async def set_agents(tx: Tx, campaign_id: int, agent_ids: Sequence[int]) -> None:
    """Who takes this campaign's calls."""
    campaign = await queries.campaign(tx.session, campaign_id)
    await tx.session.execute(delete(CampaignAgent).where(CampaignAgent.campaign_id == campaign_id))
    tx.session.add_all(
        CampaignAgent(campaign_id=campaign_id, agent_id=agent_id) for agent_id in sorted(set(agent_ids))
    )
    await tx.session.flush()
    tx.audit("campaigns.agents-set", "campaign", campaign_id, agents=sorted(set(agent_ids)))
    tx.emit(AgentsChanged(at=tx.now))
    _changed(tx, campaign)


async def set_dispositions(tx: Tx, campaign_id: int | None, drafts: Sequence[DispositionDraft]) -> None:
    """Replace the results of a campaign, or (None) the general ones."""
    keys = [draft.key for draft in drafts]
    codes = [draft.code for draft in drafts]
    if any(not 1 <= key <= 9 for key in keys) or len(set(keys)) != len(keys):
        raise Invalid({"key": marked("Each result needs a key of its own from 1 to 9.")})
    if len(set(codes)) != len(codes) or not all(d.code and d.title.strip() for d in drafts):
        raise Invalid({"code": marked("Each result needs a code of its own and a title.")})
    await tx.session.execute(
        delete(Disposition).where(Disposition.campaign_id.is_not_distinct_from(campaign_id))
    )
    tx.session.add_all(Disposition(campaign_id=campaign_id, **asdict(draft)) for draft in drafts)
    await tx.session.flush()
    tx.audit("dispositions.set", "campaign", campaign_id or 0, codes=codes)


def _changed(tx: Tx, campaign: Campaign) -> None:
    tx.emit(CampaignChanged(at=tx.now, campaign_id=campaign.id, status=CampaignStatus(campaign.status)))


# do-not-call


async def forbid(
    tx: Tx, number_raw: str, region: str, *, campaign_id: int = 0, reason: str = ""
) -> DoNotCall:
    """Put a number on the list: the company's, or one campaign's. Twice is not an error."""
    number = phone.to_e164(number_raw, region)
    if number is None:
        raise Invalid({"number": marked("This is not a telephone number.")})
    known: DoNotCall | None = await tx.session.scalar(
        select(DoNotCall).where(DoNotCall.number == number, DoNotCall.campaign_id == campaign_id)
    )
    if known is not None:
        return known
    row = DoNotCall(
        number=number,
        scope=Scope.CAMPAIGN if campaign_id else Scope.COMPANY,
        campaign_id=campaign_id,
        reason=reason[:200],
        added_by=tx.actor.name,
        added_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    if not campaign_id:
        await consents.revoke_number(tx, number, why=reason or "do not call")
    await _block_leads(tx, number, campaign_id)
    tx.audit("dnc.added", "do-not-call", row.id, campaign_id=campaign_id, reason=reason)
    return row


async def _block_leads(tx: Tx, number: str, campaign_id: int) -> None:
    """At once; leads that are claimed at this moment are judged again before their line is placed."""
    blocked = update(Lead).where(Lead.number == number, Lead.status.in_((*DIALABLE, LeadStatus.LATER)))
    if campaign_id:
        blocked = blocked.where(Lead.campaign_id == campaign_id)
    await tx.session.execute(
        blocked.values(status=LeadStatus.BLOCKED).execution_options(synchronize_session=False)
    )


async def allow(tx: Tx, entry_id: int) -> None:
    """Take a number off the list; leads that it had blocked may be called again."""
    row = await tx.session.get(DoNotCall, entry_id)
    if row is None:
        raise NotFound
    blocked = update(Lead).where(Lead.number == row.number, Lead.status == LeadStatus.BLOCKED)
    if row.campaign_id:
        blocked = blocked.where(Lead.campaign_id == row.campaign_id)
    await tx.session.execute(
        blocked.values(status=again(), next_try_at=tx.now).execution_options(synchronize_session=False)
    )
    await tx.session.delete(row)
    tx.audit("dnc.removed", "do-not-call", entry_id, scope=row.scope)


# callbacks and results


async def add_callback(tx: Tx, draft: CallbackDraft) -> Callback:
    """Promise a call. A campaign's callback puts its lead first in the hopper at that time."""
    if draft.due_at.tzinfo is None or draft.due_at < tx.now - timedelta(minutes=1):
        raise Invalid({"due_at": marked("Choose a time in the future.")})
    if draft.expires_at is not None and draft.expires_at <= draft.due_at:
        raise Invalid({"expires_at": marked("It must end after it is due.")})
    row = Callback(
        number=draft.number,
        name=draft.name[:200],
        agent_id=draft.agent_id,
        campaign_id=draft.campaign_id,
        lead_id=draft.lead_id,
        contact_id=draft.contact_id,
        due_at=draft.due_at,
        zone=draft.zone,
        expires_at=draft.expires_at,
        note=draft.note[:500],
        status=CallbackStatus.PENDING,
        created_by=tx.actor.name,
        created_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    lead = await tx.session.get(Lead, draft.lead_id) if draft.lead_id else None
    if lead is not None and draft.agent_id is None:
        lead.status = LeadStatus.LATER
        lead.next_try_at = draft.due_at
        lead.priority = max(lead.priority, callbacks.PRIORITY)
        await set_key(tx.session, lead)
    tx.audit("callbacks.added", "callback", row.id, agent_id=draft.agent_id, due_at=draft.due_at)
    tx.emit(CallbackChanged(at=tx.now, callback_id=row.id, agent_id=row.agent_id))
    return row


async def close_callback(
    tx: Tx, callback_id: int, status: CallbackStatus, *, agent_id: int | None = None
) -> Callback:
    """Kept or dropped. With `agent_id` only that agent's own promise is found."""
    row = await tx.session.get(Callback, callback_id)
    if row is None or (agent_id is not None and row.agent_id != agent_id):
        raise NotFound
    if row.status != CallbackStatus.PENDING:
        raise Conflict
    row.status = status
    row.closed_at = tx.now
    tx.audit("callbacks.closed", "callback", callback_id, status=status)
    tx.emit(CallbackChanged(at=tx.now, callback_id=row.id, agent_id=row.agent_id))
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the agent says of a call. `mine`: the callback is the agent's own, not the campaign's."""

    call_id: str
    agent_id: int
    code: str
    due_at: datetime | None = None
    mine: bool = True
    note: str = ""
    zone: str = ""


async def dispose(tx: Tx, result: Result) -> Disposition:
    """The agent's result decides what becomes of the call's lead and number."""
    attempt = await queries.attempt_of_call(tx.session, result.call_id)
    call = await tx.session.get(CallRow, result.call_id)
    offered = await queries.dispositions(tx.session, attempt.campaign_id if attempt else None)
    chosen = next((d for d in offered if d.code == result.code), None)
    if chosen is None:
        raise Invalid({"disposition": marked("There is no such result.")})
    if chosen.callback and result.due_at is None:
        raise Invalid({"due_at": marked("Say when to call back.")})
    number = attempt.number if attempt else call.number if call else ""
    lead = await tx.session.get(Lead, attempt.lead_id) if attempt and attempt.lead_id else None
    if attempt is not None:
        attempt.disposition = chosen.code
        attempt.declined = _is_refusal(chosen)
    if chosen.do_not_call and number:
        await forbid(tx, number, "ZZ", reason=chosen.title)
    if lead is not None and attempt is not None:
        await _dispose_lead(tx, lead, attempt, chosen)
    if chosen.callback and result.due_at is not None and number:
        await add_callback(
            tx,
            CallbackDraft(
                number=number,
                name=lead.name if lead else "",
                agent_id=None if lead is not None and not result.mine else result.agent_id,
                campaign_id=attempt.campaign_id if attempt else None,
                lead_id=lead.id if lead else None,
                contact_id=(attempt.contact_id if attempt else None) or (call.contact_id if call else None),
                due_at=result.due_at,
                note=result.note,
                zone=result.zone,
            ),
        )
    await tx.session.flush()
    tx.audit("dispositions.given", "call", result.call_id, code=chosen.code)
    return chosen


def _is_refusal(chosen: Disposition) -> bool:
    """Did the customer, once reached, say no for good? The law may ask for a rest after that."""
    return chosen.contact and chosen.final and not (chosen.sale or chosen.callback)


async def dispose_call(tx: Tx, disposal: Disposal) -> None:
    """The disposer for the desk's verb `finish`: its args `callback_at` (ISO; without an offset it is
    the customer's own time) and `callback_mine`."""
    when = disposal.args.get("callback_at", "")
    zones = await queries.zones_of_call(tx.session, disposal.call_id)
    try:
        due_at = callbacks.customer_time(when, zones) if when else None
    except ValueError as error:
        raise Invalid({"due_at": marked("Say when to call back.")}) from error
    await dispose(
        tx,
        Result(
            call_id=disposal.call_id,
            agent_id=disposal.agent_id,
            code=disposal.disposition,
            due_at=due_at,
            mine=disposal.args.get("callback_mine", "true") == "true",
            note=disposal.args.get("callback_note", ""),
            zone=next(iter(zones), ""),
        ),
    )


async def _dispose_lead(tx: Tx, lead: Lead, attempt: Attempt, chosen: Disposition) -> None:
    if chosen.do_not_call:
        lead.status = LeadStatus.BLOCKED
    elif chosen.final or chosen.callback:
        lead.status = LeadStatus.FINISHED
    else:  # nobody was reached who could decide: again by the result's rule, or as after a missed call
        campaign = await queries.campaign(tx.session, lead.campaign_id)
        rule = read_result_retry(campaign.retry, chosen.code)
        tried = await tx.session.scalar(
            select(func.count(Attempt.id)).where(Attempt.lead_id == lead.id, Attempt.placed_at.is_not(None))
        )
        limit = campaign.max_lead_attempts
        if limit and (tried or 0) >= limit:
            lead.status = LeadStatus.EXHAUSTED
            return
        same = Attempt.disposition == chosen.code
        await recycling.follow(tx.session, lead, attempt, same, lambda past: by_rule(rule, past, tx.now))
