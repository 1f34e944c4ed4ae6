"""The company's rules, from the page and as JSON, and what they do to the next dial."""

import pytest

from callcenter.dialer import COMPONENT, gate
from callcenter.dialer.company import service
from callcenter.dialer.company.service import CompanyDraft
from callcenter.dialer.gate import Candidate
from callcenter.dialer.rules import Limit, Policy, Purpose, Where
from callcenter.dialer.states import CampaignStatus, DialKind
from callcenter.kernel.auth import Role
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.errors import Invalid
from callcenter.kernel.tx import Transactions, system_actor
from tests.conftest import Visit
from tests.support.factories.dialer import german_number

BOSS = system_actor("boss")


async def test_a_company_s_limit_holds_for_the_next_dial_of_any_campaign(
    transactions: Transactions, clock: ManualClock
) -> None:
    limit = {"most": 2, "hours": 48, "counted": "number"}
    async with transactions.begin(BOSS) as tx:
        await service.set_company_rules(tx, CompanyDraft(limits=[limit]))
    candidate = Candidate(
        kind=DialKind.CAMPAIGN,
        number=german_number(1),
        policy=Policy(campaign_id=1),
        where=Where("DE"),
        campaign_status=CampaignStatus.RUNNING,
    )
    async with transactions.read() as session:
        (case,) = await gate.look_into(session, [candidate], clock.now())

    assert [(by.who, demand) for by, demand in case.terms.limits] == [("company", Limit(2, 48))]


@pytest.mark.parametrize(
    "draft",
    [
        CompanyDraft(hours={"0": [["9", "5"]]}),
        CompanyDraft(limits=[{"most": 0, "hours": 1, "counted": "number"}]),
        CompanyDraft(limits=[{"most": 1, "hours": 1, "counted": "fingers"}]),
        CompanyDraft(max_number_attempts_a_day=-1),
    ],
)
async def test_what_is_no_rule_is_refused(transactions: Transactions, draft: CompanyDraft) -> None:
    with pytest.raises(Invalid):
        async with transactions.begin(BOSS) as tx:
            await service.set_company_rules(tx, draft)


async def test_the_page_keeps_what_was_typed_and_shows_it_again(visiting: Visit) -> None:
    visitor = await visiting(COMPONENT)
    await visitor.sign_in(Role.SUPERVISOR)
    typed = {f"hours_{day}": "09:00-20:00" for day in range(6)} | {
        "hours_6": "",
        "purpose": "collection",
        "most_a_day": "2",
        "most_0": "8",
        "hours_of_0": "720",
        "counted_0": "lead",
    }

    wrong = await visitor.post("/do-not-call/company", data=typed | {"hours_of_0": "soon"})
    saved = await visitor.post("/do-not-call/company", data=typed)
    page = await (await visitor.get("/do-not-call/company")).text()
    told = await (await visitor.get("/api/v1/dial-rules")).json()
    put = await visitor.ask("PUT", "/api/v1/dial-rules", json={"purpose": "survey"})

    assert (wrong.status, saved.status) == (422, 303)
    assert 'value="720"' in page
    assert told["limits"] == [{"most": 8, "hours": 720, "counted": "lead"}]
    assert (told["purpose"], told["hours"]["6"]) == (Purpose.COLLECTION, [])
    assert (await put.json())["limits"] == []
