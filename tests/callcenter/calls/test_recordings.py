"""Two sides become one stereo file, once."""

import asyncio
import json
import math
import wave
from array import array
from pathlib import Path

import pytest

from callcenter.calls.events import Direction
from callcenter.calls.models import CallRow, Outcome, RecordingState
from callcenter.calls.recordings import PEAKS, Recordings, join_sides, peaks_of
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.db import Database

RATE = 8000
LOUD, QUIET = 20_000, 2_000


def tone(seconds: float, loudness: int) -> "array[int]":
    return array("h", (round(loudness * math.sin(i / 3)) for i in range(round(seconds * RATE))))


def write(path: Path, samples: "array[int]") -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())


def read(path: Path) -> "tuple[int, array[int], array[int]]":
    with wave.open(str(path)) as joined:
        both = array("h")
        both.frombytes(joined.readframes(joined.getnframes()))
        return joined.getnchannels(), both[0::2], both[1::2]


def energy(samples: "array[int]") -> float:
    return math.sqrt(sum(s * s for s in samples) / max(1, len(samples)))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    raw, folder = tmp_path / "raw", tmp_path / "joined"
    raw.mkdir()
    folder.mkdir()
    return raw, folder


def test_the_customer_is_left_and_the_agent_right(tmp_path: Path) -> None:
    write(tmp_path / "in.wav", tone(1, LOUD))
    write(tmp_path / "out.wav", tone(1, QUIET))

    join_sides(tmp_path / "in.wav", tmp_path / "out.wav", tmp_path / "a" / "b.wav")

    channels, left, right = read(tmp_path / "a" / "b.wav")
    assert channels == 2
    assert energy(left) == pytest.approx(LOUD / math.sqrt(2), rel=0.02)
    assert energy(right) == pytest.approx(QUIET / math.sqrt(2), rel=0.02)


def test_the_shorter_side_ends_in_silence(tmp_path: Path) -> None:
    write(tmp_path / "in.wav", tone(1, LOUD))
    write(tmp_path / "out.wav", tone(3, QUIET))

    joined = join_sides(tmp_path / "in.wav", tmp_path / "out.wav", tmp_path / "b.wav")

    _, left, right = read(tmp_path / "b.wav")
    assert (joined.seconds, len(left), len(right)) == (3.0, 3 * RATE, 3 * RATE)
    assert energy(left[RATE:]) == 0
    assert energy(right[2 * RATE :]) > 0
    shown = json.loads((tmp_path / "b.json").read_text())
    assert shown["seconds"] == 3.0
    assert [len(side) for side in shown["peaks"]] == [PEAKS, PEAKS]


@pytest.mark.parametrize("length", [0, 1, 399, 400, 799, 8_001])
def test_peaks_cover_the_whole_of_it(length: int) -> None:
    samples = array("h", [0] * length)
    if length:
        samples[-1] = -32768

    peaks = peaks_of(samples, PEAKS)

    assert len(peaks) == PEAKS
    assert max(peaks) == (100 if length else 0)


async def _ended_call(database: Database, clock: ManualClock, *, connected: bool = True) -> None:
    now = clock.now()
    async with database.write() as session:
        session.add(
            CallRow(
                id="pbx-1.2",
                direction=Direction.INBOUND,
                started_at=now,
                connected_at=now if connected else None,
                ended_at=now,
                outcome=Outcome.ANSWERED,
                recording_state=RecordingState.RAW,
            )
        )


async def _begun(folder: Path) -> None:
    """What a crash in the middle of joining leaves."""
    (folder / "2026/03/02").mkdir(parents=True)
    (folder / "2026/03/02/pbx-1.2.part").write_bytes(b"half")


async def _state(database: Database) -> tuple[RecordingState, str]:
    async with database.read() as session:
        row = await session.get(CallRow, "pbx-1.2")
        assert row is not None
        return RecordingState(row.recording_state), row.recording


def _sides(raw: Path) -> None:
    write(raw / "pbx-1.2-in.wav", tone(0.5, LOUD))
    write(raw / "pbx-1.2-out.wav", tone(0.5, QUIET))


async def test_an_ended_call_gets_its_file(
    database: Database, clock: ManualClock, folders: tuple[Path, Path]
) -> None:
    raw, folder = folders
    await _ended_call(database, clock)
    _sides(raw)
    clock.advance(2)

    await Recordings(database, clock, raw, folder).turn()

    assert await _state(database) == (RecordingState.READY, "2026/03/02/pbx-1.2.wav")
    assert (folder / "2026/03/02/pbx-1.2.wav").is_file()
    assert list(raw.iterdir()) == []


async def test_a_crash_after_joining_and_before_marking_is_made_good(
    database: Database, clock: ManualClock, folders: tuple[Path, Path]
) -> None:
    raw, folder = folders
    await _ended_call(database, clock)
    _sides(raw)
    target = folder / "2026/03/02/pbx-1.2.wav"
    await asyncio.to_thread(join_sides, raw / "pbx-1.2-in.wav", raw / "pbx-1.2-out.wav", target)
    clock.advance(2)

    await Recordings(database, clock, raw, folder).turn()

    assert (await _state(database))[0] is RecordingState.READY
    assert list(raw.iterdir()) == []


async def test_a_crash_in_the_middle_of_joining_is_made_good(
    database: Database, clock: ManualClock, folders: tuple[Path, Path]
) -> None:
    raw, folder = folders
    await _ended_call(database, clock)
    _sides(raw)
    await _begun(folder)
    clock.advance(2)

    await Recordings(database, clock, raw, folder).turn()

    assert (await _state(database))[0] is RecordingState.READY
    assert not (folder / "2026/03/02/pbx-1.2.part").exists()


async def test_a_recording_that_never_comes_is_given_up(
    database: Database, clock: ManualClock, folders: tuple[Path, Path]
) -> None:
    raw, folder = folders
    await _ended_call(database, clock)
    recordings = Recordings(database, clock, raw, folder)
    clock.advance(60)
    await recordings.turn()
    assert (await _state(database))[0] is RecordingState.RAW

    clock.advance(300)
    await recordings.turn()

    assert await _state(database) == (RecordingState.MISSING, "")


async def test_a_broken_side_is_given_up_too(
    database: Database, clock: ManualClock, folders: tuple[Path, Path]
) -> None:
    raw, folder = folders
    await _ended_call(database, clock)
    _sides(raw)
    (raw / "pbx-1.2-in.wav").write_bytes(b"not a wave file")
    clock.advance(400)

    await Recordings(database, clock, raw, folder).turn()

    assert (await _state(database))[0] is RecordingState.MISSING


def _without_sizes(path: Path) -> None:
    """As a file looks whose writer was killed: the header was written first and never finished."""
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = bytes(4)
    path.write_bytes(bytes(content))


async def test_what_an_asterisk_that_died_has_written_is_kept(
    database: Database, clock: ManualClock, folders: tuple[Path, Path]
) -> None:
    raw, folder = folders
    await _ended_call(database, clock)
    _sides(raw)
    _without_sizes(raw / "pbx-1.2-in.wav")
    clock.advance(2)

    await Recordings(database, clock, raw, folder).turn()

    assert (await _state(database))[0] is RecordingState.READY
    _, left, right = read(folder / "2026/03/02/pbx-1.2.wav")
    assert len(left) == len(right) == RATE // 2
    assert energy(left) == pytest.approx(LOUD / math.sqrt(2), rel=0.02)


@pytest.mark.parametrize(
    ("connected", "state"), [(True, RecordingState.MISSING), (False, RecordingState.NONE)]
)
async def test_empty_sides_are_removed(
    database: Database,
    clock: ManualClock,
    folders: tuple[Path, Path],
    connected: bool,
    state: RecordingState,
) -> None:
    raw, folder = folders
    await _ended_call(database, clock, connected=connected)
    for side in ("in", "out"):
        write(raw / f"pbx-1.2-{side}.wav", array("h"))
    clock.advance(2)

    await Recordings(database, clock, raw, folder).turn()

    assert await _state(database) == (state, "")
    assert list(raw.iterdir()) == []
