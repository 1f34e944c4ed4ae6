"""What is written, and what a running Asterisk has yet to read."""

import stat
from pathlib import Path

from callcenter.pbx import files
from callcenter.pbx.files import Change

TEXTS = dict.fromkeys(files.READ_BY, "; as it should be\n")


def folder(path: Path) -> Path:
    (path / "etc").mkdir()
    return path


def test_only_what_differs_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "numbers.conf").write_text("old")
    (tmp_path / "queues.conf").write_text(TEXTS["queues.conf"])

    found = files.changes(tmp_path, {n: TEXTS[n] for n in ("numbers.conf", "queues.conf", "pjsip.conf")})

    assert found == [
        Change("numbers.conf", "old", TEXTS["numbers.conf"]),
        Change("pjsip.conf", None, TEXTS["pjsip.conf"]),
    ]


def test_a_file_is_its_owners_alone_from_the_first_moment(tmp_path: Path) -> None:
    files.put(tmp_path, [Change("pjsip.conf", None, "password=s3cret")])

    assert stat.S_IMODE((tmp_path / "pjsip.conf").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["pjsip.conf"]


def test_what_changed_is_unread_until_asterisk_was_told(tmp_path: Path) -> None:
    place = folder(tmp_path)
    files.put(place / "etc", files.changes(place / "etc", TEXTS))
    at_first = files.unread(place)
    files.mark_read(place)
    then = files.unread(place)

    files.put(place / "etc", [Change("queues.conf", None, "[sales]")])

    assert set(at_first) == set(files.EVERY_MODULE)
    assert then == ()
    assert files.unread(place) == ("app_queue",)


def test_a_damaged_note_of_what_was_read_means_that_nothing_was(tmp_path: Path) -> None:
    place = folder(tmp_path)
    (place / "etc/numbers.conf").write_text("x")
    (place / "read.json").write_text("{")

    assert files.unread(place) == ("pbx_config",)
