"""Rows of cohorts for leads that come into a list."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dialer.lists.cohorts import Cohort
from callcenter.dialer.lists.models import LeadCohort


async def cohort_ids(session: AsyncSession, list_id: int, cohorts: Collection[Cohort]) -> dict[Cohort, int]:
    """The id of each; those that the list does not have yet are made, once, whoever else makes them too."""
    by_key = {cohort.key: cohort for cohort in cohorts}
    known = await _known(session, list_id, by_key)
    missing = sorted(by_key.keys() - known.keys())
    if missing:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        await session.execute(
            insert(LeadCohort).on_conflict_do_nothing(),
            [
                {
                    "list_id": list_id,
                    "key": key,
                    "zones": list(by_key[key].zones),
                    "region": by_key[key].region,
                    "subdivision": by_key[key].subdivision,
                    "number_type": by_key[key].number_type,
                }
                for key in missing
            ],
        )
        known |= await _known(session, list_id, missing)
    return {by_key[key]: cohort_id for key, cohort_id in known.items()}


async def _known(session: AsyncSession, list_id: int, keys: Collection[str]) -> dict[str, int]:
    rows = await session.execute(
        select(LeadCohort.key, LeadCohort.id).where(LeadCohort.list_id == list_id, LeadCohort.key.in_(keys))
    )
    return {row.key: row.id for row in rows}
