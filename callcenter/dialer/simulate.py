"""`callcenter simulate`: what a campaign would come to, before it is dialled."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict

from callcenter.dialer import ledger
from callcenter.dialer.models import Campaign
from callcenter.dialer.pacing.settings import Pace
from callcenter.dialer.simulation.laws import Lognormal
from callcenter.dialer.simulation.trial import Figures, Row, TooLittleSeen, Trial, figures_of, simulate
from callcenter.kernel.clock import SystemClock
from callcenter.kernel.db import Database

EXIT_FAILED = 1
PACES = {pace.value: pace for pace in (Pace.PROGRESSIVE, Pace.RATIO, Pace.PREDICTIVE)}
COLUMNS = (
    ("occupancy %", "occupancy", 100.0, 1),
    ("wait s", "idle_per_call", 1.0, 1),
    ("abandoned %", "abandoned_share", 100.0, 2),
    ("worst %", "worst_share", 100.0, 2),
    ("contacts/h", "contacts_per_hour", 1.0, 1),
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command `simulate`."""
    parser = subparsers.add_parser("simulate", help="what a campaign would come to, before it is dialled")
    parser.add_argument("--campaign", type=int, help="replay this campaign's last two hours of calls")
    parser.add_argument("--agents", type=_agents, default=(5, 10, 20, 50), help="such as 5,10,20")
    parser.add_argument(
        "--mode", action="append", choices=list(PACES), help="repeatable; all when none is given"
    )
    parser.add_argument(
        "--limit", type=_share, action="append", help="percent abandoned, such as 3; repeatable"
    )
    parser.add_argument(
        "--ratio", type=_positive, default=2.0, help="lines for each free agent, in mode ratio"
    )
    parser.add_argument("--hours", type=_positive, default=8.0, help="of a day")
    parser.add_argument("--days", type=_count, default=3, help="simulated of each; the bands are over them")
    parser.add_argument("--answer", type=_share, default=0.25, help="percent of lines that people answer")
    parser.add_argument("--ring", type=_positive, default=12.0, help="seconds until they do, on average")
    parser.add_argument(
        "--ring-timeout", type=_positive, default=25.0, help="seconds an unanswered line rings"
    )
    parser.add_argument("--talk", type=_positive, default=120.0, help="seconds of a conversation, on average")
    parser.add_argument(
        "--talk-spread", type=_positive, default=1.0, help="its standard deviation over its mean"
    )
    parser.add_argument("--wrap", type=_positive, default=20.0, help="seconds of wrap-up, on average")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace, database_url: str) -> int:
    """Carry the command out; the exit status."""
    try:
        figures = _figures(arguments, database_url)
    except TooLittleSeen:
        print("The campaign has dialled too little in the last two hours.", file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    except LookupError:
        print(f"There is no campaign {arguments.campaign}.", file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    trial = Trial(
        agents=arguments.agents,
        paces=tuple(PACES[mode] for mode in arguments.mode or PACES),
        limits=tuple(arguments.limit or (0.03,)),
        ratio=arguments.ratio,
        hours=arguments.hours,
        days=arguments.days,
    )
    rows = simulate(figures, trial, _progress) or []
    print(_json(rows) if arguments.json else _table(rows))  # noqa: T201
    return 0


def _figures(arguments: argparse.Namespace, database_url: str) -> Figures:
    if arguments.campaign is not None:
        return asyncio.run(_replayed(database_url, arguments.campaign))
    return Figures(
        answer_chance=arguments.answer,
        ring=Lognormal(arguments.ring, 0.55),
        ring_seconds=arguments.ring_timeout,
        talk=Lognormal(arguments.talk, arguments.talk_spread),
        wrap=Lognormal(arguments.wrap, 0.6),
    )


async def _replayed(database_url: str, campaign_id: int) -> Figures:
    database = Database(database_url)
    try:
        async with database.read() as session:
            campaign = await session.get(Campaign, campaign_id)
            if campaign is None:
                raise LookupError(campaign_id)
            past = await ledger.recent(session, campaign_id, SystemClock().now())
            return figures_of(past, float(campaign.ring_seconds))
    finally:
        await database.aclose()


def _progress(share: float) -> bool:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{100 * share:3.0f} %" if share < 1 else "\r     \r")
        sys.stderr.flush()
    return True


def _json(rows: list[Row]) -> str:
    return json.dumps([asdict(row) for row in rows], indent=1)


def _table(rows: list[Row]) -> str:
    """Means, with the lowest and the highest day."""
    lines = [["agents", "mode", "limit %", *(title for title, _, _, _ in COLUMNS)]]
    for row in rows:
        cells = [str(row.agents), row.pace.value, f"{100 * row.limit:.1f}"]
        for _, name, factor, digits in COLUMNS:
            mean, low, high = (
                factor * v for v in (row.bands[name].mean, row.bands[name].low, row.bands[name].high)
            )
            cells.append(f"{mean:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})")
        lines.append(cells)
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 100_000:
        raise argparse.ArgumentTypeError(f"{text} is out of range")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no percentage")
    return value / 100


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is out of range")
    return value


def _agents(text: str) -> tuple[int, ...]:
    return tuple(_count(part) for part in text.split(","))
