"""A contact centre's Asterisk and a carrier beside it, for the demo and for tests."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from callcenter.lab.carrier import CARRIER_PORTS, CarrierConfig, carrier
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.config import LOOPBACK, PbxConfig, Ports, Trunk
from callcenter.pbx.instance import Instance
from callcenter.pbx.plan import pbx_plan
from callcenter.pbx.progress import Progress, silent

CARRIER_TRUNK = "carrier"


def carrier_trunk(ports: Ports) -> Trunk:
    """The line from a contact centre to a carrier of ours."""
    return Trunk(name=CARRIER_TRUNK, host=LOOPBACK, port=ports.sip)


@contextlib.asynccontextmanager
async def running(instance: Instance, *, adopt: bool = False) -> AsyncIterator[Instance]:
    """Started for the time of the block. `adopt` goes on with one that an earlier run left."""
    await (instance.adopt_or_start() if adopt else instance.start())
    try:
        yield instance
    finally:
        await instance.stop()


@contextlib.asynccontextmanager
async def running_pair(
    root: Path,
    asterisk: Asterisk,
    config: PbxConfig,
    lab: CarrierConfig,
    *,
    ports: tuple[Ports, Ports] = (Ports(), CARRIER_PORTS),
    adopt: bool = False,
    progress: Progress = silent,
) -> AsyncIterator[tuple[Instance, Instance]]:
    """`root/pbx` and `root/carrier`, on `ports`, connected by the trunk `carrier`, which comes first."""
    pbx_ports, carrier_ports = ports
    others = [trunk for trunk in config.trunks if trunk.name != CARRIER_TRUNK]
    trunks = (carrier_trunk(carrier_ports), *others)
    pbx = Instance("pbx", root / "pbx", asterisk, pbx_ports, pbx_plan(replace(config, trunks=trunks)))
    other = carrier(root / "carrier", asterisk, replace(lab, pbx_port=pbx_ports.sip), carrier_ports)
    progress("starting the telephone network", 0, 2)
    async with running(other, adopt=adopt):
        progress("starting the telephone network", 1, 2)
        async with running(pbx, adopt=adopt):
            progress("starting the telephone network", 2, 2)
            yield pbx, other
