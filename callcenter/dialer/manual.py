"""A person's own dialling and callbacks: the same gate, the same attempts, another leg."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from callcenter.agents.events import CommandIssued
from callcenter.calls.control import ControlError
from callcenter.dialer import gate, hopper, queries
from callcenter.dialer.engine import DIALER, Engine
from callcenter.dialer.engine.dials import Dial
from callcenter.dialer.gate import Candidate
from callcenter.dialer.lists.cohorts import cohort_of, where_of
from callcenter.dialer.lists.models import Lead, LeadCohort
from callcenter.dialer.models import Campaign
from callcenter.dialer.policy import manual_policy, policy_of
from callcenter.dialer.reasons import REASONS
from callcenter.dialer.rules import Policy, Refuse, Rule
from callcenter.dialer.rules.places import place_of_parsed
from callcenter.dialer.states import CampaignStatus, DialKind
from callcenter.kernel import phone
from callcenter.kernel.errors import Conflict, DomainError, Invalid
from callcenter.kernel.i18n import marked
from callcenter.kernel.tx import Transactions, Tx


class DialRefused(Conflict):
    """The gate said no. The key is `dial-<rule>`; the message says why."""

    key = "dial-refused"


@dataclass(frozen=True, slots=True)
class ManualDial:
    """An outbound call that a person asked for, allowed and written down. Nothing is dialled yet.

    The desk calls `leg_id` with these values (`Landing.MANUAL`); empty `trunk` or `caller_id`: the company's.
    """

    agent_id: int
    attempt_id: int
    leg_id: str
    number: str
    campaign_id: int | None
    contact_id: int | None
    trunk: str
    caller_id: str


@dataclass(frozen=True, slots=True)
class Home:
    """Where the company is: numbers are read and unknown zones guessed as somebody there would."""

    region: str
    zone: str


Place = Callable[[ManualDial], Awaitable[None]]
MayDial = Callable[[int], None]


class ManualDialler:
    """Handles the verb `dial`: args `number`, and `contact_id`, `campaign_id`, `lead_id`, `callback` or none.

    `may_dial` raises when the agent's state forbids it, before anything is awaited; `place` moves the agent
    and sends the Originate. Whatever `place` raises closes the attempt as never sent, except a lost answer.
    """

    def __init__(
        self,
        engine: Engine,
        transactions: Transactions,
        home: Home,
        may_dial: MayDial,
        place: Place,
    ) -> None:
        self._engine = engine
        self._transactions = transactions
        self._home = home
        self._may_dial = may_dial
        self._place = place

    async def dial(self, command: CommandIssued) -> None:
        """The command's handler."""
        agent_id = command.agent_id
        if agent_id is None:
            raise Invalid({"agent": marked("Only an agent can dial.")})
        number = phone.parse(command.args.get("number", "").strip(), self._home.region)
        if number is None:
            raise Invalid({"number": marked("This is not a telephone number.")})
        self._may_dial(agent_id)
        await self._engine.release_number(number.e164)
        async with self._transactions.begin(DIALER) as tx:
            ordered = await self._open(tx, agent_id, number, command.args)
        if isinstance(ordered, Refuse):  # after the commit: the refusal is kept
            raise DialRefused(REASONS[ordered.rule], key=f"dial-{ordered.rule}")
        dial = Dial(
            attempt_id=ordered.attempt_id,
            kind=DialKind.MANUAL,
            campaign_id=ordered.campaign_id,
            lead_id=_number_or_none(command.args.get("lead_id")),
            number=ordered.number,
            leg_id=ordered.leg_id,
            trunk=ordered.trunk,
            caller_id=ordered.caller_id,
            agent_id=agent_id,
            placed=True,
            offered=True,
        )
        self._engine.expect(dial)
        try:
            await self._place(ordered)
        except DomainError:
            self._engine.give_up(dial, never_sent=True)
            raise
        except ControlError as error:
            if error.code == "refused":
                self._engine.give_up(dial, never_sent=False)
            else:
                self._engine.expect_leg(dial)
            raise
        except BaseException:  # it may have left: the floor or the deadline tells
            self._engine.expect_leg(dial)
            raise
        self._engine.expect_leg(dial)

    async def _open(
        self, tx: Tx, agent_id: int, number: phone.Number, args: dict[str, str]
    ) -> ManualDial | Refuse:
        """Ask the gate and write the attempt as placed, in one transaction before the call."""
        campaign_id = _number_or_none(args.get("campaign_id"))
        lead_id = _number_or_none(args.get("lead_id"))
        contact_id = _number_or_none(args.get("contact_id"))
        campaign = await tx.session.get(Campaign, campaign_id) if campaign_id else None
        lead = await tx.session.get(Lead, lead_id) if lead_id else None
        found = await tx.session.get(LeadCohort, lead.cohort_id) if lead else None
        cohort = cohort_of(found.key) if found and lead and lead.number == number.e164 else None
        candidate = Candidate(
            kind=DialKind.CALLBACK if args.get("callback") else DialKind.MANUAL,
            number=number.e164,
            policy=await self._policy(tx, campaign),
            zones=cohort.zones if cohort else place_of_parsed(number).zones,
            where=where_of(cohort) if cohort else None,
            campaign_id=campaign.id if campaign else None,
            campaign_status=CampaignStatus(campaign.status) if campaign else None,
            lead_id=lead.id if lead else None,
            contact_id=contact_id or (lead.contact_id if lead else None),
            consent=lead.consent if lead else False,
            agent_id=agent_id,
        )
        (verdict,) = await gate.judge(tx.session, [candidate], tx.now)
        if isinstance(verdict, Refuse):
            return verdict
        attempt_id = await hopper.open_attempt(
            tx.session, candidate, tx.now, self._engine.fence, contact_id=contact_id
        )
        if attempt_id is None:
            refusal = Refuse(Rule.IN_PROGRESS)
            gate.note(tx.session, candidate, refusal, tx.now)
            return refusal
        await hopper.place(tx.session, attempt_id, agent_id, tx.now)
        return ManualDial(
            agent_id=agent_id,
            attempt_id=attempt_id,
            leg_id=hopper.leg_of(candidate.kind, attempt_id, agent_id),
            number=number.e164,
            campaign_id=candidate.campaign_id,
            contact_id=contact_id,
            trunk=campaign.trunk if campaign else "",
            caller_id=campaign.caller_id if campaign else "",
        )

    async def _policy(self, tx: Tx, campaign: Campaign | None) -> Policy:
        if campaign is not None:
            return policy_of(campaign)
        return manual_policy(await queries.company_policy(tx.session), self._home.zone)


def _number_or_none(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
