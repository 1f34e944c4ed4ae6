"""The number each customer sees: chosen when the line is placed, watched when it has ended."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta

from callcenter.dialer.caller_ids import CallerNumber, Pool, Rest, Where, area_of
from callcenter.dialer.engine.dials import CampaignState, Dial
from callcenter.dialer.engine.ground import DIALER, ROWS_SECONDS, Ground
from callcenter.dialer.trunks import service
from callcenter.dialer.trunks.models import CallerNumberRow
from callcenter.dialer.trunks.queries import Use
from callcenter.kernel.clock import iso

log = logging.getLogger(__name__)

WATCH_EVERY = timedelta(minutes=1)
LEAST_TOLD = 5.0  # calls: a share of fewer says nothing


class Callers:
    """The part of the engine that owns the pools' counters."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._pools: dict[int, Pool] = {}
        self._numbers: dict[str, CallerNumber] = {}
        self._watch_at: datetime | None = None
        self._today = self.midnight()
        self.loaded = False

    def midnight(self) -> datetime:
        """When the present day of the company began."""
        zone = self._ground.zone
        day = self._ground.now().astimezone(zone).date()
        return datetime.combine(day, time(), zone).astimezone(UTC)

    def load(self, rows: Iterable[CallerNumberRow], uses: Mapping[str, Use]) -> None:
        """Pools as the rows have them; a number keeps its counters, a new one begins with `uses`."""
        now = self._ground.now().timestamp()
        pools: dict[int, Pool] = {}
        for row in rows:
            known = self._numbers.get(row.number)
            if known is None:
                use = uses.get(row.number, Use())
                where = Where(row.area, row.subdivision, row.region)
                known = CallerNumber(row.number, where, used_today=use.today, counted_at=now)
                known.tried, known.answered = use.tried, use.answered
            known.daily_cap = row.daily_cap
            known.rested_until = row.rested_until.timestamp() if row.rested_until else 0.0
            pools.setdefault(row.pool_id, Pool()).numbers[row.number] = known
        self._pools = pools
        self._numbers = {n: one for pool in pools.values() for n, one in pool.numbers.items()}
        self.loaded = True

    def choose(self, state: CampaignState, dial: Dial) -> bool:
        """Give the line its caller number. False: the campaign's pool has none left for now."""
        pool_id = state.plan.caller_pool_id
        if pool_id is None:
            dial.caller_id = state.plan.caller_id or self._ground.outside.caller_id
            return True
        now = self._ground.now().timestamp()
        facts = dial.facts
        where = Where(area_of(dial.number), facts.subdivision, facts.region)
        chosen = self._pools.get(pool_id, Pool()).choose(where, now)
        if chosen is None:
            return False
        chosen.used(now)
        dial.caller_id = chosen.number
        return True

    def has_any(self, state: CampaignState) -> bool:
        """Could a line be placed at all?"""
        pool_id = state.plan.caller_pool_id
        if pool_id is None:
            return True
        now = self._ground.now().timestamp()
        return any(one.usable(now) for one in self._pools.get(pool_id, Pool()).numbers.values())

    def health(self, state: CampaignState) -> list[dict[str, object]]:
        """How the numbers of the campaign's pool do, the busiest first: for the board."""
        pool = self._pools.get(state.plan.caller_pool_id or 0, Pool())
        now = self._ground.now().timestamp()
        return [
            {
                "number": one.number,
                "today": one.used_today,
                "cap": one.daily_cap,
                "answered": round(one.answered / one.tried, 2) if one.tried >= LEAST_TOLD else None,
                "rests_until": iso(datetime.fromtimestamp(one.rested_until, UTC))
                if one.rested_until > now
                else None,
            }
            for one in sorted(pool.numbers.values(), key=lambda n: (-n.used_today, n.number))
        ]

    def ended(self, dial: Dial) -> None:
        number = self._numbers.get(dial.caller_id)
        if number is not None and dial.placed and not dial.never_sent:
            answered = dial.up_at is not None or dial.answered_at is not None
            number.ended(self._ground.now().timestamp(), answered=answered)

    def tick(self, now: datetime) -> None:
        if self.midnight() != self._today:
            self._today = self.midnight()
            for number in self._numbers.values():
                number.used_today = 0
        if self._watch_at is None or now >= self._watch_at:
            self._watch_at = now + WATCH_EVERY
            for pool in self._pools.values():
                for rest in pool.rests(now.timestamp()):
                    self._rest(rest)

    def _rest(self, rest: Rest) -> None:
        self._numbers[rest.number].rested_until = rest.until
        log.warning(
            "a caller number does worse than its pool and is rested",
            extra={"pii_number": rest.number, **rest.reason},
        )
        self._ground.tasks.spawn("dialer:rest-number", self._write(rest))

    async def _write(self, rest: Rest) -> None:
        async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
            await service.rest(tx, rest.number, datetime.fromtimestamp(rest.until, UTC), rest.reason)
