"""What happened to campaigns, attempts and imports."""

from dataclasses import dataclass

from callcenter.dialer.states import CampaignStatus, JobStatus, Outcome
from callcenter.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignChanged(Event):
    """Rows of a campaign changed: status, settings, agents. The engine reads them again at once."""

    campaign_id: int
    status: CampaignStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignProgressed(Event):
    """The live figures of a campaign changed; `Engine.board` has them."""

    campaign_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignGoalReached(Event):
    """A campaign has reached its goals of the day."""

    campaign_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnded(Event):
    """An attempt has its outcome in the row. `call_id` is empty when no leg ever existed."""

    attempt_id: int
    campaign_id: int | None
    lead_id: int | None
    agent_id: int | None
    call_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgressed(Event):
    """A list import moved on."""

    job_id: int
    campaign_id: int
    status: JobStatus
    rows_read: int
    rows_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackChanged(Event):
    """A promise to call was made, kept or dropped. `agent_id` None: anybody of the campaign."""

    callback_id: int
    agent_id: int | None
