"""Campaigns without a telephone: real pages, rows and socket, and a board that plays a busy campaign.

python -m tests.support.campaign_stage [--port 8492] [--russian]
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from callcenter.dialer.models import Attempt, Campaign, CampaignAgent, Disposition
from callcenter.dialer.states import AttemptState, CampaignStatus, DialKind, LeadStatus, Mode, Outcome
from callcenter.kernel.clock import Clock, SystemClock, iso
from callcenter.kernel.tx import Tx
from tests.support.factories.dialer import make_campaign, make_lead
from tests.support.floor_stage import LOGIN, Play, open_stage
from tests.support.people import PASSWORD

RUNNING, PAUSED, DRAFT = 1, 2, 3
NAMES = (
    ("Spring renewals", "Весеннее продление", CampaignStatus.RUNNING, Mode.PREDICTIVE),
    ("Service survey", "Опрос о сервисе", CampaignStatus.PAUSED, Mode.PROGRESSIVE),
    ("New tariff for business", "Новый тариф для бизнеса", CampaignStatus.DRAFT, Mode.PREDICTIVE),
    ("Autumn debt reminders", "Осенние напоминания", CampaignStatus.STOPPED, Mode.RATIO),
)
RESULTS = (
    ("sale", "Sale", "Продажа", True, True),
    ("later", "Call back", "Перезвонить", False, True),
    ("no", "Not interested", "Неинтересно", False, True),
    ("wrong", "Wrong person", "Не тот человек", False, False),
)
WEEK = {**{str(day): [["09:00", "13:00"], ["14:00", "20:00"]] for day in range(5)}, "5": [["10:00", "16:00"]]}
ENDS = (
    *(8 * (Outcome.NO_ANSWER,)),
    *(5 * (Outcome.ANSWERED,)),
    *(3 * (Outcome.MACHINE, Outcome.BUSY)),
    *(Outcome.REJECTED, Outcome.INVALID),
)
SCRIPT = "# Greeting\nHello {first_name}, this is {agent} of {company}.\n- Yes -> Offer\n- No -> Goodbye"
OUTCOMES = {
    "no-answer": 1583,
    "answered": 1402,
    "machine": 702,
    "busy": 341,
    "rejected": 164,
    "invalid": 61,
    "congestion": 22,
    "early-hang-up": 17,
    "dropped": 28,
}
LINES = (
    ("+74955550117", "answered", 1),
    ("+78125550123", "ringing", 14),
    ("+79215550188", "ringing", 11),
    ("+74955550171", "ringing", 9),
    ("+73435550109", "ringing", 6),
    ("+79035550164", "ringing", 4),
    ("+78435550122", "machine", 3),
    ("+74955550199", "ringing", 2),
)
NEXT = ("+79165550131", "+74955550140", "+78125550151", "+79265550162", "+73835550173")
DECISIONS = (
    # seconds ago, lines, bound, free, expected, ringing, answers, used
    (1, 3, "risk", 2, 1.3, 8, 2.6, 0.0192),
    (4, 2, "risk", 1, 1.8, 9, 2.9, 0.0192),
    (9, 0, "risk", 0, 1.1, 11, 3.4, 0.0192),
    (13, 4, "risk", 3, 0.7, 6, 1.9, 0.0193),
    (19, 1, "risk", 1, 0.9, 7, 2.2, 0.0193),
    (24, 0, "limit", 0, 0.4, 9, 2.8, 0.0294),
    (31, 2, "risk", 2, 0.6, 5, 1.6, 0.0188),
    (38, 0, "nobody", 0, 0.2, 6, 1.9, 0.0188),
)


async def seed(tx: Tx, russian: bool) -> None:
    """Four campaigns, their agents, and for the one that runs leads, results and a morning's attempts."""
    for name, name_ru, status, mode in NAMES:
        campaign = await make_campaign(
            tx.session,
            tx.now,
            name=name_ru if russian else name,
            status=status,
            mode=mode,
            region="RU",
            zone="Europe/Moscow",
            caller_id="+74955550100" if status != CampaignStatus.DRAFT else "",
            hours=WEEK,
            script=SCRIPT,
            abandon_percent=2.8,
            language="ru" if russian else "en",
        )
        if status != CampaignStatus.DRAFT:
            await _rows(tx, campaign)
    for key, (code, title, title_ru, sale, contact) in enumerate(RESULTS, start=1):
        tx.session.add(
            Disposition(code=code, key=key, title=title, title_ru=title_ru, sale=sale, contact=contact)
        )


async def _rows(tx: Tx, campaign: Campaign) -> None:
    tx.session.add_all(CampaignAgent(campaign_id=campaign.id, agent_id=key) for key in range(1, 11))
    for index in range(60):
        zone = ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok")[index % 3]
        status = (LeadStatus.NEW, LeadStatus.WAITING, LeadStatus.FINISHED, LeadStatus.LATER)[index % 4]
        number = f"+7495{campaign.id}55{1000 + index}"
        lead = await make_lead(
            tx.session,
            campaign,
            number,
            tx.now,
            zones=(zone,),
            region="RU",
            status=status,
            attempts=index % 3,
        )
        outcome = ENDS[index % len(ENDS)]
        placed = tx.now - timedelta(minutes=2 + index)
        answered = placed + timedelta(seconds=9) if outcome in (Outcome.ANSWERED, Outcome.MACHINE) else None
        tx.session.add(
            Attempt(
                kind=DialKind.CAMPAIGN,
                campaign_id=campaign.id,
                lead_id=lead.id,
                cohort_id=lead.cohort_id,
                number=number,
                state=AttemptState.ENDED,
                claimed_at=placed,
                placed_at=placed,
                answered_at=answered,
                connected_at=answered if outcome == Outcome.ANSWERED else None,
                ended_at=placed + timedelta(seconds=40),
                outcome=outcome,
                disposition=RESULTS[index % 4][0] if outcome == Outcome.ANSWERED else "",
                token=1,
                engine_id="stage",
            )
        )


def play_campaign(play: Play, **changes: object) -> None:
    """The campaign that runs, in the middle of its day."""
    now = datetime.fromisoformat(play.ago(0))
    decisions = [_decision(now, *row) for row in reversed(DECISIONS)]
    doc: dict[str, object] = {
        "id": RUNNING,
        "name": play.board.docs["campaign"].get("1", {}).get("name", ""),
        "status": "running",
        "mode": "predictive",
        "limit": 0.028,
        "leads": 12_400,
        "dialable": 7_318,
        "in_flight": len(LINES),
        "attempts": 4_320,
        "answered": 2_149,
        "connected": 1_402,
        "abandoned": 28,
        "people": 1_447,
        "contacts": 911,
        "sales": 164,
        "outcomes": OUTCOMES,
        "agents": 9,
        "ready": 2,
        "held": None,
        "last_refusals": {"hours": 214, "do-not-call": 9, "number-attempts": 31},
        "lines": [
            {"id": key, "number": number, "state": state, "since": play.ago(seconds), "agent": None}
            for key, (number, state, seconds) in enumerate(LINES)
        ],
        "callers": [
            {"number": "+74955550100", "today": 412, "cap": 600, "answered": 0.41, "rests_until": None},
            {"number": "+78125550100", "today": 208, "cap": 0, "answered": 0.38, "rests_until": None},
            {
                "number": "+73435550100",
                "today": 61,
                "cap": 0,
                "answered": 0.17,
                "rests_until": play.ago(-7200),
            },
        ],
        "next": [{"lead": key, "number": number, "try": 1 + key % 3} for key, number in enumerate(NEXT)],
        "decision": decisions[-1],
        "decisions": decisions,
    }
    play.put("campaign", str(RUNNING), **(doc | changes))
    for key in range(1, 11):
        play.put("agent", str(key), campaigns=[RUNNING])


def _quiet(key: int, name: str, status: CampaignStatus, mode: Mode) -> dict[str, object]:
    """A campaign that does not run."""
    filled = 0 if status is CampaignStatus.DRAFT else 1
    counts = {"leads": 60, "dialable": 45, "attempts": 60, "answered": 24, "connected": 15, "people": 15}
    return {name: value * filled for name, value in counts.items()} | {
        "id": key,
        "name": name,
        "status": status.value,
        "mode": mode.value,
        "limit": 0.028,
        "in_flight": 0,
        "abandoned": 0,
        "contacts": 11 * filled,
        "sales": 4 * filled,
        "outcomes": {"no-answer": 24, "answered": 15} if filled else {},
        "agents": 0,
        "ready": 0,
        "last_refusals": {},
        "held": None,
        "lines": [],
        "next": [],
        "callers": [],
        "decision": None,
        "decisions": [],
    }


def _decision(
    now: datetime,
    ago: float,
    lines: int,
    bound: str,
    free: int,
    expected: float,
    ringing: int,
    answers: float,
    used: float,
) -> dict[str, object]:
    return {
        "at": iso(now - timedelta(seconds=ago)),
        "lines": lines,
        "bound": bound,
        "free": free,
        "expected": expected,
        "within_s": 8.0,
        "leaving": 0,
        "ringing": ringing,
        "answer_chance": 0.31,
        "answers": answers,
        "window": "day",
        "used": used,
        "limit": 0.03,
        "price_s": 41.0,
        "risk": 0.04,
    }


@asynccontextmanager
async def campaign_stage(
    folder: Path, port: int, clock: Clock, *, russian: bool = False
) -> AsyncIterator[tuple[str, Play]]:
    """Serve it; gives its address and the play."""
    async with open_stage(folder, port, clock, russian=russian, more=seed) as (url, play):
        play_campaign(play, name=NAMES[0][1] if russian else NAMES[0][0])
        for key, (name, name_ru, status, mode) in enumerate(NAMES[1:], start=2):
            play.put("campaign", str(key), **_quiet(key, name_ru if russian else name, status, mode))
        yield url, play


async def main(port: int, *, russian: bool) -> None:
    with TemporaryDirectory() as folder:
        async with campaign_stage(Path(folder), port, SystemClock(), russian=russian) as (url, _play):
            print(f"{url}/campaigns as {LOGIN} / {PASSWORD}")  # noqa: T201 - a tool for people
            await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=8492)
    arguments.add_argument("--russian", action="store_true")
    chosen = arguments.parse_args()
    asyncio.run(main(chosen.port, russian=chosen.russian))
