"""An instance starts, says what is wrong, survives us, and ends."""

import asyncio
import os
import random
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from callcenter.ami.connection import AmiAddress, AmiConnection, tls_context
from callcenter.kernel.tasks import Tasks
from callcenter.lab.carrier import CarrierConfig, carrier
from callcenter.pbx.check import check, errors_in
from callcenter.pbx.config import LOOPBACK, QueueConfig, Tls
from callcenter.pbx.errors import PbxError, PortInUse
from callcenter.pbx.fetch import find
from callcenter.pbx.instance import Instance
from callcenter.pbx.plan import pbx_plan
from tests.support.asterisk import USUAL, asterisk, free_port, free_ports


def instance(folder: Path) -> Instance:
    return Instance("pbx", folder, asterisk(), free_ports("pbx"), pbx_plan(USUAL))


async def test_a_running_pbx_is_what_we_need_and_complains_of_nothing(pbx: Instance) -> None:
    assert await check(pbx) == []
    assert errors_in(pbx.log_file) == []


async def test_the_check_names_what_is_missing(pbx: Instance) -> None:
    told = await pbx.cli("dialplan remove context cc-hold")
    try:
        assert "removed" in told.lower()
        assert await check(pbx) == ["The dialplan has no context cc-hold."]
    finally:
        await pbx.reload()


async def test_an_instance_starts_and_stops(tmp_path: Path) -> None:
    made = instance(tmp_path / "pbx")

    await made.start()
    pid = made.pid
    assert pid is not None
    await made.stop()

    assert not made.running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_secrets_are_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    first, second = instance(tmp_path / "pbx"), instance(tmp_path / "pbx")
    first.configure()

    assert first.secrets == second.secrets
    for name in ("secrets.json", "etc/manager.conf", "etc/pjsip.conf", "etc/ari.conf"):
        assert (tmp_path / "pbx" / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("name", "kind"), [("sip", socket.SOCK_DGRAM), ("ami", socket.SOCK_STREAM)])
async def test_a_port_in_use_is_named_with_its_setting(
    tmp_path: Path, name: str, kind: socket.SocketKind
) -> None:
    made = instance(tmp_path / "pbx")
    port = getattr(made.ports, name)
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((LOOPBACK, port))
        if kind is socket.SOCK_STREAM:
            other.listen()

        with pytest.raises(PortInUse, match=f"{port}.*CALLCENTER_TEST_PBX_{name.upper()}_PORT"):
            await made.start()


async def test_a_path_that_is_too_long_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PbxError, match="shorter folder"):
        await instance(tmp_path / ("x" * 100)).start()


async def test_an_asterisk_that_outlived_us_is_taken_over_with_new_queues(tmp_path: Path) -> None:
    first = instance(tmp_path / "pbx")
    await first.start()
    pid = first.pid
    config = replace(USUAL, queues=(*USUAL.queues, QueueConfig(name="returns")))
    second = Instance("pbx", tmp_path / "pbx", first.asterisk, first.ports, pbx_plan(config))
    try:
        await second.adopt_or_start()

        assert second.pid == pid
        assert "returns has 0 calls" in await second.cli("queue show")
    finally:
        await second.stop()
        await first.stop()


async def test_an_asterisk_on_other_ports_is_ended_and_started_anew(tmp_path: Path) -> None:
    first = instance(tmp_path / "pbx")
    await first.start()
    pid = first.pid
    second = instance(tmp_path / "pbx")
    try:
        await second.adopt_or_start()

        assert second.pid not in (None, pid)
    finally:
        await second.stop()
        await first.stop()


async def test_a_killed_asterisk_can_be_started_again(tmp_path: Path) -> None:
    made = carrier(tmp_path / "carrier", asterisk(), CarrierConfig(), free_ports("carrier"))
    await made.start()

    await made.kill()
    await made.start()

    assert "System uptime" in await made.cli("core show uptime")
    await made.stop()


async def test_the_web_socket_speaks_sip_to_browsers(pbx: Instance) -> None:
    url = f"ws://{LOOPBACK}:{pbx.ports.http}/ws"
    request = (
        "OPTIONS sip:callcenter SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
        "From: <sip:a@x.invalid>;tag=1\r\nTo: <sip:callcenter>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
        "Contact: <sip:a@x.invalid;transport=ws>\r\nContent-Length: 0\r\n\r\n"
    )
    async with aiohttp.ClientSession() as session, session.ws_connect(url, protocols=("sip",)) as browser:
        await browser.send_str(request)

        answer = await browser.receive_str(timeout=5)

    assert answer.startswith("SIP/2.0 ")


async def test_ami_speaks_tls_when_it_is_told_to(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, *files], check=True)  # noqa: ASYNC221, S603, S607
    tls = Tls(certificate=str(certificate), key=str(key), ami_port=free_port(socket.SOCK_STREAM))
    plan = pbx_plan(replace(USUAL, tls=tls))
    made = Instance("pbx", tmp_path / "pbx", asterisk(), free_ports("pbx"), plan)
    await made.start()
    address = AmiAddress(
        host=LOOPBACK,
        port=tls.ami_port,
        username="actions",
        secret=made.secrets.actions,
        tls=tls_context(str(certificate)),
    )
    connection, tasks = AmiConnection(address, random=random.Random(1)), Tasks()  # noqa: S311 - a test's dice
    tasks.spawn("ami", connection.run())
    try:
        async with asyncio.timeout(10):
            await connection.wait_up()

        assert (await connection.act("Ping"))["Ping"] == "Pong"
    finally:
        await tasks.aclose()
        await made.stop()


@pytest.mark.skipif(
    "CALLCENTER_TEST_FETCH" not in os.environ, reason="downloads; ask by CALLCENTER_TEST_FETCH=1"
)
@pytest.mark.timeout(900)
def test_asterisk_is_unpacked_into_an_empty_cache(tmp_path: Path) -> None:
    steps: list[str] = []

    def note(step: str, done: int, total: int) -> None:
        steps.append(step)

    found = find({**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, note)

    assert found.version >= (20, 0, 0)
    assert list(dict.fromkeys(steps)) == [
        "reading the package list",
        "downloading Asterisk",
        "unpacking Asterisk",
        "choosing libraries",
    ]
    taken = len(steps)
    again = find({**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, note)
    assert len(steps) == taken
    assert again == found
