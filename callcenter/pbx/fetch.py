"""Unpacks Asterisk from the host's own distribution into a private folder. Nothing is installed.

apt, pointed at folders of its own and at an empty list of installed packages, finds and downloads Asterisk
with every library it needs; `dpkg-deb -x` unpacks them, no maintainer script runs. As the tree brings its own
loader and libc, a newer release's Asterisk runs on an older host. Only what our modules link to is kept.
The mirror and its key are the ones that the host's apt already uses.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.pbx.asterisk import OLDEST, Asterisk, installed, unpacked
from callcenter.pbx.errors import PbxError
from callcenter.pbx.modules import ALL, OPTIONAL
from callcenter.pbx.progress import Progress, silent

_PACKAGES = ("asterisk", "asterisk-modules")
_UPDATE_SECONDS = 300
_DOWNLOAD_SECONDS = 1800
_UNPACK_SECONDS = 120
_LIBRARY = re.compile(r"=> (/\S+) \(")
# opened at run time, so that no list of links names them; the second group by libnss3, which libsrtp2 uses
_DLOPENED = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
_CRYPTO = ("libsoftokn3", "libfreebl3", "libfreeblpriv3")
_SHARED = ("documentation", "rest-api", "keys")


@dataclass(frozen=True, slots=True)
class Source:
    """A place in an archive that may hold an Asterisk new enough for us."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    keyring: Path


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where unpacked trees are kept between runs."""
    base = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".cache")
    return Path(base) / "callcenter"


def find(environ: Mapping[str, str], progress: Progress = silent) -> Asterisk:
    """The Asterisk to use: on the PATH, in the cache, or unpacked now (a minute, once). Blocking."""
    present = installed(environ.get("PATH"))
    if present is not None:
        return present
    cache = cache_folder(environ)
    cache.mkdir(parents=True, exist_ok=True)
    with _only_one(cache / "asterisk.lock"):
        kept = _cached(cache)
        return kept if kept is not None else _fetch(cache, progress)


def _cached(cache: Path) -> Asterisk | None:
    """The newest tree that has every module we load now (a later version of ours may want more)."""
    trees = [t for t in cache.glob("asterisk-*") if (t / "sbin/asterisk").exists()]
    for tree in sorted(trees, key=lambda t: t.stat().st_mtime, reverse=True):
        found = unpacked(tree)
        if _whole(tree) and not set(found.lacks(ALL)) - OPTIONAL:
            return found
    return None


def _whole(tree: Path) -> bool:
    """Has it what is opened at run time? An older version of ours left that to the machine."""
    lib = tree / "lib"
    return not (lib / "libnss3.so").exists() or all((lib / f"{name}.so").exists() for name in _CRYPTO)


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Two starts at once wait for each other: the second finds what the first unpacked."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(cache: Path, progress: Progress) -> Asterisk:
    for program in ("apt-get", "dpkg-deb", "dpkg"):
        if shutil.which(program) is None:
            raise PbxError(
                f"No Asterisk {OLDEST} or newer is on the PATH, and {program}, which would unpack one,"
                " is not here either. Install Asterisk with your system's package manager."
            )
    failures = []
    for source in sources():
        with tempfile.TemporaryDirectory(prefix="unpack-", dir=cache) as folder:
            work = Path(folder)
            try:
                _download(work, source, progress)
                root = _unpack(work, progress)
                tree = _slim(work, root, progress)
                return _keep(cache, tree)
            except PbxError as error:
                failures.append(f"{source.suites[0]}: {error}")
    raise PbxError("Asterisk could not be unpacked. " + " ".join(failures))


def sources() -> tuple[Source, ...]:
    """Where to look, best first, taken from the host's own apt configuration."""
    row = "$(ORIGIN)|$(REPO_URI)|$(CODENAME)|$(SIGNED_BY)"
    lines = _run(["apt-get", "indextargets", "--format", row, "Created-By: Packages"], seconds=60)
    found: list[Source] = []
    for line in lines.splitlines():
        origin, uri, codename, signed_by = (*line.split("|"), "", "", "")[:4]
        if origin == "Debian" and "security" not in codename:
            key = _keyring(signed_by, "debian")
            found.extend(Source(uri, (suite,), ("main",), key) for suite in ("forky", "sid"))
        elif origin == "Ubuntu" and "-" not in codename:
            suites = (codename, f"{codename}-updates")
            found.append(Source(uri, suites, ("main", "universe"), _keyring(signed_by, "ubuntu")))
    if not found:
        raise PbxError(
            f"No Asterisk {OLDEST} or newer is on the PATH, and apt here knows no Debian or Ubuntu archive"
            " to take one from. Add one and run `apt-get update` as root, or install Asterisk yourself."
        )
    return tuple(dict.fromkeys(found))


def _keyring(signed_by: str, distribution: str) -> Path:
    named = Path(signed_by)
    if signed_by.startswith("/") and named.exists():
        return named
    usual = Path(f"/usr/share/keyrings/{distribution}-archive-keyring.gpg")
    if not usual.exists():
        raise PbxError(
            f"The keys that sign {distribution.capitalize()}'s archive are missing:"
            f" install the package {distribution}-archive-keyring."
        )
    return usual


def _download(work: Path, source: Source, progress: Progress) -> None:
    apt = work / "apt"
    for folder in ("lists/partial", "archives/partial", "empty"):
        (apt / folder).mkdir(parents=True)
    (apt / "status").touch()
    suites = "\n".join(
        f"deb [signed-by={source.keyring}] {source.uri} {suite} {' '.join(source.components)}"
        for suite in source.suites
    )
    (apt / "sources.list").write_text(suites + "\n")
    (apt / "apt.conf").write_text(
        f"""
        Dir::State "{apt}"; Dir::State::lists "{apt}/lists"; Dir::State::status "{apt}/status";
        Dir::Cache "{apt}"; Dir::Cache::archives "{apt}/archives"; Dir::Log "{apt}";
        Dir::Etc::sourcelist "{apt}/sources.list"; Dir::Etc::sourceparts "{apt}/empty";
        Dir::Etc::preferences "{apt}/none"; Dir::Etc::preferencesparts "{apt}/empty";
        APT::Install-Recommends "false"; APT::Sandbox::User ""; Acquire::Languages "none";
        Acquire::Retries "3"; APT::Keep-Downloaded-Packages "true";
        #clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success;
        #clear DPkg::Pre-Install-Pkgs; #clear DPkg::Post-Invoke;
        """
    )
    progress("reading the package list", 0, 0)
    environ = {**os.environ, "APT_CONFIG": str(apt / "apt.conf"), "LC_ALL": "C"}
    said = _run(["apt-get", "-q", "update"], seconds=_UPDATE_SECONDS, environ=environ)
    if "Failed to fetch" in said:
        raise PbxError("The archive could not be reached; check the network and the proxy settings of apt.")
    candidate = _run(["apt-cache", "show", "--no-all-versions", "asterisk"], seconds=60, environ=environ)
    version = re.search(r"^Version: (?:\d+:)?(\d+)\.", candidate, re.MULTILINE)
    if version is None or int(version[1]) < OLDEST:
        raise PbxError(f"it has no Asterisk {OLDEST} or newer.")
    progress("reading the package list", 1, 1)
    _download_packages(environ, progress)


def _download_packages(environ: Mapping[str, str], progress: Progress) -> None:
    reader, writer = os.pipe()
    options = ("-y", "-qq", "-o", f"APT::Status-Fd={writer}", "--download-only")
    command = ["apt-get", *options, "install", *_PACKAGES]
    process = subprocess.Popen(  # noqa: S603
        command,
        env=environ,
        pass_fds=(writer,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    with process, os.fdopen(reader) as status:
        for line in status:
            kind, _, rest = line.partition(":")
            if kind == "dlstatus":
                percent = rest.split(":")[1]
                progress("downloading Asterisk", min(99, int(float(percent))), 100)
        _, errors = process.communicate(timeout=_DOWNLOAD_SECONDS)
    if process.returncode:
        raise PbxError("The packages could not be downloaded: " + _last_line(errors))
    progress("downloading Asterisk", 100, 100)


def _unpack(work: Path, progress: Progress) -> Path:
    root = work / "root"
    root.mkdir()
    packages = sorted((work / "apt/archives").glob("*.deb"))
    for number, package in enumerate(packages):
        progress("unpacking Asterisk", number, len(packages))
        _run(["dpkg-deb", "-x", str(package), str(root)], seconds=_UNPACK_SECONDS)
        package.unlink()
    progress("unpacking Asterisk", len(packages), len(packages))
    return root


def _slim(work: Path, root: Path, progress: Progress) -> Path:
    """Copy asterisk, our modules, what they link to and the documentation its configuration reader needs."""
    libraries = root / "usr/lib" / _triplet(root)
    homes = (libraries, root / "usr/lib", root / "usr/lib64", root / "lib", root / "lib64")
    loader = next((found for home in homes for found in home.glob("ld-linux*.so.*")), None)
    source = next((home for home in homes if (home / "asterisk/modules").is_dir()), None)
    if loader is None or source is None:
        raise PbxError("the packages hold no loader or no Asterisk modules.")
    source /= "asterisk/modules"
    tree = work / "tree"
    for folder in ("lib", "modules", "share", "sbin"):
        (tree / folder).mkdir(parents=True)
    shutil.copy2(root / "usr/sbin/asterisk", tree / "sbin/asterisk")
    shutil.copy2(loader, tree / "ld.so")
    for name in _SHARED:
        if (root / "usr/share/asterisk" / name).is_dir():
            shutil.copytree(root / "usr/share/asterisk" / name, tree / "share" / name)
    wanted = [source / f"{name}.so" for name in ALL if (source / f"{name}.so").exists()]
    opened = [libraries / name for name in (*_DLOPENED, *(f"{name}.so" for name in _CRYPTO))]
    opened = [path for path in opened if path.exists()]
    linked: set[Path] = {*opened, *(c for name in _CRYPTO for c in libraries.glob(f"{name}.chk"))}
    programs = (tree / "sbin/asterisk", *wanted, *opened)
    for number, program in enumerate(programs):
        progress("choosing libraries", number, len(programs))
        listed = _run([str(loader), "--library-path", str(libraries), "--list", str(program)], seconds=30)
        linked.update(Path(path) for path in _LIBRARY.findall(listed))
    for module in wanted:
        shutil.copy2(module, tree / "modules" / module.name)
    for library in linked:
        shutil.copy2(library, tree / "lib" / library.name)
    progress("choosing libraries", 1, 1)
    return tree


def _triplet(root: Path) -> str:
    """The multiarch folder of the unpacked tree, told by its libc."""
    found = next((root / "usr/lib").glob("*/libc.so.6"), None)
    if found is None:
        raise PbxError("the packages hold no C library.")
    return found.parent.name


def _keep(cache: Path, tree: Path) -> Asterisk:
    """Move the finished tree to its place in one step, out of the way of a running older one."""
    made = unpacked(tree)
    missing = set(made.lacks(ALL)) - OPTIONAL
    if missing:
        raise PbxError(f"its Asterisk {made.name} lacks the modules {', '.join(sorted(missing))}.")
    place = cache / f"asterisk-{made.name}"
    if place.exists():
        old = Path(tempfile.mkdtemp(prefix="old-", dir=cache))
        place.rename(old / "tree")
        tree.rename(place)
        shutil.rmtree(old)
    else:
        tree.rename(place)
    return unpacked(place)


def _run(command: Sequence[str], *, seconds: float, environ: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=environ,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise PbxError(f"{command[0]} did not finish in {seconds:g} seconds.") from error
    except OSError as error:
        raise PbxError(f"{command[0]} cannot be run: {error.strerror}.") from error
    if done.returncode:
        raise PbxError(f"{command[0]} failed: {_last_line(done.stderr)}")
    return done.stdout + done.stderr


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("E:")), lines[-1] if lines else "no reason given.")
