"""`callcenter lab`: run a carrier beside any pbx, let it call, and look numbers up."""

import argparse
import asyncio
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

from callcenter.lab.carrier import CARRIER_PORTS, Caller, CarrierConfig, carrier, place_at_rate
from callcenter.lab.numbering import CODES, USUAL_WEIGHTS, Mix, Scenario, by_suffix, digits_of
from callcenter.lab.pair import running
from callcenter.pbx.errors import PbxError
from callcenter.pbx.fetch import find

EXIT_FAILED = 1
DEFAULT_FOLDER = Path("var/carrier")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command `lab` and what belongs to it. Without a further word it runs the carrier."""
    lab = subparsers.add_parser("lab", help="the simulated telephone network")
    _carrier_options(lab)
    commands = lab.add_subparsers(dest="lab_command")
    _carrier_options(commands.add_parser("run", help="run a carrier until Ctrl-C (this is the default)"))
    call = commands.add_parser("call", help="let a running carrier call the contact centre")
    call.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="the running carrier's folder")
    call.add_argument("--from", dest="callers", action="append", required=True, help="the caller; repeatable")
    call.add_argument("--to", required=True, help="the number that is called")
    call.add_argument("--name", default="", help="the caller's name")
    call.add_argument("--count", type=int, default=1, help="how many calls; callers take turns")
    call.add_argument("--rate", default="6/min", help="calls in a minute, such as 6/min")
    call.add_argument(
        "--talk", type=int, default=30, help="seconds until the caller hangs up, waiting included"
    )
    number = commands.add_parser("number", help="what a number does when it is called")
    number.add_argument("number")
    number.add_argument("--mix", type=parse_mix, action="append", default=[], help=_MIX_HELP)
    number.add_argument("--calls", type=int, default=5, help="how many calls to look ahead")
    commands.add_parser("plan", help="print the numbering plan")


_MIX_HELP = "PREFIX:SEED[:scenario=weight,...], e.g. 7495:42 or 7495:42:person=50,busy=50; repeatable"


def _carrier_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="the carrier's own files")
    parser.add_argument("--pbx-host", default="127.0.0.1", help="where the contact centre's SIP listens")
    parser.add_argument("--pbx-port", type=int, default=15060)
    sip = os.environ.get("CALLCENTER_CARRIER_SIP_PORT", CARRIER_PORTS.sip)
    ami = os.environ.get("CALLCENTER_CARRIER_AMI_PORT", CARRIER_PORTS.ami)
    parser.add_argument("--sip-port", type=int, default=sip, help="also CALLCENTER_CARRIER_SIP_PORT")
    parser.add_argument("--ami-port", type=int, default=ami, help="also CALLCENTER_CARRIER_AMI_PORT")
    parser.add_argument("--mix", type=parse_mix, action="append", default=[], help=_MIX_HELP)


def run(arguments: argparse.Namespace) -> int:
    """Carry the command out; the exit status."""
    try:
        match arguments.lab_command:
            case "call":
                asyncio.run(_call(arguments))
            case "number":
                _say(*_number(arguments))
            case "plan":
                _say(*(f"..{code}  {scenario}" for code, scenario in CODES.items()))
            case _:
                asyncio.run(_run_carrier(arguments))
    except PbxError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    return 0


def parse_mix(text: str) -> Mix:
    """A mix as the command line writes it."""
    prefix, _, rest = text.partition(":")
    seed, _, weights = rest.partition(":")
    try:
        chosen = dict(_weight(part) for part in weights.split(",")) if weights else dict(USUAL_WEIGHTS)
        return Mix(prefix=digits_of(prefix), seed=int(seed or "1"), weights=chosen)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not {_MIX_HELP}") from error


def _weight(part: str) -> tuple[Scenario, int]:
    name, _, weight = part.partition("=")
    return Scenario(name), int(weight)


def per_minute(text: str) -> float:
    """`6/min`, `1/s`, `90/h` or a plain number of calls in a minute."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/(min|s|h))?", text)
    if found is None or float(found[1]) <= 0:
        raise PbxError(f"{text!r} is not a rate; write something like 6/min.")
    return float(found[1]) * {"s": 60.0, "h": 1 / 60, "min": 1.0}[found[2] or "min"]


async def _run_carrier(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    asterisk = await asyncio.to_thread(find, os.environ, _show)
    config = CarrierConfig(
        pbx_host=arguments.pbx_host, pbx_port=arguments.pbx_port, mixes=tuple(arguments.mix)
    )
    ports = replace(CARRIER_PORTS, sip=arguments.sip_port, ami=arguments.ami_port)
    async with running(carrier(arguments.folder, asterisk, config, ports)) as instance:
        _say(
            f"SIP listens on 127.0.0.1:{ports.sip}; calls go to {config.pbx_host}:{config.pbx_port}.",
            f"Let it call: callcenter lab call --folder {instance.folder} --from NUMBER --to NUMBER",
            "Ctrl-C ends it.",
        )
        await stop.wait()


async def _call(arguments: argparse.Namespace) -> None:
    rate = per_minute(arguments.rate)
    asterisk = await asyncio.to_thread(find, os.environ, _show)
    instance = carrier(arguments.folder, asterisk, CarrierConfig())
    if not instance.running:
        raise PbxError(f"No carrier runs in {instance.folder}; start one with `callcenter lab run`.")
    callers = [
        Caller(
            number=arguments.callers[index % len(arguments.callers)],
            to=arguments.to,
            name=arguments.name,
            talk_seconds=arguments.talk,
        )
        for index in range(arguments.count)
    ]
    await place_at_rate(instance, callers, rate)


def _number(arguments: argparse.Namespace) -> list[str]:
    fitting = [m for m in arguments.mix if digits_of(arguments.number).startswith(m.prefix)]
    if not fitting:
        outcome = by_suffix(arguments.number)
        return [f"every call: {outcome.scenario} after {outcome.ring_seconds:g} s"]
    mix: Mix = max(fitting, key=lambda m: len(m.prefix))
    outcomes = [mix.outcome(arguments.number, call) for call in range(1, arguments.calls + 1)]
    return [f"call {n}: {o.scenario} after {o.ring_seconds:g} s" for n, o in enumerate(outcomes, start=1)]


def _show(step: str, done: int, total: int) -> None:
    if total:
        end = "\n" if done == total else ""
        print(f"\r{step}: {done * 100 // total} %", end=end, file=sys.stderr, flush=True)  # noqa: T201


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201
