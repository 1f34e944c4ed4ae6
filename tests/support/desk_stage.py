"""The desk without a telephone: real pages on a real database, and a socket that plays one scene at a time.

    python -m tests.support.desk_stage [--port 8490]

then open `/login` (agent / agent password is filled in), and `/stage/<scene>` to change what the socket says.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from agent_ui import desk, shell
from agent_ui.shell.assets import load_assets
from agent_ui.shell.routes import DEMO_LOGINS, DemoLogin
from agent_ui.socket import DESK
from callcenter.agents.machine import State, Trigger
from callcenter.agents.models import Agent, AgentTransition, PauseReason
from callcenter.calls.events import ContactBound, Direction
from callcenter.calls.models import CallRow, Outcome, RecordingState
from callcenter.calls.routes import COMPONENT as CALLS
from callcenter.calls.routes import PAGES, CallPages
from callcenter.dialer.models import Callback, Disposition
from callcenter.kernel.auth import Role, create_user, set_preferences
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import Clock, SystemClock, iso
from callcenter.kernel.component import PUBLIC, SIGNED_IN, Component, Route
from callcenter.kernel.db import Database
from callcenter.kernel.events import Event
from callcenter.kernel.tx import Transactions, Tx, system_actor
from callcenter.kernel.web import WebSettings, actor_of, make_templates, make_web_app
from callcenter.queues.models import Queue, QueueMember
from crm.components import COMPONENTS as CRM
from crm.contacts.queries import names_of
from tests.support.database import make_sqlite_template
from tests.support.factories.contacts import add_company, add_person
from tests.support.people import PASSWORD

CALL_ID = "1795458000.17"
SHARED = "+74955550155"
UNKNOWN = "+79215550177"
PERSON = 2  # the company that was made with her is the first
SCRIPT = """# Offer a new slot
{first_name}, I am sorry the courier let you down. I can book delivery for Wednesday 25 November, 9 to 12. \
The courier calls an hour before. Does that work?
- Works -> Confirm
- Other time -> Another slot
- Refund -> Refund

# Another slot
Thursday 26 November, 14 to 18, or Friday morning. Which one is better?
- Thursday -> Confirm
- Friday -> Confirm

# Refund
I have started the refund. It takes three working days.

# Confirm
Thank you, {name}. This was {agent} of {company}.
"""
SCRIPT_RU = """# Предложить новое окно
{first_name}, мне очень жаль, что курьер вас подвёл. Могу поставить доставку на среду, 25 ноября, с 9 до 12. \
Курьер позвонит за час. Подойдёт?
- Подходит -> Подтвердить
- Другое время -> Другое окно
- Возврат денег -> Возврат

# Другое окно
Есть четверг, 26 ноября, с 14 до 18 или утро пятницы. Что удобнее?
- Четверг -> Подтвердить
- Пятница -> Подтвердить

# Возврат
Оформляю возврат, деньги придут за три рабочих дня.

# Подтвердить
Спасибо, {name}. С вами говорила {agent}, {company}.
"""
OUTCOMES = (
    ("resolved", "Resolved", "Решено"),
    ("callback", "Call back", "Перезвон"),
    ("escalated", "Escalate", "Старшему"),
    ("refund", "Refund", "Возврат"),
    ("sale", "Sale", "Продажа"),
    ("refused", "Refused", "Отказ"),
    ("wrong-number", "Wrong no.", "Ошиблись"),
    ("do-not-call", "Do not call", "Не звонить"),
    ("other", "Other", "Другое"),
)
REASONS = (
    ("short", "Break", "Перерыв", 15),
    ("lunch", "Lunch", "Обед", 45),
    ("training", "Training", "Учёба", 0),
)
SCENES = (
    *("offline", "paused", "ready", "ringing", "dialling", "talking", "hold", "consult", "wrapup"),
    *("not-responding", "recovering", "matches", "unknown", "overdue"),
)


@dataclass(slots=True)
class Play:
    """What the socket says now, and what pages have asked for."""

    clock: Clock
    scene: str = "ready"
    russian: bool = False
    deaf: bool = False
    bound: int | None = None
    seq: int = 0
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    commands: list[dict[str, Any]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)

    def ago(self, seconds: float) -> str:
        return iso(self.clock.now() - timedelta(seconds=seconds))

    def docs(self) -> dict[str, dict[str, dict[str, object]]]:
        return {
            "agent": {
                "1": self._agent(),
                "2": self._colleague(2, "Игорь Комаров", "Igor Komarov", "ready"),
                "3": self._colleague(3, "Елена Ветрова", "Elena Vetrova", "talking"),
            },
            "queue": {
                "support": self._queue("support", "Поддержка", "Support", 3, 48, 120, 3),
                "vip": self._queue("vip", "VIP", "VIP", 1, 62, 60, 0),
                "sales": self._queue("sales", "Продажи", "Sales", 0, 0, 120, 2),
            },
            "call": {},
            "campaign": {},
        }

    def _colleague(self, key: int, russian: str, english: str, state: str) -> dict[str, object]:
        return {
            "id": key,
            "name": russian if self.russian else english,
            "extension": str(100 + key),
            "state": state,
            "reason": "",
            "next": None,
            "since": self.ago(100),
            "deadline": None,
            "phone": "up",
            "phone_registered": True,
            "recovering": None,
            "leg_mode": "nailed",
            "queues": [],
            "campaigns": [],
            "call": None,
            "today": None,
        }

    def _queue(
        self, name: str, russian: str, english: str, waiting: int, longest: int, limit: int, ready: int
    ) -> dict[str, object]:
        return {
            "name": name,
            "title": russian if self.russian else english,
            "waiting": waiting,
            "longest_since": self.ago(longest) if waiting else None,
            "ready": ready,
            "talking": 4,
            "agents": 9,
            "offered": 120,
            "answered": 112,
            "answered_in_target": 101,
            "abandoned": 4,
            "short_abandoned": 1,
            "service_level": 0.87,
            "target": 0.8,
            "threshold_s": 20,
            "wait_limit_s": limit,
            "hours": [0] * 24,
        }

    def _agent(self) -> dict[str, object]:
        scene = self.scene
        state = {
            "recovering": "talking",
            "consult": "talking",
            "matches": "ringing",
            "unknown": "ringing",
            "overdue": "paused",
        }.get(scene, scene)
        since = {
            "ringing": 6,
            "dialling": 4,
            "talking": 277,
            "hold": 23,
            "wrapup": 14,
            "ready": 75,
            "paused": 340,
            "not-responding": 40,
        }.get(state, 60)
        if scene == "overdue":
            since = 1120
        on_call = state in ("ringing", "dialling", "talking", "hold", "wrapup")
        deadline = {"wrapup": 31, "ringing": 14}.get(state)
        return {
            "id": 1,
            "name": "Мария Орлова" if self.russian else "Maria Orlova",
            "extension": "101",
            "state": state,
            "reason": {"paused": "short"}.get(state, ""),
            "next": {"state": "ready", "reason": ""} if on_call else None,
            "since": self.ago(since),
            "deadline": iso(self.clock.now() + timedelta(seconds=deadline)) if deadline else None,
            "phone": "calling" if scene == "recovering" else "up",
            "phone_registered": True,
            "recovering": iso(self.clock.now() + timedelta(seconds=15)) if scene == "recovering" else None,
            "leg_mode": "nailed",
            "queues": ["support", "vip"],
            "campaigns": [],
            "call": self._call(state) if on_call else None,
            "today": {
                "calls": 37,
                "talk_s": 6600,
                "wrap_s": 1500,
                "hold_s": 300,
                "paused_s": 1200,
                "ready_s": 5520,
            },
        }

    def _call(self, state: str) -> dict[str, object]:
        known = self.scene not in ("matches", "unknown")
        name = "Анна Петрова" if self.russian else "Anna Petrova"
        consult = (
            {
                "target": "+74955550190",
                "number": "+74955550190",
                "name": "Склад, Игорь К." if self.russian else "Warehouse, Igor K.",
                "state": "held",
                "since": self.ago(41),
            }
            if self.scene == "consult"
            else None
        )
        return {
            "call_id": CALL_ID,
            "direction": "out" if state == "dialling" else "in",
            "queue": "support",
            "campaign": None,
            "number": self._number(),
            "name": name if known else "",
            "contact_id": PERSON if known else self.bound,
            "offered_at": self.ago(300),
            "answered_at": self.ago(277) if state in ("talking", "hold", "wrapup") else None,
            "held": state == "hold",
            "recording": "on",
            "consult": consult,
        }

    def _number(self) -> str:
        return {"unknown": UNKNOWN, "matches": SHARED}.get(self.scene, "+74955550142")

    def pop(self) -> dict[str, object] | None:
        if self.scene not in ("ringing", "matches", "unknown"):
            return None
        matches = {
            "ringing": [
                {"id": PERSON, "name": "Anna Petrova", "company": "Sever Logistics", "kind": "person"}
            ],
            "matches": [
                {"id": PERSON, "name": "Anna Petrova", "company": "Sever Logistics", "kind": "person"},
                {"id": 2, "name": "Oleg Petrov", "company": "", "kind": "person"},
                {"id": 3, "name": "Sever Logistics", "company": "", "kind": "company"},
            ],
        }.get(self.scene, [])
        return {
            "type": "pop",
            "call_id": CALL_ID,
            "number": self._number(),
            "direction": "in",
            "queue": "support",
            "campaign": None,
            "matches": matches,
        }

    async def show(self, scene: str) -> None:
        """Change the scene for every open page."""
        self.scene = scene
        if pop := self.pop():
            await self.say(pop)
        for kind, docs in self.docs().items():
            for key, doc in docs.items():
                self.seq += 1
                await self.say({"type": "delta", "seq": self.seq, "kind": kind, "key": key, "doc": doc})

    async def say(self, message: dict[str, object]) -> None:
        for socket in tuple(self.sockets):
            await socket.send_str(msgspec.json.encode(message).decode())


PLAY = web.AppKey("play", Play)


async def open_socket(request: web.Request) -> web.StreamResponse:
    play = request.app[PLAY]
    if play.deaf:
        raise web.HTTPServiceUnavailable
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    actor = actor_of(request)
    hello = {
        "type": "hello",
        "agent_id": 1,
        "user": {"id": actor.user_id, "name": actor.name, "role": actor.role},
        "sip": None,
        "now": iso(play.clock.now()),
    }
    for opening in (hello, {"type": "snapshot", "seq": play.seq, "docs": play.docs()}, play.pop()):
        if opening is not None:
            await socket.send_str(msgspec.json.encode(opening).decode())
    play.sockets.add(socket)
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await _answer(play, socket, msgspec.json.decode(message.data))
    finally:
        play.sockets.discard(socket)
    return socket


async def _answer(play: Play, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
    play.commands.append(frame)
    refusal = play.refuse.get(frame["verb"])
    error = {"key": "refused", "text": refusal} if refusal else None
    done = {"type": "done", "id": frame["id"], "ok": error is None, "error": error}
    await socket.send_str(msgspec.json.encode(done).decode())
    follows = {
        "answer": "talking",
        "decline": "ready",
        "hold": "hold",
        "resume": "talking",
        "hang_up": "wrapup",
        "finish": "ready",
        "set_ready": "ready",
        "set_paused": "paused",
        "start_shift": "paused",
        "end_shift": "offline",
        "dial": "dialling",
        "consult_number": "consult",
        "consult_agent": "consult",
        "consult_cancel": "talking",
        "consult_complete": "wrapup",
    }.get(frame["verb"])
    if follows and error is None:
        await play.show(follows)


async def change_scene(request: web.Request) -> web.StreamResponse:
    await request.app[PLAY].show(request.match_info["scene"])
    return web.Response(text=request.match_info["scene"])


STAGE = Component(
    name="stage",
    permissions=(DESK,),
    routes=(
        Route("GET", "/socket", open_socket, needs=SIGNED_IN),
        Route("GET", "/stage/{scene}", change_scene, needs=PUBLIC),
    ),
)


async def _seed(tx: Tx, *, russian: bool) -> None:
    """Two weeks of nothing and one busy day."""
    session = tx.session
    user = await create_user(
        tx,
        login="agent",
        name="Мария Орлова" if russian else "Maria Orlova",
        role=Role.AGENT,
        password=PASSWORD,
        language="ru" if russian else "en",
    )
    await set_preferences(tx, user.id, theme="light")
    session.add(Agent(id=1, user_id=user.id, extension="101", sip_secret="x"))
    script = SCRIPT_RU if russian else SCRIPT
    for name, title in (("support", "Поддержка" if russian else "Support"), ("vip", "VIP")):
        session.add(Queue(name=name, title=title, script=script, created_at=tx.now))
    await session.flush()
    session.add_all(QueueMember(queue=name, agent_id=1) for name in ("support", "vip"))
    session.add_all(
        Disposition(code=code, key=key, title=title, title_ru=title_ru, callback=code == "callback")
        for key, (code, title, title_ru) in enumerate(OUTCOMES, 1)
    )
    session.add_all(
        PauseReason(code=code, title_en=english, title_ru=other, allowed_minutes=minutes, order=order)
        for order, (code, english, other, minutes) in enumerate(REASONS)
    )
    _seed_day(tx, russian=russian)


async def _seed_people(transactions: Transactions, *, russian: bool) -> None:
    """`PERSON` is the one who calls; three share another number."""
    first, last = ("Анна", "Петрова") if russian else ("Anna", "Petrova")
    company = "Север Логистик" if russian else "Sever Logistics"
    note = "Заказ 48213 опаздывает на два дня." if russian else "Order 48213 is two days late."
    await add_person(
        transactions, first, last, "+74955550142", SHARED, company=company, segment="gold", notes=note,
        zone="Europe/Moscow", emails=("anna@example.com",),
    )  # fmt: skip
    await add_person(transactions, "Олег" if russian else "Oleg", "Петров" if russian else "Petrov", SHARED)
    await add_company(transactions, "Склад" if russian else "Warehouse", SHARED)


def _seed_day(tx: Tx, *, russian: bool) -> None:
    session = tx.session
    session.add(
        CallRow(
            id=CALL_ID,
            direction=Direction.INBOUND,
            number="+74955550142",
            queue="support",
            agent_id=1,
            contact_id=PERSON,
            started_at=tx.now - timedelta(minutes=5),
            outcome=Outcome.OPEN,
        )
    )
    notes = (
        ("Подтвердить окно у склада, ср 9–12.", "")
        if russian
        else ("Confirm the slot with the warehouse.", "")
    )
    for index in range(8):
        started = tx.now - timedelta(minutes=12 + 9 * index)
        session.add(
            CallRow(
                id=f"past.{index}",
                direction=Direction.OUTBOUND if index % 3 == 1 else Direction.INBOUND,
                number=f"+7495555{1000 + index * 37}",
                queue="support" if index % 2 else "vip",
                agent_id=1,
                started_at=started,
                connected_at=started + timedelta(seconds=11),
                ended_at=started + timedelta(minutes=4),
                talk_ms=200_000 + index * 9_000,
                wrap_ms=30_000,
                hold_ms=5_000,
                outcome=Outcome.ANSWERED,
                disposition=OUTCOMES[index % 5][0],
                note=notes[index % 2],
                recording_state=RecordingState.READY if index % 2 == 0 else RecordingState.NONE,
            )
        )
    for index, number in enumerate((UNKNOWN, "+78125550109")):
        session.add(
            CallRow(
                id=f"missed.{index}",
                direction=Direction.INBOUND,
                number=number,
                queue="vip",
                started_at=tx.now - timedelta(minutes=25 + 40 * index),
                outcome=Outcome.ABANDONED,
            )
        )
    people = (
        (("Павел Ильин", "договор", 12), ("Наталья Белова", "", -6))
        if russian
        else (("Pavel Ilyin", "contract", 12), ("Natalia Belova", "", -6))
    )
    for name, note, minutes in people:
        session.add(
            Callback(
                number="+74955550111",
                name=name,
                agent_id=1,
                due_at=tx.now + timedelta(minutes=minutes),
                note=note,
                created_by="agent",
                created_at=tx.now,
            )
        )
    steps = (
        (State.OFFLINE, Trigger.START, State.PAUSED, 95),
        (State.PAUSED, Trigger.READY, State.READY, 92),
        (State.READY, Trigger.CONNECT, State.TALKING, 80),
        (State.TALKING, Trigger.END, State.WRAPUP, 60),
        (State.WRAPUP, Trigger.FINISH, State.READY, 55),
        (State.READY, Trigger.PAUSE, State.PAUSED, 48),
        (State.PAUSED, Trigger.READY, State.READY, 34),
        (State.READY, Trigger.CONNECT, State.TALKING, 30),
        (State.TALKING, Trigger.HOLD, State.HOLD, 14),
        (State.HOLD, Trigger.RESUME, State.TALKING, 11),
        (State.TALKING, Trigger.END, State.WRAPUP, 6),
        (State.WRAPUP, Trigger.FINISH, State.READY, 3),
    )
    session.add_all(
        AgentTransition(
            agent_id=1,
            at=tx.now - timedelta(minutes=minutes),
            last=last,
            trigger=trigger,
            state=state,
            last_ms=0,
        )
        for last, trigger, state, minutes in steps
    )


@dataclass(slots=True)
class Stage:
    """A running desk."""

    url: str
    play: Play


@asynccontextmanager
async def desk_stage(folder: Path, *, russian: bool = False, port: int = 0) -> AsyncIterator[Stage]:
    """Serve the desk of one agent on loopback."""
    database = Database(f"sqlite:///{make_sqlite_template(folder / f'stage-{russian}.sqlite')}")
    clock = SystemClock()
    bus = LocalBus()
    transactions = Transactions(database, bus, clock)
    async with transactions.begin(system_actor("stage")) as tx:
        await _seed(tx, russian=russian)
    await _seed_people(transactions, russian=russian)
    components = (shell.COMPONENT, desk.COMPONENT, CALLS, *CRM, STAGE)
    app = make_web_app(
        transactions=transactions,
        settings=WebSettings(
            company="Sever" if not russian else "Север", home_region="RU", zone="UTC", demo=True
        ),
        components=components,
        templates=make_templates([c.templates for c in components if c.templates]),
        assets=load_assets(),
    )

    async def own_agent_id(_request: web.Request) -> int | None:
        return 1

    app[PAGES] = CallPages(recordings=folder, own_agent_id=own_agent_id)
    app[desk.DESK_PAGES] = desk.DeskPages(names_of=names_of)
    app[PLAY] = play = Play(clock, russian=russian)
    app[DEMO_LOGINS] = (DemoLogin("agent", PASSWORD, "Maria Orlova", "Agent"),)

    async def bound(events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, ContactBound):
                play.bound = event.contact_id
                await play.show(play.scene)

    bus.subscribe("stage", (ContactBound,), bound)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, bound = runner.addresses[0][:2]
    try:
        yield Stage(url=f"http://{host}:{bound}", play=play)
    finally:
        await runner.cleanup()
        await bus.aclose()
        await database.aclose()


async def _serve(port: int, *, russian: bool) -> None:
    with TemporaryDirectory() as folder:
        async with desk_stage(Path(folder), russian=russian, port=port) as stage:
            print(f"{stage.url}/login   scenes: {', '.join(SCENES)}")  # noqa: T201 - a program for people
            await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=8490)
    arguments.add_argument("--russian", action="store_true")
    given = arguments.parse_args()
    asyncio.run(_serve(given.port, russian=given.russian))
