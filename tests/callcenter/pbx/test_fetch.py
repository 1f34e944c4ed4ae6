"""Finding an Asterisk without the network: PATH, cache, and sentences when there is none."""

from pathlib import Path

import pytest

from callcenter.pbx.asterisk import installed
from callcenter.pbx.errors import PbxError
from callcenter.pbx.fetch import cache_folder, find, sources
from callcenter.pbx.modules import ALL


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def tree(cache: Path, version: str, *, without: str = "") -> Path:
    """A cached tree whose loader says a version."""
    place = cache / "callcenter" / f"asterisk-{version}"
    program(place / "ld.so", f"echo Asterisk {version}")
    program(place / "sbin/asterisk", "")
    (place / "modules").mkdir()
    for name in set(ALL) - {without}:
        (place / "modules" / f"{name}.so").touch()
    return place


def test_the_cache_is_where_the_desktop_says(tmp_path: Path) -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/callcenter")
    assert cache_folder({"HOME": "/h"}) == Path("/h/.cache/callcenter")


def test_a_kept_tree_is_used_without_asking_anybody(tmp_path: Path) -> None:
    place = tree(tmp_path, "22.1.2")

    found = find({"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)})

    assert (found.version, found.modules) == ((22, 1, 2), place / "modules")
    assert found.command[0] == str(place / "ld.so")


def test_a_kept_tree_without_a_module_that_we_load_now_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, "22.1.2", without="app_queue")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    with pytest.raises(PbxError, match="apt-get"):
        find({"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)})


def test_a_kept_tree_that_would_borrow_the_machines_libraries_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tree(tmp_path, "22.1.2")
    (place / "lib").mkdir()
    (place / "lib/libnss3.so").touch()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    with pytest.raises(PbxError, match="apt-get"):
        find({"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)})
    for name in ("libsoftokn3", "libfreebl3", "libfreeblpriv3"):
        (place / f"lib/{name}.so").touch()

    assert find({"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)}).modules == place / "modules"


def test_an_older_asterisk_on_the_path_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "asterisk", "echo Asterisk 18.9.0")

    assert installed(str(tmp_path)) is None


def test_an_asterisk_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "asterisk", "exit 1")

    assert installed(str(tmp_path)) is None


def test_debians_archive_is_asked_for_the_suites_that_have_asterisk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key.gpg"
    key.touch()
    rows = [
        f"Debian|http://archive.example/debian/|bookworm|{key}",
        f"Debian|http://s.example/|bookworm-security|{key}",
    ]
    program(tmp_path / "apt-get", "\n".join(f"echo '{row}'" for row in rows))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    found = sources()

    assert [(s.uri, s.suites, s.keyring) for s in found] == [
        ("http://archive.example/debian/", ("forky",), key),
        ("http://archive.example/debian/", ("sid",), key),
    ]


def test_ubuntus_own_archive_is_used_with_its_universe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key.gpg"
    key.touch()
    program(tmp_path / "apt-get", f"echo 'Ubuntu|http://archive.example/ubuntu/|noble|{key}'")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    (found,) = sources()

    assert (found.suites, found.components) == (("noble", "noble-updates"), ("main", "universe"))


def test_without_an_archive_the_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "apt-get", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(PbxError, match="apt-get update"):
        sources()


def test_a_failing_apt_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "apt-get", "echo 'E: The list of sources could not be read.' >&2; exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(PbxError, match="The list of sources could not be read"):
        sources()
