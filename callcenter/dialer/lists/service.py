"""The writers of lists: active, expiry, mix, archive, reset, move; the campaign's order and filter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from callcenter.dialer import queries
from callcenter.dialer.events import CampaignChanged
from callcenter.dialer.lists import filters, sweeps
from callcenter.dialer.lists.models import CampaignOrder, LeadList, LeadSweep
from callcenter.dialer.lists.orders import LeadOrder
from callcenter.dialer.lists.supply import usual_order
from callcenter.dialer.lists.sweeps import Kind
from callcenter.dialer.states import CampaignStatus, Outcome
from callcenter.kernel.errors import Conflict, Invalid, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx

MOST_NEW_EVERY = 100
BULK = (Kind.ARCHIVE, Kind.RESTORE, Kind.RESET, Kind.PRIORITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDraft:
    """What a person says of a list."""

    name: str
    active: bool = True
    archived: bool = False
    expires_at: datetime | None = None
    mix_percent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """How a campaign takes its leads. `seed` 0: the present shuffle stays; any other number chooses one."""

    order: LeadOrder = LeadOrder.DUE
    new_every: int = 0
    mixed: bool = False
    mix_strict: bool = False
    filter: dict[str, Any] = field(default_factory=dict)
    seed: int = 0


async def edit_list(tx: Tx, list_id: int, draft: ListDraft) -> LeadList:
    """Change a list's settings; claims go by them at once."""
    found = await _list(tx, list_id)
    wrong = {}
    if not draft.name.strip():
        wrong["name"] = marked("A list needs a name.")
    if not 0 <= draft.mix_percent <= 100:
        wrong["mix_percent"] = marked("A percent is between 0 and 100.")
    if draft.expires_at is not None and draft.expires_at.tzinfo is None:
        wrong["expires_at"] = marked("Write dates as 2026-12-31.")
    if wrong:
        raise Invalid(wrong)
    found.name = draft.name.strip()[:200]
    found.active = draft.active
    found.expires_at = draft.expires_at
    if draft.archived != (found.archived_at is not None):
        found.archived_at = tx.now if draft.archived else None
    if found.mix_percent != draft.mix_percent:
        found.mix_percent = draft.mix_percent
        await tx.session.execute(  # shares are counted from now on
            update(LeadList).where(LeadList.campaign_id == found.campaign_id).values(mix_taken=0)
        )
    await tx.session.flush()
    tx.audit("lists.edited", "list", list_id, name=found.name, active=found.active, archived=draft.archived)
    await _tell(tx, found.campaign_id)
    return found


async def move_list(tx: Tx, list_id: int, campaign_id: int) -> LeadSweep:
    """Give a list with its leads to another campaign."""
    found = await _list(tx, list_id)
    target = await queries.campaign(tx.session, campaign_id)
    if target.id == found.campaign_id:
        raise Conflict
    tx.audit("lists.move-asked", "list", list_id, campaign_id=target.id)
    return await sweeps.order_sweep(
        tx, Kind.MOVE, found.campaign_id, list_id, {"campaign_id": target.id, "name": target.name}
    )


async def bulk(
    tx: Tx,
    kind: Kind,
    campaign_id: int,
    *,
    list_id: int | None = None,
    params: Mapping[str, Any] | None = None,
) -> LeadSweep:
    """Archive, restore, reset or re-rank the leads that a filter fits: of a list, or of the campaign."""
    given = dict(params or {})
    await queries.campaign(tx.session, campaign_id)
    if list_id is not None and (await _list(tx, list_id)).campaign_id != campaign_id:
        raise NotFound
    if kind not in BULK:
        raise Invalid({"kind": marked("This choice does not exist.")})
    filters.compiled(given.get("filter", {}), tx.session.get_bind().dialect.name, tx.now)
    if kind is Kind.PRIORITY and not isinstance(given.get("value"), int):
        raise Invalid({"value": marked("A whole number is needed.")})
    if any(outcome not in set(Outcome) for outcome in given.get("outcomes", [])):
        raise Invalid({"outcomes": marked("This choice does not exist.")})
    tx.audit("leads.change-asked", "campaign", campaign_id, what=kind, list_id=list_id, params=given)
    return await sweeps.order_sweep(tx, kind, campaign_id, list_id, given)


async def set_order(tx: Tx, campaign_id: int, draft: OrderDraft) -> LeadSweep | None:
    """Order, mix and filter of a campaign. What leads must be gone through for is a sweep."""
    await queries.campaign(tx.session, campaign_id)
    if not 0 <= draft.new_every <= MOST_NEW_EVERY:
        raise Invalid({"new_every": marked("Between 0 and 100.")})
    filters.compiled(draft.filter, tx.session.get_bind().dialect.name, tx.now, steady_only=True)
    row = await tx.session.get(CampaignOrder, campaign_id, with_for_update=True)
    if row is None:
        row = usual_order(campaign_id)
        tx.session.add(row)
    seed = draft.seed or row.seed or campaign_id * 7919 + 1
    again = (row.order, row.filter or {}) != (draft.order, draft.filter) or (
        draft.order is LeadOrder.RANDOM and seed != row.seed
    )
    row.order, row.seed, row.filter = draft.order, seed, dict(draft.filter)
    row.new_every, row.mixed, row.mix_strict = draft.new_every, draft.mixed, draft.mix_strict
    if draft.mixed:
        await tx.session.execute(
            update(LeadList).where(LeadList.campaign_id == campaign_id).values(mix_taken=0)
        )
    await tx.session.flush()
    tx.audit("campaigns.order-set", "campaign", campaign_id, order=draft.order, filter=draft.filter)
    await _tell(tx, campaign_id)
    return await sweeps.order_sweep(tx, Kind.ORDER, campaign_id, None, {}) if again else None


async def _list(tx: Tx, list_id: int) -> LeadList:
    found: LeadList | None = await tx.session.scalar(
        select(LeadList).where(LeadList.id == list_id).with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound
    if found.busy:
        raise Conflict
    return found


async def _tell(tx: Tx, campaign_id: int) -> None:
    campaign = await queries.campaign(tx.session, campaign_id)
    status = CampaignStatus(campaign.status)
    tx.emit(CampaignChanged(at=tx.now, campaign_id=campaign_id, status=status))
