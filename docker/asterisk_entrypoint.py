"""Writes Asterisk's configuration from the settings and the database, then becomes Asterisk."""

import asyncio
import json
import os
import sys
from pathlib import Path

from callcenter import config
from callcenter.config import Settings
from callcenter.kernel.db import Database
from callcenter.pbx.asterisk import installed
from callcenter.pbx.config import Bind, InboundNumber, PbxConfig, Ports, QueueConfig
from callcenter.pbx.instance import Instance, write_private
from callcenter.pbx.plan import pbx_plan
from callcenter.queues import queries

FOLDER = Path("/var/lib/callcenter/pbx")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - inside the container; compose decides what is published
LAST_RTP_PORT = 20199


async def pbx_config(settings: Settings) -> PbxConfig:
    """Queues and numbers as the database has them now."""
    database = Database(settings.database_url)
    async with database.read() as session:
        policies = await queries.load_policies(session)
        numbers = await queries.inbound_numbers(session)
    await database.aclose()
    return PbxConfig(
        queues=[QueueConfig(name=policy.name) for policy in policies],
        numbers=[InboundNumber(number=row.number, queue=row.queue, language=row.language) for row in numbers],
        trunks=(),
        bind=Bind(sip=EVERYWHERE, ami=EVERYWHERE, http=EVERYWHERE),
        external_address=os.environ.get("EXTERNAL_ADDRESS", ""),
    )


def main() -> None:
    asterisk = installed()
    if asterisk is None:
        sys.exit("This image has no Asterisk with the modules that we need.")
    settings = config.load(None)
    known = settings.asterisk
    passwords = {
        "events": known.events_secret,
        "actions": known.actions_secret,
        "ari": known.ari_password,
    }
    if not all(passwords.values()):
        sys.exit("Set CALLCENTER_ASTERISK__EVENTS_SECRET, __ACTIONS_SECRET and __ARI_PASSWORD.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_private(FOLDER / "secrets.json", json.dumps(passwords))
    ports = Ports(
        sip=settings.pbx_sip_port,
        ami=settings.pbx_ami_port,
        http=settings.pbx_http_port,
        rtp=settings.pbx_rtp_port,
        rtp_end=LAST_RTP_PORT,
    )
    plan = pbx_plan(asyncio.run(pbx_config(settings)))
    Instance("pbx", FOLDER, asterisk, ports, plan).configure()
    command = [*asterisk.command, "-C", str(FOLDER / "etc" / "asterisk.conf"), "-f", "-n"]
    os.execv(command[0], command)  # noqa: S606 - that is what this file is for


if __name__ == "__main__":
    main()
