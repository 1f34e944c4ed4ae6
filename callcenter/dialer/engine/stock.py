"""Leads claimed ahead, so that a freed agent waits for no hopper.

A lead in stock is claimed and has its attempt row; it is judged again when it is dialled. Stock is kept small
and given back when nobody is there to dial it.
"""

import asyncio
import logging
from datetime import timedelta

from callcenter.dialer import hopper
from callcenter.dialer.engine.dials import CampaignState, Dial
from callcenter.dialer.engine.ground import DIALER, ROWS_SECONDS, Ground
from callcenter.dialer.hopper import Claimed, Fenced
from callcenter.dialer.states import DialKind

log = logging.getLogger(__name__)

DRY_FOR = timedelta(seconds=2)
BATCH = 50  # leads claimed at once for one campaign


class Stock:
    """The part of the engine that claims."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def take(self, state: CampaignState, lines: int) -> list[Dial]:
        """Up to so many leads that are to be dialled now."""
        taken: list[Dial] = []
        while state.stock and len(taken) < lines:
            dial = state.stock.popleft()
            dial.stocked = False
            taken.append(dial)
        return taken

    def take_number(self, number: str) -> Dial | None:
        """The lead in stock with this number: somebody wants to dial it by hand."""
        for state in self._ground.campaigns.values():
            for dial in state.stock:
                if dial.number == number:
                    state.stock.remove(dial)
                    dial.stocked = False
                    return dial
        return None

    def refill(self, state: CampaignState, wanted: int) -> None:
        """Claim until there are so many, half of it at once at least; nothing while the hopper is dry."""
        now = self._ground.now()
        lacking = min(BATCH, wanted - len(state.stock)) - state.claiming
        if lacking <= 0 or 2 * lacking < wanted or (state.dry_until is not None and now < state.dry_until):
            return
        state.claiming += lacking
        campaign_id = state.plan.campaign_id
        self._ground.tasks.spawn(f"dialer:claim:{campaign_id}", self._claim(campaign_id, lacking))

    def give_back(self, state: CampaignState) -> None:
        """Nobody will dial these for now."""
        for dial in self.take(state, len(state.stock)):
            self._ground.closing.give_up(dial, never_sent=True)

    async def _claim(self, campaign_id: int, leads: int) -> None:
        claimed: tuple[Claimed, ...] = ()
        try:
            async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
                found = await hopper.claim(tx.session, campaign_id, leads, tx.now, self._ground.fence)
            claimed = found
        except Fenced:
            self._ground.fenced = True
            log.error("a younger holder of the floor dials: this engine places no more calls")
        finally:
            self._claimed(campaign_id, leads, claimed)

    def _claimed(self, campaign_id: int, asked: int, claimed: tuple[Claimed, ...]) -> None:
        state = self._ground.campaigns.get(campaign_id)
        if state is not None:
            state.claiming -= asked
            if len(claimed) < asked:
                state.dry_until = self._ground.now() + DRY_FOR
        for found in claimed:
            dial = Dial(
                attempt_id=found.attempt_id,
                kind=DialKind.CAMPAIGN,
                campaign_id=campaign_id,
                lead_id=found.lead_id,
                number=found.number,
                leg_id=hopper.leg_of(DialKind.CAMPAIGN, found.attempt_id, None),
                facts=found.facts,
                stocked=True,
            )
            self._ground.keep(dial)
            if state is not None and self._ground.dialling:
                state.stock.append(dial)
            else:
                dial.stocked = False
                self._ground.closing.give_up(dial, never_sent=True)
        self._ground.lines.advance()
