from pathlib import Path

from callcenter.ami.recording import Masker, Recorder, replay


def test_a_recording_replays_with_its_times(tmp_path: Path) -> None:
    times = iter([10.0, 10.25, 12.0])
    recorder = Recorder(tmp_path / "a.ami", monotonic=lambda: next(times))

    recorder.write(b"Event: A\r\nName: Jos\xc3\xa9\n@1 2\n")
    recorder.write(b"Event: B")
    recorder.close()

    replayed = list(replay(tmp_path / "a.ami"))
    assert [(m.after_seconds, m.block) for m in replayed] == [
        (0.25, b"Event: A\r\nName: Jos\xc3\xa9\n@1 2\n"),
        (2.0, b"Event: B"),
    ]


def test_a_recording_that_was_cut_off_ends_with_its_last_whole_message(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.ami")
    recorder.write(b"Event: A")
    recorder.write(b"Event: B")
    recorder.close()
    whole = (tmp_path / "a.ami").read_bytes()

    (tmp_path / "a.ami").write_bytes(whole[:-4])

    assert [m.block for m in replay(tmp_path / "a.ami")] == [b"Event: A"]


def test_a_full_file_is_kept_under_a_number_and_the_oldest_goes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.ami", largest_bytes=20, keep=2)

    for number in range(4):
        recorder.write(b"Event: number-%d" % number)
    recorder.close()

    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ami.1", "a.ami.2"]
    assert [m.block for m in replay(tmp_path / "a.ami.1")] == [b"Event: number-3"]


def test_masking_hides_people_and_keeps_equal_numbers_equal() -> None:
    mask = Masker(b"salt")
    block = (
        b"Event: Newchannel\r\nCallerIDNum: +4930555111\r\nCallerIDName: Ann Example\r\n"
        b"ConnectedLineName: <unknown>\r\nExten: 4930555111\r\nUniqueid: 1795467911.12\r\nPriority: 1"
    )

    masked = mask(block)

    assert b"4930555111" not in masked
    assert b"Ann" not in masked
    lines = dict(line.split(b": ", 1) for line in masked.split(b"\r\n"))
    assert lines[b"CallerIDNum"] == b"+" + lines[b"Exten"]
    assert len(lines[b"Exten"]) == 10
    assert (lines[b"Uniqueid"], lines[b"ConnectedLineName"]) == (b"1795467911.12", b"<unknown>")
