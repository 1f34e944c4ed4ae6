"""Campaigns without agents: what a key does, and what is kept of it."""

import asyncio
import logging
from collections.abc import Awaitable

from callcenter.calls.control import ControlError
from callcenter.calls.events import KeyChosen
from callcenter.dialer.engine.dials import CampaignState, Dial
from callcenter.dialer.engine.ground import COMMAND_SECONDS, DIALER, ROWS_SECONDS, Ground
from callcenter.dialer.models import SurveyAnswer
from callcenter.dialer.survey import START, Choice

log = logging.getLogger(__name__)


class Surveys:
    """The part of the engine that leads customers through a survey."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def key_chosen(self, event: KeyChosen) -> None:
        dial = self._ground.of_leg(event.call_id)
        state = self._ground.state_of(dial) if dial is not None else None
        if dial is None or state is None or dial.over or not dial.agentless:
            return
        step = state.plan.survey.get(dial.step or START)
        choice = step.keys.get(event.key) if step is not None else None
        if choice is not None:
            self._keep(dial, state, event.key, choice)
            self._follow(dial, state, choice)
        elif step is not None and step.keys and not dial.asked_again:
            dial.asked_again = True  # no key or a wrong one: once more
            self._do(dial, self._ground.control.ask(dial.leg_id, step.prompt))
        else:
            self._do(dial, self._ground.control.hang_up(dial.leg_id))

    def _follow(self, dial: Dial, state: CampaignState, choice: Choice) -> None:
        control = self._ground.control
        if choice.opt_out:
            self._do(dial, control.confirm_opt_out(dial.leg_id))
        elif choice.queue:
            self._do(dial, control.send_to_queue(dial.leg_id, choice.queue, state.plan.language))
        elif choice.then:
            dial.step, dial.asked_again = choice.then, False
            self._do(dial, control.ask(dial.leg_id, state.plan.survey[choice.then].prompt))
        else:
            self._do(dial, control.hang_up(dial.leg_id))

    def _do(self, dial: Dial, work: Awaitable[None]) -> None:
        self._ground.tasks.spawn(f"dialer:survey:{dial.attempt_id}", self._asked(work))

    async def _asked(self, work: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await work
        except (ControlError, TimeoutError):
            log.warning("a step of a survey was not taken")  # the dialplan says goodbye by itself

    def _keep(self, dial: Dial, state: CampaignState, key: str, choice: Choice) -> None:
        row = SurveyAnswer(
            campaign_id=state.plan.campaign_id,
            attempt_id=dial.attempt_id,
            step=dial.step or START,
            key=key,
            answer=choice.answer,
            at=self._ground.now(),
        )
        self._ground.tasks.spawn(f"dialer:answer:{dial.attempt_id}", self._write(row))

    async def _write(self, row: SurveyAnswer) -> None:
        async with asyncio.timeout(ROWS_SECONDS), self._ground.transactions.begin(DIALER) as tx:
            tx.session.add(row)
