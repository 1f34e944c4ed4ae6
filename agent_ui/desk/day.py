"""The agent's day as the desk draws it: figures, a ribbon of states, a line for each call. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.agents.machine import State
from callcenter.agents.queries import Stint
from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, Outcome, RecordingState
from callcenter.kernel.i18n import Translator, marked

# shorter pieces would be invisible and only cost elements; the part is for a shift that has just begun
SHORTEST_PIECE = timedelta(seconds=20)
SHORTEST_PART = 1 / 120

STATE_TITLES = {
    State.OFFLINE: marked("Off shift"),
    State.READY: marked("Ready"),
    State.RINGING: marked("Ringing"),
    State.DIALLING: marked("Dialling"),
    State.TALKING: marked("Talking"),
    State.HOLD: marked("On hold"),
    State.WRAPUP: marked("Wrap-up"),
    State.PAUSED: marked("Paused"),
    State.NOT_RESPONDING: marked("Not responding"),
}
LEGEND = (State.TALKING, State.WRAPUP, State.READY, State.PAUSED)


@dataclass(frozen=True, slots=True)
class Piece:
    """A coloured part of the ribbon."""

    state: str
    seconds: int
    title: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure or a legend entry: a title and its value as text."""

    title: str
    value: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call in the list."""

    id: str
    number: str
    name: str
    contact_id: int | None
    icon: str
    missed: bool
    where: str
    outcome: str
    note: str
    recorded: bool
    seconds: int
    started_at: datetime


def clock_text(seconds: float) -> str:
    """1:05 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ribbon(stints: Sequence[Stint], translate: Translator) -> list[Piece]:
    """The day in colours; a short stint is drawn with its neighbour."""
    pieces: list[Piece] = []
    if not stints:
        return pieces
    shortest = min(SHORTEST_PIECE, (stints[-1].ended_at - stints[0].started_at) * SHORTEST_PART)
    for stint in stints:
        length = stint.ended_at - stint.started_at
        title = f"{translate(STATE_TITLES[stint.state])} {clock_text(length.total_seconds())}"
        piece = Piece(stint.state.value, round(length.total_seconds()), title, stint.started_at)
        last = pieces[-1] if pieces else None
        if last is not None and timedelta(seconds=last.seconds) < shortest:
            pieces[-1] = Piece(piece.state, last.seconds + piece.seconds, piece.title, last.started_at)
        elif last is not None and (length < shortest or last.state == piece.state):
            pieces[-1] = Piece(last.state, last.seconds + piece.seconds, last.title, last.started_at)
        else:
            pieces.append(piece)
    return pieces


def _seconds_in(stints: Sequence[Stint], *states: State) -> float:
    return sum((s.ended_at - s.started_at).total_seconds() for s in stints if s.state in states)


def legend(stints: Sequence[Stint], translate: Translator) -> list[Shown]:
    """How long in each state that matters."""
    grouped = {state: _seconds_in(stints, state) for state in LEGEND}
    grouped[State.TALKING] += _seconds_in(stints, State.HOLD)
    return [
        Shown(translate(STATE_TITLES[state]), clock_text(seconds), state.value)
        for state, seconds in grouped.items()
        if seconds >= 1
    ]


def facts(
    calls: Sequence[CallRow], stints: Sequence[Stint], day_start: datetime, translate: Translator
) -> list[Shown]:
    """Calls, talk and handling time, how much of the shift was work."""
    today = [row for row in calls if row.started_at >= day_start and row.connected_at is not None]
    handled = [row.talk_ms + row.hold_ms + row.wrap_ms for row in today]
    shift = sum((s.ended_at - s.started_at).total_seconds() for s in stints if s.state is not State.OFFLINE)
    working = _seconds_in(stints, State.TALKING, State.HOLD, State.WRAPUP, State.RINGING, State.DIALLING)
    shown = [Shown(translate(marked("Calls")), str(len(today)))]
    if handled:
        shown.append(Shown(translate(marked("AHT")), clock_text(sum(handled) / len(handled) / 1000)))
    if shift >= 60:
        shown.append(Shown(translate(marked("Occupancy")), f"{round(100 * working / shift)}%"))
    return shown


def line(
    row: CallRow,
    names: Mapping[int, str],
    queue_titles: Mapping[str, str],
    outcome_titles: Mapping[str, str],
    translate: Translator,
) -> CallLine:
    """A call as the list shows it."""
    inbound = row.direction == Direction.INBOUND
    way = translate(marked("inbound")) if inbound else translate(marked("outbound"))
    queue = queue_titles.get(row.queue, row.queue)
    missed = row.outcome not in (Outcome.ANSWERED, Outcome.OPEN)
    return CallLine(
        id=row.id,
        number=row.number or row.number_raw,
        name=names.get(row.contact_id or 0, ""),
        contact_id=row.contact_id,
        icon="miss" if missed else "in" if inbound else "out",
        missed=missed,
        where=f"{queue}, {way}" if queue else way,
        outcome=outcome_titles.get(row.disposition, row.disposition),
        note=row.note,
        recorded=row.recording_state == RecordingState.READY,
        seconds=round((row.talk_ms + row.hold_ms) / 1000),
        started_at=row.started_at,
    )
