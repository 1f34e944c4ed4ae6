"""Who is calling: an offered call is looked up by number and told to the agent's page before the answer.

One matching contact is bound to the call at once; of several, or none, the agent decides. A call stays with
the contact it was bound to, whichever agent gets it next. What is remembered here is only a shortcut: after
a restart the number is looked up anew.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from callcenter.calls import events as e
from callcenter.kernel.bus import Bus, Overflow, Subscription
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Transactions, system_actor
from crm.contacts.permissions import VIEW
from crm.contacts.queries import Match, find_by_number, match_of

log = logging.getLogger(__name__)

LOOKUP_SECONDS = 2.0
ACTOR = system_actor("screen-pop", frozenset({VIEW.name}))
EVENTS = (
    e.CallStarted,
    e.CallLabelled,
    e.CallOffered,
    e.CallConnected,
    e.ContactBound,
    e.CallEnded,
    e.FloorKnown,
)


@dataclass(slots=True)
class Caller:
    """What is known of an open call. `shown_to` is the agent who saw the pop last (0: nobody)."""

    direction: e.Direction
    number: str
    queue: str = ""
    campaign_id: int | None = None
    contact_id: int | None = None
    shown_to: int = 0


class ScreenPops:
    """Follows the calls and publishes `ScreenPop` and `ContactBound`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._callers: dict[str, Caller] = {}

    def subscribe(self, bus: Bus) -> Subscription:
        return bus.subscribe("contacts.screenpop", EVENTS, self.receive, overflow=Overflow.WAIT)

    @property
    def open_calls(self) -> int:
        return len(self._callers)

    async def receive(self, events: Sequence[Event]) -> None:
        """The bus subscriber."""
        for event in events:
            match event:
                case e.CallEnded():
                    await self._ended(event.call_id)
                case e.FloorKnown():
                    self._forget_all_but(event.open_calls)
                case e.ContactBound():
                    self._bound(event)
                case e.CallLabelled():
                    self._labelled(event)
                case e.CallStarted() | e.CallOffered() | e.CallConnected():
                    await self._follow(event)
                case _:
                    continue

    async def _ended(self, call_id: str) -> None:
        """Who left before anybody was asked belongs into their contact's history all the same."""
        caller = self._callers.pop(call_id, None)
        if caller is not None and caller.contact_id is None and not caller.shown_to:
            self._bind_only(call_id, await self._matches(call_id, caller))

    def _bind_only(self, call_id: str, matches: Sequence[Match]) -> Match | None:
        """One match is who it is; returns it."""
        if len(matches) != 1:
            return None
        found, now = matches[0], self._transactions.clock.now()
        self._transactions.bus.publish(
            e.ContactBound(at=now, call_id=call_id, contact_id=found.contact_id, name=found.name)
        )
        return found

    def _forget_all_but(self, open_calls: tuple[str, ...]) -> None:
        still = set(open_calls)
        self._callers = {call_id: caller for call_id, caller in self._callers.items() if call_id in still}

    def _bound(self, event: e.ContactBound) -> None:
        if (caller := self._callers.get(event.call_id)) is not None:
            caller.contact_id = event.contact_id

    def _labelled(self, event: e.CallLabelled) -> None:
        if (caller := self._callers.get(event.call_id)) is not None:
            caller.queue = event.queue or caller.queue
            caller.campaign_id = event.campaign_id or caller.campaign_id

    async def _follow(self, event: e.CallStarted | e.CallOffered | e.CallConnected) -> None:
        match event:
            case e.CallStarted():
                self._callers[event.call_id] = Caller(event.direction, event.number)
                if event.agent_id is not None:  # the agent dials by hand: the card comes while it rings
                    await self._pop(event.call_id, event.agent_id)
            case e.CallOffered():
                caller = self._callers.setdefault(event.call_id, Caller(event.direction, event.number))
                caller.queue = event.queue or caller.queue
                caller.campaign_id = event.campaign_id or caller.campaign_id
                await self._pop(event.call_id, event.agent_id)
            case e.CallConnected():
                # nobody was asked first: an attended transfer, a call answered while we were away
                known = self._callers.get(event.call_id)
                if known is not None and known.shown_to != event.agent_id:
                    await self._pop(event.call_id, event.agent_id)
            case _:
                assert_never(event)

    async def _pop(self, call_id: str, agent_id: int) -> None:
        caller = self._callers[call_id]
        caller.shown_to = agent_id
        matches = await self._matches(call_id, caller)
        now = self._transactions.clock.now()
        self._transactions.bus.publish(
            e.ScreenPop(
                at=now,
                call_id=call_id,
                agent_id=agent_id,
                number=caller.number,
                direction=caller.direction,
                queue=caller.queue,
                campaign_id=caller.campaign_id,
                matches=tuple(e.PopMatch(m.contact_id, m.name, m.company, m.kind) for m in matches),
            )
        )
        if caller.contact_id is None and (found := self._bind_only(call_id, matches)) is not None:
            caller.contact_id = found.contact_id

    async def _matches(self, call_id: str, caller: Caller) -> list[Match]:
        """One indexed lookup. A database that does not answer makes an unknown caller, not a lost call."""
        try:
            async with asyncio.timeout(LOOKUP_SECONDS), self._transactions.read() as session:
                if caller.contact_id is None:
                    return await find_by_number(session, ACTOR, caller.number)
                bound = await match_of(session, ACTOR, caller.contact_id)
                return [bound] if bound is not None else []
        except TimeoutError:
            log.warning("the caller was not looked up in time", extra={"call_id": call_id})
            return []
