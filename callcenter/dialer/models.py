"""Rows of campaigns, attempts, refusals, do-not-call and callbacks. Those of lists: `lists.models`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.dialer.rules.words import OnHolidays, Purpose
from callcenter.dialer.states import (
    AttemptState,
    CallbackStatus,
    CampaignStatus,
    Detection,
    DialKind,
    MachineAction,
    Mode,
    NextAgent,
    Outcome,
    PausedBy,
    Scope,
    TimeBox,
)
from callcenter.kernel.db import Base


class Campaign(Base):
    """What is dialled, by whom, when and how.

    `hours` maps a weekday ("0" is Monday) to a list of ["HH:MM", "HH:MM"]; `retry` maps an outcome to
    {"delay_seconds", "most"}. `trunk` empty: the company's first trunk. `max_lines` 0: no limit of its own.
    An agent looks at a lead for `preview_seconds` (0: as long as they like) and may skip `preview_skips` in a
    row; a personal callback that was missed for `callback_minutes` is anybody's (0: it stays the agent's).
    `message` and `identity` name the prompts for machines and for abandoned customers; empty: the house's.
    While `hold_for_callers` people wait in queues of its agents no line is placed (0: never mind them).

    `purpose` is what the law asks first; campaigns with the same `matter` share their limits on it. `limits`
    holds {"most", "hours", "counted"}; `laws` are jurisdictions that hold beside those of the numbers,
    `other_lists` ids of campaigns whose do-not-call lists hold as well.
    """

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    mode: Mapped[Mode] = mapped_column(String(16), default=Mode.PROGRESSIVE)
    status: Mapped[CampaignStatus] = mapped_column(String(10), default=CampaignStatus.DRAFT)
    priority: Mapped[int] = mapped_column(default=0)
    trunk: Mapped[str] = mapped_column(String(64), default="")
    caller_id: Mapped[str] = mapped_column(String(20), default="")
    caller_pool_id: Mapped[int | None] = mapped_column(ForeignKey("caller_pools.id", ondelete="SET NULL"))
    ring_seconds: Mapped[int] = mapped_column(default=25)
    lines_per_agent: Mapped[float] = mapped_column(default=1.0)
    max_lines: Mapped[int] = mapped_column(default=0)
    abandon_percent: Mapped[float] = mapped_column(default=3.0)
    next_agent: Mapped[NextAgent] = mapped_column(String(16), default=NextAgent.LONGEST_IDLE)
    hold_for_callers: Mapped[int] = mapped_column(default=0)
    preview_seconds: Mapped[int] = mapped_column(default=0)
    preview_then: Mapped[TimeBox] = mapped_column(String(8), default=TimeBox.SKIP)
    preview_skips: Mapped[int] = mapped_column(default=3)
    skip_minutes: Mapped[int] = mapped_column(default=60)
    callback_minutes: Mapped[int] = mapped_column(default=30)
    detection: Mapped[Detection] = mapped_column(String(8), default=Detection.OFF)
    detection_settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    machine_action: Mapped[MachineAction] = mapped_column(String(10), default=MachineAction.HANG_UP)
    message: Mapped[str] = mapped_column(String(80), default="")
    survey: Mapped[dict[str, Any]] = mapped_column(default=dict)
    identity: Mapped[str] = mapped_column(String(80), default="")
    region: Mapped[str] = mapped_column(String(2))
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    language: Mapped[str] = mapped_column(String(5), default="en")
    hours: Mapped[dict[str, Any]]
    closed_on: Mapped[list[Any]]
    retry: Mapped[dict[str, Any]]
    max_lead_attempts: Mapped[int] = mapped_column(default=6)
    max_number_attempts_a_day: Mapped[int] = mapped_column(default=3)
    consent_needed: Mapped[bool] = mapped_column(default=False)
    purpose: Mapped[Purpose] = mapped_column(String(12), default=Purpose.ADVERTISING)
    matter: Mapped[str] = mapped_column(String(80), default="")
    on_holidays: Mapped[OnHolidays] = mapped_column(String(10), default=OnHolidays.AS_USUAL)
    limits: Mapped[list[Any]] = mapped_column(default=list)
    laws: Mapped[list[Any]] = mapped_column(default=list)
    other_lists: Mapped[list[Any]] = mapped_column(default=list)
    record: Mapped[bool] = mapped_column(default=True)
    wrapup_seconds: Mapped[int] = mapped_column(default=45)
    script: Mapped[str] = mapped_column(Text, default="")
    schedule: Mapped[dict[str, Any]] = mapped_column(default=dict)
    goals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    goal_told_on: Mapped[date | None]
    paused_by: Mapped[PausedBy] = mapped_column(String(10), default=PausedBy.PERSON)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class SurveyAnswer(Base):
    """A key that a customer pressed in a campaign without agents, and what it means."""

    __tablename__ = "survey_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id", ondelete="CASCADE"), index=True)
    step: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(1))
    answer: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime]


class CampaignAgent(Base):
    """An agent who takes a campaign's calls."""

    __tablename__ = "campaign_agents"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Disposition(Base):
    """A result that an agent may give. Without a campaign it is offered everywhere.

    `title_ru` empty: `title` is a msgid or a text that needs no translation.
    """

    __tablename__ = "dispositions"
    __table_args__ = (UniqueConstraint("campaign_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    key: Mapped[int]
    title: Mapped[str] = mapped_column(String(80))
    title_ru: Mapped[str] = mapped_column(String(80), default="")
    human: Mapped[bool] = mapped_column(default=True)
    sale: Mapped[bool] = mapped_column(default=False)
    contact: Mapped[bool] = mapped_column(default=True)
    do_not_call: Mapped[bool] = mapped_column(default=False)
    callback: Mapped[bool] = mapped_column(default=False)
    final: Mapped[bool] = mapped_column(default=True)


class Attempt(Base):
    """One dial of one number; the row is committed before the call.

    `engine_id` names the process run that wrote it, `token` is the lease's fencing number. The partial index
    makes two open attempts on one number impossible, whoever starts them. `heard` is what machine detection
    said, with its own word for why; `machine`: the call was treated as one. `cohort_id` and `ordinal` (the
    lead's first, second, ... dial) are the lead's at the time: what pacing learns from.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index(
            "uq_attempts_open_number",
            "number",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
        Index("ix_attempts_number_placed_at", "number", "placed_at"),
        Index("ix_attempts_caller_id_placed_at", "caller_id", "placed_at"),
        Index("ix_attempts_campaign_id_state", "campaign_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DialKind] = mapped_column(String(10))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    cohort_id: Mapped[int | None]
    ordinal: Mapped[int] = mapped_column(default=1)
    agent_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    number: Mapped[str] = mapped_column(String(20))
    state: Mapped[AttemptState] = mapped_column(String(10), default=AttemptState.CLAIMED)
    call_id: Mapped[str] = mapped_column(String(80), default="", index=True)
    claimed_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(String(16))
    disposition: Mapped[str] = mapped_column(String(40), default="")
    declined: Mapped[bool] = mapped_column(default=False)
    cause: Mapped[int] = mapped_column(default=0)
    sip_code: Mapped[int | None]
    trunk: Mapped[str] = mapped_column(String(64), default="")
    caller_id: Mapped[str] = mapped_column(String(20), default="")
    machine: Mapped[bool] = mapped_column(default=False)
    message_left: Mapped[bool] = mapped_column(default=False)
    skip_reason: Mapped[str] = mapped_column(String(80), default="")
    heard: Mapped[str] = mapped_column(String(10), default="")
    heard_cause: Mapped[str] = mapped_column(String(40), default="")
    heard_ms: Mapped[int] = mapped_column(default=0)
    heard_confidence: Mapped[float] = mapped_column(default=0.0)
    token: Mapped[int] = mapped_column(index=True)
    engine_id: Mapped[str] = mapped_column(String(40))


class Refusal(Base):
    """The gate said no: which rule, in which version, with what, and until when.

    A lead that is refused again for the same reason counts `times` on, at `last_at`.
    """

    __tablename__ = "refusals"
    __table_args__ = (Index("ix_refusals_campaign_id_at", "campaign_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DialKind] = mapped_column(String(10))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    agent_id: Mapped[int | None]
    number: Mapped[str] = mapped_column(String(20))
    rule: Mapped[str] = mapped_column(String(24))
    version: Mapped[int]
    values: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[datetime]
    next_possible_at: Mapped[datetime | None]


class DoNotCall(Base):
    """A number that must not be dialled. `campaign_id` 0: by nobody of the company."""

    __tablename__ = "do_not_call"
    __table_args__ = (UniqueConstraint("number", "campaign_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20))
    scope: Mapped[Scope] = mapped_column(String(10))
    campaign_id: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(200), default="")
    added_by: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime]


class Callback(Base):
    """A promise to call again: by one agent, or (`agent_id` None) by anybody of the campaign.

    `zone` is where the customer named the time; `offered_at` is when the agent was first reminded of it, and
    after `expires_at` nobody calls any more.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_agent_id_status_due_at", "agent_id", "status", "due_at"),
        Index("ix_callbacks_lead_id_status", "lead_id", "status"),
        Index("ix_callbacks_number_status", "number", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200), default="")
    agent_id: Mapped[int | None]
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None]
    due_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64), default="")
    expires_at: Mapped[datetime | None]
    offered_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    status: Mapped[CallbackStatus] = mapped_column(String(10), default=CallbackStatus.PENDING)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CompanyRules(Base):
    """What holds for every dial outside a campaign: a person's own dialling and callbacks. One row.

    `limits` hold for campaigns too. `purpose` is what dials outside campaigns are for.
    """

    __tablename__ = "company_dial_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    hours: Mapped[dict[str, Any]]
    max_number_attempts_a_day: Mapped[int] = mapped_column(default=0)
    limits: Mapped[list[Any]] = mapped_column(default=list)
    purpose: Mapped[Purpose] = mapped_column(String(12), default=Purpose.SERVICE)
    version: Mapped[int] = mapped_column(default=1)
