"""The only writer of registries, of the files on their way into them, and of areas."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from callcenter.dialer.registries import arriving
from callcenter.dialer.registries.models import BlockedArea, Registry, RegistryLoad
from callcenter.dialer.registries.states import UNDER_WAY, LoadChange, LoadStatus
from callcenter.dialer.rules import Purpose, law
from callcenter.dialer.rules.law import Book
from callcenter.dialer.rules.words import RegistryKind
from callcenter.kernel.errors import Conflict, Invalid, NotFound
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Tx

CLOCKS_DIFFER = timedelta(days=1)
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_BEGINNING = re.compile(r"(\+\d{1,15})(\*|\?*)")


class LoadUnderWay(Conflict):
    """A registry takes one file at a time."""

    key = "load-under-way"
    message = marked("A file is being loaded into this registry already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryDraft:
    """A list that somebody outside keeps. Without purposes it binds every call."""

    code: str
    name: str
    kind: RegistryKind = RegistryKind.DO_NOT_CALL
    region: str
    purposes: list[Purpose] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDraft:
    """A file. `current_at`: when its data was true."""

    file_name: str
    change: LoadChange
    region: str
    current_at: datetime


def known_registries(book: Book) -> dict[str, RegistryDraft]:
    """Registries that laws ask for, by code, as they would be made."""
    return {
        clause.registry.code: RegistryDraft(
            code=clause.registry.code, name=f"{one.title.en}: {clause.name}", region=one.regions[0]
        )
        for one in book.by_id.values()
        for clause in one.rules
        if clause.registry is not None and one.regions
    }


async def create_registry(tx: Tx, draft: RegistryDraft) -> Registry:
    """Make a registry; it holds nothing yet."""
    taken = await tx.session.scalar(select(Registry.id).where(Registry.code == draft.code))
    checks = {
        "code": _CODE.fullmatch(draft.code) is not None and taken is None,
        "name": bool(draft.name.strip()),
        "region": len(draft.region) == 2 and draft.region.isalpha(),
    }
    texts = {
        "code": marked("A code of its own is needed: small letters, digits and hyphens."),
        "name": marked("A registry needs a name."),
        "region": marked("A region has two letters, like DE."),
    }
    if not all(checks.values()):
        raise Invalid({name: texts[name] for name, good in checks.items() if not good})
    row = Registry(
        code=draft.code,
        name=draft.name.strip()[:120],
        kind=draft.kind,
        region=draft.region.upper(),
        purposes=[purpose.value for purpose in draft.purposes],
        created_by=tx.actor.name,
        created_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    tx.audit("registries.created", "registry", row.id, code=draft.code, lists=draft.kind)
    return row


async def registry_of(tx: Tx, code: str) -> Registry:
    """The registry of this code; one that a law asks for is made when it is first used."""
    row: Registry | None = await tx.session.scalar(select(Registry).where(Registry.code == code))
    if row is not None:
        return row
    draft = known_registries(law.book()).get(code)
    if draft is None:
        raise NotFound
    return await create_registry(tx, draft)


async def remove_registry(tx: Tx, code: str) -> None:
    """With all its numbers. What a law asks for will be missing then."""
    row = await registry_of(tx, code)
    if await _under_way(tx, row.id):
        raise LoadUnderWay
    await tx.session.delete(row)
    tx.audit("registries.removed", "registry", row.id, code=code, numbers=row.numbers)


async def begin_load(tx: Tx, code: str | None, draft: LoadDraft) -> RegistryLoad:
    """A file begins to arrive, for a registry or (None) for the consents."""
    registry = await registry_of(tx, code) if code is not None else None
    if (registry is None) is not (draft.change is LoadChange.CONSENTS):
        raise Invalid({"change": marked("This is not one of the choices.")})
    if draft.current_at > tx.now + CLOCKS_DIFFER:
        raise Invalid({"current_at": marked("The data cannot be of the future.")})
    if registry is not None and await _under_way(tx, registry.id):
        raise LoadUnderWay
    row = RegistryLoad(
        registry_id=registry.id if registry else None,
        change=draft.change,
        file_name=draft.file_name[:200],
        region=(registry.region if registry else draft.region).upper(),
        current_at=min(draft.current_at, tx.now),
        status=LoadStatus.UPLOADING,
        beat_at=tx.now,
        first_rejected=[],
        created_by=tx.actor.name,
        created_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    tx.audit("registries.load-begun", "load", row.id, code=code or "consents", change=draft.change)
    return row


async def _under_way(tx: Tx, registry_id: int) -> bool:
    return bool(
        await tx.session.scalar(
            select(func.count(RegistryLoad.id)).where(
                RegistryLoad.registry_id == registry_id, RegistryLoad.status.in_(UNDER_WAY)
            )
        )
    )


async def cancel_load(tx: Tx, load_id: int) -> RegistryLoad:
    """Stop after the present batch. What a replacing file had written is thrown away."""
    row = await tx.session.get(RegistryLoad, load_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.status in (LoadStatus.QUEUED, LoadStatus.UPLOADING):
        await arriving.end_load(tx, row, LoadStatus.CANCELLED, "")
    elif row.status != LoadStatus.RUNNING:
        raise Conflict
    row.cancel_asked = True
    tx.audit("registries.load-cancelled", "load", load_id)
    return row


# areas


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDraft:
    """“RU”, “US-FL”, “+7495”, “+7495*”, “+1212555????”: one question mark is one digit."""

    pattern: str
    campaign_id: int = 0
    reason: str = ""


def read_area(pattern: str) -> tuple[str, int] | None:
    """What to look up, and how long the numbers are (0: any length); None: no area."""
    text = pattern.strip().upper().replace(" ", "")
    if _PLACE.fullmatch(text):
        return text, 0
    found = _BEGINNING.fullmatch(text)
    if found is None:
        return None
    key, rest = found[1], found[2]
    return key, len(key) - 1 + len(rest) if rest.startswith("?") else 0


async def block_area(tx: Tx, draft: AreaDraft) -> BlockedArea:
    """Nobody (or not this campaign) calls there any more. Twice is not an error."""
    read = read_area(draft.pattern)
    if read is None:
        raise Invalid({"pattern": marked("Write a country like DE, a part like US-FL, or +7495*.")})
    key, digits = read
    known: BlockedArea | None = await tx.session.scalar(
        select(BlockedArea).where(
            BlockedArea.key == key,
            BlockedArea.digits == digits,
            BlockedArea.campaign_id == draft.campaign_id,
        )
    )
    if known is not None:
        return known
    row = BlockedArea(
        key=key,
        digits=digits,
        campaign_id=draft.campaign_id,
        reason=draft.reason[:200],
        added_by=tx.actor.name,
        added_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    tx.audit("areas.blocked", "area", row.id, key=key, digits=digits, campaign_id=draft.campaign_id)
    return row


async def allow_area(tx: Tx, area_id: int) -> None:
    row = await tx.session.get(BlockedArea, area_id)
    if row is None:
        raise NotFound
    await tx.session.delete(row)
    tx.audit("areas.allowed", "area", area_id, key=row.key, campaign_id=row.campaign_id)
