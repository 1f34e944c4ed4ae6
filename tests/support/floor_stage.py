"""The floor without a telephone: the real pages and the real socket over a board that plays a busy morning.

python -m tests.support.floor_stage [--port 8491] [--russian]
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from aiohttp import web

from agent_ui import admin, shell, socket, supervisor
from agent_ui.shell.assets import load_assets
from callcenter import dialer
from callcenter.agents import routes as agent_routes
from callcenter.agents.events import CommandDone, CommandIssued
from callcenter.agents.machine import State, Trigger
from callcenter.agents.models import Agent, AgentTransition, PauseReason
from callcenter.calls import routes as call_routes
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, OfferRow, Outcome, RecordingState
from callcenter.dialer.campaigns.simulating import TRIALS
from callcenter.dialer.campaigns.trials import Trials
from callcenter.kernel.auth import Role, User, create_user, set_preferences
from callcenter.kernel.bus import LocalBus
from callcenter.kernel.clock import Clock, SystemClock, iso
from callcenter.kernel.db import Database
from callcenter.kernel.errors import Unavailable
from callcenter.kernel.events import Event
from callcenter.kernel.tasks import Tasks
from callcenter.kernel.tx import Transactions, Tx, system_actor
from callcenter.kernel.web import WebSettings, make_templates, make_web_app
from callcenter.live.board import Board, Doc
from callcenter.live.events import BoardChanged, BoardTaken, BoardWanted
from callcenter.live.mirror import EVENTS, Mirror
from callcenter.queues import routes as queue_routes
from callcenter.queues.models import InboundNumber, Queue, QueueMember
from reports import wallboard
from tests.support.database import make_sqlite_template
from tests.support.people import PASSWORD

Seed = Callable[[Tx, bool], Awaitable[None]]
LOGIN = "elena"
QUEUES = (
    # name, title, Russian title, waiting, longest, ready, in target, answered, abandoned
    ("vip", "VIP", "VIP", 1, 112, 0, 46, 62, 3),
    ("delivery", "Delivery", "Доставка", 3, 51, 1, 148, 184, 6),
    ("support", "Support", "Поддержка", 3, 38, 3, 372, 410, 12),
    ("sales", "Sales", "Продажи", 0, 0, 2, 197, 209, 3),
)
AGENTS = (
    # name, Russian name, state, seconds, queue, with, Russian with, calls, reason
    ("Daniil Kozlov", "Даниил Козлов", "wrapup", 141, "support", "Ivan Sokol", "Иван Сокол", 24, ""),
    ("Olga Smirnova", "Ольга Смирнова", "hold", 156, "vip", "+79215550177", "+79215550177", 31, ""),
    ("Maria Orlova", "Мария Орлова", "talking", 277, "support", "Anna Petrova", "Анна Петрова", 37, ""),
    ("Peter Novak", "Пётр Новак", "talking", 492, "delivery", "Sever Logistics", "Север Логистик", 22, ""),
    ("Elena Vetrova", "Елена Ветрова", "talking", 80, "vip", "Grace Okafor", "Grace Okafor", 19, ""),
    ("Igor Komarov", "Игорь Комаров", "talking", 44, "delivery", "+78125550109", "+78125550109", 28, ""),
    ("Nadia Larina", "Надежда Ларина", "ringing", 6, "support", "Pavel Ilyin", "Павел Ильин", 33, ""),
    ("Timur Saitov", "Тимур Саитов", "ready", 12, "support sales", "", "", 35, ""),
    ("Anna Weber", "Анна Вебер", "ready", 125, "sales", "", "", 17, ""),
    ("Roman Frolov", "Роман Фролов", "wrapup", 31, "support", "Natalia Belova", "Наталья Белова", 29, ""),
    ("Sofia Grin", "София Грин", "paused", 680, "support", "", "", 26, "lunch"),
    ("Lev Antonov", "Лев Антонов", "talking", 185, "sales", "Irina Klim", "Ирина Клим", 30, ""),
    ("Zoya Belkina", "Зоя Белкина", "talking", 138, "support", "James Lowe", "James Lowe", 27, ""),
    ("Farid Aliev", "Фарид Алиев", "ready", 48, "delivery", "", "", 21, ""),
    ("Gleb Zimin", "Глеб Зимин", "not-responding", 75, "support", "", "", 9, ""),
    ("Vera Lin", "Вера Лин", "offline", 5000, "support", "", "", 0, ""),
)
HOURS = (2, 1, 0, 0, 0, 1, 4, 9, 16, 24, 29, 21, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
REASONS = (
    ("break", "Break", "Перерыв", 15),
    ("lunch", "Lunch", "Обед", 45),
    ("meeting", "Meeting", "Планёрка", 0),
)


class Play:
    """A board that a test or a person behind the scenes moves."""

    def __init__(self, bus: LocalBus, clock: Clock, *, russian: bool = False) -> None:
        self._bus = bus
        self._clock = clock
        self._russian = russian
        self.board = Board()
        self.commands: list[CommandIssued] = []
        self.sockets = socket.OpenSockets()
        self.deaf = False
        bus.subscribe("stage.board", (BoardWanted,), self._wanted)
        bus.subscribe("stage.commands", (CommandIssued,), self._command)

    def ago(self, seconds: float) -> str:
        return iso(self._clock.now() - timedelta(seconds=seconds))

    def put(self, kind: str, key: str, **changes: object) -> None:
        """Change a document, or make one."""
        doc = self.board.docs[kind].get(key, {}) | changes
        delta = self.board.put(kind, key, doc)
        if delta is not None:
            self._bus.publish(
                BoardChanged(
                    at=self._clock.now(),
                    epoch="stage",
                    seq=delta.seq,
                    kind=kind,
                    key=key,
                    doc_json=msgspec.json.encode(doc).decode(),
                )
            )

    async def cut(self) -> None:
        """Break every page's link, and let none come back."""
        self.deaf = True
        for one in tuple(self.sockets.sockets):
            await one.close(code=1012)

    async def _wanted(self, _events: Sequence[Event]) -> None:
        self._bus.publish(
            BoardTaken(
                at=self._clock.now(),
                epoch="stage",
                seq=self.board.seq,
                docs_json=msgspec.json.encode(self.board.docs).decode(),
            )
        )

    async def _command(self, events: Sequence[Event]) -> None:
        """A supervisor's command is done at once."""
        for event in events:
            if not isinstance(event, CommandIssued):
                continue
            self.commands.append(event)
            states = {"supervise_ready": "ready", "supervise_pause": "paused", "supervise_logout": "offline"}
            self.put(
                "agent",
                event.args["agent_id"],
                state=states[event.verb],
                reason=event.args.get("reason", ""),
                since=self.ago(0),
            )
            self._bus.publish(CommandDone(at=self._clock.now(), command_id=event.command_id, ok=True))

    def morning(self) -> None:
        """The floor at a quarter to twelve."""
        for name, title, title_ru, waiting, longest, ready, in_target, answered, abandoned in QUEUES:
            self.put(
                "queue",
                name,
                name=name,
                title=title_ru if self._russian else title,
                waiting=waiting,
                longest_since=self.ago(longest) if waiting else None,
                ready=ready,
                talking=3,
                agents=9,
                offered=answered + abandoned + waiting,
                answered=answered,
                answered_in_target=in_target,
                abandoned=abandoned,
                short_abandoned=2,
                service_level=round(in_target / (answered + abandoned), 4),
                target=0.8,
                threshold_s=20,
                wait_limit_s=60,
                hours=[round(h * answered / 120) for h in HOURS],
            )
        for key, line in enumerate(AGENTS, start=1):
            self.put("agent", str(key), **self._agent(key, line))
        self.put(
            "campaign",
            "1",
            id=1,
            name="Весенние подписки" if self._russian else "Spring renewals",
            status="running",
            mode="progressive",
            leads=1200,
            dialable=874,
            in_flight=3,
            attempts=326,
            answered=141,
            connected=139,
            abandoned=2,
            agents=4,
            ready=1,
            last_refusals={},
        )

    def _agent(self, key: int, line: tuple[str, str, str, int, str, str, str, int, str]) -> Doc:
        name, name_ru, state, seconds, queues, other, other_ru, calls, reason = line
        number = other if other.startswith("+") else "+74955550142"
        deadline = {"wrapup": 120, "ringing": 20}.get(state)
        since = self._clock.now() - timedelta(seconds=seconds)
        return {
            "id": key,
            "name": name_ru if self._russian else name,
            "extension": str(200 + key),
            "state": state,
            "reason": reason,
            "next": {"state": "ready", "reason": ""} if other else None,
            "since": iso(since),
            "deadline": iso(since + timedelta(seconds=deadline)) if deadline else None,
            "phone": "down" if state == "offline" else "up",
            "phone_registered": state != "offline",
            "recovering": None,
            "leg_mode": "nailed",
            "queues": queues.split(),
            "campaigns": [],
            "call": {
                "call_id": f"call-{key}",
                "direction": "in",
                "queue": queues,
                "campaign": None,
                "number": number,
                "name": "" if other.startswith("+") else other_ru if self._russian else other,
                "contact_id": None,
                "offered_at": self.ago(seconds + 8),
                "answered_at": None if state == "ringing" else self.ago(seconds),
                "held": state == "hold",
                "recording": "on",
                "consult": None,
            }
            if other
            else None,
            "today": {
                "calls": calls,
                "talk_s": calls * 214,
                "wrap_s": calls * 31,
                "hold_s": calls * 9,
                "paused_s": 1840,
                "ready_s": calls * 58,
            },
        }


async def _seed(tx: Tx, *, russian: bool) -> None:
    """The rows behind the board: a supervisor, agents, and the third agent's day."""
    session = tx.session
    language = "ru" if russian else "en"
    elena = await create_user(
        tx,
        login=LOGIN,
        name="Елена Ветрова" if russian else "Elena Vetrova",
        role=Role.ADMINISTRATOR,
        password=PASSWORD,
        language=language,
    )
    await set_preferences(tx, elena.id, theme="light")
    for name, title, title_ru, *_ in QUEUES:
        session.add(Queue(name=name, title=title_ru if russian else title, created_at=tx.now))
    await session.flush()
    for order, (code, title_en, title_ru, minutes) in enumerate(REASONS):
        session.add(
            PauseReason(code=code, title_en=title_en, title_ru=title_ru, allowed_minutes=minutes, order=order)
        )
    session.add(InboundNumber(number="+74955550100", queue="support", language=language))
    for key, (name, name_ru, *_rest) in enumerate(AGENTS, start=1):
        user = User(
            login=f"agent{key}",
            name=name_ru if russian else name,
            role=Role.AGENT,
            password_hash=elena.password_hash,
            language=language,
            created_at=tx.now,
        )
        session.add(user)
        await session.flush()
        session.add(Agent(id=key, user_id=user.id, extension=str(200 + key), sip_secret="drawn-at-random"))
        session.add(QueueMember(queue="support", agent_id=key))
        _hours(tx, key)
    _day(tx, 3)


def _hours(tx: Tx, agent_id: int) -> None:
    for hour in range(1, 9):
        for number in range((agent_id * hour * 7) % 6 + 1):
            call_id = f"row-{agent_id}-{hour}-{number}"
            at = tx.now - timedelta(hours=9 - hour, seconds=number * 60)
            talk = 30_000 + (agent_id * 7919 + number * 104729 + hour * 1299709) % 400_000
            tx.session.add(
                CallRow(
                    id=call_id,
                    direction=Direction.INBOUND,
                    number=f"+7495555{1000 + (agent_id * hour * number * 37) % 9000}",
                    queue="support",
                    agent_id=agent_id,
                    started_at=at,
                    joined_at=at,
                    answered_at=at,
                    connected_at=at,
                    ended_at=at + timedelta(milliseconds=talk),
                    talk_ms=talk,
                    outcome=Outcome.ANSWERED,
                    disposition=("Resolved", "Refund", "Sale", "")[number % 4],
                    recording_state=RecordingState.READY if number % 2 else RecordingState.NONE,
                )
            )
            tx.session.add(
                OfferRow(
                    call_id=call_id,
                    agent_id=agent_id,
                    queue="support",
                    offered_at=at,
                    connected_at=at,
                    ended_at=at,
                    result="connected",
                )
            )


def _day(tx: Tx, agent_id: int) -> None:
    steps = (
        (State.OFFLINE, Trigger.START, State.PAUSED, 250),
        (State.PAUSED, Trigger.READY, State.READY, 240),
        (State.READY, Trigger.CONNECT, State.TALKING, 228),
        (State.TALKING, Trigger.END, State.WRAPUP, 150),
        (State.WRAPUP, Trigger.FINISH, State.READY, 140),
        (State.READY, Trigger.CONNECT, State.TALKING, 130),
        (State.TALKING, Trigger.HOLD, State.HOLD, 72),
        (State.HOLD, Trigger.RESUME, State.TALKING, 66),
        (State.TALKING, Trigger.END, State.WRAPUP, 40),
        (State.WRAPUP, Trigger.FINISH, State.PAUSED, 30),
        (State.PAUSED, Trigger.READY, State.READY, 14),
        (State.READY, Trigger.CONNECT, State.TALKING, 4),
    )
    for last, trigger, state, minutes in steps:
        tx.session.add(
            AgentTransition(
                agent_id=agent_id,
                at=tx.now - timedelta(minutes=minutes),
                last=last,
                trigger=trigger,
                state=state,
                last_ms=0,
            )
        )


def _noon(clock: Clock) -> str:
    """A zone where it is late in the morning, so that the stage has a day behind it at any hour."""
    ahead = (11 - clock.now().hour) % 24
    ahead -= 24 if ahead > 14 else 0
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@asynccontextmanager
async def open_stage(
    folder: Path, port: int, clock: Clock, *, russian: bool = False, more: Seed | None = None
) -> AsyncIterator[tuple[str, Play]]:
    """Serve the stage; gives its address and the play. `more` adds rows."""
    make_sqlite_template(folder / "stage.sqlite")
    database = Database(f"sqlite:///{folder / 'stage.sqlite'}")
    bus = LocalBus()
    transactions = Transactions(database, bus, clock)
    async with transactions.begin(system_actor("stage")) as tx:
        await _seed(tx, russian=russian)
        if more is not None:
            await more(tx, russian)
    rooms = (
        shell.COMPONENT,
        socket.COMPONENT,
        supervisor.COMPONENT,
        wallboard.COMPONENT,
        call_routes.COMPONENT,
        agent_routes.COMPONENT,
        queue_routes.COMPONENT,
        admin.COMPONENT,
        dialer.COMPONENT,
    )
    app = make_web_app(
        transactions=transactions,
        settings=WebSettings(
            company="Поддержка, Москва" if russian else "Support, Moscow",
            home_region="RU",
            zone=_noon(clock),
        ),
        components=rooms,
        templates=make_templates([room.templates for room in rooms if room.templates is not None]),
        assets=load_assets(),
    )
    mirror = Mirror(bus, clock)

    async def nobody(_request: web.Request) -> int | None:
        return None

    async def seat(_user_id: int) -> socket.Seat:
        if play.deaf:
            raise Unavailable
        return socket.Seat(agent_id=None, queues=frozenset(), sip=None)

    play = Play(bus, clock, russian=russian)
    app[socket.SOCKETS] = play.sockets
    app[socket.ROOM] = socket.SocketRoom(bus=bus, clock=clock, mirror=mirror, seat_of=seat)
    app[call_routes.PAGES] = call_routes.CallPages(recordings=folder, own_agent_id=nobody)
    app[wallboard.BOARD] = mirror
    tasks = Tasks()
    app[TRIALS] = Trials(tasks)
    app.on_shutdown.append(socket.close_sockets)
    bus.subscribe("live.mirror", EVENTS, mirror.receive, max_batch=200)
    play.morning()
    mirror.start()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}", play
    finally:
        await runner.cleanup()
        await tasks.aclose()
        await bus.aclose()
        await database.aclose()


async def main(port: int, *, russian: bool) -> None:
    with TemporaryDirectory() as folder:
        async with open_stage(Path(folder), port, SystemClock(), russian=russian) as (url, _play):
            print(f"{url}/supervisor as {LOGIN} / {PASSWORD}")  # noqa: T201 - a tool for people
            await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=8491)
    arguments.add_argument("--russian", action="store_true")
    chosen = arguments.parse_args()
    asyncio.run(main(chosen.port, russian=chosen.russian))
