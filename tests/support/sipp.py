"""A carrier that misbehaves: SIPp answers every call by a scenario of ours."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callcenter.pbx.config import LOOPBACK
from tests.support.asterisk import free_port

HEADERS = """[last_Via:]
[last_From:]
[last_To:];tag=odd[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:odd@[local_ip]:[local_port]>
"""
SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=odd 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""
EMPTY = "Content-Length: 0\n\n"
INVITED = '<recv request="INVITE" crlf="true"></recv>'
ACKED = '<recv request="ACK" optional="true" timeout="2000"></recv>'


def says(status: str, body: str = EMPTY, more: str = "") -> str:
    return f"<send><![CDATA[\nSIP/2.0 {status}\n{HEADERS}{more}{body}]]></send>"


def pause(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>'


CHALLENGE = 'Proxy-Authenticate: Digest realm="odd", nonce="1", algorithm=MD5\n'

TALKED = ['<recv request="ACK"></recv>', '<recv request="BYE"></recv>', says("200 OK")]

SCENARIOS = {
    "storm": [INVITED, says("503 Service Unavailable"), ACKED],
    "challenge": [INVITED, says("407 Proxy Authentication Required", more=CHALLENGE), ACKED],
    "progress-only": [INVITED, says("183 Session Progress", SDP), pause(20000)],
    "no-rtp": [INVITED, says("180 Ringing"), says("200 OK", SDP), *TALKED],
    "silent": [INVITED, pause(20000)],
}


@asynccontextmanager
async def misbehaving(folder: Path, name: str) -> AsyncIterator[int]:
    """The port of a carrier that does this to every call."""
    program = shutil.which("sipp")
    assert program is not None, "SIPp is not installed"
    file = folder / f"{name}.xml"
    steps = "\n".join(SCENARIOS[name])
    file.write_text(
        f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="{name}">\n{steps}\n</scenario>\n'
    )
    port = free_port(socket.SOCK_DGRAM)
    running = await asyncio.create_subprocess_exec(
        program,
        *("-sf", str(file), "-i", LOOPBACK, "-p", str(port), "-nostdin", "-nd"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        await asyncio.sleep(0.3)
        assert running.returncode is None, "SIPp did not start"
        yield port
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()
